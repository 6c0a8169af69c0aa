"""What may ail a training, in plain words, and what to try: rules over what can be seen of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from engine.health.activity import UnitActivity
from engine.health.cures import (
    Change,
    against_learning_by_heart,
    bounded,
    other_activation,
    rescaled_rate,
    with_normalization,
    with_other_output,
)
from engine.health.evidence import (
    IMAGES,
    gain,
    guess,
    highest,
    is_enough,
    is_stuck,
    latest,
    learned_by_heart,
    lowest,
    rise,
    stands_still,
)
from engine.health.symptoms import Symptoms
from engine.schedules import Cosine

Kind = Literal[
    "rate_high", "output_dead", "dead", "saturated", "vanishing", "rate_low", "overfitting", "plateau", "unvalidated"
]
Applies = Literal["now", "partly now", "new network"]
EXPLODED, EASED, RISEN = 2.0, 0.7, 1.3
DEAD, SATURATED = 0.4, 0.4
VANISHED = 0.02
FAR_ABOVE = 3.0
"""So many times the optimizer's usual rate is suspicious."""


@dataclass(frozen=True, eq=False)
class Hint:
    """Something that goes wrong, and what may help.

    Attributes
    ----------
    kind : str
        Which rule found it.
    sentence : str
        What goes wrong and what to try, in plain words.
    why : str
        The numbers that say so, and how they come about.
    change : dict of str to dict or None
        The cure, as groups of settings for :meth:`engine.specs.RunSpec.changed`; None where there is none to apply.
    label : str
        What the change does, e.g. ``"Learning rate 0.3 → 0.1"``.
    applies : {"now", "partly now", "new network"}
        When the change takes effect: with the next batch; with the next batch, although only a new network makes good
        what is spoiled already; or with the next new network.
    """

    kind: Kind
    sentence: str
    why: str
    change: Change | None
    label: str
    applies: Applies = "now"


def hints(seen: Symptoms, standing: str = "") -> list[Hint]:
    """Return what goes wrong, the gravest first.

    Parameters
    ----------
    seen : Symptoms
        What is known of the training since its settings were last changed.
    standing : str
        The kind of the hint that is shown now: its limits are a quarter laxer, so that it does not come and go.
    """
    found = (rule(seen, 0.75 if rule is RULES.get(standing) else 1.0) for rule in RULES.values())
    return [hint for hint in found if hint is not None]


def _rate_high(seen: Symptoms, ease: float) -> Hint | None:
    reason = _rate_reason(seen, ease)
    if not reason:
        return None
    dead = max((each.dead_share for each in seen.activity), default=0.0) > DEAD
    change, label = rescaled_rate(seen.run, 1 / 3)
    return Hint(
        "rate_high",
        "The learning rate is probably too high: steps jump over their goal. Try a third of it"
        + (", and a new network: many units died." if dead else "."),
        f"{reason} The rate is {seen.run.training.learning_rate:g}; {seen.run.training.optimizer.label} usually works "
        f"with about {seen.run.training.optimizer.usual_rate:g}.",
        change,
        label,
        "partly now" if dead else "now",
    )


def _rate_reason(seen: Symptoms, ease: float) -> str:
    """Return how the loss shows that the rate is too high; empty if it does not."""
    if seen.diverged:
        return "Training ended because the loss was no longer a finite number."
    if not is_enough(seen):
        return ""
    now, top, level = latest(seen), highest(seen), guess(seen)
    usual = seen.run.training.learning_rate > FAR_ABOVE * seen.run.training.optimizer.usual_rate * ease
    if top > EXPLODED * level * ease and now > 0.15 * level * ease and seen.run.network.initializer_scale <= 2:
        return (
            f"The loss leapt to {top:.3g}, far above the {level:.2f} of blind guessing, and is still {now:.3g} "
            "by the last batches."
        )
    if usual and now > EASED * level * ease:
        return f"After {len(seen.losses):,} batches the loss is {now:.3g}; blind guessing has {level:.2f}."
    times = rise(seen)
    if times > RISEN * ease and now > 0.05 * level:
        return f"The loss rises again: it was {lowest(seen):.3g} at its best and is {now:.3g} by the last batches."
    return ""


