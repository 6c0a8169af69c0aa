"""The ten shares a network gives for one image, as words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Shares = NDArray[Any]


def percent(share: float) -> str:
    """Return a share from 0 to 1 in whole percent; only what is certain is 100 %."""
    whole = round(100 * share)
    return "> 99 %" if whole == 100 and share < 0.9995 else f"{whole} %"


def best_two(shares: Shares | None) -> tuple[int, int] | None:
    """Return the first and the second guess; None where there is no answer, or all ten are equal."""
    # Written so that shares that are no numbers fail the comparison as well.
    if shares is None or not float(np.ptp(shares)) > 1e-6:
        return None
    second, first = np.argsort(shares, kind="stable")[-2:]
    return int(first), int(second)
