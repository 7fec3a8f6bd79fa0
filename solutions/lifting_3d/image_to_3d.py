# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From the image to 3D, in two stages or in one training
#
# So far you lifted 2D poses that somebody else had found. Here you start from the image. One
# network finds the joints in 2D, another lifts them to 3D, and the question is how to train the
# two: each for itself, or both together with one loss?
#
# The notebook follows a report by two students of ETH Zurich, Omar Elkhatab and Tim Franzmeyer
# ("3D Human Pose Estimation", project report), experiment by experiment. They had Human3.6M and
# days on a GPU; you have synthetic people and minutes. So expect other numbers, and ask of each
# result whether it still points the same way.
#
# **Afterwards you can** read sub-pixel positions from heat maps, keep two losses of different units
# in balance, say through which operations a gradient passes, and judge whether training two stages
# together is worth it.
#
# **You need** heat maps, as in `heatmap_2d`, and lifting, as in `lifting`.
#
# **How it works.** You complete the cells marked `# TODO`. The `check(...)` cell below each of them
# tells you what is right, what is wrong and where to look; run it as often as you like. Each
# exercise has a hint, which stays folded until you open it. The grader runs the same checks with
# other numbers.
#
# Functions of tensors keep the same promises as in `heatmap_2d`, unless their exercise says
# otherwise. Such a function computes in the dtype and on the device of its first argument, and its
# result has that dtype and that device. It takes tensors in any memory layout and leaves its
# arguments unchanged. And it processes all samples, joints and pixels at once, without a loop in
# Python.

# %% tags=["setup"]

# %%
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from poselab import check

# %% [markdown]
# ### {exercise:refine_subpixel}
#
# The brightest pixel of a heat map is a whole number of pixels from the left, and one pixel of the
# map is about four of the image. Its neighbours know more. If the left one is brighter than the
# right one, the joint is a little to the left.
#
# So lay a Gaussian curve through three values, the maximum and its two neighbours, and take the
# position of *that* curve's maximum. Do this along x and along y, each on its own. The logarithm of
# a Gaussian is a parabola: with l, c and r the logarithms of the left, the middle and the right
# value, its maximum is (l - r) / (2 (l - 2c + r)) to the right of the middle. The height of the map
# does not matter, be its peak 255 or 0.001.
#
# Along an axis, a position stays as it is
#
# * if it is at the map's border, where a neighbour is missing,
# * if one of the three values is not above 0 and has no logarithm,
# * or if all three values are equal, since there is no peak then.
#
# The other axis is refined all the same.
#
# <details><summary>Hint</summary>
#
# Without a loop you look up values by their index: `heatmaps.flatten(2).gather(2, index)`, where
# row y and column x have the index y * width + x. What is the index of the neighbour above?
#
# At the border there is no such index. Clamp the position to 1 ... size - 2 before you look up, and
# decide with `torch.where` afterwards what counts. Replace 0 / 0 and logarithms of negative numbers
# *before* you compute them or after, but do replace them: nan + 3 is nan.
#
# </details>


# %% exercise="refine_subpixel"
def refine_subpixel(
    heatmaps: Float[Tensor, "batch joint height width"],
    positions: Float[Tensor, "batch joint 2"],
) -> Float[Tensor, "batch joint 2"]:
    """Move each map's maximum to where the Gaussian through it and its neighbours has its own.

    Args:
        heatmaps: any real numbers, one map per joint.
        positions: the position (x, y) of each map's maximum, in whole pixels of the map.

    Returns:
        The positions (x, y) with the fractions of a pixel. An axis along which there is no such
        Gaussian is left as it is.

    Example: a Gaussian around (3.2, 4.9) whose maximum is at (3, 5) gives (3.2, 4.9).
    """
    ### BEGIN SOLUTION
    height, width = heatmaps.shape[-2:]
    size = torch.tensor([width, height], device=heatmaps.device)
    step = torch.tensor([1, width], device=heatmaps.device)
    place = positions.long()
    inside = (place > 0) & (place < size - 1)
    index = (place * step).sum(dim=-1, keepdim=True)
    offsets = torch.where(inside, step, 0)
    around = torch.stack([index - offsets, index.expand_as(place), index + offsets])
    flat = heatmaps.flatten(2).expand(3, -1, -1, -1)
    values = flat.gather(3, around)
    left, middle, right = values.where(values > 0, 1).log()
    bend = left - 2 * middle + right
    usable = inside & (values > 0).all(dim=0) & (bend != 0)
    shift = (left - right) / (2 * bend.where(usable, 1))
    return positions + shift.where(usable, 0)
    ### END SOLUTION


