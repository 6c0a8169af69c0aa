"""One round of use leaves nothing behind: the short form of soak.py, which goes on for twenty minutes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from soak import Count, Round, grown
from whole_window import QUICK

pytest_plugins = ["whole_window"]
pytestmark = pytest.mark.usefixtures("part_of_mnist", "look")


def test_after_a_round_of_use_everything_is_as_before(window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    window.settings_panel.set_run(QUICK.changed(training={"epochs": 1}))
    once = Round(window, Path(os.environ["DIGITLAB_DATA"]), dwell=1)
    once.run()  # what is made at its first use stays
    before = once.count()
    once.run()
    after = once.count()
    exact = Count._fields[2:-1]
    assert [name for name in exact if getattr(after, name) > getattr(before, name)] == []
    assert window.problems == []


def count(megabytes: float, threads: int = 4) -> Count:
    return Count(megabytes, megabytes, threads, 17, 0, 31, 2964, 66, 7, 100_000)


def test_what_grows_is_named() -> None:
    assert grown([count(350 + n % 3) for n in range(40)]) == []
    assert grown([count(350 + n / 2) for n in range(40)]) == ["used_mb"]
    assert grown([count(350, 4 + n // 20) for n in range(40)]) == ["threads"]
