"""A picture with its title, its method, and its legend or its sentence."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui import theme
from gui.widgets.color_legend import ColorLegend, signed
from gui.widgets.figures import ElidedLabel, sentences
from gui.widgets.why_picture import WhyPicture


class WhyCard(QWidget):
    """A picture, above it what it shows and by whose method, below it its colours.

    Parameters
    ----------
    title, method : str
        What it shows; and how it is found out, with who thought of it.
    help : str
        The same at length.
    has_scale : bool
        Whether the colours have a scale; else there is a sentence.
    """

    def __init__(
        self, title: str, method: str, help: str, *, has_scale: bool = True  # noqa: A002
    ) -> None:  # fmt: skip
        super().__init__()
        self.title, self.method = ElidedLabel(title, "heading"), ElidedLabel(method, "muted")
        self.picture = WhyPicture(title, help)
        self.legend, self.sentence = ColorLegend(parent=self), sentences(lines=3)
        self.sentence.setParent(self)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.legend.setToolTip("Orange speaks for the digit, blue against it.")
        (self.sentence if has_scale else self.legend).hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 2)
        column.addWidget(self.title)
        column.addWidget(self.method)
        column.addWidget(self.picture, 1)
        foot = QVBoxLayout()  # of one height on all cards, so that their pictures stand side by side
        foot.setContentsMargins(0, 0, 0, 0)
        foot.addWidget(self.legend if has_scale else self.sentence)
        foot.addStretch(1)
        below = QWidget()
        below.setFixedHeight(self.sentence.height())
        below.setLayout(foot)
        column.addWidget(below)
        for widget in (self.title, self.method):
            widget.setWhatsThis(help)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the picture no higher than it is wide: what belongs to it follows at once."""
        super().resizeEvent(event)
        others = self.sizeHint().height() - self.picture.sizeHint().height()
        self.picture.setMaximumHeight(self.width())
        self.setMaximumHeight(self.width() + others)

    def show_scale(self, *, known: bool) -> None:
        """Write the numbers of the legend, or none while there are none."""
        limit = self.picture.limit
        self.legend.show_ends(*((signed(-limit), signed(limit)) if known else ("against", "for")))
