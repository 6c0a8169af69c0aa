"""InkML, the World Wide Web Consortium's format for pen strokes, read as a stream and without entities.

References
----------
W3C Recommendation (2011), "Ink Markup Language (InkML)".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from engine.datasets.dataset import DIGITS
from engine.datasets.reading import refused
from engine.errors import DataError
from engine.pen.drawn import Drawn, Stroke
from engine.pen.inkml_trace import Channel, Clock, parse_trace
from engine.pen.reading import MAX_STROKES, PenFile, drawn, shown

_CHUNK = 2**16
_LABELS = ("truth", "label")
_WRITERS = ("writer", "writerinfo", "writerid", "writer_id")
_PLAIN = (Channel("X"), Channel("Y"))

Attributes = dict[str, str]


@dataclass
class _Group:
    """What a ``traceGroup`` or a ``traceView`` holds, or the whole file.

    `traces` are the numbers of its own strokes; `names` are those of strokes and groups elsewhere.
    """

    line: int
    label: int | None = None
    writer: str = ""
    traces: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


def read_inkml(content: bytes, file: PenFile) -> list[Drawn]:
    """Return the drawings of an InkML file.

    Every ``traceGroup`` that has traces of its own, or names some in a ``traceView``, is one drawing; what stands
    outside of them belongs to none. A file without such groups is one drawing. The digit stands in
    ``<annotation type="truth">`` (or ``label``), the writer in ``<annotation type="writer">`` of the group or of the
    file.

    Parameters
    ----------
    content : bytes
        The unpacked file.
    file : PenFile
        Counts, tells and refuses.

    Raises
    ------
    DataError
        When it is no well-formed XML, declares a document type or entities, or a trace cannot be understood; the
        sentence names its line.
    """
    return _Reader(file).drawings(content)


class _Reader:
    """Receives the elements from the XML parser and keeps strokes and groups."""

    def __init__(self, file: PenFile) -> None:
        self._file = file
        self._whole = _Group(1)
        self._open: list[_Group] = [self._whole]
        self._groups: list[_Group] = []
        self._strokes: list[Stroke] = []
        self._named: dict[str, _Group] = {}
        self._channels: list[Channel] = list(_PLAIN)
        self._clock = Clock()
        self._text: list[str] | None = None
        self._attributes: Attributes = {}
        self._line = 1
        self._views: list[bool] = []
        self._on_canvas = False
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._starts: dict[str, Callable[[Attributes], None]] = {
            "trace": self._listen,
            "annotation": self._listen,
            "traceGroup": self._start_group,
            "traceView": self._start_view,
            "canvas": self._start_canvas,
            "traceFormat": self._start_format,
            "channel": self._channel,
            "sampleRate": self._sample_rate,
        }
        self._ends: dict[str, Callable[[], None]] = {
            "trace": self._end_trace,
            "annotation": self._end_annotation,
            "traceGroup": self._end_group,
            "traceView": self._end_view,
            "canvas": self._end_canvas,
        }

    def drawings(self, content: bytes) -> list[Drawn]:
        """Read everything and put the drawings together."""
        try:
            for start in range(0, len(content), _CHUNK):
                self._parser.Parse(content[start : start + _CHUNK], False)
                self._file.say()
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise self._file.fault(error.lineno, f"is no XML: {expat.ErrorString(error.code)}") from error
        except (LookupError, ValueError) as error:
            raise self._file.fault(1, "declares an encoding that is not read here; UTF-8 is") from error
        if not self._strokes:
            raise refused(self._file.path, "it holds no pen strokes, which an InkML file has in <trace>")
        groups = [group for group in self._groups if group.traces or group.names]
        if not groups:
            self._whole.traces = list(range(len(self._strokes)))
            groups = [self._whole]
        return [self._drawing(group) for group in groups]

    def _drawing(self, group: _Group) -> Drawn:
        numbers = [*group.traces, *itertools.chain.from_iterable(self._found(group, name) for name in group.names)]
        self._file.count_used(group.line, len(numbers), sum(len(self._strokes[number]) for number in numbers))
        if not numbers:
            raise self._file.fault(group.line, "begins a group of which no traces are in the file")
        return drawn([self._strokes[number] for number in numbers], group.label, group.writer or self._whole.writer)

    def _found(self, group: _Group, name: str) -> list[int]:
        if name not in self._named:
            raise self._file.fault(group.line, f"begins a group with the trace {shown(name)}, which is not in the file")
        return self._named[name].traces

    # --- what the parser reports --------------------------------------------------------------------------

    def _start(self, name: str, attributes: Attributes) -> None:
        begin = self._starts.get(_local(name))
        if begin is not None:
            begin(attributes)

    def _end(self, name: str) -> None:
        finish = self._ends.get(_local(name))
        if finish is not None:
            finish()

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _refuse_doctype(self, *_: object) -> None:
        # Entities can grow without bound and name other files; InkML needs none.
        raise self._fault("declares a document type (<!DOCTYPE …>), which is not read for safety; take it out")

    def _listen(self, attributes: Attributes) -> None:
        self._text, self._attributes, self._line = [], attributes, self._parser.CurrentLineNumber

    # --- strokes ------------------------------------------------------------------------------------------

    def _end_trace(self) -> None:
        text, self._text = "".join(self._text or ()), None
        if self._attributes.get("type", "penDown") != "penDown":
            return
        stroke = parse_trace(text, tuple(self._channels), self._clock, self._attributes, self._file, self._line)
        if len(stroke) == 0:
            return
        number = len(self._strokes)
        self._strokes.append(stroke)
        self._open[-1].traces.append(number)
        self._name(self._attributes, _Group(self._line, traces=[number]))

    def _start_canvas(self, _attributes: Attributes) -> None:
        # Its channels are those of the paper, not those of the traces.
        self._on_canvas = True

    def _end_canvas(self) -> None:
        self._on_canvas = False

    def _start_format(self, _attributes: Attributes) -> None:
        if not self._on_canvas:
            self._channels = []

    def _channel(self, attributes: Attributes) -> None:
        if self._on_canvas:
            return
        self._channels.append(
            Channel(
                attributes.get("name", "").upper(),
                upwards=attributes.get("orientation", "+ve") == "-ve",
                seconds=attributes.get("units", "ms") == "s",
            )
        )

    def _sample_rate(self, attributes: Attributes) -> None:
        value = attributes.get("value", "")
        if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value, re.ASCII) and float(value) >= 1:
            self._clock.rate = float(value)

    # --- groups -------------------------------------------------------------------------------------------

    def _start_group(self, attributes: Attributes) -> None:
        self._file.count_drawing(self._parser.CurrentLineNumber)
        group = _Group(self._parser.CurrentLineNumber, writer=self._open[-1].writer)
        self._groups.append(group)
        self._open.append(group)
        self._name(attributes, group)

    def _end_group(self) -> None:
        self._open.pop()

    def _start_view(self, attributes: Attributes) -> None:
        """Take a view as the names of traces or, without names, as a group."""
        names = attributes.get("traceDataRef", "").split()
        self._views.append(not names)
        if len(names) > MAX_STROKES:
            raise self._fault("names too many traces")
        if names:
            self._open[-1].names += [name.rpartition("#")[2] for name in names]
        else:
            self._start_group(attributes)

    def _end_view(self) -> None:
        if self._views.pop():
            self._end_group()

    def _name(self, attributes: Attributes, group: _Group) -> None:
        for key in ("id", "xml:id"):
            if key in attributes:
                self._named[attributes[key]] = group

    def _end_annotation(self) -> None:
        text, self._text = " ".join("".join(self._text or ()).split()), None
        kind = self._attributes.get("type", "").lower()
        if kind in _LABELS:
            digit = text.strip("$ ")  # as formulas are marked in collections of handwritten mathematics
            self._open[-1].label = int(digit) if digit in DIGITS else None
        elif kind in _WRITERS:
            self._open[-1].writer = text

    def _fault(self, why: str) -> DataError:
        return self._file.fault(self._parser.CurrentLineNumber, why)


def _local(name: str) -> str:
    """Return the name of an element without its namespace's prefix."""
    return name.rpartition(":")[2]
