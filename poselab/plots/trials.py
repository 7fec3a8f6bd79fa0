"""Several trainings of each kind: every single one, and their mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from poselab.plots.figure import INK, Picture, colour_of, label_axes


def plot_trials(groups: Mapping[str, Mapping[str, Sequence[float]]], measure: str) -> Picture:
    """The result of each training as a dot, groups beside each other on one scale.

    Args:
        groups: what was varied -> its value -> the results of all seeds.
        measure: what the results are, with their unit.

    Returns:
        A figure with one diagram a group. A short line is the mean of a value's seeds.
    """
    figure = Picture(2.6 * len(groups) + 0.6, 3.3)
    grid = figure.subplots(1, len(groups), sharey=True, squeeze=False)[0]
    for number, (axes, (name, results)) in enumerate(zip(grid, groups.items(), strict=True)):
        for place, values in enumerate(results.values()):
            spread = np.linspace(-0.1, 0.1, len(values)) if len(values) > 1 else np.zeros(1)
            axes.plot(place + spread, values, "o", color=colour_of(number), ms=6, alpha=0.75)
            mean = float(np.mean(values))
            axes.plot([place - 0.28, place + 0.28], [mean, mean], color=INK, lw=1.6)
        axes.set_xticks(range(len(results)), list(results))
        axes.set_xlim(-0.6, len(results) - 0.4)
        label_axes(axes, name, measure if number == 0 else "", grid="y")
    highest = max(max(values) for results in groups.values() for values in results.values())
    grid[0].set_ylim(0, 1.08 * highest)
    return figure
