"""Poses in 3D, what a camera sees of them, and where the camera is.

Left joints are blue, right ones orange, the middle is dark. A camera is at the origin, looks down
-z and has y up; the figures put its depth along the floor and y upwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from torch import Tensor

from poselab.plots.figure import GREY, INK, METHOD_COLOURS, Picture, label_axes, numbers, set_title
from poselab.skeletons import LIFTING, Skeleton

SIDES_ON_WHITE = {"left": METHOD_COLOURS[0], "right": METHOD_COLOURS[1], "middle": INK}
"""The sides' colours where nothing but white is behind them."""

AZIMUTH, ELEVATION = -55.0, 12.0
"""From where a pose is seen unless told otherwise: degrees round the vertical, and above the floor.

At an azimuth of -90 and an elevation of 0 one looks from where the camera is."""

_SENSOR = 0.16
"""Half the width of the camera's pyramid, which is as long as twice that."""


def plot_lifted(
    joint_2d: Float[Tensor, "pose joint 2"],
    target: Float[Tensor, "pose joint 3"],
    predictions: Mapping[str, Float[Tensor, "pose joint 3"]],
    skeleton: Skeleton = LIFTING,
    *,
    titles: Sequence[str] = (),
) -> Picture:
    """What the network is given, the true pose, what each method predicts, and the camera.

    Args:
        joint_2d: positions (x, y) in the image, y up.
        target: the true poses, in the camera's frame.
        predictions: method's name -> its poses.
        skeleton: joints and bones.
        titles: one for each pose, beside its row.

    Returns:
        A figure with a row for each pose. Its columns are the 2D skeleton, the true pose in 3D, a
        column for each method in which the truth is a thin dotted line, and the camera with the
        true pose before it.
    """
    columns = {"true pose": target, **predictions}
    n_columns = len(columns) + 2
    figure = Picture(2.5 * n_columns, 2.6 * len(target) + 0.7)
    for row in range(len(target)):
        first = row * n_columns + 1
        flat = figure.add_subplot(len(target), n_columns, first)
        _draw_flat(flat, joint_2d[row], skeleton)
        set_title(flat, "input" if row == 0 else "")
        if titles:
            flat.set_ylabel(titles[row], fontsize=9, color=INK)
        for number, (name, poses) in enumerate(columns.items(), 1):
            axes = figure.add_subplot(len(target), n_columns, first + number, projection="3d")
            behind = None if name == "true pose" else target[row]
            _draw_solid(axes, poses[row], skeleton, behind, around=target[row])
            set_title(axes, name if row == 0 else "")
        axes = figure.add_subplot(len(target), n_columns, first + n_columns - 1, projection="3d")
        _draw_scene(axes, target[row], skeleton)
        set_title(axes, "camera" if row == 0 else "")
    _legend(figure, bool(predictions))
    return figure


def plot_poses_3d(
    target: Float[Tensor, "joint 3"],
    predictions: Mapping[str, Float[Tensor, "joint 3"]],
    skeleton: Skeleton = LIFTING,
    *,
    azimuth: float = AZIMUTH,
    elevation: float = ELEVATION,
) -> Picture:
    """One pose in 3D, the truth and each method's prediction beside it, from the same side.

    Args:
        target: the true pose, in the camera's frame.
        predictions: method's name -> its pose.
        skeleton: joints and bones.
        azimuth: degrees round the vertical; -90 is where the camera is.
        elevation: degrees above the floor.

    Returns:
        A figure with a column for the truth and for each method.
    """
    columns = {"true pose": target, **predictions}
    figure = Picture(3.6 * len(columns), 4.2)
    for number, (name, pose) in enumerate(columns.items(), 1):
        axes = figure.add_subplot(1, len(columns), number, projection="3d")
        behind = None if name == "true pose" else target
        _draw_solid(axes, pose, skeleton, behind, around=target)
        axes.view_init(elev=elevation, azim=azimuth)
        set_title(axes, name)
    _legend(figure, bool(predictions))
    return figure


def on_the_floor(pose: Float[Tensor, "*point 3"]) -> NDArray[np.float64]:
    """(X, Y, Z) in the camera's frame as a figure has it: across, away from the camera, up."""
    x, y, z = np.moveaxis(numbers(pose), -1, 0)
    return np.stack([x, -z, y], axis=-1)


