"""A session whose network has learned, and its evaluation page in view: for the tests of that page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pytestqt.qtbot import QtBot

from engine.datasets.dataset import Dataset
from engine.network import Snapshot
from engine.specs import RunSpec
from gui.pages.evaluation_page import EvaluationPage
from gui.session import Session


@contextmanager
def session_of(trained: Snapshot, run: RunSpec, dataset: Dataset) -> Iterator[Session]:
    """Lend a session with this network and this data."""
    session = Session(run)
    session.adopt(trained, run)
    session._on_loaded(dataset)
    yield session
    session.finish()


def evaluated(qtbot: QtBot, session: Session, width: int) -> EvaluationPage:
    """Return the page in view, after it has measured by itself."""
    page = EvaluationPage(session)
    qtbot.addWidget(page)
    page.resize(width, 560)
    with qtbot.waitSignal(session.evaluation_changed):
        page.show()
    return page
