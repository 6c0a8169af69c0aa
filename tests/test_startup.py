"""The start of the program: what it imports, and what it says when no window can open."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gui import startup_check

ROOT = Path(__file__).resolve().parent.parent


def start(*argv: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start the real program without a display, unless one is given."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    kept = {key: value for key, value in os.environ.items() if key not in names}
    command = [sys.executable, str(ROOT / "main.py"), *map(str, argv)]
    return subprocess.run(command, env={**kept, **environment}, capture_output=True, text=True, timeout=30, check=False)


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    assert done.stderr.startswith("digitlab: ")
    return done.stderr


def test_without_a_display_it_says_so_and_names_the_terminal() -> None:
    text = refusal(start())
    assert "there is no display" in text
    assert "terminal commands" in text


@pytest.mark.parametrize("display", [":987", "localhost:987", "nonsense"])
def test_a_dead_display_is_named(display: str) -> None:
    assert f"DISPLAY={display} does not answer" in refusal(start(DISPLAY=display))


def test_a_dead_wayland_display_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup_check, "WAYLAND", ())
    monkeypatch.setattr(startup_check, "_OF_PLATFORM", {})
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "wayland")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-987")
    assert "WAYLAND_DISPLAY=wayland-987 does not answer" in startup_check.find_problem()


@pytest.mark.parametrize("platform", ["xcb", "offscreen"])
def test_missing_libraries_are_named_with_their_packages(tmp_path: Path, platform: str) -> None:
    for name in ("libEGL.so.1", "libxcb-cursor.so.0"):
        (tmp_path / name).write_text("not a library")
    text = refusal(start(QT_QPA_PLATFORM=platform, DISPLAY=":987", LD_LIBRARY_PATH=str(tmp_path)))
    assert "sudo apt install libegl1" in text
    assert "sudo dnf install libglvnd-egl" in text
    assert ("libxcb-cursor0" in text) == (platform == "xcb")


def test_a_missing_pyside_is_named() -> None:
    code = "import sys; sys.modules['PySide6'] = None; import main; sys.exit(main.main([]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "pip install" in refusal(done)


def test_the_lists_hold_all_that_qt_links_with() -> None:
    import PySide6

    qt = Path(PySide6.__file__).parent / "Qt"
    names = ("lib/libQt6Gui.so.6", "lib/libQt6Core.so.6", "lib/libQt6DBus.so.6", "lib/libQt6XcbQpa.so.6")
    plugins = ("plugins/platforms/libqxcb.so", "plugins/platforms/libqoffscreen.so")
    # The names of the libraries that a file links with stand in it as texts that end in a zero byte.
    linked = re.compile(rb"(?<=\0)lib[\w.+-]+\.so\.\d+(?=\0)")
    needed = {found.decode() for name in names + plugins for found in linked.findall((qt / name).read_bytes())}
    known = {library.name for library in (*startup_check.BASE, *startup_check.XCB)}
    everywhere = ("libQt6", "libicu", "libstdc++.", "libm.", "libgcc_s.", "libc.", "libz.")
    assert {name for name in needed if not name.startswith(everywhere)} <= known


def test_drawing_into_memory_needs_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert startup_check.find_problem() == ""


@pytest.fixture
def x_server() -> Iterator[str]:
    """A server that speaks just enough of the X protocol to accept one client; yields its display."""
    listener, number = next(filter(None, map(_listening, range(50, 500))))

    def serve() -> None:
        with listener, listener.accept()[0] as client:
            client.recv(4096)
            client.sendall(struct.pack("<BBHHH", 1, 0, 11, 0, 8) + bytes(32))  # "success", and a setup without screens
            client.recv(1)  # until the client goes

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"127.0.0.1:{number}"
    thread.join()


def _listening(number: int) -> tuple[socket.socket, int] | None:
    with contextlib.suppress(OSError):
        return socket.create_server(("127.0.0.1", 6000 + number)), number
    return None


def test_a_display_that_answers_is_accepted(x_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", x_server)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    assert startup_check.find_problem() == ""


def test_a_file_that_is_not_there_gets_a_sentence() -> None:
    assert "neither a file nor one of the commands" in refusal(start("nothing.safetensors"))


def test_help_lists_the_commands() -> None:
    done = start("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("train", "evaluate", "predict", "data", "info"))


def test_nothing_heavy_is_imported_before_the_choice() -> None:
    code = "import sys, main; print({'numpy', 'PySide6', 'engine', 'gui', 'pydantic', 'argparse'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_terminal_needs_no_qt_and_never_imports_tensorflow() -> None:
    code = (
        "import sys; sys.modules['PySide6'] = None; import main; code = main.main(['info']); "
        "sys.exit(code or 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
