"""Do the gradients of a loss for two tasks reach both predictions?

A call is (first, its target, second, its target, ...), in float64. The slope of the loss along the
differences is measured twice for each prediction: by autograd, and by steps to both sides.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.experiments.results import plain
from poselab.checks.registry import Calls, Finding, Subject, experiment, relation
from poselab.checks.relations import demand

_STEP = 0.1
"""Large, against rounding: this loss is a parabola along a line, whose slope any step gives."""
_PREDICTIONS = ((0, "poses_3d"), (2, "heatmaps"))


@experiment
def slopes_of_two_tasks(subject: Subject, calls: Calls) -> Tensor:
    """The slopes, (call, prediction, 2): by autograd, and by steps."""
    rows = [[_slopes(subject, args, place) for place, _ in _PREDICTIONS] for args in calls]
    return torch.tensor(rows, dtype=torch.float64)


def _slopes(subject: Subject, args: tuple[Tensor, ...], place: int) -> tuple[float, float]:
    def loss(prediction: Tensor) -> Tensor:
        # The others want gradients as well, as they do in a training.
        given = [v.clone() if isinstance(v, Tensor) else v for v in args]
        for other, _ in _PREDICTIONS:
            given[other].requires_grad_()
        given[place] = prediction
        return plain(subject(*given))

    direction = args[place] - args[place + 1]
    leaf = args[place].clone().requires_grad_()
    result = loss(leaf)
    gradient = None
    if result.requires_grad:
        (gradient,) = torch.autograd.grad(result.sum(), leaf, allow_unused=True)
    ends = [loss((args[place] + step * direction).requires_grad_()) for step in (_STEP, -_STEP)]
    after, before = (float(end.detach().sum()) for end in ends)
    by_autograd = 0.0 if gradient is None else float((gradient * direction).sum())
    return by_autograd, (after - before) / (2 * _STEP)


@relation
def both_tasks_learn(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Both ways of measuring a slope agree, for both predictions."""
    cut = (result[..., 0] == 0) & (result[..., 1] != 0)
    if bool(cut.all()):
        seen = "No gradient flows to either of the two predictions."
        yield demand(False, "both_cut_off", seen)
    for number, (_, name) in enumerate(_PREDICTIONS):
        by_autograd, by_steps = result[:, number].unbind(-1)
        seen = f"No gradient flows to `{name}`, although the loss depends on it."
        yield demand(not bool(cut[:, number].any()), f"{name}_cut_off", seen)
        off = float(((by_autograd - by_steps).abs() / by_steps.abs().clamp(min=1e-12)).max())
        seen = f"The gradient that flows to `{name}` is not the slope of the loss."
        advice = "Let every step from the prediction to the loss be one that torch records."
        yield Finding(off, "", seen, advice)
