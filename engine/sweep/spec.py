"""What an experiment is: a run to begin with, the settings that vary, and how their values are chosen."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, JsonValue, model_validator

from engine.errors import SettingError
from engine.fields import Settings, setting
from engine.specs import RunSpec
from engine.sweep.axis import MOST_VALUES, Axis
from engine.sweep.paths import SEED, applied, shown
from engine.sweep.rough import checkpoint_bytes

MOST_TRIALS = MOST_VALUES
MOST_AXES = 16
_TRIES = 20
_SOME = 32


class Case(Settings):
    """A combination of values that is listed by itself.

    Attributes
    ----------
    values : dict of str to object
        Values by path.
    title : str
        Its name in a table.
    reference : float or None
        The test accuracy, 0 to 1, that others have reached with it.
    """

    values: dict[str, JsonValue]
    title: str = Field(default="", max_length=200)
    reference: float | None = Field(default=None, ge=0, le=1)


@dataclass(frozen=True)
class Trial:
    """One run of an experiment.

    Attributes
    ----------
    index : int
        Its place in the experiment, from 0.
    key : str
        Names the run by its settings alone: the same in every process, on every machine, at any time.
    run : RunSpec
        What is trained.
    values : dict of str to object
        What distinguishes it, by path; the seed only where there are several.
    title : str
        Its name, if it has one.
    reference : float or None
        The test accuracy that others have reached with these settings, 0 to 1.
    """

    index: int
    key: str
    run: RunSpec
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    title: str = ""
    reference: float | None = None

    @property
    def label(self) -> str:
        """What distinguishes it in words, e.g. ``"training.learning_rate 0.1, seed 2"``."""
        return self.title or ", ".join(f"{path} {shown(value)}" for path, value in self.values.items()) or "as it is"


class SweepSpec(Settings):
    """An experiment: what its trials are follows from this alone.

    Attributes
    ----------
    name : str
        What it is called.
    base : RunSpec
        All settings that do not vary.
    axes : tuple of Axis
        What varies in a grid or a random search.
    cases : tuple of Case
        The combinations, for the search ``"list"``.
    seeds : tuple of int
        Every combination is trained once with each.
    """

    name: str = Field(default="", max_length=200)
    base: RunSpec = RunSpec()
    search: Literal["grid", "random", "list"] = setting(
        "grid",
        "Search",
        "How the combinations of values are chosen.",
        choice_help={
            "grid": "Every value with every other one.",
            "random": "So many combinations, drawn at random: better than a grid where only some settings matter "
            "(Bergstra and Bengio 2012).",
            "list": "Just the combinations that are listed.",
        },
    )
    axes: tuple[Axis, ...] = Field(default=(), max_length=MOST_AXES)
    cases: tuple[Case, ...] = Field(default=(), max_length=MOST_TRIALS)
    count: int = setting(20, "Combinations", "How many combinations a random search tries.", low=1, high=MOST_TRIALS)
    seeds: tuple[Annotated[int, Field(ge=0, le=2**32 - 1)], ...] = Field(default=(0,), min_length=1, max_length=1000)
    search_seed: int = setting(0, "Search seed", "Decides which values a random search draws.", low=0, high=2**32 - 1)
    keep_models: bool = setting(
        True, "Keep the models", "Whether the best weights of every trial are kept, and what it takes to go on with it."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        paths = [axis.path for axis in self.axes]
        for what, named in (("Axes", paths), ("Seeds", list(self.seeds))):
            twice = [name for number, name in enumerate(named) if name in named[:number]]
            if twice:
                raise ValueError(f"{what}: {twice[0]} is named twice; each counts once.")
        if self.search == "list" and (self.axes or not self.cases):
            raise ValueError("Search: a list needs cases, at least one, and no axes.")
        if self.search != "list" and self.cases:
            raise ValueError(f"Search: a {self.search} search has axes, no cases.")
        return self

    @cached_property
    def id(self) -> str:
        """Names the experiment by what it does: the same for the same trials under the same name."""
        text = "\n".join([self.name, *(trial.key for trial in self.trials())])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def fixed(self) -> frozenset[str]:
        """The settings that have one value in all trials: they tell none from another."""
        return frozenset(axis.path for axis in self.axes if len(axis.values) == 1)

    @cached_property
    def checkpoint_bytes(self) -> float:
        """About how many bytes it takes to go on with one of its runs: the mean of some."""
        return float(np.mean([checkpoint_bytes(run) for run in self.sample(_SOME)] or [0.0]))

    def trials(self) -> list[Trial]:
        """Return all trials in order: those that differ only by their seeds stand together.

        Raises
        ------
        SettingError
            When one of them cannot be trained so, or there are too many; the sentence names the setting, its value
            and the legal range.
        """
        return list(self._trials)

    def sample(self, count: int) -> list[RunSpec]:
        """Return runs like those of the trials, drawn at random: so many, but for those that are not legal."""
        rng, runs = np.random.default_rng(0), []
        for _ in range(count):
            one = self.cases[rng.integers(len(self.cases))] if self.search == "list" else self._draw(rng)
            with suppress(SettingError):
                runs.append(self._run(one.values, self.seeds[0]))
        return runs

    @cached_property
    def _trials(self) -> tuple[Trial, ...]:
        for values in self._corners():
            self._run(values, self.seeds[0])
        cases = self._cases()
        if len(cases) * len(self.seeds) > MOST_TRIALS:
            raise SettingError(f"Trials: {len(cases) * len(self.seeds):,} are too many; at most {MOST_TRIALS:,}.")
        found: dict[str, Trial] = {}
        for case, seed in itertools.product(cases, self.seeds):
            run = self._run(case.values, seed)
            trial = Trial(len(found), key_of(run), run, self._told(case, seed), case.title, case.reference)
            if trial.key in found and self.search != "random":
                raise SettingError(f"Trial {len(found) + 1} ({trial.label}) is the same as another one.")
            found.setdefault(trial.key, trial)
        return tuple(found.values())

    def _told(self, case: Case, seed: int) -> dict[str, JsonValue]:
        return {**case.values, SEED: seed} if len(self.seeds) > 1 else dict(case.values)

    def _run(self, values: Mapping[str, JsonValue], seed: int) -> RunSpec:
        try:
            return applied(self.base.model_copy(update={SEED: seed}), values)
        except SettingError as error:
            said = ", ".join(f"{path} = {shown(value)}" for path, value in values.items())
            raise SettingError(f"{said or 'The settings'}: {error.what}") from error

    def _cases(self) -> list[Case]:
        if self.search == "list":
            return list(self.cases)
        if self.search == "random":
            return list(self._drawn())
        values = [axis.grid() for axis in self.axes]
        count = int(np.prod([len(row) for row in values], dtype=object)) * len(self.seeds)
        if count > MOST_TRIALS:
            raise SettingError(f"Trials: {count:,} are too many; at most {MOST_TRIALS:,}.")
        return [self._case(row) for row in itertools.product(*values)]

    def _case(self, values: tuple[JsonValue, ...]) -> Case:
        return Case(values=dict(zip((axis.path for axis in self.axes), values, strict=True)))

    def _draw(self, rng: np.random.Generator) -> Case:
        return self._case(tuple(axis.draw(rng) for axis in self.axes))

    def _drawn(self) -> Iterator[Case]:
        """Yield different random combinations: fewer than wanted where there are not so many."""
        rng, seen = np.random.default_rng([self.search_seed, 11]), set[str]()
        for _ in range(_TRIES * self.count):
            case = self._draw(rng)
            if len(seen) < self.count and (text := case.model_dump_json()) not in seen:
                seen.add(text)
                yield case

    def _corners(self) -> Iterator[dict[str, JsonValue]]:
        """Yield what shows whether all of a range is legal: a draw may miss its illegal part by luck."""
        start: dict[str, JsonValue] = {axis.path: axis.ends[0] for axis in self.axes if not axis.values}
        if self.search != "list" and start:
            firsts = {axis.path: axis.ends[0] for axis in self.axes}
            yield firsts
            for axis in self.axes:
                if axis.path in start:
                    yield {**firsts, axis.path: axis.ends[-1]}


def key_of(run: RunSpec) -> str:
    """Return the key of a run, see :attr:`Trial.key`."""
    return hashlib.sha256(run.model_dump_json(exclude={"preset"}).encode()).hexdigest()[:16]
