"""Right answers, each written in another way. All of them have to score full marks, always."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from autograder.judging.right_answers import Rewrites

Size = tuple[int, int]
RIGHT = Rewrites()
right = RIGHT.of


# --- gaussian_heatmap --------------------------------------------------------------------------


@right("gaussian_heatmap")
def outer_product(joint: Tensor, size: Size, sigma: float) -> Tensor:
    def bell(length: int, centre: Tensor) -> Tensor:
        steps = torch.arange(length).to(joint)
        return torch.exp(-0.5 * ((steps - centre) / sigma) ** 2)

    return torch.outer(bell(size[0], joint[1]), bell(size[1], joint[0]))


@right("gaussian_heatmap")
def meshgrid(joint: Tensor, size: Size, sigma: float) -> Tensor:
    y, x = torch.meshgrid(
        torch.arange(size[0], device=joint.device, dtype=joint.dtype),
        torch.arange(size[1], device=joint.device, dtype=joint.dtype),
        indexing="ij",
    )
    return (-((x - joint[0]).pow(2) + (y - joint[1]).pow(2)) / (2 * sigma * sigma)).exp()


@right("gaussian_heatmap")
def distances_by_cdist(joint: Tensor, size: Size, sigma: float) -> Tensor:
    y, x = torch.meshgrid(*(torch.arange(n).to(joint) for n in size), indexing="ij")
    pixels = torch.stack([x, y], -1).reshape(-1, 2)
    distance = torch.cdist(pixels, joint[None], compute_mode="donot_use_mm_for_euclid_dist")
    return torch.exp(-distance.square() / (2 * sigma**2)).reshape(size)


@right("gaussian_heatmap")
def linspace_and_norm(joint: Tensor, size: Size, sigma: float) -> Tensor:
    height, width = size
    kind = {"dtype": joint.dtype, "device": joint.device}
    x = torch.linspace(0, width - 1, width, **kind).expand(height, width)
    y = torch.linspace(0, height - 1, height, **kind)[:, None].expand(height, width)
    return torch.exp(-((torch.stack((x, y), -1) - joint).norm(dim=-1) ** 2) / (2 * sigma**2))


@right("gaussian_heatmap")
def normal_density_rescaled(joint: Tensor, size: Size, sigma: float) -> Tensor:
    scale = torch.full_like(joint, sigma)
    normal = torch.distributions.Normal(joint, scale, validate_args=False)
    y, x = torch.meshgrid(*(torch.arange(n).to(joint) for n in size), indexing="ij")
    pixels = torch.stack([x, y], -1)
    return (normal.log_prob(pixels) - normal.log_prob(joint)).sum(-1).exp()


@right("gaussian_heatmap")
def flat_pixels(joint: Tensor, size: Size, sigma: float) -> Tensor:
    index = torch.arange(size[0] * size[1], device=joint.device)
    x, y = index % size[1], index // size[1]
    squared = (x - joint[0]) ** 2 + (y - joint[1]) ** 2
    return torch.exp(squared / (-2 * sigma**2)).view(size)


@right("gaussian_heatmap")
def complex_plane(joint: Tensor, size: Size, sigma: float) -> Tensor:
    x, y = torch.arange(size[1]).to(joint), torch.arange(size[0]).to(joint)
    dx, dy = torch.broadcast_tensors(x[None] - joint[0], y[:, None] - joint[1])
    return torch.exp(-0.5 * (torch.complex(dx, dy).abs() / sigma) ** 2)


@right("gaussian_heatmap")
def exponents_by_matmul(joint: Tensor, size: Size, sigma: float) -> Tensor:
    down = -(((torch.arange(size[0]).to(joint) - joint[1]) / sigma) ** 2) / 2
    across = -(((torch.arange(size[1]).to(joint) - joint[0]) / sigma) ** 2) / 2
    left = torch.stack([down, torch.ones_like(down)], 1)
    return (left @ torch.stack([torch.ones_like(across), across])).exp()


@right("gaussian_heatmap")
def power_of_two(joint: Tensor, size: Size, sigma: float) -> Tensor:
    where = torch.ones(size, dtype=joint.dtype, device=joint.device).cumsum(0) - 1 - joint[1]
    across = torch.ones(size, dtype=joint.dtype, device=joint.device).cumsum(1) - 1 - joint[0]
    squared = torch.addcmul(where * where, across, across)
    return torch.special.exp2(squared / (-2 * math.log(2) * sigma**2))


# --- render_heatmaps ---------------------------------------------------------------------------


def _blank(maps: Tensor, visible: Tensor | None) -> Tensor:
    return maps if visible is None else maps.masked_fill(visible[:, :, None, None] == 0, 0)


@right("render_heatmaps")
def separable_einsum(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    x = torch.exp(-((torch.arange(size[1]).to(poses) - poses[..., :1]) ** 2) / (2 * sigma**2))
    y = torch.exp(-((torch.arange(size[0]).to(poses) - poses[..., 1:]) ** 2) / (2 * sigma**2))
    return _blank(torch.einsum("bjh,bjw->bjhw", y, x), visible)


@right("render_heatmaps")
def where_instead_of_mask(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    columns = torch.arange(size[1], dtype=poses.dtype, device=poses.device).view(1, 1, 1, -1)
    rows = torch.arange(size[0], dtype=poses.dtype, device=poses.device).view(1, 1, -1, 1)
    x, y = poses.unbind(-1)
    maps = torch.exp(
        -((columns - x[..., None, None]) ** 2 + (rows - y[..., None, None]) ** 2) / (2 * sigma**2)
    )
    if visible is not None:
        maps = torch.where(visible.bool()[..., None, None], maps, torch.zeros_like(maps))
    return maps


@right("render_heatmaps")
def vmapped(poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None) -> Tensor:
    def one(joint: Tensor) -> Tensor:
        return meshgrid(joint, size, sigma)

    return _blank(torch.vmap(torch.vmap(one))(poses), visible)


@right("render_heatmaps")
def points_far_away(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    if visible is not None:
        poses = torch.where(visible.bool()[..., None], poses, torch.full_like(poses, 1e9))
    y, x = torch.meshgrid(*(torch.arange(n).to(poses) for n in size), indexing="ij")
    grid = torch.stack([x, y], -1)
    return torch.exp(-(poses[:, :, None, None] - grid).square().sum(-1) / (2 * sigma**2))


@right("render_heatmaps")
def filled_where_visible(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    seen = torch.ones_like(poses[..., 0], dtype=torch.bool) if visible is None else visible > 0
    maps = torch.zeros(*poses.shape[:2], *size, dtype=poses.dtype, device=poses.device)
    x, y = poses[seen][:, 0, None, None], poses[seen][:, 1, None, None]
    columns = torch.arange(size[1]).to(poses)
    rows = torch.arange(size[0]).to(poses)[:, None]
    maps[seen] = torch.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
    return maps


@right("render_heatmaps")
class Renderer:
    """A class may stand for a function: calling it returns the maps."""

    def __new__(  # type: ignore[misc]
        cls, poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
    ) -> Tensor:
        return where_instead_of_mask(poses, size, sigma, visible)


@right("render_heatmaps")
def minus_infinity(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    height, width = size
    x = torch.arange(width).to(poses).repeat(height, 1)
    y = torch.arange(height).to(poses).repeat(width, 1).T
    across, down = x - poses[:, :, None, None, 0], y - poses[:, :, None, None, 1]
    exponents = -(across.square() + down.square()) / (2 * sigma**2)
    if visible is not None:
        exponents = exponents.masked_fill(torch.logical_not(visible)[:, :, None, None], -math.inf)
    return exponents.exp()


@right("render_heatmaps")
def matmul_of_profiles(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    def profile(length: int, centre: Tensor) -> Tensor:
        steps = torch.arange(length, dtype=poses.dtype, device=poses.device)
        return torch.exp(-(((steps - centre.unsqueeze(-1)) / sigma) ** 2) / 2)

    maps = (
        profile(size[0], poses[..., 1])[..., None] @ profile(size[1], poses[..., 0])[..., None, :]
    )
    return _blank(maps, visible)


@right("render_heatmaps")
def put_where_visible(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    maps = separable_einsum(poses, size, sigma)
    if visible is None:
        return maps
    sample, joint = visible.nonzero(as_tuple=True)
    return torch.zeros_like(maps).index_put((sample, joint), maps[sample, joint])


@right("render_heatmaps")
def rendered_in_float64(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    return minus_infinity(poses.double(), size, sigma, visible).to(poses.dtype)


# --- heatmap_argmax ----------------------------------------------------------------------------


@right("heatmap_argmax")
def unravelled(heatmaps: Tensor) -> Tensor:
    row, column = torch.unravel_index(heatmaps.flatten(2).argmax(-1), heatmaps.shape[2:])
    return torch.stack([column, row], -1).to(heatmaps.dtype)


@right("heatmap_argmax")
def divmod_of_max(heatmaps: Tensor) -> Tensor:
    batch, joints, height, width = heatmaps.shape
    index = heatmaps.reshape(batch, joints, height * width).max(dim=2).indices
    y = torch.div(index, width, rounding_mode="floor")
    return torch.stack([index - y * width, y], dim=2).float().to(heatmaps.dtype)


@right("heatmap_argmax")
def column_then_row(heatmaps: Tensor) -> Tensor:
    best_in_row, column = heatmaps.max(-1)
    row = best_in_row.argmax(-1, keepdim=True)
    return torch.cat([column.gather(-1, row), row], -1).type_as(heatmaps)


@right("heatmap_argmax")
def highest_of_one(heatmaps: Tensor) -> Tensor:
    index = heatmaps.view(*heatmaps.shape[:2], -1) if heatmaps.is_contiguous() else None
    flat = (heatmaps.flatten(2) if index is None else index).topk(1).indices[..., 0]
    return torch.stack((flat % heatmaps.shape[3], flat // heatmaps.shape[3]), 2).to(heatmaps)


@right("heatmap_argmax")
def one_hot_and_grid(heatmaps: Tensor) -> Tensor:
    height, width = heatmaps.shape[-2:]
    chosen = functional.one_hot(heatmaps.flatten(2).argmax(-1), height * width)
    chosen = chosen.view(*heatmaps.shape[:2], height, width).to(heatmaps.dtype)
    x = (chosen.sum(2) * torch.arange(width).to(heatmaps)).sum(-1)
    y = (chosen.sum(3) * torch.arange(height).to(heatmaps)).sum(-1)
    return torch.stack([x, y], -1)


@right("heatmap_argmax")
def by_numpy(heatmaps: Tensor) -> Tensor:
    maps = heatmaps.detach().cpu().numpy()
    index = maps.reshape(*maps.shape[:2], -1).argmax(-1)
    y, x = np.unravel_index(index, maps.shape[2:])
    return torch.from_numpy(np.stack([x, y], -1)).to(heatmaps)


@right("heatmap_argmax")
def pooled(heatmaps: Tensor) -> Tensor:
    width = heatmaps.shape[-1]
    _, index = functional.adaptive_max_pool2d(heatmaps.double(), 1, return_indices=True)
    return torch.cat([index % width, index // width], -1)[:, :, 0].to(heatmaps.dtype)


@right("heatmap_argmax")
def last_of_the_sorted(heatmaps: Tensor) -> Tensor:
    height, width = heatmaps.shape[-2:]
    index = heatmaps.flatten(2).sort(-1).indices[..., -1]
    columns = torch.arange(width, device=heatmaps.device).repeat(height)
    rows = torch.arange(height, device=heatmaps.device).repeat_interleave(width)
    return torch.stack([columns[index], rows[index]], -1).to(heatmaps.dtype)


@right("heatmap_argmax")
def last_of_ties(heatmaps: Tensor) -> Tensor:
    width = heatmaps.shape[-1]
    backwards = heatmaps.flatten(2).flip(-1)
    index = backwards.shape[-1] - 1 - backwards.argmax(-1)
    return torch.stack([index.remainder(width), index.floor_divide(width)], -1).to(heatmaps.dtype)


# --- heatmap_loss ------------------------------------------------------------------------------


@right("heatmap_loss")
def boolean_index(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    seen = visible.bool()
    if not seen.any():
        return (predicted * 0).sum()
    return functional.mse_loss(predicted[seen], target[seen])


@right("heatmap_loss")
def weighted_sum(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    weight = visible.to(predicted.dtype)
    per_map = (predicted - target).pow(2).flatten(2).mean(-1)
    return (per_map * weight).sum() / torch.clamp(weight.sum(), min=1.0)


@right("heatmap_loss")
def einsum_of_squares(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    difference = predicted - target
    weight = visible.to(difference)
    total = torch.einsum("bjhw,bjhw,bj->", difference, difference, weight)
    pixels = predicted.shape[2] * predicted.shape[3]
    return total / (pixels * weight.sum().clamp_min(1))


@right("heatmap_loss")
def divided_where_possible(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    count = visible.sum()
    errors = functional.mse_loss(predicted, target, reduction="none").mean((2, 3))
    total = torch.where(visible > 0, errors, torch.zeros_like(errors)).sum()
    return total / count if count > 0 else total


@right("heatmap_loss")
def through_norms(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    squared = torch.linalg.matrix_norm(predicted - target, "fro").square()
    mean = squared / math.prod(predicted.shape[-2:])
    return (mean * visible).sum() / max(int(visible.sum()), 1)


@right("heatmap_loss")
def chosen_before_squaring(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    shown = visible.bool()[..., None, None].expand_as(predicted)
    difference = torch.where(shown, predicted - target, 0.0)
    return difference.square().sum() / shown.sum().clamp(min=1)


@right("heatmap_loss")
def masked_select(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    seen = visible.bool()
    errors = functional.mse_loss(predicted, target, reduction="none").flatten(2).mean(2)
    return errors.masked_select(seen).sum() / max(len(seen.nonzero()), 1)


@right("heatmap_loss")
def dot_of_flat_maps(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    rows = (predicted - target).flatten(0, 1).flatten(1)
    errors = torch.bmm(rows[:, None], rows[..., None]).flatten() / rows.shape[1]
    weight = visible.flatten().to(errors.dtype)
    return torch.dot(errors, weight) / torch.maximum(weight.sum(), torch.ones_like(weight[0]))


@right("heatmap_loss")
class Loss(nn.Module):
    """A module behind a class, in float64 and back."""

    def __new__(cls, predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:  # type: ignore[misc]
        loss = weighted_sum(predicted.double(), target.double(), visible)
        return loss.to(predicted.dtype)


# --- soft_argmax_2d ----------------------------------------------------------------------------


@right("soft_argmax_2d")
def by_einsum(logits: Tensor, beta: float = 1.0) -> Tensor:
    height, width = logits.shape[-2:]
    p = functional.softmax(beta * logits.flatten(2), dim=2).unflatten(2, (height, width))
    x = torch.einsum("bjhw,w->bj", p, torch.arange(width).to(p))
    y = torch.einsum("bjhw,h->bj", p, torch.arange(height).to(p))
    return torch.stack([x, y], dim=2)


@right("soft_argmax_2d")
def by_matmul(logits: Tensor, beta: float = 1.0) -> Tensor:
    y, x = torch.meshgrid(*(torch.arange(n).to(logits) for n in logits.shape[2:]), indexing="ij")
    grid = torch.stack([x.flatten(), y.flatten()], dim=1)
    return (logits.flatten(2) * beta).softmax(dim=-1) @ grid


@right("soft_argmax_2d")
def by_logsumexp_marginals(logits: Tensor, beta: float = 1.0) -> Tensor:
    scaled = beta * logits
    x = scaled.logsumexp(dim=2).softmax(-1)
    y = scaled.logsumexp(dim=3).softmax(-1)
    return torch.stack(
        [
            (x * torch.arange(x.shape[-1]).to(x)).sum(-1),
            (y * torch.arange(y.shape[-1]).to(y)).sum(-1),
        ],
        -1,
    )


@right("soft_argmax_2d")
def maximum_subtracted(logits: Tensor, beta: float = 1.0) -> Tensor:
    scaled = beta * logits
    weight = torch.exp(scaled - scaled.amax(dim=(-2, -1), keepdim=True))
    p = weight / weight.sum(dim=(-2, -1), keepdim=True)
    columns = torch.arange(p.shape[-1], dtype=p.dtype, device=p.device)
    rows = torch.arange(p.shape[-2], dtype=p.dtype, device=p.device)
    return torch.stack([(p * columns).sum((-1, -2)), (p * rows[:, None]).sum((-1, -2))], -1)


@right("soft_argmax_2d")
def computed_in_float64(logits: Tensor, beta: float = 1.0) -> Tensor:
    return by_matmul(logits.double(), beta).to(logits.dtype)


@right("soft_argmax_2d")
class SoftArgmax:
    """A module behind a class."""

    class _Module(nn.Module):
        def forward(self, logits: Tensor, beta: float) -> Tensor:
            return by_einsum(logits, beta)

    def __new__(cls, logits: Tensor, beta: float = 1.0) -> Tensor:  # type: ignore[misc]
        result: Tensor = cls._Module()(logits, beta)
        return result


@right("soft_argmax_2d")
def vmapped_maps(logits: Tensor, beta: float = 1.0) -> Tensor:
    height, width = logits.shape[-2:]

    def one(heatmap: Tensor) -> Tensor:
        p = (beta * heatmap).flatten().softmax(0).reshape(height, width)
        x, y = torch.arange(width).to(p), torch.arange(height).to(p)
        return torch.stack([p.sum(0) @ x, p.sum(1) @ y])

    return torch.vmap(torch.vmap(one))(logits)


@right("soft_argmax_2d")
def by_tensordot(logits: Tensor, beta: float = 1.0) -> Tensor:
    height, width = logits.shape[-2:]
    rows = torch.arange(height).to(logits)[:, None].expand(height, width)
    columns = torch.arange(width).to(logits).expand(height, width)
    scaled = logits.mul(beta)
    p = (scaled - torch.logsumexp(scaled, dim=(2, 3), keepdim=True)).exp()
    # Divided once more: with huge logits the logarithm of the sum rounds.
    p = p / p.sum((2, 3), keepdim=True)
    return torch.tensordot(p, torch.stack([columns, rows]), dims=([2, 3], [1, 2]))


@right("soft_argmax_2d")
def steps_counted(logits: Tensor, beta: float = 1.0) -> Tensor:
    # The mean of a whole number is the sum of the probabilities of exceeding 0, 1, 2...
    p = torch.softmax((beta * logits).flatten(2), -1).view_as(logits.contiguous())
    beyond_column = p.sum(2).flip(-1).cumsum(-1)[..., :-1].sum(-1)
    beyond_row = p.sum(3).flip(-1).cumsum(-1)[..., :-1].sum(-1)
    return torch.stack((beyond_column, beyond_row), -1)


# --- joint_error -------------------------------------------------------------------------------


@right("joint_error")
def vector_norm(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    distance = torch.linalg.vector_norm(predicted - target, dim=-1)
    if visible is None:
        return distance.mean()
    weight = visible.to(distance)
    return (distance * weight).sum() / weight.sum().clamp(min=1)


@right("joint_error")
def pairwise(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    distance = functional.pairwise_distance(
        predicted.reshape(-1, 2), target.reshape(-1, 2), eps=0.0
    )
    if visible is not None:
        distance = distance[visible.reshape(-1).bool()]
    return distance.mean() if len(distance) else predicted.new_zeros(())


@right("joint_error")
def hypot(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    dx, dy = (predicted - target).unbind(-1)
    distance = torch.hypot(dx, dy)
    if visible is None:
        visible = torch.ones_like(distance)
    return torch.where(visible > 0, distance, 0).sum() / visible.sum().clamp(min=1)


@right("joint_error")
def root_of_einsum(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    difference = target - predicted
    distance = torch.einsum("bjc,bjc->bj", difference, difference).sqrt()
    mask = torch.ones_like(distance) if visible is None else visible.type_as(distance)
    return torch.nan_to_num((distance * mask).sum() / mask.sum(), nan=0.0)


@right("joint_error")
def complex_modulus(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    distance = torch.view_as_complex((predicted - target).contiguous()).abs()
    if visible is None:
        return distance.mean()
    seen = visible.bool()
    return distance[seen].sum() / max(int(seen.sum()), 1)


@right("joint_error")
def mean_of_numbers(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    distance = (predicted - target).square().sum(-1).sqrt()
    if visible is not None:
        distance = distance.masked_fill(visible == 0, torch.nan)
    return distance.nanmean().nan_to_num(0.0)


@right("joint_error")
def cdist_of_single_points(
    predicted: Tensor, target: Tensor, visible: Tensor | None = None
) -> Tensor:
    distance = torch.cdist(
        predicted[:, :, None], target[:, :, None], compute_mode="donot_use_mm_for_euclid_dist"
    )[..., 0, 0]
    weight = torch.ones_like(distance) if visible is None else visible.to(distance.dtype)
    return torch.tensordot(distance, weight) / weight.sum().clip(1)


@right("joint_error")
class Error:
    """A class, in float64 and back."""

    def __new__(  # type: ignore[misc]
        cls, predicted: Tensor, target: Tensor, visible: Tensor | None = None
    ) -> Tensor:
        return vector_norm(predicted.double(), target.double(), visible).to(predicted.dtype)


@right("joint_error")
def roots_of_powers(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    squared = functional.mse_loss(predicted, target, reduction="none").sum(-1)
    seen = squared.new_ones(squared.shape).bool() if visible is None else visible.bool()
    chosen = squared[seen] ** 0.5
    return chosen.sum() / max(chosen.numel(), 1)
