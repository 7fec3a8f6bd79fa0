"""``check.last``: the call that failed, for the student's own experiments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from poselab.checks.cases import Case, Suite
from poselab.checks.judge import CriterionResult, Verdict
from poselab.checks.messages import dtype_wanted
from poselab.checks.runner import Observation, fresh_args

_SEVERAL = 3
"""Arguments of several calls that are described one by one."""


@dataclass(frozen=True, repr=False)
class Failure:
    """The call that a failed criterion's message is about.

    Args:
        exercise: whose function or class was called.
        criterion: the title of the criterion.
        message: what the check said.
        call: the call as the message writes it.
        build: for a class, the keyword arguments of the object that was called.
        expected: what should have come back, or the gradient that should have; ``None`` where there
            is no one right result.
        result: what did come back, if that was a tensor.
        error: the exception that was raised; empty if there was none.
    """

    exercise: str
    criterion: str
    message: str
    call: str
    build: Mapping[str, Any] | None
    expected: Tensor | None
    result: Tensor | None
    error: str
    case: Case = field(repr=False)

    @property
    def calls(self) -> tuple[tuple[Any, ...], ...]:
        """The arguments of each call, fresh copies every time; an experiment makes several."""
        given = fresh_args(self.case)
        return given if self._lists_calls else (given,)

    @property
    def _lists_calls(self) -> bool:
        """Whether an experiment is given the arguments of each call, one tuple a call."""
        given = self.case.args
        return bool(self.case.experiment) and all(isinstance(one, tuple) for one in given)

    @property
    def arguments(self) -> tuple[Any, ...]:
        """The arguments of the call, or of an experiment's first one; fresh copies every time."""
        return self.calls[0]

    @property
    def again(self) -> str:
        """The code that calls the function once more, as it was called.

        Empty for an experiment that makes its own calls of what it is given.
        """
        if self.case.kind == "experiment" and not self._lists_calls:
            return ""
        if self.build is None:
            return f"{self.exercise}(*check.last.arguments)"
        return f"{self.exercise}(**check.last.build).eval()(*check.last.arguments)"

    def __repr__(self) -> str:
        lines = [f"The call of {self.exercise} that failed: {self.criterion}."]
        lines += [f"  {'.call':<12}{self.call}"]
        if self.build is not None:
            lines += [f"  {'.build':<12}{dict(self.build)}"]
        lines += [f"  {'.arguments':<12}{described(self.arguments)}"]
        if len(self.calls) > 1:
            lines += [f"  {'.calls':<12}the arguments of all {len(self.calls)} calls"]
        if self.error:
            lines += [f"  {'.error':<12}{self.error}"]
        for name, value in (("expected", self.expected), ("result", self.result)):
            if value is not None:
                lines += [f"  {'.' + name:<12}{described(value)}"]
        if self.again:
            lines += [f"Try it: {self.again}"]
        return "\n".join(lines)


def failure_of(
    suite: Suite, verdict: Verdict, observed: Mapping[str, Observation]
) -> Failure | None:
    """The call that the first failed criterion is about.

    Args:
        suite: the exercise's cases.
        verdict: on what came back.
        observed: what came back, by case.

    Returns:
        The :class:`Failure`; ``None`` where no call has failed, or nothing is implemented yet.
    """
    failed = next((c for c in verdict.criteria if c.judged and not c.passed and c.case), None)
    if failed is None:
        return None
    case = next(case for case in suite.cases if case.id == failed.case)
    seen = observed.get(case.reads or case.id)
    if seen is None or seen.not_written:
        return None
    return _failure(suite, failed, case, seen)


def _failure(suite: Suite, failed: CriterionResult, case: Case, seen: Observation) -> Failure:
    # What an experiment reports is for its relation, not a result that was asked for.
    compared = case.kind != "experiment" and case.id in suite.expected
    return Failure(
        exercise=suite.id,
        criterion=failed.title,
        message=failed.message,
        call=case.call,
        build=case.build,
        expected=_expected(suite, case, seen) if compared else None,
        result=None if case.kind == "experiment" else seen.result,
        error=seen.error,
        case=case,
    )


def _expected(suite: Suite, case: Case, seen: Observation) -> Tensor:
    """What should have come back, in the dtype that it should have."""
    expected = suite.expected_for(case, seen.result)
    wanted = getattr(torch, dtype_wanted(case), None) if _has_dtype(case) else None
    return expected.to(wanted or expected.dtype, copy=True)


def _has_dtype(case: Case) -> bool:
    return bool(case.dtype) or (bool(case.args) and isinstance(case.args[0], Tensor))


def described(value: Any) -> str:
    """A value in a few words: a tensor by its shape and dtype."""
    if isinstance(value, Tensor):
        if value.dim() == 0:
            return f"{value.item():.6g} ({str(value.dtype).removeprefix('torch.')})"
        return f"tensor of shape {tuple(value.shape)}, {str(value.dtype).removeprefix('torch.')}"
    if isinstance(value, tuple):
        shown = [described(item) for item in value[:_SEVERAL]] + ["..."] * (len(value) > _SEVERAL)
        return f"({', '.join(shown)})"
    return repr(value)
