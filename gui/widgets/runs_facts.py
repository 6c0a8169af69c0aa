"""All that is known of one run, as a page."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QTextLength, QTextTable
from PySide6.QtWidgets import QWidget

from engine.card import recipe
from engine.compact_layers import compact
from engine.runs.row import RunRow
from gui import theme
from gui.widgets.page_view import PageView
from gui.widgets.runs_columns import (
    MISSING,
    STATE_HELP,
    STATES,
    data_name,
    duration,
    moment,
    share,
    small_number,
)
from gui.widgets.wording import counted

Pairs = Iterable[tuple[str, ...]]
"""Names and values, and with some a run that the value leads to."""
NAME_WIDTH = 12 * theme.SPACE


class RunsFacts(PageView):
    """The page, with names that are not broken however narrow it is.

    Signals
    -------
    run_asked : (str,)
        The user clicked on another run: its id.
    """

    run_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What is known of the run", parent)
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._on_link)
        theme.switch().changed.connect(self._fit)

    def show_facts(self, markdown: str) -> None:
        """Show another page, from its beginning, or the same one where it was."""
        self.show_page(markdown)
        self._fit()

    def _on_link(self, link: QUrl) -> None:
        self.run_asked.emit(link.path())

    def _fit(self) -> None:
        rest = QTextLength(QTextLength.Type.VariableLength, 0)
        for table in self.document().rootFrame().childFrames():
            if isinstance(table, QTextTable):
                look = table.format()
                look.setColumnWidthConstraints([QTextLength(QTextLength.Type.FixedLength, NAME_WIDTH), rest])
                table.setFormat(look)


def facts(row: RunRow, parent: str = "", experiment: str = "") -> str:
    """Return a page of Markdown about a run.

    Parameters
    ----------
    row : RunRow
    parent : str
        What the run is called whose network it went on with, and from where on; empty if it began anew.
    experiment : str
        What its experiment is called; empty if it belongs to none.
    """
    sections = (
        (_escaped(row.title), _outcome(row)),
        ("How it was made", _making(row, parent, experiment)),
        ("What it was computed with", sorted(row.versions.items())),
    )
    return "\n\n".join(_section(title, pairs) for title, pairs in sections)


def _outcome(row: RunRow) -> Pairs:
    learned = f"{counted(row.epochs, 'epoch')}, {counted(row.steps, 'batch')}"
    learned += f", best: epoch {row.best_epoch}" if row.best_epoch else ""
    return (
        ("State", row.message or f"{STATES[row.state]}. {STATE_HELP[row.state]}"),
        ("Validation", _score(row.validation_accuracy, row.validation_loss)),
        ("Test", _score(row.test_accuracy, row.test_loss)),
        ("Training", _score(row.train_accuracy, row.train_loss)),
        ("Learned", learned if row.steps else "nothing yet"),
        ("Time", duration(row.seconds)),
        ("Tags", ", ".join(row.tags)),
    )


def _making(row: RunRow, parent: str, experiment: str) -> Pairs:
    spec, network = row.spec, row.spec.network
    return (
        ("Begun", moment(row.created)),
        ("Went on from", parent, row.parent),
        ("Experiment", experiment),
        ("Data", data_name(spec.dataset)),
        ("Held back", f"{100 * spec.validation_split:g} % of the training images"),
        ("Network", network.title),
        ("Hidden layers", compact(network.layers).replace(",", ", ")),
        ("Output", network.output_activation),
        ("Parameters", network.count_text.replace(" parameters", "", 1)),
        ("Initializer", f"{network.initializer}, scale {network.initializer_scale:g}"),
        ("Numbers", network.dtype),
        *recipe(spec.training),
        ("Seed", str(spec.seed)),
    )


def _score(accuracy: float | None, loss: float | None) -> str:
    words = [] if accuracy is None else [f"{share(accuracy)} % right"]
    return ", ".join([*words, *([] if loss is None else [f"loss {small_number(loss)}"])])


def _section(title: str, pairs: Pairs) -> str:
    """Return a heading and a table of those facts that are known."""
    lines = [f"| {_escaped(name)} | {_linked(*value)} |" for name, *value in pairs if value[0] not in ("", MISSING)]
    return "\n".join([f"## {title}", "", "| | |", "| :-- | :-- |", *lines])


def _linked(text: str, run_id: str = "") -> str:
    """Return a text that Markdown shows as it is, and that leads to a run if there is one."""
    return f"[{_escaped(text)}](run:{run_id})" if run_id else _escaped(text)


def _escaped(text: str) -> str:
    """Return a text that Markdown shows as it is, in a line."""
    return "".join(f"\\{letter}" if letter in "\\|*_`<>[]#~&" else letter for letter in " ".join(text.split()))
