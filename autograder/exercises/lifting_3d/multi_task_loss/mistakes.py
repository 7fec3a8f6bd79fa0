"""Wrong answers to `multi_task_loss`.

Their arguments are called p and q (poses and their target), h and g (heat maps and theirs).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from autograder.exercises.bank import Bank, Function


def _mse(predicted: Tensor, target: Tensor) -> Tensor:
    return (predicted - target).square().mean()


def _right(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    return _mse(p, q) + weight * _mse(h, g)


BANK = Bank(_right)


# Mistakes that can be made on top of any other one.


@BANK.on_top("It is half of the loss: the two parts are added, not averaged.")
def halved(answer: Function) -> Function:
    """The mean of both parts."""
    return lambda *args: answer(*args) / 2


@BANK.on_top("A root is taken at the end; the loss is a sum of squares without one.")
def root_of_the_sum(answer: Function) -> Function:
    """sqrt(L)."""
    return lambda *args: answer(*args).sqrt()


@BANK.on_top("Only the first sample counts: average over all of them.")
def first_sample_only(answer: Function) -> Function:
    """Sample 0."""
    return lambda a, b, c, d, *weight: answer(a[:1], b[:1], c[:1], d[:1], *weight)


@BANK.on_top("Only the first joint counts: average over all of them.")
def first_joint_only(answer: Function) -> Function:
    """Joint 0."""
    return lambda a, b, c, d, *weight: answer(a[:, :1], b[:, :1], c[:, :1], d[:, :1], *weight)


# What the weight does.


@BANK.mistake("`weight` has no effect: multiply the heat maps' part by it.")
def weight_ignored(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """L3d + L2d."""
    return _mse(p, q) + _mse(h, g)


@BANK.mistake("`weight` is in front of the 3D part; it belongs in front of the heat maps' part.")
def weight_on_the_poses(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """weight L3d + L2d."""
    return weight * _mse(p, q) + _mse(h, g)


@BANK.mistake(
    "`weight` is in front of both parts; it belongs in front of the heat maps' part alone."
)
def weight_on_both(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """weight (L3d + L2d)."""
    return weight * (_mse(p, q) + _mse(h, g))


@BANK.mistake("The 3D part is multiplied by 1 - weight. Here it counts fully: L3d + weight * L2d.")
def weighted_mean(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """(1 - weight) L3d + weight L2d."""
    return (1 - weight) * _mse(p, q) + weight * _mse(h, g)


@BANK.mistake("The weight is squared: it multiplies the part, not the differences in it.")
def weight_inside_the_square(
    p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01
) -> Tensor:
    """L3d + mean((weight d)^2)."""
    return _mse(p, q) + weight**2 * _mse(h, g)


@BANK.mistake("The heat maps' part is left out.")
def poses_only(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """L3d."""
    return _mse(p, q)


@BANK.mistake("The 3D part is left out.")
def heatmaps_only(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """weight L2d."""
    return weight * _mse(h, g)


# What is summed or averaged.


@BANK.mistake(
    "The 3D part is the mean squared *distance*, three times the mean over all coordinates. Divide "
    "by the number of coordinates."
)
def squared_distances(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """Sum over x, y and z."""
    return 3 * _mse(p, q) + weight * _mse(h, g)


@BANK.mistake(
    "The 3D part is the mean distance, MPJPE; it should be the mean of the squared differences."
)
def mpjpe_as_the_3d_part(
    p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01
) -> Tensor:
    """Euclidean distances."""
    distance = torch.linalg.vector_norm(p - q, dim=-1).mean()
    return distance + weight * _mse(h, g)


@BANK.mistake("The 3D part is summed over all coordinates; take the mean.")
def poses_summed(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """Sum of L3d."""
    whole = (p - q).square().sum()
    return whole + weight * _mse(h, g)


@BANK.mistake("The heat maps' part is summed over the pixels of a map; take their mean.")
def pixels_summed(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """Sum over pixels, mean over maps."""
    maps = (h - g).square().sum((-1, -2)).mean()
    return _mse(p, q) + weight * maps


@BANK.mistake("Both parts are summed; take the mean of each.")
def everything_summed(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """reduction="sum"."""
    maps = functional.mse_loss(h, g, reduction="sum")
    return functional.mse_loss(p, q, reduction="sum") + weight * maps


@BANK.mistake("Both parts are means of absolute differences, L1; square the differences.")
def absolute_differences(
    p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01
) -> Tensor:
    """L1."""
    maps = functional.l1_loss(h, g)
    return functional.l1_loss(p, q) + weight * maps


@BANK.mistake("The 3D part is the mean of absolute differences, L1; square the differences.")
def absolute_differences_of_poses(
    p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01
) -> Tensor:
    """L1 in 3D."""
    return functional.l1_loss(p, q) + weight * _mse(h, g)


@BANK.mistake("A root is taken of each part; mean squared errors have none.")
def root_of_each_part(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """RMSE."""
    maps = _mse(h, g).sqrt()
    return _mse(p, q).sqrt() + weight * maps


# Mistakes that leave the values right.


@BANK.mistake("The heat maps are cut off: their network would learn nothing.", fails="gradient")
def heatmaps_cut_off(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """h.detach()."""
    return _right(p, q, h.detach(), g, weight)


@BANK.mistake("The 3D poses are cut off: their network would learn nothing.", fails="gradient")
def poses_3d_cut_off(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """p.detach()."""
    return _right(p.detach(), q, h, g, weight)


@BANK.mistake("Nothing can be learned from this loss: it is cut off the graph.", fails="gradient")
def both_cut_off(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """no_grad."""
    with torch.no_grad():
        return _right(p, q, h, g, weight)


@BANK.mistake("The result is in float32, whatever the dtype of the poses.", fails="dtype_device")
def always_float32(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """float() at the end."""
    return _right(p, q, h, g, weight).float()


@BANK.mistake(
    "All squares are averaged together, so that each part is divided by the number of coordinates "
    "*and* pixels. Take a mean for each part, and add the two."
)
def one_mean_over_all(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    """One long vector."""
    squares = (p - q).square().flatten(), weight * (h - g).square().flatten()
    return torch.cat(squares).mean()


@BANK.mistake(
    "A `weight` of 0 is taken for none at all: `weight or ...` does so. 0 leaves the 3D poses "
    "alone.",
    fails="edge_cases",
)
def zero_taken_for_no_weight(
    p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01
) -> Tensor:
    """weight or 0.01."""
    return _right(p, q, h, g, weight or 0.01)
