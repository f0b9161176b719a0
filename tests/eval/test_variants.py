"""The ways people type: each changes the letters, none the meaning's order; intervals contain what they estimate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.quality import wilson
from eval.questions import Question
from eval.variants import VARIANTS, varied

QUESTION = "Qu'est-ce que je dois prévoir pour l'alerte dans mon atelier ?"


@pytest.mark.parametrize("variant", VARIANTS)
def test_une_variante_change_l_ecriture_et_rien_d_autre(variant: str) -> None:
    [question] = varied([Question("a", QUESTION, relevant=("x",))], variant)
    assert question.question != QUESTION
    assert (question.id, question.relevant) == ("a", ("x",))
    assert varied([Question("a", QUESTION)], variant) == varied([Question("a", QUESTION)], variant)


def test_ce_que_donnent_les_variantes() -> None:
    assert VARIANTS["sans accents"]("L'Été à Évry") == "L'Ete a Evry"
    assert VARIANTS["sans apostrophes"]("l'usine") == "lusine"
    assert VARIANTS["style SMS"]("Je dois prévenir qui ?") == "jdoi prevenir ki "


@given(st.integers(1, 500), st.data())
def test_l_intervalle_de_wilson_contient_la_part(count: int, data: st.DataObject) -> None:
    share = data.draw(st.integers(0, count)) / count
    low, high = wilson(share, count)
    assert 0.0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1.0
