"""What the tests of this stage share."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of one megabyte."""
    folder = tmp_path / "disque"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("root seulement : un petit disque est monté")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"montage refusé : {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)
