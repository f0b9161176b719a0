"""Text of scanned pages, through the programs OCRmyPDF and Tesseract when they are installed."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence

PACKAGES = "« ocrmypdf » et « tesseract-ocr-fra »"
# Ten seconds a page at 300 dots per inch on one core, with room.
_SECONDS_PER_PAGE = 60


def is_installed() -> bool:
    """Whether both programs are there, with the French language."""
    program, tesseract = shutil.which("ocrmypdf"), shutil.which("tesseract")
    return program is not None and tesseract is not None and _speaks_french(tesseract)


@functools.cache  # it is asked for every file read
def _speaks_french(tesseract: str) -> bool:
    listed = subprocess.run([tesseract, "--list-langs"], capture_output=True, text=True, check=False)  # noqa: S603  # found on PATH
    return "fra" in listed.stdout.split()


def recognise(data: bytes, pages: Sequence[int]) -> bytes | None:
    """The same PDF with a text layer on these pages (from 1).

    None when the programs are not installed, refuse the file, or take more than a minute a page.
    """
    if not is_installed():
        return None
    command = ["ocrmypdf", "--language", "fra", "--force-ocr", "--pages", ",".join(map(str, pages))]
    command += ["--output-type", "pdf", "--optimize", "0", "--quiet", "-", "-"]
    try:
        done = subprocess.run(  # noqa: S603  # numbers and fixed words only
            command,
            input=data,
            capture_output=True,
            # Tesseract's threads wait for each other by spinning: on a busy machine, one is faster than four.
            env=os.environ | {"OMP_THREAD_LIMIT": "1"},
            timeout=30 + _SECONDS_PER_PAGE * len(pages),
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):
        return None
    return done.stdout if done.returncode == 0 and done.stdout.startswith(b"%PDF") else None
