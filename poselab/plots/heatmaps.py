"""Heat maps over their image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke
from numpy.typing import NDArray
from torch import Tensor

from poselab.coordinates import to_pixels
from poselab.plots.figure import GREY, INK, SIDE_COLOURS, Picture, numbers
from poselab.plots.poses import image_array, show_image, side_legend
from poselab.skeletons import EGOCAP, Skeleton


def plot_heatmaps(
    image: Float[Tensor, "3 height width"],
    heatmaps: Float[Tensor, "joint map_height map_width"],
    skeleton: Skeleton = EGOCAP,
    *,
    pose_01: Float[Tensor, "joint 2"] | None = None,
    joints: Sequence[str] = ("head", "left-wrist", "right-wrist", "left-toe", "right-toe"),
) -> Picture:
    """Heat maps laid over their image: all of them at once, and some one by one.

    Each map is shown from its least to its greatest value, which are written above it: a map that
    looks bright may still be nearly zero everywhere.

    Args:
        image: normalised floats or uint8.
        heatmaps: of any size, their corner pixels' centres on those of the image.
        skeleton: names the joints.
        pose_01: the joints' true positions in 0..1; if given, a cross marks each on its map.
        joints: which ones to show one by one.

    Returns:
        A figure with three images a row: all joints together, then the chosen ones.

    Raises:
        ValueError: there is not one map for each joint.
    """
    maps = numbers(heatmaps)
    if maps.ndim != 3 or len(maps) != len(skeleton):
        raise ValueError(f"heatmaps must be ({len(skeleton)}, height, width), not {maps.shape}.")
    columns = 3
    rows = -(-(len(joints) + 1) // columns)
    figure = Picture(3.2 * columns, 2.85 * rows + 0.35)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    picture = image_array(image)
    faded = np.repeat(picture.mean(-1, keepdims=True), 3, axis=-1) * 0.75
    extent = _extent(maps.shape[-2:], picture.shape[:2])

    true_px = None if pose_01 is None else numbers(to_pixels(pose_01, picture.shape[:2]))
    show_image(grid[0], faded)
    grid[0].set_title("all joints", fontsize=11, color=INK, pad=5, loc="left", y=1)
    for side, colour in SIDE_COLOURS.items():
        chosen = [
            skeleton.index(joint) for joint in skeleton.joints if skeleton.side(joint) == side
        ]
        together = np.stack([_from_0_to_1(maps[index]) for index in chosen]).max(0)
        grid[0].imshow(together, cmap=_glow(colour), vmin=0, vmax=1, extent=extent)
        if true_px is not None:
            _mark(grid[0], true_px[chosen])
    for axes, joint in zip(grid[1:], joints, strict=False):
        one = maps[skeleton.index(joint)]
        show_image(axes, faded)
        colour = SIDE_COLOURS[skeleton.side(joint)]
        axes.imshow(_from_0_to_1(one), cmap=_glow(colour), vmin=0, vmax=1, extent=extent)
        if true_px is not None:
            _mark(axes, true_px[[skeleton.index(joint)]])
        # The range in grey: it is the only sign that a map is nearly zero everywhere.
        span = f"{_short(one.min())} to {_short(one.max())}"
        axes.set_title(joint.replace("-", " "), fontsize=11, color=INK, pad=5, loc="left", y=1)
        axes.set_title(span, fontsize=9, color=GREY, pad=5, loc="right", y=1)
    for axes in grid[: len(joints) + 1]:
        axes.set_xlim(-0.5, picture.shape[1] - 0.5)
        axes.set_ylim(picture.shape[0] - 0.5, -0.5)
    side_legend(figure, *([] if true_px is None else [_CROSS]))
    return figure


def _mark(axes: Axes, positions: NDArray[np.float64]) -> None:
    """Crosses that are seen on dark and on bright."""
    outlined = [Stroke(linewidth=3.4, foreground="black"), Normal()]
    axes.plot(*positions.T, ls="", marker="+", color="white", ms=8, mew=1.4, path_effects=outlined)


_CROSS = Line2D(
    [], [], ls="", marker="+", color="black", ms=8, mew=1.4, label="true position of the joint"
)


def _extent(
    map_size: tuple[int, ...], image_size: tuple[int, ...]
) -> tuple[float, float, float, float]:
    """Where a map's edges lie in an image's pixels, with the corner pixels' centres on its."""
    (map_height, map_width), (height, width) = map_size, image_size
    half_x = 0.5 * (width - 1) / max(map_width - 1, 1)
    half_y = 0.5 * (height - 1) / max(map_height - 1, 1)
    return -half_x, width - 1 + half_x, height - 1 + half_y, -half_y


def _glow(colour: str) -> LinearSegmentedColormap:
    """From transparent to ``colour``."""
    return LinearSegmentedColormap.from_list("glow", [colour + "00", colour + "ff"])


def _from_0_to_1(values: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = values.min(), values.max()
    return np.zeros_like(values) if high == low else (values - low) / (high - low)


def _short(value: float) -> str:
    # Beside any value that can be seen, tiny ones are nothing.
    return f"{value:.2g}" if abs(value) > 1e-9 else "0"
