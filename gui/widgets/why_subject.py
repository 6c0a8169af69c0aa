"""Whose answer is explained."""

from __future__ import annotations

from dataclasses import dataclass

from engine.network import Snapshot
from engine.reader import Reader
from gui.session import Session


@dataclass(frozen=True, eq=False)
class Subject:
    """A network, for this thread and for others.

    Attributes
    ----------
    reader : Reader
        With a network of the GUI thread.
    snapshot : Snapshot
        The same weights, for other threads.
    is_own : bool
        Whether it is the network in view, and not the *Reader*.
    """

    reader: Reader
    snapshot: Snapshot
    is_own: bool

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return "this network" if self.is_own else "the Reader"


class Subjects:
    """Finds whom to explain.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._copied: tuple[Reader, Snapshot] | None = None

    @property
    def can_choose(self) -> bool:
        """Whether somebody else than the network in view reads the pad."""
        return not self._session.reads_itself

    def subject(self, *, own: bool) -> Subject:
        """Return whoever reads the pad, or the network in view if `own` is asked for."""
        session = self._session
        if own or session.reads_itself:
            return Subject(session.own, session.shown, True)
        reader = session.pad_reader
        if self._copied is None or self._copied[0] is not reader:
            self._copied = reader, reader.network.snapshot()
        return Subject(reader, self._copied[1], False)
