"""Wrong answers to `heatmap_argmax`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function


def _flat(heatmaps: Tensor) -> Tensor:
    return heatmaps.flatten(2).argmax(-1)


def _point(x: Tensor, y: Tensor, like: Tensor) -> Tensor:
    return torch.stack([x, y], -1).to(like.dtype)


def _taken_apart(flat: Tensor, for_x: int, for_y: int, like: Tensor) -> Tensor:
    """The remainder by one number as x, the quotient by another as y."""
    return _point(flat % for_x, flat // for_y, like)


def _right(heatmaps: Tensor) -> Tensor:
    width = heatmaps.shape[-1]
    return _taken_apart(_flat(heatmaps), width, width, heatmaps)


def _size(heatmaps: Tensor) -> Tensor:
    """(width, height)."""
    return torch.tensor([heatmaps.shape[-1], heatmaps.shape[-2]]).to(heatmaps)


BANK = Bank(_right)


# Mistakes that can be made on top of any other one.


@BANK.on_top("It returns (row, column), which is (y, x). Put x, the column, first.")
def row_column_returned(answer: Function) -> Function:
    """(y, x) instead of (x, y)."""
    return lambda heatmaps: answer(heatmaps).flip(-1)


@BANK.on_top("It is one pixel too far to the right and down: the first pixel is 0.")
def counts_from_one(answer: Function) -> Function:
    """Pixels are numbered from 1."""
    return lambda heatmaps: answer(heatmaps) + 1


@BANK.on_top(
    "It is half a pixel too far to the right and down: a pixel's centre is a whole number."
)
def half_pixel_shift(answer: Function) -> Function:
    """Centres of pixels at 0.5, 1.5..."""
    return lambda heatmaps: answer(heatmaps) + 0.5


@BANK.on_top(
    "Only pixels above zero are found: negative values are cut off, or the search starts from 0. A "
    "map of negative values has a peak, too."
)
def negatives_cut_off(answer: Function) -> Function:
    """ReLU before the argmax."""
    return lambda heatmaps: answer(heatmaps.relu())


@BANK.on_top("It looks for the highest absolute value; a strongly negative pixel is not a peak.")
def absolute_values(answer: Function) -> Function:
    """argmax of the absolute values."""
    return lambda heatmaps: answer(heatmaps.abs())


@BANK.another("absolute_values")
def squared_values(heatmaps: Tensor) -> Tensor:
    """argmax of the squares, which orders the pixels in the same way."""
    return _right(heatmaps**2)


# Mistakes in how the index is taken apart.


@BANK.mistake("The flat index is divided by the height. A row has `width` pixels: divide by that.")
def divided_by_height(heatmaps: Tensor) -> Tensor:
    """The index is taken apart with H."""
    height = heatmaps.shape[-2]
    return _taken_apart(_flat(heatmaps), height, height, heatmaps)


@BANK.mistake(
    "The flat index is taken apart as if the maps were (width, height). They are (height, width): "
    "a row has `width` pixels, and x is what remains of the index after whole rows."
)
def divided_by_height_and_swapped(heatmaps: Tensor) -> Tensor:
    """The quotient by H as x, the remainder as y."""
    return divided_by_height(heatmaps).flip(-1)


@BANK.mistake(
    "x is the remainder by the width, but y is divided by the height. A row has `width` pixels."
)
def y_divided_by_height(heatmaps: Tensor) -> Tensor:
    """index % W, index // H."""
    height, width = heatmaps.shape[-2:]
    return _taken_apart(_flat(heatmaps), width, height, heatmaps)


@BANK.mistake(
    "y is divided by the width, but x is the remainder by the height. A row has `width` pixels."
)
def x_remainder_by_height(heatmaps: Tensor) -> Tensor:
    """index % H, index // W."""
    height, width = heatmaps.shape[-2:]
    return _taken_apart(_flat(heatmaps), height, width, heatmaps)


@BANK.mistake(
    "The flat index is taken apart with W - 1, the number of the last column. A row has W pixels."
)
def divided_by_width_minus_one(heatmaps: Tensor) -> Tensor:
    """index % (W - 1), index // (W - 1)."""
    last = heatmaps.shape[-1] - 1
    return _taken_apart(_flat(heatmaps), last, last, heatmaps)


