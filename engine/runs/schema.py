"""The tables of the library of runs, and how an older file gets those of today."""

from __future__ import annotations

FILE_NAME = "runs.sqlite"
APPLICATION_ID = 0x444C6162
"""Tells a library of runs from any other SQLite file: ``DLab``."""

SCORES = (
    "epochs",
    "steps",
    "best_epoch",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "test_loss",
    "test_accuracy",
    "seconds",
    "model",
)
"""What came of a run."""

COLUMNS = (
    "id",
    "created",
    "updated",
    "state",
    "name",
    "starred",
    "tags",
    "preset",
    "network",
    "dataset",
    "seed",
    *SCORES,
    "parent",
    "experiment",
    "message",
    "versions",
    "spec",
)
"""What is kept of a run, in the order of :class:`engine.runs.glance.RunGlance`."""

SHOWN = ", ".join(f"coalesce({name}, 0.0)" if name in ("created", "updated") else name for name in COLUMNS)
"""What to ask for: SQLite keeps no NaN, and a time that was none is the beginning of time."""

USERS_COLUMNS = ("name", "starred", "tags")
"""What the user says of a run, and no training may overwrite."""

EXPERIMENT_COLUMNS = ("id", "name", "created", "spec", "state")

# `number` counts the runs as they were added: the order of age, whatever the clock said. It is also what remains
# of a damaged file to look rows up by. The small columns stand before the long ones, so that a list reads few pages.
_FIRST = (
    """
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        created REAL,
        updated REAL,
        deleted REAL,
        state TEXT NOT NULL,
        name TEXT NOT NULL DEFAULT '',
        starred INTEGER NOT NULL DEFAULT 0,
        preset TEXT NOT NULL DEFAULT '',
        network TEXT NOT NULL DEFAULT '',
        dataset TEXT NOT NULL DEFAULT '',
        seed INTEGER NOT NULL DEFAULT 0,
        epochs INTEGER NOT NULL DEFAULT 0,
        steps INTEGER NOT NULL DEFAULT 0,
        best_epoch INTEGER NOT NULL DEFAULT 0,
        train_loss REAL,
        train_accuracy REAL,
        validation_loss REAL,
        validation_accuracy REAL,
        test_loss REAL,
        test_accuracy REAL,
        seconds REAL NOT NULL DEFAULT 0,
        model TEXT NOT NULL DEFAULT '',
        parent TEXT NOT NULL DEFAULT '',
        message TEXT NOT NULL DEFAULT '',
        versions TEXT NOT NULL DEFAULT '{}',
        spec TEXT NOT NULL
    )
    """,
    "CREATE TABLE curves (number INTEGER PRIMARY KEY, data BLOB NOT NULL)",
)
_EXPERIMENTS = (
    "ALTER TABLE runs ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE runs ADD COLUMN experiment TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX runs_of_experiment ON runs (experiment)",
    """
    CREATE TABLE experiments (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL DEFAULT '',
        created REAL,
        spec TEXT NOT NULL DEFAULT '',
        state TEXT NOT NULL DEFAULT ''
    )
    """,
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _EXPERIMENTS)
"""What turns a file of version n into one of version n + 1; the first makes version 1 of an empty file."""

VERSION = len(MIGRATIONS)
"""The version of the tables, kept as ``PRAGMA user_version``."""


def statements(version: int) -> tuple[str, ...]:
    """Return what brings a file of some version, 0 for an empty one, to that of today: to be done in one go."""
    pending = [statement for migration in MIGRATIONS[version:] for statement in migration]
    return (*pending, f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {len(MIGRATIONS)}")
