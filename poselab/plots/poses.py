"""Pictures of poses, heat maps and trainings.

Every function returns a figure: as a cell's last line it is shown, elsewhere ``display(figure)``
shows it and ``figure.savefig(path)`` saves it. Figures are not registered with pyplot, so that none
is shown twice and none is left open.

Joints on the body's left are blue, those on its right are orange, head and neck are white.
"""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray
from torch import Tensor

from poselab.coordinates import to_pixels
from poselab.datasets import EgoCapDataset
from poselab.profiles import VARIABLE
from poselab.skeletons import EGOCAP, Skeleton

if TYPE_CHECKING:
    from poselab.training.loop import History

SIDE_COLOURS = {"left": "#4cb3ff", "right": "#ff9d3c", "middle": "#ffffff"}
METHOD_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Told apart by people with every kind of colour vision (Okabe and Ito)."""

_TARGET_COLOUR = "#009e73"
_YOURS_COLOUR = "#d55e00"
_INK = "#33373d"
_LIVE_SECONDS = 1.0
"""Drawing the curves takes a tenth of a second; no more often than this."""


class Picture(Figure):
    """A figure that a notebook shows, whether or not pyplot has been set up."""

    def __init__(self, width: float, height: float) -> None:
        # In smoke tests nobody looks closely: half the size, and no search for the best layout.
        smoke = os.environ.get(VARIABLE) == "smoke"
        super().__init__(figsize=(width, height), dpi=50 if smoke else 100, facecolor="white")
        if not smoke:
            self.set_layout_engine("constrained", w_pad=0.06, h_pad=0.08)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        return self.png()

    def png(self) -> bytes:
        """The figure as the bytes of a PNG file."""
        stream = io.BytesIO()
        # Without the version of matplotlib, which would change the file though not the picture.
        self.savefig(stream, format="png", metadata={"Software": None})
        return stream.getvalue()


def plot_pose(
    image: Tensor,
    pose_01: Float[Tensor, "*batch joint 2"],
    skeleton: Skeleton = EGOCAP,
    *,
    visible: Bool[Tensor, "*batch joint"] | None = None,
    titles: Sequence[str] | str | None = None,
) -> Picture:
    """The pose drawn on its image, or a row of images with theirs.

    Args:
        image: (3, height, width) or (B, 3, height, width), normalised floats or uint8.
        pose_01: (joint, 2) or (B, joint, 2), in 0..1.
        skeleton: joints and bones.
        visible: which joints to draw; all by default.
        titles: one for each image.
    """
    images, poses = _batched(image, 3), _batched(pose_01, 2)
    shown = torch.ones(poses.shape[:2], dtype=torch.bool) if visible is None else visible.cpu() > 0
    shown = _batched(shown, 1)
    titles = [titles] if isinstance(titles, str) else titles or [""] * len(images)
    columns = min(len(images), 4)
    rows = -(-len(images) // columns)
    width = 5.0 if len(images) == 1 else 3.2
    figure = Picture(width * columns, 0.82 * width * rows + 0.35)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(images) :]:
        axes.remove()
    for axes, one, pose, seen, title in zip(grid, images, poses, shown, titles, strict=False):
        _show_image(axes, one)
        _draw_pose(axes, to_pixels(pose, _size(one)), skeleton, seen)
        _title(axes, title)
    _side_legend(figure)
    return figure


def plot_heatmaps(
    image: Float[Tensor, "3 height width"],
    heatmaps: Float[Tensor, "joint map_height map_width"],
    skeleton: Skeleton = EGOCAP,
    *,
    joints: Sequence[str] = ("head", "left-wrist", "right-wrist", "left-toe", "right-toe"),
) -> Picture:
    """Heat maps laid over their image: all of them at once, and some one by one.

    Each map is shown from its least to its greatest value, which stand above it: a map that looks
    bright may still be nearly zero everywhere.

    Args:
        image: normalised floats or uint8.
        heatmaps: of any size, their corner pixels' centres on those of the image.
        skeleton: names the joints.
        joints: which ones to show one by one.
    """
    maps = _numbers(heatmaps)
    if maps.ndim != 3 or len(maps) != len(skeleton):
        raise ValueError(f"heatmaps must be ({len(skeleton)}, height, width), not {maps.shape}.")
    columns = 3
    rows = -(-(len(joints) + 1) // columns)
    figure = Picture(3.2 * columns, 2.85 * rows + 0.35)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    picture = _picture(image)
    faded = np.repeat(picture.mean(-1, keepdims=True), 3, axis=-1) * 0.75
    extent = _extent(maps.shape[-2:], picture.shape[:2])

    _show_image(grid[0], faded)
    grid[0].set_title("all joints", fontsize=11, color=_INK, pad=5, loc="left", y=1)
    for side, colour in SIDE_COLOURS.items():
        chosen = [
            skeleton.index(joint) for joint in skeleton.joints if skeleton.side(joint) == side
        ]
        together = np.stack([_from_0_to_1(maps[index]) for index in chosen]).max(0)
        grid[0].imshow(together, cmap=_glow(colour), vmin=0, vmax=1, extent=extent)
    for axes, joint in zip(grid[1:], joints, strict=False):
        one = maps[skeleton.index(joint)]
        _show_image(axes, faded)
        colour = SIDE_COLOURS[skeleton.side(joint)]
        axes.imshow(_from_0_to_1(one), cmap=_glow(colour), vmin=0, vmax=1, extent=extent)
        # The range in grey: it is the only sign that a map is nearly zero everywhere.
        span = f"{_short(one.min())} to {_short(one.max())}"
        axes.set_title(joint.replace("-", " "), fontsize=11, color=_INK, pad=5, loc="left", y=1)
        axes.set_title(span, fontsize=9, color="#6a7078", pad=5, loc="right", y=1)
    for axes in grid[: len(joints) + 1]:
        axes.set_xlim(-0.5, picture.shape[1] - 0.5)
        axes.set_ylim(picture.shape[0] - 0.5, -0.5)
    _side_legend(figure)
    return figure


def plot_target_and_yours(
    target: Tensor,
    yours: Tensor,
    *,
    kind: str = "heatmaps",
    size: tuple[int, int] | None = None,
    names: Sequence[str] | None = None,
    title: str = "",
) -> Picture:
    """What was expected beside what came, and where the two differ.

    Args:
        target: heat maps (..., height, width), or places (..., 2) in pixels.
        yours: the same; a shape of its own is drawn as it is, without a difference.
        kind: ``"heatmaps"`` or ``"places"``.
        size: (height, width) of the map that places are in; by default as large as the places need.
        names: one for each map; at most four maps are drawn.
        title: a line above everything.
    """
    target, yours = target.detach().cpu().double(), yours.detach().cpu().double()
    if kind == "heatmaps":
        return _maps_beside(target, yours, names, title)
    if kind == "places":
        return _places_together(target, yours, size, title)
    raise ValueError(f'kind is {kind!r}, but must be "heatmaps" or "places".')


def plot_history(*histories: History) -> Picture:
    """The losses and the errors of one training, or of several for comparison.

    Losses of different methods have different units: of several trainings, each loss is shown
    relative to its own first step. The errors all are in pixels and share their axes.
    """
    figure = Picture(9.6, 3.3)
    _draw_histories(figure, histories)
    return figure


def plot_predictions(
    images: Float[Tensor, "sample 3 height width"],
    target_01: Float[Tensor, "sample joint 2"],
    predictions_01: Mapping[str, Float[Tensor, "sample joint 2"]],
    skeleton: Skeleton = EGOCAP,
) -> Picture:
    """Several methods' predictions side by side, a row for each image.

    The first column is the truth. In the methods' columns the truth is a thin dotted line.

    Args:
        images: normalised floats or uint8.
        target_01: the true poses in 0..1.
        predictions_01: method's name -> its poses in 0..1.
        skeleton: joints and bones.
    """
    columns = {"true pose": target_01, **predictions_01}
    figure = Picture(2.9 * len(columns), 2.38 * len(images) + 0.5)
    grid = figure.subplots(len(images), len(columns), squeeze=False)
    poses = {name: _batched(each, 2) for name, each in columns.items()}
    for sample, image in enumerate(images):
        true_px = to_pixels(poses["true pose"][sample], _size(image))
        everywhere = torch.ones(len(true_px), dtype=torch.bool)
        for axes, (name, each) in zip(grid[sample], poses.items(), strict=True):
            _show_image(axes, image)
            if name != "true pose":
                _draw_thin(axes, true_px, skeleton)
            _draw_pose(axes, to_pixels(each[sample], _size(image)), skeleton, everywhere)
            _title(axes, name if sample == 0 else "")
    _side_legend(figure, Line2D([], [], color="black", ls=":", lw=1.2, label="true pose"))
    return figure


def plot_joint_errors(
    errors_px: Mapping[str, Float[Tensor, " joint"]], skeleton: Skeleton = EGOCAP
) -> Picture:
    """Each joint's mean error, one colour for each method.

    Args:
        errors_px: method's name -> mean error of every joint, in pixels.
        skeleton: names the joints.
    """
    figure = Picture(7.6, 0.27 * len(skeleton) + 1.1)
    axes = figure.subplots()
    rows = np.arange(len(skeleton))
    for place, (name, values) in enumerate(errors_px.items()):
        colour = METHOD_COLOURS[place % len(METHOD_COLOURS)]
        axes.plot(_numbers(values), rows, "o", color=colour, ms=7, alpha=0.85, label=name)
    axes.set_yticks(rows, [joint.replace("-", " ") for joint in skeleton.joints])
    axes.set_ylim(len(skeleton) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.set_xlabel("mean error on the validation part (pixels)")
    _tidy(axes, grid="both")
    figure.legend(loc="outside upper center", ncols=len(errors_px), frameon=False)
    return figure


class LiveHistory:
    """Curves that are redrawn in place while a training goes on; in a notebook only.

    Args:
        n_epochs: how many there will be, for the axes.
    """

    def __init__(self, n_epochs: int) -> None:
        self._n_epochs = n_epochs
        self._handle: Any = None
        self._drawn_at = -_LIVE_SECONDS

    def show(self, history: History) -> None:
        """Draw the curves anew, unless that was done a moment ago and more will come."""
        display = _notebook_display()
        is_last = len(history.errors) == self._n_epochs
        if display is None or (not is_last and time.monotonic() - self._drawn_at < _LIVE_SECONDS):
            return
        figure = Picture(9.6, 3.3)
        _draw_histories(figure, [history], n_epochs=self._n_epochs)
        if self._handle is None:
            self._handle = display(figure, display_id=True)
        else:
            self._handle.update(figure)
        self._drawn_at = time.monotonic()


def _notebook_display() -> Any:
    """IPython's ``display`` if this is a notebook's kernel, otherwise nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if getattr(shell, "kernel", None) is None:
        return None
    from IPython.display import display

    return display


