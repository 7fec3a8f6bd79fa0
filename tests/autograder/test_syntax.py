"""Threads may parse at the same time, also where Python itself cannot."""

from __future__ import annotations

import ast
import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from autograder.syntax import parse

SOURCE = "\n".join(
    f"def f{n}(a):\n    return [[a[{n}] * y for y in x] for x in a]" for n in range(200)
)


class LetsOthersRun:
    """In a circle, so that the garbage collector finds it; it takes its time to go."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        for _ in range(50):
            pass


@pytest.fixture
def hasty() -> Iterator[None]:
    """A collector that runs often, and threads that take turns often."""
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(30)
    sys.setswitchinterval(1e-6)
    yield
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hasty")
def test_threads_parse_at_the_same_time() -> None:
    def parsed(_: int) -> str:
        for _ in range(5):
            LetsOthersRun()
        return ast.dump(parse(SOURCE).body[-1])

    with ThreadPoolExecutor(4) as pool:
        trees = set(pool.map(parsed, range(40)))
    assert trees == {ast.dump(ast.parse(SOURCE).body[-1])}


def test_what_is_not_python_is_a_syntax_error() -> None:
    with pytest.raises(SyntaxError):
        parse("def")
