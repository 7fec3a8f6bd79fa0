"""Wrong answers to heatmap_2d for the gallery: known mistakes, and code that students write.

A string is an entry of the exercise's bank. The functions are here for what a bank cannot hold:
loops, unwritten code, errors, results of another kind, mistakes that nobody has named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Size = tuple[int, int]


def not_written_yet(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """The cell as it was handed out."""
    # TODO
    raise NotImplementedError


def loop_over_pixels(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """Right, one pixel at a time."""
    heatmap = torch.zeros(size, dtype=joint.dtype, device=joint.device)
    for row in range(size[0]):
        for column in range(size[1]):
            squared = (column - joint[0]) ** 2 + (row - joint[1]) ** 2
            heatmap[row, column] = torch.exp(-squared / (2 * sigma**2))
    return heatmap


def always_float32(joint: Tensor, size: Size, sigma: float) -> Tensor:
    """Right, but in float32 whatever the joint is in."""
    x = torch.arange(size[1], dtype=torch.float32)
    y = torch.arange(size[0], dtype=torch.float32)[:, None]
    return torch.exp(-((x - joint[0]) ** 2 + (y - joint[1]) ** 2) / (2 * sigma**2))


def one_map_after_another(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Right, with a comprehension over samples and joints."""
    y, x = torch.meshgrid(*(torch.arange(n).to(poses) for n in size), indexing="ij")

    def gaussian(joint: Tensor) -> Tensor:
        return torch.exp(-((x - joint[0]) ** 2 + (y - joint[1]) ** 2) / (2 * sigma**2))

    maps = torch.stack([torch.stack([gaussian(joint) for joint in pose]) for pose in poses])
    return maps if visible is None else maps.masked_fill(visible[:, :, None, None] == 0, 0)


def axes_forgotten(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """The poses lack the two axes of a map."""
    x = torch.arange(size[1]).to(poses)
    y = torch.arange(size[0]).to(poses)[:, None]
    squared = (x - poses[..., 0]) ** 2 + (y - poses[..., 1]) ** 2
    return torch.exp(-squared / (2 * sigma**2))


def moves_hidden_joints_away(
    poses: Tensor, size: Size, sigma: float, visible: Tensor | None = None
) -> Tensor:
    """Right, but hidden joints are overwritten in the caller's poses."""
    if visible is not None:
        poses[visible == 0] = 1e6
    x = torch.arange(size[1]).to(poses)
    y = torch.arange(size[0]).to(poses)[:, None]
    squared = (x - poses[..., 0, None, None]) ** 2 + (y - poses[..., 1, None, None]) ** 2
    return torch.exp(-squared / (2 * sigma**2))


def loop_over_maps(heatmaps: Tensor) -> Tensor:
    """Right, one map at a time."""
    peaks = torch.zeros(*heatmaps.shape[:2], 2)
    for sample, maps in enumerate(heatmaps):
        for joint, heatmap in enumerate(maps):
            index = int(heatmap.argmax())
            width = heatmap.shape[1]
            peaks[sample, joint] = torch.tensor([index % width, index // width])
    return peaks


def list_of_points(heatmaps: Tensor) -> list[list[list[int]]]:
    """The right numbers as a list."""
    index = heatmaps.flatten(2).argmax(-1)
    width = heatmaps.shape[-1]
    return torch.stack([index % width, index // width], -1).tolist()


def loop_over_joints(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Right, one joint at a time."""
    total, count = predicted.sum() * 0, 0
    for sample in range(predicted.shape[0]):
        for joint in range(predicted.shape[1]):
            if visible[sample, joint]:
                total = total + ((predicted - target)[sample, joint] ** 2).mean()
                count += 1
    return total / max(count, 1)


def number_made_a_tensor(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Right, but the loss leaves torch on the way."""
    errors = ((predicted - target) ** 2).mean((-1, -2))
    loss = (errors * visible).sum().item() / max(visible.sum().item(), 1)
    return torch.tensor(loss, dtype=predicted.dtype)


def divided_by_the_batch(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    """Divided by the number of samples: a mistake that has no name yet."""
    errors = ((predicted - target) ** 2).mean((-1, -2))
    return (errors * visible).sum() / len(predicted)


def mapped_over_samples(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Right, with `map` over the samples."""
    x = torch.arange(logits.shape[3]).to(logits)
    y = torch.arange(logits.shape[2]).to(logits)

    def points(maps: Tensor) -> Tensor:
        p = (beta * maps).flatten(1).softmax(-1).reshape(maps.shape)
        return torch.stack([p.sum(1) @ x, p.sum(2) @ y], -1)

    return torch.stack(list(map(points, logits)))


def grid_on_the_cpu(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Right on a CPU; the coordinates stay there."""
    p = (beta * logits).flatten(2).softmax(-1).reshape(logits.shape)
    x = torch.arange(logits.shape[3], dtype=logits.dtype)
    y = torch.arange(logits.shape[2], dtype=logits.dtype)
    return torch.stack([(p.sum(2) * x).sum(-1), (p.sum(3) * y).sum(-1)], -1)


def not_averaged(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """The distances themselves."""
    return (predicted - target).norm(dim=-1)


def mask_as_index(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Indexes with the mask, which works for booleans alone, and forgets the empty mask."""
    distances = (predicted - target).norm(dim=-1)
    return distances.mean() if visible is None else distances[visible].mean()


def distances_collected(predicted: Tensor, target: Tensor, visible: Tensor | None = None) -> Tensor:
    """Right, with a list that grows joint by joint."""
    distances = []
    for sample in range(len(predicted)):
        for joint in range(len(predicted[sample])):
            if visible is None or visible[sample, joint]:
                distances.append((predicted[sample, joint] - target[sample, joint]).norm())
    return torch.stack(distances).mean() if distances else predicted.sum() * 0


SHOWN: dict[str, tuple[str | Callable[..., Any], ...]] = {
    "joint_error": (
        "rmse_instead_of_mean",
        "mean_of_sample_means",
        not_averaged,
        mask_as_index,
        distances_collected,
    ),
    "gaussian_heatmap": (
        not_written_yet,
        "size_swapped",
        "factor_two_missing",
        always_float32,
        loop_over_pixels,
    ),
    "render_heatmaps": (
        "first_samples_visibility",
        "nan_times_zero",
        axes_forgotten,
        moves_hidden_joints_away,
        one_map_after_another,
    ),
    "heatmap_argmax": (
        "row_column_returned",
        "divided_by_height",
        "independent_maxima",
        list_of_points,
        loop_over_maps,
    ),
    "heatmap_loss": (
        "divided_by_all_joints",
        "nan_without_visible",
        divided_by_the_batch,
        number_made_a_tensor,
        loop_over_joints,
    ),
    "soft_argmax_2d": (
        "softmax_over_width",
        "hard_argmax",
        "exp_overflows",
        grid_on_the_cpu,
        mapped_over_samples,
    ),
}
"""Five for each exercise, in the order in which they are read."""
