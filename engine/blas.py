"""How many threads the library behind NumPy's matrix products uses.

One, unless a training finds by measuring that more are faster; see :mod:`engine.pace`. Results do not depend on
it, because :mod:`engine.products` cuts long sums at places of its own.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Any

import numpy  # noqa: F401  (threadpoolctl sees only libraries that are loaded)
import threadpoolctl  # type: ignore[import-untyped]

from engine.errors import SettingError


def most_threads() -> int:
    """Return how many threads make sense at most: the number of processors that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_allowed = most_threads()


def allowed_threads() -> int:
    """Return how many threads the engine may use in this process."""
    return _allowed


def allow_threads(count: int) -> None:
    """Let the engine use at most `count` threads in this process; matrix products start with one.

    Parameters
    ----------
    count : int
        From 1 to the number of processors.

    Raises
    ------
    SettingError
        When `count` is outside that range.
    """
    global _allowed
    if not 1 <= count <= most_threads():
        raise SettingError(
            f"Threads: {count} is not allowed; it must be a whole number from 1 to {most_threads()}, "
            "the number of processors here."
        )
    _allowed = count
    use_threads(1)


def use_threads(count: int) -> None:
    """Let matrix products use `count` threads from now on, whichever thread asks."""
    for library in _libraries():
        if isinstance(library, threadpoolctl.OpenBLASController):
            # It obeys the first thread that ever asked, and no other: here that is the window's, which does not train.
            library.clear_controlling_thread(force=True)
        library.set_num_threads(count)


def libraries() -> list[dict[str, str | int]]:
    """Return name, version and number of threads of each matrix library in use."""
    return [
        {"name": str(pool["internal_api"]), "version": str(pool["version"]), "threads": int(pool["num_threads"])}
        for pool in threadpoolctl.threadpool_info()
        if pool["user_api"] == "blas"
    ]


@cache
def _libraries() -> tuple[Any, ...]:
    """Return the handles of the matrix libraries; finding them takes milliseconds, using them does not."""
    return tuple(threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers)
