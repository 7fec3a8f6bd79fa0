"""Which dtype a result has, and which one it was computed in."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.registry import Calls, Finding, Subject, experiment, relation
from poselab.checks.relations import demand


@experiment
def dtypes_kept(subject: Subject, calls: Calls) -> Tensor:
    """For each call, whether the result has the dtype of the first argument: 1 or 0.

    A call that fails or returns no tensor counts as 1: other cases ask for that, and an answer is
    to lose its points once.
    """
    kept = []
    for args in calls:
        try:
            result = subject(*args)
        except Exception:
            result = None
        kept.append(not isinstance(result, Tensor) or result.dtype == args[0].dtype)
    return torch.tensor(kept, dtype=torch.float64)


@relation
def dtype_kept(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """All results of a ``dtypes_kept`` experiment have their first argument's dtype."""
    seen = "The result has another dtype than the first argument."
    yield demand(bool((result == 1).all()), "dtype_not_followed", seen)


@relation
def mask_has_no_say(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """A mask in another dtype, in the second call, does not change the result's.

    Args:
        result: of ``dtypes_kept``, with a boolean mask and with one in a wide dtype.
        case: not looked at.
        tolerance: not looked at.

    Yields:
        Whether the dtype is that of the first argument with either mask.
    """
    boolean, wide = (bool(kept) for kept in result)
    seen = "With a boolean mask the result has the dtype of the first argument, with this one not."
    yield demand(wide or not boolean, "dtype_of_the_mask", seen)
    yield from dtype_kept(result, case, tolerance)


@relation
def sees_small_differences(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Losses of maps that differ a little: far from 0 in all calls but the last.

    Args:
        result: (call,).
        case: not looked at.
        tolerance: not looked at.

    Yields:
        Whether the difference is lost where numbers of few digits are coarse, and only there.
    """
    lost = bool((result[:-1] == 0).all()) and float(result[-1]) > 0
    seen = "Maps around 64 that differ by up to 0.03 count as equal; maps around 0 do not."
    yield demand(not lost, "computed_in_half", seen)
