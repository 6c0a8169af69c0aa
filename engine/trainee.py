"""Everything a training needs to go on: network, optimizer, random state, and its place in the data."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.batches import Batches
from engine.datasets.split import Split
from engine.descent import Descent
from engine.errors import SettingError
from engine.losses import misfit
from engine.network import Network, Snapshot
from engine.specs import TrainingSpec
from engine.state import Best, TrainingState

Array = NDArray[Any]
_NUMBERS = (
    *("step", "epoch", "_first_epoch", "_stretch_start", "under_way"),
    *("_loss_sum", "_right", "_seconds", "_judged"),
)


class Trainee:
    """A network and all that its training has come to, between two batches.

    Attributes
    ----------
    network : Network
        What is trained, in place.
    step, epoch : int
        Batches and whole epochs done; a network that was loaded goes on counting where it was.
    best : Best
        The epoch with the lowest validation loss so far.
    under_way : bool
        Whether a stretch of epochs has begun that has not ended.
    """

    def __init__(
        self, network: Network, data: Split, settings: TrainingSpec, seed: int = 0, *, step: int = 0, epoch: int = 0
    ) -> None:
        _require_legal(settings, network, data)
        self.network, self.data, self.seed = network, data, seed
        self._descent = Descent(network, settings)
        self.step, self.epoch, self.best = step, epoch, Best()
        self._batches = Batches(data, network.spec.dtype, seed)
        self._dropout_rng = np.random.default_rng([seed, 3])
        self._begin_epoch()
        self._stretch_start, self._first_epoch, self.under_way = 0.0, 0, False
        self._judged = 0.0  # the loss that the last epoch was judged by
        self._age: tuple[int, int] | None = None  # step and epoch of weights that were put back
        self._last_good = network.parameters.copy()

    @property
    def settings(self) -> TrainingSpec:
        """What the next batch is learned by."""
        return self._descent.settings

    def apply(self, settings: TrainingSpec) -> None:
        """Learn by other settings from the next batch on. A new kind of optimizer starts with an empty memory.

        Raises
        ------
        SettingError
            When they do not suit the network or the data; the settings before stay.
        """
        _require_legal(settings, self.network, self.data)
        if settings.loss != self.settings.loss:  # losses of two kinds cannot be compared
            self.best = Best()
        self._descent.settings = settings

    @property
    def best_epoch(self) -> int:
        """The number of the best epoch so far; 0 before the first."""
        return self.best.epoch

    def best_snapshot(self) -> Snapshot:
        """Return a copy of the best epoch's weights if these are to be kept and there are any, else of the latest."""
        if self.settings.keep_best and self.best.snapshot is not None:
            return self.best.snapshot
        return self.snapshot()

    def snapshot(self) -> Snapshot:
        """Return a copy of the present weights: the latest, or the best ones if these have been put back."""
        step, epoch = self._age or (self.step, self.epoch)
        return self.network.snapshot(step, epoch)

    def state(self) -> TrainingState:
        """Return what :meth:`restore` needs, as copies; only between two reports."""
        numbers = {name: np.asarray(getattr(self, name)).item() for name in _NUMBERS} | {
            "age": self._age,
            "position": self._batches.position,
            "shuffled": self._batches.shuffled,
            "optimizer": self.settings.optimizer.kind,
            "steps": self._descent.steps,
            "best": self.best.numbers(),
            "dropout": self._dropout_rng.bit_generator.state,
            "twin": self.network.spawned_state,
        }
        arrays = {"parameters": self.network.parameters.copy(), "last_good": self._last_good.copy()}
        if self.best.snapshot is not None:
            arrays["best"] = self.best.snapshot.parameters
        return TrainingState(numbers, arrays | {f"memory.{n}": a.copy() for n, a in self._descent.memory.items()})

    def restore(self, state: TrainingState) -> None:
        """Go back to what :meth:`state` returned of a training with the same network, data, settings and seed.

        Raises
        ------
        DigitLabError
            When it is the state of another network.
        """
        numbers, arrays = state.numbers, state.arrays
        state.require(self.network.parameters.size)
        self.network.parameters[:], self._last_good[:] = arrays["parameters"], arrays["last_good"]
        self.epoch = numbers["epoch"]
        self._batches.begin(self.epoch, shuffle=numbers["shuffled"])
        self._batches.position = numbers["position"]
        for name in _NUMBERS:
            setattr(self, name, numbers[name])
        self._age = tuple(numbers["age"]) if numbers["age"] else None
        self.best = Best.of(numbers["best"], arrays.get("best"), self.network.snapshot())
        if numbers["optimizer"] == self.settings.optimizer.kind:
            memory = {name.removeprefix("memory."): array for name, array in arrays.items()}
            self._descent.remember(memory, numbers["steps"])
        self._dropout_rng = np.random.default_rng([self.seed, 3])
        self.network.respawn(self._dropout_rng, numbers["twin"])
        self._dropout_rng.bit_generator.state = numbers["dropout"]

    def _epochs_done(self) -> float:
        return self.epoch + self._batches.position / self._batches.size

    def _begin_epoch(self) -> None:
        self._loss_sum = self._right = self._seconds = 0.0
        self._batches.begin(self.epoch, shuffle=self.settings.shuffle)


def _require_legal(settings: TrainingSpec, network: Network, data: Split) -> None:
    """Refuse settings that this network or this data cannot be trained with."""
    data.require_batch(settings.batch_size)
    if sentence := misfit(settings.loss, network.spec.output_activation):
        raise SettingError(sentence)
