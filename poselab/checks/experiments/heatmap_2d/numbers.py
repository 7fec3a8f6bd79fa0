"""What a function of tensors does with plain numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from poselab.checks.registry import Subject, UnfitResultError, experiment


@experiment
def one_number_after_the_other(subject: Subject, args: tuple[Any, ...]) -> Tensor:
    """Call with plain numbers instead of tensors: one call for each position.

    Args:
        subject: the function.
        args: tensors of whole numbers, which broadcast together, and what stays as it is.

    Returns:
        The results, in the shape of the tensors together.

    Raises:
        UnfitResultError: a call returned something else than a number.
    """
    tensors = [value for value in args if isinstance(value, Tensor)]
    rows = zip(
        *(each.flatten().tolist() for each in torch.broadcast_tensors(*tensors)), strict=True
    )
    results = []
    for row in rows:
        numbers = iter(row)
        result = subject(*(next(numbers) if isinstance(v, Tensor) else v for v in args))
        if isinstance(result, Tensor) and result.dim() == 0:
            result = result.item()
        if not isinstance(result, int | float):
            raise UnfitResultError(result)
        results.append(result)
    shape = torch.broadcast_shapes(*(each.shape for each in tensors))
    return torch.tensor(results, dtype=torch.float64).reshape(shape)