@BANK.another("divided_by_width_minus_one")
def remainder_by_width_minus_one(heatmaps: Tensor) -> Tensor:
    """index % (W - 1), index // W."""
    width = heatmaps.shape[-1]
    return _taken_apart(_flat(heatmaps), width - 1, width, heatmaps)


@BANK.another("divided_by_width_minus_one")
def quotient_by_width_minus_one(heatmaps: Tensor) -> Tensor:
    """index % W, index // (W - 1)."""
    width = heatmaps.shape[-1]
    return _taken_apart(_flat(heatmaps), width, width - 1, heatmaps)


@BANK.mistake("The flat index is taken apart with W + 1. A row has W pixels.")
def divided_by_width_plus_one(heatmaps: Tensor) -> Tensor:
    """index % (W + 1), index // (W + 1)."""
    beyond = heatmaps.shape[-1] + 1
    return _taken_apart(_flat(heatmaps), beyond, beyond, heatmaps)


@BANK.mistake("y is not a whole number of rows: `/` keeps the remainder, `//` drops it.")
def true_division(heatmaps: Tensor) -> Tensor:
    """`/` instead of `//`."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps)
    return torch.stack([flat % width, flat / width], -1)


@BANK.mistake("The row is rounded to the nearest; drop the remainder instead.")
def row_rounded(heatmaps: Tensor) -> Tensor:
    """round(index / W)."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps)
    return _point(flat % width, (flat / width).round(), heatmaps)


@BANK.another("row_rounded")
def rest_of_rounded_row(heatmaps: Tensor) -> Tensor:
    """The same, with x as what is left of the index, which may be negative."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps)
    y = (flat / width).round()
    return _point(flat - y * width, y, heatmaps)


@BANK.mistake("The row is rounded up; drop the remainder instead.")
def row_rounded_up(heatmaps: Tensor) -> Tensor:
    """ceil(index / W)."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps)
    return _point(flat % width, (flat / width).ceil(), heatmaps)


@BANK.mistake(
    "The flat index is counted from 1 before it is taken apart, so every point is one pixel "
    "further along its row."
)
def index_from_one(heatmaps: Tensor) -> Tensor:
    """(index + 1) % W, (index + 1) // W."""
    width = heatmaps.shape[-1]
    return _taken_apart(_flat(heatmaps) + 1, width, width, heatmaps)


