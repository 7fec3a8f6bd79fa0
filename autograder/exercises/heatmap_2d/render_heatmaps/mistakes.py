"""Wrong answers to `render_heatmaps`."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.exercises.bank import Bank

BANK = Bank()
Size = tuple[int, int]


def _offsets(poses: Tensor, size: Size) -> tuple[Tensor, Tensor]:
    height, width = size
    x = torch.arange(width).to(poses)
    y = torch.arange(height).to(poses)[:, None]
    return x - poses[..., 0, None, None], y - poses[..., 1, None, None]


def _squared_distances(poses: Tensor, size: Size) -> Tensor:
    dx, dy = _offsets(poses, size)
    return dx**2 + dy**2


def _rendered(poses: Tensor, size: Size, sigma: float) -> Tensor:
    return torch.exp(-_squared_distances(poses, size) / (2 * sigma**2))


def _masked(heatmaps: Tensor, visible: Tensor | None, fill: float = 0.0) -> Tensor:
    if visible is None:
        return heatmaps
    return heatmaps.masked_fill(~visible.bool()[..., None, None], fill)


def _limits(poses: Tensor, size: Size) -> Tensor:
    return torch.tensor([size[1] - 1.0, size[0] - 1.0]).to(poses)


@BANK.mistake(
    "A product with zero keeps nan, and a hidden joint's coordinates may be nan. Choose between "
    "the map and 0, with `torch.where` or `masked_fill`.",
    fails="edge_cases",
)
def nan_times_zero(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The mask is multiplied on."""
    heatmaps = _rendered(poses, size, sigma)
    return heatmaps if visible is None else heatmaps * visible[..., None, None]


@BANK.mistake("It matches the target if x and y are swapped: x says which column, y which row.")
def xy_swapped(poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None) -> Tensor:
    """Joints are read as (y, x)."""
    return _masked(_rendered(poses.flip(-1), size, sigma), visible)


@BANK.mistake(
    "It matches the target if `size` is read as (width, height). It is (height, width): its "
    "first number is the number of rows.",
    fails="shape",
)
def size_swapped(poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None) -> Tensor:
    """The size is read as (width, height)."""
    return _masked(_rendered(poses, (size[1], size[0]), sigma), visible)


@BANK.mistake("Your maps are transposed: rows are y, columns are x.", fails="shape")
def transposed(poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None) -> Tensor:
    """(batch, joint, width, height)."""
    return _masked(_rendered(poses, size, sigma), visible).transpose(-1, -2)


@BANK.mistake(
    "The maps of a sample are added up and the joints' axis is gone; every joint has a map of "
    "its own.",
    fails="shape",
)
def joints_added(poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None) -> Tensor:
    """The sum over joints."""
    return _masked(_rendered(poses, size, sigma), visible).sum(1)


