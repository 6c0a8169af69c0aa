"""A plan of an experiment as it is being typed, and what it comes to."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from engine.errors import SettingError
from engine.fields import explain, parameter
from engine.presets import PRESETS
from engine.specs import RunSpec
from engine.sweep.spec import MOST_TRIALS, Axis, Case, SweepSpec
from gui.widgets.experiment_settings import Offer, offers_of
from gui.widgets.value_edit import value_text

FORMS, KEPT = "forms", "kept"
MOST_SEEDS = 1000
SEEDS = "whole numbers from 0 to 4,294,967,295, such as 0, 1, 2 or 0-4, at most 1,000 of them"
_SPAN = re.compile(r"(\d+)\s*[-–]\s*(\d+)")
_POINTS = parameter(Axis, "points")


@dataclass(frozen=True)
class AxisDraft:
    """A setting that is to vary, as it is being typed.

    Attributes
    ----------
    path : str
        Which setting.
    ranged : bool
        Whether it has a range instead of listed values.
    values, low, high, points : str
        What stands in the fields.
    log : bool
        Whether the range is logarithmic.
    """

    path: str
    ranged: bool = False
    values: str = ""
    low: str = ""
    high: str = ""
    points: str = "5"
    log: bool = False

    def axis(self, offer: Offer, search: str) -> Axis:
        """Return the axis, or raise a SettingError with one sentence that names the setting."""
        if not self.ranged:
            return Axis(path=self.path, values=offer.parse(self.values))
        low, high = offer.value(self.low.strip()), offer.value(self.high.strip())
        if not low < high:
            raise SettingError(f"{offer.label}: the range must end above {value_text(low)}, where it begins.")
        if self.log and low <= 0:
            raise SettingError(f"{offer.label}: on a logarithmic scale the range must begin above 0.")
        points = checked_count(self.points, "Points", 2, int(_POINTS.high or 0)) if search == "grid" else 0
        return Axis(path=self.path, low=low, high=high, points=points, log=self.log, whole=offer.kind == "int")


@dataclass(frozen=True)
class Draft:
    """All that the form of an experiment says.

    Attributes
    ----------
    name, count, seeds : str
        What stands in the fields.
    base : str
        Where the settings that do not vary come from: the forms, the experiment itself, or a preset by its name.
    kept : RunSpec or None
        The experiment's own settings.
    search : {"grid", "random", "list"}
        How the combinations are chosen.
    axes : tuple of AxisDraft
        What varies.
    cases : tuple of Case
        The combinations of a list, which the form does not change.
    search_seed : int
        Decides what a random search draws.
    keep_models : bool
        Whether every run leaves a model.
    """

    name: str = "Experiment"
    base: str = FORMS
    kept: RunSpec | None = None
    search: str = "grid"
    axes: tuple[AxisDraft, ...] = ()
    cases: tuple[Case, ...] = ()
    count: str = "20"
    seeds: str = "0"
    search_seed: int = 0
    keep_models: bool = True

    def run(self, forms: RunSpec) -> RunSpec:
        """Return the settings that do not vary."""
        if self.base == KEPT and self.kept is not None:
            return self.kept
        if self.base in PRESETS:
            return PRESETS[self.base].run.model_copy(update={"dataset": forms.dataset})
        return forms


@dataclass(frozen=True)
class Checked:
    """What a plan comes to.

    Attributes
    ----------
    complaints : dict of str to str
        What is wrong, by field: ``"seeds"``, ``"count"``, ``"axis 0"``, … and ``"whole"``.
    count : int
        How many runs it has; 0 where that is not known.
    spec : SweepSpec or None
        The experiment; None where something is wrong. Its trials have not been looked at one by one.
    """

    complaints: Mapping[str, str] = field(default_factory=dict)
    count: int = 0
    spec: SweepSpec | None = None


def checked(draft: Draft, forms: RunSpec) -> Checked:
    """Return what a plan comes to with the settings in the forms; quick however many runs it has."""
    run, complaints = draft.run(forms), dict[str, str]()
    axes = list(_axes(draft, offers_of(run), complaints))
    seeds = _caught(complaints, "seeds", parse_seeds, draft.seeds) or (0,)
    count = 20
    if draft.search == "random":
        count = _caught(complaints, "count", checked_count, draft.count, "Combinations", 1, MOST_TRIALS) or 1
    if not draft.axes and draft.search == "random":
        complaints["whole"] = "A random search needs a setting that varies: add one."
    if complaints:
        return Checked(complaints)
    runs = _combinations(draft, axes, count) * len(seeds)
    if runs > MOST_TRIALS:
        sentence = f"{runs:,} runs are too many; an experiment has at most {MOST_TRIALS:,}. Take fewer values or seeds."
        return Checked({"whole": sentence}, runs)
    try:
        return Checked({}, runs, _spec(draft, run, axes, count, seeds))
    except SettingError as error:
        return Checked({"whole": str(error)}, runs)


def _axes(draft: Draft, offers: Mapping[str, Offer], complaints: dict[str, str]) -> Iterable[Axis]:
    for number, axis in enumerate(draft.axes):
        key = f"axis {number}"
        offer = offers.get(axis.path)
        if offer is None:
            complaints[key] = f"{axis.path}: the settings of this experiment have no such setting; choose another one."
        elif axis.path in [other.path for other in draft.axes[:number]]:
            complaints[key] = f"{offer.label}: it varies already; take one of the two away."
        elif (found := _caught(complaints, key, axis.axis, offer, draft.search)) is not None:
            yield found


def _caught(complaints: dict[str, str], key: str, function: Any, *arguments: Any) -> Any:
    """Return what a function makes of its arguments; None, and the sentence among the complaints, if it refuses."""
    try:
        return function(*arguments)
    except SettingError as error:
        complaints[key] = str(error)
    except ValidationError as error:
        complaints[key] = str(explain(error, Axis))
    return None


def _combinations(draft: Draft, axes: list[Axis], count: int) -> int:
    if draft.search == "list":
        return len(draft.cases)
    return count if draft.search == "random" else math.prod(len(axis.grid()) for axis in axes)


def _spec(draft: Draft, run: RunSpec, axes: list[Axis], count: int, seeds: tuple[int, ...]) -> SweepSpec:
    listed = draft.search == "list"
    try:
        return SweepSpec(
            name=draft.name.strip(),
            base=run,
            search=draft.search,
            axes=() if listed else tuple(axes),
            cases=draft.cases if listed else (),
            count=count,
            seeds=seeds,
            search_seed=draft.search_seed,
            keep_models=draft.keep_models,
        )
    except ValidationError as error:
        raise explain(error, SweepSpec) from error


def draft_of(spec: SweepSpec) -> Draft:
    """Return an experiment as it stands in the form."""
    offers = offers_of(spec.base)
    return Draft(
        name=spec.name,
        base=KEPT,
        kept=spec.base,
        search=spec.search,
        axes=tuple(_axis_draft(axis, offers.get(axis.path)) for axis in spec.axes),
        cases=spec.cases,
        count=str(spec.count),
        seeds=seeds_text(spec.seeds),
        search_seed=spec.search_seed,
        keep_models=spec.keep_models,
    )


def _axis_draft(axis: Axis, offer: Offer | None) -> AxisDraft:
    if axis.values:
        sign = "; " if offer is not None and offer.kind == "layers" else ", "
        words = [value_text(value) if offer is None else offer.text(value) for value in axis.values]
        return AxisDraft(axis.path, values=sign.join(words))
    low, high = map(value_text, axis.ends)
    return AxisDraft(axis.path, True, "", low, high, str(axis.points or 5), axis.log)


def parse_seeds(text: str) -> tuple[int, ...]:
    """Return the seeds that a text such as ``"0, 1, 5-8"`` names, or raise a SettingError."""
    seeds: list[int] = []
    for part in (part.strip() for part in text.split(",")):
        span = _SPAN.fullmatch(part)
        low, high = (span[1], span[2]) if span else (part, part)
        if not (low.isdecimal() and high.isdecimal() and int(low) <= int(high) < 2**32):
            said = f"{part[:40]} is not allowed" if part else "a value is missing"
            raise SettingError(f"Seeds: {said}; they must be {SEEDS}.")
        if len(seeds) + int(high) - int(low) >= MOST_SEEDS:
            raise SettingError(f"Seeds: these are too many; they must be {SEEDS}.")
        seeds += range(int(low), int(high) + 1)
    twice = next((one for one, other in pairwise(sorted(seeds)) if one == other), None)
    if twice is not None:
        raise SettingError(f"Seeds: {twice} is there twice; each seed counts once.")
    return tuple(seeds)


def seeds_text(seeds: tuple[int, ...]) -> str:
    """Return seeds the way they are typed: three and more in a row as a span."""
    if len(seeds) > 2 and all(later == one + 1 for one, later in pairwise(seeds)):
        return f"{seeds[0]}-{seeds[-1]}"
    return ", ".join(map(str, seeds))


def checked_count(text: str, label: str, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`, or raise a SettingError that names the field."""
    said = text.strip()
    if not (said.isdecimal() and low <= int(said) <= high):
        shown = f"{said[:40]} is not allowed" if said else "a value is missing"
        raise SettingError(f"{label}: {shown}; it must be a whole number from {low:,} to {high:,}.")
    return int(said)
