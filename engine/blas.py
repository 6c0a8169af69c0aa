"""How many threads the library behind NumPy's matrix products uses: one, unless told otherwise.

Two reasons, both measured. OpenBLAS adds up products of 784-long vectors in another order with one thread than
with two, so that the last bits differ: a seed repeats a run bit for bit only with a fixed number of threads. And
as soon as another process is busy, two threads wait for each other: a training loop fell from about 1,200 to 23
steps a second, with one thread it lost a fifth.
"""

from __future__ import annotations

import os

import numpy  # noqa: F401  (threadpoolctl sees only libraries that are loaded)
import threadpoolctl  # type: ignore[import-untyped]

from engine.errors import SettingError

DEFAULT_THREADS = 1


def most_threads() -> int:
    """Return how many threads make sense at most: the number of processors."""
    return os.cpu_count() or 1


def use_threads(count: int = DEFAULT_THREADS) -> None:
    """Let matrix products in this process use `count` threads from now on.

    Parameters
    ----------
    count : int
        From 1 to the number of processors.

    Raises
    ------
    SettingError
        When `count` is outside that range.
    """
    if not 1 <= count <= most_threads():
        raise SettingError(
            f"Threads: {count} is not allowed; it must be a whole number from 1 to {most_threads()}, "
            "the number of processors here."
        )
    threadpoolctl.threadpool_limits(limits=count, user_api="blas")


def libraries() -> list[dict[str, str | int]]:
    """Return name, version and number of threads of each matrix library in use."""
    return [
        {"name": str(pool["internal_api"]), "version": str(pool["version"]), "threads": int(pool["num_threads"])}
        for pool in threadpoolctl.threadpool_info()
        if pool["user_api"] == "blas"
    ]
