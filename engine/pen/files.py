"""Files of pen strokes: UNIPEN or InkML, plain or gzip-compressed, recognised by what is in them."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import IO, cast

from engine.datasets.reading import Watch, checked_file, refused, refusing
from engine.pen import reading
from engine.pen.drawn import Drawn
from engine.pen.inkml import read_inkml
from engine.pen.reading import PenFile
from engine.pen.unipen import read_unipen
from engine.pen.unipen_writing import write_unipen

__all__ = ["read_pen_file", "write_unipen"]

_GZIP = b"\x1f\x8b"
_COMPRESS = b"\x1f\x9d"
_XML = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<\x00", b"\xfe\xff\x00<")
_UTF8_MARK = "\ufeff"
_CHUNK = 2**18


def read_pen_file(path: str | Path, watch: Watch | None = None) -> list[Drawn]:
    """Read the drawings in a UNIPEN or InkML file.

    Parameters
    ----------
    path : path
        The file. What it is, is found from its content; its name does not matter.
    watch : Watch, optional
        Told how far the reading is, several times a second; can stop it.

    Returns
    -------
    list of Drawn
        At least one, in the file's order. Those that are labelled with no digit have the label None.

    Raises
    ------
    DataError
        When the file is missing, too large, damaged or of another kind: a sentence that names the line, what
        stands there and what is legal. It is a `LoadingCancelledError` when the watch said so.

    Notes
    -----
    y points up in UNIPEN and down in InkML; in what is returned it always points down. UNIPEN's ``.INCLUDE`` and
    InkML's references to other files are not followed.
    """
    path, watch = Path(path), watch or Watch()
    checked_file(path)
    with refusing(path, "a UNIPEN or InkML file"):
        file = PenFile(path, watch)
        content = _content(file)
        if content.lstrip()[:4].startswith(_XML):
            return read_inkml(content, file)
        return read_unipen(_text(file, content), file)


def _content(file: PenFile) -> bytes:
    """Return the bytes of the file, unpacked if need be."""
    pieces: list[bytes] = []
    size = 0
    with file.path.open("rb") as raw:
        magic = raw.read(2)
        raw.seek(0)
        if magic == _COMPRESS:
            raise refused(file.path, "it is packed by compress (.Z)", "Unpack it with gunzip, and load what comes out.")
        source = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if magic == _GZIP else raw
        try:
            while piece := source.read1(_CHUNK):  # type: ignore[attr-defined]
                pieces.append(piece)
                size += len(piece)
                if size > reading.MAX_BYTES:
                    most = f"{reading.MAX_BYTES / 2**20:,.0f} MB"
                    raise refused(file.path, f"it holds more than {most} of text, which is the most allowed")
                file.watch.say(f"Reading {file.path.name}…")
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            line = sum(piece.count(b"\n") for piece in pieces) + 1
            raise file.fault(line, "cannot be unpacked: its gzip compression is damaged or cut short") from error
    return b"".join(pieces)


def _text(file: PenFile, content: bytes) -> str:
    """Return the text of a UNIPEN file, with line feeds at the ends of lines."""
    if b"\x00" in content:
        line = content.count(b"\n", 0, content.index(b"\x00")) + 1
        raise file.fault(line, "holds bytes that are no text; the file must be UNIPEN or InkML, plain or .gz")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    text = text.removeprefix(_UTF8_MARK)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
