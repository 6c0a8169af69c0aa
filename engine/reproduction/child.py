"""What the process of a run does.

``python -m engine.reproduction.child FOLDER`` does the job that is described in FOLDER, says there how far it is,
and leaves its result there, or the sentence that says why there is none.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import IO

import numpy as np

from engine.blas import allow_threads
from engine.datasets import load_dataset
from engine.errors import DigitLabError
from engine.reproduction.run import Job, perform

JOB, PROGRESS, RESULT, REFUSAL = "job.json", "progress.txt", "result.json", "refusal.txt"
SHARE = "{:.5f}\n"
TELL_SECONDS = 0.2


class Teller:
    """Writes down which share of a run is done, a few times a second at most.

    Parameters
    ----------
    file : text file
        Receives lines of one length.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file, self._told = file, 0.0

    def tell(self, share: float) -> None:
        """Write down that `share` is done, 0 to 1, unless that was done a moment ago."""
        now = time.monotonic()
        if now - self._told >= TELL_SECONDS:
            self._told = now
            self._file.write(SHARE.format(share))
            self._file.flush()


def main(where: str) -> int:
    """Do the job in the folder `where` and return the exit code: 0, or 2 when it was refused."""
    folder = Path(where)
    job = Job.model_validate_json((folder / JOB).read_text(encoding="utf-8"))
    try:
        allow_threads(job.threads)
        dataset = load_dataset(job.run.dataset, ink=job.run.ink)
        with (folder / PROGRESS).open("w", encoding="ascii") as file, np.errstate(all="ignore"):
            result = perform(job, dataset, Teller(file).tell)
    except (DigitLabError, MemoryError) as error:
        (folder / REFUSAL).write_text(str(error) or "There is not enough memory for it.", encoding="utf-8")
        return 2
    (folder / RESULT).write_text(result.model_dump_json(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
