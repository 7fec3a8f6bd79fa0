"""Can every layer of a network learn?"""

from __future__ import annotations

import contextlib
import math

import torch
from torch import Tensor, nn

from poselab.checks.experiments.interventions import SlopeThroughRounding
from poselab.checks.experiments.networks import (
    answers,
    ask,
    changed,
    gradients,
    hidden_modules,
    hidden_tensors,
    learnable,
    take_steps,
    zeros_filled,
)
from poselab.checks.experiments.reports import amiss, report
from poselab.checks.registry import Calls, Subject, experiment
from poselab.checks.relations import change

_MOST_TRIED = 60
"""Parameters without a gradient that are tried out, at most."""

_NUDGE = 0.1


@experiment
def reach(subject: Subject, calls: Calls) -> Tensor:
    """A report on where in a network a gradient arrives, after a few steps.

    Args:
        subject: a network.
        calls: one, with its arguments.

    Returns:
        A report: whether weights are used that the network does not know of as its own; whether
        it has any that can learn; whether those that shape the result are in its graph; and
        whether the gradient there is another than 0. With the number of weights that fail.
    """
    ((given,),) = calls
    assert isinstance(subject, nn.Module)
    kept, _ = hidden_modules(subject, given)
    loose = hidden_tensors(subject)
    take_steps(subject, given)
    parameters = learnable(subject)
    slopes = gradients(ask(subject, given), parameters)
    still = [
        (parameter, slope is None)
        for parameter, slope in zip(parameters, slopes, strict=True)
        if slope is None or not bool(slope.any())
    ][:_MOST_TRIED]
    used, hides = _used(subject, given, [parameter for parameter, _ in still])
    cut = sum(out for (_, out), is_used in zip(still, used, strict=True) if is_used)
    stuck = sum(not out for (_, out), is_used in zip(still, used, strict=True) if is_used)
    n = len(parameters)
    return report(
        (amiss(not kept), "hidden_in_a_list", sum(1 for m in kept for _ in m.parameters())),
        (amiss(not loose), "plain_tensor", len(loose)),
        (amiss(bool(parameters)), "nothing_to_learn"),
        (math.inf if cut else 0.0, "outside_the_graph", cut, n),
        (math.inf if stuck else 0.0, _why_flat(subject, given, still, hides), stuck, n),
    )


def _why_flat(
    subject: nn.Module, given: Tensor, still: list[tuple[nn.Parameter, bool]], hides: bool
) -> str:
    """Why there is no slope in some parameters although the result changes with them."""
    if hides:
        return "starts_at_zero"
    flat = {id(parameter) for parameter, cut in still if not cut}
    with contextlib.suppress(Exception), SlopeThroughRounding() as rounding:
        parameters = learnable(subject)
        slopes = gradients(ask(subject, given), parameters)
        if rounding.used and any(
            slope is not None and bool(slope.any())
            for parameter, slope in zip(parameters, slopes, strict=True)
            if id(parameter) in flat
        ):
            return "rounded"
    return ""


def _used(
    subject: nn.Module, given: Tensor, parameters: list[nn.Parameter]
) -> tuple[list[bool], bool]:
    """Whether the result changes with each parameter, and whether zeros had hidden that."""
    plainly = [_is_used(subject, given, parameter) for parameter in parameters]
    if all(plainly):
        return plainly, False
    with zeros_filled(subject) as filled:
        if not filled:
            return plainly, False
        hidden = [_is_used(subject, given, parameter) for parameter in parameters]
    return [a or b for a, b in zip(plainly, hidden, strict=True)], hidden != plainly


def _is_used(subject: nn.Module, given: Tensor, parameter: nn.Parameter) -> bool:
    (before,) = answers(subject, given)
    noise = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
    with contextlib.suppress(Exception), changed(parameter, parameter.detach() + _NUDGE * noise):
        (after,) = answers(subject, given)
        return after.shape != before.shape or change(before, after) > 0
    return False
