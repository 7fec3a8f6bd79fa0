"""Which case of an exercise is drawn, target beside yours: the one that decided."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from poselab.checks.cases import Case, Suite
from poselab.checks.distances import distance
from poselab.checks.judge import Verdict
from poselab.checks.runner import Observation
from poselab.plots.comparison import (
    compare_curves,
    compare_maps,
    compare_numbers,
    compare_positions,
)
from poselab.plots.figure import Picture

MOST_MAPS = 3


def picture(suite: Suite, verdict: Verdict, observations: Iterable[Observation]) -> bytes | None:
    """Draw what was expected beside what came back, as PNG.

    Shows the case that decided a failed criterion, or else the first that was about values.
    ``None`` where no tensor of the right shape came back: there is nothing to lay side by side.
    """
    results = {observation.case: observation.result for observation in observations}
    failed = [criterion for criterion in verdict.criteria if not criterion.passed]
    decisive = [criterion.case for criterion in failed if criterion.case]
    ordinary = [] if failed else [case.id for case in suite.cases_of("values")]
    criteria = {criterion.id: criterion for criterion in suite.criteria}
    by_id = {case.id: case for case in suite.cases}
    for case_id in (*decisive, *ordinary):
        case, result = by_id[case_id], results.get(case_id)
        if case.kind != "call" or result is None:
            continue
        expected = suite.expected_for(case, result)
        if result.shape != expected.shape or result.is_complex():
            continue
        criterion = criteria[case.criterion]
        unseen = distance(result, expected) <= criterion.tolerance
        if failed and (unseen or criterion.same_dtype):
            continue  # what is wrong cannot be seen in a picture of the numbers
        return _draw(suite, case, result.to(torch.float64), expected).png()
    return None


def _draw(suite: Suite, case: Case, result: Tensor, expected: Tensor) -> Picture:
    axes = suite.result_axes
    off = (result - expected).nan_to_num(nan=torch.inf)
    if axes[-2:] == ("row", "column"):
        worst = off.abs().amax((-1, -2))
        shown = worst.flatten().argsort(descending=True, stable=True)[:MOST_MAPS]
        names = [
            ", ".join(f"{axis} {int(i)}" for axis, i in zip(axes, index, strict=False))
            for index in zip(*torch.unravel_index(shown, worst.shape), strict=True)
        ]
        target, yours = (maps.reshape(-1, *maps.shape[-2:])[shown] for maps in (expected, result))
        return compare_maps(target, yours, names=names)
    if axes[-1:] == ("threshold",):
        row = int(off.abs().amax(-1).argmax())
        return compare_curves(case.args[-1], expected[row], result[row], title=f"joint {row}")
    if axes[-1:] == ("xy",):
        sample = int(off.norm(dim=-1).amax(-1).argmax())
        target, yours = (poses.flatten(0, -3)[sample] for poses in (expected, result))
        maps = case.args[0]
        if not isinstance(maps, Tensor) or maps.ndim != 4:
            return compare_positions(target, yours)
        title = f"sample {sample}: all maps laid over each other"
        return compare_positions(target, yours, background=maps[sample].amax(0), title=title)
    return compare_numbers(expected, result)
