"""Round numbers for the axes of plots."""

from __future__ import annotations

import math

# Ticks stand about so many pixels apart.
ACROSS, UPRIGHT = 48, 34


def round_step(span: float, parts: float) -> float:
    """Return 1, 2 or 5 times a power of ten: the smallest such step that `span` holds at most `parts` times."""
    raw = span / parts
    power = 10.0 ** math.floor(math.log10(raw))
    return next((factor * power for factor in (1, 2, 5) if factor * power >= raw * (1 - 1e-9)), 10 * power)


def number(value: float) -> str:
    """Return a number as people write it: ``0.25``, ``1,500``, ``3e-6``."""
    if value == 0 or 1e-4 <= abs(value) < 1e5:
        return f"{value:,.6f}".rstrip("0").rstrip(".")
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}".replace("-", "−")


def ticks(low: float, high: float, parts: float, *, logarithmic: bool = False) -> list[tuple[float, str]]:
    """Return places between `low` and `high` with the numbers that stand beside them.

    Parameters
    ----------
    low, high : float
        The ends of the axis; on a logarithmic one these are powers of ten, and so are the places.
    parts : float
        How many intervals there are at most, about.
    logarithmic : bool
        Whether the numbers are ten to the power of their places.
    """
    span, parts = high - low, max(parts, 1)
    if not (math.isfinite(span) and span > 0):
        return []
    if logarithmic:
        return [(place, _power(place)) for place in _log_places(low, high, parts)]
    step = round_step(span, parts)
    return [(place, _beside(place, step)) for place in _multiples(low, high, step)]


def _multiples(low: float, high: float, step: float) -> list[float]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [n * step for n in range(first, last + 1)]


def _log_places(low: float, high: float, parts: float) -> list[float]:
    """Return whole powers of ten, or for less than some decades 1, 2 and 5 times these, or round numbers."""
    if high - low >= parts / 2:
        return _multiples(low, high, max(round(round_step(high - low, parts)), 1))
    decades = range(math.floor(low), math.ceil(high) + 1)
    places = [n + math.log10(factor) for n in decades for factor in (1, 2, 5)]
    places = [place for place in places if low <= place <= high]
    if len(places) >= 3:
        return places
    bottom, top = 10.0**low, 10.0**high
    return [math.log10(value) for value in _multiples(bottom, top, round_step(top - bottom, parts)) if value > 0]


def _power(place: float) -> str:
    return number(float(f"{10.0**place:.4g}")) if abs(place) < 300 else f"1e{place:.0f}"


def _beside(value: float, step: float) -> str:
    """Return a number with as many decimals as its neighbours need."""
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    return number(value) if places > 4 or step >= 1e6 else f"{value:,.{places}f}".replace("-", "−")


def with_air(smooth: tuple[float, float] | None, noise: tuple[float, float] | None) -> tuple[float, float] | None:
    """Widen the range of the smoothed curve towards its noise, by a quarter at most."""
    if smooth is None or noise is None:
        return smooth
    air = 0.25 * (smooth[1] - smooth[0]) + 0.05 * abs(smooth[1])
    return max(noise[0], smooth[0] - air), min(noise[1], smooth[1] + air)
