"""Reading pickles of arrays from untrusted sources.

A pickle is a small program, and ``pickle.load`` runs whatever it says. The data sets that come as
pickles hold numpy arrays in plain containers, so this module allows only what builds those: a short
list of opcodes, and safe versions of a few functions.
"""

from __future__ import annotations

import codecs
import math
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np

from poselab.datasets.errors import DatasetError
from poselab.datasets.packed import check_unpacked

_DEEPEST = 50
"""The deepest nesting of containers that is allowed; data sets need two or three."""
_PIECE = 1 << 24
"""How many bytes of an array are read at a time; reading them takes as much memory again."""
_SMALL = 1 << 16
_MOST_SMALL = 1 << 24
"""How many bytes of a file may be instructions, numbers and short strings, rather than arrays."""


class UnsafePickleError(DatasetError):
    """The pickle asks for more than arrays and plain containers."""


def load_pickle(path: str | Path) -> Any:
    """Load a pickle of numpy arrays, numbers and strings in tuples, lists and dicts.

    Reads protocols 0 to 5, and pickles from Python 2, numpy 1 and numpy 2. Nothing in the file is
    ever run. Large arrays are read piece by piece and not copied, in whatever form a protocol keeps
    them, so reading needs hardly more memory than the arrays themselves.

    Args:
        path: the file.

    Returns:
        The content.

    Raises:
        FileNotFoundError: there is no file at ``path``.
        UnsafePickleError: the file asks for anything other than arrays and plain containers.
        DatasetError: the file is cut short, damaged, not a pickle or still compressed.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file at {path}: give the path of a pickle.")
    check_unpacked(path)
    with path.open("rb") as file:
        try:
            return _Reader(_Bounded(file, path.stat().st_size)).load()
        except _UnwantedError as error:
            raise UnsafePickleError(
                f"{path} {error}, which arrays do not need: nothing was run. Do not open this file "
                "with pickle.load; get the data set from a source you trust."
            ) from None
        except Exception as error:
            # Invalid bytes make opcodes fail in many ways: on an empty stack, an unknown name...
            raise DatasetError(
                f"{path} is cut short, damaged or not a pickle of arrays: download or generate it "
                "again."
            ) from error


class _UnwantedError(Exception):
    """What a pickle does that is not allowed: a sentence's middle, after the file's name."""


class _Bounded:
    """A file that cannot be read beyond its end or hold more instructions than arrays need."""

    def __init__(self, file: BinaryIO, n_bytes: int) -> None:
        self._file = file
        self._small = 0
        self.n_bytes = n_bytes

    def read(self, wanted: int) -> bytes:
        # Checked before memory is allocated: a file can claim any length.
        if wanted > self.n_bytes - self._file.tell():
            raise EOFError
        if wanted < _SMALL:
            self.count(wanted)
        return self._file.read(wanted)

    def readline(self) -> bytes:
        line = self._file.readline(_SMALL)
        if not line.endswith(b"\n"):
            raise EOFError
        self.count(len(line))
        return line

    def line_pieces(self) -> Iterator[bytes]:
        """A line of any length, piece by piece; the last piece ends with the newline."""
        piece = self._file.readline(_PIECE)
        if len(piece) < _SMALL:
            self.count(len(piece))
        while not piece.endswith(b"\n"):
            if not piece:
                raise EOFError
            yield piece
            piece = self._file.readline(_PIECE)
        yield piece

    def count(self, n_bytes: int) -> None:
        """Count bytes that may hold instructions, because each instruction takes memory."""
        self._small += n_bytes
        if self._small > _MOST_SMALL:
            raise _UnwantedError("has too many instructions")


class _Type:
    """A dtype, which a pickle builds in two steps."""

    def __init__(self, name: str) -> None:
        # No objects, records or dates; and a type of no bytes would allow endless arrays.
        if not isinstance(name, str) or name.lstrip("<>|=")[:1] not in tuple("?biufcSU"):
            raise _UnwantedError(f"asks for an array of {name!r}")
        self.dtype = np.dtype(name)
        if self.dtype.kind not in "biufcSU" or self.dtype.itemsize == 0:
            raise _UnwantedError(f"asks for an array of {name!r}")

    def build(self, state: tuple[Any, ...]) -> None:
        _, order, base, names, fields, *_ = state
        if (base, names, fields) != (None, None, None):
            raise _UnwantedError("asks for an array of records")
        self.dtype = self.dtype.newbyteorder(order if order in ("<", ">") else "=")


class _Text:
    """A long text of characters below 256, one byte for each: the form older protocols give bytes.

    Args:
        content: the bytes.
    """

    def __init__(self, content: bytearray) -> None:
        self._content = content
        self._taken = False

    def __len__(self) -> int:
        return len(self._content)

    def as_bytes(self) -> bytearray:
        """The bytes; without a copy the first time, so that two arrays never share them."""
        content = bytearray(self._content) if self._taken else self._content
        self._taken = True
        return content

    def as_text(self) -> str:
        """The text itself."""
        return self._content.decode("latin1")


class _Array:
    """An array, which a pickle builds in two steps."""

    values: np.ndarray

    def build(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, fortran, content = state
        self.values = _array(content, kind, shape, "F" if fortran else "C")


def _array(content: Any, kind: Any, shape: Any, order: Any) -> np.ndarray:
    """Make an array of the bytes ``content``; it shares a bytearray's memory."""
    if not isinstance(kind, _Type):
        raise _UnwantedError("asks for an array of a foreign type")
    if not isinstance(content, (str, bytes, bytearray, _Text)):
        raise _UnwantedError("asks for an array of objects")
    if len(content) != math.prod(shape) * kind.dtype.itemsize:
        raise ValueError
    if isinstance(content, _Text):
        content = content.as_bytes()
    elif isinstance(content, str):  # Python 2's bytes
        content = bytearray(content, "latin1")
    elif isinstance(content, bytes):
        content = bytearray(content)  # so that the array can be written to
    return np.frombuffer(content, kind.dtype).reshape(shape, order="F" if order == "F" else "C")


