"""Counting the work that Python does in a call: dispatched tensor operations and instructions.

A vectorised function hands the whole batch to a fixed number of tensor operations. Whoever loops,
in whatever disguise, makes Python do more when the tensors grow; and that can be counted.
"""

from __future__ import annotations

import linecache
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

_LIBRARIES = (str(Path(torch.__file__).parent), str(Path(__file__).parents[1]))

Line = tuple[str, int]


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
    """Run ``call`` twice and count what it does: once its operations, once its instructions."""
    operations: Counter[Line] = Counter()
    with _OperationCounter(operations):
        call()
    instructions: Counter[Line] = Counter()
    with _instruction_counter(instructions):
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
            return frame.f_code.co_filename, frame.f_lineno
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
            by_line[frame.f_code.co_filename, frame.f_lineno or 0] += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)
