"""Several trainings of each kind: every single one, and their mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from poselab.plots.figure import INK, Picture, colour_of, label_axes


def plot_trials(
    groups: Mapping[str, Mapping[str, Sequence[float]]],
    measure: str,
    standard: Mapping[str, str] | None = None,
    title: str = "",
) -> Picture:
    """The result of each training as a dot, groups beside each other on one scale.

    Args:
        groups: what was varied -> its value -> the results of all seeds.
        measure: what the results are, with their unit.
        standard: what was varied -> the value that all other groups have.
        title: above the diagrams, such as how long each training was.

    Returns:
        A figure with one diagram a group. A short line is the mean of a value's seeds.
    """
    standard = standard or {}
    styles: dict[bool, dict[str, Any]] = {
        True: {"marker": "o", "color": colour_of(0)},
        False: {"marker": "D", "color": INK},
    }
    figure = Picture(2.6 * len(groups) + 0.6, 3.7)
    grid = figure.subplots(1, len(groups), sharey=True, squeeze=False)[0]
    for number, (axes, (name, results)) in enumerate(zip(grid, groups.items(), strict=True)):
        for place, (value, values) in enumerate(results.items()):
            spread = np.linspace(-0.1, 0.1, len(values)) if len(values) > 1 else np.zeros(1)
            style = styles[value == standard.get(name)]
            axes.plot(place + spread, values, ls="", ms=5.5, alpha=0.75, **style)
            mean = float(np.mean(values))
            axes.plot([place - 0.28, place + 0.28], [mean, mean], color=INK, lw=1.6)
        axes.set_xticks(range(len(results)), list(results))
        axes.set_xlim(-0.6, len(results) - 0.4)
        label_axes(axes, name, measure if number == 0 else "", grid="y")
    highest = max(max(values) for results in groups.values() for values in results.values())
    grid[0].set_ylim(0, 1.08 * highest)
    if title:
        figure.suptitle(title, fontsize=11, color=INK)
    if standard:
        names = {True: "the standard network", False: "one thing changed"}
        figure.legend(
            [Line2D([], [], ls="", ms=5.5, **styles[which]) for which in names],
            list(names.values()),
            loc="outside lower center", ncols=2, frameon=False, fontsize=9.5,
        )  # fmt: skip
    return figure
