"""How the learning rate moves over a run: a factor on the rate that was set, for every step."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator

from engine.fields import Settings, setting


class Schedule(Settings):
    """Base of the schedules."""

    label: ClassVar[str]
    about: ClassVar[str]

    def factor(self, progress: float, epoch: float) -> float:
        """Return what the learning rate is multiplied by.

        Parameters
        ----------
        progress : float
            The part of the planned training that is done, 0 to 1.
        epoch : float
            Epochs done since this training was started, e.g. 2.5.
        """
        raise NotImplementedError


class Constant(Schedule):
    """The rate stays as it is set."""

    kind: Literal["constant"] = "constant"
    label = "Constant"
    about = "The learning rate stays as it is set."

    def factor(self, progress: float, epoch: float) -> float:
        """Return 1."""
        return 1.0


class Step(Schedule):
    """The rate drops by a factor every few epochs."""

    kind: Literal["step"] = "step"
    every: int = setting(5, "Every", "After so many epochs the rate drops again.", low=1, high=1000, unit="epochs")
    drop: float = setting(0.5, "Factor", "What the rate is multiplied by at each drop.", low=0.001, high=1)
    label = "Step"
    about = "The learning rate drops by a factor every few epochs."

    def factor(self, progress: float, epoch: float) -> float:
        """Return drop to the power of the drops so far."""
        return float(self.drop ** int(epoch // self.every))


class Cosine(Schedule):
    """The rate glides down half a cosine (Loshchilov, Hutter 2017)."""

    kind: Literal["cosine"] = "cosine"
    final: float = setting(0.01, "Final factor", "What is left of the rate at the end.", low=0, high=1)
    label = "Cosine"
    about = "The learning rate glides down along half a cosine until the last epoch."

    def factor(self, progress: float, epoch: float) -> float:
        """Return 1 at the start, `final` at the end."""
        return _glide(1.0, self.final, progress)


class OneCycle(Schedule):
    """Up to the rate that was set, then down to almost nothing (Smith 2018)."""

    kind: Literal["one_cycle"] = "one_cycle"
    warmup: float = setting(0.25, "Warm-up", "The part of the training in which the rate rises.", low=0.01, high=0.99)
    initial: float = setting(0.04, "Initial factor", "What the rate begins with.", low=0, high=1)
    final: float = setting(0.001, "Final factor", "What is left of the rate at the end.", low=0, high=1)
    label = "One-cycle"
    about = "The learning rate rises to the one that is set, then falls to almost nothing."

    def factor(self, progress: float, epoch: float) -> float:
        """Return `initial` at the start, 1 after the warm-up, `final` at the end."""
        if progress < self.warmup:
            return _glide(self.initial, 1.0, progress / self.warmup)
        return _glide(1.0, self.final, (progress - self.warmup) / (1 - self.warmup))


def _glide(start: float, end: float, part: float) -> float:
    """Go from `start` to `end` along half a cosine."""
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * min(max(part, 0.0), 1.0)))


ScheduleSpec = Annotated[Constant | Step | Cosine | OneCycle, Discriminator("kind")]
SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "step": Step,
    "cosine": Cosine,
    "one_cycle": OneCycle,
}
