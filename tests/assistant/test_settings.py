"""Settings: where they come from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.settings import AssistantSettings, Settings
from corpus.errors import InvalidSetting


def test_tout_est_sous_home(tmp_path: Path) -> None:
    settings = Settings.read({"AMARIS_HOME": str(tmp_path)})
    assert settings.home == tmp_path
    for folder in (settings.models, settings.index_folder, settings.documents, settings.runs):
        assert folder.parent == tmp_path


def test_l_option_passe_avant_la_variable(tmp_path: Path) -> None:
    settings = Settings.read({"AMARIS_HOME": "/ailleurs"}, home=tmp_path)
    assert settings.home == tmp_path


def test_sans_rien_le_dossier_de_donnees() -> None:
    settings = Settings.read({})
    assert settings.home.is_absolute()
    assert settings.home.name == "amaris"
    assert settings.index.encoder == "multilingual-e5-small"


def test_l_encodeur_vient_de_la_variable() -> None:
    assert Settings.read({"AMARIS_ENCODER": "org/modele"}).index.encoder == "org/modele"
    assert Settings.read({"AMARIS_ENCODER": ""}).index.encoder == "multilingual-e5-small"


@pytest.mark.parametrize("name", ["AMARIS_HOM", "AMARIS_", "AMARIS_ENCODEUR"])
def test_une_variable_inconnue_est_refusee(name: str) -> None:
    with pytest.raises(InvalidSetting, match=name) as caught:
        Settings.read({name: "x"})
    assert "AMARIS_ENCODER, AMARIS_HOME" in str(caught.value)


def test_les_autres_variables_ne_regardent_personne() -> None:
    assert Settings.read({"PATH": "/bin", "amaris_x": "1", "MY_AMARIS_": "1"}) == Settings.read({})


@pytest.mark.parametrize(
    "values",
    [
        {"min_sentences": 0},
        {"min_sentences": 6},
        {"max_sentences": 1},
        {"hits": 2},
        {"max_cited_passages": 11},
    ],
)
def test_bornes(values: dict[str, int]) -> None:
    with pytest.raises(InvalidSetting):
        AssistantSettings(**values)


def test_bornes_comprises() -> None:
    assert AssistantSettings(min_sentences=5, max_sentences=5, hits=3, max_cited_passages=3).hits == 3
