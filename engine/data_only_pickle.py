"""A reader of pickles that can only hold data: lists, dicts, texts, numbers and NumPy arrays.

A pickle is a program: Python's own reader imports and calls what it names. This one takes the program apart with
:func:`pickletools.genops`, which only decodes it, and follows the few instructions that data need. None of them
imports or calls anything: the four names by which NumPy describes its arrays and numbers are recognised as words,
and even for those no code of NumPy's unpickling runs. ``pickle.Unpickler`` with a narrow ``find_class`` would not
do: by memo numbers, nested tuples and lengths it can still be made to reserve enormous memory or to overflow the
stack.
"""

from __future__ import annotations

import math
import pickletools
from collections.abc import Callable
from enum import Enum
from pickle import UnpicklingError
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_INSTRUCTIONS = 2_000_000
"""More than a network of a million single floats needs; every instruction may cost some 60 bytes."""

_NUMBERS = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")
_OBJECTS = ("O", "O4", "O8")
# Compared one by one, never hashed: hashing what a hostile file holds may take for ever.
_ORDERS = ("<", ">", "=", "|")


class _Name(Enum):
    """What a pickle may name."""

    RECONSTRUCT = "an empty array, to be filled"
    SCALAR = "a number of a given type"
    ARRAY = "the class of arrays"
    DTYPE = "a type of numbers"


_NAMES = {
    ("numpy", "ndarray"): _Name.ARRAY,
    ("numpy", "dtype"): _Name.DTYPE,
    ("numpy.core.multiarray", "_reconstruct"): _Name.RECONSTRUCT,
    ("numpy.core.multiarray", "scalar"): _Name.SCALAR,
    ("numpy._core.multiarray", "_reconstruct"): _Name.RECONSTRUCT,
    ("numpy._core.multiarray", "scalar"): _Name.SCALAR,
}


class _Type:
    """A type of numbers, or ``O`` for objects, while it is being described."""

    def __init__(self, code: str) -> None:
        self.code, self.order = code.lstrip("|"), "="
        if self.code not in _NUMBERS + _OBJECTS:
            raise UnpicklingError(f"it holds values of type {code[:20]!r}, not numbers")

    def numbers(self, raw: bytes) -> NDArray[Any]:
        return np.frombuffer(raw, np.dtype(self.code).newbyteorder(self.order))  # type: ignore[arg-type]


class DataArray:
    """An array: its `values` are numbers, or a list if it is an array of objects; None if they never came."""

    values: NDArray[Any] | list[Any] | None = None


class _Mark:
    """Where a group of values begins."""


