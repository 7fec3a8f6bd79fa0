"""Calls of our own functions in processes that may not take more than they should.

Reading a notebook, or making a page of it, is our own code, but what it does depends on what was
handed in: a few bytes can keep a parser busy for hours or fill the memory. Each such call runs in
a fork of a process that has imported everything already, which takes a few hundredths of a second.
It is no sandbox: students' code runs elsewhere.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import os
import pickle
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from multiprocessing.connection import Connection
from typing import TypeVar

from autograder.errors import CourseError
from autograder.limited.limits import CallLimits
from autograder.limited.server import CALL, WARM

Result = TypeVar("Result")

_PATIENCE = 300.0
"""Seconds for the server to start, and for what it forks to report the end of a call."""

_MOST_TRIES = 3
SERVER = "autograder.limited.server"
_MOST_TOLD = 300


class LimitedCallError(Exception):
    """A call that came to nothing. The message is the end of a sentence: "it took too long"."""


def call(
    function: Callable[..., Result], *args: object, limits: CallLimits | None = None
) -> Result:
    """Call a function in a process of its own.

    Args:
        function: defined at the top level of a module; what it changes is lost.
        args: what it is called with; they travel as pickles.
        limits: what it may take.

    Returns:
        What it returned.

    Raises:
        LimitedCallError: it raised an exception, took too much, or its process died.
        OSError: the disk is full.
        CourseError: no process can be started.
    """
    limits = limits or CallLimits()
    # Otherwise every fork would import it anew, which takes longer than most calls.
    warm(import_module, function.__module__)
    answer = _ask(pickle.dumps((function, args)), limits)
    kind, content = pickle.loads(answer)
    if kind == "returned":
        result: Result = content
        return result
    if kind == "full":
        raise OSError(*content)
    raise LimitedCallError(content)


def _ask(request: bytes, limits: CallLimits) -> bytes:
    deaths = 0
    for _ in range(_MOST_TRIES):
        server = _server()
        with contextlib.suppress(OSError, EOFError):
            return server.ask(request, limits)
        deaths += server.has_ended()
    if deaths == _MOST_TRIES:
        raise CourseError(
            f"The process that reads submissions ends again and again ({server.why()}); "
            "free memory or end other programs, then run the same command."
        )
    raise LimitedCallError("its process was killed")


def warm(function: Callable[..., object], *args: object) -> None:
    """Have a function called once where all later calls begin, without waiting for it.

    Args:
        function: imports what later calls need, say. It must not touch what students wrote, and
            must not leave a thread behind.
        args: what it is called with.
    """
    request = pickle.dumps((function, args))
    with _lock:
        new = request not in _warmed
        if new:
            _warmed.append(request)
    if new:
        # A server that is started now does it anyway.
        _server().warm_up(request)


class _Server:
    """The process that forks, and the way to it."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._sending = threading.Lock()
        self._done: set[bytes] = set()
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        places = [place for place in sys.path if place]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", SERVER, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for us to handle
                env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
            )

    @property
    def alive(self) -> bool:
        """Whether it is there and belongs to this process, not to one that forked us."""
        return self.owner == os.getpid() and self._process.poll() is None

    def has_ended(self) -> bool:
        """Whether it is gone; its connections may end a moment before it does."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
            return True
        return False

    def warm_up(self, request: bytes) -> None:
        """Pass on what is to be done before all calls, once."""
        with self._sending:
            if request not in self._done:
                self._done.add(request)
                with contextlib.suppress(OSError):
                    self._pass_on(WARM).send_bytes(request)

    def ask(self, request: bytes, limits: CallLimits) -> bytes:
        """Have a call made, and wait for its answer."""
        with self._sending:
            connection = self._pass_on(CALL)
        with connection:
            connection.send(asdict(limits))
            connection.send_bytes(request)
            if not connection.poll(limits.wall + _PATIENCE):
                raise EOFError
            return connection.recv_bytes()

    def close(self) -> None:
        """End it; what it has forked ends with its calls' connections."""
        self._control.close()
        if self.owner == os.getpid():
            self._process.kill()
            self._process.wait()

    def why(self) -> str:
        """What it said before it ended."""
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        return lines[-1].strip().rstrip(".")[:_MOST_TOLD] if lines else "it ended without a message"

    def _pass_on(self, what: bytes) -> Connection:
        ours, theirs = socket.socketpair()
        with theirs:
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [theirs.fileno()]))
            self._control.sendmsg([what], [rights])
        return Connection(ours.detach())


_lock = threading.RLock()
_running: _Server | None = None
_warmed: list[bytes] = []


def _server() -> _Server:
    global _running
    with _lock:
        if _running is None or not _running.alive:
            if _running is not None:
                _running.close()
            _running = _Server()
        server, requests = _running, list(_warmed)
    for request in requests:
        server.warm_up(request)
    return server


@atexit.register
def close() -> None:
    """End the server, if there is one."""
    global _running
    with _lock:
        if _running is not None:
            _running.close()
            _running = None


def _renew_lock() -> None:
    global _lock
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_lock)
