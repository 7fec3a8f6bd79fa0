"""The process that forks for limited calls: ``python -m autograder.limited.server SOCKET``.

It has one thread, imports what calls need when it is told to, and never looks at what students
wrote. For each call it forks a keeper, and that the process that makes the call: so each call's
end, its signal included, is known to somebody who waits for nothing else.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import pickle
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from autograder.errors import DISK_FULL
from autograder.limited.limits import CallLimits

CALL = b"call"
WARM = b"warm"

_MOST_TOLD = 300


def main() -> None:
    """Serve until the owner closes the socket."""
    control = socket.socket(fileno=int(sys.argv[1]))
    while True:
        message, handles, *_ = socket.recv_fds(control, 16, 1)
        if not message:
            return
        _reap()
        with Connection(handles[0]) as connection:
            if message == WARM:
                with contextlib.suppress(Exception):  # the calls will say what is wrong
                    function, args = pickle.loads(connection.recv_bytes())
                    function(*args)
                gc.collect()
                gc.freeze()  # what all forks have in common stays so
            elif os.fork() == 0:
                control.close()
                _keep(connection)


def _reap() -> None:
    """Let go of keepers that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _keep(connection: Connection) -> NoReturn:
    """Fork the process that makes the call, wait for its end, and report it."""
    with contextlib.suppress(EOFError, OSError):
        limits = CallLimits(**connection.recv())
        # Only the process that makes the call unpacks it: that may import modules.
        request = connection.recv_bytes()
        result = os.memfd_create("result")
        worker = os.fork()
        if worker == 0:
            _work(request, result, limits)
        answer = _outcome(worker, connection, limits)
        if answer is None:
            os.lseek(result, 0, os.SEEK_SET)
            with os.fdopen(result, "rb") as file:
                answer = file.read()
        connection.send_bytes(answer)
    os._exit(0)


def _outcome(worker: int, owner: Connection, limits: CallLimits) -> bytes | None:
    """Wait for the end of a call; nothing if it has left its answer, else why there is none."""
    ended = os.pidfd_open(worker)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(owner.fileno(), select.POLLIN)
    in_time = bool(poll.poll(limits.wall * 1000))
    done = in_time and bool(select.select([ended], [], [], 0)[0])
    if not done:
        os.kill(worker, signal.SIGKILL)
    _, status = os.waitpid(worker, 0)
    if not in_time:
        return _failed(f"it took more than {limits.wall:g} s")
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return None
    if code == -signal.SIGXCPU:
        return _failed(f"it took more than {limits.seconds} s of processor time")
    how = f"by signal {-code}" if code < 0 else f"with exit status {code}"
    return _failed(f"its process was ended {how}")


def _work(request: bytes, result: int, limits: CallLimits) -> NoReturn:
    """Make the call, and leave its answer in a file."""
    try:
        _confine(limits)
        answer = _answer(request, limits)
        with os.fdopen(result, "wb") as file:
            file.write(answer)
        status = 0
    except BaseException:  # nothing may return into the server's code
        status = 1
    os._exit(status)


def _confine(limits: CallLimits) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for handle in range(3):
        os.dup2(nothing, handle)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    seconds = math.ceil(limits.seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    space = pages * resource.getpagesize() + limits.memory
    resource.setrlimit(resource.RLIMIT_AS, (space, space))


def _answer(request: bytes, limits: CallLimits) -> bytes:
    memory = _failed(f"it needed more than {limits.memory / (1 << 30):g} GB of memory")
    try:
        function: Callable[..., Any]
        function, args = pickle.loads(request)
        answer = pickle.dumps(("returned", function(*args)))
    except MemoryError:
        return memory
    except Exception as error:
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            return pickle.dumps(("full", (error.errno, error.strerror)))
        said = " ".join(f"{type(error).__name__}: {error}".split())
        return _failed(said[:_MOST_TOLD])
    if len(answer) > limits.result:
        return _failed(f"what it made is larger than {limits.result >> 20} MB")
    return answer


def _failed(reason: str) -> bytes:
    return pickle.dumps(("failed", reason))


if __name__ == "__main__":
    main()
