"""Counting the work that Python does in a call: dispatched tensor operations and instructions.

A vectorised function hands the whole batch to a fixed number of tensor operations. Whoever loops,
in whatever disguise, makes Python do more when the tensors grow; and that can be counted.
"""

from __future__ import annotations

import linecache
import sys
import sysconfig
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

import torch
from torch.utils._python_dispatch import TorchDispatchMode

_LIBRARIES = (
    *(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib")),
    str(Path(torch.__file__).parent),
    str(Path(__file__).parents[1]),
)

Line = tuple[str, int]

INSTRUCTIONS_PER_STEP = 5
"""What the shortest step of a loop costs: one in a comprehension, or behind `map`."""

_HAND_OVER = {"tolist", "apply_", "map_"}
"""Methods that hand every value to Python. What C code then does with them is a loop, uncounted."""


class TracingError(RuntimeError):
    """The counting was interfered with."""


@dataclass(frozen=True)
class Work:
    """What one call cost in Python.

    Args:
        operations: tensor operations dispatched.
        instructions: Python bytecode instructions executed.
        operations_by_line: the same by ``(file, line)`` of the code that is not a library's.
        instructions_by_line: likewise.
    """

    operations: int
    instructions: int
    operations_by_line: Counter[Line]
    instructions_by_line: Counter[Line]


def measure_work(call: Callable[[], object]) -> Work:
    """Run ``call`` twice and count what it does: once its operations, once its instructions.

    Raises:
        TracingError: the call switched the counting off.
    """
    operations: Counter[Line] = Counter()
    with _without_printing(), _OperationCounter(operations):
        call()
    instructions: Counter[Line] = Counter()
    with _without_printing(), _instruction_counter(instructions):
        call()
    return Work(operations.total(), instructions.total(), operations, instructions)


def source_of(line: Line) -> str:
    """The text of a line of code, without its indentation; empty when it is not known."""
    return linecache.getline(*line).strip()


class _OperationCounter(TorchDispatchMode):
    def __init__(self, by_line: Counter[Line]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.by_line = by_line

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.by_line[_own_line(sys._getframe(1))] += 1
        return func(*args, **(kwargs or {}))


def _own_line(frame: FrameType | None) -> Line:
    """The innermost line of code that belongs neither to torch nor to us."""
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_LIBRARIES):
            return frame.f_code.co_filename, frame.f_lineno or 0
        frame = frame.f_back
    return "", 0


@contextmanager
def _instruction_counter(by_line: Counter[Line]) -> Iterator[None]:
    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        if event == "call":
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
        elif event == "opcode":
            # Instructions that the compiler added belong to no line.
            by_line[_own_line(frame)] += 1
        return trace

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        if event == "c_call" and getattr(arg, "__name__", "") in _HAND_OVER:
            by_line[_own_line(frame)] += INSTRUCTIONS_PER_STEP * _size(arg.__self__)

    tracing, profiling = sys.gettrace(), sys.getprofile()
    threading.settrace(trace)
    sys.setprofile(profile)
    sys.settrace(trace)
    try:
        yield
        if sys.gettrace() is not trace:
            raise TracingError("the function switched off the counting of its instructions")
    finally:
        sys.settrace(tracing)
        sys.setprofile(profiling)
        threading.settrace(tracing)


@contextmanager
def _without_printing() -> Iterator[None]:
    """Writing a tensor out is work that grows with it; who prints to find a fault does not loop."""
    with mock.patch("torch._tensor_str._str", lambda *_, **__: "tensor(...)"):
        yield


def _size(holder: object) -> int:
    if isinstance(holder, torch.Tensor):
        return holder.numel()
    return int(getattr(holder, "size", getattr(holder, "nbytes", 0)))
