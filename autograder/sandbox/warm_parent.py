"""The owner's end of the warm parent: started when first needed, kept, and ended with us."""

from __future__ import annotations

import array
import atexit
import contextlib
import json
import os
import resource
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.sandbox.forkserver.__main__ import NOBODY
from autograder.sandbox.policy import (
    KERNEL_PACKAGE,
    bubblewrap_arguments,
    find_bubblewrap,
    started_as,
)

_START_WITHIN = 600.0
"""Seconds on the wall. It takes five of a processor, which a busy machine may not give for minutes;
if it ends before, that is known at once."""
_LONGEST_MESSAGE = 1 << 16
_MOST_TOLD = 500
_DESCRIPTORS = 1 << 16


class WarmParent:
    """A process in a sandbox that has imported everything and forks kernels on request."""

    def __init__(self) -> None:
        bubblewrap = find_bubblewrap()
        if bubblewrap is None:
            raise CourseError(
                "bubblewrap is not installed, so submissions cannot be sandboxed: "
                "`apt install bubblewrap`, or grade with `--sandbox none`."
            )
        _allow_many_descriptors()
        # Short: the name of a socket has room for 107 characters.
        self.kernel_folders = Path(tempfile.mkdtemp(prefix="pose-", dir="/tmp"))
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [bubblewrap, *bubblewrap_arguments(self.kernel_folders), "--"]
        command += [sys.executable, "-m", KERNEL_PACKAGE, "serve", str(theirs.fileno())]
        self._process: subprocess.Popen[bytes] | None = None
        started = threading.Event()
        threading.Thread(
            target=self._keep, args=(command, theirs, started), name="warm parent", daemon=True
        ).start()
        started.wait()
        try:
            self.resident = self._await_warmth()
        except BaseException:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether it is there and belongs to this process, not to one that forked us."""
        process = self._process
        return self._owner == os.getpid() and process is not None and process.poll() is None

    def new_folder(self) -> Path:
        """A new folder in the kernel_folders, for one kernel's sockets."""
        folder = Path(tempfile.mkdtemp(prefix="k", dir=self.kernel_folders))
        if os.geteuid() == 0:
            # In some containers there is no such user; then the kernel stays who we are.
            with contextlib.suppress(OSError):
                os.chown(folder, NOBODY, NOBODY)
        return folder

    def request(self, order: dict[str, Any], handles: Sequence[int]) -> None:
        """Ask for a kernel.

        Args:
            order: the fields of the kernel's ``Order``.
            handles: the ends of its control socket and of its audit log's, and, if files are to be
                unpacked into its home, a tar archive.

        Raises:
            CourseError: the warm parent is gone.
        """
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", handles))
        try:
            with self._lock:
                self._socket.sendmsg([json.dumps(order).encode()], [rights])
        except OSError as error:
            raise CourseError(f"The sandbox for submissions has ended ({error}).") from error

    def close(self) -> None:
        """End it, and every kernel that it started."""
        if self._owner != os.getpid():
            return
        self._socket.close()
        process = self._process
        if process is not None:
            try:
                process.wait(2.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.kernel_folders, ignore_errors=True)

    def _keep(self, command: list[str], theirs: socket.socket, started: threading.Event) -> None:
        """Start it and stay: the system ends it with the thread that started it."""
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                **started_as(),
            )
        finally:
            theirs.close()
            started.set()
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)

    def _await_warmth(self) -> int:
        readable, _, _ = select.select([self._socket], [], [], _START_WITHIN)
        message = b""
        with contextlib.suppress(ConnectionError):
            message = self._socket.recv(_LONGEST_MESSAGE) if readable else b""
        if not message:
            reason = f"it did not start within {_START_WITHIN:g} s" if not readable else self._why()
            raise CourseError(f"The sandbox for submissions could not be started: {reason}.")
        resident: int = json.loads(message)["resident"]
        return resident

    def _why(self) -> str:
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        return lines[-1].strip().rstrip(".")[:_MOST_TOLD] if lines else "it ended without a message"


def _allow_many_descriptors() -> None:
    """Let descriptors be passed on whatever kernels keep under way.

    Those that one user has under way are counted together, and compared with the sender's limit on
    open files: a kernel's is far lower.
    """
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if most == resource.RLIM_INFINITY else min(most, _DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, now), most))


_parents: dict[int, WarmParent] = {}
_parents_lock = threading.Lock()


def warm_parent() -> WarmParent:
    """This process's warm parent; a new one if there is none or if it has died.

    Returns:
        The warm parent, ready to fork kernels.

    Raises:
        CourseError: there is no bubblewrap, or it does not work here.
    """
    owner = os.getpid()
    with _parents_lock:
        parent = _parents.get(owner)
        if parent is None or not parent.alive:
            if parent is not None:
                parent.close()
            _parents[owner] = parent = WarmParent()
        return parent


def start_warm_parent() -> None:
    """Start it without waiting; :func:`warm_parent` waits, and raises what went wrong."""

    def start() -> None:
        with contextlib.suppress(CourseError):
            warm_parent()

    threading.Thread(target=start, name="first warm parent", daemon=True).start()


@atexit.register
def close_all() -> None:
    """End every warm parent of this process."""
    with _parents_lock:
        parent = _parents.get(os.getpid())
        if parent is not None:
            parent.close()
        _parents.clear()


def _renew_lock() -> None:
    global _parents_lock
    _parents_lock = threading.Lock()


os.register_at_fork(after_in_child=_renew_lock)