def _draw_flat(axes: Axes, pose: Tensor, skeleton: Skeleton) -> None:
    points = numbers(pose)
    _draw_bones(axes, points, skeleton)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.12)
    label_axes(axes, "x", "y")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4))
    axes.tick_params(labelsize=7)


def _draw_solid(
    axes: Any, pose: Tensor, skeleton: Skeleton, behind: Tensor | None, around: Tensor
) -> None:
    points = on_the_floor(pose)
    if behind is not None:
        for start, end in skeleton.bone_indices:
            bone = on_the_floor(behind)[[start, end]]
            axes.plot(*bone.T, color=GREY, lw=1.1, ls=":")
    _draw_bones(axes, points, skeleton)
    true = on_the_floor(around)
    middle = (true.max(0) + true.min(0)) / 2
    reach = 0.62 * float((true.max(0) - true.min(0)).max())
    for limits, centre in zip((axes.set_xlim, axes.set_ylim, axes.set_zlim), middle, strict=True):
        limits(centre - reach, centre + reach)
    axes.set_box_aspect((1, 1, 1), zoom=1.25)
    _quiet(axes)
    axes.view_init(elev=ELEVATION, azim=AZIMUTH)


def _draw_scene(axes: Any, pose: Tensor, skeleton: Skeleton) -> None:
    """The camera at the origin, its line of sight, and the pose before it."""
    points = on_the_floor(pose)
    _draw_bones(axes, points, skeleton, width=1.4)
    corners = np.array([(x, 2.0, z) for x, z in ((-1, -1), (1, -1), (1, 1), (-1, 1))]) * _SENSOR
    for corner, following in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        axes.plot(*np.stack([np.zeros(3), corner]).T, color=INK, lw=1)
        axes.plot(*np.stack([corner, following]).T, color=INK, lw=1)
    axes.plot([0, 0], [0, 1], [0, 0], color=GREY, lw=0.9, ls="--")
    reach = max(0.45, float(np.abs(points[:, [0, 2]]).max()))
    far = max(1.3, float(points[:, 1].max()))
    axes.set_xlim(-reach, reach)
    axes.set_ylim(0, far)
    axes.set_zlim(-reach, reach)
    axes.set_box_aspect((2 * reach, far, 2 * reach), zoom=1.25)
    _quiet(axes)
    axes.view_init(elev=14, azim=-20)


def _draw_bones(
    axes: Any, points: NDArray[np.float64], skeleton: Skeleton, width: float = 2.2
) -> None:
    for start, end in skeleton.bone_indices:
        colour = SIDES_ON_WHITE[_side(skeleton, start, end)]
        axes.plot(*points[[start, end]].T, color=colour, lw=width, solid_capstyle="round")
    for side, colour in SIDES_ON_WHITE.items():
        mine = [i for i, joint in enumerate(skeleton.joints) if skeleton.side(joint) == side]
        axes.plot(*points[mine].T, "o", color=colour, ms=1.5 * width)


def _side(skeleton: Skeleton, start: int, end: int) -> str:
    sides = {skeleton.side(skeleton.joints[index]) for index in (start, end)}
    if {"left", "right"} <= sides:
        return "middle"
    return next((side for side in ("left", "right") if side in sides), "middle")


def _quiet(axes: Any) -> None:
    """A faint grid, and no numbers, which overlap from most sides."""
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_major_locator(MaxNLocator(4))
        axis.set_tick_params(labelcolor="none", pad=-4)
        axis.pane.set_facecolor("white")
        axis.pane.set_edgecolor("#d5d8dc")
        axis._axinfo["grid"]["color"] = "#e6e8eb"
    axes.set_xlabel("x", labelpad=-14, fontsize=8, color=GREY)
    axes.set_ylabel("depth", labelpad=-14, fontsize=8, color=GREY)
    axes.set_zlabel("y", labelpad=-14, fontsize=8, color=GREY)


def _legend(figure: Picture, has_predictions: bool) -> None:
    handles = [
        Line2D([], [], color=SIDES_ON_WHITE[side], lw=3, label=f"the body's {side}")
        for side in ("left", "right")
    ]
    if has_predictions:
        handles.append(Line2D([], [], color=GREY, ls=":", lw=1.2, label="true pose"))
    figure.legend(
        handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=9.5
    )
