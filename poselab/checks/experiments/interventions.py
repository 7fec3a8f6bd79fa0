"""Changes to how a network computes, one at a time: what cures a fault was its cause."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

_DROPOUT = {f"{kind}dropout{n}" for kind in ("", "feature_", "alpha_", "feature_alpha_")
            for n in ("", "1d", "2d", "3d", "_")}  # fmt: skip
_RESHAPES = {"reshape", "view", "unflatten", "flatten", "view_as", "reshape_as"}
_ROUNDING = {"round", "floor", "ceil", "trunc", "fix"}
_TRAINING, _FIXED_VARIANCE = 5, 1.0


@contextlib.contextmanager
def in_evaluation_mode() -> Iterator[list[nn.Module]]:
    """Every module that is called is in evaluation mode.

    Yields:
        The modules that were not, which are put back afterwards.
    """
    found: list[nn.Module] = []

    def set_mode(module: nn.Module, _: object) -> None:
        if module.training:
            found.append(module)
            module.training = False

    handle = register_module_forward_pre_hook(set_mode)
    try:
        yield found
    finally:
        handle.remove()
        for module in found:
            module.training = True


Rule = Callable[[Tensor, torch.Size], Tensor | None]
"""A tensor and the shape that it is given -> the tensor of that shape whose axes were moved, or
None where the reshape may stay."""


class Operations(TorchDispatchMode):
    """Answers calls of operations in another way."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here, and only to rule that out takes a second of imports."""
        return False


class FixedStatistics(Operations):
    """Batch normalisation takes mean 0 and variance 1 instead of the batch's own."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Answer calls of one operation in another way."""
        name = func.overloadpacket.__name__
        if name == "native_batch_norm" and args[_TRAINING] and args[0].shape[0] > 1:
            channels = args[0].shape[1]
            mean = args[0].new_zeros(channels)
            variance = args[0].new_full((channels,), _FIXED_VARIANCE)
            args = (*args[:3], mean, variance, False, *args[_TRAINING + 1 :])
        return func(*args, **(kwargs or {}))


class WithoutDropout(TorchFunctionMode):
    """Dropout drops nothing."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Answer calls of one kind in another way."""
        if getattr(func, "__name__", "") in _DROPOUT:
            return args[0] if args else (kwargs or {})["input"]
        return func(*args, **(kwargs or {}))


class SlopeThroughRounding(TorchFunctionMode):
    """Rounding leaves numbers as they are, with their gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.used = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Answer calls of some functions in another way."""
        name = getattr(func, "__name__", "").rstrip("_")
        if name in _ROUNDING and args and isinstance(args[0], Tensor):
            self.used = True
            return args[0].clone()
        return func(*args, **(kwargs or {}))


class WithoutRounding(Operations):
    """Rounding to whole numbers, in whichever way, leaves them as they are."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Answer calls of some operations in another way."""
        kwargs = kwargs or {}
        name = func.overloadpacket.__name__
        if args and isinstance(args[0], Tensor) and args[0].is_floating_point():
            target = kwargs.get("dtype")
            whole = target is not None and not target.is_floating_point and target != torch.bool
            if name in _ROUNDING or (name == "_to_copy" and whole):
                return args[0].clone()
            if name == "floor_divide":
                return args[0] / args[1]
            if name == "div" and kwargs.get("rounding_mode"):
                return args[0] / args[1]
        return func(*args, **kwargs)


class JoinedBorders(Operations):
    """Maps are padded with what lies at their opposite border, so no border can be told."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Answer calls of some operations in another way."""
        kwargs = kwargs or {}
        name = func.overloadpacket.__name__
        if not args or not isinstance(args[0], Tensor) or args[0].dim() != 4:
            return func(*args, **kwargs)
        if name == "convolution" and not args[6] and any(args[4]):
            padded = _wrapped(args[0], _both(args[4]))
            return func(padded, *args[1:4], [0, 0], *args[5:], **kwargs)
        if name in ("max_pool2d_with_indices", "avg_pool2d") and len(args) > 3 and any(args[3]):
            return func(_wrapped(args[0], _both(args[3])), *args[1:3], [0, 0], *args[4:], **kwargs)
        if name in ("constant_pad_nd", "reflection_pad2d", "replication_pad2d"):
            amounts = list(args[1])
            if len(amounts) == 4 and min(amounts) >= 0:
                return _wrapped(args[0], amounts)
        return func(*args, **kwargs)


class Regrouped(TorchFunctionMode):
    """Where a reshape moves an axis by cutting elsewhere, the axis is moved instead.

    Args:
        rule: which reshapes are wrong, and how they would be right.
        place: which of the reshapes that the rule is for, of one call; None for all.
    """

    def __init__(self, rule: Rule, place: int | None = None) -> None:
        super().__init__()
        self.rule = rule
        self.place = place
        self.used = False
        self.met = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Answer calls of some operations in another way."""
        result = func(*args, **(kwargs or {}))
        if getattr(func, "__name__", "") in _RESHAPES and args and isinstance(args[0], Tensor):
            moved = self.rule(args[0], result.shape)
            if moved is not None:
                self.met += 1
                if self.place in (None, self.met - 1):
                    self.used = True
                    return moved
        return result


@contextlib.contextmanager
def other_order(layers: Sequence[nn.RNNBase]) -> Iterator[None]:
    """Recurrent layers that took the first axis for the steps take the second one, and back."""
    for layer in layers:
        layer.batch_first = not layer.batch_first
    try:
        yield
    finally:
        for layer in layers:
            layer.batch_first = not layer.batch_first


def axis_moved_first(size: int) -> Rule:
    """The rule for a reshape that puts an axis of this size first although it was not."""

    def rule(given: Tensor, shape: torch.Size) -> Tensor | None:
        places = [axis for axis, length in enumerate(given.shape) if length == size]
        if len(places) != 1 or places == [0] or shape[:1] != (size,):
            return None
        return given.movedim(places[0], 0).reshape(shape)

    return rule


def axes_exchanged(batch: int, steps: int, kinds: str) -> Rule:
    """The rule for reshapes that take (batch, steps) for (steps, batch), or the other way.

    Args:
        batch: the length of the first axis.
        steps: the length of the second axis.
        kinds: which of them: ``i`` those that make the steps the first axis, ``o`` those that make
            them the second one, ``m`` those that do so with an axis that holds both.

    Returns:
        The rule.
    """

    def rule(given: Tensor, shape: torch.Size) -> Tensor | None:
        before, after, both = given.shape[:2], shape[:2], batch * steps
        if "i" in kinds and after == (steps, batch) and before[:1] in ((both,), (batch,)):
            return given.reshape(batch, steps, *shape[2:]).transpose(0, 1)
        if "o" in kinds and before == (steps, batch) and after == (batch, steps):
            return given.transpose(0, 1).reshape(shape)
        if "m" in kinds and before[:1] == (both,) and after == (batch, steps):
            return given.reshape(steps, batch, *shape[2:]).transpose(0, 1)
        return None

    return rule


def _both(padding: Sequence[int]) -> list[int]:
    """Padding of rows and columns, as `pad` wants it."""
    rows, columns = padding[0], padding[-1]
    return [columns, columns, rows, rows]


def _wrapped(maps: Tensor, amounts: Sequence[int]) -> Tensor:
    left, right, above, below = amounts
    rows = torch.arange(-above, maps.shape[2] + below) % maps.shape[2]
    columns = torch.arange(-left, maps.shape[3] + right) % maps.shape[3]
    return maps[:, :, rows][:, :, :, columns]