class DataOnlyUnpickler:
    """Puts together lists, dicts, texts, numbers and NumPy arrays from a pickle; everything else it refuses.

    Parameters
    ----------
    data : bytes
        The pickle.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def load(self) -> Any:
        """Return what the pickle describes.

        Raises
        ------
        UnpicklingError
            When it names or does anything that plain data do not need; its text is a clause for people.
        """
        for count, (instruction, argument, _) in enumerate(pickletools.genops(self._data)):
            if count >= MOST_INSTRUCTIONS:
                raise UnpicklingError("it describes far more values than a network has")
            if instruction.name == "STOP":
                return self._stack.pop()
            follow = _INSTRUCTIONS.get(instruction.name)
            if follow is None:
                raise UnpicklingError(
                    f"its pickle uses the instruction {instruction.name}, which plain data do not need"
                )
            follow(self, argument)
        raise UnpicklingError("it is cut short")

    def find_class(self, module: str, name: str) -> _Name:
        """Recognise one of NumPy's names; nothing is imported."""
        known = _NAMES.get((module, name))
        if known is None:
            asked = f"{module}.{name}"[:60]
            raise UnpicklingError(f"it is a pickle that asks for {asked}, which could run code; nothing of it was run")
        return known

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _mark(self, _: None) -> None:
        self._stack.append(_Mark)

    def _since_mark(self) -> list[Any]:
        place = len(self._stack) - 1
        while self._stack[place] is not _Mark:
            place -= 1
            if place < 0:
                raise UnpicklingError("its pickle is damaged")
        values = self._stack[place + 1 :]
        del self._stack[place:]
        return values

    def _tuple(self, size: int | None) -> None:
        if size is None:
            self._stack.append(tuple(self._since_mark()))
        elif size == 0:
            self._stack.append(())
        else:
            self._stack[-size:] = [tuple(self._stack[-size:])]

    def _memoize(self, place: int | None) -> None:
        self._memo[len(self._memo) if place is None else place] = self._stack[-1]

    def _recall(self, place: int) -> None:
        self._stack.append(self._memo[place])

    def _append(self, values: list[Any]) -> None:
        if not isinstance(self._stack[-1], list):
            raise UnpicklingError("its pickle is damaged")
        self._stack[-1].extend(values)

    def _set(self, values: list[Any]) -> None:
        keys, target = values[::2], self._stack[-1]
        # A key must be hashed, and hashing tuples of tuples may take for ever or overflow the stack.
        if not isinstance(target, dict) or not all(isinstance(key, str) for key in keys):
            raise UnpicklingError("its pickle holds names that are not texts")
        target.update(zip(keys, values[1::2], strict=True))

    def _global(self, argument: str | None) -> None:
        if argument is None:
            name, module = self._stack.pop(), self._stack.pop()
        else:
            module, name = argument.split(" ", 1)
        if not isinstance(module, str) or not isinstance(name, str):
            raise UnpicklingError("its pickle is damaged")
        self._stack.append(self.find_class(module, name))

    def _reduce(self, _: None) -> None:
        """Make what a known name stands for; there is nothing here that could be called."""
        arguments, name = self._stack.pop(), self._stack.pop()
        if name is _Name.RECONSTRUCT and arguments[0] is _Name.ARRAY:
            self._stack.append(DataArray())
        elif name is _Name.DTYPE and isinstance(arguments[0], str):
            self._stack.append(_Type(arguments[0]))
        elif name is _Name.SCALAR and isinstance(arguments[0], _Type):
            self._stack.append(arguments[0].numbers(arguments[1])[0].item())
        else:
            raise UnpicklingError("its pickle makes objects other than arrays and numbers")

    def _build(self, _: None) -> None:
        state, target = self._stack.pop(), self._stack[-1]
        if isinstance(target, _Type) and isinstance(state, tuple) and state[1] in _ORDERS:
            target.order = state[1]
        elif isinstance(target, DataArray) and isinstance(state, tuple):
            target.values = _filled(*state[1:])
        else:
            raise UnpicklingError("its pickle changes objects other than arrays")


def _filled(shape: tuple[int, ...], dtype: _Type, by_columns: bool, content: Any) -> NDArray[Any] | list[Any]:
    """Return an array's content: a list for an array of objects, which has one axis here."""
    if isinstance(content, list):
        if shape == () and len(content) == 1 and isinstance(content[0], list):
            return content[0]  # an array without dimensions, around the list itself
        if shape != (len(content),):
            raise UnpicklingError(f"it holds an array of objects of shape {shape}, not a list of layers")
        return content
    numbers = dtype.numbers(content)
    if not all(isinstance(size, int) for size in shape) or math.prod(shape) != len(numbers):
        raise UnpicklingError("one of its arrays is not as long as it says")
    return numbers.reshape(shape, order="F" if by_columns else "C")


_D = DataOnlyUnpickler
_INSTRUCTIONS: dict[str, Callable[[DataOnlyUnpickler, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME"), lambda reader, _: None),
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"), _D._push),
    **dict.fromkeys(("BINUNICODE", "SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"), _D._push),
    "NONE": lambda reader, _: reader._push(None),
    "NEWTRUE": lambda reader, _: reader._push(True),
    "NEWFALSE": lambda reader, _: reader._push(False),
    "EMPTY_LIST": lambda reader, _: reader._push([]),
    "EMPTY_DICT": lambda reader, _: reader._push({}),
    "MARK": _D._mark,
    "EMPTY_TUPLE": lambda reader, _: reader._tuple(0),
    "TUPLE1": lambda reader, _: reader._tuple(1),
    "TUPLE2": lambda reader, _: reader._tuple(2),
    "TUPLE3": lambda reader, _: reader._tuple(3),
    "TUPLE": lambda reader, _: reader._tuple(None),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "MEMOIZE"), _D._memoize),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _D._recall),
    "APPEND": lambda reader, _: reader._append([reader._stack.pop()]),
    "APPENDS": lambda reader, _: reader._append(reader._since_mark()),
    "SETITEM": lambda reader, _: reader._set([reader._stack.pop(-2), reader._stack.pop()]),
    "SETITEMS": lambda reader, _: reader._set(reader._since_mark()),
    **dict.fromkeys(("GLOBAL", "STACK_GLOBAL"), _D._global),
    "REDUCE": _D._reduce,
    "BUILD": _D._build,
}
