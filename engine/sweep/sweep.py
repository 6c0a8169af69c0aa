"""Runs an experiment: hands its trials to workers, keeps what comes back, and goes on where it was."""

from __future__ import annotations

import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from engine.blas import allowed_threads
from engine.errors import DigitLabError, SettingError
from engine.runs.row import RunRow, RunState
from engine.runs.store import RunStore
from engine.sweep.checkpoints import why_no_checkpoints
from engine.sweep.cluster import Cluster, check_address
from engine.sweep.events import Control, Event, SweepProgress, TrialDone, TrialFailed, TrialProgress, TrialRepeated
from engine.sweep.keeping import FINAL, Keeper, held
from engine.sweep.left import Estimate, usual_pace
from engine.sweep.link import Told
from engine.sweep.pool import MOST_WORKERS, Arrived, Pool
from engine.sweep.processes import Processes
from engine.sweep.spec import SweepSpec, Trial
from engine.sweep.task import Outcome, Task

Backend = Literal["loky", "dask"]
POLL_SECONDS = 0.05
TELL_SECONDS = 0.25
ATTEMPTS = 3
"""So often is a trial begun whose worker is lost."""
PATIENCE_SECONDS = 1.0
"""After a cancel, trials have so long to end by themselves."""


class Sweep:
    """An experiment that can be run, and run again until all of it is done.

    Parameters
    ----------
    spec : SweepSpec
        What is done.
    store : RunStore
        Where its runs are kept; made in the thread that calls :meth:`run`.
    experiment_id : str
        As it stands in the store; see :func:`engine.sweep.keeping.open_experiment`.
    workers : int, optional
        How many processes train at once, 1 to 64; by default as many as there are threads to compute with, which
        they share. A cluster has workers of its own, and uses all of them.
    backend : {"loky", "dask"}
        Processes of this machine, or a Dask cluster.
    scheduler : str, optional
        The address of the cluster's scheduler, e.g. ``"tcp://127.0.0.1:8786"``.

    Raises
    ------
    SettingError
        When these contradict each other.
    """

    def __init__(
        self,
        spec: SweepSpec,
        store: RunStore,
        experiment_id: str,
        workers: int | None = None,
        *,
        backend: Backend = "loky",
        scheduler: str | None = None,
    ) -> None:
        self.spec, self.experiment_id = spec, experiment_id
        self.workers = allowed_threads() if workers is None else workers
        self._store, self._backend, self._scheduler = store, backend, scheduler
        self._require_legal()

    def _require_legal(self) -> None:
        if not 1 <= self.workers <= MOST_WORKERS:
            raise SettingError(
                f"Workers: {self.workers} is not allowed; it must be a whole number from 1 to {MOST_WORKERS}."
            )
        if self._backend not in ("loky", "dask"):
            raise SettingError(f"Backend: {self._backend} is not allowed; it must be one of loky, dask.")
        if (self._backend == "dask") != bool(self._scheduler):
            raise SettingError(
                "Scheduler: the backend dask needs the address of a scheduler, such as tcp://127.0.0.1:8786, "
                "and no other backend has one."
            )
        if self._scheduler:
            check_address(self._scheduler)

    def run(self, on_event: Callable[[Event], None], control: Control | None = None) -> None:
        """Do all trials that are not done yet; return when that is so, or once `control` has cancelled it.

        Parameters
        ----------
        on_event : callable
            Told in this thread of everything that happens.
        control : Control, optional
            Pauses and cancels.

        Raises
        ------
        DigitLabError
            When a trial is illegal or the experiment runs elsewhere (nothing was started), the cluster cannot be
            reached, or the store cannot be written to. What was kept stays.
        """
        with held(self._store, self.experiment_id):
            self._run(on_event, control or Control())

    def _run(self, on_event: Callable[[Event], None], control: Control) -> None:
        usual = usual_pace(self._store, self.spec.base.dataset) or 1.0
        work = _Work(self.spec, Keeper(self._store, self.experiment_id, self.spec.fixed), on_event, control, usual)
        try:
            if work.waiting:
                self._set_state(RunState.RUNNING)
                with self._pool() as pool:
                    work.do(pool)
            work.report()
        except BaseException:
            with contextlib.suppress(DigitLabError):  # the first error says more than one about the state
                self._set_state(RunState.INTERRUPTED)
            raise
        self._set_state(RunState.FINISHED if work.is_complete else RunState.STOPPED)

    def _pool(self) -> Pool:
        if self._scheduler:
            return Cluster(self._scheduler)
        return Processes(self.workers, max(allowed_threads() // self.workers, 1))

    def _set_state(self, state: RunState) -> None:
        experiment = self._store.experiment(self.experiment_id)
        if experiment.state != state.value:
            self._store.save_experiment(replace(experiment, state=state.value))


class _Work:
    """The trials of an experiment on their way from waiting to kept."""

    def __init__(
        self, spec: SweepSpec, keeper: Keeper, on_event: Callable[[Event], None], control: Control, usual: float
    ) -> None:
        self._spec, self._keeper, self._on_event, self._control = spec, keeper, on_event, control
        trials, self._former = spec.trials(), keeper.known()
        done = {key: glance for key, glance in self._former.items() if glance.state in FINAL}
        self.waiting = deque(trial for trial in trials if trial.key not in done)
        self._total, self._done, self._failed = len(trials), len(trials) - len(self.waiting), 0
        self._checkpoints = not why_no_checkpoints(spec, len(trials))
        self._running: dict[int, Trial] = {}
        self._losses: Counter[int] = Counter()
        self._told: dict[int, Told] = {}
        self._workers, self._next_report, self._deadline = 1, 0.0, float("inf")
        past = [(glance.spec, glance.seconds) for glance in done.values()]
        self._estimate = Estimate({trial.index: trial.run for trial in self.waiting}, past, usual)

    @property
    def is_complete(self) -> bool:
        """Whether no trial is left, and none has failed."""
        return self._done == self._total and not self._failed

    def do(self, pool: Pool) -> None:
        """Do all trials, or as many as there are until a cancel."""
        while (self.waiting or self._running) and not self._is_over():
            self._steer(pool)
            self._fill(pool)
            arrived = pool.collect()
            for one in arrived:
                self._take(one)
            self._hear(pool)
            if not arrived:
                time.sleep(POLL_SECONDS)

    def _is_over(self) -> bool:
        if not self._control.cancelled:
            return False
        self._deadline = min(self._deadline, time.monotonic() + PATIENCE_SECONDS)
        return not self._running or time.monotonic() > self._deadline

    def _steer(self, pool: Pool) -> None:
        pool.say("stop" if self._control.cancelled else "pause" if self._control.paused else "go")

    def _fill(self, pool: Pool) -> None:
        """Hand out trials as long as a worker is free."""
        self._workers = pool.size
        while self.waiting and len(self._running) < self._workers and not self._is_held():
            trial = self.waiting.popleft()
            self._keeper.begin(trial, self._former.get(trial.key))
            self._running[trial.index] = trial
            threads, keep = max(allowed_threads() // self._workers, 1), self._spec.keep_models
            pool.start(Task(trial.index, trial.run.model_dump_json(), threads, keep, keep and self._checkpoints))

    def _is_held(self) -> bool:
        return self._control.paused or self._control.cancelled

    def _take(self, arrived: Arrived) -> None:
        trial, outcome = self._running.pop(arrived.index), arrived.outcome
        self._told.pop(arrived.index, None)
        if outcome is None or outcome.reason == "stopped":
            self._lose(trial, arrived.why or "its worker gave it up")
        else:
            self._keep(trial, outcome)

    def _lose(self, trial: Trial, why: str) -> None:
        """Begin a trial again whose worker was lost, but not for ever."""
        if self._control.cancelled:
            return
        self._losses[trial.index] += 1
        count = self._losses[trial.index]
        if count < ATTEMPTS:
            self.waiting.appendleft(trial)
            self._on_event(TrialRepeated(trial, f"{trial.label}: {why}. It is done again."))
        else:
            self._keep(trial, Outcome("refused", f"It was begun {count} times, and each time {why}."))

    def _keep(self, trial: Trial, outcome: Outcome) -> None:
        row = self._keeper.keep(trial, outcome)
        self._done += 1
        self._estimate.took(trial.index, outcome.seconds)
        self._on_event(self._event(trial, row))
        self.report()

    def _event(self, trial: Trial, row: RunRow) -> Event:
        if row.state != RunState.FAILED:
            return TrialDone(trial, row)
        self._failed += 1
        return TrialFailed(trial, row, row.message)

    def _hear(self, pool: Pool) -> None:
        """Tell now and then how far all is."""
        if time.monotonic() < self._next_report:
            return
        for index, told in pool.told().items():
            if index in self._running and self._told.get(index) != told:
                self._told[index] = told
                self._on_event(TrialProgress(self._running[index], told))
        self.report()

    def report(self) -> None:
        """Tell how far all is."""
        self._next_report = time.monotonic() + TELL_SECONDS
        share, left = self._estimate.share(self._told), self._estimate.left(self._told, self._workers)
        self._on_event(SweepProgress(self._done, self._total, len(self._running), share, left))