@BANK.mistake("The whole flat index is returned as x. Only its remainder by the width is x.")
def index_as_x(heatmaps: Tensor) -> Tensor:
    """(index, index // W)."""
    flat = _flat(heatmaps)
    return _point(flat, flat // heatmaps.shape[-1], heatmaps)


@BANK.mistake("The whole flat index is returned as y. Only whole rows of it are y.")
def index_as_y(heatmaps: Tensor) -> Tensor:
    """(index % W, index)."""
    flat = _flat(heatmaps)
    return _point(flat % heatmaps.shape[-1], flat, heatmaps)


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
    return _taken_apart(_flat(heatmaps.transpose(-1, -2)), width, width, heatmaps)


@BANK.mistake(
    "The map is flattened column by column, but its index is divided by the width. A column has "
    "`height` pixels, and so has each row of the transposed map."
)
def column_by_column_divided_by_width(heatmaps: Tensor) -> Tensor:
    """The quotient by W as x, the remainder as y."""
    return column_by_column(heatmaps).flip(-1)


@BANK.mistake("y is counted from below. The first row, at the top, is 0.")
def y_upwards(heatmaps: Tensor) -> Tensor:
    """H - 1 - y."""
    x, y = _right(heatmaps).unbind(-1)
    return torch.stack([x, heatmaps.shape[-2] - 1 - y], -1)


@BANK.mistake(
    "x and y are along the first axis: `torch.stack` puts a new axis in front, unless `dim` says "
    "otherwise. They belong last.",
    fails="shape",
)
def stacked_in_front(heatmaps: Tensor) -> Tensor:
    """(2, batch, joint)."""
    return _right(heatmaps).movedim(-1, 0)


@BANK.mistake("x is returned for y, too.")
def x_twice(heatmaps: Tensor) -> Tensor:
    """(x, x)."""
    x = _right(heatmaps)[..., 0]
    return torch.stack([x, x], -1)


@BANK.mistake("y is returned for x, too.")
def y_twice(heatmaps: Tensor) -> Tensor:
    """(y, y)."""
    y = _right(heatmaps)[..., 1]
    return torch.stack([y, y], -1)


@BANK.mistake("x is right, but y is counted from 1: the first row is 0.")
def y_from_one(heatmaps: Tensor) -> Tensor:
    """y + 1."""
    return _right(heatmaps) + torch.tensor([0, 1]).to(heatmaps)


@BANK.mistake("y is right, but x is counted from 1: the first column is 0.")
def x_from_one(heatmaps: Tensor) -> Tensor:
    """x + 1."""
    return _right(heatmaps) + torch.tensor([1, 0]).to(heatmaps)


@BANK.mistake("It is one pixel too far to the left and up: the first pixel is 0, not -1.")
def one_pixel_subtracted(heatmaps: Tensor) -> Tensor:
    """x - 1, y - 1."""
    return _right(heatmaps) - 1


@BANK.mistake("It is half a pixel too far to the left and up: a pixel's centre is a whole number.")
def half_pixel_subtracted(heatmaps: Tensor) -> Tensor:
    """x - 0.5, y - 0.5."""
    return _right(heatmaps) - 0.5


@BANK.mistake("The coordinates are normalised to 0..1; return them in pixels.")
def normalised(heatmaps: Tensor) -> Tensor:
    """Coordinates divided by size minus one."""
    return _right(heatmaps) / (_size(heatmaps) - 1)


@BANK.mistake("The coordinates are divided by the map's size; return them in pixels.")
def divided_by_size(heatmaps: Tensor) -> Tensor:
    """x / W, y / H."""
    return _right(heatmaps) / _size(heatmaps)


@BANK.mistake("The coordinates are normalised to -1..1; return them in pixels.")
def normalised_symmetric(heatmaps: Tensor) -> Tensor:
    """Coordinates in -1..1."""
    return 2 * _right(heatmaps) / (_size(heatmaps) - 1) - 1


@BANK.mistake(
    "The coordinates are (i + 0.5) / W, a fraction of the map's width. Return them in pixels."
)
def normalised_centres(heatmaps: Tensor) -> Tensor:
    """(i + 0.5) / W."""
    return (_right(heatmaps) + 0.5) / _size(heatmaps)


# Mistakes in what is searched.


@BANK.mistake("It finds the lowest pixel, not the highest.")
def lowest_pixel(heatmaps: Tensor) -> Tensor:
    """argmin instead of argmax."""
    return _right(-heatmaps)


@BANK.mistake("The first sample's peaks are returned for every sample; each sample has its own.")
def first_samples_peaks(heatmaps: Tensor) -> Tensor:
    """Sample 0 for all."""
    return _right(heatmaps[:1].expand_as(heatmaps))


@BANK.mistake(
    "Rows and columns are summed and searched separately, so a broad ridge wins over the peak. "
    "Search the whole map at once."
)
def maxima_of_sums(heatmaps: Tensor) -> Tensor:
    """Argmax of the two marginal sums."""
    return _point(heatmaps.sum(-2).argmax(-1), heatmaps.sum(-1).argmax(-1), heatmaps)


@BANK.mistake(
    "x is right, but y is the row with the largest sum. It has to be the row of the brightest "
    "pixel."
)
def row_of_largest_sum(heatmaps: Tensor) -> Tensor:
    """y from the marginal sum."""
    return _point(_flat(heatmaps) % heatmaps.shape[-1], heatmaps.sum(-1).argmax(-1), heatmaps)


@BANK.mistake(
    "y is right, but x is the column with the largest sum. It has to be the column of the "
    "brightest pixel."
)
def column_of_largest_sum(heatmaps: Tensor) -> Tensor:
    """x from the marginal sum."""
    flat = _flat(heatmaps)
    return _point(heatmaps.sum(-2).argmax(-1), flat // heatmaps.shape[-1], heatmaps)


@BANK.mistake(
    "x is the brightest column of the first row, whatever row the peak is in. Take the column of "
    "the peak's own row."
)
def column_of_first_row(heatmaps: Tensor) -> Tensor:
    """The columns of all rows' maxima, indexed with 0."""
    highest, columns = heatmaps.max(-1)
    return _point(columns[..., 0], highest.argmax(-1), heatmaps)


@BANK.mistake(
    "y is the brightest row of the first column, whatever column the peak is in. Take the row of "
    "the peak's own column."
)
def row_of_first_column(heatmaps: Tensor) -> Tensor:
    """The rows of all columns' maxima, indexed with 0."""
    highest, rows = heatmaps.max(-2)
    return _point(highest.argmax(-1), rows[..., 0], heatmaps)


@BANK.mistake(
    "x is the brightest column of the first row, and y the brightest row of the first column. "
    "Search the whole map at once."
)
def peaks_of_first_lines(heatmaps: Tensor) -> Tensor:
    """argmax along each axis, indexed with 0."""
    return _point(heatmaps.argmax(-1)[..., 0], heatmaps.argmax(-2)[..., 0], heatmaps)


@BANK.mistake(
    "The row is right, but x is looked up in the first map's rows: `take` counts through all maps "
    "in one row. Choose in each map by itself, as `gather` does."
)
def column_taken_from_the_first_map(heatmaps: Tensor) -> Tensor:
    """The columns of all rows' maxima, of which take() finds those of the first map."""
    y = heatmaps.amax(-1).argmax(-1)
    return _point(heatmaps.argmax(-1).take(y), y, heatmaps)


@BANK.another("column_taken_from_the_first_map")
def column_taken_from_the_first_joints_map(heatmaps: Tensor) -> Tensor:
    """The same with the first map of each sample."""
    y = heatmaps.amax(-1).argmax(-1)
    return _point(heatmaps.argmax(-1)[:, 0].gather(1, y), y, heatmaps)


@BANK.mistake(
    "The column is right, but y is looked up in the first map's columns: `take` counts through all "
    "maps in one row. Choose in each map by itself, as `gather` does."
)
def row_taken_from_the_first_map(heatmaps: Tensor) -> Tensor:
    """The rows of all columns' maxima, of which take() finds those of the first map."""
    x = heatmaps.amax(-2).argmax(-1)
    return _point(x, heatmaps.argmax(-2).take(x), heatmaps)


@BANK.another("row_taken_from_the_first_map")
def row_taken_from_the_first_joints_map(heatmaps: Tensor) -> Tensor:
    """The same with the first map of each sample."""
    x = heatmaps.amax(-2).argmax(-1)
    return _point(x, heatmaps.argmax(-2)[:, 0].gather(1, x), heatmaps)


@BANK.mistake(
    "x is the highest of all rows' brightest columns. Take the column of the brightest row."
)
def largest_column_of_rows(heatmaps: Tensor) -> Tensor:
    """argmax along one axis, then the largest index."""
    return _point(heatmaps.argmax(-1).amax(-1), _flat(heatmaps) // heatmaps.shape[-1], heatmaps)


@BANK.another("largest_column_of_rows")
def largest_indices_of_lines(heatmaps: Tensor) -> Tensor:
    """argmax along each axis, then the largest indices."""
    return _point(heatmaps.argmax(-1).amax(-1), heatmaps.argmax(-2).amax(-1), heatmaps)


@BANK.mistake(
    "The brightest pixels of all rows and columns are averaged. Return the one brightest pixel of "
    "the map."
)
def mean_of_peaks_of_lines(heatmaps: Tensor) -> Tensor:
    """argmax along each axis, then the mean."""
    x = heatmaps.argmax(-1).double().mean(-1)
    return _point(x, heatmaps.argmax(-2).double().mean(-1), heatmaps)


@BANK.mistake("All joints' maps are searched together for one peak; every joint has its own.")
def one_peak_for_all_joints(heatmaps: Tensor) -> Tensor:
    """The maps of a sample are flattened into one."""
    batch, joints, height, width = heatmaps.shape
    flat = heatmaps.flatten(1).argmax(-1) % (height * width)
    point = _point(flat % width, flat // width, heatmaps)
    return point[:, None].expand(batch, joints, 2).clone()


@BANK.another("one_peak_for_all_joints")
def one_row_of_all_joints(heatmaps: Tensor) -> Tensor:
    """The same, whose rows go on from map to map."""
    batch, joints, _, width = heatmaps.shape
    flat = heatmaps.flatten(1).argmax(-1)
    return _taken_apart(flat, width, width, heatmaps)[:, None].expand(batch, joints, 2).clone()


@BANK.mistake("All maps of all samples are searched together for one peak; every map has its own.")
def one_peak_for_the_batch(heatmaps: Tensor) -> Tensor:
    """Everything is flattened into one."""
    batch, joints, height, width = heatmaps.shape
    flat = (heatmaps.argmax() % (height * width)).expand(batch, joints)
    return _taken_apart(flat, width, width, heatmaps)


@BANK.another("one_peak_for_the_batch")
def one_row_of_the_batch(heatmaps: Tensor) -> Tensor:
    """The same, whose rows go on from map to map."""
    batch, joints, _, width = heatmaps.shape
    return _taken_apart(heatmaps.argmax().expand(batch, joints), width, width, heatmaps)


@BANK.mistake("All samples are searched together for each joint's peak; every map has its own.")
def one_peak_for_all_samples(heatmaps: Tensor) -> Tensor:
    """The maps of a joint are flattened into one."""
    batch, joints, height, width = heatmaps.shape
    flat = heatmaps.transpose(0, 1).flatten(1).argmax(-1) % (height * width)
    return _taken_apart(flat, width, width, heatmaps)[None].expand(batch, joints, 2).clone()


@BANK.mistake("The first joint's peak is returned for every joint; every joint has its own.")
def first_joints_peak(heatmaps: Tensor) -> Tensor:
    """Joint 0 for all."""
    return _right(heatmaps[:, :1].expand_as(heatmaps))


@BANK.mistake("It is the centre of mass of the map, not its highest pixel.")
def centre_of_mass(heatmaps: Tensor) -> Tensor:
    """The expectation instead of the argmax."""
    return _expectation(heatmaps)


@BANK.mistake("It is the mean position under a softmax. Return the one brightest pixel.")
def soft_argmax(heatmaps: Tensor) -> Tensor:
    """The expectation of the softmax."""
    return _expectation(heatmaps.flatten(2).softmax(-1).reshape(heatmaps.shape))


@BANK.mistake(
    "The maps are blurred before the search. The brightest pixel of the map itself is wanted."
)
def blurred_first(heatmaps: Tensor) -> Tensor:
    """The mean of 3 x 3 pixels, zeros beyond the edge."""
    return _right(torch.nn.functional.avg_pool2d(heatmaps.float(), 3, 1, 1)).to(heatmaps.dtype)


@BANK.mistake(
    "The points are moved a quarter of a pixel towards the higher neighbour. That is a "
    "refinement; return the position of the highest pixel."
)
def quarter_pixel_shift(heatmaps: Tensor) -> Tensor:
    """The usual refinement of an argmax."""
    return _right(heatmaps) + 0.25 * _slope(heatmaps).sign()


@BANK.another("quarter_pixel_shift")
def quarter_pixel_shift_along_free_axes(heatmaps: Tensor) -> Tensor:
    """Not along an axis at whose ends the peak is."""
    shift = 0.25 * _slope(heatmaps).sign()
    return _right(heatmaps) + shift.where(_inside(heatmaps), 0)


@BANK.another("quarter_pixel_shift")
def quarter_pixel_shift_inside(heatmaps: Tensor) -> Tensor:
    """Not for peaks at the map's edge."""
    shift = 0.25 * _slope(heatmaps).sign()
    return _right(heatmaps) + shift.where(_inside(heatmaps).all(-1, keepdim=True), 0)


@BANK.another("quarter_pixel_shift")
def quarter_pixel_shift_in_a_frame_of_zeros(heatmaps: Tensor) -> Tensor:
    """Beyond the map's edge there are zeros."""
    return _right(heatmaps) + 0.25 * _slope_in_a_frame(heatmaps, 0.0).sign()


@BANK.another("quarter_pixel_shift")
def quarter_pixel_shift_to_the_inside(heatmaps: Tensor) -> Tensor:
    """Beyond the map's edge all is lower."""
    return _right(heatmaps) + 0.25 * _slope_in_a_frame(heatmaps, -1e6).sign()


@BANK.another("quarter_pixel_shift")
def quarter_pixel_shift_around_the_edge(heatmaps: Tensor) -> Tensor:
    """Beyond the map's edge is its other side."""
    along_x, along_y = (heatmaps.roll(-1, axis) - heatmaps.roll(1, axis) for axis in (-1, -2))
    index = _flat(heatmaps)[..., None]
    slopes = [slope.flatten(2).gather(-1, index) for slope in (along_x, along_y)]
    return _right(heatmaps) + 0.25 * torch.cat(slopes, -1).sign()


@BANK.mistake(
    "The points are moved to the top of a parabola through the peak and its neighbours. That is a "
    "refinement; return the position of the highest pixel."
)
def parabola_refined(heatmaps: Tensor) -> Tensor:
    """A sub-pixel maximum, along axes that have both neighbours."""
    shift = 0.5 * _slope(heatmaps) / _bend(heatmaps).clamp(min=1e-6)
    return _right(heatmaps) + shift.where(_inside(heatmaps), 0)


@BANK.another("parabola_refined")
def parabola_refined_inside(heatmaps: Tensor) -> Tensor:
    """The same, not for peaks at the map's edge."""
    shift = 0.5 * _slope(heatmaps) / _bend(heatmaps).clamp(min=1e-6)
    return _right(heatmaps) + shift.where(_inside(heatmaps).all(-1, keepdim=True), 0)


@BANK.mistake(
    "It is the mean position of the peak and its neighbours, weighted. Return the position of the "
    "highest pixel."
)
def mean_of_neighbourhood(heatmaps: Tensor) -> Tensor:
    """The centre of mass of 3 x 3 pixels around the peak, zeros beyond the edge."""
    around = torch.nn.functional.pad(heatmaps, (1, 1, 1, 1))
    patches = around.unfold(2, 3, 1).unfold(3, 3, 1).flatten(2, 3)
    index = _flat(heatmaps)[..., None, None, None].expand(*heatmaps.shape[:2], 1, 3, 3)
    patch = patches.gather(2, index)[:, :, 0]
    return _right(heatmaps) + _expectation(patch) - 1


# Mistakes in edge cases and in the digits.


@BANK.mistake(
    "The best column and the best row are found separately. Of two equal peaks it takes the "
    "column of one and the row of the other, where there is no peak at all.",
    fails="edge_cases",
)
def independent_maxima(heatmaps: Tensor) -> Tensor:
    """Argmax of the column maxima and of the row maxima."""
    return _point(heatmaps.amax(-2).argmax(-1), heatmaps.amax(-1).argmax(-1), heatmaps)


@BANK.mistake(
    "Of several equal peaks it returns the mean, where there may be no peak at all. Choose one of "
    "them.",
    fails="edge_cases",
)
def ties_averaged(heatmaps: Tensor) -> Tensor:
    """The mean place of all pixels that hold the maximum."""
    highest = (heatmaps == heatmaps.amax((-1, -2), keepdim=True)).double()
    return _expectation(highest).to(heatmaps.dtype)


@BANK.mistake(
    "The positions of several equal peaks are added up. Choose one of the peaks.",
    fails="edge_cases",
)
def ties_added(heatmaps: Tensor) -> Tensor:
    """The sum of the places of all pixels that hold the maximum."""
    highest = (heatmaps == heatmaps.amax((-1, -2), keepdim=True)).double()
    return (_expectation(highest) * highest.sum((-1, -2))[..., None]).to(heatmaps.dtype)


@BANK.mistake(
    "It finds all pixels that hold the maximum, and fails where a map has two of them. Choose one.",
    fails="edge_cases",
)
def ties_all_returned(heatmaps: Tensor) -> Tensor:
    """nonzero of what equals the maximum."""
    found = (heatmaps == heatmaps.amax((-1, -2), keepdim=True)).nonzero()
    return found[:, [3, 2]].reshape(*heatmaps.shape[:2], 2).to(heatmaps.dtype)


@BANK.mistake(
    "Axes of length 1 are squeezed away. One sample and one joint keep their axes: (1, 1, 2).",
    fails="edge_cases",
)
def axes_squeezed(heatmaps: Tensor) -> Tensor:
    """squeeze() at the end."""
    return _right(heatmaps).squeeze()


@BANK.mistake(
    "Pixels whose values are nearly the same become equal before the search: the maps are rounded, "
    "or go through whole numbers or float16. Search them as they are.",
    fails="edge_cases",
    fails_too=("dtype_device",),
)
def values_rounded(heatmaps: Tensor) -> Tensor:
    """256 grey levels."""
    low, high = heatmaps.amin((-1, -2), keepdim=True), heatmaps.amax((-1, -2), keepdim=True)
    grey = ((heatmaps - low) / (high - low) * 255).round()
    return _right(grey).to(heatmaps.dtype)


@BANK.another("values_rounded")
def searched_in_float16(heatmaps: Tensor) -> Tensor:
    """float16 inside."""
    return _right(heatmaps.half()).to(heatmaps.dtype)


@BANK.another("values_rounded")
def last_of_the_rounded(heatmaps: Tensor) -> Tensor:
    """float16 inside, and the last one of equal pixels."""
    width = heatmaps.shape[-1]
    flat = heatmaps.flatten(2).half().flip(-1)
    return _taken_apart(flat.shape[-1] - 1 - flat.argmax(-1), width, width, heatmaps)


@BANK.mistake(
    "The maps are searched in float32, which holds seven digits: pixels that differ by less "
    "become equal. Search them in their own dtype.",
    fails="dtype_device",
)
def computed_in_float32(heatmaps: Tensor) -> Tensor:
    """float32 inside, cast back at the end."""
    return _right(heatmaps.float()).to(heatmaps.dtype)


@BANK.another("computed_in_float32")
def last_in_float32(heatmaps: Tensor) -> Tensor:
    """float32 inside, and the last one of equal pixels."""
    width = heatmaps.shape[-1]
    flat = heatmaps.flatten(2).float().flip(-1)
    return _taken_apart(flat.shape[-1] - 1 - flat.argmax(-1), width, width, heatmaps)


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


@BANK.another("index_in_the_maps_dtype")
def index_minus_rows_in_the_maps_dtype(heatmaps: Tensor) -> Tensor:
    """The same, with x as what is left of whole rows."""
    width = heatmaps.shape[-1]
    flat = _flat(heatmaps).to(heatmaps.dtype)
    y = (flat / width).floor()
    return _point(flat - y * width, y, heatmaps)


def _expectation(weights: Tensor) -> Tensor:
    """The mean position under weights."""
    x, y = (torch.arange(size).to(weights) for size in weights.shape[:1:-1])
    total = weights.sum((-1, -2))
    return (
        torch.stack([(weights.sum(-2) * x).sum(-1), (weights.sum(-1) * y).sum(-1)], -1)
        / (total[..., None])
    )


def _near(heatmaps: Tensor, dx: int, dy: int) -> Tensor:
    """The pixels beside the peaks; at the edge, the peaks themselves."""
    height, width = heatmaps.shape[-2:]
    flat = _flat(heatmaps)
    x, y = (flat % width + dx).clamp(0, width - 1), (flat // width + dy).clamp(0, height - 1)
    return heatmaps.flatten(2).gather(-1, (x + width * y)[..., None])[..., 0]


def _slope(heatmaps: Tensor) -> Tensor:
    """The next pixel less the one before, along x and along y."""
    along_x = _near(heatmaps, 1, 0) - _near(heatmaps, -1, 0)
    return torch.stack([along_x, _near(heatmaps, 0, 1) - _near(heatmaps, 0, -1)], -1)


def _slope_in_a_frame(heatmaps: Tensor, value: float) -> Tensor:
    """The same, where all pixels beyond the map's edge have one value."""
    framed = torch.nn.functional.pad(heatmaps, (1, 1, 1, 1), value=value)
    width = framed.shape[-1]
    x, y = _right(heatmaps).long().unbind(-1)
    index, pixels = width * (y + 1) + x + 1, framed.flatten(2)
    slopes = [
        pixels.gather(-1, (index + torch.tensor([-d, d])[:, None, None]).movedim(0, -1))
        for d in (1, width)
    ]
    return torch.cat([slope.diff(dim=-1) for slope in slopes], -1)


def _bend(heatmaps: Tensor) -> Tensor:
    """Twice the peak less its two neighbours, along x and along y."""
    twice = 2 * _near(heatmaps, 0, 0)
    along_x = twice - _near(heatmaps, 1, 0) - _near(heatmaps, -1, 0)
    return torch.stack([along_x, twice - _near(heatmaps, 0, 1) - _near(heatmaps, 0, -1)], -1)


def _inside(heatmaps: Tensor) -> Tensor:
    """Whether the peaks have both neighbours, along x and along y."""
    point = _right(heatmaps)
    return (point > 0) & (point < _size(heatmaps) - 1)
