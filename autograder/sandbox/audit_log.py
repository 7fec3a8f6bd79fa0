"""What a kernel's audit log says, in sentences."""

from __future__ import annotations

import json
import socket

_SENTENCES = {
    "socket.connect": "The code tried to connect to {}.",
    "socket.getaddrinfo": "The code tried to look up the address of {}.",
    "urllib.Request": "The code tried to download {}.",
    "open": "The code tried to open {}.",
    "import": "The code tried to import {}.",
    "peek": "The code inspected its callers (in `{}`).",
}
_LONGEST_NOTE = 4096
_MOST_NOTES = 400


class AuditLog:
    """Collects a kernel's audit log.

    Args:
        notes: our end of its datagram socket.
    """

    def __init__(self, notes: socket.socket) -> None:
        self._notes = notes
        self._notes.setblocking(False)
        self._sentences: dict[str, None] = {}
        self._started = 0
        self._read = 0

    def read(self) -> list[str]:
        """One sentence for each kind of thing that the kernel's code did."""
        while self._read < _MOST_NOTES:
            try:
                note = self._notes.recv(_LONGEST_NOTE)
            except OSError:
                break
            if not note:
                break
            self._read += 1
            self._take(note)
        sentences = list(self._sentences)
        if self._started:
            times = "once" if self._started == 1 else f"{self._started} times or more"
            sentences.append(f"The code started other processes ({times}).")
        return sentences

    def close(self) -> None:
        """Read what is left and close the socket."""
        self.read()
        self._notes.close()

    def _take(self, note: bytes) -> None:
        # The submission itself may have written this.
        try:
            kind, what = json.loads(note)
            if kind == "process":
                self._started = max(self._started, min(int(what), 1 << 20))
            elif kind in _SENTENCES and isinstance(what, str):
                self._sentences[_SENTENCES[kind].format(_printable(what))] = None
        except (ValueError, TypeError):
            return


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:200])
