"""A pose in 3D that two sliders turn."""

from __future__ import annotations

from collections.abc import Mapping

from ipywidgets import FloatSlider
from jaxtyping import Float
from torch import Tensor

from poselab.plots.poses_3d import AZIMUTH, ELEVATION, TurnedPoses
from poselab.skeletons import LIFTING, Skeleton
from poselab.widgets.explorer import WIDE, Explorer


def rotate_pose(
    target: Float[Tensor, "joint 3"],
    predictions: Mapping[str, Float[Tensor, "joint 3"]],
    skeleton: Skeleton = LIFTING,
) -> Explorer:
    """The true pose and each method's prediction, seen from a side that two sliders choose.

    Args:
        target: the true pose, in the camera's frame.
        predictions: method's name -> its pose.
        skeleton: joints and bones.

    Returns:
        The widget; ``sliders["azimuth"]`` and ``sliders["elevation"]`` can be set, in degrees, and
        ``picture.value`` is the PNG. The camera is at an azimuth of -90 and an elevation of 0.
    """
    sliders = {
        "azimuth": _degrees("azimuth", AZIMUTH, 180),
        "elevation": _degrees("elevation", ELEVATION, 90),
    }
    return Explorer(sliders, TurnedPoses(target, predictions, skeleton).turn)


def _degrees(label: str, value: float, reach: float) -> FloatSlider:
    return FloatSlider(
        value=value, min=-reach, max=reach, step=1, description=label, readout_format=".0f",
        layout=WIDE,
    )  # fmt: skip
