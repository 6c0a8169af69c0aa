"""Finds out whether a window can open, before Qt is loaded: Qt aborts the process when something is missing.

The lists say what the libraries of PySide6-Essentials and its platform plugins link with (``readelf -d``) and what
the packages are called in which Debian, Ubuntu and Fedora carry them.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from collections.abc import Iterable
from typing import NamedTuple

DISPLAYS = ("wayland", "xcb")
"""The platform plugins that need a display to answer; others, such as offscreen, draw into memory."""


class Library(NamedTuple):
    """A system library, and the packages that bring it."""

    name: str
    debian: str
    fedora: str


BASE = (
    Library("libEGL.so.1", "libegl1", "libglvnd-egl"),
    Library("libGL.so.1", "libgl1", "libglvnd-glx"),
    Library("libX11.so.6", "libx11-6", "libX11"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig"),
    Library("libfreetype.so.6", "libfreetype6", "freetype"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs"),
    Library("libglib-2.0.so.0", "libglib2.0-0", "glib2"),
    Library("libgthread-2.0.so.0", "libglib2.0-0", "glib2"),
    Library("libzstd.so.1", "libzstd1", "libzstd"),
)
XCB = (
    Library("libxcb.so.1", "libxcb1", "libxcb"),
    Library("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm"),
    Library("libxcb-image.so.0", "libxcb-image0", "xcb-util-image"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms"),
    Library("libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil"),
    Library("libxcb-util.so.1", "libxcb-util1", "xcb-util"),
    Library("libxcb-randr.so.0", "libxcb-randr0", "libxcb"),
    Library("libxcb-render.so.0", "libxcb-render0", "libxcb"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb"),
    Library("libxcb-shm.so.0", "libxcb-shm0", "libxcb"),
    Library("libxcb-sync.so.1", "libxcb-sync1", "libxcb"),
    Library("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb"),
    Library("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb"),
)
WAYLAND = (
    Library("libwayland-client.so.0", "libwayland-client0", "libwayland-client"),
    Library("libwayland-cursor.so.0", "libwayland-cursor0", "libwayland-cursor"),
)
_OF_PLATFORM = {"xcb": XCB, "wayland": WAYLAND}
_INSTEAD = "or use the terminal commands (main.py --help)"


def find_problem() -> str:
    """Return, in one line, why no window can open and what to do about it; empty if one can."""
    if importlib.util.find_spec("PySide6") is None:
        return f"PySide6 is not installed: run pip install 'PySide6-Essentials>=6.8,<6.12', {_INSTEAD}."
    if not sys.platform.startswith("linux"):
        return ""
    platforms = _platforms()
    lacking = missing(BASE)
    if lacking or not set(platforms) & set(DISPLAYS):
        also = missing(XCB) if "xcb" in platforms else []
        return _install([*lacking, *also]) if lacking else ""
    for platform in platforms:
        found = missing(_OF_PLATFORM.get(platform, ()))
        if not found and _answers(platform):
            return ""
        lacking += found if _is_named(platform) else []
    return _install(lacking) if lacking else _no_display()


def missing(libraries: Iterable[Library]) -> list[Library]:
    """Return those of `libraries` that cannot be loaded."""
    return [library for library in libraries if not _loads(library.name)]


def _platforms() -> list[str]:
    """Return the platform plugins that Qt will try, in order."""
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if chosen:
        return [entry.split(":")[0].split("-")[0] for entry in chosen.split(";")]
    return ["wayland", "xcb"] if _is_named("wayland") else ["xcb"]


def _is_named(platform: str) -> bool:
    """Tell whether the environment names a display of that kind."""
    return bool(os.environ.get({"wayland": "WAYLAND_DISPLAY", "xcb": "DISPLAY"}.get(platform, ""), ""))


def _answers(platform: str) -> bool:
    """Tell whether the display can be connected to; what draws into memory needs none."""
    if platform not in DISPLAYS:
        return True
    return _wayland_answers() if platform == "wayland" else _x_server_answers()


def _x_server_answers() -> bool:
    """Connect as Qt will: the library knows every form of DISPLAY, and brings the authorization."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = (ctypes.c_void_p,)
    connection = xcb.xcb_connect(None, None)
    answered = not xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return answered


def _wayland_answers() -> bool:
    import socket  # spared where there is no Wayland

    name = os.environ.get("WAYLAND_DISPLAY") or "wayland-0"
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(os.path.join(os.environ.get("XDG_RUNTIME_DIR", "/"), name))
        except (OSError, ValueError):
            return False
    return True


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _install(libraries: list[Library]) -> str:
    names = ", ".join(library.name for library in libraries)
    debian = " ".join(dict.fromkeys(library.debian for library in libraries))
    fedora = " ".join(dict.fromkeys(library.fedora for library in libraries))
    return (
        f"The window needs system libraries that are missing ({names}): run sudo apt install {debian} (Debian, Ubuntu) "
        f"or sudo dnf install {fedora} (Fedora), {_INSTEAD}."
    )


def _no_display() -> str:
    named = [f"{key}={os.environ[key]}" for key in ("WAYLAND_DISPLAY", "DISPLAY") if os.environ.get(key)]
    which = (
        f"the display {' and '.join(named)} does not answer" if named else "there is no display (DISPLAY is not set)"
    )
    return f"No window can open because {which}: start it inside a desktop session, {_INSTEAD}."
