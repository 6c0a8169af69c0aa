"""What the health page reads off a session: gradients, updates, weights and units, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QElapsedTimer

from engine.health import Histogram, Movement, UnitActivity, compare_weights, movement, per_weight, weight_sizes
from engine.history import History
from engine.network import Snapshot
from engine.table import Table
from gui.session import Session
from gui.widgets.weight_layers import layer_numbers, weighted_names

RECENT = 50
"""The figure of the gradient is its median over so many batches."""
APART_MS, LONG_MS = 200, 1000
"""Updates are measured between copies that are at least so far apart in time."""


@dataclass(frozen=True, eq=False)
class LayerHealth:
    """How one layer fares.

    Attributes
    ----------
    name : str
        ``"Layer 3"`` or ``"Output"``.
    gradient : float
        Root mean square of the gradient per weight; NaN before the first batch.
    ratio : float
        Size of an update divided by that of the weights; NaN while it is not known.
    activity : UnitActivity or None
        Its dead and saturated units; None while not known, and for layers whose units are neither.
    histogram : Histogram
        Its weights now and at the start.
    """

    name: str
    gradient: float
    ratio: float
    activity: UnitActivity | None
    histogram: Histogram


class HealthReading:
    """Reads the weights in view, and keeps how far they went from copy to copy while somebody listened.

    Attributes
    ----------
    sizes : tuple of int
        How many weights each layer has.
    names : list of str
        What these layers are called.
    ratios : Table
        Update divided by weight: a column ``layer_1``, ``layer_2``, … per layer beside ``step`` and ``epoch``.
    activity : tuple of UnitActivity
        What was found out last about the units.
    """

    def __init__(self, session: Session) -> None:
        self._session, self._clock = session, QElapsedTimer()
        self.restart()

    def restart(self) -> None:
        """Read another network from now on."""
        network = self._session.reader
        self.sizes, self.names = weight_sizes(network), weighted_names(network.spec)
        self._places = [network.layers.index(layer) for layer in network.weighted]
        numbers = layer_numbers(network.spec)
        self.called = {index: f"Layer {number}" for index, number in enumerate(numbers)} | {len(numbers) - 1: "Output"}
        self.columns = tuple(f"layer_{number + 1}" for number in range(len(self.sizes)))
        self.ratios = Table(("step", "epoch", *self.columns))
        self.activity: tuple[UnitActivity, ...] = ()
        self._last, self._usual = self._session.snapshot, 0
        self._since = self._last.step
        self._clock.start()

    @property
    def history(self) -> History:
        """The curves of the present run."""
        return self._session.history

    @property
    def measured_from(self) -> float | None:
        """The epoch before which updates are not known, though there are batches; None if there are none such."""
        steps = self.history.batches.column("step")
        return self.epoch_of(self._since) if len(steps) and steps[0] <= self._since else None

    def note(self, snapshot: Snapshot) -> bool:
        """Measure how far the latest copy went from the one before, if it is time; return whether it was."""
        if snapshot.spec != self._last.spec or snapshot.step < self._last.step:
            self._last = snapshot
        steps = snapshot.step - self._last.step
        # The figure depends on how many steps there are between two copies: after a pause these would be few.
        few = steps < self._usual / 2 and self._clock.elapsed() < LONG_MS
        if steps <= 0 or few or self._clock.elapsed() < APART_MS:
            return False
        went = movement(self._last, snapshot, self.sizes)
        ratios = self._exact_ratios(went, snapshot) or went.ratios
        self._last, self._usual = snapshot, steps
        self._clock.restart()
        self.ratios.append((snapshot.step, self.epoch_of(snapshot.step), *ratios))
        return True

    def _exact_ratios(self, went: Movement, snapshot: Snapshot) -> tuple[float, ...] | None:
        """Return ratios of single steps where rate and gradient tell how long these were: plain gradient descent."""
        training, batches = self._session.built.training, self.history.batches
        first, last = np.searchsorted(batches.column("step"), (self._last.step, snapshot.step), side="right")
        if training.optimizer.kind != "sgd" or training.l2 or training.clip or first >= last:
            return None
        rates, lengths = batches.column("learning_rate")[first:last], self.history.gradients
        means = [math.sqrt(np.mean((rates * lengths.column(name)[first:last]) ** 2)) for name in lengths.columns]
        updates = per_weight(means, self.sizes)
        return tuple(u / w if w > 0 else math.nan for u, w in zip(updates, went.weights, strict=True))

    def epoch_of(self, step: int) -> float:
        """Return the place of a step on the axis of epochs."""
        steps = self.history.batches.column("step")
        row = int(np.searchsorted(steps, step, side="right")) - 1
        return float(self.history.batches.column("epoch")[row]) if row >= 0 else 0.0

    def layers(self) -> Sequence[LayerHealth]:
        """Return how every layer with weights fares at the moment in view."""
        shown, start = self._session.shown, self.start
        gradients, ratios = self._gradients(shown.step), self._ratios(shown.step)
        histograms = compare_weights(shown.parameters, None if start is None else start.parameters, self.sizes)
        rows = zip(self.names, gradients, ratios, self._units(), histograms, strict=True)
        return [LayerHealth(*row) for row in rows]

    @property
    def start(self) -> Snapshot | None:
        """The earliest weights of this network that are known; None if they are those in view."""
        film, start = self._session.film, self._session.start
        if start.step and film is not None and len(film) and film.steps[0] < start.step:
            start = film.frame(0)
        return None if start.step == self._session.shown.step else start

    def _gradients(self, step: int) -> tuple[float, ...]:
        row = int(np.searchsorted(self.history.batches.column("step"), step, side="right"))
        if not row:
            return (math.nan,) * len(self.sizes)
        columns = (self.history.gradients.column(name)[max(row - RECENT, 0) : row] for name in self.columns)
        return per_weight([float(np.median(column)) for column in columns], self.sizes)

    def _ratios(self, step: int) -> tuple[float, ...]:
        """Return what was measured last at or before a step; at the very beginning, first after it."""
        if not len(self.ratios) or step < self._since:
            return (math.nan,) * len(self.sizes)
        row = max(int(np.searchsorted(self.ratios.column("step"), step, side="right")) - 1, 0)
        return tuple(float(self.ratios.column(name)[row]) for name in self.columns)

    def _units(self) -> list[UnitActivity | None]:
        """Return the activity of each layer's units; that of batch normalization belongs to the layer before."""
        ends = [*self._places[1:], math.inf]
        found: list[UnitActivity | None] = []
        for first, end in zip(self._places, ends, strict=True):
            mine = [each for each in self.activity if first <= each.index < end and _may_fail(each)]
            found.append(mine[-1] if mine else None)
        return found


def _may_fail(activity: UnitActivity) -> bool:
    """Whether units of this kind can die or saturate."""
    return activity.activation in ("relu", "sigmoid", "tanh")
