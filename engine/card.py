"""The card of a model: what it is, how it was made, how drawings are prepared for it, and how much it reads right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.augmentation import AugmentationSpec
from engine.command import command_of
from engine.compact_layers import compact
from engine.datasets import without_folders
from engine.fields import Settings, parameters_of
from engine.judge import Judge
from engine.model import Model, TrainingRecord
from engine.network import Snapshot
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES
from engine.score import Score
from engine.specs import TrainingSpec

Rows = tuple[tuple[str, str], ...]
SCORES = "How much it reads right"
SCORE_COLUMNS = ("Of what it did not learn from", "Right", "95 % interval", "Drawings")
NO_SCORES = "Nothing has been measured yet."


@dataclass(frozen=True)
class Section:
    """Facts under a heading: pairs of a name and what is known."""

    title: str
    rows: Rows


@dataclass(frozen=True)
class Card:
    """What is known of a model.

    Attributes
    ----------
    title : str
        The network's sizes in a line.
    sections : tuple of Section
    scores : tuple of Score
        How it reads what it did not learn from.
    command : str
        What trains such a network again.
    """

    title: str
    sections: tuple[Section, ...]
    scores: tuple[Score, ...]
    command: str

    @property
    def text(self) -> str:
        """All of it as plain text, in columns."""
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """Yield the lines of the plain text."""
        width = max(len(name) for section in self.sections for name, _ in section.rows)
        for section in self.sections:
            yield from (section.title, *(f"  {name:<{width}}  {value}" for name, value in section.rows), "")
        yield from ("The command that repeats it", f"  {self.command}", "", SCORES)
        yield from (f"  {line}" for line in score_lines(self.scores))

    @property
    def markdown(self) -> str:
        """All of it as a page of Markdown, without a title."""
        tables = (_table(section.title, ("", ""), section.rows) for section in self.sections)
        command = f"## The command that repeats it\n\n```\n{self.command}\n```\n"
        return "\n\n".join([_score_table(self.scores), *tables, command])


def card_of(model: Model, size: int = 0) -> Card:
    """Return the card of a model.

    Parameters
    ----------
    model : Model
    size : int
        The bytes of its file; 0 where there is none.
    """
    sections = (
        Section("What it is", _known(_what(model.network, size))),
        Section("How it was made", _known(_made(model))),
        *_if_known(Section("What came of it", _known(_result(model.record)))),
        Section("How drawings are prepared", _settings(model.run.ink)),
        Section("How far it is to be trusted", _known(_trusted(model.judge))),
    )
    return Card(model.network.spec.title, sections, model.record.scores, command_of(model.run, portable=True))


def scores_as_json(scores: Sequence[Score]) -> list[dict[str, Any]]:
    """Return scores with accuracy and 95 % interval, as JSON knows them."""
    return [{**score.model_dump(), "accuracy": score.accuracy, "interval": list(score.interval)} for score in scores]


def score_lines(scores: tuple[Score, ...]) -> list[str]:
    """Return scores as lines of plain text, in columns."""
    if not scores:
        return [NO_SCORES]
    rows = [SCORE_COLUMNS, *((score.title, *score.words) for score in scores)]
    first, *widths = (max(map(len, column)) for column in zip(*rows, strict=True))
    return [
        f"{row[0]:<{first}}" + "".join(f"   {cell:>{width}}" for cell, width in zip(row[1:], widths, strict=True))
        for row in rows
    ]


def recipe(training: TrainingSpec) -> Rows:
    """Return how a network learns, by names and in words."""
    schedule = SCHEDULES[training.schedule.kind].label
    bends = training.augmentation.elastic and training.augmentation.smoothness != AugmentationSpec().smoothness
    augmentation = _in_words(training.augmentation, skip=() if bends else ("smoothness",))
    return _known(
        [
            ("Optimizer", _with_settings(OPTIMIZERS[training.optimizer.kind].label, training.optimizer)),
            ("Learning rate", f"{training.learning_rate:g}, {_with_settings(schedule, training.schedule)}"),
            ("Batches", f"{training.batch_size:,} images, {'shuffled' if training.shuffle else 'in their order'}"),
            ("Loss", training.loss.replace("_", " ")),
            ("L2 regularization", f"{training.l2:g}" if training.l2 else ""),
            ("Gradient clipping", f"{training.clip:g}" if training.clip else ""),
            ("Images deformed by", augmentation or "nothing"),
            ("Early stopping", f"after {training.early_stopping} epochs" if training.early_stopping else ""),
            ("Weights kept", "those of the best epoch" if training.keep_best else "those of the last epoch"),
        ]
    )


def _what(network: Snapshot, size: int) -> list[tuple[str, str]]:
    spec = network.spec
    return [
        ("Network", spec.title),
        ("Hidden layers", compact(spec.layers).replace(",", ", ")),
        ("Output", spec.output_activation),
        ("Parameters", spec.count_text.replace(" parameters", "", 1)),
        ("Numbers", spec.dtype),
        ("File", f"{size / 1e6:,.2f} MB" if size else ""),
    ]


def _made(model: Model) -> list[tuple[str, str]]:
    record, run = model.record, model.run
    seconds = sum(record.seconds_per_epoch)
    each = f", {seconds / len(record.seconds_per_epoch):.1f} s an epoch" if record.seconds_per_epoch else ""
    return [
        ("Data", record.dataset or without_folders(run.dataset)),
        ("Held back", f"{100 * run.validation_split:g} % of the training images, to watch the training by"),
        ("Learned", _learned(model)),
        ("Learned a hand", _moment(record.taught)),
        *recipe(run.training),
        ("Seed", str(run.seed)),
        ("Time", f"{_duration(seconds)}{each}" if seconds else ""),
        ("When", _moment(record.created)),
        ("Program", record.program),
    ]


def _result(record: TrainingRecord) -> list[tuple[str, str]]:
    names = ("Training accuracy", "Validation accuracy", "Test accuracy")
    shares = (record.train_accuracy, record.validation_accuracy, record.test_accuracy)
    rows = [(name, "" if share is None else f"{100 * share:.2f} %") for name, share in zip(names, shares, strict=True)]
    return [*rows, ("Test loss", "" if record.test_loss is None else f"{record.test_loss:.4g}")]


def _learned(model: Model) -> str:
    record = model.record
    if not record.steps:
        return "nothing yet" if not model.network.step else "unknown"
    best = f"; its weights are those of epoch {record.best_epoch}" if record.best_epoch else ""
    return f"{record.epochs:,} {'epoch' if record.epochs == 1 else 'epochs'}, {record.steps:,} batches{best}"


def _trusted(judge: Judge) -> list[tuple[str, str]]:
    surer = "too sure" if judge.temperature > 1 else "not sure enough"
    fitted = f"temperature {judge.temperature:.2f}: uncalibrated, it would be {surer}"
    refused = f"what looks less than {100 * judge.least:.1f} % like a digit" if judge.weights else ""
    if not judge.weights and judge.temperature == 1:
        fitted = "its shares count as they are"
    return [("Calibration", fitted), ("May be no digit", refused or "it cannot tell")]


def _settings(settings: Settings) -> Rows:
    return tuple(
        (entry.label, _amount(getattr(settings, entry.name), entry.unit)) for entry in parameters_of(type(settings))
    )


def _in_words(settings: Settings, skip: tuple[str, ...] = ()) -> str:
    """Return those settings that are on, e.g. ``"rotation 8 degrees, shift 1 pixels"``."""
    entries = [entry for entry in parameters_of(type(settings)) if entry.name not in skip]
    said = [(entry, getattr(settings, entry.name)) for entry in entries]
    return ", ".join(f"{entry.label.lower()} {_amount(value, entry.unit)}" for entry, value in said if value)


def _amount(value: float, unit: str) -> str:
    return f"{value:g} {unit.removesuffix('s') if value == 1 else unit}".strip()


def _with_settings(name: str, settings: Settings) -> str:
    """Return a name with those settings behind it that are not the usual ones."""
    said = [(entry, getattr(settings, entry.name)) for entry in parameters_of(type(settings))]
    changed = [f"{entry.label.lower()} {value}" for entry, value in said if value != entry.default]
    return f"{name} ({', '.join(changed)})" if changed else name


def _if_known(section: Section) -> tuple[Section, ...]:
    return (section,) if section.rows else ()


def _known(rows: Any) -> Rows:
    return tuple((name, value) for name, value in rows if value)


def _moment(text: str) -> str:
    """Return a moment for people, in the time of this place; as it stands where it is none."""
    try:
        return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return text


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:,} min {rest} s" if minutes else f"{seconds:.1f} s"


def _score_table(scores: tuple[Score, ...]) -> str:
    rows = tuple((score.title, *score.words) for score in scores)
    return _table(SCORES, SCORE_COLUMNS, rows) if scores else f"## {SCORES}\n\n{NO_SCORES}"


def _table(title: str, columns: tuple[str, ...], rows: Any) -> str:
    """Return a heading and a table; the columns behind the first are set flush right where they have names."""
    sides = [":--", *(["--:"] * (len(columns) - 1) if columns[0] else [":--"])]
    lines = [columns, sides, *rows]
    return "\n".join([f"## {title}", "", *(f"| {' | '.join(map(_cell, line))} |" for line in lines)])


def _cell(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return "".join(f"\\{letter}" if letter in "\\|*_`<>[]#~" else letter for letter in text)
