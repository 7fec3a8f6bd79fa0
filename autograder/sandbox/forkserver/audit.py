"""An audit log of what a submission tried that no exercise asks for.

It stops nothing: that is the sandbox's job. But what was sent to the host cannot be taken back.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import PurePath
from types import FrameType
from typing import Any

from .spawn import HOME

_MOST_NOTES = 200
_SECRET_FOLDERS = {"autograder", "solutions", "submitted", "autograded"}
_SECRET_FILES = {"gradebook.db", "observations.safetensors", "course.toml"}
_AT_HOME = {"127.0.0.1", "::1", "localhost", "", None}
_PEEKING = {
    "sys._getframe",
    "sys._current_frames",
    "gc.get_objects",
    "gc.get_referrers",
    "sys.settrace",
    "sys.setprofile",
    "object.__setattr__",
}
_WRITING = set("wax+")
_SCRATCH = (HOME, "/tmp", "/dev", "/proc", "/content")
"""Where anybody may write, or try: `/content` is where Colab's notebooks keep their files."""
_STARTING = {"subprocess.Popen", "os.system", "os.fork", "os.forkpty", "os.exec", "os.posix_spawn"}
_LOOKING = {"os.listdir", "os.scandir", "os.chdir"}
_CELLS = "ipykernel_"
_OPENERS = (__file__, "pathlib", "IPython/core/interactiveshell")


class Auditor:
    """Notes events and sends them off, each kind and object once.

    Args:
        notes: the descriptor of a datagram socket; notes that do not fit are lost.
        own_folder: files in there are the kernel's own.
    """

    def __init__(self, notes: int, own_folder: str) -> None:
        self.notes = socket.socket(fileno=notes)
        self.notes.setblocking(False)
        self.own_folder = own_folder
        self.examining = False

    def install(self) -> None:
        """Start listening. There is no way to stop."""
        sys.addaudithook(self._hook())

    def _hook(self) -> Callable[[str, tuple[Any, ...]], None]:
        handlers: dict[str, Callable[[tuple[Any, ...]], str | None]] = {
            "socket.connect": lambda args: _elsewhere(args[1]),
            "socket.getaddrinfo": lambda args: _elsewhere((args[0],)),
            "urllib.Request": lambda args: str(args[0]),
            "import": lambda args: args[0] if args[0].split(".")[0] == "autograder" else None,
            **dict.fromkeys(_LOOKING, self._secret),
            "open": self._opened,
            **dict.fromkeys(_STARTING, lambda args: ""),
            **dict.fromkeys(_PEEKING, self._peeked),
        }
        kinds = {event: "process" for event in _STARTING} | dict.fromkeys(_LOOKING, "open")
        kinds |= dict.fromkeys(_PEEKING, "peek")
        seen: set[tuple[str, str]] = set()
        started = 0
        busy = False
        send = self.notes.send

        def hook(event: str, args: tuple[Any, ...]) -> None:
            nonlocal busy, started
            handler = handlers.get(event)
            if handler is None or busy:
                return
            busy = True
            try:
                what = handler(args)
                if what is None:
                    return
                kind = kinds.get(event, event)
                if kind == "process":
                    started += 1
                    # 1, 2, 4, 8...: often enough to know roughly how many there were.
                    if started & (started - 1):
                        return
                    what = str(started)
                note = kind, what[:200]
                if note not in seen and len(seen) < _MOST_NOTES:
                    seen.add(note)
                    send(json.dumps(note).encode())
            except Exception:
                return
            finally:
                busy = False

        return hook

    def _secret(self, args: tuple[Any, ...]) -> str | None:
        path = args[0]
        if isinstance(path, int) or path is None:
            return None
        path = os.fsdecode(path)
        if path.startswith(self.own_folder):
            return None
        parts = PurePath(path).parts
        secret = parts and (parts[-1] in _SECRET_FILES or not _SECRET_FOLDERS.isdisjoint(parts))
        return path if secret else None

    def _opened(self, args: tuple[Any, ...]) -> str | None:
        secret = self._secret(args)
        if secret is not None or isinstance(args[0], int) or not _writes(args[1], args[2]):
            return secret
        path = os.path.abspath(os.fsdecode(args[0]))
        # Libraries keep caches; only what a cell writes is the student's.
        if path.startswith((self.own_folder, *_SCRATCH)) or not _in_a_cell():
            return None
        return path

    def _peeked(self, args: tuple[Any, ...]) -> str | None:
        if not self.examining:
            return None
        # This method, the hook, and then whoever caused the event.
        caller = sys._getframe(2).f_code
        return caller.co_name if _CELLS in caller.co_filename else None


def _writes(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return not _WRITING.isdisjoint(mode)
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def _in_a_cell() -> bool:
    """Whether a cell's code opens a file, itself or through what Python has for that."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and any(opener in frame.f_code.co_filename for opener in _OPENERS):
        frame = frame.f_back
    return frame is not None and _CELLS in frame.f_code.co_filename


def _elsewhere(address: Any) -> str | None:
    if not isinstance(address, tuple):
        return None  # a socket in the file system
    host = address[0]
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    return None if host in _AT_HOME else ":".join(map(str, address[:2]))
