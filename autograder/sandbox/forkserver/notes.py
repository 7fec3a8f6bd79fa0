"""Sending notes to the host, one datagram each."""

from __future__ import annotations

import json.encoder
import os
from collections.abc import Callable

LONGEST_NOTE = 1024

Tell = Callable[[str, str], bool]
"""A kind and what there is to say -> whether it was sent."""


def make_sender(notes: int | None) -> Tell:
    """A function that sends notes.

    It calls only what is written in C: a student's code may have replaced anything else. That code
    may also have put another file in the socket's place, which would swallow the notes.

    Args:
        notes: the descriptor of the socket; ``None`` where nobody listens.

    Returns:
        The function.
    """
    if notes is None:
        return lambda kind, what: True
    os.set_blocking(notes, False)
    status, write, quote = os.fstat, os.write, json.encoder.encode_basestring_ascii
    longest, failures, descriptor = LONGEST_NOTE, (OSError, ValueError), notes
    then = status(descriptor)
    device, inode = then.st_dev, then.st_ino

    def tell(kind: str, what: str) -> bool:
        try:
            now = status(descriptor)
            if now.st_ino != inode or now.st_dev != device:
                return False
            write(descriptor, f"[{quote(kind)}, {quote(what[:longest])}]".encode())
        except failures:
            return False
        return True

    return tell
