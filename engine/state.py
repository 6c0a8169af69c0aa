"""What a training has to remember to go on, later and elsewhere, exactly as if it had never been interrupted."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from engine.errors import DigitLabError
from engine.network import Snapshot

Array = NDArray[Any]


@dataclass(frozen=True)
class TrainingState:
    """A training between two batches.

    Attributes
    ----------
    numbers : dict
        Counters, sums and the states of random generators: whatever JSON can hold.
    arrays : dict of str to ndarray of shape (parameters,)
        ``parameters`` and ``last_good``; ``best`` if there is a best epoch; ``memory.<name>`` of the optimizer.
    """

    numbers: dict[str, Any]
    arrays: dict[str, Array] = field(default_factory=dict)

    def require(self, parameters: int) -> None:
        """Refuse a state that does not belong to a network with so many parameters."""
        sizes = {name: len(array) for name, array in self.arrays.items()}
        if "parameters" not in sizes or "last_good" not in sizes or set(sizes.values()) != {parameters}:
            raise DigitLabError(
                "The checkpoint does not fit the network of this run, so it cannot go on from there.",
                "Open the model of the run instead.",
                f"{parameters} parameters expected, found {sizes}",
            )


@dataclass
class Best:
    """The best epoch so far, by validation loss.

    Attributes
    ----------
    loss : float
        Its loss; infinite before the first epoch.
    epoch : int
        Its number; 0 before the first.
    waited : int
        How many epochs have not been better since.
    snapshot : Snapshot or None
        Its weights.
    """

    loss: float = math.inf
    epoch: int = 0
    waited: int = 0
    snapshot: Snapshot | None = None

    def numbers(self) -> dict[str, Any]:
        """Return everything but the weights; an infinite loss, which JSON does not know, as None."""
        step = self.snapshot.step if self.snapshot else 0
        loss = self.loss if math.isfinite(self.loss) else None
        return {"loss": loss, "epoch": self.epoch, "waited": self.waited, "step": step}

    @classmethod
    def of(cls, numbers: dict[str, Any], weights: Array | None, like: Snapshot) -> Best:
        """Return what :meth:`numbers` and the weights describe; `like` has the architecture."""
        loss = math.inf if numbers["loss"] is None else float(numbers["loss"])
        snapshot = None
        if weights is not None:
            snapshot = Snapshot(like.spec, weights.copy(), int(numbers["step"]), int(numbers["epoch"]))
        return cls(loss, int(numbers["epoch"]), int(numbers["waited"]), snapshot)
