"""A device that every machine has: tensors that say they live elsewhere.

Code that forgets ``device=`` runs on a CPU and fails on a GPU. To find out without a GPU, the
input is sealed in tensors that report another device, and every operation that mixes them with
tensors of the CPU is refused as CUDA would refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from poselab.checks.hiding import hidden
from poselab.checks.sealed import (
    Seal,
    SealedTensor,
    Undispatched,
    facts_of,
    map_tensors,
    of_another_call,
)

ELSEWHERE = torch.device("meta")
HERE = torch.device("cpu")
NAMED = torch.device("cuda", 0)
"""What tensors say: code may not tell the stand-in from what it stands for by its name."""

# Index tensors of the CPU are welcome on every device.
_TAKES_INDICES = frozenset({"index", "index_put", "index_put_", "_index_put_impl_"})
# Copying between devices is what these are for.
_COPIES = frozenset({"_to_copy", "copy_", "copy", "_copy_from"})
# The result is where the first argument is.
_FOLLOWS_FIRST = _TAKES_INDICES | {"copy_"}

_dim = Tensor.dim
_FROM_DATA = (torch.tensor, torch.as_tensor, torch.asarray)


class MixedDevicesError(RuntimeError):
    """An operation met tensors of two devices."""


class ForeignDevice:
    """A device of one call: its tensors compute here and say that they live elsewhere."""

    def __init__(self) -> None:
        self.seal = Seal(
            self.operate,
            {
                Tensor.numpy: self.refuse_array,
                Tensor.__array__: self.refuse_array,
                # As a tensor of a GPU would hand them over, too.
                Tensor.tolist: self.as_list,
                Tensor.new_tensor: self.new_tensor,
                Tensor.device.__get__: lambda _: NAMED,
                Tensor.is_cuda.__get__: lambda _: True,  # type: ignore[attr-defined]
                Tensor.is_meta.__get__: lambda _: False,  # type: ignore[attr-defined]
                Tensor.get_device: lambda _: NAMED.index,
                Tensor.__getitem__: _with_tensors_for_lists(Tensor.__getitem__),
                Tensor.__setitem__: _with_tensors_for_lists(Tensor.__setitem__),
            },
            _elsewhere,
        )

    def has(self, tensor: object) -> bool:
        """Whether a tensor is there, or is kept from a call before that was."""
        return type(tensor) is self.seal.kind or is_elsewhere(tensor)

    def adopt(self, value: Any) -> Any:
        """A tensor that is kept from a call before and was there, as this call's; others as is."""
        if type(value) is not self.seal.kind and is_elsewhere(value):
            return self.seal.wrap(of_another_call(value))
        return value

    def operate(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """Compute here and leave the result on the device of the operation's input."""
        args = tuple(map_tensors(self.adopt, value) for value in args)
        kwargs = {key: map_tensors(self.adopt, value) for key, value in kwargs.items()}
        name = facts_of(func).name
        tensors = _tensors_in(args, kwargs)
        there = any(map(self.has, tensors))
        if there and name in _TAKES_INDICES:
            # The tensor, the indices, and what is put there.
            self.refuse_mixture(name, _tensors_in(args[0], args[2:]))
            if not self.has(args[0]) and any(map(self.has, _tensors_in(args[1]))):
                raise MixedDevicesError(f"{name}: a tensor on the CPU was indexed by the input's")
        elif there and name not in _COPIES:
            self.refuse_mixture(name, tensors)
        if name == "copy_" and there and not self.has(args[0]):
            # Into a tensor of the CPU, whose values are open, as those of `.cpu()` are.
            args = self.seal.lay_open(list(args))
        wanted = kwargs.get("device")
        if wanted is not None:
            there = torch.device(wanted) == ELSEWHERE
            kwargs = {**kwargs, "device": HERE}
        elif name in _FOLLOWS_FIRST:
            there = self.has(args[0])
        return self.seal.run(func, args, kwargs, sealed=there)

    def refuse_mixture(self, name: str, tensors: list[Tensor]) -> None:
        """Refuse an operation on tensors of both devices."""
        # As on a GPU, a number in a tensor without axes may come from anywhere.
        there = any(map(self.has, tensors))
        if there and any(not self.has(tensor) and _dim(tensor) > 0 for tensor in tensors):
            raise MixedDevicesError(
                f"{name} was given tensors on two devices: the input's and the CPU's"
            )

    def refuse_array(self, *_: Any, **__: Any) -> Any:
        """Numpy knows of no other device."""
        raise MixedDevicesError("a tensor that is not on the CPU was handed to numpy")

    def as_list(self, tensor: Tensor) -> Any:
        """The values as numbers, which are nowhere."""
        values = self.seal.lay_open(tensor)
        with Undispatched():
            return values.tolist()

    def made_there(self, make: Any, *args: Any, **options: Any) -> Any:
        """A tensor of numbers, which never pass the dispatcher."""
        made = make(*args, **{**options, "device": HERE})
        return made if self.has(made) else self.seal.wrap(made)

    def new_tensor(self, tensor: Tensor, *args: Any, **options: Any) -> Any:
        """A tensor of numbers that is where another tensor is."""
        device = options.get("device")
        like = torch.empty(0, dtype=tensor.dtype)
        if device is None or torch.device(device) == ELSEWHERE:
            return self.made_there(like.new_tensor, *args, **options)
        return like.new_tensor(*args, **options)


class _Operations(TorchDispatchMode):
    """Sees operations on tensors of this device, and on none."""

    def __init__(self, operate: Callable[..., Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operate = operate

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # to skip it takes its import, two seconds

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.operate(func, args, kwargs or {})


class _FromData(TorchFunctionMode):
    """Sees tensors being made of numbers."""

    def __init__(self, made_there: Callable[..., Any], new_tensor: Callable[..., Any]) -> None:
        super().__init__()
        self.made_there = made_there
        self.new_tensor = new_tensor

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = {name: _not_cuda(value) for name, value in (kwargs or {}).items()}
        if func is Tensor.cuda:
            return args[0].to(ELSEWHERE)
        if func is Tensor.to:
            args = (args[0], *map(_not_cuda, args[1:]))
        if func is torch.unravel_index:
            # It makes tensors of numbers itself, and this mode is off while `func` runs.
            with self:
                return torch.functional._unravel_index(*args, **kwargs).unbind(-1)
        if func is Tensor.new_tensor and args[0].device == ELSEWHERE:
            # Within `torch.vmap` the tensor is a plain one around ours, of which torch asks in vain
            # where it is.
            return self.new_tensor(*args, **kwargs)
        device = kwargs.get("device")
        if func in _FROM_DATA and device is not None and torch.device(device) == ELSEWHERE:
            return self.made_there(func, *args, **kwargs)
        return func(*args, **kwargs)


def is_elsewhere(tensor: object) -> bool:
    """Whether a tensor is sealed and said to live elsewhere, in this call or another."""
    with torch._C.DisableTorchFunctionSubclass():
        return isinstance(tensor, SealedTensor) and tensor.device == ELSEWHERE


@contextmanager
def foreign_device() -> Iterator[ForeignDevice]:
    """Within it, there is a device whose tensors are not on this one."""
    device = ForeignDevice()
    try:
        with (
            _FromData(hidden(device.made_there), hidden(device.new_tensor)),
            _Operations(hidden(device.operate)),
        ):
            yield device
    finally:
        device.seal.close()


def _tensors_in(*values: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]


def _not_cuda(value: Any) -> Any:
    """This device where CUDA is asked for: it stands in for that one."""
    if isinstance(value, torch.device):
        return ELSEWHERE if value.type == "cuda" else value
    is_cuda = isinstance(value, str) and value.partition(":")[0] == "cuda"
    return ELSEWHERE if is_cuda else value


def _with_tensors_for_lists(access: Callable[..., Any]) -> Callable[..., Any]:
    """Indexing in which lists are tensors: torch would make some that are there and empty."""

    def indexed(tensor: Tensor, index: Any, *value: Any) -> Any:
        with torch._C.DisableTorchFunctionSubclass():
            return access(tensor, _as_tensors(index), *value)

    return indexed


def _as_tensors(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(map(_as_tensors, index))
    numbers = isinstance(index, list) and all(isinstance(n, int | list) for n in index)
    return torch.tensor(index, device=HERE) if numbers else index


def _elsewhere(kind: type[Tensor], values: Tensor) -> Tensor:
    made: Tensor = Tensor._make_wrapper_subclass(
        kind, values.size(), strides=values.stride(), dtype=values.dtype, device=ELSEWHERE
    )
    return made
