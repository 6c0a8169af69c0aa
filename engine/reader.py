"""A network that reads drawings, the ink and the judge that belong to it; what an answer is, and in which words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import DIGITS
from engine.ink.drawing import Strokes, image_of
from engine.ink.spec import SIDE, InkSpec
from engine.judge import Judge
from engine.model import Model
from engine.network import Network

Verdict = Literal["sure", "unsure", "no digit"]
LEAST_SURE = 0.6
"""Below this share, or with a second guess of half as much, an answer is not sure."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What a network takes a drawing for.

    Attributes
    ----------
    shares : ndarray of shape (10,), float64
        How likely each digit is, calibrated; they add up to 1.
    digitness : float
        How surely the drawing is a digit at all, 0 to 1.
    verdict : {"sure", "unsure", "no digit"}
        What may be said of it.
    names : tuple of str
        What the ten answers are called.
    """

    shares: NDArray[np.float64]
    digitness: float
    verdict: Verdict
    names: tuple[str, ...] = DIGITS

    @property
    def digit(self) -> int:
        """The first guess."""
        return int(self.shares.argmax())

    @property
    def second(self) -> int:
        """The second guess."""
        return int(np.argsort(-self.shares, kind="stable")[1])

    @property
    def sure(self) -> float:
        """The share of the first guess."""
        return float(self.shares.max())

    @property
    def words(self) -> str:
        """The verdict in words: ``"83 % sure"``, ``"not sure: 4 or 9"`` or ``"this may not be a digit"``."""
        if self.verdict == "no digit":
            return "this may not be a digit"
        if self.verdict == "unsure":
            return f"not sure: {self.names[self.digit]} or {self.names[self.second]}"
        # Nobody is wholly sure: 99.97 % would round to 100.
        return f"{min(int(100 * self.sure + 0.5), 99)} % sure" if self.sure < 0.995 else "over 99 % sure"


class Reader:
    """A network with the ink that its drawings are drawn with and the judge of its answers.

    Parameters
    ----------
    network : Network
        Its buffers are used: a reader belongs to one thread.
    ink : InkSpec, optional
        How drawings become its images.
    judge : Judge, optional
        Calibrates; by default shares are passed on as they are, and everything counts as a digit.
    names : tuple of str
        What the ten answers are called.
    """

    def __init__(
        self,
        network: Network,
        ink: InkSpec | None = None,
        judge: Judge | None = None,
        names: tuple[str, ...] = DIGITS,
    ) -> None:
        self.network, self.ink, self.names = network, ink or InkSpec(), names
        self.judge = judge if judge is not None and judge.fits(network) else Judge()

    @classmethod
    def of(cls, model: Model) -> Reader:
        """Return a reader of its own for a model."""
        return cls(Network.from_snapshot(model.network), model.run.ink, model.judge)

    def read(self, image: NDArray[np.uint8]) -> Reading:
        """Return what an image of shape (28, 28) is taken for."""
        return self.read_images(image[np.newaxis])[0]

    def read_images(self, images: NDArray[np.uint8]) -> list[Reading]:
        """Return what images of shape (n, 28, 28) are taken for."""
        shares, digitness = self.asked(images)
        inked = np.asarray(images.any(axis=(1, 2)))
        return [self._reading(*one) for one in zip(shares, digitness, inked, strict=True)]

    def read_many(self, drawings: Sequence[Strokes], dot_below: float = 0.0) -> list[Reading]:
        """Return what drawings, each a sequence of pen strokes, are taken for."""
        return self.read_images(self.images(drawings, dot_below))

    def images(self, drawings: Sequence[Strokes], dot_below: float = 0.0) -> NDArray[np.uint8]:
        """Return the network's images of drawings, shape (n, 28, 28); black where nothing is drawn."""
        made = [image_of(strokes, self.ink, dot_below=dot_below) for strokes in drawings]
        return np.array(made, np.uint8).reshape(-1, SIDE, SIDE)

    def asked(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return calibrated shares of shape (n, 10), and how surely each image is a digit, shape (n,)."""
        hidden, raw = self.network.seen(images)
        return self.judge.shares(raw), self.judge.digitness(hidden, raw)

    def _reading(self, shares: NDArray[np.float64], digitness: float, inked: bool) -> Reading:
        first, second = np.sort(shares)[[-1, -2]]
        verdict: Verdict = "sure" if first >= LEAST_SURE and second <= first / 2 else "unsure"
        if not inked or digitness < self.judge.least:
            verdict = "no digit"
        return Reading(shares, float(digitness) if inked else 0.0, verdict, self.names)
