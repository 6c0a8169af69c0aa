"""What learning the user's digits would change: two scores before and after, a judgement, and the digits concerned."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from engine.score import Score
from engine.teaching.teach import Taught
from gui import theme
from gui.widgets.figures import label
from gui.widgets.image_grid import ImageGrid

_GRID_HELP = (
    "Your digits that are read differently: what the network took each for, and what it takes it for after learning "
    "the others."
)


class TeachResult(QWidget):
    """Shows a :class:`Taught`, without deciding anything.

    Attributes
    ----------
    rows : dict of str to tuple of QLabel
        The labels of before, after and change, by ``"own"`` and ``"test"``.
    judgement, method : QLabel
        What to think of it, and how it was measured.
    grid : ImageGrid
        The digits that are read differently.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._taught: Taught | None = None
        self.rows: dict[str, tuple[QLabel, QLabel, QLabel]] = {}
        self.judgement, self.method = label("", "heading"), label("", "muted")
        self.heading = label("", "heading")
        self.title = label("", "", "The first test images of the data; the network learned none of them.")
        for line in (self.judgement, self.method):
            line.setWordWrap(True)
        self.grid = ImageGrid(56, self)
        self.grid.setAccessibleName("Digits that are read differently")
        self.grid.setWhatsThis(_GRID_HELP)
        self._arrange()
        theme.switch().changed.connect(self._colour)

    def show_taught(self, taught: Taught, title: str) -> None:
        """Show what came of it; `title` names the data whose test images were read."""
        self._taught = taught
        self.title.setText(f"{title}, test images")
        for name, before, after in (
            ("own", f"{_of(taught.own_before)}", f"{_of(taught.own_after)}"),
            ("test", taught.mnist_before.words[0], taught.mnist_after.words[0]),
        ):
            self.rows[name][0].setText(before)
            self.rows[name][1].setText(after)
        self.judgement.setText(judgement(taught, title))
        self.method.setText(f"{taught.method} It took {taught.seconds:.1f} s.")
        changed = taught.changed
        self.heading.setText(f"Read differently: {len(changed):,} of {len(taught.labels):,}")
        self.grid.show_images(
            taught.images, changed, self._caption, self._tip, "All of your digits are read as before."
        )
        self._colour()

    def _caption(self, row: int) -> tuple[str, ...]:
        assert self._taught is not None
        taught = self._taught
        after, right = taught.answers_after[row], taught.labels[row]
        verdict = "right now" if after == right else "wrong now" if taught.answers_before[row] == right else "wrong"
        return f"{taught.answers_before[row]} → {after}", verdict

    def _tip(self, row: int) -> str:
        assert self._taught is not None
        taught = self._taught
        return (
            f"This is a {taught.labels[row]}. It was read as {taught.answers_before[row]}, and is read as "
            f"{taught.answers_after[row]} by a network that learned others of your digits but not this one."
        )

    def _colour(self) -> None:
        """Say the changes, in the colours of better and worse."""
        if self._taught is None:
            return
        gained = self._taught.own_after.right - self._taught.own_before.right
        points = round(100 * self._taught.mnist_change, 2)
        self.rows["own"][2].setText(_coloured(f"{gained:+d}", gained, gained < 0))
        self.rows["test"][2].setText(_coloured(f"{points:+.2f} points", points, not self._taught.affordable))

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * theme.SPACE)
        grid.setVerticalSpacing(theme.SPACE // 2)
        for column, text in enumerate(("", "Before", "", "After", "Change")):
            grid.addWidget(label(text, "muted"), 0, column, Qt.AlignmentFlag.AlignRight)
        own = label("My digits", "", "Read by networks that had learned the others of your digits but not this one.")
        held = label("held back while measuring", "muted", own.toolTip())
        for row, (key, name) in enumerate((("own", own), ("test", self.title)), start=1):
            before, arrow, after = (label(text, "figure") for text in ("", "→", ""))
            change = label("", "heading")
            self.rows[key] = before, after, change
            box = QVBoxLayout()
            box.setSpacing(0)
            box.addWidget(name)
            if key == "own":
                box.addWidget(held)
            grid.addLayout(box, row, 0)
            for column, shown in enumerate((before, arrow, after, change), start=1):
                grid.addWidget(shown, row, column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        grid.setColumnStretch(0, 1)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(0, 0, 0, 0)
        column_.setSpacing(theme.SPACE)
        column_.addLayout(grid)
        for widget in (self.judgement, self.method, self.heading):
            column_.addWidget(widget)
        column_.addWidget(self.grid, 1)


def judgement(taught: Taught, title: str) -> str:
    """Return in plain words whether the result is worth using; `title` names the data that was rehearsed."""
    gained = taught.own_after.right - taught.own_before.right
    wrong = taught.own_before.count - taught.own_before.right
    if not taught.affordable:
        cost = f"{-100 * taught.mnist_change:.2f} points of {title}"
        return f"It costs {cost}, more than learning a hand should. Going back is better."
    if gained < 0:
        return "It would read fewer of your digits. Look whether all of them are labelled right; going back is better."
    if gained == 0 and not wrong:
        return "All of your digits were read right already; there is little to gain."
    if gained == 0:
        return "It reads no more of your digits than before. More samples of what it gets wrong would help."
    got = f"all {wrong:,} that it got wrong" if gained == wrong and wrong > 1 else f"{gained:,} more of your digits"
    kept = "as well as before" if abs(taught.mnist_change) < 0.0005 else "nearly as well as before"
    kept = "better than before" if taught.mnist_change >= 0.0005 else kept
    return f"It reads {got}, and {title} {kept}. Worth using."


def _of(score: Score) -> str:
    return f"{score.right:,} of {score.count:,}"


def _coloured(text: str, change: float, bad: bool) -> str:
    """Return a change as rich text with a true minus: in the colour of errors only where it is a bad one."""
    look = theme.current()
    colour = look.good if change > 0 else look.bad if bad else look.text
    shown = text.replace("-", "−") if change else "no change"
    return f'<span style="color:{colour}">{shown}</span>'
