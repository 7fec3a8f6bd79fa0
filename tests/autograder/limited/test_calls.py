"""What a call of our own code may take, and what becomes of one that takes more."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

import pytest

from autograder.errors import CourseError
from autograder.limited import calls
from autograder.limited.calls import LimitedCallError, call, warm
from autograder.limited.limits import CallLimits

SMALL = CallLimits(seconds=1, wall=60, memory=256 << 20, result=1 << 20)

marks: list[str] = []


def twice(number: int) -> int:
    return 2 * number


def mark(word: str) -> list[str]:
    marks.append(word)
    return marks


def loop() -> NoReturn:
    while True:
        pass


def match_for_ever() -> object:
    return re.match(r"(a*)*b", "a" * 100)


def sleep() -> None:
    time.sleep(600)


def fill_memory() -> NoReturn:
    kept = []
    while True:
        kept.append(bytes(1 << 20))


def nest() -> object:
    return nest()


def large() -> bytes:
    return bytes(2 << 20)


def strange() -> object:
    return threading.Lock()


def die() -> NoReturn:
    os._exit(7)


def leave() -> NoReturn:
    raise SystemExit


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crash() -> object:
    return ctypes.string_at(0)


def refuse(words: str) -> NoReturn:
    raise ValueError(words)


def fill_disk() -> NoReturn:
    raise OSError(errno.ENOSPC, "No space left on device")


def kill_server() -> None:
    with open(f"/proc/{os.getppid()}/stat") as file:
        server = int(file.read().rpartition(")")[2].split()[1])
    os.kill(server, signal.SIGKILL)


def test_a_call_returns_what_the_function_returns() -> None:
    assert call(twice, 21) == 42
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda n: call(twice, n), range(30))) == [2 * n for n in range(30)]


def test_calls_know_nothing_of_each_other() -> None:
    warm(mark, "warm")
    assert call(mark, "first") == ["warm", "first"]
    assert call(mark, "second") == ["warm", "second"]
    assert marks == []


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (loop, "it took more than 1 s of processor time"),
        (match_for_ever, "it took more than 1 s of processor time"),
        (fill_memory, "it needed more than 0.25 GB of memory"),
        (nest, "RecursionError: maximum recursion depth exceeded"),
        (large, "what it made is larger than 1 MB"),
        (strange, "TypeError: cannot pickle '_thread.lock' object"),
        (die, "its process was ended with exit status 7"),
        (leave, "its process was ended with exit status 1"),
        (be_killed, "its process was ended by signal 9"),
        (crash, "its process was ended by signal 11"),
    ],
)
def test_what_goes_wrong_is_a_reason(function: object, reason: str) -> None:
    with pytest.raises(LimitedCallError, match=re.escape(reason)):
        call(function, limits=SMALL)  # type: ignore[arg-type]
    assert call(twice, 1) == 2


def test_the_wall_is_a_limit_too() -> None:
    with pytest.raises(LimitedCallError, match=r"it took more than 0\.5 s$"):
        call(sleep, limits=CallLimits(wall=0.5))


def test_a_reason_is_one_short_line() -> None:
    with pytest.raises(LimitedCallError) as caught:
        call(refuse, "no\nsuch thing " * 1000)
    assert str(caught.value).startswith("ValueError: no such thing no such")
    assert len(str(caught.value)) <= 300


def test_a_full_disk_is_nobodys_fault() -> None:
    with pytest.raises(OSError) as caught:
        call(fill_disk)
    assert caught.value.errno == errno.ENOSPC


def test_a_server_that_dies_is_started_again() -> None:
    warm(mark, "warm")
    for _ in range(2):
        assert call(kill_server) is None  # type: ignore[func-returns-value]
        assert call(mark, "again") == ["warm", "again"]


def test_a_server_that_always_dies_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    calls.close()
    monkeypatch.setattr(calls, "SERVER", "autograder.limited.no_such_module")
    with pytest.raises(CourseError, match=r"ends again and again \(.*no_such_module"):
        call(twice, 1)
    monkeypatch.undo()
    assert call(twice, 1) == 2
