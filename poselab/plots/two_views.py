"""Skeletons in two images and in depth, without a 3D view: seen by the camera, and from the side.

A camera looks to the right in every view from the side: what is far away is on the right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from torch import Tensor

from poselab.plots.figure import GREY, INK, SIDE_COLOURS, Picture, label_axes, numbers, set_title
from poselab.plots.poses import side_legend
from poselab.skeletons import LIFTING, Skeleton

_COLOURS = {**SIDE_COLOURS, "middle": "#8a9099"}
"""White bones need a dark picture behind them; these figures have none."""

_DEPTH, _HEIGHT = "depth, -Z (root at 1)", "Y (same unit)"
"""The unit of length is the first camera's distance from the root."""


def plot_two_views(
    observed_1: Float[Tensor, "joint 2"],
    observed_2: Float[Tensor, "joint 2"],
    joints: Float[Tensor, "joint 3"],
    skeleton: Skeleton = LIFTING,
) -> Picture:
    """What two cameras see of one person, and the person from the first camera's side.

    Args:
        observed_1: (x, y) in the first camera's image.
        observed_2: (x, y) in the second camera's image.
        joints: (X, Y, Z) in the first camera's frame.
        skeleton: joints and bones.

    Returns:
        A figure with three panels.
    """
    figure = Picture(10.0, 3.9)
    first, second, beside = figure.subplots(1, 3)
    for axes, observed, title in (
        (first, observed_1, "the first camera's image"),
        (second, observed_2, "the second camera's image"),
    ):
        _draw(axes, numbers(observed), skeleton)
        label_axes(axes, "x (image plane)", "y (image plane)", title)
        _frame(axes, [numbers(observed)])
    _draw(beside, _from_the_side(joints), skeleton)
    label_axes(beside, _DEPTH, _HEIGHT, "from the first camera's side")
    _frame(beside, [_from_the_side(joints)])
    side_legend(figure)
    return figure


def plot_from_the_side(
    predictions: Mapping[str, Float[Tensor, "pose joint 3"]],
    target: Float[Tensor, "pose joint 3"],
    skeleton: Skeleton = LIFTING,
    *,
    captions: Sequence[str] = (),
) -> Picture:
    """Predicted skeletons from the side of their camera, each on the true one.

    Args:
        predictions: name -> joints in the camera's frame.
        target: the true joints.
        skeleton: joints and bones.
        captions: one for each pose, at the left of its row.

    Returns:
        A figure with a row for each pose and a column for each name. The true skeleton is dotted.
    """
    figure = Picture(2.6 * len(predictions) + 0.3, 2.6 * len(target) + 0.5)
    grid = figure.subplots(len(target), len(predictions), squeeze=False)
    for row, axes_of_pose in enumerate(grid):
        true = _from_the_side(target[row])
        shown = {name: _from_the_side(poses[row]) for name, poses in predictions.items()}
        for axes, (name, positions) in zip(axes_of_pose, shown.items(), strict=True):
            x, y = _joined(true, skeleton.bone_indices)
            axes.plot(x, y, color=INK, lw=1.4, ls=":", zorder=1)
            _draw(axes, positions, skeleton)
            label_axes(axes, _DEPTH if row == len(grid) - 1 else "", "")
            set_title(axes, name if row == 0 else "")
            _frame(axes, [true, *shown.values()])
        caption = f"{captions[row]}\n{_HEIGHT}" if captions else _HEIGHT
        axes_of_pose[0].set_ylabel(caption, color=INK)
    side_legend(figure, Line2D([], [], color=INK, ls=":", lw=1.4, label="true skeleton"))
    return figure


def _from_the_side(joints: Tensor) -> NDArray[np.float64]:
    """(depth, Y) of each joint."""
    positions = numbers(joints)
    return np.stack((-positions[:, 2], positions[:, 1]), axis=-1)


def _draw(axes: Axes, positions: NDArray[np.float64], skeleton: Skeleton) -> None:
    bones: dict[str, list[tuple[int, int]]] = {side: [] for side in _COLOURS}
    for bone in skeleton.bone_indices:
        own = {skeleton.side(skeleton.joints[joint]) for joint in bone} - {"middle"}
        bones[own.pop() if len(own) == 1 else "middle"].append(bone)
    for side, colour in _COLOURS.items():
        axes.plot(*_joined(positions, bones[side]), color=colour, lw=2.4, solid_capstyle="round")
    for side, colour in _COLOURS.items():
        mine = [i for i, joint in enumerate(skeleton.joints) if skeleton.side(joint) == side]
        axes.plot(*positions[mine].T, "o", color=colour, ms=4, mec=INK, mew=0.7)


def _joined(
    positions: NDArray[np.float64], bones: Sequence[tuple[int, int]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both ends of every bone and a gap, as one line."""
    ends = np.full((len(bones), 3, 2), np.nan)
    ends[:, :2] = positions[np.array(bones, dtype=int).reshape(-1, 2)]
    x, y = ends.reshape(-1, 2).T
    return x, y


def _frame(axes: Axes, shown: Sequence[NDArray[np.float64]]) -> None:
    """A square around all that is shown, with equal units along both axes."""
    points = np.concatenate(shown)
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, 0.58 * float((high - low).max()) or 0.5
    axes.set_xlim(middle[0] - half, middle[0] + half)
    axes.set_ylim(middle[1] - half, middle[1] + half)
    axes.set_aspect("equal")
    axes.tick_params(labelsize=8, colors=GREY)
