"""A library that may be read and not written: as the rights of a Unix system have it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.errors import DigitLabError
from engine.presets import PRESETS
from engine.runs.row import new_row
from engine.runs.store import RunStore

NOBODY = 65534
QUICK = PRESETS["quick"].run


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a library of one run, all of which nobody in particular owns."""
    with tempfile.TemporaryDirectory() as name, unprivileged(Path(name)):
        with RunStore(Path(name)) as store:
            store.add(new_row(QUICK))
        yield Path(name)
        Path(name).chmod(0o700)


@contextmanager
def unprivileged(folder: Path) -> Iterator[None]:
    """Be a user whom rights hold back, as root is not."""
    root = os.geteuid() == 0
    if root:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@contextmanager
def rights(path: Path, mode: int) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)


def writes(store: RunStore) -> None:
    [run] = [row.id for row in store.rows()]
    for call in (lambda: store.mark(run, name="x"), lambda: store.add(new_row(QUICK)), lambda: store.purge(0)):
        with pytest.raises(DigitLabError, match="cannot be used: it may not be written to") as caught:
            call()
        assert "Make the folder writable" in caught.value.do


@pytest.mark.parametrize("what", ["folder", "file", "both"])
def test_what_may_only_be_read_is_read_and_becomes_writable_again(folder: Path, what: str) -> None:
    with contextlib.ExitStack() as stack:
        if what != "folder":
            stack.enter_context(rights(folder / "runs.sqlite", 0o400))
        if what != "file":
            stack.enter_context(rights(folder, 0o500))
        store = stack.enter_context(RunStore(folder))
        writes(store)
        assert store.notes == []
        assert store.version == store.version
        stack.pop_all().close()  # everything may be written to again
    with RunStore(folder) as store:
        store.add(new_row(QUICK))
        assert len(store.rows()) == 2


def test_a_store_that_is_open_goes_on_when_the_rights_are_back(folder: Path) -> None:
    with RunStore(folder) as store:
        with rights(folder, 0o500), rights(folder / "runs.sqlite", 0o400):
            store.close()
            writes(store)
        store.add(new_row(QUICK))
        assert len(store.rows()) == 2


def test_a_damaged_file_that_cannot_be_set_aside_is_a_sentence(folder: Path) -> None:
    damaged = b"This is a letter, not a database.\n" * 300
    (folder / "runs.sqlite").write_bytes(damaged)
    with rights(folder, 0o500), pytest.raises(DigitLabError, match="damaged, and it cannot be set aside") as caught:
        RunStore(folder)
    assert "make the folder writable" in caught.value.do
    assert (folder / "runs.sqlite").read_bytes() == damaged
    with RunStore(folder) as store:
        assert "was damaged" in store.notes[0]


@pytest.mark.parametrize(("mode", "sentence"), [(0o000, "it may not be read or written"), (0o500, "no file can be")])
def test_a_folder_in_which_nothing_can_be_made_is_a_sentence(folder: Path, mode: int, sentence: str) -> None:
    empty = folder / "empty"
    empty.mkdir()
    with rights(empty, mode), pytest.raises(DigitLabError, match=sentence):
        RunStore(empty)
