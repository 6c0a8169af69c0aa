"""The choice of threads, on durations that are made up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import pace
from engine.pace import SECONDS_BETWEEN, TRIES, Pace

Machine = Callable[[int], float]


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Pretend that 4 threads are allowed; return a list that fills with the numbers that are set."""
    numbers: list[int] = []
    monkeypatch.setattr(pace, "allowed_threads", lambda: 4)
    monkeypatch.setattr(pace, "use_threads", numbers.append)
    monkeypatch.setattr(pace, "keeps_bits", lambda dtype, threads: dtype == "float32")
    return numbers


def work(chosen: Pace, machine: Machine, seconds: float) -> list[int]:
    """Take steps for so many made-up seconds; return how many threads each step had."""
    threads: list[int] = []
    while seconds > 0:
        threads.append(chosen.threads)
        taken = machine(chosen.threads)
        chosen.step(taken)
        seconds -= taken
    return threads


def idle(threads: int) -> float:
    """Return the seconds of a step where several threads are faster."""
    return 0.001 if threads > 1 else 0.0018


def small(threads: int) -> float:
    """Return the seconds of a step that is too small for several threads."""
    return 0.0012 if threads > 1 else 0.001


def crowded(threads: int) -> float:
    """Return the seconds of a step beside another busy program."""
    return 0.04 if threads > 1 else 0.0022


def test_several_threads_are_used_where_they_are_faster(used: list[int]) -> None:
    threads = work(Pace("float32"), idle, 1)
    assert threads[: 2 * TRIES] == [1] * TRIES + [4] * TRIES
    assert set(threads[2 * TRIES :]) == {4}
    assert used == [1, 4, 4]


def test_one_thread_is_used_where_several_are_slower(used: list[int]) -> None:
    threads = work(Pace("float32"), small, 0.4)
    assert threads[: 2 * TRIES] == [1] * TRIES + [4] * TRIES
    assert set(threads[2 * TRIES :]) == {1}
    assert used[-1] == 1


def test_hopelessly_slow_threads_are_not_tried_to_the_end(used: list[int]) -> None:
    threads = work(Pace("float32"), crowded, 0.4)
    assert threads.count(4) == 2
    assert set(threads[TRIES + 2 :]) == {1}


def test_a_collapse_ends_the_use_of_several_within_a_few_steps(used: list[int]) -> None:
    chosen = Pace("float32")
    work(chosen, idle, 0.1)
    assert chosen.threads == 4
    threads = work(chosen, crowded, 0.4)
    assert threads[:2] == [4, 4]
    assert threads.count(4) == 2
    assert used[-1] == 1


def test_one_thread_is_doubted_soon_at_first_and_then_ever_later(used: list[int]) -> None:
    chosen, tried = Pace("float32"), []
    for second in range(12):
        tried += [second] * (4 in work(chosen, crowded, 1))
    assert tried[:2] == [0, 1]
    assert 3 <= len(tried) <= 7


def test_a_single_slow_step_is_no_collapse(used: list[int]) -> None:
    chosen = Pace("float32")
    work(chosen, idle, 0.1)
    chosen.step(0.5)
    assert set(work(chosen, idle, 0.1)) == {4}


def test_a_hiccup_of_some_milliseconds_is_no_collapse_but_lasting_slowness_is(used: list[int]) -> None:
    chosen = Pace("float32")
    work(chosen, idle, 0.1)
    for _ in range(4):
        chosen.step(0.008)
    assert set(work(chosen, idle, 0.1)) == {4}
    threads = work(chosen, small, 0.1)
    assert 4 in threads
    assert threads[-1] == 4, "1.2 ms beside 1.8 ms alone: still faster"
    threads = work(chosen, lambda threads: 0.003 if threads > 1 else 0.0018, 0.2)
    assert threads.count(4) < TRIES
    assert threads[-1] == 1


def test_both_are_tried_again_every_few_seconds(used: list[int]) -> None:
    chosen = Pace("float32")
    work(chosen, crowded, 0.2)
    assert chosen.threads == 1
    threads = work(chosen, idle, SECONDS_BETWEEN + 0.1)  # the other program has ended
    assert threads[-1] == 4
    back = work(chosen, small, SECONDS_BETWEEN + 0.1)
    assert back[-1] == 1
    assert set(used) == {1, 4}


def test_a_crowded_machine_costs_little_time(used: list[int]) -> None:
    chosen = Pace("float32")
    lost = sum(crowded(4) for threads in work(chosen, crowded, 60) if threads > 1)
    assert lost < 0.05 * 60


@pytest.mark.parametrize("machine", [idle, small, crowded])
def test_where_one_is_allowed_or_nothing_is_to_be_chosen_it_is_one(
    machine: Machine, used: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(work(Pace("float32", choose=False), machine, 10)) == {1}
    assert set(work(Pace("float64"), machine, 10)) == {1}, "where several would change bits, too"
    monkeypatch.setattr(pace, "allowed_threads", lambda: 1)
    assert set(work(Pace("float32"), machine, 10)) == {1}
    assert set(used) == {1}


def test_while_the_engine_writes_one_thread_makes_way_and_those_steps_are_not_judged(
    used: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = Pace("float32")
    work(chosen, idle, 1)
    for writes, set_to in ((True, 1), (False, 4)):
        monkeypatch.setattr(pace, "is_writing", lambda writes=writes: writes)
        used.clear()
        for _ in range(TRIES):
            chosen.step(crowded(4) if writes or not used else idle(4))
        assert used == [set_to]
        assert chosen.threads == 4
