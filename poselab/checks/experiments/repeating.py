"""Does a network answer twice in the same way, with numbers that can be something?"""

from __future__ import annotations

import contextlib
import math
import random

import numpy as np
import torch
from torch import Tensor, nn

from poselab.checks.experiments.interventions import (
    WithoutDropout,
    WithoutRounding,
    in_evaluation_mode,
)
from poselab.checks.experiments.networks import (
    answers,
    ask,
    hidden_modules,
    wake,
    zeros_filled,
)
from poselab.checks.experiments.reports import amiss, report
from poselab.checks.experiments.results import plain
from poselab.checks.registry import Calls, Subject, UnfitResultError, experiment
from poselab.checks.relations import change, fraction


@experiment
def repeated(subject: Subject, calls: Calls) -> Tensor:
    """A report on a network that is asked about X, X, Y and X again.

    Args:
        subject: a network.
        calls: two, with X and with Y.

    Returns:
        A report: whether the result has a floating-point dtype, holds finite numbers and others
        than whole ones; whether it depends on the input; and how far it depends on earlier calls
        and on random numbers.

    Raises:
        UnfitResultError: the results differ in shape.
    """
    (given,), (other,) = calls
    assert isinstance(subject, nn.Module)
    asked, given = given, given.clone()
    wake(subject, given)
    # Once with the argument itself: whether it is changed is another question.
    results = [_seeded(subject, asked, 0)]
    dtype = results[0].dtype
    if not dtype.is_floating_point:
        cast = dtype == given.dtype
        sound = [(0.0, "")] * 5
        return report((math.inf, "cast_to_the_input_dtype" if cast else "not_floating"), *sound)
    results += [_seeded(subject, x.clone(), s) for x, s in ((given, 1), (other, 2), (given, 0))]
    if any(result.shape != results[0].shape for result in results):
        raise UnfitResultError(results[1])
    first, second, different, last = results
    finite = all(bool(result.isfinite().all()) for result in results)
    if not finite:
        return report((0.0, ""), (math.inf, "not_finite"), *[(0.0, "")] * 4)
    spread = change(first, different)
    reacts = spread > _least_reaction(first)
    whole = all(bool((result == result.round()).all()) for result in results)
    rounded = whole and _is_rounded(subject, given)
    kept = fraction(change(first, last), spread) if reacts else 0.0
    drawn = fraction(change(first, second), spread) if reacts else 0.0
    # What is kept makes the second call differ as well.
    return report(
        (0.0, ""),
        (0.0, ""),
        (amiss(not (whole and (reacts or rounded))), "rounded" if rounded else ""),
        (amiss(reacts), "" if reacts else _why_indifferent(subject, given, other)),
        (kept, "state_kept"),
        (drawn, _why_random(subject, given, drawn) if drawn and not kept else ""),
    )


def _least_reaction(result: Tensor) -> float:
    """A network that has not learned yet may react faintly, but react it must."""
    return 1e-6 * (1 + float(result.abs().max()))


def _seeded(subject: Subject, given: Tensor, seed: int) -> Tensor:
    """The result of a call for which all random numbers start anew."""
    torch.default_generator.manual_seed(seed)
    theirs, numpys = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed)
    try:
        with torch.no_grad():
            return plain(subject(given)).detach().clone()
    finally:
        random.setstate(theirs)
        np.random.set_state(numpys)


def _is_rounded(subject: Subject, given: Tensor) -> bool:
    """Whether the numbers are no longer whole where rounding is left out."""
    with contextlib.suppress(Exception):
        with torch.no_grad(), WithoutRounding():
            result = ask(subject, given)
        return bool((result != result.round()).any())
    return False


def _why_indifferent(subject: nn.Module, given: Tensor, other: Tensor) -> str:
    (first,) = answers(subject, given)
    with contextlib.suppress(Exception):
        # A result that is kept is rarely kept for another number of samples.
        (fewer,) = answers(subject, other[:-1])
        if change(first[:-1], fewer) > _least_reaction(first):
            return "state_kept"
    with contextlib.suppress(Exception), zeros_filled(subject) as filled:
        first, second = answers(subject, given, other)
        if filled and change(first, second) > _least_reaction(first):
            return "starts_at_zero"
    return "same_for_all"


def _why_random(subject: nn.Module, given: Tensor, drawn: float) -> str:
    def still_random() -> bool:
        one, another = _seeded(subject, given.clone(), 0), _seeded(subject, given.clone(), 1)
        return change(one, another) > 0

    own = set(map(id, subject.modules()))
    with in_evaluation_mode() as training:
        cured = not still_random()
    if cured and training:
        kept, _ = hidden_modules(subject, given)
        hidden = all(id(module) not in own for module in training)
        return "hidden_in_training_mode" if hidden and kept else "left_in_training_mode"
    with WithoutDropout():
        if not still_random():
            return "dropout_never_off"
    _, made = hidden_modules(subject, given)
    return "layer_made_in_forward" if made else "random_in_evaluation"
