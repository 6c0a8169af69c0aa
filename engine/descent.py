"""One step downhill: from a batch that went forward to changed weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.losses import LOSSES, Loss
from engine.network import Network
from engine.optimizers import Optimizer
from engine.specs import TrainingSpec

Array = NDArray[Any]
SMALLEST_RATE = 1e-9
"""Gradients that are multiplied by less than this on their way could vanish in 32 bits."""


class Descent:
    """Backpropagation, regularization and the optimizer with its memory.

    Attributes
    ----------
    settings : TrainingSpec
        May be replaced between two steps; a new kind of optimizer starts with an empty memory.
    """

    def __init__(self, network: Network, settings: TrainingSpec) -> None:
        self._network, self._settings = network, settings
        self._scratch = np.empty_like(network.parameters)
        self.forget()

    @property
    def settings(self) -> TrainingSpec:
        """The settings of the next step."""
        return self._settings

    @settings.setter
    def settings(self, settings: TrainingSpec) -> None:
        other_rule = settings.optimizer.kind != self._settings.optimizer.kind
        self._settings = settings
        if other_rule:
            self.forget()

    def forget(self) -> None:
        """Empty the optimizer's memory."""
        rule: Optimizer = self._settings.optimizer
        self._memory = {name: np.zeros_like(self._network.parameters) for name in rule.slots}
        self._steps = 0

    @property
    def memory(self) -> dict[str, Array]:
        """What the optimizer remembers, by name: vectors as long as the parameters. Not copies."""
        return self._memory

    @property
    def steps(self) -> int:
        """How many steps the optimizer remembers."""
        return self._steps

    def remember(self, memory: dict[str, Array], steps: int) -> None:
        """Fill the optimizer's memory with what it was at another time; names it does not know are left out."""
        self.forget()
        for name, held in self._memory.items():
            held[:] = memory.get(name, 0)
        self._steps = steps

    def step(self, labels: NDArray[np.uint8], rate: float) -> tuple[float, ...]:
        """Change the weights by the batch that `network.forward` just saw.

        Parameters
        ----------
        labels : ndarray of shape (n,)
            The digits of the batch.
        rate : float
            The learning rate of this step.

        Returns
        -------
        tuple of float
            The length of the gradient of the weights of each layer that has any, before L2 and clipping.
        """
        settings, network, loss = self._settings, self._network, LOSSES[self._settings.loss]
        if self._is_plain and rate >= SMALLEST_RATE:
            return self._plain_step(loss, labels, rate)
        network.backward(loss, labels)
        lengths = self._lengths()
        self._regularize()
        self._steps += 1
        rule: Optimizer = settings.optimizer
        rule.update(
            network.parameters, network.gradients, self._memory, rate, self._steps, network.decayed, self._scratch
        )
        return lengths

    def _plain_step(self, loss: Loss, labels: NDArray[np.uint8], rate: float) -> tuple[float, ...]:
        """Take a step of SGD with nothing added, which needs no pass over the gradient of its own for the rate."""
        network = self._network
        if len(labels) == 1 and network.can_descend:
            return network.descend(loss, labels, rate)
        network.backward(loss, labels, rate)
        network.parameters -= network.gradients
        return tuple(length / rate for length in self._lengths())

    def _lengths(self) -> tuple[float, ...]:
        flat = [layer.gradients["weights"].reshape(-1) for layer in self._network.weighted]
        return tuple(math.sqrt(g @ g) for g in flat)

    @property
    def _is_plain(self) -> bool:
        settings = self._settings
        return settings.optimizer.kind == "sgd" and not settings.l2 and not settings.clip

    def _regularize(self) -> None:
        """Add L2 to the gradient of the weights, then shorten a gradient that is too long."""
        network, settings = self._network, self._settings
        if settings.l2:
            decayed = network.decayed
            np.multiply(network.parameters[:decayed], settings.l2, out=self._scratch[:decayed])
            network.gradients[:decayed] += self._scratch[:decayed]
        if settings.clip:
            length = math.sqrt(network.gradients @ network.gradients)
            if length > settings.clip:
                network.gradients *= settings.clip / length


def likely_cause(network: Network, settings: TrainingSpec) -> str:
    """Return what probably made the numbers grow without end, and what to try, in a sentence."""
    usual, scale, rate = settings.optimizer.usual_rate, network.spec.initializer_scale, settings.learning_rate
    if scale > 3:
        return f"The initial weights are scaled by {scale:g}: try 1."
    if settings.clip == 0 and rate <= usual / 10:
        return "The gradients probably exploded: try gradient clipping at 1, or a smaller learning rate."
    return f"The learning rate {rate:g} is probably too large: try {rate / 10:g}."
