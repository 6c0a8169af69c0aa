"""How sure a network may be of what it reads: its shares calibrated, and whether the drawing is a digit at all.

A network's shares are surer than its answers are right; dividing the logarithms by one number, the temperature, mends
most of it (Guo et al. 2017, "On Calibration of Modern Neural Networks"). Whether a drawing is a digit is asked of
what the last hidden layer makes of it: a logistic regression tells digits from drawings that are none.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from engine.fields import Settings
from engine.network import Network

Shares = NDArray[np.float64]

MOST_UNITS = 512
LEAST_SHARE = 1e-7
"""A share that a network gives as nothing; what is calibrated needs a logarithm."""
REFUSED = 0.01
"""The share of real digits that may be taken for none."""
_SHARES = 10
_RIDGE = 30.0
_STEPS = 12
_AT_ONCE = 1024
_TEMPERATURES = np.geomspace(0.25, 8, 121)


class Judge(Settings):
    """What a model file keeps of how its network is to be trusted.

    Attributes
    ----------
    temperature : float
        The logarithms of the shares are divided by it: above 1 makes less sure.
    units : tuple of int
        The units of the last hidden layer that are asked whether a drawing is a digit.
    weights : tuple of float
        One per unit, then one per share, the largest first.
    bias : float
        Added to their sum; the logistic function of it is the *digitness*. Without weights every drawing counts as one.
    least : float
        A drawing with less digitness may be no digit.
    """

    temperature: float = Field(default=1.0, gt=0)
    units: tuple[int, ...] = Field(default=(), max_length=MOST_UNITS)
    weights: tuple[float, ...] = ()
    bias: float = 0.0
    least: float = Field(default=0.0, ge=0, le=1)

    @model_validator(mode="after")
    def _one_weight_each(self) -> Self:
        if self.weights and len(self.weights) != len(self.units) + _SHARES:
            raise ValueError(
                f"{len(self.units)} units need {len(self.units) + _SHARES} weights, not {len(self.weights)}."
            )
        if any(unit < 0 for unit in self.units):
            raise ValueError("Units are counted from 0.")
        return self

    def fits(self, network: Network) -> bool:
        """Return whether the network has the units that are asked."""
        return all(unit < network.output.inputs for unit in self.units)

    def shares(self, raw: NDArray) -> Shares:
        """Return calibrated shares of shape (n, 10) for a network's own."""
        return calibrated(raw, self.temperature)

    def digitness(self, hidden: NDArray, raw: NDArray) -> NDArray[np.float64]:
        """Return how surely each drawing is a digit, 0 to 1.

        Parameters
        ----------
        hidden : ndarray of shape (n, units of the last hidden layer)
        raw : ndarray of shape (n, 10)
            The network's own shares.
        """
        if not self.weights:
            return np.ones(len(raw))
        sums = _features(hidden, raw, np.array(self.units, np.intp)) @ np.array(self.weights) + self.bias
        return _logistic(sums)


@np.errstate(over="ignore", invalid="ignore")
def fit_judge(
    network: Network,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    others: NDArray[np.uint8],
    drawn: NDArray[np.bool_] | None = None,
) -> Judge:
    """Fit temperature and digitness of a network.

    Parameters
    ----------
    network : Network
    images : ndarray of shape (n, 28, 28), uint8
        Digits that it did not learn from; else it would seem surer than it may be.
    labels : ndarray of shape (n,), uint8
    others : ndarray of shape (m, 28, 28), uint8
        Drawings that are no digits; without any, only the temperature is fitted.
    drawn : ndarray of shape (n,), bool, optional
        Which of the digits are drawings of a pen. Neither of these nor of the others, which are scanned, may more
        than one in a hundred be taken for no digit.

    Returns
    -------
    Judge
        One that passes everything on as it is where the network came apart: of what is no number nothing can be said.
    """
    hidden, raw = network.seen(images)
    if not np.isfinite(raw).all():
        return Judge()
    temperature = _temperature(raw, labels)
    if not len(others):
        return Judge(temperature=temperature)
    other_hidden, other_raw = network.seen(others)
    units = np.sort(np.argsort(-hidden.var(axis=0), kind="stable")[:MOST_UNITS])
    digits, none = _features(hidden, raw, units), _features(other_hidden, other_raw, units)
    weights, bias = _separate(digits, none)
    if not np.isfinite([*weights, bias]).all():
        return Judge(temperature=temperature)
    found = _logistic(digits @ weights + bias)
    parts = [found] if drawn is None else [found[drawn], found[~drawn]]
    least = min(float(np.quantile(part, REFUSED)) for part in parts if len(part))
    return Judge(
        temperature=temperature, units=tuple(units.tolist()), weights=tuple(weights.tolist()), bias=bias, least=least
    )


def calibrated(raw: NDArray, temperature: float) -> Shares:
    """Return shares whose logarithms are divided by `temperature`, adding up to 1 in each row."""
    logs = np.log(np.maximum(np.asarray(raw, np.float64), LEAST_SHARE)) / temperature
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _temperature(raw: NDArray, labels: NDArray[np.uint8]) -> float:
    """Return the temperature with the smallest mean cross-entropy."""
    rows = np.arange(len(labels))
    losses = [-np.log(calibrated(raw, float(t))[rows, labels]).mean() for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def _features(hidden: NDArray, raw: NDArray, units: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return what is asked: some units, and the logarithms of the shares, the largest first."""
    logs = np.log(np.maximum(np.asarray(raw, np.float32), LEAST_SHARE))
    return np.concatenate([hidden[:, units], -np.sort(-logs, axis=1)], axis=1, dtype=np.float32)


def _separate(digits: NDArray[np.float32], none: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Return weights and bias of a logistic regression by Newton's method; both sides count the same."""
    X = np.concatenate([digits, none])
    mean, spread = X.mean(axis=0, dtype=np.float64), X.std(axis=0, dtype=np.float64) + 1e-6
    y = np.repeat([1.0, 0.0], [len(digits), len(none)])
    count = np.repeat([0.5 / len(digits), 0.5 / len(none)], [len(digits), len(none)]) * len(X)
    ridge = np.append(np.full(X.shape[1], _RIDGE), 1e-6)
    w = np.zeros(X.shape[1] + 1)
    for _ in range(_STEPS):
        slope, curvature = -ridge * w, np.diag(ridge)
        for start in range(0, len(X), _AT_ONCE):  # all of them at once in 64 bits would take hundreds of megabytes
            part = slice(start, start + _AT_ONCE)
            Z = np.column_stack([(X[part] - mean) / spread, np.ones(len(X[part]))])
            p = _logistic(Z @ w)
            slope += Z.T @ (count[part] * (y[part] - p))
            curvature += (Z * (count[part] * np.maximum(p * (1 - p), 1e-6))[:, None]).T @ Z
        w += np.linalg.solve(curvature, slope)
    weights = w[:-1] / spread
    return weights, float(w[-1] - weights @ mean)


def _logistic(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-np.clip(sums, -60, 60)))
