"""How drawings become images: the settings, which every model keeps, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.fields import Settings, setting

SIDE = 28
LINE_WIDTH = 2.4


class InkSpec(Settings):
    """How drawings become images. It belongs to a network as its weights do, and is kept in the same file."""

    line_width: float = setting(
        LINE_WIDTH,
        "Line width",
        "How wide the line of a drawing is drawn for the network, in pixels of a 28x28 image. MNIST's own is 2 to 3.",
        low=1,
        high=6,
        unit="pixels",
        rebuilds=True,
    )
    smoothing: float = setting(
        0.4,
        "Smoothing",
        "How much a trembling line is smoothed along its way: the standard deviation of a Gaussian. 0 is off.",
        low=0,
        high=3,
        unit="pixels",
        rebuilds=True,
    )
    steepest: float = setting(
        25.0,
        "Largest slant",
        "What leans to the right more than this is straightened up to it; to the left, 15 degrees are left standing.",
        low=0,
        high=80,
        unit="degrees",
        rebuilds=True,
    )


@dataclass(frozen=True)
class Corrections:
    """What was done to a drawing on its way to the network.

    Attributes
    ----------
    scale : float
        How many times larger it is in the network's image than where it was drawn; 1 for a dot.
    dx, dy : float
        How far its centre moved to the right and down, in shares of the field.
    slant : float
        How many degrees of its slant to the right were taken back; negative for one to the left.
    line_width : float
        The line's width in the image, in pixels.
    """

    scale: float
    dx: float
    dy: float
    slant: float
    line_width: float

    @property
    def words(self) -> str:
        """All of it in a line, e.g. ``"1.8 × as large, moved 12 % left, 8° less slanted, line 2.4 px"``."""
        said = []
        if abs(self.scale - 1) >= 0.05:
            said.append(f"{self.scale:.1f} × as large" if self.scale > 1 else f"{self.scale:.2f} × the size")
        moves = [(self.dx, "right", "left"), (self.dy, "down", "up")]
        moved = [
            f"{abs(by):.0%} {more if by > 0 else less}".replace("%", " %")
            for by, more, less in moves
            if abs(by) >= 0.02
        ]
        if moved:
            said.append("moved " + " and ".join(moved))
        if abs(self.slant) >= 1:
            said.append(f"{abs(self.slant):.0f}° less slanted")
        return ", ".join([*said, f"line {self.line_width:.1f} px"])


@dataclass(frozen=True, eq=False)
class Prepared:
    """A drawing as the network sees it.

    Attributes
    ----------
    image : ndarray of shape (28, 28), uint8
        0 is background, 255 full ink.
    corrections : Corrections
        What was done to it.
    """

    image: NDArray[np.uint8]
    corrections: Corrections
