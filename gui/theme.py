"""Every colour, font and spacing, light and dark, and the switch between them.

Orange is positive, blue is negative, zero is the background: everywhere. The accent marks what can be pressed
and what training did; validation is drawn in the colour of text, so that no colour means two things.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette, QPixmapCache
from PySide6.QtWidgets import QApplication

from engine.garbage import no_collection
from gui.style_sheet import style_sheet

SPACE = 8
CONTROL_HEIGHT = 26
Mode = Literal["system", "light", "dark"]


@dataclass(frozen=True)
class Theme:
    """The colours of one look, as ``#rrggbb``.

    Attributes
    ----------
    window, surface, raised : str
        Backgrounds: of the window, of pages and lists, of buttons and tiles.
    text, muted, line : str
        Text, secondary text, and thin lines.
    accent, on_accent : str
        What can be pressed, what training did; and text upon it.
    positive, negative : str
        Orange and blue, for signed numbers.
    good, bad : str
        Right answers, and errors.
    series : tuple of str
        Colours for several curves side by side, neither orange nor blue.
    """

    name: str
    window: str
    surface: str
    raised: str
    text: str
    muted: str
    line: str
    accent: str
    on_accent: str
    positive: str
    negative: str
    good: str
    bad: str
    series: tuple[str, ...]


DARK = Theme(
    name="dark",
    window="#15181d",
    surface="#1b1f26",
    raised="#262b34",
    text="#e7e9ed",
    muted="#9ba4b2",
    line="#343b47",
    accent="#9d8cff",
    on_accent="#15131f",
    positive="#ff9e3d",
    negative="#4aa3ff",
    good="#4cc38a",
    bad="#ff7b72",
    series=("#9d8cff", "#4cc38a", "#e57ab8", "#c9c46a", "#6fd0d6", "#b9a08a", "#d0d4db", "#8ea05a"),
)
LIGHT = Theme(
    name="light",
    window="#f3f4f7",
    surface="#ffffff",
    raised="#e9ebf0",
    text="#1a1e24",
    muted="#59626f",
    line="#d3d7df",
    accent="#5a45d6",
    on_accent="#ffffff",
    positive="#c45a00",
    negative="#1b69c9",
    good="#136f40",
    bad="#b8232b",
    series=("#5a45d6", "#136f40", "#b02a7c", "#77700f", "#0f7b83", "#7a5c43", "#4a515c", "#566b1c"),
)


class ThemeSwitch(QObject):
    """Holds the look of the running program and tells when it changes."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.theme = DARK
        self.mode: Mode = "system"

    def start(self, app: QApplication, mode: Mode) -> None:
        """Dress `app`, and follow the system's light or dark from now on if `mode` says so."""
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._follow_system)
        self.choose(mode)

    def choose(self, mode: Mode) -> None:
        """Show the light or the dark look, or the system's."""
        self.mode = mode
        system = {
            "system": Qt.ColorScheme.Unknown,
            "light": Qt.ColorScheme.Light,
            "dark": Qt.ColorScheme.Dark,
        }
        QApplication.styleHints().setColorScheme(system[mode])
        self._dress()

    def _follow_system(self) -> None:
        if self.mode == "system":
            self._dress()

    def _dress(self) -> None:
        dark = {"light": False, "dark": True}.get(
            self.mode, QApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        )
        self.theme = DARK if dark else LIGHT
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        with no_collection():  # one would delete a dialog that was closed while Qt walks through all widgets
            app.setStyleSheet("")  # replacing one sheet by another takes three times as long
            app.setPalette(_palette(self.theme))
            app.setStyleSheet(style_sheet(self.theme))
        QPixmapCache.clear()  # pictures in the colours before are not asked for again
        self.changed.emit()


SWITCH: ThemeSwitch | None = None


def switch() -> ThemeSwitch:
    """Return the program's theme switch, made at the first call."""
    global SWITCH
    if SWITCH is None:
        SWITCH = ThemeSwitch()
    return SWITCH


def current() -> Theme:
    """Return the colours in use."""
    return switch().theme


def font(size: float = 10, *, bold: bool = False) -> QFont:
    """Return the interface font at `size` points, with figures that all have the same width."""
    made = QFont(QApplication.font())
    made.setPointSizeF(size)
    made.setBold(bold)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def diverging(theme: Theme) -> NDArray[np.uint8]:
    """Return 256 RGB rows from negative over the surface (zero, at 128) to positive, shape (256, 3)."""
    ends = [rgb(theme.negative), rgb(theme.surface), rgb(theme.positive)]
    steps = np.interp(np.arange(256), [0, 128, 255], [0, 1, 2])
    low = np.minimum(steps.astype(int), 1)
    part = (steps - low)[:, None]
    table = np.array(ends, float)
    return np.round(table[low] * (1 - part) + table[low + 1] * part).astype(np.uint8)


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the three bytes of ``#rrggbb``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.window,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.surface,
        QPalette.ColorRole.AlternateBase: theme.raised,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.Button: theme.raised,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.BrightText: theme.bad,
        QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: theme.on_accent,
        QPalette.ColorRole.Link: theme.accent,
        QPalette.ColorRole.ToolTipBase: theme.raised,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.muted,
        QPalette.ColorRole.Accent: theme.accent,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.muted))
    return palette