def _from_buffer(content: Any, kind: Any, shape: Any, order: Any) -> _Array:
    array = _Array()
    array.values = _array(content, kind, shape, order)
    return array


def _scalar(kind: Any, content: Any) -> np.generic:
    return _array(content, kind, (1,), "C")[0]


class _Name(str):
    """The name of a class or function; a pickle never gets the thing itself."""


_ARRAY_CLASS = "numpy.ndarray"
_ENCODE = "_codecs.encode"
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "numpy.dtype": lambda name, *_: _Type(name),
    # Protocol 2 has no bytes: empty ones are a call, and others are encoded as text.
    "__builtin__.bytes": lambda: b"",
    # Their module has one name in numpy 1 and another in numpy 2.
    **{
        f"numpy.{core}.{name}": function
        for core in ("core", "_core")
        for name, function in (
            ("multiarray._reconstruct", lambda *_: _Array()),
            ("multiarray.scalar", _scalar),
            ("numeric._frombuffer", _from_buffer),
        )
    },
}

_HARMLESS = """
    MARK STOP POP POP_MARK DUP PROTO MEMOIZE PUT BINPUT LONG_BINPUT GET BINGET LONG_BINGET
    NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT
    SHORT_BINSTRING SHORT_BINUNICODE SHORT_BINBYTES TUPLE EMPTY_TUPLE TUPLE1 TUPLE2 TUPLE3
    LIST EMPTY_LIST APPEND APPENDS DICT EMPTY_DICT SETITEM SETITEMS GLOBAL STACK_GLOBAL
"""
_REFUSED = "INST OBJ NEWOBJ NEWOBJ_EX EXT1 EXT2 EXT4 PERSID BINPERSID NEXT_BUFFER READONLY_BUFFER"


def _code(name: str) -> int:
    return getattr(pickle, name)[0]


