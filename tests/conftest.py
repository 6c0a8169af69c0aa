"""Fixtures that every test shares, and the guard against what a test leaves behind."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Qt and the BLAS read these once, when they are loaded: they must stand before anything is imported.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
_USER = Path(tempfile.mkdtemp(prefix="digitlab-tests-"))
for _variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
    os.environ[_variable] = str(_USER / _variable.lower())

import numpy as np  # noqa: E402
import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from engine.datasets.dataset import Dataset  # noqa: E402
from engine.datasets.split import Split, split  # noqa: E402
from engine.terminal import command_line  # noqa: E402
from engine.threads import NAME as POOL  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
# These are about signals, terminals, libraries and rights that only Unix has.
_UNIX = (
    "cli_unix",
    "startup",
    "engine_kills",
    "engine_full_disk",
    "engine_runs_kills",
    "engine_runs_read_only",
    "gui_kills",
)
collect_ignore = [f"test_{name}.py" for name in _UNIX] if os.name == "nt" else []
PATIENCE = 5.0  # seconds that a thread or a child may take to end after its test

settings.register_profile(
    "digitlab", deadline=None, max_examples=30, derandomize=bool(os.environ.get("CI")), database=None
)
settings.load_profile("digitlab")


def pytest_unconfigure() -> None:
    """Remove the folder that stood in for the user's settings."""
    shutil.rmtree(_USER, ignore_errors=True)


@pytest.fixture
def digitlab(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process; return exit code, stdout and stderr."""

    def call(*argv: str | Path) -> tuple[int, str, str]:
        code = command_line.main([str(part) for part in argv])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return call


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """All of MNIST, read-only: a test that wants other images makes a copy."""
    with np.load(ROOT / "resources/data/mnist.npz", allow_pickle=False) as file:
        arrays = {name: file[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    for array in arrays.values():
        array.flags.writeable = False
    return Dataset("mnist", "MNIST", arrays["x_train"], arrays["y_train"], arrays["x_test"], arrays["y_test"])


@pytest.fixture(scope="session")
def small(mnist: Dataset) -> Dataset:
    """The first 600 training and 200 test images of MNIST."""
    return Dataset(
        "mnist",
        "MNIST, a part",
        mnist.train_images[:600],
        mnist.train_labels[:600],
        mnist.test_images[:200],
        mnist.test_labels[:200],
    )


@pytest.fixture(scope="session")
def small_split(small: Dataset) -> Split:
    """The small set with 100 of its 600 training images held back."""
    return split(small, 1 / 6, seed=0)


@pytest.fixture(autouse=True)
def user_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test its own data folder and, where Qt is loaded, its own settings."""
    folder = tmp_path / "digitlab-data"
    monkeypatch.setenv("DIGITLAB_DATA", str(folder))
    core: Any = sys.modules.get("PySide6.QtCore")
    if core is not None:
        form = core.QSettings.Format
        core.QSettings.setDefaultFormat(form.IniFormat)
        for kind in (form.IniFormat, form.NativeFormat):
            core.QSettings.setPath(kind, core.QSettings.Scope.UserScope, str(tmp_path / "settings"))
    return folder


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Fail the test that leaves a thread or a child process behind, and end the child."""
    threads, children = _threads(), _children()
    yield
    left = [f"thread {name}" for name in _lasting_threads(threads)]
    left += [f"child process {child}" for child in _lasting_children(children)]
    if left:
        pytest.fail("The test left something running: " + ", ".join(left))


def _threads() -> dict[int, str]:
    """Return the threads that run Python, by number: also those that Qt started.

    Daemons may outlive a test, and so may the engine's two threads, which sleep until they are needed again.
    """
    known = {thread.ident: thread for thread in threading.enumerate()}
    found = {}
    for ident, frame in sys._current_frames().items():
        thread = known.get(ident)
        if thread is not None and thread.name.startswith(POOL):
            continue
        if thread is None or not thread.daemon or isinstance(thread, threading._DummyThread):
            found[ident] = f"{thread.name if thread else 'of Qt'} in {frame.f_code.co_qualname}"
    return found


def _lasting_threads(before: dict[int, str]) -> list[str]:
    deadline, pause = time.monotonic() + PATIENCE, threading.Event()
    while (new := _threads().keys() - before) and time.monotonic() < deadline:
        pause.wait(0.01)  # lets a thread that is about to end do so
    return [name for ident, name in _threads().items() if ident in new]


def _children() -> set[int]:
    """Return the process ids of all children, where the system tells; the helper of multiprocessing excepted."""
    for child in multiprocessing.active_children():  # also collects those that have ended
        child.join(0)
    found: set[int] = set()
    for listing in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread may end while its folder is read
            found.update(map(int, listing.read_text().split()))
    for name in ("multiprocessing.resource_tracker", "joblib.externals.loky.backend.resource_tracker"):
        if (tracker := sys.modules.get(name)) is not None:
            found.discard(tracker._resource_tracker._pid)
    return found


def _lasting_children(before: set[int]) -> list[int]:
    for child in multiprocessing.active_children():
        if child.pid not in before:
            child.join(PATIENCE)
    left = sorted(_children() - before)
    for child_id in left:
        os.kill(child_id, signal.SIGKILL)
        os.waitpid(child_id, 0)
    return left
