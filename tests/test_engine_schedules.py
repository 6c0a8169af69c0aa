"""The schedules: ends, directions, peak, and their range whatever the settings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.datasets.dataset import Dataset
from engine.datasets.split import split
from engine.fields import parameters_of
from engine.network import Network
from engine.reports import BatchReport
from engine.schedules import SCHEDULES, Constant, Cosine, OneCycle, Schedule, Step
from engine.specs import NetworkSpec, TrainingSpec
from engine.training import train


def factors(schedule: Schedule, epochs: float = 10) -> np.ndarray:
    """Return the factor at 1,001 moments of a run."""
    return np.array([schedule.factor(part, part * epochs) for part in np.linspace(0, 1, 1001)])


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Any schedule with any legal settings."""
    cls = draw(st.sampled_from(list(SCHEDULES.values())))
    values = {}
    for field in parameters_of(cls):
        if field.kind == "int":
            values[field.name] = draw(st.integers(int(field.low or 0), int(field.high or 0)))
        elif field.kind == "float":
            values[field.name] = draw(st.floats(field.low, field.high))
    return cls(**values)


@given(schedules(), st.floats(0, 1), st.floats(0, 10_000))
def test_the_factor_is_from_0_to_1(schedule: Schedule, progress: float, epochs: float) -> None:
    assert 0 <= schedule.factor(progress, progress * epochs) <= 1


@given(schedules(), st.floats(-1, 3))
def test_beyond_the_ends_the_factor_stays_in_range(schedule: Schedule, progress: float) -> None:
    assert 0 <= schedule.factor(progress, max(progress, 0) * 10) <= 1


def test_constant_is_1_throughout() -> None:
    assert set(factors(Constant())) == {1.0}


def test_step_drops_at_whole_multiples_and_not_before() -> None:
    step = Step(every=3, drop=0.5)
    assert [step.factor(0, epoch) for epoch in (0, 2.999, 3, 5.9, 6, 9)] == [1, 1, 0.5, 0.5, 0.25, 0.125]


def test_cosine_glides_from_1_to_its_final_factor() -> None:
    values = factors(Cosine(final=0.2))
    assert values[0] == 1
    assert values[-1] == pytest.approx(0.2)
    assert values[500] == pytest.approx(0.6), "half-way it is in the middle"
    # A quarter of the way: 0.2 + 0.8 · ½ (1 + cos 45°)
    assert values[250] == pytest.approx(0.2 + 0.4 * (1 + np.sqrt(0.5)))
    assert (np.diff(values) < 0).all()


def test_one_cycle_rises_to_1_at_the_end_of_the_warm_up_and_falls_to_the_end() -> None:
    values = factors(OneCycle(warmup=0.3, initial=0.1, final=0.02))
    assert values[0] == pytest.approx(0.1)
    assert values[-1] == pytest.approx(0.02)
    assert values.argmax() == 300
    assert values[300] == 1
    assert (np.diff(values[:301]) > 0).all()
    assert (np.diff(values[300:]) < 0).all()


def test_every_schedule_explains_itself() -> None:
    assert [schedule().kind for schedule in SCHEDULES.values()] == list(SCHEDULES)  # type: ignore[attr-defined]
    assert all(schedule.label and schedule.about.endswith(".") for schedule in SCHEDULES.values())


@pytest.mark.parametrize("schedule", [Cosine(), OneCycle(), Step(every=1)], ids=lambda schedule: schedule.kind)
def test_a_run_reports_the_rate_that_its_schedule_says(small: Dataset, schedule: Schedule) -> None:
    network = Network(NetworkSpec(layers=()), seed=0)
    settings = TrainingSpec(learning_rate=0.5, schedule=schedule, batch_size=100, epochs=4)  # type: ignore[arg-type]
    reports = list(train(network, split(small, 0, 0), settings))
    rates = [report.learning_rate for report in reports if isinstance(report, BatchReport)]
    assert len(rates) == 24
    assert rates == pytest.approx([0.5 * schedule.factor(done / 24, done / 6) for done in range(24)])