def _rate_low(seen: Symptoms, ease: float) -> Hint | None:
    far = seen.run.training.learning_rate > FAR_ABOVE * seen.run.training.optimizer.usual_rate
    if far or not is_stuck(seen, ease) or any(each.dead_share > DEAD for each in seen.activity):
        return None
    change, label = rescaled_rate(seen.run, 3)
    return Hint(
        "rate_low",
        "The loss hardly falls: the learning rate is probably too low. Try three times as much.",
        f"After {len(seen.losses):,} batches the loss is {latest(seen):.3g}, only {100 * gain(seen):.0f} % less than "
        f"at first; blind guessing has {guess(seen):.2f}. The rate is {seen.run.training.learning_rate:g}; "
        f"{seen.run.training.optimizer.label} usually works with about {seen.run.training.optimizer.usual_rate:g}.",
        change if bounded(seen.run, 3) else None,
        label,
    )


def _output_dead(seen: Symptoms, ease: float) -> Hint | None:
    last = seen.activity[-1] if seen.activity else None
    learned = len(seen.losses) * seen.run.training.batch_size
    if last is None or seen.run.network.output_activation != "relu" or not last.dead or learned < IMAGES:
        return None
    change, label = with_other_output(seen.run)
    return Hint(
        "output_dead",
        f"{last.dead} of the {last.units} output units {'is' if last.dead == 1 else 'are'} dead and will never give "
        "their class as an answer. Try softmax.",
        "A ReLU unit whose weighted sum is negative for every image answers 0 and has no gradient, so nothing can "
        "bring it back. Softmax outputs cannot die.",
        change,
        label,
        "new network",
    )


def _dead(seen: Symptoms, ease: float) -> Hint | None:
    hidden = [each for each in _hidden(seen) if each.dead_share > DEAD * ease]
    if not hidden or not len(seen.losses):
        return None
    worst = max(hidden, key=lambda each: each.dead_share)
    rate = seen.run.training.learning_rate
    applies: Applies = "new network"
    if rate > FAR_ABOVE * seen.run.training.optimizer.usual_rate:
        change, label = rescaled_rate(seen.run, 1 / 3)
        advice, applies = "Try a third of the learning rate, and a new network.", "partly now"
    else:
        change, label = other_activation(seen.run, {"relu": "leaky_relu"})
        advice = "Try leaky ReLU, whose units cannot die."
    return Hint(
        "dead",
        f"{100 * worst.dead_share:.0f} % of the units of {seen.called(worst).lower()} are dead: they answer 0 "
        f"to everything. {advice}",
        f"{worst.dead:,} of {worst.units:,} ReLU units gave 0 to every image of the sample. Without an answer "
        f"they have no gradient and stay dead. The usual cause is steps that are too long: the rate is {rate:g}.",
        change,
        label,
        applies,
    )


def _saturated(seen: Symptoms, ease: float) -> Hint | None:
    worst = max(_hidden(seen), key=lambda each: each.saturated_share, default=None)
    if worst is None or worst.saturated_share <= SATURATED * ease:
        return None
    change: Change | None = None
    if seen.run.network.initializer_scale > 1:
        change = {"network": {"initializer_scale": 1.0}}
        label = f"Initial scale {seen.run.network.initializer_scale:g} → 1"
    else:
        change, label = other_activation(seen.run, {"sigmoid": "relu", "tanh": "relu"})
    return Hint(
        "saturated",
        f"{100 * worst.saturated_share:.0f} % of the units of {seen.called(worst).lower()} are saturated: their "
        "answers stand at an end and hardly learn. Try "
        + ("smaller initial weights." if "scale" in label else "ReLU."),
        f"{worst.saturated:,} of {worst.units:,} {worst.activation} units stood at an end of their range for nearly "
        "all images of the sample. There the curve is flat, and the gradient that comes through is all but 0.",
        change,
        label,
        "new network",
    )


