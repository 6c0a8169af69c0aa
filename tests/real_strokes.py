"""Digits as people drew them with a pen where that file is at hand, else as the program draws them itself."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from engine.pen import Drawn
from engine.pen.files import read_pen_file
from engine.pen.hands import draw_digit

FILE = Path(__file__).resolve().parents[2] / "shared" / "data" / "pendigits-orig.tra.gz"
PER_DIGIT = 12


@functools.cache
def real_digits() -> tuple[Drawn, ...]:
    """Return as many of each digit, each of them by another hand."""
    if not FILE.exists():
        rng = np.random.default_rng(20)
        return tuple(Drawn(draw_digit(n % 10, rng), n % 10, f"hand {n // 10}") for n in range(10 * PER_DIGIT))
    drawings = read_pen_file(FILE)
    found: list[Drawn] = []
    for digit in range(10):
        by_writer = {drawn.writer: drawn for drawn in drawings if drawn.label == digit}
        found += [by_writer[name] for name in sorted(by_writer)[:PER_DIGIT]]
    return tuple(found)
