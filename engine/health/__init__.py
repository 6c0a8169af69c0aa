"""How a training fares: sizes of gradients and updates, units that no longer learn, and what to do about it."""

from engine.health.activity import UnitActivity, examine
from engine.health.hints import Hint, hints
from engine.health.measures import Histogram, Movement, compare_weights, movement, per_weight, weight_sizes
from engine.health.steady import SteadyHint
from engine.health.symptoms import Symptoms, symptoms

__all__ = [
    "Hint",
    "Histogram",
    "Movement",
    "SteadyHint",
    "Symptoms",
    "UnitActivity",
    "compare_weights",
    "examine",
    "hints",
    "movement",
    "per_weight",
    "symptoms",
    "weight_sizes",
]
