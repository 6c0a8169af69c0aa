"""How a trial and the experiment it belongs to hear of one another while it is at work."""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Protocol

import psutil

Word = Literal["go", "pause", "stop"]
_WORDS: tuple[Word, ...] = ("go", "pause", "stop")
ASK_SECONDS = 0.1
TELL_SECONDS = 0.25
_WORD = "word.txt"


@dataclass(frozen=True)
class Told:
    """How far a trial is.

    Attributes
    ----------
    share : float
        Which part of the training is done, 0 to 1.
    seconds : float
        How long that took.
    loss : float or None
        Of the last batch.
    accuracy : float or None
        On the validation images after the last whole epoch, or on the images learned from where there are none.
    """

    share: float
    seconds: float
    loss: float | None = None
    accuracy: float | None = None


class Link(Protocol):
    """The worker's end: goes with the trial to its process, wherever that is."""

    def asked(self) -> Word:
        """Return what the experiment wants now; cheap enough to ask ten times a second."""

    def tell(self, index: int, told: Told) -> None:
        """Say how far the trial of this index is."""


@dataclass(frozen=True)
class FolderLink:
    """A link by files, between processes of one machine.

    Attributes
    ----------
    folder : str
        Where the word of the experiment and the shares of its trials are written.
    owner : int
        The experiment's process: once it is gone, there is nobody left to work for.
    born : float
        When that process began: another one may bear its number later.
    """

    folder: str
    owner: int
    born: float

    @classmethod
    def here(cls, folder: str | Path) -> FolderLink:
        """Return a link to this process through `folder`."""
        return cls(str(folder), os.getpid(), psutil.Process().create_time())

    def asked(self) -> Word:
        """Return what the experiment wants now; the worker ends at once when the experiment's process is gone."""
        self.end_with_owner()
        with contextlib.suppress(OSError):
            text = (Path(self.folder) / _WORD).read_text(encoding="ascii")
            return next((word for word in _WORDS if word == text), "go")
        return "go"

    def end_with_owner(self) -> None:
        """End this process if that of the experiment is gone."""
        if not self._is_owned():
            os._exit(1)  # no result can be handed over any more, and nobody would read a message

    def _is_owned(self) -> bool:
        with contextlib.suppress(psutil.Error):
            owner = psutil.Process(self.owner)
            return owner.create_time() == self.born and owner.status() != psutil.STATUS_ZOMBIE
        return False

    def say(self, word: Word) -> None:
        """Let all trials know what is wanted."""
        _replace(Path(self.folder) / _WORD, word)

    def tell(self, index: int, told: Told) -> None:
        """Say how far the trial of this index is."""
        _replace(Path(self.folder) / f"{index}.json", json.dumps(asdict(told)))

    def heard(self, index: int) -> Told | None:
        """Return how far the trial of this index is; None while it has not said."""
        with contextlib.suppress(OSError, ValueError):
            return Told(**json.loads((Path(self.folder) / f"{index}.json").read_bytes()))
        return None

    def forget(self, index: int) -> None:
        """Forget what the trial of this index said: it begins anew."""
        (Path(self.folder) / f"{index}.json").unlink(missing_ok=True)


def _replace(path: Path, text: str) -> None:
    """Write a small file so that nobody reads half of it; that it may not be possible stops no training."""
    part = path.with_suffix(".part")
    with contextlib.suppress(OSError):
        part.write_text(text, encoding="ascii")
        os.replace(part, path)


class Ear:
    """Asks and tells through a link, but only every so often.

    Parameters
    ----------
    link : Link
    index : int
        Of the trial.
    """

    def __init__(self, link: Link, index: int) -> None:
        self._link, self._index = link, index
        self._next_ask = self._next_tell = 0.0

    def must_stop(self) -> bool:
        """Return whether the trial is to stop now; while a pause is wanted, wait here for its end."""
        if time.monotonic() < self._next_ask:
            return False
        while (word := self._link.asked()) == "pause":
            time.sleep(ASK_SECONDS)
        self._next_ask = time.monotonic() + ASK_SECONDS
        return word == "stop"

    def is_due(self) -> bool:
        """Return whether it is time to tell again."""
        return time.monotonic() >= self._next_tell

    def tell(self, told: Told) -> None:
        """Say how far the trial is."""
        self._link.tell(self._index, told)
        self._next_tell = time.monotonic() + TELL_SECONDS
