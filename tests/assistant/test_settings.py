"""Settings: where they come from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.settings import AssistantSettings, LlmSettings, Settings
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


def test_la_valeur_d_une_variable_inconnue_n_est_pas_montree() -> None:
    """It may be a key under a misspelt name."""
    with pytest.raises(InvalidSetting) as caught:
        Settings.read({"AMARIS_LLM_KEY": "sk-secret"})
    assert "sk-secret" not in str(caught.value)
    assert "AMARIS_LLM_API_KEY" in str(caught.value)


LLM = {"AMARIS_LLM_BASE_URL": "http://localhost:11434/v1", "AMARIS_LLM_MODEL": "un-modele:3b"}


def test_sans_ses_variables_il_n_y_a_pas_de_modele_de_langue() -> None:
    assert Settings.read({}).llm is None
    assert Settings.read(dict.fromkeys([*LLM, "AMARIS_LLM_API_KEY"], "")).llm is None


def test_le_modele_de_langue_vient_de_ses_variables() -> None:
    assert Settings.read(LLM).llm == LlmSettings(base_url="http://localhost:11434/v1", model="un-modele:3b")
    secret = Settings.read(LLM | {"AMARIS_LLM_API_KEY": " sk-secret\n"})  # as read from a file
    assert secret.llm is not None
    assert secret.llm.api_key == "sk-secret"
    assert "sk-secret" not in repr(secret)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.mistral.ai/v1",
        "https://albert.api.etalab.gouv.fr/v1",
        "http://10.0.0.1:8000/v1/",
        "http://[::1]:80",
    ],
)
def test_adresses_acceptees(url: str) -> None:
    assert LlmSettings(base_url=url, model="m").base_url == url


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"AMARIS_LLM_BASE_URL": "localhost:11434"}, "AMARIS_LLM_BASE_URL"),
        ({"AMARIS_LLM_BASE_URL": "ftp://serveur/v1"}, "AMARIS_LLM_BASE_URL"),
        ({"AMARIS_LLM_BASE_URL": "http://"}, "AMARIS_LLM_BASE_URL"),
        ({"AMARIS_LLM_BASE_URL": "http://serveur:99999/v1"}, "AMARIS_LLM_BASE_URL"),
        ({"AMARIS_LLM_BASE_URL": "http://serveur/v1?cle=1"}, "AMARIS_LLM_BASE_URL"),
        ({"AMARIS_LLM_BASE_URL": "http://ser veur/v1"}, "AMARIS_LLM_BASE_URL"),
        ({"AMARIS_LLM_BASE_URL": ""}, "AMARIS_LLM_BASE_URL"),
        ({"AMARIS_LLM_MODEL": ""}, "AMARIS_LLM_MODEL"),
        ({"AMARIS_LLM_MODEL": "un\nmodele"}, "AMARIS_LLM_MODEL"),
    ],
)
def test_reglage_du_modele_refuse(changed: dict[str, str], key: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        Settings.read(LLM | changed)
    assert caught.value.key == key


@pytest.mark.parametrize(
    "changed",
    [
        {"AMARIS_LLM_API_KEY": "sk secret"},
        {"AMARIS_LLM_API_KEY": "sk-secrété"},
        {"AMARIS_LLM_API_KEY": "sk-secret\nX-Autre: oui"},
        {"AMARIS_LLM_BASE_URL": "https://compte:sk-secret@serveur/v1"},
        {"AMARIS_LLM_BASE_URL": "compte:sk-secret@serveur"},
    ],
)
def test_une_cle_refusee_n_est_pas_montree(changed: dict[str, str]) -> None:
    with pytest.raises(InvalidSetting) as caught:
        Settings.read(LLM | changed)
    assert "secret" not in str(caught.value)
    assert "sk-secr" not in str(caught.value)
    assert caught.value.key in changed


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
