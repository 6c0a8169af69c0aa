"""The engine's two threads: both halves run, whatever happens to either, and nothing depends on where."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from engine import blas
from engine.threads import NAME, ahead, both

PATIENCE = 10


@pytest.fixture(autouse=True)
def two_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow two threads, also on a machine with one processor."""
    monkeypatch.setattr(blas, "_allowed", 2)


def here() -> str:
    return threading.current_thread().name


def test_both_run_at_the_same_time_one_of_them_here() -> None:
    together, names = threading.Barrier(2), {}

    def meet(side: str) -> None:
        together.wait(PATIENCE)  # alone, neither would come back
        names[side] = here()

    both(lambda: meet("here"), lambda: meet("beside"))
    assert names["here"] == here()
    assert names["beside"].startswith(f"{NAME}-beside")


def test_with_one_thread_allowed_they_run_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "_allowed", 1)
    order: list[tuple[str, str]] = []
    both(lambda: order.append(("first", here())), lambda: order.append(("second", here())))
    assert order == [("first", here()), ("second", here())]


def test_while_the_second_thread_is_busy_others_do_without_it() -> None:
    order: list[tuple[str, str]] = []

    def inside() -> None:
        both(lambda: order.append(("first", here())), lambda: order.append(("second", here())))

    both(inside, lambda: None)
    assert order == [("first", here()), ("second", here())]
    order.clear()
    both(lambda: None, inside)
    assert [name for name, _ in order] == ["first", "second"]
    assert {thread.split("_")[0] for _, thread in order} == {f"{NAME}-beside"}


def test_two_callers_at_once_get_what_they_asked_for() -> None:
    found: list[np.ndarray] = []

    def work() -> None:
        out = np.zeros(2)
        for _ in range(50):
            both(lambda: out.__setitem__(0, out[0] + 1), lambda: out.__setitem__(1, out[1] + 1))
        found.append(out)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
    assert [out.tolist() for out in found] == [[50, 50]] * 3


@pytest.mark.parametrize("allowed", [1, 2])
@pytest.mark.parametrize("failing", ["here", "beside"])
def test_an_error_of_either_side_arrives(failing: str, allowed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "_allowed", allowed)

    def side(name: str) -> None:
        if name == failing:
            raise ValueError(name)

    with pytest.raises(ValueError, match=failing):
        both(lambda: side("here"), lambda: side("beside"))
    done: list[int] = []
    both(lambda: done.append(1), lambda: done.append(2))
    assert sorted(done) == [1, 2], "and the threads go on working"


def test_an_error_here_waits_for_the_other_side() -> None:
    failed, done = threading.Event(), threading.Event()

    def fail() -> None:
        failed.set()
        raise ValueError("here")

    def finish() -> None:
        assert failed.wait(PATIENCE)
        done.set()

    with pytest.raises(ValueError, match="here"):
        both(fail, finish)
    assert done.is_set()


def test_what_is_done_about_overflows_holds_on_the_other_threads() -> None:
    found: list[dict] = []
    with np.errstate(over="raise", invalid="ignore"):
        both(lambda: None, lambda: found.append(np.geterr()))
        found.append(ahead(np.geterr).result(PATIENCE))
    for state in found:
        assert (state["over"], state["invalid"]) == ("raise", "ignore")


def test_work_ahead_is_done_elsewhere_in_order_and_hands_over_result_or_error() -> None:
    futures = [ahead(lambda number=number: (number, here())) for number in range(5)]
    results = [future.result(PATIENCE) for future in futures]
    assert [number for number, _ in results] == list(range(5))
    assert {name.split("_")[0] for _, name in results} == {f"{NAME}-ahead"}
    with pytest.raises(ZeroDivisionError):
        ahead(lambda: 1 // 0).result(PATIENCE)
