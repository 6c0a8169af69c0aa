"""What is typed into the filter of the runs page: what it finds, and what is said of what means nothing."""

from __future__ import annotations

import pytest
from bench_runs_page import kept_run
from hypothesis import given
from hypothesis import strategies as st

from engine.runs.glance import RunGlance, columns_of
from engine.runs.row import RunRow, RunState
from gui.widgets.runs_columns import COLUMNS, PLACE, duration, ordered, share, small_number
from gui.widgets.runs_filter import parse
from gui.widgets.runs_model import tags_of


def glance(row: RunRow) -> RunGlance:
    return RunGlance._make(columns_of(row))


def run(**values: object) -> RunGlance:
    return glance(kept_run(1).changed(**{"name": "", "tags": (), "starred": False, **values}))


RUNS = [glance(kept_run(number)) for number in range(40)]


def finds(text: str, **values: object) -> bool:
    query = parse(text)
    assert query.complaint == ""
    return bool(query.of([run(**values)]))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("best", {"name": "My Best one"}),
        ('"best one"', {"name": "My best one"}),
        ("BEST one", {"name": "one best"}),
        ("512", {}),
        ("mnist", {}),
        ("finished", {"state": RunState.FINISHED}),
        ("state:stop", {"state": RunState.STOPPED}),
        ("tag:wid", {"tags": ("tall", "Wide")}),
        ('tag:"try again"', {"tags": ("try again",)}),
        ("starred", {"starred": True}),
        ("-starred", {}),
        ("-tag:wide", {"tags": ("tall",)}),
        ("val>97", {"validation_accuracy": 0.971}),
        ("val > 97", {"validation_accuracy": 0.971}),
        ("val>=97.1%", {"validation_accuracy": 0.971}),
        ("val=97.53", {"validation_accuracy": 0.97530001}),
        ("-val>97", {"validation_accuracy": 0.96}),
        ("test!=97", {"test_accuracy": 0.5}),
        ("epochs<5", {"epochs": 4}),
        ("seed:7", {"spec": kept_run(1).spec.changed(run={"seed": 7})}),
        ("time<2min time>=1m", {"seconds": 60.0}),
        ("time<=1h", {"seconds": 3600.0}),
        ("loss<.1", {"validation_loss": 0.05}),
        ("data:nist epochs>0", {"epochs": 1}),
        ("x.csv", {"spec": kept_run(1).spec.changed(run={"dataset": "csv:folder/x.csv"})}),
    ],
)
def test_what_is_found(text: str, values: dict[str, object]) -> None:
    assert finds(text, **values)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("best two", {"name": "My best one"}),
        ("tag:wide", {"name": "wide"}),
        ("starred", {}),
        ("-deep", {}),
        ("val>97", {"validation_accuracy": None}),
        ("val<97", {"validation_accuracy": None}),
        ("val>97", {"validation_accuracy": 0.97}),
        ("folder", {"spec": kept_run(1).spec.changed(run={"dataset": "csv:folder/x.csv"})}),
    ],
)
def test_what_is_not_found(text: str, values: dict[str, object]) -> None:
    assert not finds(text, **values)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("val>", "“val>” needs a number behind >, such as val>5."),
        ("val>97,5", "Write 97.5 with a point."),
        ("vall>97", "there is no number called vall; there are val, test, train, epochs"),
        ("epochs<5min", "epochs is not counted in min."),
        ("time<3%", "time is not counted in %."),
        ("val>>abc", "“val>>abc” needs a number behind >"),
        ("val>97<98", "“val>97<98” needs a number behind >"),
        ("-val>>97", "“val>>97” needs a number behind >"),
        (">abc", "“>abc”: no number stands before >; there are val, test"),
    ],
)
def test_what_means_nothing_is_said_and_left_out(text: str, sentence: str) -> None:
    query = parse(f"{text} deep")
    assert sentence in query.complaint
    assert query.complaint.endswith("It is left out.")
    assert query.of(RUNS) == parse("deep").of(RUNS)


@given(st.text(max_size=60) | st.text(alphabet='val<>=!:-" 97.5tag', max_size=30))
def test_any_text_finds_some_of_the_runs(text: str) -> None:
    found = parse(text).of(RUNS)
    assert [one for one in RUNS if one in found] == found


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.key)
def test_every_column_sorts_both_ways_with_the_unknown_last(column: object) -> None:
    up = ordered(RUNS, column, descending=False)  # type: ignore[arg-type]
    down = ordered(RUNS, column, descending=True)  # type: ignore[arg-type]
    for runs, sign in ((up, 1), (down, -1)):
        values = [column.value(one) for one in runs]  # type: ignore[attr-defined]
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=sign < 0)
        assert values[len(known) :] == [None] * (len(values) - len(known))
    assert sorted(one.id for one in up) == sorted(one.id for one in RUNS)


def test_words_of_the_columns() -> None:
    assert [duration(seconds) for seconds in (0.0, 4.21, 59.99, 185.0, 3720.0)] == [
        "–",
        "4.2 s",
        "1:00 min",
        "3:05 min",
        "1:02 h",
    ]
    assert [share(value) for value in (None, 0.5, 0.97531, 0.99999)] == ["–", "50.00", "97.53", "> 99.99"]
    assert [small_number(value) for value in (None, 0.0, 0.01234, 1e-5, 12345.0)] == [
        "–",
        "0.0000",
        "0.0123",
        "1.00e-05",
        "1.23e+04",
    ]
    plain = run(state=RunState.EARLY, created=0.0)
    texts = {column.key: column.text(plain) for column in COLUMNS}
    assert texts["state"] == "Early stop"
    assert texts["created"][:2] in ("19",)  # 1969 or 1970: what the place makes of the beginning of time
    assert texts["tags"] == ""
    assert PLACE["title"] == 1


def test_tags_are_told_apart_by_commas() -> None:
    assert tags_of(" wide,,try  again , wide") == ("wide", "try again")
    assert tags_of("  ") == ()
