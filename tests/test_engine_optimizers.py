"""The optimizers: against their formulas written out again, and against a first step worked by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from pydantic import TypeAdapter

from engine.datasets.dataset import Dataset
from engine.datasets.split import split
from engine.network import Network
from engine.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Momentum, Nesterov, Optimizer, OptimizerSpec, RMSProp
from engine.specs import NetworkSpec, TrainingSpec
from engine.training import Training, train

Rule = Callable[[np.ndarray, Iterator[np.ndarray]], None]
EPSILON = 1e-7


def sgd(w: list[np.ndarray], t: int, g: np.ndarray, m: np.ndarray, s: np.ndarray, rate: float) -> tuple:
    return w - rate * g, m, s


def momentum(w, t, g, m, s, rate, mu=0.8):  # type: ignore[no-untyped-def]
    m = mu * m - rate * g
    return w + m, m, s


def nesterov(w, t, g, m, s, rate, mu=0.8):  # type: ignore[no-untyped-def]
    m = mu * m - rate * g
    return w + mu * m - rate * g, m, s


def rmsprop(w, t, g, m, s, rate, rho=0.7):  # type: ignore[no-untyped-def]
    s = rho * s + (1 - rho) * g**2
    return w - rate * g / np.sqrt(s + EPSILON), m, s


def adam(w, t, g, m, s, rate, b1=0.8, b2=0.95):  # type: ignore[no-untyped-def]
    m, s = b1 * m + (1 - b1) * g, b2 * s + (1 - b2) * g**2
    # Section 2 of the paper: the corrections of both averages as one factor on the rate.
    return w - rate * math.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(s) + EPSILON), m, s


def adamw(w, t, g, m, s, rate):  # type: ignore[no-untyped-def]
    decay = np.ones(w.shape)
    decay[:-1] = 1 - rate * 0.1  # the last row holds the biases
    return adam(w * decay, t, g, m, s, rate)


CASES = [
    (SGD(), sgd),
    (Momentum(momentum=0.8), momentum),
    (Nesterov(momentum=0.8), nesterov),
    (RMSProp(rho=0.7), rmsprop),
    (Adam(beta1=0.8, beta2=0.95), adam),
    (AdamW(beta1=0.8, beta2=0.95, weight_decay=0.1), adamw),
]
KINDS = [rule.kind for rule, _ in CASES]  # type: ignore[attr-defined]


def softmax_regression_gradient(W: np.ndarray, X: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return dLoss/dW for weights of shape (785, 10), the biases in the last row."""
    ones = np.column_stack([X, np.ones(len(X))])
    scores = np.exp(ones @ W)
    P = scores / scores.sum(axis=1, keepdims=True)
    return ones.T @ (P - np.eye(10)[labels]) / len(X)


@pytest.mark.parametrize("batch_size", [1, 32])
@pytest.mark.parametrize(("rule", "formula"), CASES, ids=KINDS)
def test_twenty_steps_equal_the_formula(small: Dataset, rule: Optimizer, formula: Callable, batch_size: int) -> None:
    network = Network(NetworkSpec(layers=(), dtype="float64"), seed=3)
    network.output.bias[:] = np.linspace(-0.5, 0.5, 10)
    W = np.vstack([network.output.weights, network.output.bias])
    start, m, s = W.copy(), np.zeros_like(W), np.zeros_like(W)
    settings = TrainingSpec(
        optimizer=rule,
        learning_rate=0.01,
        batch_size=batch_size,
        shuffle=False,  # type: ignore[arg-type]
    )
    reports = Training(network, split(small, 0, 0), settings).reports()
    # 20 steps of 32 images go over the end of the 600: the second epoch begins with the first image again.
    rows = np.concatenate([np.arange(600), np.arange(600)])
    place = 0
    for t in range(1, 21):
        while not hasattr(report := next(reports), "learning_rate"):
            continue
        size = min(batch_size, 600 - place % 600)
        part = rows[place : place + size]
        place += size
        g = softmax_regression_gradient(W, small.train_images[part].reshape(size, -1) / 255, small.train_labels[part])
        W, m, s = formula(W, t, g, m, s, 0.01)
        assert report.step == t
        assert np.abs(network.output.weights - W[:-1]).max() < 1e-12
        assert np.abs(network.output.bias - W[-1]).max() < 1e-12
    assert np.abs(W - start).max() > 0.01, "the steps went somewhere"


