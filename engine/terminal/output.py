"""What the commands print: results on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import json
import math
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any


def show(result: dict[str, Any], lines: Iterable[str], *, as_json: bool) -> None:
    """Print a result on stdout: as exactly one JSON object, or as lines for people."""
    if as_json:
        print(json.dumps(jsonable(result), allow_nan=False))
    else:
        print("\n".join(lines))


def say(text: str) -> None:
    """Print a line about what goes on, on stderr."""
    # When nobody reads any more, the run is worth more than the line.
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def announcer() -> Callable[[str], None]:
    """Return a function that prints a line about what goes on, but not again when only its numbers changed."""
    said: set[str] = set()

    def announce(text: str) -> None:
        words = re.sub(r"[\d.,]+", "", text)
        if words not in said:
            said.add(words)
            say(text)

    return announce


def complain(problem: object) -> None:
    """Print what went wrong on stderr, in one line."""
    words = " ".join(str(problem).split())
    say("digitlab: " + "".join(c if c.isprintable() else "?" for c in words))


def jsonable(value: Any) -> Any:
    """Return `value` with null for every number that is not finite, which JSON cannot write."""
    if isinstance(value, dict):
        return {key: jsonable(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def table(rows: Iterable[tuple[str, object]]) -> list[str]:
    """Return lines with names on the left and values aligned behind them; empty values are left out."""
    shown = [(name, str(value)) for name, value in rows if value not in (None, "")]
    width = max((len(name) for name, _ in shown), default=0)
    return [f"{name:<{width}}  {value}" for name, value in shown]


def percent(share: float | None) -> str:
    """Return a share from 0 to 1 in percent, empty if it is unknown."""
    return "" if share is None else f"{100 * share:.2f} %"


def number(value: float | None) -> str:
    """Return a number with four digits, empty if it is unknown."""
    return "" if value is None else f"{value:.4g}"
