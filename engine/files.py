"""Where files go and how they are written: beside the target first, then renamed over it."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import platformdirs

from engine.errors import DigitLabError

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "this folder may not be written to",
    errno.EPERM: "this folder may not be written to",
    errno.EROFS: "this disk is read-only",
    errno.ENOENT: "the folder does not exist",
    errno.ENOTDIR: "part of the path is a file, not a folder",
    errno.EISDIR: "there is a folder of that name",
    errno.ENAMETOOLONG: "the name is too long",
}


_NAMED = 40  # letters of the target in the name of its temporary file
_LEFT_SECONDS = 3600.0
"""A temporary file that nobody has written to for so long was left by a process that was killed."""


def reason(error: OSError) -> str:
    """Return why an operating-system call failed, in words."""
    return _REASONS.get(error.errno or 0, (error.strerror or str(error)).lower())


def atomic_write(path: str | Path, write: Callable[[Path], None]) -> None:
    """Write a file so that at any moment either the old or the new content stands complete.

    Parameters
    ----------
    path : path
        The target. An existing file stays untouched until the new content is safely on disk.
    write : callable
        Receives the path of a temporary file in the same folder and fills it.

    Raises
    ------
    DigitLabError
        When the file cannot be written; whatever stood at `path` is still there.
    """
    target = Path(path)
    temporary: Path | None = None
    try:
        check_target(target)
        target = target.resolve()  # what a link points to is written, not the link itself
        temporary = target.with_name(f".{target.name[:_NAMED]}.{secrets.token_hex(4)}.part")
        temporary.open("xb").close()
        write(temporary)
        _flush(temporary)
        os.replace(temporary, target)
        sweep(target.parent, target.name)
    except OSError as error:
        kept = " The file that was there is unchanged." if _exists(target) else ""
        raise DigitLabError(
            f"{target} could not be written: {reason(error)}.{kept}",
            "Choose another place or make room, then try again.",
        ) from error
    finally:
        if temporary is not None:
            _remove(temporary)


def sweep(folder: Path, name: str = "") -> None:
    """Remove the temporary files that processes left in `folder` that were killed while they wrote.

    Parameters
    ----------
    folder : path
    name : str
        Only those for a target of this name; without it, all that :func:`atomic_write` may have left there.
    """
    start = glob.escape(name[:_NAMED]) if name else "*"
    for left in folder.glob(f".{start}.{'[0-9a-f]' * 8}.part"):
        with contextlib.suppress(OSError):  # another process may have removed it
            if time.time() - left.stat().st_mtime > _LEFT_SECONDS:
                left.unlink()


def check_target(path: Path) -> None:
    """Raise an OSError when there is something at `path` that must not be replaced: a folder or a device."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        raise OSError(errno.ENODEV, "there is a device of that name, not a file", str(path))


def data_folder(part: str = "") -> Path:
    """Return the folder for what the user keeps, or a part of it, made if need be; ``DIGITLAB_DATA`` overrides it.

    Raises
    ------
    DigitLabError
        When it cannot be made.
    """
    if part:
        folder = data_folder() / part  # its own sentence first: one cause, one sentence
    else:
        folder = Path(os.environ.get("DIGITLAB_DATA") or platformdirs.user_data_dir("DigitLab", appauthor=False))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DigitLabError(
            f"The folder {folder} cannot be made: {reason(error)}.",
            "Set DIGITLAB_DATA to a folder that can be written to.",
        ) from error
    return folder


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    """Remove a temporary file that is still there; a folder that has vanished took it along."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
