"""An audit log of what a submission did that no exercise asks for.

It stops nothing but one thing: reaching for the measuring, while the host cannot hear of it. All
else is the sandbox's job. But what was sent to the host cannot be taken back.
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident
from collections.abc import Callable
from types import FrameType
from typing import Any

from .notes import Tell
from .spawn import HOME
from .tampering import Handler, NotToldError

_MOST_NOTES = 200
_SECRET_FOLDERS = {"autograder", "solutions", "submitted", "autograded"}
_SECRET_FILES = {"gradebook.db", "observations.safetensors", "course.toml"}
_AT_HOME = {"127.0.0.1", "::1", "localhost", "", None}
_WRITING = set("wax+")
_SCRATCH = (HOME, "/tmp", "/dev", "/proc", "/content")
"""Where anybody may write, or try: `/content` is where Colab's notebooks keep their files."""
_OWN_MACHINES = ("/home/", "/Users/", "/root", "/kaggle/", "/mnt/", "/media/", "/Volumes/")
"""Where students keep their files elsewhere; here there is nothing."""
_DATA_HOSTS = (
    ".pytorch.org",
    ".github.com",
    ".githubusercontent.com",
    ".huggingface.co",
    ".google.com",
    ".googleapis.com",
    ".googleusercontent.com",
    ".kaggle.com",
    ".zenodo.org",
    ".dropbox.com",
    ".fbaipublicfiles.com",
)
"""Where notebooks fetch data and weights. They get nothing here, and mean no harm."""
_CELLS = "ipykernel_"
_OPENERS = ("pathlib", "IPython/core/interactiveshell")

Hook = Callable[[str, tuple[Any, ...]], None]


def make_hook(*handlers: dict[str, Handler]) -> Hook:
    """An audit hook that calls all the handlers of each event."""
    events = {event for some in handlers for event in some}
    by_event = {e: tuple(some[e] for some in handlers if e in some) for e in events}
    none: tuple[Handler, ...] = ()
    of, frame_at = by_event.get, sys._getframe
    refusal, failures, thread = NotToldError, Exception, get_ident
    asking: dict[int, None] = {}

    def hook(event: str, args: tuple[Any, ...]) -> None:
        handling = of(event, none)
        if not handling:
            return
        own = thread()
        if own in asking:
            return  # this is our own question below
        asking[own] = None
        frame = frame_at(1)
        del asking[own]
        for handle in handling:
            try:
                handle(frame, args)
            except refusal:
                raise
            except failures:
                pass

    return hook


def remarks(tell: Tell, own_folder: str) -> dict[str, Handler]:
    """Handlers of what is of interest to an instructor, and touches nothing that is measured.

    Args:
        tell: sends a note to the host; notes that do not fit are lost.
        own_folder: files in there are the kernel's own.

    Returns:
        The handlers, by event.
    """
    sent: dict[str, None] = {}
    folders, files, at_home, writing = _SECRET_FOLDERS, _SECRET_FILES, _AT_HOME, _WRITING
    scratch = (own_folder, *_SCRATCH, *_OWN_MACHINES)
    cells, openers, data_hosts = _CELLS, (__file__, *_OPENERS), _DATA_HOSTS
    most = _MOST_NOTES
    kind, text, number, encoded, group, size = type, str, int, bytes, tuple, len
    folder_now, plain_path = os.getcwd, os.fspath
    for_writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT

    def remark(about: str, what: str) -> None:
        note = f"{about} {what}"
        if note not in sent and size(sent) < most:
            sent[note] = None
            tell(about, what[:200])

    def path_of(given: Any) -> str:
        if given is None or kind(given) is number:
            return ""
        path = plain_path(given)
        return path.decode("utf-8", "replace") if kind(path) is encoded else f"{path}"

    def straight(path: str) -> str:
        """An absolute path without steps back."""
        parts: list[str] = []
        for part in path.split("/"):
            if part == "..":
                parts = parts[:-1]
            elif part not in ("", "."):
                parts = [*parts, part]
        return "/" + "/".join(parts)

    def is_secret(path: str) -> bool:
        if path.startswith(own_folder):
            return False
        parts = [part for part in path.split("/") if part]
        return not folders.isdisjoint(parts) or not files.isdisjoint(parts[-1:])

    def look(frame: FrameType, args: Any) -> None:
        path = path_of(args[0])
        if is_secret(path):
            remark("open", path)

    def opened(frame: FrameType, args: Any) -> None:
        path, mode, flags = path_of(args[0]), args[1], args[2]
        if kind(mode) is text:
            writes = not writing.isdisjoint(mode)
        else:
            writes = kind(flags) is number and flags & for_writing != 0
        if is_secret(path):
            remark("open", path)
        elif path and writes:
            whole = straight(path if path.startswith("/") else f"{folder_now()}/{path}")
            # Libraries keep caches; only what a cell writes is the student's.
            if not whole.startswith(scratch) and in_a_cell(frame):
                remark("open", whole)

    def in_a_cell(at: FrameType | None) -> bool:
        """Whether a cell's code opens a file, itself or through what Python has for that."""
        while at is not None:
            name = at.f_code.co_filename
            for opener in openers:
                if opener in name:
                    break
            else:
                return cells in name
            at = at.f_back
        return False

    def elsewhere(about: str, address: Any) -> None:
        if kind(address) is not group:
            return  # a socket in the file system
        host = address[0]
        if kind(host) is encoded:
            host = host.decode("utf-8", "replace")
        if host not in at_home and not is_data_host(host):
            remark(about, ":".join([f"{part}" for part in address[:2]]))

    def is_data_host(host: Any) -> bool:
        return kind(host) is text and f".{host}".endswith(data_hosts)

    def downloads(frame: FrameType, args: Any) -> None:
        address = f"{args[0]}"
        server = address.partition("://")[2].partition("/")[0].rpartition("@")[2]
        if not is_data_host(server.partition(":")[0]):
            remark("urllib.Request", address)

    def imported(frame: FrameType, args: Any) -> None:
        if args[0].partition(".")[0] == "autograder":
            remark("import", args[0])

    return {
        "open": opened,
        "os.listdir": look,
        "os.scandir": look,
        "os.chdir": look,
        "socket.connect": lambda frame, args: elsewhere("socket.connect", args[1]),
        "socket.getaddrinfo": lambda frame, args: elsewhere("socket.getaddrinfo", (args[0],)),
        "urllib.Request": downloads,
        "import": imported,
    }
