"""Matrix products whose bits do not depend on how many threads compute them.

OpenBLAS cuts long inner dimensions into pieces, at other places with one thread than with two, so that sums are
rounded differently. A product whose inner dimension fits into one piece comes out the same. Longer ones are
therefore cut here, at places of our own.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
LONGEST = 448
"""The longest inner dimension that was seen to give the same bits with one thread and with two."""


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
