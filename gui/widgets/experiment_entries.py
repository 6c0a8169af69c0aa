"""What the page of experiments knows of the experiment it shows, run by run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.runs.experiments import Experiment
from engine.specs import RunSpec
from engine.sweep.built_in import BUILT_IN
from engine.sweep.events import TrialDone, TrialFailed, TrialProgress, TrialRepeated
from engine.sweep.link import Told
from engine.sweep.spec import Trial
from gui.widgets.experiment_results import OVER, RUNNING, WAITING, Entry
from gui.widgets.experiment_runner import UNNAMED
from gui.widgets.experiment_settings import SEED, labels_of

KEPT, BUILT, NEW = "kept", "built-in", "new"
Choice = tuple[str, str]
"""What the list of experiments offers: of which sort, and its id or name."""


@dataclass
class Known:
    """The trials of an experiment and what is known of each.

    Attributes
    ----------
    trials : list of Trial
        All of them, in order.
    runs : dict of str to RunGlance or RunRow
        Those that were begun, by the key of their trial.
    told : dict of int to Told
        How far those are that are at work, by the index of their trial.

    Only :meth:`hear` may change them: what is known of the other trials is not looked at again.
    """

    trials: list[Trial] = field(default_factory=list)
    runs: dict[str, Any] = field(default_factory=dict)
    told: dict[int, Told] = field(default_factory=dict)
    _made: dict[int, Entry] = field(default_factory=dict)

    def hear(self, events: Iterable[Any]) -> None:
        """Take note of what has happened."""
        self.__dict__.pop("_counted", None)
        for event in events:
            if isinstance(event, TrialDone | TrialFailed | TrialProgress | TrialRepeated):
                self._made.pop(event.trial.index, None)
            if isinstance(event, TrialDone | TrialFailed):
                self.runs[event.trial.key] = event.row
                self.told.pop(event.trial.index, None)
            elif isinstance(event, TrialProgress):
                self.told[event.trial.index] = event.told
            elif isinstance(event, TrialRepeated):
                self.told.pop(event.trial.index, None)

    def entries(self) -> list[Entry]:
        """Return an entry per trial."""
        made = self._made
        for trial in self.trials:
            if trial.index not in made:
                made[trial.index] = self._entry(trial)
        return [made[trial.index] for trial in self.trials]

    def _entry(self, trial: Trial) -> Entry:
        values = {path: value for path, value in trial.values.items() if path != SEED}
        theirs = None if trial.reference is None else 100 * trial.reference
        told, run = self.told.get(trial.index), self.runs.get(trial.key)
        if told is not None:
            return Entry(
                trial.index, values, trial.run.seed, RUNNING, None, theirs, f"{told.share:.0%}".replace("%", " %")
            )
        state = WAITING if run is None else str(run.state.value)
        return Entry(trial.index, values, trial.run.seed, state, run, theirs)

    @property
    def done(self) -> int:
        """How many runs need not be done any more."""
        return sum(self._counted[state] for state in OVER)

    @property
    def share(self) -> float:
        """Which part of the runs is done, 0 to 1."""
        return self.done / len(self.trials) if self.trials else 0.0

    @property
    def failed(self) -> int:
        """How many runs could not be done."""
        return self._counted["failed"]

    @cached_property
    def _counted(self) -> Counter[str]:
        """How many runs are in each state."""
        return Counter(self.runs[trial.key].state.value for trial in self.trials if trial.key in self.runs)

    def labels(self, run: RunSpec) -> dict[str, str]:
        """Return the settings that vary, path to label; `run` is what does not vary."""
        paths = dict.fromkeys(path for trial in self.trials for path in trial.values if path != SEED)
        return labels_of(list(paths), run)


def groups_of(experiments: Iterable[Experiment]) -> list[tuple[str, list[tuple[str, Choice]]]]:
    """Return what the list of experiments offers: (heading, (text, choice)…)."""
    kept = [(experiment.name or UNNAMED, (KEPT, experiment.id)) for experiment in experiments]
    built = [(spec.name, (BUILT, name)) for name, spec in BUILT_IN.items()]
    return [("", [("New experiment", (NEW, ""))]), ("Begun", kept), ("Ready-made", built)]