def _vanishing(seen: Symptoms, ease: float) -> Hint | None:
    sizes = seen.gradients
    if len(sizes) < 3 or not is_stuck(seen, ease) or not sizes[-1] or sizes[0] / sizes[-1] > VANISHED / ease:
        return None
    bent = any(getattr(row, "activation", "") in ("sigmoid", "tanh") for row in seen.run.network.layers)
    if bent:
        change, label = other_activation(seen.run, {"sigmoid": "relu", "tanh": "relu"})
    else:
        change, label = with_normalization(seen.run)
    return Hint(
        "vanishing",
        "The gradient has all but vanished when it reaches the first layer, which therefore hardly learns. Try "
        + ("ReLU and He's initial weights." if bent else "batch normalization."),
        f"Per weight, the gradient of the first layer is {sizes[0]:.1e} and that of the last {sizes[-1]:.1e}: "
        f"{sizes[-1] / max(sizes[0], 1e-30):,.0f} times as large. On its way back through each layer it was made "
        "smaller.",
        change,
        label,
        "new network",
    )


def _overfitting(seen: Symptoms, ease: float) -> Hint | None:
    found = learned_by_heart(seen, lax=ease < 1)
    if found is None:
        return None
    change, label = against_learning_by_heart(seen.run)
    return Hint(
        "overfitting",
        "The network learns its images by heart: it gets better on them and worse on the validation images. Try "
        + ("this: " + label[0].lower() + label[1:] + "." if change else "more images, or a smaller network."),
        f"The validation loss was lowest {found.epochs} epochs ago, at {found.best:.3g}, and is {found.now:.3g}, while "
        f"the training loss fell on. The accuracies are {100 * found.gap_before:.1f} points apart then and "
        f"{100 * found.gap:.1f} now.",
        change,
        label,
    )


def _plateau(seen: Symptoms, ease: float) -> Hint | None:
    if seen.run.training.schedule.kind != "constant" or not stands_still(seen, lax=ease < 1):
        return None
    before, now = seen.epoch_losses[-4], seen.epoch_losses[-1]
    return Hint(
        "plateau",
        "The loss has stopped falling. A learning rate that falls towards the end often gains a little more.",
        f"The training loss was {before:.4g} three epochs ago and is {now:.4g}. With a constant rate the steps stay as "
        "long as ever, and the weights circle around what they look for.",
        {"training": {"schedule": Cosine().model_dump()}},
        "Schedule constant → cosine",
    )


def _unvalidated(seen: Symptoms, ease: float) -> Hint | None:
    if seen.held_back or seen.epochs < 1:
        return None
    possible = not seen.run.validation_split  # if a share is wanted already, the data is too small for it
    return Hint(
        "unvalidated",
        "No images are held back, so nobody can tell whether the network learns its images by heart.",
        "Validation images are taken from the training images and never learned from. Only on them, or on the test "
        "images, does learning by heart show. Without them the best epoch cannot be chosen either.",
        {"run": {"validation_split": 0.1}} if possible else None,
        "Validation share 0 → 0.1" if possible else "",
        "new network",
    )


def _hidden(seen: Symptoms) -> tuple[UnitActivity, ...]:
    """Return the activity of hidden layers: the output layer's units may well stand at an end."""
    counted = seen.run.network.output_activation not in ("linear", "softmax")
    return seen.activity[:-1] if counted else seen.activity


Rule = Callable[[Symptoms, float], Hint | None]
RULES: dict[str, Rule] = {
    "rate_high": _rate_high,
    "output_dead": _output_dead,
    "dead": _dead,
    "saturated": _saturated,
    "vanishing": _vanishing,
    "rate_low": _rate_low,
    "overfitting": _overfitting,
    "plateau": _plateau,
    "unvalidated": _unvalidated,
}
"""The rules, the gravest first."""
