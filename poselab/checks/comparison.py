"""The target beside yours: one picture for an exercise's deciding case."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor

from poselab.checks.cases import Case, Suite
from poselab.checks.distances import distance
from poselab.checks.judge import Verdict
from poselab.checks.runner import Observation

TARGET_COLOUR = "#1b7837"
YOUR_COLOUR = "#c51b7d"
NAN_COLOUR = "#bdbdbd"
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
        return _png(_draw(suite, case, result.to(torch.float64), expected))
    return None


def _draw(suite: Suite, case: Case, result: Tensor, expected: Tensor) -> Figure:
    axes = suite.result_axes
    if axes[-2:] == ("row", "column"):
        return _draw_maps(result, expected, axes[:-2])
    if axes[-1:] == ("threshold",):
        return _draw_curves(case, result, expected)
    if axes[-1:] == ("xy",):
        return _draw_points(case, result, expected)
    return _draw_numbers(result, expected)


def _draw_maps(result: Tensor, expected: Tensor, axes: Sequence[str]) -> Figure:
    """The maps that differ most; ``axes`` name what stands before rows and columns."""
    worst = (result - expected).abs().nan_to_num(nan=torch.inf).amax((-1, -2))
    shown = worst.flatten().argsort(descending=True, stable=True)[:MOST_MAPS]
    figure = Figure(figsize=(7.5, 2.3 * len(shown)), layout="constrained")
    grid = figure.subplots(len(shown), 3, squeeze=False)
    for row, index in zip(grid, shown, strict=True):
        place = tuple(int(i) for i in torch.unravel_index(index, worst.shape))
        title = ", ".join(f"{axis} {i}" for axis, i in zip(axes, place, strict=True))
        # A target of zeros has no height of its own: a heat map's peak is 1.
        high = float(expected[place].max()) or 1.0
        low = min(float(expected[place].min()), 0.0)
        for axis, values, heading in (
            (row[0], expected[place], f"target: {title}" if title else "target"),
            (row[1], result[place], "yours"),
        ):
            drawn = axis.imshow(values.numpy(), vmin=low, vmax=high, cmap="viridis")
            axis.set_title(heading, fontsize=9)
            axis.set_facecolor(NAN_COLOUR)
        figure.colorbar(drawn, ax=list(row[:2]), shrink=0.8)
        difference = result[place] - expected[place]
        # At least a tenth of the map's height: rounding is not worth a colour.
        reach = max(float(difference.abs().nan_to_num(posinf=high).max()), 0.1 * high)
        drawn = row[2].imshow(difference.numpy(), vmin=-reach, vmax=reach, cmap="RdBu_r")
        row[2].set_title("yours - target" + _nan_remark(result[place]), fontsize=9)
        row[2].set_facecolor(NAN_COLOUR)
        figure.colorbar(drawn, ax=row[2], shrink=0.8)
    return figure


def _nan_remark(values: Tensor) -> str:
    return " (grey: nan)" if values.isnan().any() else ""


def _draw_points(case: Case, result: Tensor, expected: Tensor) -> Figure:
    off = (result - expected).norm(dim=-1).nan_to_num(nan=torch.inf)
    sample = int(off.amax(-1).argmax()) if off.dim() > 1 else 0
    target, yours = (
        expected.reshape(-1, *expected.shape[-2:]),
        result.reshape(-1, *result.shape[-2:]),
    )
    figure = Figure(figsize=(5.5, 3.6), layout="constrained")
    axis: Axes = figure.subplots()
    maps = case.args[0]
    if isinstance(maps, Tensor) and maps.dim() == 4:
        axis.imshow(maps[sample].amax(0).double().numpy(), cmap="Greys", alpha=0.6)
        axis.set_title(f"sample {sample}: all maps laid over each other", fontsize=9)
    for joint, (there, here) in enumerate(zip(target[sample], yours[sample], strict=True)):
        axis.plot([there[0], here[0]], [there[1], here[1]], color="grey", linewidth=0.8, zorder=1)
        label = ("target", "yours") if joint == 0 else (None, None)
        axis.scatter(
            there[0], there[1], s=90, facecolors="none", edgecolors=TARGET_COLOUR, label=label[0]
        )
        axis.scatter(here[0], here[1], s=45, marker="x", color=YOUR_COLOUR, label=label[1])
        axis.annotate(str(joint), there.tolist(), xytext=(6, 4), textcoords="offset points")
    axis.set(xlabel="x (column)", ylabel="y (row)", aspect="equal")
    if not axis.yaxis_inverted():
        axis.invert_yaxis()
    axis.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _draw_curves(case: Case, result: Tensor, expected: Tensor) -> Figure:
    """One row's two curves over the thresholds: the row that differs most."""
    row = int((result - expected).abs().nan_to_num(nan=torch.inf).amax(-1).argmax())
    thresholds, order = case.args[-1].double().sort()
    figure = Figure(figsize=(5.5, 3.0), layout="constrained")
    axis: Axes = figure.subplots()
    for values, colour, label, style in (
        (expected[row], TARGET_COLOUR, "target", "o-"),
        (result[row], YOUR_COLOUR, "yours", "x--"),
    ):
        axis.plot(thresholds, values[order], style, color=colour, label=label)
    axis.set(title=f"joint {row}", xlabel="threshold", ylabel="share of poses")
    axis.legend(fontsize=8)
    return figure


def _draw_numbers(result: Tensor, expected: Tensor) -> Figure:
    figure = Figure(figsize=(5, 1.4), layout="constrained")
    axis = figure.subplots()
    values = [float(expected.mean()), float(result.mean())]
    lengths = [value if math.isfinite(value) else 0.0 for value in values]
    bars = axis.barh(["target", "yours"], lengths, color=[TARGET_COLOUR, YOUR_COLOUR])
    axis.bar_label(bars, labels=[f"{value:.4g}" for value in values], padding=4)
    axis.margins(x=0.2)
    axis.invert_yaxis()
    return figure


def _png(figure: Figure) -> bytes:
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    # No metadata: the same picture is the same bytes, whatever version of matplotlib drew it.
    figure.savefig(buffer, format="png", dpi=80, metadata={"Software": None})
    return buffer.getvalue()