class _Reader(pickle._Unpickler):
    """The standard library's Python unpickler, restricted to harmless opcodes.

    Its C version allocates as much memory as a file claims to need.
    """

    stack: list[Any]
    append: Callable[[Any], None]
    read: Callable[[int], bytes]
    readinto: Callable[[memoryview], int]
    readline: Callable[[], bytes]
    _unframer: Any

    def __init__(self, file: _Bounded) -> None:
        super().__init__(file, encoding="latin1", fix_imports=False)
        self._bounded = file
        # All text to encode is in the file once, but a pickle may repeat what it has memoised.
        self._may_encode = 2 * file.n_bytes

    def load(self) -> Any:
        """Return the pickle's content, with real arrays."""
        return _finished(super().load(), {}, 0)

    def find_class(self, module: str, name: str) -> Any:
        """Return the name of what the pickle asks for, if arrays need it."""
        wanted = _Name(f"{module}.{name}")
        if wanted not in _FUNCTIONS and wanted not in (_ARRAY_CLASS, _ENCODE):
            raise _UnwantedError(f"asks for {wanted}")
        return wanted

    def _call(self) -> None:
        arguments = self.stack.pop()
        name = self.stack[-1]
        if not isinstance(name, _Name) or name == _ARRAY_CLASS:
            raise _UnwantedError(f"calls a {type(name).__name__}")
        function = self._encode if name == _ENCODE else _FUNCTIONS[name]
        self.stack[-1] = function(*arguments)

    def _encode(self, text: str | _Text, encoding: str) -> bytes | bytearray:
        self._may_encode -= len(text)
        if self._may_encode < 0:
            raise _UnwantedError("repeats its content until the memory is full")
        if encoding != "latin1":
            raise _UnwantedError(f"asks for the encoding {encoding!r}")
        return text.as_bytes() if isinstance(text, _Text) else text.encode("latin1")

    def _build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if not isinstance(target, (_Type, _Array)):
            raise _UnwantedError(f"changes a {type(target).__name__}")
        target.build(state)

    def _read_frame(self) -> None:
        n_bytes = int.from_bytes(self.read(8), "little")
        self._bounded.count(n_bytes)
        self._unframer.load_frame(n_bytes)

    def _read_bytes(self, n_bytes: int) -> None:
        if n_bytes > self._bounded.n_bytes:
            raise EOFError
        # An array that shares a bytearray's memory is writable without another copy.
        content = memoryview(bytearray(n_bytes))
        for first in range(0, n_bytes, _PIECE):
            self.readinto(content[first : first + _PIECE])
        self.append(content.obj)

    def _read_text(self, n_bytes: int, codec: str, errors: str = "strict") -> None:
        if n_bytes > self._bounded.n_bytes:
            raise EOFError
        if n_bytes < _SMALL:
            self.append(self.read(n_bytes).decode(codec, errors))
            return
        sizes = [_PIECE] * (n_bytes // _PIECE) + [n_bytes % _PIECE]
        self.append(_decoded(map(self.read, sizes), codec, errors))

    def _read_unicode_line(self) -> None:
        self.append(_decoded(_without_newline(self._line_pieces()), "raw-unicode-escape"))

    def _read_string_line(self) -> None:
        """A text between quotes, with Python's escapes: the bytes of Python 2 in protocol 0."""
        text = _decoded(_unquoted(_without_newline(self._line_pieces())), "unicode-escape")
        self.append(text)

    def _line_pieces(self) -> Iterator[bytes]:
        if self._unframer.current_frame:
            return iter([self.readline()])
        return self._bounded.line_pieces()

    def _refuse(self) -> None:
        raise _UnwantedError("asks for instances of a class")

    dispatch: ClassVar[dict[int, Callable[..., None]]] = {
        **{_code(name): pickle._Unpickler.dispatch[_code(name)] for name in _HARMLESS.split()},
        **dict.fromkeys(map(_code, _REFUSED.split()), _refuse),
        _code("REDUCE"): _call,
        _code("BUILD"): _build,
        _code("FRAME"): _read_frame,
        _code("BINBYTES"): lambda self: self._read_bytes(int.from_bytes(self.read(4), "little")),
        _code("BINBYTES8"): lambda self: self._read_bytes(int.from_bytes(self.read(8), "little")),
        _code("STRING"): _read_string_line,
        _code("UNICODE"): _read_unicode_line,
        _code("BINSTRING"): lambda self: self._read_text(
            int.from_bytes(self.read(4), "little"), "latin1"
        ),
        _code("BINUNICODE"): lambda self: self._read_text(
            int.from_bytes(self.read(4), "little"), "utf-8", "surrogatepass"
        ),
        _code("BINUNICODE8"): lambda self: self._read_text(
            int.from_bytes(self.read(8), "little"), "utf-8", "surrogatepass"
        ),
        _code("BYTEARRAY8"): lambda self: self._read_bytes(int.from_bytes(self.read(8), "little")),
    }


def _decoded(pieces: Iterator[bytes], codec: str, errors: str = "strict") -> str | _Text:
    """Decode a text piece by piece; a long one is kept as bytes, if a byte a character will do."""
    decoder = codecs.getincrementaldecoder(codec)(errors)
    content = bytearray()
    for piece in pieces:
        text = decoder.decode(piece)
        try:
            content += text.encode("latin1")
        except UnicodeEncodeError:
            start = content.decode("latin1") + text
            return start + "".join(map(decoder.decode, pieces)) + decoder.decode(b"", final=True)
    end = decoder.decode(b"", final=True)
    if len(content) < _SMALL:
        return content.decode("latin1") + end
    content += end.encode("latin1")
    return _Text(content)


def _without_newline(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A line's pieces, the last one without its end."""
    for piece in pieces:
        yield piece.removesuffix(b"\n")


def _unquoted(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What is between two quotes of the same kind."""
    first = next(pieces)
    quote, held = first[:1], first[1:]
    if quote not in (b"'", b'"'):
        raise ValueError
    for piece in pieces:
        yield held[:-1]
        held = held[-1:] + piece
    if not held.endswith(quote):
        raise ValueError
    yield held[:-1]


def _finished(value: Any, known: dict[int, Any], depth: int) -> Any:
    """Replace the builders in ``value`` by the arrays that they have built.

    What occurs several times is finished once; otherwise a small pickle could keep a machine busy.

    Raises:
        _UnwantedError: there is a name in ``value``, or it is nested without end.
    """
    if depth > _DEEPEST:
        raise _UnwantedError("nests containers without end")
    if id(value) not in known:
        match value:
            case _Array():
                done: Any = value.values
            case _Type():
                done = value.dtype
            case _Text():
                done = value.as_text()
            case _Name():
                raise _UnwantedError(f"asks for {value}")
            case list() | tuple():
                done = type(value)(_finished(item, known, depth + 1) for item in value)
            case dict():
                done = {
                    key.as_text() if isinstance(key, _Text) else key: _finished(
                        item, known, depth + 1
                    )
                    for key, item in value.items()
                }
            case _:
                done = value
        known[id(value)] = done
    return known[id(value)]
