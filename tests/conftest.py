"""What several test folders share: the real encoder, and optional components of the machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import hypothesis
import pytest

from index.embedded_model import load_encoder
from index.encoder import Encoder
from index.settings import EMBEDDED

_ROOT = Path(__file__).parent.parent

# The time an example takes says nothing on a machine shared with other work.
hypothesis.settings.register_profile("amaris", deadline=None)
hypothesis.settings.load_profile("amaris")


def require(component: str, package: str) -> str:
    """Path of a program (or of a file, when given with its folder) that a test needs.

    Absent, the test is skipped on a developer's machine and fails where everything must run (CI=true).
    """
    found = shutil.which(component)
    if found is None and Path(component).is_absolute() and Path(component).exists():
        found = component
    if found is None:
        reason = f"« {component} » absent : apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where converted models are kept: shared with « make serve » when the repository can be written."""
    stated = os.environ.get("AMARIS_TEST_MODELS")
    folder = Path(stated) if stated else _ROOT / ".home" / "models"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return tmp_path_factory.mktemp("models")
    return folder


@pytest.fixture(scope="session")
def encoder(models_folder: Path) -> Encoder:
    """The real encoder; its model is converted the first time (about a minute)."""
    return load_encoder(EMBEDDED, models_folder)


@pytest.fixture(scope="session")
def models(encoder: Encoder, models_folder: Path) -> Path:
    """A folder that holds the converted model, for programs that are given `--home` or `models`."""
    return models_folder
