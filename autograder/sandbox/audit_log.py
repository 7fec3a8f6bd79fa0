"""What a kernel's audit log says, in sentences, and whether it bears out the kernel's replies."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any

from autograder.sandbox.forkserver.requests import EXAMINED, make_seal

_SENTENCES = {
    "socket.connect": "The code tried to connect to {}.",
    "socket.getaddrinfo": "The code tried to look up the address of {}.",
    "urllib.Request": "The code tried to download {}.",
    "open": "The code tried to open {}.",
    "import": "The code tried to import {}.",
    "tampered": "the code {}.",
}
_MORE = {
    "socket.connect": "The code tried to connect to {} more addresses.",
    "socket.getaddrinfo": "The code tried to look up {} more addresses.",
    "urllib.Request": "The code tried to download {} more files.",
    "open": "The code tried to open {} more files.",
    "import": "The code tried to import {} more modules.",
}
MOST_OF_A_KIND = 10
"""Things of one kind that are named; the rest are counted."""

_LONGEST_NOTE = 8192
_MOST_NOTES = 2000

FLOODED = "filled its audit log"
NOT_VOUCHED_FOR = "closed its audit log, or sent a reply that is not the grader's own"


class AuditLog:
    """Collects a kernel's audit log.

    Args:
        notes: our end of its socket.
        key: what the kernel's replies are sealed with.
    """

    def __init__(self, notes: socket.socket, key: bytes = b"") -> None:
        self._notes = notes
        self._notes.setblocking(False)
        self._seal = make_seal(key)
        self._sentences: dict[str, dict[str, None]] = {kind: {} for kind in _SENTENCES}
        self._tampering: dict[str, None] = {}
        self._seals: list[str] = []
        self._read = 0

    def read(self) -> list[str]:
        """A sentence for each thing that the kernel's code did, or for many of one kind."""
        while self._read < _MOST_NOTES:
            try:
                note = self._notes.recv(_LONGEST_NOTE)
            except OSError:
                break
            if not note:
                break
            self._read += 1
            self._take(note)
        if self._read == _MOST_NOTES:
            self._read += 1
            self._take(json.dumps(("tampered", FLOODED)).encode())
        return [sentence for kind in _SENTENCES for sentence in self._of(kind)]

    def tampering(self) -> list[str]:
        """What the kernel's code did, since this was last asked, to what is measured beside it."""
        self.read()
        found, self._tampering = list(self._tampering), {}
        return found

    def vouches_for(
        self, demand: Mapping[str, Any], reply: Mapping[str, Any], content: bytes
    ) -> bool:
        """Whether what runs cases has said, here, that this is its reply, and nothing else.

        Args:
            demand: what was asked, with its nonce.
            reply: what came back.
            content: the observations that came with it.

        Returns:
            Whether it has.
        """
        self.read()
        seals, self._seals = self._seals, []
        return seals == [f"{demand['nonce']} {self._seal(demand, reply, content)}"]

    def close(self) -> None:
        """Read what is left and close the socket."""
        self.read()
        self._notes.close()

    def _of(self, kind: str) -> list[str]:
        named = list(self._sentences[kind])
        more = len(named) - MOST_OF_A_KIND
        if kind not in _MORE or more < 2:
            return named
        return [*named[:MOST_OF_A_KIND], _MORE[kind].format(more)]

    def _take(self, note: bytes) -> None:
        # The submission itself may have written this.
        try:
            kind, what = json.loads(note)
            if not isinstance(kind, str) or not isinstance(what, str):
                return
            if kind == EXAMINED:
                self._seals.append(what)
            elif kind in _SENTENCES:
                sentence = _SENTENCES[kind].format(_printable(what))
                self._sentences[kind][sentence] = None
                if kind == "tampered":
                    self._tampering[_printable(what)] = None
        except (ValueError, TypeError):
            return


def tells_of_tampering(sentence: str) -> bool:
    """Whether a sentence of the log is about the process itself, not about what it reached for."""
    return sentence.startswith(_SENTENCES["tampered"].partition("{}")[0])


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:900])
