"""How far two trainings that began alike have come apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.verification.exchange import Course

Array = NDArray[Any]
LIMIT = 1e-4
"""What comes further apart than this does not agree."""
FEWEST_TIMED = 50
"""Speeds of fewer steps than this are not told: chance and warming up would be most of them."""
UNTIMED = f"Speeds are given from {FEWEST_TIMED} steps on: fewer are too few to measure."
WHY_FLOAT64 = (
    "Two correct programs round differently; where a sum is that close to the kink of a ReLU, they take different "
    "branches and drift apart. In float64 rounding errors are a billion times smaller: what is still apart there "
    "is no rounding, so float64 decides."
)
HOW = (
    "Both begin with the same weights and an empty memory of the optimizer, and learn from the same batches. Keras is "
    "handed the augmented images, which values dropout keeps, and the learning rate of each step; its own schedule is "
    "compared with that rate. Layers, loss, gradients and optimizer are its own. Relative: a difference counts in "
    "terms of the number itself or, where that is small, of the root mean square of its kind."
)


@np.errstate(invalid="ignore", over="ignore")
def relative_differences(ours: Array, theirs: Array, scale: float) -> Array:
    """Return |ours − theirs| / max(|theirs|, scale), element by element; infinite where one is not finite.

    Where numbers are small compared with others of their kind, the difference counts in terms of these: `scale` is
    their root mean square. A weight of 1e-9 among weights of 0.05 has no digits that anything depends on.
    """
    ours, theirs = ours.astype(np.float64), theirs.astype(np.float64)
    apart = np.abs(ours - theirs)
    found = np.divide(apart, np.maximum(np.abs(theirs), scale), out=np.zeros_like(apart), where=apart > 0)
    return np.where(np.isfinite(ours) & np.isfinite(theirs), found, np.inf)


def rms(*arrays: Array) -> float:
    """Return the root mean square of all numbers in some arrays."""
    return float(np.sqrt(np.mean(np.square(np.concatenate([a.ravel() for a in arrays]).astype(np.float64)))))


def scale_of(name: str, parameters: dict[str, Array]) -> float:
    """Return the scale on which the differences of an array count: the root mean square of the layer's alike.

    A bias is the weight of an input that is always 1, and β is added to what γ multiplies: these share a scale. A
    running mean counts in terms of the running standard deviation, by which what is left of it is divided.
    """
    layer, _, kind = name.rpartition(".")
    if kind == "mean":
        return rms(parameters[name], np.sqrt(parameters[f"{layer}.variance"]))
    partners = {"bias": "weights", "beta": "gamma"}
    return rms(*(parameters[f"{layer}.{part}"] for part in (kind, partners.get(kind, kind))))


@dataclass(frozen=True)
class Check:
    """One training beside its twin's.

    Attributes
    ----------
    dtype : str
        The precision both computed in.
    ours, theirs : Course
        This engine's, and TensorFlow's.
    """

    dtype: str
    ours: Course
    theirs: Course

    @cached_property
    def loss_differences(self) -> Array:
        """Of each step, relative to the loss or, where that is smaller, to the root mean square of all losses."""
        return relative_differences(self.ours.losses, self.theirs.losses, rms(self.theirs.losses))

    @cached_property
    def rate_differences(self) -> Array:
        """Of each step's learning rate, relative to the rate or to the root mean square of all rates."""
        return relative_differences(self.ours.rates, self.theirs.rates, rms(self.theirs.rates))

    @cached_property
    def weight_differences(self) -> dict[str, float]:
        """The largest of each array of parameters in the end, see :func:`scale_of`."""
        ours, theirs = self.ours.parameters, self.theirs.parameters
        return {
            name: float(relative_differences(array, theirs[name], scale_of(name, theirs)).max())
            for name, array in ours.items()
        }

    @property
    def largest_loss_difference(self) -> float:
        """The largest of all steps."""
        return float(self.loss_differences.max())

    @property
    def largest_weight_difference(self) -> float:
        """The largest of all parameters."""
        return max(self.weight_differences.values())

    @property
    def largest(self) -> float:
        """The largest difference of any kind."""
        return max(self.largest_loss_difference, self.largest_weight_difference, float(self.rate_differences.max()))

    @property
    def agrees(self) -> bool:
        """Whether nothing is further apart than the limit."""
        return self.largest <= LIMIT


@dataclass(frozen=True)
class Comparison:
    """What a check against TensorFlow has found.

    Attributes
    ----------
    checks : tuple of Check
        As the network computes; and again in float64 if that did not agree in float32. Rounding errors are then a
        billion times smaller: what is still apart is no rounding.
    """

    checks: tuple[Check, ...]

    @property
    def first(self) -> Check:
        """The check in the network's own precision."""
        return self.checks[0]

    @property
    def last(self) -> Check:
        """The check that decides."""
        return self.checks[-1]

    @property
    def steps(self) -> int:
        """How many steps both took."""
        return len(self.first.ours.losses)

    @property
    def again(self) -> bool:
        """Whether both learned a second time, in float64."""
        return len(self.checks) > 1

    @property
    def speeds(self) -> tuple[float, float] | None:
        """Images per second of this engine and of TensorFlow, in the network's own precision; None if too few."""
        first = self.first
        timed = self.steps >= FEWEST_TIMED
        return (first.ours.images_per_second, first.theirs.images_per_second) if timed else None

    @property
    def agrees(self) -> bool:
        """The verdict."""
        return self.last.agrees

    @property
    def verdict(self) -> str:
        """The verdict in a sentence or two."""
        first, last = self.first, self.last
        if first.agrees:
            return f"They agree: {self._apart(first)} over {self.steps:,} steps in {first.dtype}."
        if last.agrees:
            return (
                f"They agree: {self._apart(last)} over {self.steps:,} steps in {last.dtype}. In {first.dtype} rounding "
                f"errors grow with these settings: {self._apart(first)}."
            )
        step = int(np.argmax(last.loss_differences > LIMIT)) + 1
        where = f", from step {step:,} on" if last.largest_loss_difference > LIMIT else ""
        return f"They do not agree: {self._apart(last)} in {last.dtype}{where}."

    def rows(self) -> list[tuple[str, str]]:
        """Return what was found, each figure with its name in front."""
        found = [("Verdict", self.verdict)]
        for check in self.checks:
            differ = f"differ by at most {check.largest_loss_difference:.1e} ({LIMIT:g} is allowed)"
            found += [
                (f"Losses, {check.dtype}", differ),
                (f"Weights, {check.dtype}", f"differ by at most {check.largest_weight_difference:.1e}"),
            ]
        if self.again:
            found.append(("Why float64", WHY_FLOAT64))
        if self.speeds is None:
            return [*found, ("Images per second", UNTIMED)]
        for name, speed in zip(("DigitLab", "TensorFlow"), self.speeds, strict=True):
            found.append((name, f"{speed:,.0f} images per second, {self.first.dtype}"))
        return found

    @staticmethod
    def _apart(check: Check) -> str:
        losses, weights = check.largest_loss_difference, check.largest_weight_difference
        rates = float(check.rate_differences.max())
        also = f" (and learning rates by {rates:.1e})" if rates > LIMIT else ""
        return f"losses differ by at most {losses:.1e} and weights by {weights:.1e}{also}"
