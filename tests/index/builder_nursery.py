"""A program that starts processes which build an index over and over, for the tests that kill them.

    python -m tests.index.builder_nursery HOME

For each line received, it forks one such process and prints its id; when that process is gone, it prints
how it ended. Libraries are imported once here, so that starting a process takes milliseconds.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from index.build import build_index
from index.store import IndexStore
from tests.substitutes import CORPUS_SETTINGS, INDEX_SETTINGS, BagOfWordsEncoder, small_library


def build_forever(home: Path) -> None:
    library, store = small_library(home / "documents"), IndexStore(home / "index")
    while True:
        build_index(library, BagOfWordsEncoder(), CORPUS_SETTINGS, INDEX_SETTINGS, store)


def main(home: Path) -> None:
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                build_forever(home)
            except KeyboardInterrupt:
                os._exit(130)
            finally:
                os._exit(1)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
