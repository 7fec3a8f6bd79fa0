"""Which case of an exercise is drawn, target beside yours: the one that decided."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from poselab.checks.cases import Case, Suite
from poselab.checks.distances import differences, distance, unravelled
from poselab.checks.judge import Verdict
from poselab.checks.runner import Observation
from poselab.plots.comparison import (
    VISIBLE,
    compare_curves,
    compare_maps,
    compare_numbers,
    compare_poses_3d,
    compare_positions,
    compare_values,
)
from poselab.plots.figure import Picture

MOST_MAPS = 3

_PLAIN, _PLAIN_IN_MAPS = 0.1, 0.5
"""Differences that nobody overlooks, as a fraction of what is expected spans. Where one is smaller,
another call may show more: a hill near the diagonal looks alike if x and y are swapped."""


@dataclass(frozen=True)
class Drawing:
    """A picture, and what it shows in words: for those who do not see it, and where it is not.

    Args:
        png: the bytes of the file.
        words: one or two sentences; code stands between backquotes.
    """

    png: bytes
    words: str

    @property
    def alternative(self) -> str:
        """The words alone, as an alternative text."""
        return self.words.replace("`", "")

    def data(self) -> dict[str, str]:
        """What a notebook's output holds."""
        png = base64.b64encode(self.png).decode("ascii")
        return {"image/png": png, "text/plain": self.alternative}

    def metadata(self) -> dict[str, dict[str, str]]:
        """The output's metadata, from which nbconvert takes the alternative text."""
        return {"image/png": {"alt": self.alternative}}


def picture(suite: Suite, verdict: Verdict, observations: Iterable[Observation]) -> Drawing | None:
    """Draw what was expected beside what came back.

    Shows the case that decided a failed criterion, or else the first that was about values. Where
    the difference is too small to be seen in it, shows another case in which it is seen.
    ``None`` where no tensor of the right shape came back: there is nothing to lay side by side.
    """
    results = {observation.case: observation.result for observation in observations}
    decisive, others = _candidates(suite, verdict)
    plain = _PLAIN_IN_MAPS if suite.result_axes[-2:] == ("row", "column") else _PLAIN
    drawable: list[tuple[float, Case, Tensor, Tensor]] = []
    for case in (*decisive, *others):
        result = results.get(case.id)
        if case.kind != "call" or result is None:
            continue
        expected = suite.expected_for(case, result)
        if result.shape != expected.shape or result.is_complex():
            continue
        criterion = next(rung for rung in suite.criteria if rung.id == case.criterion)
        unseen = distance(result, expected) <= criterion.tolerance
        if not verdict.passed and (unseen or criterion.same_dtype):
            continue  # what is wrong cannot be seen in a picture of the numbers
        numbers = result.to(torch.float64)
        drawable.append((_visible(numbers, expected), case, numbers, expected))
        if verdict.passed or drawable[-1][0] > plain:
            break
    if not drawable:
        return None
    # The first of those that are seen best.
    plainest = max(drawable, key=lambda one: min(one[0], plain))
    case = plainest[1]
    figure, what = _figure(suite, *plainest[1:])
    other = ", of another call that is wrong" if case.id in {one.id for one in others} else ""
    return Drawing(figure.png(), f"The picture{other}: `{case.call}`, {what}")


def _candidates(suite: Suite, verdict: Verdict) -> tuple[list[Case], list[Case]]:
    """The cases that may be drawn: those that decided, and the others of their criteria."""
    if verdict.passed:
        return [*suite.cases_of("values")], []
    by_id = {case.id: case for case in suite.cases}
    decisive = [by_id[c.case] for c in verdict.criteria if not c.passed and c.case]
    beside = {other.id: other for case in decisive for other in suite.cases_of(case.criterion)}
    known = {case.id for case in decisive}
    return decisive, [other for name, other in beside.items() if name not in known]


def _visible(result: Tensor, expected: Tensor) -> float:
    """The largest difference as a fraction of what is expected spans."""
    if not expected.numel():
        return 0.0
    span = float(expected.max() - expected.min()) or float(expected.abs().max()) or 1.0
    return float((result - expected).abs().nan_to_num(nan=torch.inf).max()) / span


