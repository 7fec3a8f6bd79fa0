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
from matplotlib.collections import LineCollection
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
    return TurnedPoses(target, predictions, skeleton).turn(azimuth, elevation)


class TurnedPoses:
    """The figure of :func:`plot_poses_3d`, which can be turned without being made anew.

    The poses are projected here and drawn in flat axes: matplotlib's own axes in 3D take several
    times as long, too long for a slider.

    Args:
        target: the true pose, in the camera's frame.
        predictions: method's name -> its pose.
        skeleton: joints and bones.
    """

    def __init__(
        self,
        target: Float[Tensor, "joint 3"],
        predictions: Mapping[str, Float[Tensor, "joint 3"]],
        skeleton: Skeleton = LIFTING,
    ) -> None:
        columns = {"true pose": target, **predictions}
        self.figure = Picture(3.6 * len(columns), 4.2)
        grid = self.figure.subplots(1, len(columns), squeeze=False)[0]
        self._panels = [
            _Turned(axes, pose, target, skeleton, shows_truth=name != "true pose")
            for axes, (name, pose) in zip(grid, columns.items(), strict=True)
        ]
        for axes, name in zip(grid, columns, strict=True):
            set_title(axes, name)
        _legend(self.figure, bool(predictions))
        self.turn(AZIMUTH, ELEVATION)
        if self.figure.get_layout_engine() is not None:
            # Once is enough: nothing changes its size when the poses turn.
            self.figure.draw_without_rendering()
            self.figure.set_layout_engine("none")

    def turn(self, azimuth: float, elevation: float) -> Picture:
        """Turn all poses, and return the figure.

        Args:
            azimuth: degrees round the vertical; -90 is where the camera is.
            elevation: degrees above the floor.

        Returns:
            The figure, turned.
        """
        for panel in self._panels:
            panel.turn(azimuth, elevation)
        return self.figure


class _Turned:
    """One pose, the floor below it and three arrows, in axes that are flat."""

    def __init__(
        self, axes: Axes, pose: Tensor, target: Tensor, skeleton: Skeleton, *, shows_truth: bool
    ) -> None:
        true, points = on_the_floor(target), on_the_floor(pose)
        self._middle = (true.max(0) + true.min(0)) / 2
        reach = 0.62 * float((true.max(0) - true.min(0)).max())
        bones = np.array(skeleton.bone_indices)
        self._bones, self._joints = points[bones], points
        self._truth = true[bones]
        self._floor, self._arrows = _floor(self._middle, reach)
        self._bone_colours = np.array([SIDES_ON_WHITE[_side(skeleton, *b)] for b in bones])
        sides = [skeleton.side(joint) for joint in skeleton.joints]
        self._joint_colours = np.array([SIDES_ON_WHITE[side] for side in sides])
        self._lines = {
            name: LineCollection([], zorder=zorder, **style)
            for name, zorder, style in (
                ("floor", 0, {"colors": "#e6e8eb", "linewidths": 0.9}),
                ("arrows", 1, {"colors": GREY, "linewidths": 1.1}),
                ("truth", 2, {"colors": GREY, "linewidths": 1.1, "linestyles": ":"}),
                ("bones", 3, {"linewidths": 2.4, "capstyle": "round"}),
            )
        }
        for lines in self._lines.values():
            axes.add_collection(lines, autolim=False)
        self._lines["truth"].set_visible(shows_truth)
        self._dots = axes.scatter(points[:, 0], points[:, 1], s=14, zorder=4)
        self._names = [
            axes.text(0, 0, name, fontsize=8, color=GREY, ha="center", va="center")
            for name in ("x", "depth", "y")
        ]
        axes.set_xlim(-1.75 * reach, 1.75 * reach)
        axes.set_ylim(-1.75 * reach, 1.75 * reach)
        axes.set_aspect("equal")
        axes.set_axis_off()

    def turn(self, azimuth: float, elevation: float) -> None:
        round_it, above = np.radians([azimuth, elevation])
        right = np.array([-np.sin(round_it), np.cos(round_it), 0])
        forward = np.array([np.cos(round_it), np.sin(round_it), 0])
        up = -np.sin(above) * forward + np.array([0, 0, np.cos(above)])
        towards = np.cos(above) * forward + np.array([0, 0, np.sin(above)])

        def seen(points: NDArray[np.float64]) -> Any:  # matplotlib's types know lists only
            return (points - self._middle) @ np.stack([right, up], axis=-1)

        # What is near is drawn last.
        order = (self._bones.mean(axis=1) @ towards).argsort()
        self._lines["bones"].set_segments(seen(self._bones[order]))
        self._lines["bones"].set_color(self._bone_colours[order])
        self._lines["truth"].set_segments(seen(self._truth))
        self._lines["floor"].set_segments(seen(self._floor))
        self._lines["arrows"].set_segments(seen(self._arrows))
        order = (self._joints @ towards).argsort()
        self._dots.set_offsets(seen(self._joints[order]))
        self._dots.set_facecolor(self._joint_colours[order])
        for name, arrow in zip(self._names, self._arrows, strict=True):
            name.set_position(seen(arrow[0] + 1.2 * (arrow[1] - arrow[0])))


def _floor(
    middle: NDArray[np.float64], reach: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lines of a grid below a pose, and arrows along x, depth and y from its corner."""
    low = middle - reach
    far = 2 * reach
    places = np.linspace(0, far, 5)
    lines = [((0, place, 0), (far, place, 0)) for place in places]
    lines += [((place, 0, 0), (place, far, 0)) for place in places]
    arrows = np.stack([np.stack([low, low + 0.7 * reach * axis]) for axis in np.eye(3)])
    return low + np.array(lines), arrows


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
