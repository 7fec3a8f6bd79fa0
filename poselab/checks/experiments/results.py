"""Results that an experiment can go on with."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from poselab.checks.registry import UnfitResultError


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
