"""The parts that notice tampering, each on its own."""

from __future__ import annotations

import collections
import contextlib
import json
import os
import socket
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from autograder.sandbox.audit_log import FLOODED, AuditLog
from autograder.sandbox.forkserver.elsewhere import handed_over, make_meter
from autograder.sandbox.forkserver.kernels import watch_kernels
from autograder.sandbox.forkserver.notes import make_sender
from autograder.sandbox.forkserver.provenance import frozen_codes, make_is_library
from autograder.sandbox.forkserver.requests import EXAMINED, make_seal
from autograder.sandbox.forkserver.versions import watch_writing

DEMAND = {"nonce": "n", "function": "f", "cases": b"c", "stand_ins": {"a": "b"}}
REPLY = {"status": "ok", "error": "", "tampered": [], "incidents": []}


def test_a_librarys_code_is_known_by_what_is_in_its_file() -> None:
    is_library = make_is_library(frozen_codes())
    for function in (json.dumps, collections.Counter.update, torch.nn.Linear.forward, os.path.join):
        assert is_library(function.__code__), function
    own = test_a_librarys_code_is_known_by_what_is_in_its_file.__code__
    assert not is_library(own)
    assert not is_library(own.replace(co_filename=json.__file__))
    forged: dict[str, Callable[..., object]] = {}
    exec(compile("def dumps(obj): return obj", json.__file__, "exec"), forged)
    assert not is_library(forged["dumps"].__code__)
    elsewhere = str(Path(json.__file__).parent / ".." / "json" / "__init__.py")
    assert not is_library(json.dumps.__code__.replace(co_filename=elsewhere))


def test_kernels_in_python_are_noticed() -> None:
    changed = watch_kernels()
    assert changed() == []
    library = torch.library.Library("aten", "IMPL")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library.impl("asinh", lambda values: values, "CPU")
    try:
        assert changed() == ["torch.ops.aten::asinh"]
    finally:
        library._destroy()
    assert changed() == []


def test_writing_is_noticed_even_if_it_was_undone() -> None:
    names: dict[str, object] = {"a": 1}
    written = watch_writing([("names", names), ("other", {})])
    assert written() == []
    names["a"] = 2
    names["a"] = 1
    assert written() == ["names"]
    assert written() == []


def test_work_of_other_threads_is_told_from_work_of_our_own() -> None:
    read = make_meter(alone=False)

    def work() -> None:
        end = time.thread_time() + 0.01
        while time.thread_time() < end:
            pass

    before = read()
    work()
    assert not handed_over(before, read())
    before = read()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handed_over(before, read())


@pytest.fixture
def ends() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def test_notes_do_not_go_to_what_was_put_in_the_sockets_place(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    tell = make_sender(theirs.fileno())
    assert tell("open", "a\ud800") and json.loads(ours.recv(100)) == ["open", "a\ud800"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        os.dup2(other.fileno(), theirs.fileno())
        assert not tell("open", "b")
    theirs.close()
    assert not tell("open", "b")


def test_a_reply_needs_the_one_note_that_vouches_for_it(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    log, tell, seal = AuditLog(ours, b"key"), make_sender(theirs.fileno()), make_seal(b"key")
    good = f"n {seal(DEMAND, REPLY, b'content')}"
    assert not log.vouches_for(DEMAND, REPLY, b"content")
    tell(EXAMINED, good)
    assert log.vouches_for(DEMAND, REPLY, b"content")
    assert not log.vouches_for(DEMAND, REPLY, b"content")  # a note is good once
    for changed in ({**DEMAND, "cases": b"d"}, {**DEMAND, "nonce": "m"}):
        tell(EXAMINED, good)
        assert not log.vouches_for(changed, REPLY, b"content")
    for reply, content in (({**REPLY, "incidents": ["x"]}, b"content"), (REPLY, b"forged")):
        tell(EXAMINED, good)
        assert not log.vouches_for(DEMAND, reply, content)
    tell(EXAMINED, good)
    tell(EXAMINED, f"n {make_seal(b'another')(DEMAND, REPLY, b'content')}")
    assert not log.vouches_for(DEMAND, REPLY, b"content")


def test_a_flood_of_notes_is_itself_told() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.setblocking(False)
    log = AuditLog(ours)
    for _ in range(30):
        with contextlib.suppress(BlockingIOError):
            for _ in range(100):
                theirs.send(b"nonsense")
        log.read()
    assert log.tampering() == [FLOODED]
    assert log.tampering() == []
