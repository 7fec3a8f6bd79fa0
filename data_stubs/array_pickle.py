"""Pickles of arrays, written piece by piece: the content never has to be in memory at once.

The result is what numpy 1 writes with ``pickle.dump`` in protocol 4, so ``pickle.load`` can read it
with numpy 1 and numpy 2. The standard library's ``pickletools`` explains the opcodes.
"""

from __future__ import annotations

import pickle
import struct

import numpy as np

PROTOCOL = 4


def _text(value: str) -> bytes:
    encoded = value.encode()
    return pickle.BINUNICODE + struct.pack("<I", len(encoded)) + encoded


def _whole(value: int) -> bytes:
    return pickle.BININT + struct.pack("<i", value)


def _named(module: str, name: str) -> bytes:
    return pickle.GLOBAL + f"{module}\n{name}\n".encode()


def beginning(note: str) -> bytes:
    """Return the start of a pickle with a ``note``, which is dropped when the pickle is read."""
    return pickle.PROTO + bytes([PROTOCOL]) + _text(note) + pickle.POP


def note_of(start: bytes) -> str | None:
    """Return the note in a pickle that begins with ``start``, or ``None`` if there is none."""
    before = len(beginning("")) - len(pickle.POP)
    if start[: before - 4] != beginning("")[: before - 4] or len(start) < before:
        return None
    (length,) = struct.unpack("<I", start[before - 4 : before])
    end = before + length
    if start[end : end + 1] != pickle.POP:
        return None
    return start[before:end].decode(errors="replace")


def before_bytes(shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    """Return what precedes the bytes of an array, which are in C order."""
    kind = dtype.newbyteorder("<").str
    sizes = b"".join(map(_whole, shape))
    n_bytes = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    return b"".join(
        (
            _named("numpy.core.multiarray", "_reconstruct"),
            _named("numpy", "ndarray"), _whole(0), pickle.TUPLE1, _short_bytes(b"b"),
            pickle.TUPLE3, pickle.REDUCE,
            # The state: version, shape, type, whether in Fortran order, the bytes.
            pickle.MARK, _whole(1), pickle.MARK, sizes, pickle.TUPLE,
            _named("numpy", "dtype"), _text(kind[1:]), pickle.NEWFALSE, pickle.NEWTRUE,
            pickle.TUPLE3, pickle.REDUCE,
            pickle.MARK, _whole(3), _text(kind[0]), 3 * pickle.NONE,
            _whole(-1), _whole(-1), _whole(0), pickle.TUPLE, pickle.BUILD,
            pickle.NEWFALSE, pickle.BINBYTES8, struct.pack("<Q", n_bytes),
        )
    )  # fmt: skip


def _short_bytes(value: bytes) -> bytes:
    return pickle.SHORT_BINBYTES + bytes([len(value)]) + value


AFTER_BYTES = pickle.TUPLE + pickle.BUILD
"""What follows the bytes of an array."""

ENDING_OF_A_PAIR = pickle.TUPLE2 + pickle.STOP
"""The end of a pickle that holds a pair."""

BEGINNING_OF_A_DICT = pickle.EMPTY_DICT + pickle.MARK
"""What follows the beginning of a pickle that holds a dict; then come keys and arrays in turn."""

ENDING_OF_A_DICT = pickle.SETITEMS + pickle.STOP
"""The end of a pickle that holds a dict."""


def key(name: str) -> bytes:
    """Return a dict's key; what comes next is its value."""
    return _text(name)
