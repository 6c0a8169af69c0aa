"""The engine's own threads: one that computes half of a batch, one that makes batches ahead, one that writes.

NumPy lets go of the interpreter while it computes, so that two threads do use two processors. They exist from
their first use to the end of the program and sleep in between.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

from engine import blas

T = TypeVar("T")
NAME = "digitlab-engine"
_beside = ThreadPoolExecutor(1, thread_name_prefix=f"{NAME}-beside")
_ahead = ThreadPoolExecutor(1, thread_name_prefix=f"{NAME}-ahead")
_writing = ThreadPoolExecutor(1, thread_name_prefix=f"{NAME}-writing")
_busy = Lock()
_last_written: Future[Any] | None = None


def both(here: Callable[[], object], beside: Callable[[], object]) -> None:
    """Run two calls at the same time: one here, one on the second thread if that is free and allowed.

    If not, they run one after the other; nothing else differs.
    """
    if blas.allowed_threads() == 1 or not _busy.acquire(blocking=False):
        here()
        beside()
        return
    try:
        # NumPy keeps what it does about overflows in the context, which another thread does not share.
        future = _beside.submit(contextvars.copy_context().run, beside)
        try:
            here()
        finally:
            future.exception()  # whatever happened here, the arrays are in use until it is done
        future.result()
    finally:
        _busy.release()


def ahead(call: Callable[[], T]) -> Future[T]:
    """Start `call` on the thread that works ahead, and return where its result will be."""
    return _ahead.submit(contextvars.copy_context().run, call)


def writing(call: Callable[[], T]) -> Future[T]:
    """Start `call` on the thread that writes, after what it was given before; return where its result will be."""
    global _last_written
    _last_written = future = _writing.submit(call)
    return future


def is_writing() -> bool:
    """Tell whether the thread that writes has something to do, and needs a processor for it."""
    return _last_written is not None and not _last_written.done()
