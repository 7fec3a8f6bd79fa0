"""Counting the work of a call: operations on tensors, and Python instructions.

A vectorised function hands the whole batch to a fixed number of tensor operations. A loop, in
whatever disguise, does more when the tensors grow; and that can be counted. The tensors are sealed,
so that without an operation nobody learns a value, and each value that is handed to Python counts
as an operation. Instructions tell of loops over numbers.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from sys import _getframe
from types import CodeType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from poselab.checks import hiding, sealed, sealed_arrays, tracing
from poselab.checks.hiding import hidden
from poselab.checks.sealed import Seal, Undispatched, facts_of, zeros_like
from poselab.checks.sealed_arrays import SealedArray, SealedArrays
from poselab.checks.tracing import (
    Line,
    Tally,
    code_of,
    is_library,
    own_line,
    traced,
    without_collections,
)

SPARE_OPERATIONS = 12
"""Operations that may be added when an axis grows: a right answer may take a branch, or have kept
something from before. The grown axis adds 32 steps or more, each of them an operation at least."""

SPARE_INSTRUCTIONS = 96
"""Python instructions that may be added, likewise. The shortest step of a loop, in a comprehension
or behind `map`, is 5 instructions."""

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

_FEW = 10_000_000
"""Elements of the largest result that is copied."""

_numel, _clone, _as_numpy = Tensor.numel, Tensor.clone, Tensor.numpy
_modes_open, _mode_at = torch._C._len_torch_dispatch_stack, torch._C._get_dispatch_stack_at
_saving_hooks = torch._C._autograd._top_saved_tensors_default_hooks


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
        with (
            without_collections(),
            counted.everything_sealed(),
            traced(instructions, _OWN_CODE, counted.is_stepping),
        ):
            result = counted.copied(function(*given))
            # What dies with its arguments dies where it is counted, and changes no result.
            given.clear()
    finally:
        counted.seal.close()
    operations = counted.operations
    work = Work(operations.total(), instructions.total(), operations.by_line, instructions.by_line)
    return result, work


class _CountedCall:
    """The sealed tensors and arrays of one call, and what is done with them."""

    def __init__(self) -> None:
        self.operations = Tally()
        self.arrays = SealedArrays(
            self.count, self.array_of, lambda value: isinstance(value, Tensor)
        )
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

    def copied(self, result: Any) -> Any:
        """A result as it is now, with its values."""
        values = self.seal.unwrap(result)
        if type(values) is not Tensor or (values is result and vars(values)):
            return result
        with Undispatched():
            return _clone(values) if _numel(values) <= _FEW else values

    def is_stepping(self) -> bool:
        """Whether this thread is in a recurrent layer of torch's own."""
        return get_ident() in self._recurrent_threads

    def count(self, steps: int = 1) -> None:
        if not self.seal.closed and not self.is_stepping():
            self.operations.add(steps, own_line(_getframe(1)))

    def count_lists(self, data: Any) -> None:
        """Of numbers, one tensor may be made, and of lists of them as many."""
        self.count(_lists_in(data))

    def operate(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        self.count(_steps(func, [*args, *kwargs.values()]))
        return self.seal.run(func, args, kwargs)

    def hand_over(self, method: Any, *args: Any) -> Any:
        """Let a method of tensors work through the values one by one."""
        values = self.seal.lay_open(args)
        with Undispatched():
            self.count(max(_numel(one) for one in values if isinstance(one, Tensor)))
            result = method(*values)
        return args[0] if result is values[0] else result

    def as_array(self, tensor: Tensor, **_: Any) -> Any:
        """The values for numpy."""
        self.count()
        return self.arrays.wrap(self.array_behind(tensor))

    def array_of(self, tensor: Tensor) -> Any:
        """The values, which may only be written to if they are sealed."""
        self.count()
        array = self.array_behind(tensor)
        if type(tensor) is not self.seal.kind:
            array.flags.writeable = False
        return array

    def array_behind(self, tensor: Tensor) -> Any:
        """The values of a tensor, laid open in an array that shares their memory."""
        values = self.seal.lay_open(tensor)
        with Undispatched():
            return _as_numpy(values.detach())

    def hand_over_array(self, tensor: Tensor, dtype: Any = None, copy: Any = None) -> Any:
        """The values in an array that everyone can read."""
        array = self.array_behind(tensor)
        self.count(array.size)
        return array.astype(dtype or array.dtype)

    def step_through(self, function: Any, *args: Any, **options: Any) -> Any:
        """Let a recurrent layer do all its steps as one, if nobody else has a say in them."""
        self.count()
        alone = (
            all(type(_mode_at(place)) is _Births for place in range(_modes_open()))
            and _saving_hooks(False) is None
            and self.is_plain([*args, *options.values()])
        )
        thread = get_ident()
        if alone:
            self._recurrent_threads.add(thread)
        try:
            with torch._C.DisableTorchFunction():
                return function(*args, **options)
        finally:
            self._recurrent_threads.discard(thread)

    def is_plain(self, value: Any) -> bool:
        """Whether there is nothing but tensors and numbers, none of a class of its own."""
        if type(value) in (list, tuple):
            return all(map(self.is_plain, value))
        return type(value) in {Tensor, nn.Parameter, self.seal.kind, bool, int, float, type(None)}

    def from_array(self, array: Any) -> Tensor:
        """A tensor of an array."""
        values = self.arrays.unwrap(array)
        with Undispatched():
            made = _FROM_NUMPY(values)
            return self.seal.wrap(made if values is not array else made.clone())

    def new_array(self, make: Any, *args: Any, **options: Any) -> Any:
        """For code that is not a library's, an array that values can be written into."""
        if is_library(_getframe(1)):
            return make(*args, **options)
        self.count()

        try:
            made = make(*self.arrays.lay_open([*args]), **self.arrays.lay_open({**options}))
        except TypeError:
            made = make(*args, **options)  # whatever it is made of has to ask for values itself
        return self.arrays.wrap(made if made.flags.writeable else made.copy())

    @contextmanager
    def everything_sealed(self) -> Iterator[None]:
        """Within it, what is made of nothing, of numbers or of arrays is sealed as well."""
        replaced: list[tuple[Any, str, Any]] = [(torch, "from_numpy", hidden(self.from_array))]
        replaced += [
            (np, name, hidden(partial(self.new_array, make))) for name, make in _NEW_ARRAYS
        ]
        own = [vars(owner)[name] for owner, name, _ in replaced]
        births = _Births(hidden(self.operate))
        from_data = _FromData(hidden(self.count_lists), hidden(self.from_array))
        try:
            for owner, name, replacement in replaced:
                # Not by setattr, which a module may answer as it likes.
                vars(owner)[name] = replacement
            with births, from_data:
                yield
        finally:
            for (owner, name, _), original in zip(replaced, own, strict=True):
                vars(owner)[name] = original


class _Births(TorchDispatchMode):
    """Sees operations on ordinary tensors, and on none."""

    def __init__(self, operate: Callable[..., Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operate = operate

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # to skip it takes its import, two seconds

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.operate(func, args, kwargs or {})


class _FromData(TorchFunctionMode):
    """Sees tensors being made of sealed arrays and of lists."""

    def __init__(
        self, count_lists: Callable[[Any], None], from_array: Callable[[Any], Tensor]
    ) -> None:
        super().__init__()
        self.count_lists, self.from_array = count_lists, from_array

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in _FROM_DATA:
            data = args[-1] if args else kwargs.get("data", kwargs.get("obj"))
            self.count_lists(data)
            if isinstance(data, SealedArray):
                made = self.from_array(data).clone()
                return made.to(kwargs.get("device"), kwargs.get("dtype"))
        return func(*args, **kwargs)


def _steps(func: Any, args: Any) -> int:
    """How many an operation counts for: what works through a list of tensors is a loop over it."""
    if facts_of(func).name in _JOINING:
        return 1
    return max(
        (len(arg) for arg in args if type(arg) in (list, tuple) and _tensors(arg)), default=1
    )


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
    *code_of(hiding, sealed, sealed_arrays, tracing, sys.modules[__name__]),
    *_code_around_operations(),
]
_OWN_CODE = frozenset(map(id, _OWN))
"""Code objects that are not traced: these, not others that are named as they are."""
