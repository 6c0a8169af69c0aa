"""What is typed to find runs: words, tags, stars and comparisons."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.runs.glance import RunGlance
from gui.widgets.runs_columns import STATES, data_name

Test = Callable[[Any], bool]

_PART = re.compile(
    r"""(?P<no>-?)(?:
      (?P<number>[^\s<>=!:"]*)\s*(?P<sign><=|>=|!=|==|=|<|>)(?:\s+(?=[-+.\d]))?(?P<than>[^\s"]*)
    | (?P<field>[A-Za-z]+):(?:"(?P<quoted_text>[^"]*)"?|(?P<text>\S*))
    | "(?P<quoted>[^"]*)"?
    | (?P<word>\S+))""",
    re.VERBOSE,
)
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
_SHARES = {"val": "validation_accuracy", "test": "test_accuracy", "train": "train_accuracy"}
_NUMBERS = {
    **_SHARES,
    "loss": "validation_loss",
    "valloss": "validation_loss",
    "testloss": "test_loss",
    "trainloss": "train_loss",
    "epochs": "epochs",
    "best": "best_epoch",
    "batches": "steps",
    "time": "seconds",
    "seed": "seed",
}
_SECONDS = {"": 1.0, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}
_STARRED = {"starred", "star", "★", "star:", "is:starred"}
_AMOUNT = re.compile(r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?P<unit>%|s|min|m|h)?", re.IGNORECASE)
NAMES = ", ".join(name for name in _NUMBERS if not name.endswith("loss")) + ", loss, testloss and trainloss"
HELP = (
    "Shows the runs in which every one of these words occurs: in name, network, preset, data, state, tags or "
    "experiment. tag:x looks in the tags alone, so do name:, data:, state:, net: and preset:. starred finds the "
    f"starred ones, -x leaves x out. Numbers are compared, such as val>97, epochs<5 or time<2min, by {NAMES}. "
    "Esc clears the field."
)


@dataclass(frozen=True)
class Query:
    """What was understood of a text.

    Attributes
    ----------
    tests : tuple of callable
        ``test(run)``: all of them must hold.
    complaint : str
        What was not understood; empty if there was nothing.
    """

    tests: tuple[Test, ...] = ()
    complaint: str = ""

    def of(self, runs: list[RunGlance]) -> list[RunGlance]:
        """Return the runs that all tests hold for, in their order."""
        for test in self.tests:
            runs = [run for run in runs if test(run)]
        return runs


class _NotUnderstoodError(Exception):
    """A part of the text means nothing; the message says why."""


def parse(text: str) -> Query:
    """Return what `text` asks for; what is not understood is left out, and the complaint says so."""
    tests, complaint = [], ""
    for part in _PART.finditer(text):
        try:
            test = _test(part)
            tests.append(_negated(test) if part["no"] else test)
        except _NotUnderstoodError as error:
            complaint = complaint or f"{error} It is left out."
    return Query(tuple(tests), complaint)


def _test(part: re.Match[str]) -> Test:
    if part["sign"]:
        return _comparison(part["number"], part["sign"], part["than"])
    whole = part[0].removeprefix("-")
    if whole.lower() in _STARRED:
        return operator.attrgetter("starred")
    if part["field"]:
        text = part["quoted_text"] if part["quoted_text"] is not None else part["text"]
        if part["field"].lower() in _NUMBERS:
            return _comparison(part["field"], "=", text)
        return _in_field(part["field"].lower(), text.casefold()) or _anywhere(whole)
    return _anywhere(part["quoted"] if part["quoted"] is not None else whole)


def _comparison(name: str, sign: str, text: str) -> Test:
    key = _NUMBERS.get(name.lower())
    if key is None:
        why = f"there is no number called {name}" if name else f"no number stands before {sign}"
        raise _NotUnderstoodError(f"“{name}{sign}{text}”: {why}; there are {NAMES}.")
    than, holds, scale = _amount(name, sign, text), _SIGNS[sign], 100.0 if key in _SHARES.values() else 1.0

    def test(run: RunGlance) -> bool:
        value = getattr(run, key)
        # Rounded as in the table: 97.53 % is shown of 0.97530001, and "val=97.53" means that.
        return value is not None and holds(round(scale * value, 4), than)

    return test


def _amount(name: str, sign: str, text: str) -> float:
    """Return the number behind a sign, with its unit counted in."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        pointed = text.replace(",", ".")
        more = f" Write {pointed} with a point." if "," in text and _AMOUNT.fullmatch(pointed) else ""
        raise _NotUnderstoodError(f"“{name}{sign}{text}” needs a number behind {sign}, such as {name}{sign}5.{more}")
    unit = (found["unit"] or "").lower()
    if unit not in (_SECONDS if name.lower() == "time" else ("", "%")):
        raise _NotUnderstoodError(f"“{name}{sign}{text}”: {name} is not counted in {unit}.")
    return float(found["number"]) * _SECONDS.get(unit, 1.0)


def _in_field(field: str, text: str) -> Test | None:
    """Return the test that looks for a text in one field; None if there is no such field."""
    words = _FIELDS.get(field)
    if words is None:
        return None

    def test(run: RunGlance) -> bool:
        return any(text in word.casefold() for word in words(run))

    return test


def _anywhere(text: str) -> Test:
    """Return the test that looks for a text in everything that is said of a run in words."""
    text = text.casefold()

    def test(run: RunGlance) -> bool:
        words = (run.title, run.network, run.preset, data_name(run.dataset), STATES[run.state], run.experiment)
        return text in "\n".join((*words, *run.tags)).casefold()

    return test


def _negated(test: Test) -> Test:
    def negated(run: RunGlance) -> bool:
        return not test(run)

    return negated


def _tags(run: RunGlance) -> tuple[str, ...]:
    return run.tags


def _name(run: RunGlance) -> tuple[str, ...]:
    return (run.title,)


def _network(run: RunGlance) -> tuple[str, ...]:
    return (run.network,)


def _preset(run: RunGlance) -> tuple[str, ...]:
    return (run.preset,)


def _data(run: RunGlance) -> tuple[str, ...]:
    return (data_name(run.dataset),)


def _state(run: RunGlance) -> tuple[str, ...]:
    return (STATES[run.state],)


def _experiment(run: RunGlance) -> tuple[str, ...]:
    return (run.experiment,)


_FIELDS: dict[str, Callable[[Any], tuple[str, ...]]] = {
    "name": _name,
    "net": _network,
    "preset": _preset,
    "data": _data,
    "state": _state,
    "tag": _tags,
    "experiment": _experiment,
}
