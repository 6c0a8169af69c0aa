"""The ten shares a network gives for one image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Shares = NDArray[Any]


def best_two(shares: Shares | None) -> tuple[int, int] | None:
    """Return the first and the second guess; None where there is no answer, or all ten are equal."""
    # Written so that shares that are no numbers fail the comparison as well.
    if shares is None or not float(np.ptp(shares)) > 1e-6:
        return None
    second, first = np.argsort(shares, kind="stable")[-2:]
    return int(first), int(second)
