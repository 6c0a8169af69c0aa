"""Rules that turn a gradient into a step, with their own settings.

Every rule works in place on flat vectors that hold all parameters of a network, weights first and biases
behind them. The forms follow Keras, so that the two can be compared number by number.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Discriminator

from engine.fields import Settings, setting

Array = NDArray[Any]
SMALL = 1e-7


class Optimizer(Settings):
    """Base of the rules.

    Attributes
    ----------
    slots : tuple of str
        The names of the vectors the rule remembers from step to step, each of the parameters' shape.
    usual_rate : float
        A learning rate that usually works, for advice.
    """

    label: ClassVar[str]
    about: ClassVar[str]
    slots: ClassVar[tuple[str, ...]] = ()
    usual_rate: ClassVar[float] = 0.1

    def update(
        self, w: Array, g: Array, state: dict[str, Array], rate: float, step: int, decayed: int, scratch: Array
    ) -> None:
        """Change the parameters `w` in place.

        Parameters
        ----------
        w, g : ndarray of shape (parameters,)
            Parameters and their gradient; `g` may be overwritten.
        state : dict of str to ndarray of shape (parameters,)
            The vectors named in `slots`, zero before the first step.
        rate : float
            The learning rate of this step.
        step : int
            Counts the steps since the state was zero, from 1.
        decayed : int
            The first so many parameters are weights, the others biases.
        scratch : ndarray of shape (parameters,)
            Memory that may be overwritten.
        """
        raise NotImplementedError


class SGD(Optimizer):
    """Plain gradient descent: w ← w − η g (Robbins, Monro 1951)."""

    kind: Literal["sgd"] = "sgd"
    label = "SGD"
    about = "Plain gradient descent: a step against the gradient."

    def update(self, w, g, state, rate, step, decayed, scratch):  # type: ignore[no-untyped-def]  # noqa: D102
        g *= rate
        w -= g


class Momentum(Optimizer):
    """The heavy ball: v ← μ v − η g, w ← w + v (Polyak 1964)."""

    kind: Literal["momentum"] = "momentum"
    momentum: float = setting(
        0.9, "Momentum", "How much of the last step goes on into the next one.", low=0, high=0.999
    )
    label = "Momentum"
    about = "A heavy ball rolling downhill: earlier steps carry on."
    slots = ("velocity",)
    usual_rate = 0.05

    def update(self, w, g, state, rate, step, decayed, scratch):  # type: ignore[no-untyped-def]  # noqa: D102
        v = state["velocity"]
        g *= rate
        v *= self.momentum
        v -= g
        w += v


class Nesterov(Momentum):
    """Momentum that looks ahead: w ← w + μ v − η g with the new v (Nesterov 1983; Sutskever et al. 2013)."""

    kind: Literal["nesterov"] = "nesterov"  # type: ignore[assignment]
    label = "Nesterov"
    about = "Momentum that looks at the slope where it is about to land."

    def update(self, w, g, state, rate, step, decayed, scratch):  # type: ignore[no-untyped-def]  # noqa: D102
        v = state["velocity"]
        g *= rate
        v *= self.momentum
        v -= g
        np.multiply(v, self.momentum, out=scratch)
        w += scratch
        w -= g


class RMSProp(Optimizer):
    """Steps divided by the gradient's recent size: s ← ρ s + (1−ρ) g², w ← w − η g/√(s+ε) (Hinton 2012)."""

    kind: Literal["rmsprop"] = "rmsprop"
    rho: float = setting(0.9, "Memory (ρ)", "How slowly the average of squared gradients forgets.", low=0, high=0.9999)
    label = "RMSProp"
    about = "Each weight's step is divided by the recent size of its gradient."
    slots = ("square",)
    usual_rate = 0.001

    def update(self, w, g, state, rate, step, decayed, scratch):  # type: ignore[no-untyped-def]  # noqa: D102
        s = state["square"]
        np.multiply(g, g, out=scratch)
        scratch *= 1 - self.rho
        s *= self.rho
        s += scratch
        np.add(s, SMALL, out=scratch)
        np.sqrt(scratch, out=scratch)
        np.divide(g, scratch, out=scratch)
        scratch *= rate
        w -= scratch


class Adam(Optimizer):
    """Momentum and RMSProp together, corrected for their start at zero (Kingma, Ba 2015)."""

    kind: Literal["adam"] = "adam"
    beta1: float = setting(0.9, "β₁", "How slowly the average of gradients forgets.", low=0, high=0.9999)
    beta2: float = setting(0.999, "β₂", "How slowly the average of squared gradients forgets.", low=0, high=0.99999)
    label = "Adam"
    about = "Momentum and RMSProp together; works with little tuning."
    slots = ("mean", "square")
    usual_rate = 0.001

    def update(self, w, g, state, rate, step, decayed, scratch):  # type: ignore[no-untyped-def]  # noqa: D102
        m, s = state["mean"], state["square"]
        np.multiply(g, g, out=scratch)
        scratch *= 1 - self.beta2
        s *= self.beta2
        s += scratch
        g *= 1 - self.beta1
        m *= self.beta1
        m += g
        np.sqrt(s, out=scratch)
        scratch += SMALL
        np.divide(m, scratch, out=scratch)
        scratch *= rate * np.sqrt(1 - self.beta2**step).item() / (1 - self.beta1**step)
        w -= scratch


class AdamW(Adam):
    """Adam with weight decay apart from the gradient (Loshchilov, Hutter 2019). Biases do not decay."""

    kind: Literal["adamw"] = "adamw"  # type: ignore[assignment]
    weight_decay: float = setting(
        0.01,
        "Weight decay",
        "The share of every weight, times the learning rate, that is lost per step.",
        low=0,
        high=1,
    )
    label = "AdamW"
    about = "Adam that also shrinks the weights a little at every step."

    def update(self, w, g, state, rate, step, decayed, scratch):  # type: ignore[no-untyped-def]  # noqa: D102
        w[:decayed] *= 1 - rate * self.weight_decay
        super().update(w, g, state, rate, step, decayed, scratch)


OptimizerSpec = Annotated[SGD | Momentum | Nesterov | RMSProp | Adam | AdamW, Discriminator("kind")]
OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
}
