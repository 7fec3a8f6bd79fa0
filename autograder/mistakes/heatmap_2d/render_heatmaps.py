"""Wrong answers to `render_heatmaps`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.mistakes.bank import Bank

BANK = Bank()


def _rendered(poses: Tensor, size: tuple[int, int], sigma: float, two: float = 2.0) -> Tensor:
    height, width = size
    x = torch.arange(width).to(poses)
    y = torch.arange(height).to(poses)[:, None]
    squared = (x - poses[..., 0, None, None]) ** 2 + (y - poses[..., 1, None, None]) ** 2
    return torch.exp(-squared / (two * sigma**2))


def _masked(heatmaps: Tensor, visible: Tensor | None) -> Tensor:
    if visible is None:
        return heatmaps
    return heatmaps.masked_fill(~visible.bool()[..., None, None], 0)


@BANK.mistake(
    "A hidden joint's coordinates may be nan, and nan * 0 is nan. Choose between the map and 0 "
    "instead of multiplying.",
    fails="edge_cases",
)
def nan_times_zero(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The mask is multiplied on."""
    heatmaps = _rendered(poses, size, sigma)
    return heatmaps if visible is None else heatmaps * visible[..., None, None]


@BANK.mistake("It matches the target if x and y are swapped: x runs along the columns of a map.")
def xy_swapped(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Joints are read as (y, x)."""
    return _masked(_rendered(poses.flip(-1), size, sigma), visible)


@BANK.mistake(
    "It matches the target if `size` is read as (width, height); it is (height, width).",
    fails="shape",
)
def size_swapped(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The size is read as (width, height)."""
    return _masked(_rendered(poses, (size[1], size[0]), sigma), visible)


@BANK.mistake("`visible` is not used: a hidden joint has to have a map of zeros.")
def visibility_ignored(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Hidden joints get a Gaussian too."""
    return _rendered(poses, size, sigma)


@BANK.mistake("The mask is upside down: the maps of the visible joints are the zero ones.")
def visibility_inverted(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Visible joints are blanked."""
    return _masked(_rendered(poses, size, sigma), None if visible is None else 1 - 1 * visible)


@BANK.mistake("The first sample's `visible` is used for every sample; each sample has its own.")
def first_samples_visibility(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The mask of sample 0 is broadcast."""
    return _masked(_rendered(poses, size, sigma), None if visible is None else visible[:1])


@BANK.mistake(
    "The Gaussians are too narrow: they match exp(-d² / sigma²). At a distance of one sigma the "
    "target is 0.607 of its peak, yours 0.368."
)
def factor_two_missing(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The denominator lacks its 2."""
    return _masked(_rendered(poses, size, sigma, two=1.0), visible)


@BANK.mistake("It matches the target if joints are rounded to whole pixels. Keep the fraction.")
def centre_rounded(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Centres are rounded."""
    return _masked(_rendered(poses.round(), size, sigma), visible)


@BANK.mistake(
    "Each map's highest pixel is forced to 1. The peak of 1 is at the true centre, which may lie "
    "between pixels."
)
def maximum_forced_to_one(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Each map is divided by its maximum."""
    heatmaps = _rendered(poses, size, sigma)
    return _masked(heatmaps / heatmaps.amax((-1, -2), keepdim=True), visible)


@BANK.mistake("All maps are divided by one common maximum; each map stands for itself.")
def common_maximum(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The whole stack is divided by its maximum."""
    heatmaps = _masked(_rendered(poses, size, sigma), visible)
    return heatmaps / heatmaps.max()


@BANK.mistake("The maps of all joints are merged into one; every joint has a map of its own.")
def joints_merged(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The maximum over joints is returned for every joint."""
    heatmaps = _masked(_rendered(poses, size, sigma), visible)
    return heatmaps.amax(1, keepdim=True).expand_as(heatmaps)


@BANK.mistake("It is shifted by half a pixel. Pixel centres are at whole numbers: 0, 1, 2...")
def half_pixel_shift(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Pixel centres are taken to be at 0.5, 1.5..."""
    return _masked(_rendered(poses - 0.5, size, sigma), visible)


@BANK.mistake("The maps sum to 1. A heat map's peak is 1; only probabilities sum to 1.")
def sums_to_one(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Each map is made a distribution."""
    heatmaps = _rendered(poses, size, sigma)
    return _masked(heatmaps / heatmaps.sum((-1, -2), keepdim=True), visible)


@BANK.mistake("The first sample's poses are drawn for every sample; each sample has its own.")
def first_samples_poses(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Sample 0 for all."""
    return _masked(_rendered(poses[:1].expand_as(poses), size, sigma), visible)


@BANK.mistake("The denominator is 2 sigma: sigma has to be squared.")
def sigma_not_squared(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """exp(-d^2 / (2 sigma))."""
    return _masked(_rendered(poses, size, sigma**0.5), visible)


@BANK.mistake("A joint counts as hidden for the whole batch if one sample does not show it.")
def hidden_for_the_whole_batch(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The mask is reduced over the batch."""
    everywhere = None if visible is None else visible.bool().all(0, keepdim=True)
    return _masked(_rendered(poses, size, sigma), everywhere)


@BANK.mistake("A joint counts as visible for the whole batch as soon as one sample shows it.")
def visible_if_any_sample_shows_it(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The mask is joined over the batch."""
    anywhere = None if visible is None else visible.bool().any(0, keepdim=True)
    return _masked(_rendered(poses, size, sigma), anywhere)


@BANK.mistake("It matches the target if joints are cut to whole pixels. Keep the fraction.")
def centre_truncated(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Centres are truncated."""
    return _masked(_rendered(poses.trunc(), size, sigma), visible)


@BANK.mistake("It is shifted by one pixel. The first pixel's coordinate is 0.")
def counts_from_one(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Pixels are numbered from 1."""
    return _masked(_rendered(poses - 1, size, sigma), visible)


@BANK.mistake(
    "It is the density of the normal distribution, whose peak depends on sigma. "
    "A peak of 1 needs no factor in front."
)
def density(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The factor 1 / (2 pi sigma^2) is kept."""
    return _masked(_rendered(poses, size, sigma) / (2 * torch.pi * sigma**2), visible)


@BANK.mistake("A hidden joint's map shows a hill at (0, 0): blank its map, not its coordinates.")
def hidden_at_origin(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The pose is masked instead of the map."""
    if visible is not None:
        poses = poses.masked_fill(~visible.bool()[..., None], 0)
    return _rendered(poses, size, sigma)


@BANK.mistake(
    "A joint outside of the map gets no hill. Its hill may reach into the map all the same.",
    fails="edge_cases",
)
def outside_blanked(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Joints beyond the border are treated as hidden."""
    limits = torch.tensor([size[1] - 1.0, size[0] - 1.0])
    inside = ((poses >= 0) & (poses <= limits.to(poses))).all(-1)
    return _masked(_masked(_rendered(poses, size, sigma), visible), inside)


@BANK.mistake(
    "Joints outside of the map are moved to its border. Leave them where they are.",
    fails="edge_cases",
)
def joints_clamped_to_the_map(
    poses: Tensor, size: tuple[int, int], sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Coordinates are clamped."""
    limits = torch.tensor([size[1] - 1.0, size[0] - 1.0])
    return _masked(_rendered(poses.clamp(min=0).minimum(limits.to(poses)), size, sigma), visible)
