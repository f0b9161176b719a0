"""Prepare the embedded encoder once, then load it; or load the one the settings name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

from corpus.errors import EncoderUnavailable
from corpus.storage import storage_errors
from index.build import Progress, no_progress
from index.encoder import Encoder
from index.settings import EMBEDDED


def load_encoder(name: str, models: Path, progress: Progress = no_progress) -> Encoder:
    """The encoder of the settings, ready to use; converts the embedded model the first time.

    Args:
        name: `EMBEDDED`, or any sentence-transformers id or folder.
        models: where the converted model is kept.

    Raises:
        EncoderUnavailable, StorageError
    """
    folder = models / EMBEDDED
    if name == EMBEDDED and not folder.is_dir():
        _convert(folder, progress)
    # Imported here: it takes four seconds, which a command that encodes nothing does not owe.
    from index.sentence_encoder import load_embedded, load_other

    return load_embedded(folder, EMBEDDED) if name == EMBEDDED else load_other(name)


def _convert(folder: Path, progress: Progress) -> None:
    with storage_errors(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f"{folder.name}.lock"):
            if folder.is_dir():
                return
            for leftover in folder.parent.glob(".en-cours-*"):
                shutil.rmtree(leftover)
            unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".en-cours-"))
            try:
                _run_conversion(unfinished, progress)
                # Made for their owner alone by the libraries that write them.
                unfinished.chmod(0o755)
                for path in unfinished.iterdir():
                    path.chmod(0o644)
                unfinished.rename(folder)
            except BaseException:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise


def _run_conversion(folder: Path, progress: Progress) -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "index.convert_encoder", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            for line in process.stdout:
                done, total, step = line.rstrip("\n").split("\t")
                progress(f"Préparation de l'encodeur : {step}", int(done), int(total))
            reason = process.stderr.read()
            if process.wait() != 0:
                _explain(reason, folder)
        finally:
            process.kill()


def _explain(reason: str, folder: Path) -> None:
    last = reason.strip().splitlines()[-1] if reason.strip() else "processus interrompu"
    if "No space left" in last or "[Errno 28]" in last:
        raise OSError(28, "No space left on device", str(folder))
    raise EncoderUnavailable(
        f"la préparation de l'encodeur a échoué ({last}). Il faut 600 Mo de disque et 2 Go de mémoire ; "
        "relancez ensuite la commande."
    )
