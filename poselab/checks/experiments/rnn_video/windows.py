"""Functions that remember, which shows when a call is made again; and the type of their results."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.registry import Calls, Finding, Subject, experiment, relation
from poselab.checks.relations import demand


@experiment
def made_again(subject: Subject, calls: Calls) -> Tensor:
    """Calls with the same arguments.

    Args:
        subject: a function.
        calls: the same one, several times.

    Returns:
        Whether all of them give one result; whether the function's default values are what they
        were; and whether a further call gives that result still after earlier results have been
        overwritten: each 1 or 0.

    Raises:
        Exception: what a call raised, unless the default values have changed.
    """
    before = _defaults(subject)
    error: Exception | None = None
    results: list[object] = []
    try:
        results.extend(subject(*args) for args in calls)
    except Exception as raised:
        error = raised
    kept = _defaults(subject) == before
    if error is not None and kept:
        raise error
    same = error is None and all(_equal(results[0], result) for result in results)
    anew = not (same and kept) or _made_anew(subject, calls[0], results)
    return torch.tensor([same, kept, anew], dtype=torch.float64)


def _made_anew(subject: Subject, args: tuple[object, ...], results: list[object]) -> bool:
    """Whether a call's result has nothing to do with the tensors that were returned before."""
    returned = [result for result in results if isinstance(result, Tensor)]
    if not returned:
        return True
    expected = returned[0].clone()
    for result in returned:
        result.add_(1)
    try:
        return _equal(expected, subject(*args))
    finally:
        # What keeps its results would give wrong ones from now on.
        for result in returned:
            result.sub_(1)


@relation
def nothing_remembered(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """All calls of a ``made_again`` experiment gave one result."""
    same, kept, anew = result.bool().tolist()
    if not anew:
        seen = "The caller changed a result, and with it what the next call returns."
        yield demand(False, "result_kept", seen)
    if kept:
        seen = "The same call, made twice, gave two results."
    else:
        seen = "A call changed one of the function's own default values, and with it the next call."
    advice = "Make everything that the result is built from anew in each call."
    finding = demand(same, "" if kept else "default_value_changed", seen)
    yield Finding(finding.amount, finding.mistake, finding.observed, advice)


@experiment
def whole_numbers(subject: Subject, calls: Calls) -> Tensor:
    """Whether each call's result is int64: 1 or 0.

    What raises an exception or returns no tensor is judged elsewhere, and counts as 1 here.
    """
    whole = []
    for args in calls:
        with contextlib.suppress(Exception):
            result = subject(*args)
            whole.append(not isinstance(result, Tensor) or result.dtype == torch.int64)
    return torch.tensor(whole, dtype=torch.float64)


@relation
def int64(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """All results of a ``whole_numbers`` experiment were int64."""
    seen = "The result is not int64."
    yield demand(bool((result == 1).all()), "dtype_not_followed", seen)


def _defaults(subject: Subject) -> str:
    return repr((getattr(subject, "__defaults__", None), getattr(subject, "__kwdefaults__", None)))


def _equal(one: object, other: object) -> bool:
    """Whether two results are equal; what is no tensor is judged elsewhere."""
    if not (isinstance(one, Tensor) and isinstance(other, Tensor)):
        return True
    return torch.equal(one, other)