@BANK.mistake("`visible` is not used: a hidden joint must have a map of zeros.")
def visibility_ignored(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Hidden joints get a Gaussian too."""
    return _rendered(poses, size, sigma)


@BANK.mistake("The mask is inverted: the maps of the visible joints are the zero ones.")
def visibility_inverted(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Visible joints are blanked."""
    return _masked(_rendered(poses, size, sigma), None if visible is None else 1 - 1 * visible)


@BANK.mistake("The first sample's `visible` is used for every sample; each sample has its own.")
def first_samples_visibility(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The mask of sample 0 is broadcast."""
    return _masked(_rendered(poses, size, sigma), None if visible is None else visible[:1])


@BANK.mistake("The first joint's `visible` is used for every joint; each joint has its own.")
def first_joints_visibility(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The mask of joint 0 is broadcast."""
    return _masked(_rendered(poses, size, sigma), None if visible is None else visible[:, :1])


@BANK.mistake("A joint counts as hidden for the whole batch if one sample does not show it.")
def hidden_for_the_whole_batch(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The mask is reduced over the batch."""
    everywhere = None if visible is None else visible.bool().all(0, keepdim=True)
    return _masked(_rendered(poses, size, sigma), everywhere)


@BANK.mistake("A joint counts as visible for the whole batch as soon as one sample shows it.")
def visible_if_any_sample_shows_it(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The mask is joined over the batch."""
    anywhere = None if visible is None else visible.bool().any(0, keepdim=True)
    return _masked(_rendered(poses, size, sigma), anywhere)


@BANK.mistake("All joints of a sample count as visible as soon as one of them is.")
def visible_if_any_joint_is(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The mask is joined over the joints."""
    somehow = None if visible is None else visible.bool().any(1, keepdim=True)
    return _masked(_rendered(poses, size, sigma), somehow)


@BANK.mistake(
    "The hidden joints' maps are left out, and so the axes of samples and joints are lost. Keep "
    "the map and fill it with zeros."
)
def hidden_dropped(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The maps are indexed with the mask."""
    heatmaps = _rendered(poses, size, sigma)
    return heatmaps if visible is None else heatmaps[visible.bool()]


@BANK.mistake("A hidden joint's map is filled with -1; it has to be zero.")
def hidden_filled_with_minus_one(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """-1 instead of 0."""
    return _masked(_rendered(poses, size, sigma), visible, fill=-1.0)


@BANK.mistake("A hidden joint's map shows a hill at (0, 0): blank its map, not its coordinates.")
def hidden_at_origin(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The pose is masked instead of the map."""
    if visible is not None:
        poses = poses.masked_fill(~visible.bool()[..., None], 0)
    return _rendered(poses, size, sigma)


@BANK.mistake(
    "The Gaussians are too narrow: they match exp(-d² / sigma²). At a distance of one sigma the "
    "target is 0.607 of its peak, yours 0.368. Divide by 2 sigma²."
)
def factor_two_missing(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The denominator lacks its 2."""
    return _masked(_rendered(poses, size, sigma / math.sqrt(2)), visible)


@BANK.mistake("The denominator is 2 sigma: sigma has to be squared.")
def sigma_not_squared(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """exp(-d^2 / (2 sigma))."""
    return _masked(_rendered(poses, size, math.sqrt(sigma)), visible)


@BANK.mistake("The 2 is squared together with sigma: the denominator is 2 sigma², not (2 sigma)².")
def two_sigma_squared(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """(2 sigma)^2."""
    return _masked(_rendered(poses, size, sigma * math.sqrt(2)), visible)


@BANK.mistake("`a / 2 * b` multiplies by b. Put the denominator in brackets.")
def bracket_missing(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """-d^2 / 2 * sigma^2."""
    return _masked(torch.exp(-_squared_distances(poses, size) / 2 * sigma**2), visible)


@BANK.mistake("The hills are upside down: the exponent needs a minus sign.")
def sign_missing(poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None) -> Tensor:
    """exp(+d^2 / ...)."""
    return _masked(torch.exp(_squared_distances(poses, size) / (2 * sigma**2)), visible)


@BANK.mistake("It is the exponent, -d² / (2 sigma²), alone: the exponential is missing.")
def exp_missing(poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None) -> Tensor:
    """No exponential."""
    return _masked(-_squared_distances(poses, size) / (2 * sigma**2), visible)


@BANK.mistake("It matches exp(-d / (2 sigma²)): the distance has to be squared.")
def distance_not_squared(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The exponent holds the distance, not its square."""
    return _masked(torch.exp(-_squared_distances(poses, size).sqrt() / (2 * sigma**2)), visible)


@BANK.mistake("The distance is |dx| + |dy|, which draws diamonds. d² is dx² + dy².")
def manhattan_distance(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """(|dx| + |dy|)^2 in the exponent."""
    dx, dy = _offsets(poses, size)
    return _masked(torch.exp(-((dx.abs() + dy.abs()) ** 2) / (2 * sigma**2)), visible)


@BANK.mistake("The distance is the larger of |dx| and |dy|, which draws squares. d² is dx² + dy².")
def larger_coordinate(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """max(dx^2, dy^2) in the exponent."""
    dx, dy = _offsets(poses, size)
    return _masked(torch.exp(-torch.maximum(dx**2, dy**2) / (2 * sigma**2)), visible)


@BANK.mistake("The two profiles along x and y are added, which draws a cross. Multiply them.")
def sum_of_profiles(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """g(x) + g(y)."""
    dx, dy = _offsets(poses, size)
    profiles = torch.exp(-(dx**2) / (2 * sigma**2)) + torch.exp(-(dy**2) / (2 * sigma**2))
    return _masked(profiles, visible)


@BANK.mistake(
    "They are densities of the normal distribution in a plane, whose peak depends on sigma. A "
    "peak of 1 needs no factor in front."
)
def density(poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None) -> Tensor:
    """The factor 1 / (2 pi sigma^2) is kept."""
    return _masked(_rendered(poses, size, sigma) / (2 * math.pi * sigma**2), visible)


@BANK.mistake(
    "They carry the factor 1 / (sigma √(2π)) of the normal distribution on a line. A peak of 1 "
    "needs no factor in front."
)
def density_on_a_line(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The factor 1 / (sigma sqrt(2 pi)) is kept."""
    return _masked(_rendered(poses, size, sigma) / (sigma * math.sqrt(2 * math.pi)), visible)


@BANK.mistake("The maps sum to 1. A heat map's peak is 1; only probabilities sum to 1.")
def sums_to_one(poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None) -> Tensor:
    """Each map is made a distribution."""
    heatmaps = _rendered(poses, size, sigma)
    return _masked(heatmaps / heatmaps.sum((-1, -2), keepdim=True), visible)


@BANK.mistake(
    "Each map's highest pixel is forced to 1. The peak of 1 is at the true centre, which may lie "
    "between pixels."
)
def maximum_forced_to_one(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Each map is divided by its maximum."""
    heatmaps = _rendered(poses, size, sigma)
    return _masked(heatmaps / heatmaps.amax((-1, -2), keepdim=True), visible)


@BANK.mistake("All maps are divided by one common maximum; each map has its own.")
def common_maximum(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The whole stack is divided by its maximum."""
    heatmaps = _masked(_rendered(poses, size, sigma), visible)
    return heatmaps / heatmaps.max()


@BANK.mistake("The peaks are 255, as in an image. A heat map's peak is 1.")
def peak_of_255(poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None) -> Tensor:
    """Scaled to grey values."""
    return _masked(255 * _rendered(poses, size, sigma), visible)


@BANK.mistake(
    "The maps hold whole numbers from 0 to 255. A heat map's peak is 1, and the small values "
    "around it keep their fractions."
)
def grey_values(poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None) -> Tensor:
    """Scaled to grey values and cast to uint8."""
    return _masked(255 * _rendered(poses, size, sigma), visible).to(torch.uint8)


@BANK.mistake(
    "The values are truncated to whole numbers, so nearly all of the maps is 0. Keep their "
    "fractions."
)
def cast_to_integers(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The maps are cast to int."""
    return _masked(_rendered(poses, size, sigma), visible).int()


@BANK.mistake("Only one pixel of a map is 1 and all others are 0; the hill around it is missing.")
def single_pixel(poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None) -> Tensor:
    """One-hot maps."""
    hit = (_squared_distances(poses.round(), size) < 0.5).to(poses.dtype)
    return _masked(hit, visible)


@BANK.mistake(
    "The hills are cut off at three sigmas. The formula has no end: far away the values are "
    "small, not 0."
)
def cut_off_at_three_sigmas(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Zero outside of a disc."""
    far = _squared_distances(poses, size) > (3 * sigma) ** 2
    return _masked(_rendered(poses, size, sigma).masked_fill(far, 0), visible)


@BANK.mistake("It matches the target if joints are rounded to whole pixels. Keep the fraction.")
def centre_rounded(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Centres are rounded."""
    return _masked(_rendered(poses.round(), size, sigma), visible)


@BANK.mistake("It matches the target if joints are truncated to whole pixels. Keep the fraction.")
def centre_truncated(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Centres are truncated."""
    return _masked(_rendered(poses.trunc(), size, sigma), visible)


@BANK.mistake(
    "The hills are half a pixel too far to the left and up. Pixel centres are at whole numbers: "
    "0, 1, 2..."
)
def half_pixel_shift(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Pixel centres are taken to be at 0.5, 1.5..."""
    return _masked(_rendered(poses - 0.5, size, sigma), visible)


@BANK.mistake(
    "The hills are half a pixel too far to the right and down. The joints' coordinates already "
    "count from the first pixel's centre: add nothing to them."
)
def half_pixel_added(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Half a pixel is added to the joints."""
    return _masked(_rendered(poses + 0.5, size, sigma), visible)


@BANK.mistake("It is shifted by one pixel. The first pixel's coordinate is 0.")
def counts_from_one(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Pixels are numbered from 1."""
    return _masked(_rendered(poses - 1, size, sigma), visible)


@BANK.mistake(
    "The pixel coordinates run from 0 to W instead of W - 1: the last pixel's centre is W - 1."
)
def stretched_grid(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """linspace(0, W, W)."""
    x = torch.linspace(0, size[1], size[1]).to(poses) - poses[..., 0, None, None]
    y = torch.linspace(0, size[0], size[0]).to(poses)[:, None] - poses[..., 1, None, None]
    return _masked(torch.exp(-(x**2 + y**2) / (2 * sigma**2)), visible)


@BANK.mistake(
    "The pixel coordinates run from 0 to 1, but the joints and sigma are in pixels. Number the "
    "pixels 0, 1, 2..."
)
def grid_from_0_to_1(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """linspace(0, 1, W)."""
    x = torch.linspace(0, 1, size[1]).to(poses) - poses[..., 0, None, None]
    y = torch.linspace(0, 1, size[0]).to(poses)[:, None] - poses[..., 1, None, None]
    return _masked(torch.exp(-(x**2 + y**2) / (2 * sigma**2)), visible)


@BANK.mistake(
    "Pixels and joints are scaled to 0..1, but sigma is still in pixels, so the hills are flat. "
    "Measure all three in pixels."
)
def sigma_on_another_scale(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Everything but sigma is normalised."""
    dx, dy = _offsets(poses, size)
    squared = (dx / (size[1] - 1)) ** 2 + (dy / (size[0] - 1)) ** 2
    return _masked(torch.exp(-squared / (2 * sigma**2)), visible)


@BANK.mistake(
    "The hills are ellipses: x and y are scaled to 0..1, where a pixel is not as wide as it is "
    "high. Measure the distance in pixels."
)
def one_scale_for_both(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Both normalised by their own size, sigma by the width."""
    dx, dy = _offsets(poses, size)
    squared = (dx / (size[1] - 1)) ** 2 + (dy / (size[0] - 1)) ** 2
    return _masked(torch.exp(-squared / (2 * (sigma / (size[1] - 1)) ** 2)), visible)


@BANK.mistake("The maps of all joints are merged into one; every joint has a map of its own.")
def joints_merged(poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None) -> Tensor:
    """The maximum over joints is returned for every joint."""
    heatmaps = _masked(_rendered(poses, size, sigma), visible)
    return heatmaps.amax(1, keepdim=True).expand_as(heatmaps)


@BANK.mistake("The first sample's poses are drawn for every sample; each sample has its own.")
def first_samples_poses(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Sample 0 for all."""
    return _masked(_rendered(poses[:1].expand_as(poses), size, sigma), visible)


@BANK.mistake(
    "A joint outside the map gets no hill. Its hill may reach into the map all the same.",
    fails="edge_cases",
)
def outside_blanked(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Joints beyond the border are treated as hidden."""
    inside = ((poses >= 0) & (poses <= _limits(poses, size))).all(-1)
    return _masked(_masked(_rendered(poses, size, sigma), visible), inside)


@BANK.mistake(
    "Joints outside the map are moved to its border. Leave them where they are.",
    fails="edge_cases",
)
def joints_clamped_to_the_map(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Coordinates are clamped."""
    clamped = poses.clamp(min=0).minimum(_limits(poses, size))
    return _masked(_rendered(clamped, size, sigma), visible)


@BANK.mistake(
    "They are right to only about seven digits: part of them is computed in float32, though the "
    "poses are float64.",
    fails="dtype_device",
)
def computed_in_float32(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """float32 inside, cast back at the end."""
    return _masked(_rendered(poses.float(), size, sigma), visible).to(poses.dtype)
