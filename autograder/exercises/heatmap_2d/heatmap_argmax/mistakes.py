"""Wrong answers to `heatmap_argmax`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import Bank

BANK = Bank()


def _flat(heatmaps: Tensor) -> Tensor:
    return heatmaps.flatten(2).argmax(-1)


def _point(x: Tensor, y: Tensor, like: Tensor) -> Tensor:
    return torch.stack([x, y], -1).to(like.dtype)


@BANK.mistake("It returns (row, column), which is (y, x). Put x, the column, first.")
def row_column_returned(heatmaps: Tensor) -> Tensor:
    """(y, x) instead of (x, y)."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps)
    return _point(flat // width, flat % width, heatmaps)


@BANK.mistake("The flat index is divided by the height. A row has `width` pixels: divide by that.")
def divided_by_height(heatmaps: Tensor) -> Tensor:
    """The index is taken apart with H."""
    height = heatmaps.shape[-2]
    flat = _flat(heatmaps)
    return _point(flat % height, flat // height, heatmaps)


@BANK.mistake("The flat index is divided by the height, and the result is (y, x).")
def divided_by_height_and_swapped(heatmaps: Tensor) -> Tensor:
    """Both mistakes at once."""
    height = heatmaps.shape[-2]
    flat = _flat(heatmaps)
    return _point(flat // height, flat % height, heatmaps)


@BANK.mistake(
    "Rows and columns are summed and searched separately, so a broad ridge wins over the peak. "
    "Search the whole map at once."
)
def maxima_of_sums(heatmaps: Tensor) -> Tensor:
    """Argmax of the two marginal sums."""
    return _point(heatmaps.sum(-2).argmax(-1), heatmaps.sum(-1).argmax(-1), heatmaps)


@BANK.mistake("All joints' maps are searched together for one peak; every joint has its own.")
def one_peak_for_all_joints(heatmaps: Tensor) -> Tensor:
    """The maps of a sample are flattened into one."""
    batch, joints, height, width = heatmaps.shape
    flat = heatmaps.flatten(1).argmax(-1) % (height * width)
    point = _point(flat % width, flat // width, heatmaps)
    return point[:, None].expand(batch, joints, 2).clone()


@BANK.mistake("It finds the lowest pixel, not the highest.")
def lowest_pixel(heatmaps: Tensor) -> Tensor:
    """argmin instead of argmax."""
    width = heatmaps.shape[-1]
    flat = (-heatmaps).flatten(2).argmax(-1)
    return _point(flat % width, flat // width, heatmaps)


@BANK.mistake("It looks for the highest absolute value; a strongly negative pixel is not a peak.")
def absolute_values(heatmaps: Tensor) -> Tensor:
    """argmax of the absolute values."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps.abs())
    return _point(flat % width, flat // width, heatmaps)


@BANK.mistake("It is one pixel too far to the right and down: the first pixel is 0.")
def counts_from_one(heatmaps: Tensor) -> Tensor:
    """Pixels are numbered from 1."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps)
    return _point(flat % width + 1, flat // width + 1, heatmaps)


@BANK.mistake("The coordinates are normalised to 0..1; return them in pixels.")
def normalised(heatmaps: Tensor) -> Tensor:
    """Coordinates divided by size minus one."""
    height, width = heatmaps.shape[-2:]
    flat = _flat(heatmaps)
    return torch.stack([flat % width / (width - 1), flat // width / (height - 1)], -1)


@BANK.mistake("y is not a whole number of rows: `/` keeps the remainder, `//` drops it.")
def true_division(heatmaps: Tensor) -> Tensor:
    """`/` instead of `//`."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps)
    return torch.stack([flat % width, flat / width], -1)


@BANK.mistake("Values below zero are cut off first, so a map of negative values has no peak left.")
def negatives_cut_off(heatmaps: Tensor) -> Tensor:
    """ReLU before the argmax."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps.relu())
    return _point(flat % width, flat // width, heatmaps)


@BANK.mistake("It is the centre of mass of the map, not its highest pixel.")
def centre_of_mass(heatmaps: Tensor) -> Tensor:
    """The expectation instead of the argmax."""
    height, width = heatmaps.shape[-2:]
    p = heatmaps / heatmaps.sum((-1, -2), keepdim=True)
    x = (p.sum(-2) * torch.arange(width)).sum(-1)
    y = (p.sum(-1) * torch.arange(height)).sum(-1)
    return torch.stack([x, y], -1)


@BANK.mistake(
    "The best column and the best row are found separately. Of two equal peaks it takes the "
    "column of one and the row of the other, where there is no peak at all.",
    fails="edge_cases",
)
def independent_maxima(heatmaps: Tensor) -> Tensor:
    """Argmax of the column maxima and of the row maxima."""
    return _point(heatmaps.amax(-2).argmax(-1), heatmaps.amax(-1).argmax(-1), heatmaps)


@BANK.mistake("The first sample's peaks are returned for every sample; each sample has its own.")
def first_samples_peaks(heatmaps: Tensor) -> Tensor:
    """Sample 0 for all."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps[:1]).expand(heatmaps.shape[:2])
    return _point(flat % width, flat // width, heatmaps)


@BANK.mistake("The first joint's peak is returned for every joint; every joint has its own.")
def first_joints_peak(heatmaps: Tensor) -> Tensor:
    """Joint 0 for all."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps[:, :1]).expand(heatmaps.shape[:2])
    return _point(flat % width, flat // width, heatmaps)


@BANK.mistake("The row is rounded to the nearest; drop the remainder instead.")
def row_rounded(heatmaps: Tensor) -> Tensor:
    """round(index / W)."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps)
    return _point(flat % width, (flat / width).round(), heatmaps)


@BANK.mistake("The coordinates are divided by the map's size; return them in pixels.")
def divided_by_size(heatmaps: Tensor) -> Tensor:
    """x / W, y / H."""
    height, width = heatmaps.shape[-2:]
    flat = _flat(heatmaps)
    return torch.stack([flat % width / width, flat // width / height], -1)


@BANK.mistake(
    "x is the remainder by the width, but y is divided by the height. A row has `width` pixels."
)
def y_divided_by_height(heatmaps: Tensor) -> Tensor:
    """index % W, index // H."""
    height, width = heatmaps.shape[-2:]
    flat = _flat(heatmaps)
    return _point(flat % width, flat // height, heatmaps)


@BANK.mistake(
    "Rows and columns are summed and searched separately, and the result is (y, x). "
    "Search the whole map at once and put x first."
)
def maxima_of_sums_and_swapped(heatmaps: Tensor) -> Tensor:
    """Argmax of the two marginal sums, row first."""
    return _point(heatmaps.sum(-1).argmax(-1), heatmaps.sum(-2).argmax(-1), heatmaps)


@BANK.mistake("The coordinates are normalised to -1..1; return them in pixels.")
def normalised_symmetric(heatmaps: Tensor) -> Tensor:
    """Coordinates in -1..1."""
    height, width = heatmaps.shape[-2:]
    flat = _flat(heatmaps)
    x = 2 * (flat % width) / (width - 1) - 1
    return torch.stack([x, 2 * (flat // width) / (height - 1) - 1], -1)


@BANK.mistake(
    "It is half a pixel too far to the right and down: a pixel's centre is a whole number."
)
def half_pixel_shift(heatmaps: Tensor) -> Tensor:
    """Centres of pixels at 0.5, 1.5..."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps)
    return _point(flat % width + 0.5, flat // width + 0.5, heatmaps)


@BANK.mistake(
    "The points are moved a quarter of a pixel towards the higher neighbour. That is a "
    "refinement; return the position of the highest pixel."
)
def quarter_pixel_shift(heatmaps: Tensor) -> Tensor:
    """The usual refinement of an argmax."""
    height, width = heatmaps.shape[-2:]
    flat = _flat(heatmaps)
    x, y = flat % width, flat // width

    def value(x: Tensor, y: Tensor) -> Tensor:
        index = x.clamp(0, width - 1) + width * y.clamp(0, height - 1)
        return heatmaps.flatten(2).gather(-1, index[..., None])[..., 0]

    right, down = value(x + 1, y) - value(x - 1, y), value(x, y + 1) - value(x, y - 1)
    return _point(x + 0.25 * right.sign(), y + 0.25 * down.sign(), heatmaps)


@BANK.mistake(
    "It returns the index into the flat map. Take it apart into a column and a row.",
    fails="shape",
)
def flat_index_returned(heatmaps: Tensor) -> Tensor:
    """(batch, joint)."""
    return _flat(heatmaps).to(heatmaps.dtype)


@BANK.mistake(
    "The map is flattened column by column, but its index is read row by row. "
    "Flatten it as it is, without a transposition."
)
def column_by_column(heatmaps: Tensor) -> Tensor:
    """The index of the transposed map."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps.transpose(-1, -2))
    return _point(flat % width, flat // width, heatmaps)


@BANK.mistake(
    "Of several equal peaks it returns the mean, where there may be no peak at all. Choose one of "
    "them.",
    fails="edge_cases",
)
def ties_averaged(heatmaps: Tensor) -> Tensor:
    """The mean place of all pixels that hold the maximum."""
    height, width = heatmaps.shape[-2:]
    highest = (heatmaps == heatmaps.amax((-1, -2), keepdim=True)).double()
    x = (highest.sum(-2) * torch.arange(width, device=heatmaps.device)).sum(-1)
    y = (highest.sum(-1) * torch.arange(height, device=heatmaps.device)).sum(-1)
    return _point(x, y, heatmaps) / highest.sum((-1, -2))[..., None].to(heatmaps.dtype)


@BANK.mistake("All maps of all samples are searched together for one peak; every map has its own.")
def one_peak_for_the_batch(heatmaps: Tensor) -> Tensor:
    """Everything is flattened into one."""
    batch, joints, height, width = heatmaps.shape
    flat = (heatmaps.argmax() % (height * width)).expand(batch, joints)
    return _point(flat % width, flat // width, heatmaps)


@BANK.mistake(
    "Axes of length 1 are squeezed away. One sample and one joint keep their axes: (1, 1, 2).",
    fails="edge_cases",
)
def axes_squeezed(heatmaps: Tensor) -> Tensor:
    """squeeze() at the end."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps)
    return _point(flat % width, flat // width, heatmaps).squeeze()


@BANK.mistake(
    "The maps are searched in float32, which holds seven digits: pixels that differ by less "
    "become equal. Search them in their own dtype.",
    fails="dtype_device",
)
def computed_in_float32(heatmaps: Tensor) -> Tensor:
    """float32 inside, cast back at the end."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps.float())
    return _point(flat % width, flat // width, heatmaps)


@BANK.mistake(
    "The flat index gets the maps' dtype too early: float16 holds only whole numbers up to 2048. "
    "Take the index apart first.",
    fails="dtype_device",
)
def index_in_the_maps_dtype(heatmaps: Tensor) -> Tensor:
    """The index is cast before it is divided."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps).to(heatmaps.dtype)
    return _point(flat % width, flat // width, heatmaps)