# Images and poses


def _batched(tensor: Tensor, n_dims: int) -> Tensor:
    tensor = tensor.detach().cpu()
    return tensor[None] if tensor.ndim == n_dims else tensor


def _numbers(tensor: Tensor) -> NDArray[np.float64]:
    return tensor.detach().cpu().double().numpy()


def _size(image: Tensor) -> tuple[int, int]:
    return image.shape[-2], image.shape[-1]


def _picture(image: Tensor) -> NDArray[np.float64]:
    """Colours (height, width, 3) in 0..1."""
    image = image.detach().cpu()
    colours = image / 255 if image.dtype == torch.uint8 else EgoCapDataset.denormalise(image)
    return _numbers(colours.movedim(0, -1))


def _show_image(axes: Axes, image: Tensor | NDArray[np.float64]) -> None:
    picture = _picture(image) if isinstance(image, Tensor) else image
    axes.imshow(picture, interpolation="bilinear")
    axes.set_axis_off()
    # Looking for a place above labels that are not there takes longer than drawing the image.
    axes.set_title("", y=1)
    # A joint outside the picture must not move its edges.
    axes.autoscale(False)


def _draw_pose(axes: Axes, pose_px: Tensor, skeleton: Skeleton, seen: Tensor) -> None:
    place = _numbers(pose_px)
    outlined = [Stroke(linewidth=4.2, foreground="#000000b0"), Normal()]
    bones = [bone for bone in skeleton.bone_indices if seen[bone[0]] and seen[bone[1]]]
    joints = [index for index in range(len(skeleton)) if seen[index]]
    # One line for each side, not for each bone: drawing takes as long as there are lines.
    for side, colour in SIDE_COLOURS.items():
        x, y = _joined(place, [bone for bone in bones if _bone_side(skeleton, *bone) == side])
        axes.plot(x, y, color=colour, lw=2.2, solid_capstyle="round", path_effects=outlined)
    for side, colour in SIDE_COLOURS.items():
        mine = [index for index in joints if skeleton.side(skeleton.joints[index]) == side]
        axes.plot(*place[mine].T, "o", color=colour, ms=4.4, mec="black", mew=0.8)


