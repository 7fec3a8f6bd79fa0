"""Counting the work that Python does in a call: dispatched tensor operations and instructions.

A vectorised function hands the whole batch to a fixed number of tensor operations. A loop, in
whatever disguise, makes Python do more when the tensors grow; and that can be counted.
"""

from __future__ import annotations

import _thread
import linecache
import sys
import sysconfig
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

LIBRARIES = (
    *(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib")),
    str(Path(torch.__file__).parent),
    str(Path(__file__).parents[1]),
)
"""Where code lies that no student wrote."""

Line = tuple[str, int]

INSTRUCTIONS_PER_STEP = 5
"""What the shortest step of a loop costs: one in a comprehension, or behind `map`. A line of a
library's code counts as one such step: to follow its every instruction would take too long."""

_HAND_OVER = {"tolist", "tobytes"}
"""Methods of arrays that hand every value over. What C code does with them is a loop, uncounted."""


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

    Args:
        call: what is run.

    Returns:
        The work of one call.

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


def definition_of(line: Line) -> str:
    """The text of a line of code, without its indentation; empty when it is not known."""
    return linecache.getline(*line).strip()


class _OperationCounter(TorchDispatchMode):
    def __init__(self, by_line: Counter[Line]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.by_line = by_line

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        # What works through a list of tensors in one call is a loop over that list.
        over_a_list = func.overloadpacket.__name__.startswith("_foreach")
        self.by_line[_own_line(sys._getframe(1))] += len(args[0]) if over_a_list else 1
        return func(*args, **(kwargs or {}))


def _is_library(filename: str) -> bool:
    return filename.startswith(LIBRARIES)


def _own_line(frame: FrameType | None) -> Line:
    """The innermost line of code that belongs neither to torch nor to us."""
    while frame is not None:
        if not _is_library(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno or 0
        frame = frame.f_back
    return "", 0


@contextmanager
def _instruction_counter(by_line: Counter[Line]) -> Iterator[None]:
    def count(frame: FrameType | None, steps: int) -> None:
        by_line[_own_line(frame)] += INSTRUCTIONS_PER_STEP * steps

    def trace_own(frame: FrameType, event: str, arg: Any) -> Any:
        if event == "opcode":
            # Instructions that the compiler added belong to no line.
            by_line[frame.f_code.co_filename, frame.f_lineno or 0] += 1
        return trace_own

    def trace_library(frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            count(frame, 1)
        return trace_library

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        filename = frame.f_code.co_filename
        if filename == __file__ and frame.f_code is not _SteppedArray.__iter__.__code__:
            return None
        if _is_library(filename):
            return trace_library
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return trace_own

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        if event == "c_call" and getattr(arg, "__name__", "") in _HAND_OVER:
            size = getattr(arg.__self__, "size", 0)
            count(frame, size if isinstance(size, int) else 0)  # tensors' methods count themselves

    set_trace, set_profile = sys.settrace, sys.setprofile
    tracing, profiling = sys.gettrace(), sys.getprofile()
    interfered: list[str] = []

    def refuse(hook: Any) -> None:
        caller = sys._getframe(1)
        if caller.f_code.co_filename == threading.__file__:
            set_trace(trace)  # a new thread, which asks for the hook that was set below
        else:
            interfered.append(caller.f_code.co_name)

    replacements = [
        *_loops_in_c(count),
        (_thread, "start_new_thread", _traced_thread(set_trace, trace)),
        (sys, "settrace", refuse),
        (sys, "setprofile", refuse),
    ]
    threading.settrace(trace)
    with _replaced(replacements):
        set_profile(profile)
        set_trace(trace)
        try:
            yield
            intact = sys.gettrace() is trace and sys.getprofile() is profile
        finally:
            set_trace(tracing)
            set_profile(profiling)
            threading.settrace(tracing)
    if interfered or not intact:
        raise TracingError("the function switched off the counting of its instructions")


@contextmanager
def _replaced(replacements: Iterable[tuple[Any, str, Any]]) -> Iterator[None]:
    """Replace attributes of modules and classes, as `mock.patch` does, in a tenth of its time."""
    own = [(owner, name, vars(owner).get(name)) for owner, name, _ in replacements]
    try:
        for owner, name, replacement in replacements:
            setattr(owner, name, replacement)
        yield
    finally:
        for owner, name, original in own:
            if original is None:
                delattr(owner, name)  # it was inherited
            else:
                setattr(owner, name, original)


class _SteppedArray(np.ndarray[Any, Any]):
    """An array whose elements cannot be visited without Python's noticing."""

    def __iter__(self) -> Iterator[Any]:
        for index in range(len(self)):
            yield self[index]

    @property
    def flat(self) -> Any:
        return self.reshape(-1)


def _loops_in_c(count: Callable[[FrameType | None, int], None]) -> list[tuple[Any, str, Any]]:
    """Replacements under which loops that C code runs over a tensor's values are counted, too."""
    numpy, from_function, vectorize = Tensor.numpy, np.frompyfunc, np.vectorize

    def counting(name: str) -> Any:
        method = getattr(Tensor, name)

        def counted(tensor: Tensor, *args: Any) -> Any:
            count(sys._getframe(1), tensor.numel())
            return method(tensor, *args)

        return counted

    def converting(name: str) -> Any:
        convert = getattr(np, name)

        def converted(values: Any, *args: Any, **options: Any) -> Any:
            array = convert(values, *args, **options)
            return array.view(_SteppedArray) if isinstance(values, Tensor) else array

        return converted

    def stepped(function: Callable[..., Any]) -> Callable[..., Any]:
        def step(*values: Any) -> Any:
            count(sys._getframe(1), 1)
            return function(*values)

        return step

    return [
        *((Tensor, name, counting(name)) for name in ("tolist", "apply_", "map_")),
        *((np, name, converting(name)) for name in ("array", "asarray")),
        (Tensor, "numpy", lambda tensor, **given: numpy(tensor, **given).view(_SteppedArray)),
        (np, "frompyfunc", lambda function, *args: from_function(stepped(function), *args)),
        (np, "vectorize", lambda function, **given: vectorize(stepped(function), **given)),
    ]


def _traced_thread(set_trace: Callable[[Any], None], trace: Any) -> Callable[..., int]:
    """What starts a thread, below `threading` and its hook, so that it is counted, too."""
    start = _thread.start_new_thread

    def start_traced(function: Callable[..., Any], *rest: Any) -> int:
        def traced(*args: Any, **options: Any) -> None:
            set_trace(trace)
            function(*args, **options)

        return start(traced, *rest)

    return start_traced


@contextmanager
def _without_printing() -> Iterator[None]:
    """Writing a tensor out is work that grows with it, but printing to find a fault is no loop."""
    with _replaced([(torch._tensor_str, "_str", lambda *_, **__: "tensor(...)")]):
        yield
