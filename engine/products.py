"""Matrix products whose bits do not depend on how many threads compute them.

OpenBLAS cuts long inner dimensions into pieces, at other places with one thread than with two, so that sums are
rounded differently. A product whose inner dimension fits into one piece comes out the same. Longer ones are
therefore cut here, at places of our own. On some processors, and in 64 bits, that is not enough: see
:func:`keeps_bits`.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.blas import use_threads

Array = NDArray[Any]
LONGEST = 448
"""The longest inner dimension that was seen to give the same bits with one thread and with two."""


PROBES = ((37, 100, 175), (37, 350, 57), (64, 386, 100), (100, 441, 350))
"""Rows, inner dimension and columns of products that threads cannot share out evenly."""


def product(A: Array, B: Array, out: Array, spare: Array | None = None) -> Array:
    """Write A B into `out`.

    Parameters
    ----------
    A : ndarray of shape (m, k)
    B : ndarray of shape (k, n)
    out : ndarray of shape (m, n)
    spare : ndarray of shape (m, n), optional
        Memory for partial results; allocated when it is needed and missing.
    """
    inner = A.shape[1]
    pieces = -(-inner // LONGEST)
    if pieces == 1:
        return np.matmul(A, B, out=out)
    edges = [inner * piece // pieces for piece in range(pieces + 1)]
    spare = np.empty_like(out) if spare is None else spare
    np.matmul(A[:, : edges[1]], B[: edges[1]], out=out)
    for start, end in pairwise(edges[1:]):
        np.matmul(A[:, start:end], B[start:end], out=spare)
        out += spare
    return out


@cache
def keeps_bits(dtype: str, threads: int) -> bool:
    """Tell whether products have the same bits with one thread and with so many, on this processor.

    OpenBLAS has code for each kind of processor, and some of it rounds what stands at the edge of a thread's share
    differently. A few products of awkward sizes show it: where one differs, most do. Leaves one thread in use.
    """
    rng = np.random.default_rng(0)
    return all(
        _same_bits(A, B, threads)
        for m, inner, n in PROBES
        for a, b in [(rng.standard_normal((m, inner), dtype), rng.standard_normal((n, inner), dtype))]  # type: ignore[call-overload]
        for A, B in ((a, b.T), (a, np.ascontiguousarray(b.T)), (np.asfortranarray(a), np.ascontiguousarray(b.T)))
    )


def _same_bits(A: Array, B: Array, threads: int) -> bool:
    out = [np.empty((len(A), B.shape[1]), A.dtype) for _ in range(2)]
    for result, count in zip(out, (threads, 1), strict=True):
        use_threads(count)
        product(A, B, result)
    return out[0].tobytes() == out[1].tobytes()