# %% [markdown]
# ### {exercise:multi_task_loss}
#
# Now both stages are trained at once. The loss has two parts, one for each task, and a weight
# between them:
#
# $$L = L_{3D} + \lambda \, L_{2D}$$
#
# Both parts are mean squared errors. $L_{3D}$ is the mean of the squared differences over all
# coordinates of all poses; $L_{2D}$ is the mean of the squared differences over all pixels of all
# heat maps. Write the loss; $\lambda$ is its argument `weight`.
#
# <details><summary>Hint</summary>
#
# A joint has three coordinates. Does your $L_{3D}$ divide by the number of joints or by the number
# of coordinates?
#
# Gradients have to reach both predictions. They do if you stay in torch, without `detach`, `item`
# and `no_grad`.
#
# </details>


# %% exercise="multi_task_loss"
def multi_task_loss(
    poses_3d: Float[Tensor, "batch joint 3"],
    target_3d: Float[Tensor, "batch joint 3"],
    heatmaps: Float[Tensor, "batch joint height width"],
    target_heatmaps: Float[Tensor, "batch joint height width"],
    weight: float = 0.01,
) -> Float[Tensor, ""]:
    """The mean squared error of the 3D poses, plus `weight` times that of the heat maps.

    Args:
        poses_3d: predicted 3D poses.
        target_3d: true 3D poses.
        heatmaps: predicted heat maps.
        target_heatmaps: true heat maps.
        weight: how much the heat maps count; 0 leaves the 3D poses alone.

    Returns:
        One number, a tensor of shape (). Gradients flow to both predictions.

    Example: 3D coordinates that are all off by 2 and heat maps that are all off by 10 give 4 + 0.01
    * 100 = 5.
    """
    ### BEGIN SOLUTION
    return mse_loss(poses_3d, target_3d) + weight * mse_loss(heatmaps, target_heatmaps)
    ### END SOLUTION


# %% [markdown]
# ### {exercise:apply_max_norm}
#
# Martinez et al. limit the weights of their lifting network: the incoming weights of each unit, as
# a vector, may have a Euclidean length of at most 1. Longer vectors are shortened to that length
# after each step of the optimiser; they keep their direction.
#
# Write this for any model and any limit. In `nn.Linear(30, 1024)` there are 1024 units, and
# `weight` has one row of 30 numbers for each.
#
# * It concerns the weights of every linear layer, `nn.Linear`, however deeply it is nested; the
#   model may also be a linear layer itself.
# * Vectors that are not too long stay exactly as they are, and a vector of zeros stays zero.
# * Nothing else changes: not the biases, which are no part of the vectors, not the layers of other
#   kinds, not the model's mode.
# * It works in place. The weights are the same parameters afterwards, only with other values: the
#   optimiser knows them. They can still learn, and their gradients are the same as before.
#
# A loop over the layers is fine here. Over the units of a layer you do not need one.
#
# <details><summary>Hint</summary>
#
# `model.modules()` visits the model and everything in it.
#
# Which axis of `weight` belongs to one unit? `nn.Linear(2, 3).weight` shows you.
#
# PyTorch refuses to change a parameter in place while it records gradients. `torch.no_grad()` turns
# recording off; then `weight.mul_(...)` or `weight.copy_(...)` changes the values. `weight =
# weight * 2` changes nothing in the model.
#
# </details>


# %% exercise="apply_max_norm"
def apply_max_norm(model: nn.Module, max_norm: float) -> None:
    """Shorten, in place, each unit's incoming weights to a length of at most `max_norm`.

    Args:
        model: its linear layers are limited.
        max_norm: the largest Euclidean length of a row of their weights, above 0.

    Example: with a limit of 1 the rows (3, 4) and (0.3, 0.4) become (0.6, 0.8) and (0.3, 0.4).
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                length = torch.linalg.vector_norm(layer.weight, dim=1, keepdim=True)
                too_long = length > max_norm
                shortened = layer.weight * (max_norm / length.where(too_long, 1))
                layer.weight.copy_(shortened.where(too_long, layer.weight))
    ### END SOLUTION
