"""Wrong answers to `refine_subpixel`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function

Triple = tuple[Tensor, Tensor, Tensor]


def _at(heatmaps: Tensor, x: Tensor, y: Tensor) -> Tensor:
    index = y * heatmaps.shape[-1] + x
    return heatmaps.flatten(2).gather(2, index[..., None])[..., 0]


def _triples(heatmaps: Tensor, positions: Tensor, step: int = 1) -> tuple[Triple, Triple, Tensor]:
    """The three values along x and along y, and whether they are on the map, (B, J, 2)."""
    height, width = heatmaps.shape[-2:]
    x, y = positions.long().unbind(-1)
    inside = torch.stack([(x >= step) & (x < width - step), (y >= step) & (y < height - step)], -1)
    xs, ys = x.clamp(step, width - 1 - step), y.clamp(step, height - 1 - step)
    along_x = (_at(heatmaps, xs - step, y), _at(heatmaps, xs, y), _at(heatmaps, xs + step, y))
    along_y = (_at(heatmaps, x, ys - step), _at(heatmaps, x, ys), _at(heatmaps, x, ys + step))
    return along_x, along_y, inside


def _vertex(left: Tensor, middle: Tensor, right: Tensor) -> Tensor:
    """The maximum of a parabola through three values, 0 where they are on a line."""
    bend = left - 2 * middle + right
    return torch.where(bend == 0, 0, (left - right) / (2 * bend.where(bend != 0, 1)))


def _gaussian(left: Tensor, middle: Tensor, right: Tensor) -> Tensor:
    positive = (left > 0) & (middle > 0) & (right > 0)
    logs = (value.where(positive, 1).log() for value in (left, middle, right))
    return _vertex(*logs)


def _refined(
    heatmaps: Tensor, positions: Tensor, shift: Callable[..., Tensor], step: int = 1
) -> Tensor:
    along_x, along_y, inside = _triples(heatmaps, positions, step)
    shifts = torch.stack([shift(*along_x), shift(*along_y)], -1)
    return positions + torch.where(inside, shifts, 0)


def _right(heatmaps: Tensor, positions: Tensor) -> Tensor:
    return _refined(heatmaps, positions, _gaussian)


BANK = Bank(_right)


# Mistakes that can be made on top of any other one.


@BANK.on_top("Your points match the target if x and y are swapped: put x, the column, first.")
def xy_swapped(answer: Function) -> Function:
    """(y, x) instead of (x, y)."""
    return lambda heatmaps, positions: answer(heatmaps, positions).flip(-1)


@BANK.on_top("It returns the fractions of a pixel alone: add them to `positions`.")
def positions_left_out(answer: Function) -> Function:
    """The shift without the position."""
    return lambda heatmaps, positions: answer(heatmaps, positions) - positions


@BANK.on_top(
    "Positions move away from the brighter neighbour instead of towards it: the sign is reversed."
)
def sign_reversed(answer: Function) -> Function:
    """The shift is subtracted."""
    return lambda heatmaps, positions: 2 * positions - answer(heatmaps, positions)


@BANK.on_top(
    "It is half a pixel too far to the right and down: a pixel's centre is a whole number."
)
def half_pixel_shift(answer: Function) -> Function:
    """Centres of pixels at 0.5, 1.5..."""
    return lambda heatmaps, positions: answer(heatmaps, positions) + 0.5


@BANK.on_top("Only the first sample's maps are used, for the positions of all samples.")
def first_sample_s_maps(answer: Function) -> Function:
    """The maps of sample 0."""
    return lambda heatmaps, positions: answer(heatmaps[:1].expand_as(heatmaps), positions)


@BANK.on_top("Only the first joint's map is used, for the positions of all joints.")
def first_joint_s_maps(answer: Function) -> Function:
    """The maps of joint 0."""
    return lambda heatmaps, positions: answer(heatmaps[:, :1].expand_as(heatmaps), positions)


# Mistakes in the formula.


@BANK.mistake(
    "The parabola is laid through the values themselves. Take their logarithms first: only then is "
    "a Gaussian a parabola."
)
def logarithm_left_out(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """A parabola through the values."""
    return _refined(heatmaps, positions, _vertex)


@BANK.another("logarithm_left_out")
def logarithm_left_out_with_its_guard(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """A parabola through the values, where all three are positive."""

    def shift(left: Tensor, middle: Tensor, right: Tensor) -> Tensor:
        positive = (left > 0) & (middle > 0) & (right > 0)
        return torch.where(positive, _vertex(left, middle, right), 0)

    return _refined(heatmaps, positions, shift)


@BANK.mistake("1 is added before the logarithm, which makes another curve of the Gaussian.")
def one_added_to_the_values(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """log1p."""
    return _refined(heatmaps, positions, lambda *three: _vertex(*(t.log1p() for t in three)))


@BANK.mistake("The shift is twice as large as it should be: there is a 2 in the denominator.")
def two_left_out(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """(l - r) / (l - 2c + r)."""
    return _refined(heatmaps, positions, lambda *three: 2 * _gaussian(*three))


@BANK.mistake("The shift is half as large as it should be: one factor 2 in the denominator.")
def divided_by_four(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """(l - r) / (4 (l - 2c + r))."""
    return _refined(heatmaps, positions, lambda *three: _gaussian(*three) / 2)


@BANK.mistake("The middle value counts once in the denominator; it counts twice there: l - 2c + r.")
def middle_counted_once(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """(l - r) / (2 (l - c + r))."""

    def shift(left: Tensor, middle: Tensor, right: Tensor) -> Tensor:
        a, b, c = left.log(), middle.log(), right.log()
        return (a - c) / (2 * (a - b + c))

    return _refined(heatmaps, positions, shift)


@BANK.mistake(
    "Each position moves by a quarter of a pixel towards the brighter neighbour, however much "
    "brighter that is. Compute the Gaussian's maximum instead."
)
def quarter_of_a_pixel(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """The rule of the stacked hourglass network."""
    return _refined(heatmaps, positions, lambda left, _, right: 0.25 * (right - left).sign())


@BANK.mistake(
    "It is the mean of the three pixels, weighted with their values. The Gaussian's maximum is "
    "somewhere else: use the formula with the logarithms."
)
def centre_of_mass(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """(r - l) / (l + c + r)."""

    def shift(left: Tensor, middle: Tensor, right: Tensor) -> Tensor:
        return (right - left) / (left + middle + right)

    return _refined(heatmaps, positions, shift)


@BANK.mistake(
    "The shifts are those of the two axes exchanged: along x, the neighbours are in the same row."
)
def neighbours_of_the_other_axis(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """The shift along y is added to x and the other way round."""
    return positions + (_right(heatmaps, positions) - positions).flip(-1)


@BANK.mistake("Only x is refined: do the same along y.")
def x_only(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """y stays."""
    refined = _right(heatmaps, positions)
    return torch.stack([refined[..., 0], positions[..., 1]], -1)


@BANK.mistake("Only y is refined: do the same along x.")
def y_only(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """x stays."""
    refined = _right(heatmaps, positions)
    return torch.stack([positions[..., 0], refined[..., 1]], -1)


@BANK.mistake("Nothing is refined: the positions come back as they were.")
def nothing_refined(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """The positions."""
    return positions.clone()


@BANK.mistake(
    "Both axes are fitted at once, by a Gaussian that may lie askew. Here each axis is refined on "
    "its own, from its own three values."
)
def both_axes_at_once(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """A Newton step with the whole Hessian, as in DARK."""
    height, width = heatmaps.shape[-2:]
    x, y = positions.long().unbind(-1)
    inside = (x > 0) & (x < width - 1) & (y > 0) & (y < height - 1)
    x, y = x.clamp(1, width - 2), y.clamp(1, height - 2)

    def log(dx: int, dy: int) -> Tensor:
        return _at(heatmaps, x + dx, y + dy).clamp(min=1e-30).log()

    gx, gy = (log(1, 0) - log(-1, 0)) / 2, (log(0, 1) - log(0, -1)) / 2
    xx = log(1, 0) - 2 * log(0, 0) + log(-1, 0)
    yy = log(0, 1) - 2 * log(0, 0) + log(0, -1)
    xy = (log(1, 1) - log(-1, 1) - log(1, -1) + log(-1, -1)) / 4
    determinant = xx * yy - xy * xy
    safe = determinant.where(determinant != 0, 1)
    shift = torch.stack([-(yy * gx - xy * gy) / safe, -(xx * gy - xy * gx) / safe], -1)
    usable = inside & (determinant != 0)
    return positions + torch.where(usable[..., None], shift, 0)


# Mistakes at the border, and with values that have no logarithm.


def _everywhere(
    heatmaps: Tensor, positions: Tensor, look: Callable[[Tensor, Tensor, Tensor], Tensor]
) -> Tensor:
    """Refine with another rule of what is beyond the border."""
    x, y = positions.long().unbind(-1)
    along_x = [look(heatmaps, x + d, y) for d in (-1, 0, 1)]
    along_y = [look(heatmaps, x, y + d) for d in (-1, 0, 1)]
    return positions + torch.stack([_gaussian(*along_x), _gaussian(*along_y)], -1)


@BANK.mistake(
    "At the border the missing neighbour is replaced by the border's own pixel. Leave the position "
    "as it is along that axis.",
    fails="edge_cases",
)
def border_repeated(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """Indices are clamped to the map."""

    def look(maps: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return _at(maps, x.clamp(0, maps.shape[-1] - 1), y.clamp(0, maps.shape[-2] - 1))

    return _everywhere(heatmaps, positions, look)


@BANK.mistake(
    "At the border the neighbour is taken from the opposite side of the map, as with the index -1. "
    "Leave the position as it is along that axis.",
    fails="edge_cases",
)
def border_wrapped_around(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """Indices modulo the size."""

    def look(maps: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return _at(maps, x % maps.shape[-1], y % maps.shape[-2])

    return _everywhere(heatmaps, positions, look)


@BANK.mistake(
    "At the border the three values around the nearest inner pixel are used. Leave the position as "
    "it is along that axis.",
    fails="edge_cases",
)
def inner_pixel_used_at_the_border(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """The position is clamped, and nothing is decided afterwards."""
    along_x, along_y, _ = _triples(heatmaps, positions)
    return positions + torch.stack([_gaussian(*along_x), _gaussian(*along_y)], -1)


@BANK.mistake(
    "At the border of one axis the other axis is not refined either. Decide for each on its own.",
    fails="edge_cases",
)
def border_stops_both_axes(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """Both axes have to be inside."""
    inside = _triples(heatmaps, positions)[2].all(-1, keepdim=True)
    return torch.where(inside, _right(heatmaps, positions), positions)


@BANK.mistake(
    "Where one value along an axis is not positive, the other axis is not refined either. Decide "
    "for each on its own.",
    fails="edge_cases",
)
def no_logarithm_stops_both_axes(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """All five values have to be positive."""
    along_x, along_y, inside = _triples(heatmaps, positions)
    low_x, low_y = torch.stack(along_x).amin(0) <= 0, torch.stack(along_y).amin(0) <= 0
    low = torch.stack([low_x, low_y], -1) & inside
    return torch.where(low.any(-1, keepdim=True), positions, _right(heatmaps, positions))


@BANK.mistake(
    "Values that are not positive are replaced by a small number, whose logarithm then pulls the "
    "position aside. Leave it as it is along that axis.",
    fails="edge_cases",
)
def small_number_in_place_of_zero(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """clamp(min=1e-10)."""
    return _refined(
        heatmaps, positions, lambda *three: _vertex(*(t.clamp(min=1e-10).log() for t in three))
    )


@BANK.another("small_number_in_place_of_zero")
def smaller_number_in_place_of_zero(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """clamp(min=1e-6), which is smaller than any value that is asked for."""
    return _refined(
        heatmaps, positions, lambda *three: _vertex(*(t.clamp(min=1e-6).log() for t in three))
    )


@BANK.another("small_number_in_place_of_zero")
def smallest_number_in_place_of_zero(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """clamp(min=1e-12)."""
    return _refined(
        heatmaps, positions, lambda *three: _vertex(*(t.clamp(min=1e-12).log() for t in three))
    )


@BANK.mistake(
    "Zeros and negative values make the result nan: they have no logarithm. Leave the position as "
    "it is along that axis.",
    fails="edge_cases",
)
def nan_without_a_logarithm(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """No guard for values that are not positive."""
    return _refined(heatmaps, positions, lambda *three: _vertex(*(t.log() for t in three)))


@BANK.mistake(
    "Where three values are equal the result is nan: 0 / 0. Leave the position as it is along that "
    "axis.",
    fails="edge_cases",
)
def nan_where_all_are_equal(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """No guard for a bend of 0."""

    def shift(left: Tensor, middle: Tensor, right: Tensor) -> Tensor:
        positive = (left > 0) & (middle > 0) & (right > 0)
        bend = left.log() - 2 * middle.log() + right.log()
        return torch.where(positive, (left.log() - right.log()) / (2 * bend), 0)

    return _refined(heatmaps, positions, shift)


@BANK.mistake(
    "Low maps are not refined: values below a threshold are taken for no peak. The height of the "
    "map does not matter.",
    fails="edge_cases",
)
def low_maps_left_alone(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """Only peaks above 0.1."""
    high = heatmaps.amax((-1, -2))[..., None] > 0.1
    return torch.where(high, _right(heatmaps, positions), positions)


# Mistakes that leave the values right.


@BANK.mistake(
    "The result is in float32, whatever the dtype of the maps.",
    fails="dtype_device",
)
def always_float32(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """float() at the start."""
    return _right(heatmaps.float(), positions.float())


@BANK.mistake(
    "Rows are as long as the map is high: the index is y * height + x, and that is right for "
    "square maps only. A row has as many pixels as the map is wide."
)
def rows_as_long_as_columns(heatmaps: Tensor, positions: Tensor) -> Tensor:
    """y * height + x."""
    height, width = heatmaps.shape[-2:]
    flat = heatmaps.flatten(2)
    x, y = positions.long().unbind(-1)

    def look(column: Tensor, row: Tensor) -> Tensor:
        index = row.clamp(0, height - 1) * height + column.clamp(0, width - 1)
        return flat.gather(2, index.clamp(max=height * width - 1)[..., None])[..., 0]

    along_x = look(x - 1, y), look(x, y), look(x + 1, y)
    along_y = look(x, y - 1), look(x, y), look(x, y + 1)
    inside = torch.stack([(x > 0) & (x < width - 1), (y > 0) & (y < height - 1)], -1)
    shifts = torch.stack([_gaussian(*along_x), _gaussian(*along_y)], -1)
    return positions + torch.where(inside, shifts, 0)