def _figure(suite: Suite, case: Case, result: Tensor, expected: Tensor) -> tuple[Picture, str]:
    """The picture, and what it shows in words."""
    axes = suite.result_axes if len(suite.result_axes) == expected.dim() else ()
    off = (result - expected).nan_to_num(nan=torch.inf)
    if expected.dim() == 0 or not expected.numel():
        # More digits than the label of a bar has room for are in the message.
        return compare_numbers(expected, result), f"{_at((), (), result, expected)}."
    worst = unravelled(int(differences(result, expected).argmax()), off.shape)
    both = result, expected
    furthest = _furthest(axes, worst, *both)
    if axes[-2:] == ("row", "column"):
        sums = off.abs().amax((-1, -2))
        shown = sums.flatten().argsort(descending=True, stable=True)[:MOST_MAPS]
        names = [_named(axes, unravelled(number, sums.shape)) for number in shown.tolist()]
        target, yours = (maps.reshape(-1, *maps.shape[-2:])[shown] for maps in (expected, result))
        beside = f"target, yours and their difference side by side. {furthest}"
        return compare_maps(target, yours, names=names), beside
    if axes[-1:] == ("threshold",):
        row = int(off.abs().amax(-1).argmax())
        curves = compare_curves(case.args[-1], expected[row], result[row], title=f"joint {row}")
        return curves, f"joint {row}: target as rings, yours as crosses. {furthest}"
    if axes[-1:] in (("xy",), ("xyz",)) and expected.dim() > 1:
        # The joint that is farthest off is the one that shows most: of swapped coordinates, the
        # one that is farthest from the diagonal.
        distances = off.norm(dim=-1)
        furthest = _furthest(axes, unravelled(int(distances.argmax()), distances.shape), *both)
        far = distances.amax(-1)
        sample = int(far.argmax())
        target, yours = (poses.flatten(0, -3)[sample] for poses in (expected, result))
        named = _named(axes, unravelled(sample, far.shape))
        rings = f"{named}{': ' if named else ''}targets as rings, yours as crosses. {furthest}"
        if axes[-1] == "xyz":
            return compare_poses_3d(target, yours, title=named), rings
        maps = case.args[0]
        if not isinstance(maps, Tensor) or maps.ndim != 4 or far.dim() != 1:
            unit = "the result's unit"
            return compare_positions(target, yours, title=named, unit=unit), rings
        title = f"{named}: all maps laid over each other"
        background = maps[sample].amax(0)
        return compare_positions(target, yours, background=background, title=title), rings
    named = _named(axes[:-1], worst)
    values = (expected[worst[:-1]], result[worst[:-1]])
    rings = f"{named}{': ' if named else ''}targets as rings, yours as crosses. {furthest}"
    return compare_values(*values, axis=axes[-1] if axes else "index", title=named), rings


def _named(axes: Sequence[str], index: Iterable[int]) -> str:
    """As ``sample 0, joint 3``."""
    return ", ".join(f"{axis} {i}" for axis, i in zip(axes, index, strict=False))


def _furthest(axes: Sequence[str], worst: tuple[int, ...], result: Tensor, expected: Tensor) -> str:
    """Where two tensors differ most."""
    if torch.allclose(result.double(), expected.double(), rtol=1e-4, atol=1e-5, equal_nan=True):
        return "No difference can be seen."
    if _visible(result, expected) <= VISIBLE:
        return "The difference is too small to see here."
    return f"They differ most at {_at(axes, worst, result, expected)}."


def _at(axes: Sequence[str], at: tuple[int, ...], result: Tensor, expected: Tensor) -> str:
    where = f"{_named(axes, at) or f'index {at}'}: " if at else ""
    return f"{where}target {_written(expected[at])}, yours {_written(result[at])}"


def _written(value: Tensor) -> str:
    if value.dim() == 0:
        return f"{float(value):.4g}"
    return f"({', '.join(f'{float(one):.4g}' for one in value)})"
