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
# two: each on its own, or both together with one loss?
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
# {notebook:effort}
#
# **How it works.** You complete the cells marked `# TODO`. The `check(...)` cell below each of them
# tells you what is right, what is wrong and where to look; run it as often as you like. Each
# exercise has two hints, which stay folded until you open them. The first one is a nudge, the
# second one a sketch. `Float[Tensor, "batch joint 2"]` in a signature is a tensor of floating-point
# numbers with three axes, the last of length 2; the names are the same number wherever they appear.
#
# Functions of tensors keep the same promises as in `heatmap_2d`, unless their exercise says
# otherwise. Such a function computes in the dtype and on the device of its first argument, and its
# result has that dtype and that device. It takes tensors in any memory layout and leaves its
# arguments unchanged. And it processes all samples, joints and pixels at once, without a loop in
# Python.
#
# {notebook:handing_in}

# %% tags=["setup"]

# %%
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial

import matplotlib.pyplot as plt
import torch
from IPython.display import Markdown, display
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler
from torch.utils.data import Dataset

from data_stubs.lifting import ensure_human36m
from poselab import check
from poselab.coordinates import to_01, to_pixels
from poselab.datasets import DeviceDict
from poselab.datasets.human36m import Human36MDataset
from poselab.datasets.lifting import Statistics
from poselab.networks.image_to_3d import (
    DirectNetwork,
    HeatmapNetwork,
    HeatmapOptions,
    ImageTo3D,
    LiftingNetwork,
    cost_table,
    from_map_to_image,
)
from poselab.networks.resnet import torchvision_is_there
from poselab.plots.curves import plot_histories
from poselab.plots.heatmaps import plot_heatmaps
from poselab.plots.overlays import overlay_heatmaps
from poselab.plots.poses import plot_pose, plot_predictions
from poselab.profiles import Profile, load_profile
from poselab.skeletons import HUMAN36M
from poselab.training.augmentation.images import flip_left_right, flip_some_left_right
from poselab.training.checkpoints import training_folder
from poselab.training.history import History
from poselab.training.loop import gradient_step, predict_all, train

# %%
profile = load_profile("lifting_3d")
if profile.device.type == "cpu":
    # With layers as small as ours, more threads take longer than one.
    torch.set_num_threads(1)
CHECKPOINTS = training_folder("lifting_3d")
profile

# %% [markdown]
# The longer trainings save each epoch in the folder `CHECKPOINTS`. If the kernel stops, run the
# notebook again: they go on where they were. A training that is complete is read from there, too.
# So when you change what it depends on, such as a network or a loss, delete its folder to train it
# anew. With a ResNet-50 on a GPU these files take several GB; delete the folder when you are done.

# %% [markdown]
# ## The data
#
# Human3.6M films people from four sides, and the 3D poses of seven of them are published. It may
# not be handed on, so a synthetic set of images with the same 17 joints is made for you. As in the
# report, the split is by subject: all images of subject S1 are for validation, about 15 %.

# %%
path = ensure_human36m(profile.n_images, seed=profile.seed, size=profile.image_size)
train_set = Human36MDataset(path)
validation_set = Human36MDataset(path, "validation")
image_size = profile.image_size
print(f"{len(train_set)} images to learn from, {len(validation_set)} of S1 to measure on")

