"""Experiments with networks of one's own design: what each weight does for the result."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from poselab.checks.experiments.outputs import plain
from poselab.checks.registry import Calls, Subject, experiment

_MOST_PARAMETERS = 200
_NUDGE = 0.1


def prepare(network: nn.Module) -> nn.Module:
    """Set a network to evaluation mode, and replace what starts at zero throughout.

    Last layers and residual branches are often started so, and rightly; but as long as they are
    zero, they hide what is before them.
    """
    generator = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        # The layers that find out their size when they are called have no values yet.
        if not is_lazy(parameter) and not parameter.any():
            with torch.no_grad():
                parameter.copy_(0.1 * torch.randn(parameter.shape, generator=generator))
    return network.eval()


@experiment
def reach(subject: Subject, calls: Calls) -> Tensor:
    """What each of a network's parameters does for the result of the one call.

    Args:
        subject: a network.
        calls: one, with its arguments.

    Returns:
        (parameter, 3): its number of axes; whether the result changes with it; and whether it is in
        the result's graph.
    """
    (args,) = calls
    assert isinstance(subject, nn.Module)
    parameters = learnable(subject)
    result = plain(subject(*args))
    rows = [
        (parameter.dim(), _is_used(subject, args, result.detach(), parameter), gradient is not None)
        for parameter, gradient in zip(parameters, gradients(result, parameters), strict=True)
    ]
    return torch.tensor(rows, dtype=torch.float64).reshape(-1, 3)


def learnable(network: nn.Module) -> list[nn.Parameter]:
    """A network's parameters that can learn, or the first of very many."""
    return [p for p in network.parameters() if p.requires_grad][:_MOST_PARAMETERS]


def gradients(result: Tensor, parameters: Sequence[nn.Parameter]) -> Sequence[Tensor | None]:
    """The gradients of a weighted sum of the result; None where there is no way back."""
    if not result.requires_grad or not parameters:
        return [None] * len(parameters)
    weight = torch.linspace(0.5, 1.5, result.numel(), dtype=result.dtype).reshape(result.shape)
    return torch.autograd.grad(
        (result * weight).sum(), parameters, allow_unused=True, retain_graph=True
    )


@contextlib.contextmanager
def changed(tensor: Tensor, values: Tensor) -> Iterator[None]:
    """A tensor that holds other values within the block."""
    before = tensor.detach().clone()
    with torch.no_grad():
        tensor.copy_(values)
    try:
        yield
    finally:
        with torch.no_grad():
            tensor.copy_(before)


def _is_used(
    subject: nn.Module, args: tuple[Any, ...], result: Tensor, parameter: nn.Parameter
) -> bool:
    noise = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
    with changed(parameter, parameter.detach() + _NUDGE * noise), torch.no_grad():
        other = plain(subject(*args))
    return other.shape != result.shape or not torch.equal(other, result)
