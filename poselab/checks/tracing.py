"""Counting the Python instructions of a call, and in which lines they are."""

from __future__ import annotations

import gc
import linecache
import sys
import sysconfig
import threading
from _thread import get_ident
from collections import Counter
from collections.abc import Callable, Container, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count as counter
from itertools import islice
from pathlib import Path
from sys import _getframe
from types import CodeType, FrameType, ModuleType
from typing import Any

import torch

from poselab.checks.hiding import hidden

LIBRARIES = (
    *(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib")),
    str(Path(torch.__file__).parent),
    str(Path(__file__).parents[1]),
    "<frozen importlib",
)
"""Where code lies that no student wrote. What messages show depends on it, and no count."""

Line = tuple[str, int]


class TracingError(RuntimeError):
    """The counting was interfered with."""


class Tally:
    """A count that only goes up, and where it did."""

    def __init__(self) -> None:
        self.by_line: Counter[Line] = Counter()
        # An iterator in C cannot be turned back.
        self._total = counter()

    def add(self, steps: int, line: Line) -> None:
        """Count some steps."""
        self.by_line[line] += steps
        next(islice(self._total, steps, steps), None)

    def total(self) -> int:
        """All that was counted. This ends the count."""
        return next(self._total)


def definition_of(line: Line) -> str:
    """The text of a line of code, without its indentation; empty when it is not known."""
    return linecache.getline(*line).strip()


def own_line(frame: FrameType | None) -> Line:
    """The innermost line of code that belongs neither to a library nor to us."""
    while frame is not None:
        if not is_library(frame):
            # Instructions that the compiler added belong to no line.
            return frame.f_code.co_filename, frame.f_lineno or 0
        frame = frame.f_back
    return "", 0


def is_library(frame: FrameType) -> bool:
    """Whether a frame's code lies where no student writes."""
    return frame.f_code.co_filename.startswith(LIBRARIES)


def code_of(*modules: ModuleType) -> Iterator[CodeType]:
    """All code of some modules, that of functions within functions as well."""
    waiting: list[Any] = [
        value
        for module in modules
        for value in vars(module).values()
        if getattr(value, "__module__", "") == module.__name__
    ]
    while waiting:
        value = waiting.pop()
        value = getattr(value, "__func__", getattr(value, "__wrapped__", value))
        if isinstance(value, type):
            waiting += vars(value).values()
        elif isinstance(code := getattr(value, "__code__", value), CodeType):
            yield code
            waiting += code.co_consts


@contextmanager
def without_collections() -> Iterator[None]:
    """Within it, the collector does not run by itself.

    It would run finalizers of whatever has become garbage before, which then count as work of the
    call; and it takes a fifth of the time to look through all that torch has made. What is not in a
    cycle is freed as ever.
    """
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()


def traced(
    tally: Tally, left_out: Container[int], is_left_out: Callable[[], bool]
) -> AbstractContextManager[None]:
    """Count the instructions of this thread and of those that are started meanwhile.

    Args:
        tally: what counts.
        left_out: the ids of code objects that are not counted. What they are called is of no
            importance: a student's code may be called as it likes.
        is_left_out: whether nothing is counted just now.

    Returns:
        A context; on leaving it, a :class:`TracingError` where the counting was switched off.
    """
    if sys.version_info >= (3, 12):
        return _monitored(tally, left_out, is_left_out)
    return _traced(tally, left_out, is_left_out)


@contextmanager
def _traced(
    tally: Tally, left_out: Container[int], is_left_out: Callable[[], bool]
) -> Iterator[None]:
    def trace_calls(frame: FrameType, event: str, arg: Any) -> Any:
        if id(frame.f_code) in left_out or is_left_out():
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return trace_library(own_line(frame)) if is_library(frame) else trace_own

    def trace_own(frame: FrameType, event: str, arg: Any) -> Any:
        if event == "opcode":
            tally.add(1, (frame.f_code.co_filename, frame.f_lineno or 0))
        return trace_own

    def trace_library(line: Line) -> Any:
        def trace_one(frame: FrameType, event: str, arg: Any) -> Any:
            if event == "opcode":
                tally.add(1, line)
            return trace_one

        return trace_one

    trace = hidden(trace_calls)
    before = sys.gettrace()
    threading.settrace(trace)
    sys.settrace(trace)
    try:
        yield
        intact = sys.gettrace() is trace
    finally:
        sys.settrace(before)
        threading.settrace(before)
    if not intact:
        raise TracingError("the function switched off the counting of its instructions")


if sys.version_info >= (3, 12):
    # There, a tracer may miss the instructions of a function that is called for the first time.

    @contextmanager
    def _monitored(
        tally: Tally, left_out: Container[int], is_left_out: Callable[[], bool]
    ) -> Iterator[None]:
        monitoring, event = sys.monitoring, sys.monitoring.events.INSTRUCTION
        tool = next(n for n in range(5, -1, -1) if monitoring.get_tool(n) is None)
        others = sys._current_frames().keys() - {get_ident()}

        def count_one(code: CodeType, offset: int) -> Any:
            if id(code) in left_out:
                return monitoring.DISABLE
            if get_ident() not in others and not is_left_out():
                tally.add(1, own_line(_getframe(1)))
            return None

        count = hidden(count_one)
        monitoring.use_tool_id(tool, __name__)
        try:
            monitoring.register_callback(tool, event, count)
            monitoring.set_events(tool, event)
            yield
            intact = monitoring.get_events(tool) == event
            monitoring.set_events(tool, 0)
            intact &= monitoring.register_callback(tool, event, None) is count
        finally:
            monitoring.set_events(tool, 0)
            monitoring.free_tool_id(tool)
        if not intact:
            raise TracingError("the function switched off the counting of its instructions")