# %%
samples = validation_set.batch(range(0, len(validation_set), len(validation_set) // 4))
plot_pose(samples["img"][:4], to_01(samples["pose_2d"][:4], (image_size, image_size)), HUMAN36M)

# %% [markdown]
# A 2D pose is in pixels of the image. A 3D pose is in millimetres, relative to the pelvis, and in
# the camera's own directions: x to the image's right, y down, z away from the camera.
#
# Networks see normalised numbers, and what they predict is de-normalised: 2D on the way in, 3D on
# the way out. Mean and standard deviation come from the training part alone.

# %%
statistics_2d = Statistics.of(train_set.poses_2d)
statistics_3d = Statistics.of(train_set.poses_3d)


# %% [markdown]
# One function measures both stages: in pixels for 2D, in millimetres for 3D, where the result is
# the MPJPE.


# %%
def mean_distance(
    predicted: Float[Tensor, "*pose axis"], target: Float[Tensor, "*pose axis"]
) -> Float[Tensor, ""]:
    """The mean Euclidean distance of joints, in the unit of the poses."""
    return (predicted - target).norm(dim=-1).mean()


# %%
truth_3d = validation_set.poses_3d
mean_error = float(mean_distance(statistics_3d.mean.expand_as(truth_3d), truth_3d))
print(f"always the mean pose: {mean_error:.0f} mm")

# %% [markdown]
# ## Heat maps with a peak of 255
#
# The true heat map of a joint is a Gaussian around it. The report sets its width by the ratio of
# the map's size to the Gaussian's variance, and tries 3200, 64, 12.8 and 6.4. Each map is scaled so
# that its highest pixel is 255, which the report does to avoid numerical instabilities.

# %%
PEAK = 255.0
map_size = HeatmapOptions().map_size(image_size)


def true_heatmaps(
    pose_2d: Float[Tensor, "batch joint 2"], size: int | None = None, ratio: float = 12.8
) -> Float[Tensor, "batch joint size size"]:
    """A Gaussian of the variance size / ratio for each joint, its highest pixel 255."""
    size = size or map_size
    centre = pose_2d * (size - 1) / (image_size - 1)
    squared = (torch.arange(size).to(pose_2d) - centre[..., None]).square()
    along_x, along_y = (-ratio / (2 * size) * squared).unbind(dim=2)
    exponent = along_y[..., :, None] + along_x[..., None, :]
    # Of a narrow Gaussian between two pixels nothing would be left: scale before exp.
    return PEAK * (exponent - exponent.amax(dim=(-1, -2), keepdim=True)).exp()


# %% tags=["example"]
figure, axes = plt.subplots(1, 4, figsize=(10.2, 2.8), layout="constrained")
for ax, ratio in zip(axes, (3200, 64, 12.8, 6.4), strict=True):
    shown = true_heatmaps(samples["pose_2d"][:1], ratio=ratio)[0].amax(dim=0)
    image = ax.imshow(shown, vmin=0, vmax=PEAK)
    ax.set_title(f"ratio {ratio:g}")
    ax.set_axis_off()
figure.colorbar(image, ax=axes, label="value of the heat map", shrink=0.8)
plt.show()

# %% [markdown]
# All joints of one image, at the four widths. With 3200 a joint is hardly more than one pixel. The
# standard deviation is the root of size / ratio: with 12.8 that is 3.5 % of the side of the
# report's maps of 64 pixels, but 7 % of a map of 16. So the best ratio need not be the same here.
#
# ## Back to positions
#
# A joint is where its map is highest. `from_map_to_image` takes that position from pixels of the
# map to pixels of the image.


# %%
def read_argmax(
    heatmaps: Float[Tensor, "batch joint height width"],
) -> Float[Tensor, "batch joint 2"]:
    """The position (x, y) of each map's highest pixel, in pixels of the map."""
    highest_of_columns, row = heatmaps.max(dim=2)
    column = highest_of_columns.max(dim=2, keepdim=True).indices
    return torch.cat([column, row.gather(2, column)], dim=-1).to(heatmaps)


# %% [markdown]
# **Predict:** the report's maps have 64 pixels a side and its images 256. Is the map's pixel 63 the
# image's pixel 4 * 63 = 252?
#
# <details><summary>Answer</summary>
#
# No. Pixel 63 is the last one of the map, and the image's last one is 255. The factor is 255 / 63,
# a little more than 4. With a factor of 4 every joint ends too far to the upper left, by up to 3
# pixels.
#
# </details>

# %%
corner = torch.tensor([63.0, 63.0])
print(from_map_to_image(corner, torch.Size((64, 64)), torch.Size((256, 256))))

# %% [markdown]
# Our maps are smaller. What does it cost, for *perfect* heat maps, to take the highest pixel, and
# what does the wrong factor cost on top?

# %%
poses = validation_set.poses_2d
heatmaps = true_heatmaps(poses)
positions = read_argmax(heatmaps)
image_shape = torch.Size((image_size, image_size))
by_centres = from_map_to_image(positions, heatmaps.shape, image_shape)
print(f"argmax, by pixel centres: {mean_distance(by_centres, poses):.2f} px")
wrong_factor = positions * image_size / map_size
print(
    f"argmax, times {image_size // map_size}:          {mean_distance(wrong_factor, poses):.2f} px"
)

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
# <details><summary>Hint 1</summary>
#
# Without a loop you look up values by their index: `heatmaps.flatten(2).gather(2, index)`, where
# row y and column x have the index y * width + x. What is the index of the neighbour above?
# Positions are floating-point numbers, an index is not: `positions.long()`.
#
# At the border there is no such index. Clamp the position to 1 ... size - 2 before you look up, and
# decide with `torch.where` afterwards what counts.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `positions.long().unbind(dim=-1)` are x and y, each (B, J). With them, `gather` takes an index (B,
# J, 1) from the flat maps (B, J, H * W). One inner function that takes l, c and r, each (B, J),
# serves both axes; `torch.stack([..., ...], dim=-1)` makes (B, J, 2) of the two shifts.
#
# Replace what would give 0 / 0 or the logarithm of a number not above 0 *before* you compute it. A
# nan that `torch.where` discards afterwards does no harm to the result, but it makes gradients nan,
# and further down gradients go through your function.
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


# %%
def read_refined(
    heatmaps: Float[Tensor, "batch joint height width"],
) -> Float[Tensor, "batch joint 2"]:
    """The position of each map's maximum, in fractions of a pixel."""
    return refine_subpixel(heatmaps, read_argmax(heatmaps))


# %%
refined = from_map_to_image(read_refined(heatmaps), heatmaps.shape, image_shape)
print(f"refined: {mean_distance(refined, poses):.4f} px")

# %% [markdown]
# For perfect maps the refinement is perfect, too. The report found that it did not improve the
# network. We shall see what it does to predicted maps.
#
# ## The network and its options
#
# The first stage consists of five blocks. A extracts features at a sixteenth of the image's size: a
# ResNet-50 up to its fourth layer on a GPU, a small one on a CPU. B is a bottleneck like those of a
# ResNet, C three convolutions. D enlarges the map with transposed convolutions, and E turns it into
# one heat map for each joint. *As chosen* is the report's choice: with block B, without batch
# normalisation in B to E, one transposed convolution with kernel 4 and stride 4 in D, and
# variance-scaling initialisation. The code is in `poselab/networks/image_to_3d.py`, and
# `HeatmapNetwork??` in a cell of its own shows it. Each other row changes one thing:

# %%
body = "resnet50" if profile.device.type == "cuda" and torchvision_is_there() else "small"
VARIATIONS = {
    "as chosen": {},
    "without block B": {"with_block_b": False},
    "batch norm. after every layer": {"normalisation": "layer"},
    "batch norm. once a block": {"normalisation": "block"},
    "kernel 3 in D": {"kernel": 3},
    "kernel 6 in D": {"kernel": 6},
    "D with strides (4, 2)": {"deconvolutions": (4, 2)},
    "D with strides (2, 2)": {"deconvolutions": (2, 2)},
    "D with strides (2, 2, 2)": {"deconvolutions": (2, 2, 2)},
    "stride 1 in A's fourth layer": {"fourth_stride": 1},
    "Kaiming initialisation": {"initialisation": "kaiming"},
}
options = {name: HeatmapOptions(body=body, **changes) for name, changes in VARIATIONS.items()}
Markdown(cost_table(options, image_size=256, batch_size=32))

# %% [markdown]
# The memory is counted for the report's images of 256 x 256 and its batches of 32: weights,
# gradients, what Adam remembers, and what the forward pass keeps for the backward pass. With
# torchvision installed, `HeatmapOptions(body="resnet50")` shows what the report's network needs.
#
# **Why** does a map of twice the side cost so much memory but hardly any parameters?
#
# <details><summary>Answer</summary>
#
# A convolution has the same weights for every pixel, however many there are. What it keeps for the
# backward pass grows with the pixels: four times as many, for half of the network.
#
# </details>
#
# **Why** might a transposed convolution with kernel 3 and stride 4 be a bad idea?
#
# <details><summary>Answer</summary>
#
# Each input pixel reaches three output pixels along an axis, and the next one begins four further:
# every fourth row and column gets the bias and nothing else.
#
# </details>

# %% [markdown]
# ## Training
#
# All trainings use Adam. The report's best schedule is a step: a learning rate of 0.001 until the
# validation loss is flat, after about 15 hours, then 0.0001 for 6 hours. We step after the same
# fraction of a training. Its other schedule lets the rate decay from the start, by a factor of 0.6
# or 0.8 every 10,000 steps, so that about a tenth is left in the end.
#
# Short trainings, *trials*, compare options. The trainings that compare separate with multi-task
# training are longer and have two parts: the first one at a constant learning rate, where all
# methods do the same, and the second one with a step, where they differ.


# %%
def adam(network: nn.Module, learning_rate: float) -> Optimizer:
    """Adam for all weights."""
    return Adam(network.parameters(), learning_rate)


def step_wise(optimiser: Optimizer, n_steps: int) -> LRScheduler:
    """A tenth of the learning rate after 15 of 21 parts."""
    return LambdaLR(optimiser, lambda step: 1.0 if step < n_steps * 15 / 21 else 0.1)


def constant(optimiser: Optimizer, n_steps: int) -> LRScheduler:
    """The learning rate stays."""
    return LambdaLR(optimiser, lambda step: 1.0)


def exponential(optimiser: Optimizer, n_steps: int, decay: float, times: int) -> LRScheduler:
    """The learning rate falls by the factor ``decay``, so many times, without steps."""
    return LambdaLR(optimiser, lambda step: decay ** (times * step / n_steps))


# %%
first_part = profile.replace(epochs=profile.image_epochs, batch_size=profile.image_batch_size)
second_part = first_part.replace(epochs=profile.joint_epochs)
both_parts = first_part.replace(epochs=profile.image_epochs + profile.joint_epochs)
trial = first_part.replace(epochs=profile.image_trial_epochs)
fit = partial(train, error=mean_distance, optimiser=adam, schedule=step_wise)
SEEDS = range(profile.n_seeds)


def spread(errors: Sequence[float]) -> str:
    """The mean over the seeds and their standard deviation, if there are several."""
    values = torch.tensor(errors)
    digits = 2 if values.mean().abs() < 10 else 1
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{values.mean():.{digits}f} ± {values.std(correction=0):.{digits}f}"


# %% [markdown]
# The argmax has no gradient, so the loss of the first stage compares heat maps: their mean squared
# difference. The error is what we care about, the distance of joints in pixels.


# %%
def heatmap_objective(
    network: nn.Module, batch: DeviceDict, ratio: float = 12.8
) -> Float[Tensor, ""]:
    """The mean squared difference of heat maps."""
    heatmaps = network(batch["img"])
    return mse_loss(heatmaps, true_heatmaps(batch["pose_2d"], heatmaps.shape[-1], ratio))


def predict_2d(
    network: nn.Module, batch: DeviceDict, read: Callable[[Tensor], Tensor] = read_argmax
) -> Float[Tensor, "batch joint 2"]:
    """Positions in pixels of the image."""
    heatmaps = network(batch["img"])
    return from_map_to_image(read(heatmaps), heatmaps.shape, batch["img"].shape)


def train_heatmaps(
    network: nn.Module, settings: Profile, name: str, ratio: float = 12.8, **more: object
) -> History:
    """Train a first stage by itself."""
    objective = partial(heatmap_objective, ratio=ratio)
    return fit(
        network, objective, predict_2d, train_set, validation_set, settings, target="pose_2d",
        name=name, **more,
    )  # fmt: skip


# %% [markdown]
# ### How wide?
#
# Before you compare trainings, overfit one batch: a network that cannot learn 16 images by heart
# will not find joints in others.

# %%
torch.manual_seed(profile.seed)
network = HeatmapNetwork(options["as chosen"]).to(profile.device)
few, moving = train_set.batch(range(16)).to(profile.device), Adam(network.parameters(), 2e-3)
for step in range(301 if profile.name != "smoke" else 11):
    loss = gradient_step(network, few, heatmap_objective, moving)
    if step % 100 == 0:
        distance = mean_distance(predict_2d(network, few), few["pose_2d"])
        print(f"step {step:3}: loss {loss:6.1f}, error {float(distance):5.2f} px")

# %% [markdown]
# Expect an error of well under the 6 to 7 px of the mean pose after 300 steps, and a loss that is
# still falling. (The `smoke` profile makes 11 steps.)
#
# Now short trainings, each with several seeds. The table shows the mean and the standard deviation.
# In this notebook, a difference counts as a result only if it is at least twice as large as the
# larger deviation.


# %%
def compare(trials: dict[str, Callable[[int], float]], unit: str, epochs: int) -> Markdown:
    """Run each trial with every seed, and make a table of the errors."""
    rows = [f"| variation, after epochs: {epochs} | error in {unit} |", "|---|---|"]
    for name, run in trials.items():
        rows.append(f"| {name} | {spread([run(seed) for seed in SEEDS])} |")
    return Markdown("\n".join(rows))


def heatmap_trial(
    seed: int, changes: HeatmapOptions | None = None, ratio: float = 12.8, **more: object
) -> float:
    """The error of a short training in pixels."""
    torch.manual_seed(seed)
    network = HeatmapNetwork(changes or options["as chosen"])
    return train_heatmaps(network, trial.replace(seed=seed), "trial", ratio, **more).error


# %%
of_chosen = [heatmap_trial(seed) for seed in SEEDS]


def as_chosen(seed: int) -> float:
    """The error of the network as the report chose it, which the tables share."""
    return of_chosen[seed]


compare(
    {
        "ratio 3200": partial(heatmap_trial, ratio=3200),
        "ratio 64": partial(heatmap_trial, ratio=64),
        "ratio 12.8, as chosen": as_chosen,
        "ratio 6.4": partial(heatmap_trial, ratio=6.4),
    },
    "px",
    trial.epochs,
)

# %% [markdown]
# The report found 12.8 to be best. Does your table agree, disagree, or not say? Compare it also
# with the error of the mean pose, which is printed in the section *The first stage*: a network that
# is no better than that has hardly begun to use the image, and its trial says little about a long
# training.
#
# **Why** can 3200 hardly work?
#
# <details><summary>Answer</summary>
#
# One pixel of a map is 255 and all others are 0: a map of zeros is nearly right. A maximum next to
# the joint costs as much as one at the other end of the image, so the loss says nothing about where
# to go.
#
# </details>
#
# ### Which blocks?
#
# Three of the options, in the same way. Add others by one line each: their names are in the table
# above.

# %%
chosen = ("without block B", "batch norm. after every layer", "D with strides (2, 2)")
compare(
    {"as chosen": as_chosen}
    | {name: partial(heatmap_trial, changes=options[name]) for name in chosen},
    "px",
    trial.epochs,
)

# %% [markdown]
# The report found that block B helps and that batch normalisation behind block A does not. That was
# after hours of training; yours lasted seconds. Which of its findings does your table support,
# which does it contradict, and on which is it silent?
#
# ## The first stage
#
# Now the longer trainings. The networks after the first part are kept in `started`: multi-task
# training will go on from there, too. With separate training, the second part is like the first
# one, only with a step of the learning rate.


# %%
def fresh_stages(seed: int, read: Callable[[Tensor], Tensor] = read_argmax) -> ImageTo3D:
    """Both stages, with new weights."""
    torch.manual_seed(seed)
    lifting = LiftingNetwork(width=profile.hidden_layer, dropout=0.5)
    first = HeatmapNetwork(options["as chosen"])
    return ImageTo3D(first, lifting, read, statistics_2d, statistics_3d)


# %% tags=["example"]
started = [fresh_stages(seed) for seed in SEEDS]
histories = [
    train_heatmaps(
        network.heatmap_network,
        first_part.replace(seed=seed),
        f"first part, seed {seed}",
        schedule=constant,
        checkpoint_folder=CHECKPOINTS,
    )
    for seed, network in zip(SEEDS, started, strict=True)
]
plot_histories(*histories)

# %%
separate = deepcopy(started)
after_second = [
    train_heatmaps(
        network.heatmap_network, second_part.replace(seed=seed), f"second part, seed {seed}",
        checkpoint_folder=CHECKPOINTS,
    ).error
    for seed, network in zip(SEEDS, separate, strict=True)
]  # fmt: skip
truth_2d = validation_set.poses_2d
mean_error_2d = float(mean_distance(statistics_2d.mean.expand_as(truth_2d), truth_2d))
print(f"always the mean pose:  {mean_error_2d:.2f} px")
print(f"after the first part:  {spread([history.error for history in histories])} px")
print(f"after the second part: {spread(after_second)} px")

# %% [markdown]
# As in the report's Figure 2, but in colours that everybody can tell apart: what is true is blue,
# what is predicted is orange, and what agrees is white. `red_and_green=True` gives the report's.

# %% tags=["example"]
first = separate[0].heatmap_network.cpu().eval()
with torch.no_grad():
    predicted_maps = first(samples["img"])
overlay_heatmaps(true_heatmaps(samples["pose_2d"])[0], predicted_maps[0])

# %%
plot_heatmaps(
    samples["img"][0], predicted_maps[0], HUMAN36M,
    joints=("head-top", "left-wrist", "right-wrist", "left-ankle", "right-ankle"),
)  # fmt: skip

# %% [markdown]
# And does it help to refine positions between pixels?

# %%
rows = ["| read by | error in px |", "|---|---|"]
for name, read in (("argmax", read_argmax), ("refine_subpixel", read_refined)):
    errors = [
        float(mean_distance(*predict_all(
            network.heatmap_network, partial(predict_2d, read=read), validation_set, first_part,
            target="pose_2d",
        )))
        for network in separate
    ]  # fmt: skip
    rows.append(f"| {name} | {spread(errors)} |")
Markdown("\n".join(rows))

# %% [markdown]
# The same networks, read in two ways: the deviation between seeds is common to both rows. Compare
# their difference with what the argmax cost above, where the maps were perfect, and with the whole
# error. The report saw no improvement. Do you?
#
# **Why** can the refinement not do much about a large error?
#
# <details><summary>Answer</summary>
#
# It moves a position by at most half a pixel of the map along each axis. Where the wrong place is
# brightest, say the left knee for the right one, the refined position is still at the wrong place.
#
# </details>
#
# ## The baseline: no heat maps at all
#
# The report's authors first regressed the 3D pose directly from the image. `DirectNetwork` does so:
# block A as above, and linear layers that turn its features into 3 numbers for each joint.


# %%
def loss_3d(poses: Float[Tensor, "batch joint 3"], batch: DeviceDict) -> Float[Tensor, ""]:
    """The mean squared difference of normalised 3D coordinates."""
    return mse_loss(statistics_3d.normalise(poses), statistics_3d.normalise(batch["pose_3d"]))


def direct_objective(network: nn.Module, batch: DeviceDict) -> Float[Tensor, ""]:
    """The loss of poses that are regressed from images."""
    return loss_3d(network(batch["img"]), batch)


def predict_directly(network: nn.Module, batch: DeviceDict) -> Float[Tensor, "batch joint 3"]:
    """Poses in millimetres."""
    return network(batch["img"])


# %%
results: dict[str, list[float]] = {"always the mean pose": [mean_error]}
results["direct regression"] = []
for seed in SEEDS:
    torch.manual_seed(seed)
    history = fit(
        DirectNetwork(statistics_3d, image_size, body), direct_objective, predict_directly,
        train_set, validation_set, both_parts.replace(seed=seed), target="pose_3d",
        name=f"direct regression, seed {seed}", unit="mm", checkpoint_folder=CHECKPOINTS,
    )  # fmt: skip
    results["direct regression"].append(history.error)

# %% [markdown]
# ## The second stage
#
# The lifting network sees no images: it learns from pairs of 2D and 3D poses, and that is quick.
# `LiftingNetwork` is given, in the same file. It is built of linear layers with batch
# normalisation, ReLU and dropout, with residual links, much as your `LiftModel`.


# %%
class PosePairs(Dataset[DeviceDict]):
    """2D poses in pixels, with their 3D poses in millimetres."""

    def __init__(self, pose_2d: Tensor, pose_3d: Tensor) -> None:
        self.pose_2d, self.pose_3d = pose_2d, pose_3d

    def __len__(self) -> int:
        return len(self.pose_2d)

    def __getitem__(self, index: int) -> DeviceDict:
        return DeviceDict(pose_2d=self.pose_2d[index], pose_3d=self.pose_3d[index])


def lifting_objective(
    network: ImageTo3D, batch: DeviceDict, distance: Callable[..., Tensor] = mse_loss
) -> Float[Tensor, ""]:
    """The loss of lifted poses, in normalised coordinates."""
    lifted = statistics_3d.normalise(network.lift(batch["pose_2d"]))
    return distance(lifted, statistics_3d.normalise(batch["pose_3d"]))


def predict_lifted(network: ImageTo3D, batch: DeviceDict) -> Float[Tensor, "batch joint 3"]:
    """Poses in millimetres."""
    return network.lift(batch["pose_2d"])


# %%
poses_only = profile.replace(epochs=profile.pose_epochs)
true_pairs = PosePairs(train_set.poses_2d, train_set.poses_3d)
true_validation = PosePairs(validation_set.poses_2d, validation_set.poses_3d)


class Second(nn.Module):
    """The second stage of a network, and nothing of the first."""

    def __init__(self, network: ImageTo3D) -> None:
        super().__init__()
        self.lifting_network = network.lifting_network
        self.lift = network.lift


def train_lifting(
    network: ImageTo3D, seed: int, pairs: PosePairs | None = None, objective=lifting_objective,
    **more: object,
) -> float:  # fmt: skip
    """Train a second stage by itself; its error on *true* 2D poses."""
    return fit(
        Second(network), objective, predict_lifted, pairs or true_pairs, true_validation,
        poses_only.replace(seed=seed), target="pose_3d", name="lifting", unit="mm", **more,
    ).error  # fmt: skip


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
# * Vectors that are not too long stay as they are, and a vector of zeros stays zero.
# * Nothing else changes: not the biases, which are no part of the vectors, not the layers of other
#   kinds, not the model's mode.
# * It works in place. The weights are the same parameters afterwards, only with other values: the
#   optimiser knows them. They can still learn, and their gradients are the same as before.
#
# A loop over the layers is fine here. Over the units of a layer you do not need one. With a loop
# over units or inputs you lose the points for *vectorised*.
#
# <details><summary>Hint 1</summary>
#
# `model.modules()` visits the model and everything in it.
#
# PyTorch refuses to change a parameter in place while it records gradients. `torch.no_grad()` turns
# recording off; then `weight.mul_(...)` or `weight.copy_(...)` changes the values, while
# `weight = weight * 2` changes nothing in the model.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Which axis of `weight` belongs to one unit? `nn.Linear(2, 3).weight` shows you. The lengths of all
# units are (units, 1) if the axis is kept, and a factor of that shape fits the whole matrix. What
# should the factor be for a row that is short enough, and what is the factor of a row of zeros?
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


# %% [markdown]
# The limit is applied after each step of the optimiser. Everything else stays as it is in this
# step, which you have met as `gradient_step`.


# %%
def limited_step(
    network: nn.Module, batch: DeviceDict, objective: Callable, optimiser: Optimizer, limit: float
) -> float:
    """A step, and then the limit for each unit."""
    loss = gradient_step(network, batch, objective, optimiser)
    apply_max_norm(network, limit)
    return loss


def lifting_trial(seed: int, **more: object) -> float:
    """The error of a lifting network with new weights, in millimetres."""
    return train_lifting(fresh_stages(seed), seed, **more)


# %%
compare(
    {
        "as chosen: L2, no limit, step": lifting_trial,
        "max norm 1": partial(lifting_trial, step=partial(limited_step, limit=1.0)),
        "max norm 4": partial(lifting_trial, step=partial(limited_step, limit=4.0)),
        "L1 loss": partial(lifting_trial, objective=partial(lifting_objective, distance=l1_loss)),
        "decay 0.6": partial(lifting_trial, schedule=partial(exponential, decay=0.6, times=4)),
        "decay 0.8": partial(lifting_trial, schedule=partial(exponential, decay=0.8, times=10)),
    },
    "mm, from true 2D poses",
    poses_only.epochs,
)

# %% [markdown]
# In the report a limit of 1 made the training oscillate, and 4 was better but still worse than
# none. The L1 loss was slower and slightly worse, and the schedule that it chose was the step.
# Which of these do you see, beyond the deviation?
#
# **Why** might a limit of 1 have hurt there, although Martinez et al. recommend it?
#
# <details><summary>Answer</summary>
#
# Batch normalisation follows every layer but the last, so the length of their weights does not
# change what the network computes. It does change how the network learns: a step of Adam is about
# equally long for short and for long vectors, and turns a short one further. So a low limit acts
# like a higher learning rate, which can help a short training and make a long one oscillate. In the
# last layer, which nothing normalises, rows no longer than 1 also limit the outputs. And each limit
# moves the weights after Adam has chosen its step, so that Adam's running means are those of other
# weights.
#
# </details>
#
# ## Two stages, trained separately
#
# The first stage is trained already. The second one learns from true 2D poses; then it is given
# predicted ones. Or it learns, after that, from what the first stage predicts for the training
# images.


# %%
def predict_3d(network: ImageTo3D, batch: DeviceDict) -> Float[Tensor, "batch joint 3"]:
    """Poses in millimetres, from images."""
    return network(batch["img"])[0]


def error_3d(network: ImageTo3D) -> float:
    """MPJPE on S1, from images."""
    predicted, truth = predict_all(
        network, predict_3d, validation_set, first_part, target="pose_3d"
    )
    return float(mean_distance(predicted, truth))


# %%
def go_on_lifting(network: ImageTo3D, seed: int) -> float:
    """Train its second stage further, on what its first stage finds; the MPJPE on S1."""
    read = partial(predict_2d, read=network.read_positions)
    found, _ = predict_all(network.heatmap_network, read, train_set, first_part, target="pose_2d")
    train_lifting(network, seed, PosePairs(found, train_set.poses_3d))
    return error_3d(network)


on_true, on_predicted = "separate, lifting trained on true 2D", "separate, then on predicted 2D"
results["lifting of true 2D poses"], results[on_true], results[on_predicted] = [], [], []
for seed, start, network in zip(SEEDS, started, separate, strict=True):
    results["lifting of true 2D poses"].append(train_lifting(start, seed))
    network.lifting_network = deepcopy(start.lifting_network)
    results[on_true].append(error_3d(network))
    results[on_predicted].append(go_on_lifting(network, seed))

# %% [markdown]
# The report could not train on predicted 2D poses: "All attempts [...] led to strong instability".
# What do you find? Note, too, how long each lifting network has been trained: the one that goes on
# with predicted poses has twice as many epochs behind it.
#
# ## Both stages in one training

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
# heat maps. Write the loss; $\lambda$ is its argument `weight`. With a weight of 0, only the 3D
# poses count.
#
# <details><summary>Hint 1</summary>
#
# A joint has three coordinates. Does your $L_{3D}$ divide by the number of joints or by the number
# of coordinates?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# (B, J, 3) and (B, J, H, W) have nothing in common that could be averaged together: make one number
# of each first, then add. Gradients have to reach both predictions. They do if you stay in torch,
# without `detach`, `item` and `no_grad`.
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
# The two parts have different units, pixels of a heat map and normalised coordinates. That is what
# the weight is for. The report uses 0.01.


# %%
def joint_objective(
    network: ImageTo3D, batch: DeviceDict, weight: float = 0.01
) -> Float[Tensor, ""]:
    """The loss of both stages."""
    poses, heatmaps = network(batch["img"])
    return multi_task_loss(
        statistics_3d.normalise(poses), statistics_3d.normalise(batch["pose_3d"]),
        heatmaps, true_heatmaps(batch["pose_2d"]), weight,
    )  # fmt: skip


def train_jointly(
    network: ImageTo3D, settings: Profile, name: str, weight: float = 0.01, **more: object
) -> float:
    """Train both stages with one loss; the MPJPE."""
    return fit(
        network, partial(joint_objective, weight=weight), predict_3d, train_set, validation_set,
        settings, target="pose_3d", name=name, unit="mm", **more,
    ).error  # fmt: skip


# %% [markdown]
# ### Where do gradients go?
#
# The 3D loss reaches the heat maps only if the positions between them let gradients pass. An argmax
# is a whole number, and changing a heat map a little does not change it. A *soft*-argmax lets
# gradients pass: it is the mean position, weighted with the softmax of the map. Our maps reach 255,
# so they are made smaller in front of the softmax.

# %%
SOFTNESS = 0.05


def read_soft(
    heatmaps: Float[Tensor, "batch joint height width"],
) -> Float[Tensor, "batch joint 2"]:
    """The mean position (x, y) of each map, in pixels of the map."""
    scaled = SOFTNESS * heatmaps
    total = scaled.logsumexp(dim=(-1, -2), keepdim=True)
    share = (scaled - total).exp()
    pixels = torch.arange(map_size).to(heatmaps)
    return torch.stack([share.sum(dim=-2) @ pixels, share.sum(dim=-1) @ pixels], dim=-1)


# %%
def gradient_sizes(network: ImageTo3D) -> tuple[float, float]:
    """The length of each part's gradient in the first stage, for one mini-batch."""
    batch = train_set.batch(range(profile.image_batch_size)).to(profile.device)
    network.to(profile.device).train()
    poses, heatmaps = network(batch["img"])
    weights = list(network.heatmap_network.parameters())
    sizes = []
    for loss in (loss_3d(poses, batch), mse_loss(heatmaps, true_heatmaps(batch["pose_2d"]))):
        gradients = torch.autograd.grad(loss, weights, retain_graph=True, materialize_grads=True)
        sizes.append(float(torch.cat([gradient.flatten() for gradient in gradients]).norm()))
    return sizes[0], sizes[1]


for name, read in (("argmax", read_argmax), ("refined", read_refined), ("soft", read_soft)):
    size, _ = gradient_sizes(fresh_stages(0, read))
    print(f"{name:8} gradient of the 3D loss in the first stage: {size:.4f}")

# %% [markdown]
# **Why** does the weight of the loss hardly matter if positions are read by argmax, and the
# optimiser is Adam?
#
# <details><summary>Answer</summary>
#
# Then no weight of the network gets gradients from both parts: the heat maps' part moves the first
# stage, the 3D part the second one. A factor in front of all gradients of a weight cancels in Adam,
# which divides by their size.
#
# </details>
#
# ### Where to start
#
# With the soft-argmax, both parts move the first stage, and the weight decides which one is
# stronger. Compare their gradients, the second one times the report's 0.01: in networks with new
# weights, and in those that were `started` separately. The row between them has new weights too,
# but the lifting network's first batch normalisation leaves numbers as they are instead of dividing
# by their standard deviation in the mini-batch.


# %%
def with_soft(network: ImageTo3D) -> ImageTo3D:
    """A copy of a network that reads positions by soft-argmax."""
    network = deepcopy(network)
    network.read_positions = read_soft
    return network


def without_first_norm(network: ImageTo3D) -> ImageTo3D:
    """The network, with nothing in place of the lifting network's first batch normalisation."""
    network.lifting_network.first[1] = nn.Identity()
    return network


starts = {
    "new weights": lambda seed: fresh_stages(seed, read_soft),
    "new weights, first batch norm. left out": lambda seed: without_first_norm(
        fresh_stages(seed, read_soft)
    ),
    "started separately": lambda seed: with_soft(started[seed]),
}
rows = ["| | gradient of the 3D part | 0.01 times the 2D part's |", "|---|---|---|"]
for name, make in starts.items():
    of_3d, of_2d = zip(*(gradient_sizes(make(seed)) for seed in SEEDS), strict=True)
    rows.append(f"| {name} | {spread(of_3d)} | {spread([0.01 * size for size in of_2d])} |")
Markdown("\n".join(rows))

# %% [markdown]
# **Why** does batch normalisation make such a difference for new weights?
#
# <details><summary>Answer</summary>
#
# The heat maps of a new network are nearly flat, so that the soft-argmax finds all joints in the
# middle of the map, in every image. The first linear layer's numbers hardly differ from image to
# image, and batch normalisation divides them by their tiny standard deviation. It magnifies
# differences, and gradients with them.
#
# </details>
#
# What does the first stage learn with the report's weight, if both stages start with new weights?
# Here is the error of its positions in 2D, read by argmax, after a trial.


# %%
def trial_from_new_weights(seed: int) -> float:
    """The 2D error of a first stage that learns with the second one from the start."""
    network = fresh_stages(seed, read_soft)
    train_jointly(network, trial.replace(seed=seed), "new weights")
    predicted, truth = predict_all(
        network.heatmap_network, predict_2d, validation_set, first_part, target="pose_2d"
    )
    return float(mean_distance(predicted, truth))


compare(
    {
        "the mean pose": lambda seed: mean_error_2d,
        "heat maps alone": as_chosen,
        "both stages, soft-argmax, λ = 0.01": trial_from_new_weights,
    },
    "px",
    trial.epochs,
)

# %% [markdown]
# ### The trainings
#
# So the multi-task trainings begin where the first part of the separate ones ended, with a lifting
# network that was trained on true 2D poses. In the second part, all methods see the images equally
# often.
#
# The lifting network that went on with predicted poses has seen more poses than those of the
# multi-task trainings, though. So there are two more rows, made in the same way: a first stage
# after its second part, read by soft-argmax, and a lifting network that was trained on true poses
# and goes on with what this first stage finds. In one row the first stage was trained separately,
# in the other one with both losses; nothing else differs.

# %%
with_argmax, with_soft_argmax = "multi-task, argmax", "multi-task, soft-argmax"
separate_softly = "separate, then on predicted 2D, soft-argmax"
first_of_joint = "first stage of multi-task, then on predicted 2D, soft-argmax"
results[separate_softly] = []
results[with_argmax], results[with_soft_argmax], results[first_of_joint] = [], [], []
joint = []
for seed, start, network in zip(SEEDS, started, separate, strict=True):
    settings = second_part.replace(seed=seed)
    softly = with_soft(network)
    softly.lifting_network = deepcopy(start.lifting_network)
    results[separate_softly].append(go_on_lifting(softly, seed))
    keep = {"checkpoint_folder": CHECKPOINTS}
    name = f"{with_argmax}, seed {seed}"
    results[with_argmax].append(train_jointly(deepcopy(start), settings, name, **keep))
    joint.append(with_soft(start))
    name = f"{with_soft_argmax}, seed {seed}"
    results[with_soft_argmax].append(train_jointly(joint[-1], settings, name, **keep))
    first_only = deepcopy(joint[-1])
    first_only.lifting_network = deepcopy(start.lifting_network)
    results[first_of_joint].append(go_on_lifting(first_only, seed))

# %% [markdown]
# Two trainings with the same seed have the same first part. So take the difference for each seed
# first, and then its mean and deviation: what the methods have in common drops out.

# %%
pairs = (
    (on_predicted, on_true),
    (with_argmax, on_true),
    (with_argmax, on_predicted),
    (with_soft_argmax, on_true),
    (with_soft_argmax, on_predicted),
    (with_soft_argmax, with_argmax),
    (first_of_joint, separate_softly),
)
rows = ["| error of | minus that of | difference in mm |", "|---|---|---|"]
for name, other in pairs:
    differences = [a - b for a, b in zip(results[name], results[other], strict=True)]
    rows.append(f"| {name} | {other} | {spread(differences)} |")
Markdown("\n".join(rows))

# %% [markdown]
# And the weight of the loss, with the soft-argmax:


# %%
def weight_trial(seed: int, weight: float) -> float:
    """The MPJPE after a second part with another weight of the loss."""
    settings = second_part.replace(seed=seed)
    return train_jointly(with_soft(started[seed]), settings, f"λ = {weight:g}", weight)


compare(
    {
        "λ = 0.0001": partial(weight_trial, weight=0.0001),
        "λ = 0.01": lambda seed: results[with_soft_argmax][seed],
        "λ = 1": partial(weight_trial, weight=1.0),
    },
    "mm",
    second_part.epochs,
)

# %% [markdown]
# ## Compared with the report
#
# | | report, MPJPE in mm |
# |---|---|
# | lifting of true 2D poses | 56.23 |
# | separate training, public test set | 141.97 |
# | multi-task training, validation (S1) | 76.89 |
# | multi-task training, submission | 100.52 |

# %%
rows = ["| here, on S1 | MPJPE in mm |", "|---|---|"]
rows += [f"| {name} | {spread(errors)} |" for name, errors in results.items()]
Markdown("\n".join(rows))

# %% [markdown]
# The numbers cannot be compared one by one, and this is what differs:
#
# * Their images show people in a laboratory, ours are rendered, and ours are smaller: so are the
#   heat maps.
# * Our people and their movements are others, and the report does not say how good the mean pose is
#   for theirs.
# * They trained a ResNet-50 for 21 hours; on a CPU you train a small network for about a minute.
# * Our multi-task training starts from two trained stages. The report does not say that theirs did.
# * Their numbers are not all from the same images: see the left column. The report does not say
#   where 56.23 was measured.
#
# What can be compared is the order of the rows, and how far apart they are.

# %% [markdown]
# Here are the images on which each of the two first stages is farthest off, two for each.

# %% tags=["example"]
predicted = {}
for name, network in (("separate", separate[0]), ("multi-task", joint[0])):
    found, _ = predict_all(
        network.heatmap_network, predict_2d, validation_set, first_part, target="pose_2d"
    )
    predicted[name] = found
off = {name: (found - truth_2d).norm(dim=-1).mean(dim=-1) for name, found in predicted.items()}
worst = torch.cat([distance.argsort(descending=True)[:2] for distance in off.values()]).unique()
shape = (image_size, image_size)
plot_predictions(
    validation_set.batch(worst.tolist())["img"],
    to_01(truth_2d[worst], shape),
    {name: to_01(found[worst], shape) for name, found in predicted.items()},
    HUMAN36M,
)

# %% [markdown]
# **Why** are just these hard? Look for limbs that are hidden or cross each other, and for left and
# right exchanged.
#
# <details><summary>Answer</summary>
#
# A heat map is a guess for one joint by itself. Where two limbs look alike, as the two knees of a
# person seen from the side, its map has two hills, and the higher one wins, whatever the rest of
# the body says. A network that learns with the 3D loss as well pays for such a mistake twice, but
# it reads the same image.
#
# </details>

# %% [markdown]
# ## Flipping images
#
# A mirrored image is a new image for free, provided that its labels are mirrored, too. In 2D that
# is easy: x becomes (width - 1) - x, and left and right exchange their names.


# %%
def flipped(batch: DeviceDict, flip: Callable = flip_left_right) -> DeviceDict:
    """A mini-batch mirrored by ``flip``, with 2D poses in pixels."""
    size = (image_size, image_size)
    mirrored = flip(DeviceDict(batch, pose_2d=to_01(batch["pose_2d"], size)), HUMAN36M)
    return DeviceDict(mirrored, pose_2d=to_pixels(mirrored["pose_2d"], size))


# %%
compare(
    {
        "no flips": as_chosen,
        "half of the images flipped": partial(
            heatmap_trial, augment=partial(flipped, flip=flip_some_left_right)
        ),
    },
    "px",
    trial.epochs,
)

# %% [markdown]
# In a trial as short as this each image is seen once or a few times, so more variety can hardly
# help yet: no difference there says nothing about long trainings. In 3D it depends on the
# directions in which poses are given. The report's authors did not know them and had to leave flips
# out of the multi-task training. Ours are the camera's directions, and the camera's optical axis
# passes through the middle of the image: the mirror image of a scene is what the same camera would
# see of a scene with x reversed.
#
# This can be tested. Flip images with their 3D poses, project these, and compare with the flipped
# 2D poses. Then do the same as somebody who has poses in the directions of the *room*, and reverses
# x there. **Predict:** which of the two agrees?


# %%
def project(
    pose_3d: Float[Tensor, "batch joint 3"], batch: DeviceDict
) -> Float[Tensor, "batch joint 2"]:
    """Where the camera sees joints, whose pelvis is at the batch's ``pelvis``."""
    joints = pose_3d + batch["pelvis"][:, None]
    return batch["focal"][:, None, None] * joints[..., :2] / joints[..., 2:] + (image_size - 1) / 2


# %%
batch = validation_set.batch(range(len(validation_set)))
mirrored = flipped(batch)
mirrored["pelvis"] = batch["pelvis"] * torch.tensor([-1.0, 1.0, 1.0])
as_it_is = project(batch["pose_3d"], batch)
print(f"not flipped:          {mean_distance(as_it_is, batch['pose_2d']):.2f} px")
by_camera = project(mirrored["pose_3d"], mirrored)
print(f"x of the camera:      {mean_distance(by_camera, mirrored['pose_2d']):.2f} px")
in_room = batch["pose_3d"] @ batch["rotation"]
in_room = (in_room * torch.tensor([-1.0, 1.0, 1.0]))[:, list(HUMAN36M.mirrored)]
by_room = project(in_room @ batch["rotation"].mT, mirrored)
print(f"x of the room:        {mean_distance(by_room, mirrored['pose_2d']):.2f} px")

# %% [markdown]
# <details><summary>Answer</summary>
#
# The camera's directions agree, up to rounding. With the camera's rotation one can go from the room
# to the camera, flip, and go back. Without it the labels would be wrong, and by how much depends on
# where the camera stands.
#
# </details>

# %% [markdown]
# ### {question:two_stages_or_one}
#
# In about 250 words:
#
# 1. What do your tables, of differences and of errors, say about separate and multi-task training?
#    Give the numbers with their deviations, and say which differences you believe.
# 2. In the multi-task training with argmax, no gradient of the 3D loss reaches the first stage.
#    Still something about the second stage's training is different from separate training on true
#    2D poses. What is it, and how does the row "separate, then on predicted 2D" help you to tell
#    whether this is what matters?
# 3. What does the soft-argmax change, in principle and in your results? Which two rows differ only
#    in how the first stage was trained, and what do they say? Why can λ matter with the
#    soft-argmax, and which of its three values does your table tell apart?
# 4. The report compares 141.97 mm with 100.52 mm and 76.89 mm. Which of these comparisons is fair?
#    What is missing before one can say that multi-task training itself made the difference?

# %% [markdown] question="two_stages_or_one"
# Write your answer here.
#
# === BEGIN MARK SCHEME ===
#
# * **1 point, the result.** Numbers from the student's own table with their deviations. Only
#   differences of at least twice their deviation are called results; the table of differences for
#   each seed is the one to use. 0.5 instead of 1 if the deviations are ignored. In the reference
#   run soft-argmax is better than argmax (-7.6 ± 0.9), both are worse than "separate, then on
#   predicted 2D" (10.0 ± 0.8 and 2.4 ± 0.5), and argmax minus "lifting trained on true 2D" (-2.6 ±
#   1.5) is no result.
# * **1.5 points, what the second stage sees.** In the multi-task training it learns from predicted
#   2D poses, with the errors that it is going to meet, and these change while it learns. In
#   separate training on true poses it meets errors for the first time when it is tested. Training
#   on predicted poses separately has the first advantage too: if it does as well or better, the
#   shared training is not what helps. 0.5 for what the second stage sees, 0.5 for how this differs
#   from training on true poses, 0.5 for the use of the row. An answer that this row's lifting
#   network also trained twice as long, so that the row alone does not separate the two causes,
#   earns the last 0.5, too.
# * **1.5 points, the soft-argmax.** Gradients of the 3D loss reach the first stage, whose heat maps
#   may then serve the 3D pose instead of looking like Gaussians. It depends on λ, since two parts
#   move the same weights; with argmax and Adam, λ cancels. The two rows with soft-argmax whose
#   lifting networks went on with predicted poses differ only in the first stage's training. 0.5 for
#   the gradients, 0.5 for λ, 0.5 for naming rows that differ in nothing else and reporting their
#   difference as it is. In the reference run, training the first stage with both losses makes it
#   better by 1.4 ± 0.8 mm, which is no result; λ = 0.0001 is worse than 0.01, and 0.01 and 1 do not
#   differ.
# * **1 point, the report.** 0.5: comparing 141.97 with 100.52 is the fairer one, since both are
#   from test data, though the report does not say that it is the same set; 76.89 is from the
#   validation subject, so comparing it with 141.97 is not fair. 0.5 for any two of these, which are
#   missing: several seeds, the same length of training for both, separate training on predicted
#   poses, which failed there.
#
# An answer without numbers of the student's own earns at most the point for the report.
#
# === END MARK SCHEME ===

# %% [markdown]
# ## Optional: make it yours
#
# None of this is graded. Train another option from the table for longer. Train the first stage with
# flips, and both stages with the camera's flips. Find a way to train both stages together from new
# weights. Read positions with `read_refined` in the multi-task training: does the gradient that it
# passes help? On a GPU the notebook chooses a ResNet-50 and images of 256 pixels.
#
# ## References
#
# * Omar Elkhatab and Tim Franzmeyer, “3D Human Pose Estimation”, project report, ETH Zurich: the
#   experiments that this notebook follows.
# * Julieta Martinez, Rayat Hossain, Javier Romero and James J. Little, “A simple yet effective
#   baseline for 3D human pose estimation”, ICCV 2017: the lifting network and its limit for
#   weights.
# * Bin Xiao, Haiping Wu and Yichen Wei, “Simple baselines for human pose estimation and tracking”,
#   ECCV 2018: heat maps by transposed convolutions.
# * Xiao Sun, Bin Xiao, Fangyin Wei, Shuang Liang and Yichen Wei, “Integral human pose regression”,
#   ECCV 2018: the soft-argmax.
# * Feng Zhang, Xiatian Zhu, Hanbin Dai, Mao Ye and Ce Zhu, “Distribution-aware coordinate
#   representation for human pose estimation”, CVPR 2020: positions between pixels.
# * Catalin Ionescu, Dragos Papava, Vlad Olaru and Cristian Sminchisescu, “Human3.6M: large scale
#   datasets and predictive methods for 3D human sensing in natural environments”, IEEE Transactions
#   on Pattern Analysis and Machine Intelligence 36, 2014: the data.
#
# **The real data.** Human3.6M is given to researchers who register with an academic address and
# accept its licence, at [vision.imar.ro/human3.6m](http://vision.imar.ro/human3.6m). It may not be
# handed on, so it is not part of the course. `Human36MDataset??` shows the layout of the file that
# this notebook reads.
