"""Operations on single units of a network, on a copy: shift, scale, switch off, prune."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import SettingError
from engine.evaluation import Evaluation, evaluate
from engine.fields import Settings, setting
from engine.layers import Conv2D, Dense
from engine.network import Network, Snapshot

Array = NDArray[Any]
MOST_SHIFT, MOST_SCALE = 1000.0, 1000.0


class Amounts(Settings):
    """By how much units are changed."""

    shift: float = setting(
        0.5, "Bias", "What is added to the bias: more than 0 excites the unit.", low=-MOST_SHIFT, high=MOST_SHIFT
    )
    scale: float = setting(
        0.5,
        "Weights",
        "What the weights of the unit are multiplied by: −1 turns it round.",
        low=-MOST_SCALE,
        high=MOST_SCALE,
    )
    percent: float = setting(
        20.0, "Smallest", "How many of the layer's weights become 0, those nearest to it.", low=0, high=100, unit="%"
    )


@dataclass(frozen=True)
class Edit:
    """A change of one layer.

    Attributes
    ----------
    layer : int
        Which of the network's layers: a dense or a convolutional one.
    """

    layer: int

    @property
    def words(self) -> str:
        """What is done, e.g. ``"bias +0.5"``."""
        raise NotImplementedError

    def apply(self, network: Network) -> None:
        """Change `network`.

        Raises
        ------
        SettingError
            When the layer, the unit or a number is out of range.
        """
        raise NotImplementedError

    def weighted(self, network: Network) -> Dense | Conv2D:
        """Return the layer that is changed."""
        layer = network.layers[self.layer] if 0 <= self.layer < len(network.layers) else None
        if not isinstance(layer, Dense | Conv2D):
            raise SettingError(f"Layer: number {self.layer} has no weights; only layers with weights can be changed.")
        return layer


@dataclass(frozen=True)
class UnitEdit(Edit):
    """A change of one unit or filter.

    Attributes
    ----------
    unit : int
        Which one, counted from 0.
    """

    unit: int

    def weighted(self, network: Network) -> Dense | Conv2D:
        """Return the layer that is changed, after making sure that it has this unit."""
        layer = super().weighted(network)
        if not 0 <= self.unit < len(layer.bias):
            raise SettingError(f"Unit: {self.unit} is not in this layer; it must be from 0 to {len(layer.bias) - 1}.")
        return layer


@dataclass(frozen=True)
class Shift(UnitEdit):
    """Adds `by` to the bias of a unit, from -1,000 to 1,000."""

    by: float

    @property
    def words(self) -> str:
        """What is done."""
        return f"bias {self.by:+g}".replace("-", "−")

    def apply(self, network: Network) -> None:
        """Change `network`."""
        _require("Shift", self.by, MOST_SHIFT)
        self.weighted(network).bias[self.unit] += self.by


@dataclass(frozen=True)
class Scale(UnitEdit):
    """Multiplies the weights through which a unit sees its inputs by `by`, from -1,000 to 1,000."""

    by: float

    @property
    def words(self) -> str:
        """What is done."""
        return f"weights × {self.by:g}".replace("-", "−")

    def apply(self, network: Network) -> None:
        """Change `network`."""
        _require("Scale", self.by, MOST_SCALE)
        self.weighted(network).weights[..., self.unit] *= self.by


@dataclass(frozen=True)
class SwitchOff(UnitEdit):
    """Lets the layers behind see 0 instead of what the unit says: its outgoing weights become 0."""

    @property
    def words(self) -> str:
        """What is done."""
        return "switched off"

    def apply(self, network: Network) -> None:
        """Change `network`."""
        self.weighted(network)
        following = outgoing(network, self.layer, self.unit)
        if following is None:
            raise SettingError("Switch off: an output unit has nothing behind it. Prune it, or shift its bias instead.")
        following[...] = 0


@dataclass(frozen=True)
class Prune(UnitEdit):
    """Takes a unit out: its weights, its bias and its outgoing weights become 0."""

    @property
    def words(self) -> str:
        """What is done."""
        return "pruned"

    def apply(self, network: Network) -> None:
        """Change `network`."""
        layer = self.weighted(network)
        layer.weights[..., self.unit] = 0
        layer.bias[self.unit] = 0
        following = outgoing(network, self.layer, self.unit)
        if following is not None:
            following[...] = 0


@dataclass(frozen=True)
class PruneSmallest(Edit):
    """Sets those weights of a layer to 0 that are nearest to it (magnitude pruning; Han et al. 2015).

    Attributes
    ----------
    share : float
        How many of them, from 0 to 1.
    """

    share: float

    @property
    def words(self) -> str:
        """What is done."""
        return f"smallest {100 * self.share:g} % of the weights → 0"

    def apply(self, network: Network) -> None:
        """Change `network`."""
        if not 0 <= self.share <= 1:
            raise SettingError(f"Share: {self.share:g} is not allowed; it must be a number from 0 to 1.")
        weights = self.weighted(network).weights.reshape(-1)
        count = round(self.share * weights.size)
        if count:
            weights[np.argpartition(np.abs(weights), count - 1)[:count]] = 0


@np.errstate(over="ignore", invalid="ignore")
def operate(snapshot: Snapshot, edits: Iterable[Edit]) -> Snapshot:
    """Return a copy of a network with some changes, made in order; `snapshot` stays as it is.

    Raises
    ------
    SettingError
        When a change does not fit the network; the sentence names what is out of range.
    """
    network = Network.from_snapshot(snapshot)
    for edit in edits:
        edit.apply(network)
    return network.snapshot(snapshot.step, snapshot.epoch)


def outgoing(network: Network, index: int, unit: int) -> Array | None:
    """Return the weights through which the next layer with weights sees a unit, as a view; None behind the last."""
    units = network.layers[index].output_shape[-1]
    for layer in network.layers[index + 1 :]:
        if isinstance(layer, Conv2D):
            return layer.weights[:, :, unit]
        if isinstance(layer, Dense):
            return layer.weights.reshape(-1, units, layer.units)[:, unit]
    return None


@dataclass(frozen=True)
class Effect:
    """What changes did to the answers on the test images.

    Attributes
    ----------
    before, after : Evaluation
        Without and with the changes.
    """

    before: Evaluation
    after: Evaluation

    @property
    def worst(self) -> int | None:
        """The class whose share of right answers fell most; None if none fell."""
        change = self.after.recall() - self.before.recall()
        change = np.where(np.isfinite(change), change, 0.0)
        least = int(change.argmin())
        return least if change[least] < 0 else None


def effect(
    before: Snapshot | Evaluation,
    after: Snapshot,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    loss: str,
    cancelled: Callable[[], bool] = lambda: False,
) -> Effect | None:
    """Measure on `images`, (n, 28, 28), with `labels`, (n,), what changes did; None if it was cancelled.

    Parameters
    ----------
    before : Snapshot or Evaluation
        The network without the changes, or what was measured of it.
    after : Snapshot
        The network with the changes.
    loss : str
        The name of the loss to report.
    """
    plain: Evaluation | None = before if isinstance(before, Evaluation) else None
    if isinstance(before, Snapshot):
        plain = evaluate(Network.from_snapshot(before), images, labels, loss, cancelled)
    changed = evaluate(Network.from_snapshot(after), images, labels, loss, cancelled) if plain else None
    return Effect(plain, changed) if plain and changed else None


def _require(name: str, value: float, most: float) -> None:
    if not (math.isfinite(value) and abs(value) <= most):
        raise SettingError(f"{name}: {value:g} is not allowed; it must be a number from {-most:,g} to {most:,g}.")
