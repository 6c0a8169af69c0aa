"""What the page *Why?* says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.arithmetic import figure
from engine.explanation.patch import LARGEST, Change
from engine.explanation.similar import Measure, Memory
from engine.reader import Reading
from gui.widgets.color_legend import signed
from gui.widgets.wording import percent

GRADIENT_HELP = (
    "Input × gradient: how much the ink of each pixel adds to the weighted sum of the digit, as far as the network is "
    "straight around your drawing; for a network without hidden layers that is exact. Simonyan, Vedaldi, Zisserman "
    "2013; times the input: Shrikumar and others 2016."
)
OCCLUSION_HELP = (
    "Occlusion: what the weighted sum of the digit loses (orange) or gains (blue) when a square around each pixel is "
    "covered with background. Zeiler, Fergus 2014."
)
CHANGE_HELP = (
    "The smallest square that makes the network answer otherwise when it is erased or filled with ink. All places are "
    "tried before the next larger square; of several, the one whose new answer is the surest is shown."
)
SIMILAR_HELP = (
    "The five images that it learned from which look most like your drawing to its last hidden layer. Click one, or "
    "press Enter, to put it on the pad."
)


def answer_words(reading: Reading, whose: str) -> str:
    """Return what a drawing is read as, e.g. ``"The Reader reads 7, over 99 % sure"``."""
    name = reading.names[reading.digit]
    start = f"{whose[0].upper()}{whose[1:]} reads {name}"
    return f"{start} first, but {reading.words}" if reading.verdict == "no digit" else f"{start}, {reading.words}"


def heat_words(image: NDArray[np.uint8], heat: NDArray[np.float64], place: tuple[int, int], name: str) -> str:
    """Return what a pixel of the first heat map says."""
    row, column = place
    where = f"Row {row + 1}, column {column + 1}: ink {image[place] / 255:.2f}"
    value = float(heat[place])
    if not image[place]:
        return f"{where}; without ink it adds nothing"
    return f"{where}; it adds {signed(value)} to the weighted sum of {name}"


def cover_words(fall: NDArray[np.float64], place: tuple[int, int], side: int, name: str) -> str:
    """Return what a pixel of the second heat map says."""
    value = float(fall[place])
    square = f"Covering {side} × {side} pixels around row {place[0] + 1}, column {place[1] + 1}"
    if value == 0:
        return f"{square} changes nothing"
    done = f"takes {figure(value)} from" if value > 0 else f"adds {figure(-value)} to"
    return f"{square} {done} the weighted sum of {name}"


def change_words(change: Change | None, names: Sequence[str]) -> str:
    """Return what the smallest change is."""
    if change is None:
        return f"No square up to {LARGEST} × {LARGEST} pixels, erased or filled, changes the answer."
    pixels = "1 pixel" if change.side == 1 else f"{change.side} × {change.side} pixels"
    done = "Erasing" if change.erased else "Filling"
    share = percent(change.share, 0).replace(" ", "\N{NO-BREAK SPACE}")
    turned = f"turns {names[change.before]} into {names[change.after]} ({share})"
    return f"{done} {pixels} at row {change.row + 1}, column {change.column + 1} {turned}."


def measured(value: float, measure: Measure) -> str:
    """Return how alike an image is, as stands below it."""
    if measure == "cosine":
        return f"cos {value:.3f}"
    return f"distance {value:.3f}" if value < 100 else f"distance {value:.3g}"


def memory_words(memory: Memory | None, *, older: bool) -> str:
    """Return among how many images it was looked, and by what.

    Parameters
    ----------
    memory : Memory or None
    older : bool
        Whether that was with other weights than those in view.
    """
    if memory is None:
        return ""
    count = f"{len(memory.rows):,}" + (f" of {memory.wanted:,}" if len(memory.rows) < memory.wanted else "")
    if not memory.snapshot.spec.layers:
        return f"Of {count}, by their pixels: there is no hidden layer"
    return f"Of {count}, by the " + (f"network after batch {memory.snapshot.step:,}" if older else "last hidden layer")
