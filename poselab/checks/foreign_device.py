"""A device that every machine has: tensors that say they live elsewhere.

Code that forgets ``device=`` runs on a CPU and fails on a GPU. To find out without a GPU, the
input is wrapped in tensors that report another device, and every operation that mixes them with
tensors of the CPU is refused as CUDA would refuse it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

ELSEWHERE = torch.device("meta")
HERE = torch.device("cpu")

# Index tensors of the CPU are welcome on every device.
_TAKES_INDICES = {"index", "index_put", "index_put_", "_index_put_impl_"}
# Copying between devices is what these are for.
_COPIES = {"_to_copy", "copy_", "copy", "_copy_from"}


class MixedDevicesError(RuntimeError):
    """An operation met tensors of two devices."""


class ForeignTensor(Tensor):
    """A tensor that computes here and says that it lives elsewhere."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> ForeignTensor:
        """Wrap ``held``, which stays where it is."""
        wrapper: ForeignTensor = Tensor._make_wrapper_subclass(
            cls, held.size(), strides=held.stride(), dtype=held.dtype, device=ELSEWHERE
        )
        wrapper.held = held
        return wrapper

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        with ForeignDevice():  # type: ignore[no-untyped-call]
            return func(*args, **(kwargs or {}))

    def numpy(self, *, force: bool = False) -> Any:
        """Refused, as for every tensor that is not on the CPU."""
        raise MixedDevicesError("a tensor that is not on the CPU was handed to numpy")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        """Refused likewise."""
        raise MixedDevicesError("a tensor that is not on the CPU was handed to numpy")

    def tolist(self) -> Any:
        """The values, as a GPU tensor would hand them over too."""
        return self.held.tolist()


class ForeignDevice(TorchDispatchMode):
    """While active, operations run here and results stay on the device of their inputs."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = func.overloadpacket.__name__
        leaves, structure = tree_flatten((args, kwargs))
        tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
        foreign = any(isinstance(tensor, ForeignTensor) for tensor in tensors)
        if foreign and name not in _TAKES_INDICES | _COPIES:
            _refuse_mixture(name, tensors)
        wanted = kwargs.get("device")
        if wanted is not None:
            stays = torch.device(wanted) == ELSEWHERE
        elif name in {"copy_", "index_put_", "_index_put_impl_", "index", "index_put"}:
            stays = isinstance(args[0], ForeignTensor)
        else:
            stays = foreign
        here = [_here(leaf) for leaf in leaves]
        args, kwargs = tree_unflatten(here, structure)
        result = func(*args, **kwargs)
        if not stays:
            return result
        # An operation in place returns its own argument: hand back the wrapper, not a new one.
        same = {id(leaf.held): leaf for leaf in leaves if isinstance(leaf, ForeignTensor)}

        def wrapped(leaf: Any) -> Any:
            if not isinstance(leaf, Tensor):
                return leaf
            return same[id(leaf)] if id(leaf) in same else ForeignTensor(leaf)

        return tree_map(wrapped, result)


class _MakesForeignTensors(TorchFunctionMode):
    """Tensors made of numbers: these never pass the dispatcher with their values."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.unravel_index:
            # It makes tensors of numbers itself, and this mode is off while `func` runs.
            with self:
                return torch.functional._unravel_index(*args, **kwargs).unbind(-1)
        device = kwargs.get("device")
        if func in (torch.tensor, torch.as_tensor, torch.asarray) and device is not None:
            if torch.device(device) == ELSEWHERE:
                made = func(*args, **{**kwargs, "device": HERE})
                return made if isinstance(made, ForeignTensor) else ForeignTensor(made)
        elif func is Tensor.new_tensor and isinstance(args[0], ForeignTensor) and device is None:
            return ForeignTensor(args[0].held.new_tensor(*args[1:], **kwargs))
        return func(*args, **kwargs)


@contextmanager
def foreign_device() -> Iterator[None]:
    """Within it, tensors that are not ForeignTensors live on another device than these."""
    with _MakesForeignTensors(), ForeignDevice():  # type: ignore[no-untyped-call]
        yield


def _here(leaf: Any) -> Any:
    if isinstance(leaf, ForeignTensor):
        return leaf.held
    if isinstance(leaf, torch.device) and leaf == ELSEWHERE:
        return HERE
    return leaf


def _refuse_mixture(name: str, tensors: list[Tensor]) -> None:
    # As on a GPU, a number in a tensor without axes may come from anywhere.
    if any(not isinstance(tensor, ForeignTensor) and tensor.dim() > 0 for tensor in tensors):
        raise MixedDevicesError(
            f"{name} was given tensors on two devices: the input's and the CPU's"
        )
