"""What a contender's process does: ``python -m engine.bench.child TASK``, with the task as JSON.

It gets ready, warms up by a round, or by several short ones, and says so in a line of JSON on stdout. Then, for every
line it reads, it does one round and answers with a line. When there is nothing more to read, it ends.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
from typing import IO, Any

import numpy as np

from engine.bench.contenders import CONTENDERS, Prepared, Task

WARM_UP_BATCHES = 48
"""Before so many, libraries still start threads, choose their ways and ask for memory."""


def main(text: str) -> int:
    """Serve the task that `text` describes and return the exit code: 0, or 1 when the contender cannot take part."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches both processes; the parent decides
    answers = _own_stdout()
    task = Task(**json.loads(text))
    try:
        with np.errstate(all="ignore"):
            prepared = CONTENDERS[task.contender].prepare(task)
            for _ in range(warm_up_rounds(task)):
                _round(prepared)
            _answer(answers, {"version": prepared.version})
            for _ in sys.stdin:
                _answer(answers, {"round": _round(prepared)})
    except Exception as error:  # other people's libraries raise anything
        absent = isinstance(error, ModuleNotFoundError) and not str(error.name).startswith("engine")
        why = "not installed" if absent else f"failed: {type(error).__name__}: {error}"
        _answer(answers, {"absent": why})
        return 1
    return 0


def warm_up_rounds(task: Task) -> int:
    """Return how many rounds nobody times: one, or as many as it takes to go through some dozens of batches."""
    if task.work.unit == "image":
        return 1
    batches = math.ceil(task.images / task.work.run.training.batch_size)
    return math.ceil(WARM_UP_BATCHES / batches)


def _round(prepared: Prepared) -> dict[str, Any]:
    """Let every variant do the work once."""
    return {name: {"seconds": work(), "threads": prepared.threads()} for name, work in prepared.variants.items()}


def _own_stdout() -> IO[str]:
    """Return what was stdout, and send to stderr what libraries print from now on."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _answer(answers: IO[str], what: dict[str, Any]) -> None:
    print(json.dumps(what), file=answers, flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
