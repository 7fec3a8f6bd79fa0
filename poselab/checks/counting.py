"""Counting the work of a call: operations on tensors, and Python instructions.

A vectorised function hands the whole batch to a fixed number of tensor operations. A loop, in
whatever disguise, does more when the tensors grow; and that can be counted. The tensors are sealed,
so that without an operation nobody learns a value, and each value that is handed to Python counts
as an operation. Instructions tell of loops over numbers.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import CodeType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from poselab.checks import sealed, sealed_arrays, tracing
from poselab.checks.sealed import Seal, Undispatched, facts_of, zeros_like
from poselab.checks.sealed_arrays import SealedArray, SealedArrays, mapped
from poselab.checks.tracing import Line, Tally, code_of, is_library, own_line, traced

_JOINING = {"cat", "stack", "index", "index_put", "index_put_", "_index_put_impl_"} | {
    "_unsafe_index",
    "_unsafe_index_put",
}
"""Operations that take a list of tensors as one."""

_RECURRENT = (torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu)
"""What torch's own recurrent layers call. Some step through a sequence by operations of their own,
which are not counted."""

_HAND_OVER = (Tensor.tolist, Tensor.apply_, Tensor.map_, Tensor.map2_)
"""Methods that hand each value to Python, or to a function in it."""

_FROM_DATA = (torch.tensor, torch.as_tensor, torch.asarray, Tensor.new_tensor)

_NEW_ARRAYS = [
    (name, getattr(np, name))
    for name in ("array", "asarray", "ascontiguousarray", "zeros", "ones", "empty", "full")
]

_FROM_NUMPY = torch.from_numpy


@dataclass(frozen=True)
class Work:
    """What one call cost.

    Args:
        operations: operations on tensors, and values handed over to Python.
        instructions: Python bytecode instructions executed.
        operations_by_line: the same by ``(file, line)`` of the code that is not a library's.
        instructions_by_line: likewise.
    """

    operations: int
    instructions: int
    operations_by_line: Counter[Line]
    instructions_by_line: Counter[Line]


def measure_work(
    function: Callable[..., object], args: Iterable[object] = ()
) -> tuple[object, Work]:
    """Call a function with sealed tensors and count what it does.

    Args:
        function: what is called.
        args: its arguments; the tensors among them should be new to it.

    Returns:
        What it returned, with its values if that is a sealed tensor; and the work of the call.

    Raises:
        TracingError: the call switched the counting off.
    """
    counted = _CountedCall()
    instructions = Tally()
    given = [counted.sealed(value) for value in args]
    try:
        with counted.everything_sealed(), traced(instructions, _OWN_CODE, counted.is_stepping):
            result = function(*given)
    finally:
        counted.seal.close()
    operations = counted.operations
    work = Work(operations.total(), instructions.total(), operations.by_line, instructions.by_line)
    return counted.seal.unwrap(result), work


class _CountedCall:
    """The sealed tensors and arrays of one call, and what is done with them."""

    def __init__(self) -> None:
        self.operations = Tally()
        self.arrays = SealedArrays(self.count)
        self.seal = Seal(
            self.operate,
            {
                **{method: partial(self.hand_over, method) for method in _HAND_OVER},
                **{function: partial(self.step_through, function) for function in _RECURRENT},
                Tensor.numpy: self.as_array,
                Tensor.__array__: self.hand_over_array,
            },
            zeros_like,
        )
        self._recurrent_threads: set[int] = set()

    def sealed(self, value: Any) -> Any:
        """An argument with all tensors in it sealed."""
        if isinstance(value, tuple):
            return tuple(self.sealed(item) for item in value)
        return self.seal.wrap(value) if isinstance(value, Tensor) else value

    def is_stepping(self) -> bool:
        """Whether this thread is in a recurrent layer of torch's own."""
        return threading.get_ident() in self._recurrent_threads

    def count(self, steps: int = 1) -> None:
        if not self.seal.closed and not self.is_stepping():
            self.operations.add(steps, own_line(sys._getframe(1)))

    def operate(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        self.count(_steps(func, args))
        return self.seal.run(func, args, kwargs)

    def hand_over(self, method: Any, tensor: Tensor, *args: Any) -> Any:
        """Let a method of tensors work through the values one by one."""
        self.count(tensor.numel())
        values = self.seal.unwrap(tensor)
        result = method(values, *map(self.seal.unwrap, args))
        return tensor if result is values else result

    def as_array(self, tensor: Tensor, **_: Any) -> Any:
        """The values for numpy."""
        self.count()
        return self.arrays.wrap(self.seal.unwrap(tensor).detach().numpy())

    def hand_over_array(self, tensor: Tensor, dtype: Any = None, copy: Any = None) -> Any:
        """The values in an array that everyone can read."""
        self.count(tensor.numel())
        array = self.seal.unwrap(tensor).detach().numpy()
        return array.astype(dtype or array.dtype)

    def step_through(self, function: Any, *args: Any, **options: Any) -> Any:
        """Let a recurrent layer do all its steps as one."""
        self.count()
        known = {Tensor, nn.Parameter, self.seal.kind}
        own = {type(tensor) for tensor in _tensors(args)} <= known
        thread = threading.get_ident()
        if own:
            self._recurrent_threads.add(thread)
        try:
            with torch._C.DisableTorchFunctionSubclass():
                return function(*args, **options)
        finally:
            self._recurrent_threads.discard(thread)

    def from_array(self, array: Any) -> Tensor:
        """A tensor of an array."""
        values = self.arrays.unwrap(array)
        with Undispatched():
            made = _FROM_NUMPY(values)
            return self.seal.wrap(made if values is not array else made.clone())

    def new_array(self, make: Any, *args: Any, **options: Any) -> Any:
        """For code that is not a library's, an array that values can be written into."""
        if is_library(sys._getframe(1)):
            return make(*args, **options)
        self.count()

        def readable(value: Any) -> Any:
            if type(value) is self.seal.kind:
                return self.seal.unwrap(value).detach().numpy()
            return self.arrays.unwrap(value)

        return self.arrays.wrap(make(*mapped(readable, args), **mapped(readable, options)))

    @contextmanager
    def everything_sealed(self) -> Iterator[None]:
        """Within it, what is made of nothing, of numbers or of arrays is sealed as well."""
        replaced = [(torch, "from_numpy", self.from_array)]
        replaced += [(np, name, partial(self.new_array, make)) for name, make in _NEW_ARRAYS]
        own = [getattr(owner, name) for owner, name, _ in replaced]
        try:
            for owner, name, replacement in replaced:
                setattr(owner, name, replacement)
            with _Births(self), _FromData(self):
                yield
        finally:
            for (owner, name, _), original in zip(replaced, own, strict=True):
                setattr(owner, name, original)


class _Births(TorchDispatchMode):
    """Sees operations on ordinary tensors, and on none."""

    def __init__(self, call: _CountedCall) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.call = call

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # to skip it takes its import, two seconds

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.call.operate(func, args, kwargs or {})


class _FromData(TorchFunctionMode):
    """Sees tensors being made of sealed arrays and of lists."""

    def __init__(self, call: _CountedCall) -> None:
        super().__init__()
        self.call = call

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in _FROM_DATA:
            data = args[-1] if args else kwargs.get("data", kwargs.get("obj"))
            self.call.count(_lists_in(data))
            if isinstance(data, SealedArray):
                made = self.call.from_array(data).clone()
                return made.to(kwargs.get("device"), kwargs.get("dtype"))
        return func(*args, **kwargs)


def _steps(func: Any, args: Any) -> int:
    """How many an operation counts for: what works through a list of tensors is a loop over it."""
    if facts_of(func).name in _JOINING:
        return 1
    return max((len(arg) for arg in args if isinstance(arg, list) and _tensors(arg)), default=1)


def _lists_in(data: Any) -> int:
    if not isinstance(data, list | tuple):
        return 0
    return sum(1 + _lists_in(item) for item in data if isinstance(item, list | tuple))


def _tensors(values: Iterable[Any]) -> list[Tensor]:
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, list | tuple):
            found += _tensors(value)
    return found


def _code_around_operations() -> list[CodeType]:
    """What torch runs in Python for each operation on a sealed tensor."""
    call, entered = _CountedCall(), []
    tensor = call.sealed(torch.zeros(1))
    before = sys.gettrace()
    with call.everything_sealed():
        torch.neg(tensor)  # the first one imports and keeps things
        sys.settrace(lambda frame, event, arg: entered.append(frame.f_code))
        torch.neg(tensor)
        sys.settrace(before)
    return entered


_OWN = [
    *code_of(sealed, sealed_arrays, tracing, sys.modules[__name__]),
    *_code_around_operations(),
]
_OWN_CODE = frozenset(map(id, _OWN))
"""Code objects that are not traced: these, not others that are named as they are."""
