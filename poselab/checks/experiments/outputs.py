"""Experiments that look at results alone, and at what a call does to random numbers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from poselab.checks.registry import Calls, Subject, UnfitResultError, experiment


@experiment
def outputs(subject: Subject, calls: Calls) -> Tensor:
    """The result of every call, (call, ...)."""
    with torch.no_grad():
        return stacked([subject(*args) for args in calls])


@experiment
def seeded_outputs(subject: Subject, calls: Calls) -> Tensor:
    """The same, with PyTorch's random numbers starting anew before each call.

    They start from 0 in the first call, from 1 in the second, and so on; from 0 in the last again.
    """
    results = []
    with torch.no_grad():
        for number, args in enumerate(calls):
            torch.default_generator.manual_seed(number if number < len(calls) - 1 else 0)
            results.append(subject(*args))
    return stacked(results)


@experiment
def random_state(subject: Subject, calls: Calls) -> Tensor:
    """For each call, whether it left PyTorch's random numbers alone: 1 or 0."""
    kept = []
    for args in calls:
        before = torch.default_generator.get_state()
        subject(*args)
        kept.append(torch.equal(before, torch.default_generator.get_state()))
    return torch.tensor(kept, dtype=torch.float64)


def plain(result: object) -> Tensor:
    """The result itself, if it is an ordinary tensor.

    Args:
        result: what a call returned.

    Returns:
        The same tensor.

    Raises:
        UnfitResultError: it is none.
    """
    if type(result) not in (Tensor, nn.Parameter):
        raise UnfitResultError(result)
    assert isinstance(result, Tensor)
    return result


def stacked(results: Sequence[object]) -> Tensor:
    """Results of equal shape and dtype as one tensor.

    Args:
        results: what the calls returned.

    Returns:
        (call, ...), cut from the graph.

    Raises:
        UnfitResultError: one is no tensor, or differs in shape or dtype.
    """
    tensors = [plain(result) for result in results]
    for tensor in tensors:
        if tensor.shape != tensors[0].shape or tensor.dtype != tensors[0].dtype:
            raise UnfitResultError(tensor)
    return torch.stack([tensor.detach() for tensor in tensors])
