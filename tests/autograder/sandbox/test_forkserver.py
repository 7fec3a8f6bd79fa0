"""The forkserver's side of spawning, with a stand-in for the kernel."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

import pytest

from autograder.sandbox.forkserver import server
from autograder.sandbox.forkserver.spawn import Handles, Order


def begin(spawned: Callable[[Handles], None], monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    """Start a kernel that does what ``spawned`` says; returns our end of its control socket."""

    def spawn(order: Order, handles: Handles, live: Any) -> None:
        try:
            spawned(handles)
        finally:
            os._exit(0)

    monkeypatch.setattr(server, "spawn", spawn)
    monkeypatch.setattr(server, "_threads", lambda: 1)
    ours, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    owner, _ = socket.socketpair()
    before = signal.set_wakeup_fd(-1)
    parent = server.Forkserver(owner, None)
    try:
        parent._start(Order("k", {}), control, [os.open(os.devnull, os.O_RDONLY)])
    finally:
        signal.set_wakeup_fd(before)
        for pid in parent.kernels:
            os.kill(pid, signal.SIGKILL)
    ours.settimeout(5)
    return ours


def tell(handles: Handles, **message: Any) -> None:
    handles.report.send(json.dumps(message).encode())


@pytest.mark.parametrize("first", ["init", "ready"])
def test_a_kernel_may_be_ready_before_its_helper_has_said_who_it_is(
    monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    def spawned(handles: Handles) -> None:
        init = os.fork()
        if init == 0:
            signal.alarm(10)
            signal.pause()
        if first == "ready":
            tell(handles, ready=True)
        tell(handles, init=init)
        if first == "init":
            tell(handles, ready=True)

    control = begin(spawned, monkeypatch)
    assert json.loads(control.recv(4096)) == {"ready": True}


def test_a_helper_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match="OSError: no room"):
        begin(lambda handles: tell(handles, failed="OSError: no room"), monkeypatch)
    with pytest.raises(RuntimeError, match="could not be started"):
        begin(lambda handles: None, monkeypatch)
