"""Files that the program remembers from one time to the next."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings


class RememberedFiles:
    """A list of paths in the settings, newest first, each once.

    Parameters
    ----------
    settings : QSettings
    key : str
        Where the list stands.
    most : int
        Older ones than so many are forgotten.
    """

    def __init__(self, settings: QSettings, key: str, most: int) -> None:
        self._settings, self._key, self._most = settings, key, most

    @property
    def paths(self) -> list[Path]:
        """The files, newest first."""
        stored = self._settings.value(self._key, [])
        return [Path(str(name)) for name in (stored if isinstance(stored, list) else [stored]) if name]

    def add(self, path: Path) -> None:
        """Remember a file as the newest one."""
        others = [str(other) for other in self.paths if other != path.absolute()]
        self._settings.setValue(self._key, [str(path.absolute()), *others][: self._most])