def _draw_thin(axes: Axes, pose_px: Tensor, skeleton: Skeleton) -> None:
    outlined = [Stroke(linewidth=2.4, foreground="#00000090"), Normal()]
    x, y = _joined(_numbers(pose_px), skeleton.bone_indices)
    axes.plot(x, y, color="white", lw=1.2, ls=":", path_effects=outlined)


def _joined(
    place: NDArray[np.float64], bones: Sequence[tuple[int, int]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both ends of every bone and a gap, as one line."""
    ends = np.full((len(bones), 3, 2), np.nan)
    ends[:, :2] = place[np.array(bones, dtype=int).reshape(-1, 2)]
    x, y = ends.reshape(-1, 2).T
    return x, y


def _bone_side(skeleton: Skeleton, start: int, end: int) -> str:
    sides = {skeleton.side(skeleton.joints[index]) for index in (start, end)}
    if {"left", "right"} <= sides:
        return "middle"
    return next((side for side in ("left", "right") if side in sides), "middle")


def _side_legend(figure: Figure, *more: Line2D) -> None:
    handles = [
        Line2D([], [], color=colour, lw=4, marker="o", mec="black", mew=0.8, ms=6, label=label)
        for colour, label in (
            (SIDE_COLOURS["left"], "the body's left"),
            (SIDE_COLOURS["right"], "the body's right"),
        )
    ]
    handles += more
    figure.legend(
        handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=9.5
    )


def _title(axes: Axes, text: str) -> None:
    axes.set_title(text, fontsize=11, color=_INK, pad=5, y=1)


# Heat maps


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
    return f"{value:.2g}" if value else "0"


def _maps_beside(target: Tensor, yours: Tensor, names: Sequence[str] | None, title: str) -> Picture:
    def maps_of(tensor: Tensor) -> NDArray[np.float64]:
        if tensor.ndim < 2:
            tensor = tensor.reshape(1, -1)
        return _numbers(tensor.reshape(-1, *tensor.shape[-2:])[:4])

    expected, came = maps_of(target), maps_of(yours)
    comparable = expected.shape == came.shape
    rows = max(len(expected), len(came))
    figure = Picture(
        9.0 if comparable else 6.4, (1.9 if rows > 1 else 2.3) * rows + (0.75 if title else 0.3)
    )
    grid = figure.subplots(rows, 3 if comparable else 2, squeeze=False)
    finite = np.concatenate([expected.ravel(), came[np.isfinite(came)].ravel()])
    scale = Normalize(float(finite.min()), float(finite.max()))
    colours = _map_colours("magma")
    for row in range(rows):
        for axes, maps in zip(grid[row], (expected, came), strict=False):
            if row < len(maps):
                axes.imshow(maps[row], norm=scale, cmap=colours)
                axes.tick_params(labelsize=7.5, colors="#6a7078", length=2)
            else:
                axes.set_axis_off()
        if names is not None and row < len(names):
            grid[row][0].set_ylabel(names[row], fontsize=10, color=_INK)
    _title(grid[0][0], f"target  {_shape(target)}")
    _title(grid[0][1], f"yours  {_shape(yours)}")
    figure.colorbar(
        ScalarMappable(scale, colours), ax=grid[:, :2], shrink=0.8, aspect=18, pad=0.02
    ).ax.tick_params(labelsize=8)
    if comparable:
        difference = came - expected
        most = np.abs(difference[np.isfinite(difference)]).max(initial=0)
        span = Normalize(-most or -1.0, most or 1.0)
        for axes, one in zip(grid[:, 2], difference, strict=True):
            axes.imshow(one, norm=span, cmap=_map_colours("RdBu_r"))
            axes.tick_params(labelsize=7.5, colors="#6a7078", length=2)
        _title(grid[0][2], "yours - target")
        figure.colorbar(
            ScalarMappable(span, "RdBu_r"), ax=grid[:, 2], shrink=0.8, aspect=18, pad=0.02
        ).ax.tick_params(labelsize=8)
    if not np.isfinite(came).all():
        figure.supxlabel("grey: NaN or infinite", fontsize=9, color=_INK)
    if title:
        figure.suptitle(title, fontsize=12, color=_INK)
    return figure


def _map_colours(name: str) -> Any:
    from matplotlib import colormaps

    return colormaps[name].with_extremes(bad="#9aa0a6")


def _shape(tensor: Tensor) -> str:
    return "(" + ", ".join(map(str, tensor.shape)) + ")"


def _places_together(
    target: Tensor, yours: Tensor, size: tuple[int, int] | None, title: str
) -> Picture:
    expected = target.reshape(-1, target.shape[-1])[:, :2].numpy()
    same_shape = target.shape == yours.shape
    has_places = yours.ndim > 0 and yours.shape[-1] == 2
    came = yours.reshape(-1, 2).numpy() if has_places else np.empty((0, 2))
    figure = Picture(6.0, 4.6)
    axes = figure.subplots()
    if same_shape:
        for start, end in zip(expected, came, strict=True):
            axes.plot(*zip(start, end, strict=True), color="#b6bbc2", lw=1.2, zorder=1)
    axes.plot(
        *expected.T, "o", ms=11, mfc="none", mec=_TARGET_COLOUR, mew=2.2,
        label=f"target  {_shape(target)}",
    )  # fmt: skip
    axes.plot(*came.T, "x", ms=7, color=_YOURS_COLOUR, mew=2.2, label=f"yours  {_shape(yours)}")
    everything = np.concatenate([expected, came[np.isfinite(came).all(-1)]])
    height, width = size or (everything[:, 1].max() + 2, everything[:, 0].max() + 2)
    low_x, low_y = np.minimum(everything.min(0), 0)
    high_x, high_y = np.maximum(everything.max(0), (width - 1, height - 1))
    axes.set_xlim(low_x - 0.7, high_x + 0.7)
    axes.set_ylim(high_y + 0.7, low_y - 0.7)
    axes.set_aspect("equal")
    axes.set_xlabel("x (pixels)")
    axes.set_ylabel("y (pixels)")
    _tidy(axes, grid="both")
    if len(came) and not np.isfinite(came).all():
        n_bad = int((~np.isfinite(came).all(-1)).sum())
        axes.set_title(f"{n_bad} of yours are NaN or infinite", fontsize=9, color=_YOURS_COLOUR)
    if title:
        figure.suptitle(title, fontsize=12, color=_INK)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


# Trainings


def _draw_histories(
    figure: Figure, histories: Iterable[History], n_epochs: int | None = None
) -> None:
    histories = list(histories)
    left, right = figure.subplots(1, 2)
    for place, history in enumerate(histories):
        colour = METHOD_COLOURS[place % len(METHOD_COLOURS)]
        steps, losses = _epochs_and_losses(history)
        if len(histories) > 1:
            losses = losses / losses[0]
        else:
            left.plot(steps, losses, color=colour, lw=0.7, alpha=0.3)
        left.plot(steps, _smooth(losses), color=colour, lw=2)
        label = f"{history.name}: {history.error:.2f} px" if history.errors else history.name
        epochs = np.arange(1, len(history.errors) + 1)
        right.plot(epochs, history.errors, "o-", color=colour, lw=2, ms=5, label=label)
    left.set_yscale("log")
    left.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    left.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    left.yaxis.set_minor_formatter(NullFormatter())
    _title(left, "training loss" + (", relative to its start" if len(histories) > 1 else ""))
    _title(right, "error on the validation part")
    right.set_ylabel("pixels")
    right.set_ylim(bottom=0)
    last = n_epochs or max(len(history.errors) for history in histories)
    left.set_xlim(0, last)
    right.set_xlim(0, last + 0.4)
    for axes in (left, right):
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _tidy(axes, grid="y")
    right.legend(frameon=False, loc="best")


def _epochs_and_losses(history: History) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    losses = np.asarray(history.losses)
    steps_an_epoch = len(losses) / max(len(history.errors), 1)
    return np.arange(1, len(losses) + 1) / steps_an_epoch, losses


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A running mean over a fortieth of the curve, over what there is of it near the ends."""
    width = max(len(values) // 40, 1)
    window = np.ones(2 * width + 1)
    sums, counts = (np.convolve(each, window) for each in (values, np.ones_like(values)))
    return (sums / counts)[width : width + len(values)]


def _tidy(axes: Axes, grid: str) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#b6bbc2")
    axes.tick_params(colors=_INK, labelsize=9)
    axes.set_axisbelow(True)
    axes.grid(axis=grid, color="#e6e8eb", lw=0.8)  # type: ignore[arg-type]