def first_step(rule: Optimizer, weight: float = 0.0) -> Network:
    """Take one step at rate 0.1 from one image of a 4 with one lit pixel, all weights equal."""
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 0, 0] = 255
    label = np.array([4], np.uint8)
    network = Network(NetworkSpec(layers=(), dtype="float64", initializer="zeros"))
    network.output.weights[:] = weight
    settings = TrainingSpec(optimizer=rule, learning_rate=0.1, batch_size=1)  # type: ignore[arg-type]
    next(train(network, split(Dataset("one", "One", image, label, image, label), 0, 0), settings))
    return network


# Equal weights give every digit p = 0.1, so the gradient of the lit pixel's weights and of the biases
# is 0.1 − 1 = −0.9 for the 4 and 0.1 for the others; all other pixels have gradient 0. The rate is 0.1.
BY_HAND = [
    # 0.1 · 0.9, 0.1 · 0.1
    (SGD(), 0.09, -0.01),
    # the velocity starts at 0: the first step is that of plain descent
    (Momentum(momentum=0.9), 0.09, -0.01),
    # it looks one step ahead: 1.9 times as far
    (Nesterov(momentum=0.9), 0.171, -0.019),
    # s = 0.1 g²: 0.1 · 0.9 / √(0.081 + 1e-7), 0.1 · 0.1 / √(0.001 + 1e-7)
    (RMSProp(rho=0.9), 0.09 / math.sqrt(0.0810001), -0.01 / math.sqrt(0.0010001)),
    # m = 0.1 g, s = 0.001 g², corrected by √0.001 / 0.1: 0.1 g / (|g| + 1e-7 / √0.001)
    (Adam(), 0.09 / (0.9 + 1e-7 / math.sqrt(0.001)), -0.01 / (0.1 + 1e-7 / math.sqrt(0.001))),
    (AdamW(), 0.09 / (0.9 + 1e-7 / math.sqrt(0.001)), -0.01 / (0.1 + 1e-7 / math.sqrt(0.001))),
]


@pytest.mark.parametrize(("rule", "right", "other"), BY_HAND, ids=KINDS)
def test_the_first_step_worked_by_hand(rule: Optimizer, right: float, other: float) -> None:
    network = first_step(rule)
    expected = np.full(10, other)
    expected[4] = right
    assert np.allclose(network.output.bias, expected, rtol=1e-12, atol=0)
    assert np.allclose(network.output.weights[0], expected, rtol=1e-12, atol=0)
    assert not network.output.weights[1:].any()


def test_adamw_shrinks_weights_but_not_biases() -> None:
    network = first_step(AdamW(weight_decay=0.5), weight=2.0)
    # A dark pixel's weights have no gradient: 2 · (1 − 0.1 · 0.5) = 1.9. The biases step as in Adam.
    assert np.allclose(network.output.weights[1:], 1.9, rtol=1e-14, atol=0)
    assert np.allclose(network.output.bias, first_step(Adam()).output.bias, rtol=1e-9, atol=0)


def test_the_registry_has_every_kind_and_explains_it() -> None:
    assert [rule.kind for rule in (cls() for cls in OPTIMIZERS.values())] == list(OPTIMIZERS)  # type: ignore[attr-defined]
    assert sorted(KINDS) == sorted(OPTIMIZERS)
    for cls in OPTIMIZERS.values():
        assert cls.label
        assert cls.about.endswith(".")
        assert 1e-6 <= cls.usual_rate <= 10


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_rule_comes_back_from_json_as_itself(kind: str) -> None:
    rule = OPTIMIZERS[kind]()
    adapter: TypeAdapter = TypeAdapter(OptimizerSpec)
    assert type(adapter.validate_json(adapter.dump_json(rule))) is OPTIMIZERS[kind]


@pytest.mark.parametrize(("rule", "rate"), [(rule(), rule.usual_rate) for rule in OPTIMIZERS.values()], ids=KINDS)
def test_every_rule_learns_in_float32_at_its_usual_rate(small: Dataset, rule: Optimizer, rate: float) -> None:
    network = Network(NetworkSpec(layers=()), seed=0)
    settings = TrainingSpec(optimizer=rule, learning_rate=rate, batch_size=20, epochs=3)  # type: ignore[arg-type]
    epochs = [report for report in train(network, split(small, 0, 0), settings) if hasattr(report, "best")]
    assert network.parameters.dtype == np.float32
    assert epochs[-1].loss < 0.7 * epochs[0].loss
