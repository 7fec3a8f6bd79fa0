"""The gradient of a function by one of its arguments, while all of them ask for one."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from poselab.checks.experiments.results import plain
from poselab.checks.registry import Subject, experiment


@experiment
def slope_by(subject: Subject, args: tuple[Any, ...]) -> Tensor:
    """The gradient of ``(result * weight).sum()`` by one argument, as in the backward pass.

    Args:
        subject: a function of tensors.
        args: its arguments, then the weight, then the number of the argument.

    Returns:
        Of that argument's shape; zeros where no gradient flows back to it.
    """
    *given, weight, number = args
    # Copies of leaves: overwriting an argument is another mistake, which autograd would refuse.
    leaves = [tensor.clone().requires_grad_() for tensor in given]
    result = plain(subject(*(leaf.clone() for leaf in leaves)))
    chosen = leaves[number]
    if not result.requires_grad:
        return torch.zeros_like(chosen)
    (slope,) = torch.autograd.grad((result * weight).sum(), chosen, allow_unused=True)
    return torch.zeros_like(chosen) if slope is None else slope.detach()
