"""A dictionary of tensors that moves to another device as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class DeviceDict(dict[str, Any]):
    """A ``dict`` for a sample, a mini-batch or a network's output.

    It may also hold tensors inside dictionaries, lists and tuples. Values that are not tensors stay
    as they are. No method changes the dictionary it is called on: each returns a new one.

    Example:
        >>> batch = DeviceDict(img=torch.zeros(8, 3, 128, 160), info={"person": torch.zeros(8)})
        >>> batch = batch.to("cuda")  # doctest: +SKIP
    """

    def to(self, device: torch.device | str, non_blocking: bool = False) -> DeviceDict:
        """Return a dictionary whose tensors are on ``device``.

        A tensor that is already there is shared with the old dictionary, not copied, as with
        ``torch.Tensor.to``.

        Args:
            device: the device to move to.
            non_blocking: whether copies from pinned memory may overlap with other work.

        Returns:
            The new dictionary.
        """
        return self._with_each_tensor(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def cpu(self) -> DeviceDict:
        """Return a dictionary whose tensors are in the CPU's memory."""
        return self.to("cpu")

    def detach(self) -> DeviceDict:
        """Return a dictionary whose tensors are detached from the autograd graph."""
        return self._with_each_tensor(Tensor.detach)

    def _with_each_tensor(self, change: Callable[[Tensor], Tensor]) -> DeviceDict:
        return DeviceDict({key: _changed(value, change) for key, value in self.items()})


def _changed(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    match value:
        case Tensor():
            return change(value)
        case dict():
            return DeviceDict({key: _changed(item, change) for key, item in value.items()})
        case list():
            return [_changed(item, change) for item in value]
        case tuple():
            items = [_changed(item, change) for item in value]
            # A named tuple is built from its fields, a plain one from one sequence.
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        case _:
            return value
