"""The work behind the dialog that teaches: where the model comes from, and how far the teaching is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.datasets import load_dataset
from engine.datasets.dataset import Dataset
from engine.model import Model
from engine.own_digits.digit import OwnDigit
from engine.pen.drawn import Drawn
from engine.teaching.images import Sample
from engine.teaching.teach import Taught, teach

Made = Callable[[], Model]
MNIST = "mnist"
SECONDS = 8.5
"""About how long a teaching may take, loading excepted."""


class Share:
    """How far a teaching is: one thread writes, the window reads.

    Attributes
    ----------
    value : float
        How much of the time is over, 0 to 1.
    sentence : str
        What is being done.
    """

    def __init__(self) -> None:
        self.value, self.sentence = 0.0, ""


def time_left(share: float, elapsed: float) -> str:
    """Return how many seconds are left, in words; nothing before that can be told."""
    if share < 0.02 or elapsed < 0.3:
        return ""
    return f"About {max(round(elapsed * (1 - share) / share), 1)} s left."


def sample_of(digit: OwnDigit) -> Sample:
    """Return one of the user's digits as it is taught: strokes, or an image and its label."""
    if digit.drawn is not None:
        return Drawn(digit.drawn.strokes, digit.label)
    assert digit.image is not None
    return digit.image, digit.label


def teach_copy(
    model: Model | Made, samples: Sequence[Sample], dataset: Dataset | None, share: Share, progress: Any, cancelled: Any
) -> Taught | None:
    """Teach, in the worker thread; all it is given are copies and what nobody changes."""

    def tell(news: str | float) -> None:
        if isinstance(news, str):
            share.sentence = news
        else:
            share.value = news
        progress(share.sentence)

    tell("Getting ready…")
    dataset = dataset or load_dataset(MNIST, cancelled=cancelled)
    model = model if isinstance(model, Model) else model()
    return teach(model, samples, dataset, within=SECONDS, progress=tell, cancelled=cancelled)
