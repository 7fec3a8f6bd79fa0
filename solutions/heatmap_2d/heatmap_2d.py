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
# # 2D pose by heat maps and by integration
#
# A camera on a helmet looks down at the person wearing it. Where in the image are the head, the
# elbows, the toes? In this assignment a network answers in three ways:
#
# * **regression**: the network outputs 36 numbers, an x and a y for each of 18 joints;
# * **heat maps**: it draws a map for each joint, and we take the brightest pixel;
# * **integral regression**: it draws a map for each joint too, but we take the *mean* position.
#
# You write the parts that differ, train each network from scratch, and find out which method is
# best *here*. Published comparisons disagree, so only your own numbers will tell.
#
# **Afterwards you can** draw a heat map for every joint of a mini-batch without a loop, and read
# positions back from maps; say why no gradient passes through an argmax, and what a soft-argmax
# does instead; overfit one batch before you train for minutes; and compare methods whose losses
# have different units.
#
# **You need** tensors and broadcasting in PyTorch, and an idea of how a network is trained: loss,
# gradient, epoch. If a line full of brackets and `None`s looks unfamiliar, do the preliminaries
# first.
#
# {notebook:effort}
#
# **How it works.** You complete the cells marked `# TODO`. The `check(...)` cell below each of them
# tells you what is right, what is wrong and where to look; run it as often as you like. Each
# exercise has two hints, which stay folded until you open them: a nudge first, then a sketch.
#
# Every function in this notebook keeps three promises, because training relies on them. It computes
# in the dtype and on the device of its first argument, and its result has that dtype and that
# device. It leaves its arguments unchanged. And it processes all samples at once, without a loop in
# Python.
#
# Tensors may come in any memory layout: a transposed one is as good as a fresh one. And results may
# differ from ours by rounding errors, which are tiny in float64.
#
# {notebook:handing_in}

# %% tags=["setup"]

# %%
import time

import matplotlib.pyplot as plt
import torch
from IPython.display import Markdown, display
from jaxtyping import Bool, Float, UInt8
from torch import Tensor
from torch.nn.functional import l1_loss

from data_stubs import ensure_egocap
from poselab import check
from poselab.coordinates import to_01, to_pixels
from poselab.datasets import DeviceDict, EgoCapDataset
from poselab.networks.heatmaps import heatmap_network, regression_network
from poselab.plots.comparison import compare_positions
from poselab.plots.curves import (
    LiveCurves,
    plot_error_fractions,
    plot_histories,
    plot_joint_errors,
)
from poselab.plots.figure import styles_of
from poselab.plots.heatmaps import plot_heatmaps
from poselab.plots.poses import plot_pose, plot_predictions, plot_worst
from poselab.profiles import load_profile
from poselab.training.augmentation.images import (
    flip_left_right,
    flip_some_left_right,
    jitter_colour,
    jitter_gamma,
    rotate,
)
from poselab.training.checkpoints import training_folder
from poselab.training.loop import gradient_step, predict_all, train
from poselab.training.map_losses import (
    cross_entropy_of_maps,
    localisation_prior,
    map_probabilities,
)
from poselab.training.optimisers import muon_and_adamw
from poselab.widgets.heatmaps import explore_heatmap, explore_soft_argmax

# %% [markdown]
# A *profile* sets how much work your machine gets: few images and few epochs on a CPU, more on a
# GPU. You need not change it. The long trainings save each epoch in the folder `CHECKPOINTS`: if
# the session ends, run the cells again, and each training resumes where it stopped.

# %%
profile = load_profile("heatmap_2d")
CHECKPOINTS = training_folder("heatmap_2d")
profile

# %% [markdown]
# ## The data
#
# EgoCap shows people through the cameras on their own heads. Until you have the real file, a
# synthetic one with the same layout is made for you: articulated figures that move about in made-up
# rooms.

# %%
path = ensure_egocap(n_images=profile.n_images, seed=profile.seed)
# With the real data set, this is the one line to change:
# path = "EgoCap_nth10.hdf5"

# %%
train_set = EgoCapDataset(path, part="training")
validation_set = EgoCapDataset(path, part="validation")
skeleton = train_set.skeleton

# %% [markdown]
# One example is a dictionary of tensors. A `DeviceDict` is a dictionary that can move all its
# tensors to a GPU at once.

# %%
# NBVAL_CHECK_OUTPUT
example = train_set[0]
for key, value in example.items():
    print(key, tuple(value.shape), value.dtype)

# %% [markdown]
# Look at some images and their poses. The camera hangs in front of the forehead: the head is at the
# top, near and large; the feet are far away and small; and the left side of the body is on the
# right of the image.

# %%
some = train_set.batch(torch.linspace(0, len(train_set) - 1, 8).long())
plot_pose(some["img"], some["pose_2d"])

# %% [markdown]
# Take a minute to look at these images. Which joints can *you* find at once, and which only by
# guessing? Write down your answer; we come back to it in Task III.

# %% [markdown]
# ## Coordinates
#
# `pose_2d` is given in 0..1: u = x / (W - 1) and v = y / (H - 1), so 0 is the centre of the first
# pixel and 1 the centre of the last one. The same pose therefore fits images of every size.

# %%
IMAGE_SIZE = (128, 160)  # (height, width)
MAP_SIZE = (32, 40)  # the heat maps are smaller than the images: fewer pixels, less work

# %%
# NBVAL_CHECK_OUTPUT
corner_01 = torch.tensor([1.0, 1.0])
print(to_pixels(corner_01, IMAGE_SIZE))
print(to_pixels(corner_01, MAP_SIZE))

# %% [markdown]
# So a step of one pixel on a map is 159 / 39 = 4.08 pixels of the image, not 160 / 40 = 4. Multiply
# by 4 and you are almost right at the left edge, but three pixels off at the right.
#
# Names in this notebook state the unit: `pose_01`, `pose_px`. We compare the methods in pixels *of
# the image*, whatever unit they use inside.

# %% [markdown]
# A joint may lie just outside the image, although none does in the synthetic data. No heat map can
# show such a joint, so *we* count it as not visible when we train with heat maps. The functions
# that you write need not think of that: they are told which joints are visible.


# %%
def inside(pose_01: Float[Tensor, "batch joint 2"]) -> Bool[Tensor, "batch joint"]:
    """Which joints lie inside the image."""
    return ((pose_01 >= 0) & (pose_01 <= 1)).all(dim=-1)


# %% [markdown]
# ## The yardstick
#
# Decide how to measure *before* you have anything to measure. The three methods have different
# losses in different units, so their losses cannot be compared. Distances in the image can.
#
# The shapes stand in the signatures. `Float[Tensor, "batch joint 2"]` is a tensor of floating-point
# numbers with three dimensions: a pose for each sample, a position for each joint, and two numbers,
# x and y. A word that occurs twice has the same size in both places; `Float[Tensor, ""]` is a
# single number.

# %% [markdown]
# ### {exercise:joint_error}
#
# For each joint, compute the Euclidean distance between its predicted and its true position; then
# take the mean over all visible joints of all poses. If no joint is visible, the error is 0.
#
# Hidden joints do not count at all, and a perfect prediction has an error of exactly 0.
#
# <details><summary>Hint 1</summary>
#
# Take two joints, one perfect and one 10 pixels off: the answer is 5. If yours is 7.07 or 50, look
# at the order in which you take roots and means. If it is 2.5, look at what you average over.
#
# Whether a pose has many visible joints or few, every visible *joint* counts the same.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Three steps, with their shapes: differences (B, J, 2), then distances (B, J), then one number. The
# last step is a sum divided by a count. Which of the two does a hidden joint change in your code,
# and is the count ever 0?
#
# </details>


# %% exercise="joint_error"
def joint_error(
    predicted: Float[Tensor, "batch joint 2"],
    target: Float[Tensor, "batch joint 2"],
    visible: Bool[Tensor, "batch joint"] | None = None,
) -> Float[Tensor, ""]:
    """The mean Euclidean distance over all visible joints, in the unit of the poses.

    Args:
        predicted: predicted positions (x, y).
        target: true positions (x, y), in the same unit.
        visible: which joints count, as booleans or as 0 and 1; all of them by default. If none is
            visible, the error is 0.

    Example: one joint predicted at (4, 6) whose true position is (1, 2) gives 5.
    """
    ### BEGIN SOLUTION
    difference = predicted - target
    if visible is None:
        return torch.linalg.vector_norm(difference, dim=-1).mean()
    visible = visible.bool()
    difference = difference.masked_fill(~visible[:, :, None], 0)
    return torch.linalg.vector_norm(difference, dim=-1).sum() / visible.sum().clamp(min=1)
    ### END SOLUTION


# %% [markdown]
# What is a good error? Here is the laziest method there is: whatever the image, it predicts the
# mean of all training poses.

# %%
mean_pose_px = to_pixels(train_set.poses_01.mean(dim=0), IMAGE_SIZE)
target_px = to_pixels(validation_set.poses_01, IMAGE_SIZE)
mean_pose_error = joint_error(mean_pose_px.expand_as(target_px), target_px)
print(f"error of the mean pose: {mean_pose_error:.1f} px")

# %% [markdown]
# A network that is not clearly better than this has not looked at the image.

# %% [markdown]
# ## Task 0. Regression: the numbers themselves
#
# This one is given. A method consists of two functions: an *objective*, which is the loss to
# minimise, and a *prediction* of poses in 0..1. Everything else is the same for all three methods.
#
# The networks are given, too. Both begin with the same encoder, convolutions that halve the map
# again and again (channels x height x width):
#
# ```text
# image 3x128x160 -> 16x64x80 -> 32x32x40 -> 64x16x20 -> 96x8x10 -> 128x4x5 -> 2 linear layers -> 36
#                                    |           |           |          |           (regression)
# logits 18x32x40 <------------- 32x32x40 <- 64x16x20 <- 96x8x10 <-----+            (heat maps)
# ```
#
# The network for heat maps goes all the way back up and adds the encoder's map at each size: a deep
# map knows *what* is where, roughly; a shallow one knows the edges, precisely. Its last layer's
# numbers are called *logits*: any real numbers, not yet probabilities or brightnesses. On a GPU
# the encoder is a ResNet-50. The code is short: `poselab/networks/heatmaps.py`.
#
# All are trained with Muon (`poselab/training/optimisers.py`), which rescales the update of each
# convolution so that rare directions move as far as frequent ones. We chose it because trainings
# are short here: after 10,000 images it left 5.1 pixels of error where the usual AdamW left 8.2.


# %%
def regression_objective(network: torch.nn.Module, batch: DeviceDict) -> Float[Tensor, ""]:
    """The mean absolute error of the coordinates."""
    return l1_loss(network(batch["img"]), batch["pose_2d"])


def regression_predict(
    network: torch.nn.Module, batch: DeviceDict
) -> Float[Tensor, "batch joint 2"]:
    """The network's output is the pose already."""
    return network(batch["img"])


# %% [markdown]
# Why the mean *absolute* error, l1, and not the squared one? A hidden toe that is 40 pixels off
# weighs 1600 times as much as a wrist that is one pixel off if errors are squared: the network
# would spend its effort on the few hopeless joints. And our yardstick is a distance, not its
# square.
#
# We keep everything we train here, for the comparison in Task III, where each method has the same
# colour and the same marker in all figures.

# %%
methods, histories = {}, {}
STYLES = styles_of(["regression", "heat maps", "integral"])


def error_px(
    predicted_01: Float[Tensor, "batch joint 2"], target_01: Float[Tensor, "batch joint 2"]
) -> Float[Tensor, ""]:
    """The error in pixels of the picture, from poses in 0..1."""
    return joint_error(to_pixels(predicted_01, IMAGE_SIZE), to_pixels(target_01, IMAGE_SIZE))


# %% [markdown]
# **Overfit one batch first.** Before you train for minutes, let the network learn 8 images by heart
# and test it on the very same 8. That takes seconds and says nothing about new people. But if even
# this fails, something is wrong between the images and the loss, and no long training will mend it.
#
# **Predict:** the mean pose is about 14 pixels off. How far off is a network after 60 steps on
# these 8 images alone?


# %%
def overfit(make_network, objective, predict):
    """The error in pixels on 8 images after some steps on the same 8."""
    network = make_network(profile).train()
    optimiser = muon_and_adamw(network, profile.learning_rate)
    few = train_set.batch(range(8)).to(profile.device)
    for _ in range(profile.overfit_steps):
        gradient_step(network, few, objective, optimiser)
    with torch.no_grad():
        return error_px(predict(network, few), few["pose_2d"])


# %%
error = overfit(regression_network, regression_objective, regression_predict)
print(f"error on the 8 images: {error:.1f} px")

# %% [markdown]
# <details><summary>Answer</summary>
#
# About 3 to 9 pixels on a CPU: it is learning, though it is not done. An error that stays above
# that of the mean pose would be the sign of a mistake.
#
# </details>

# %%
regression_net = regression_network(profile)
histories["regression"] = train(
    regression_net,
    regression_objective,
    regression_predict,
    train_set,
    validation_set,
    profile,
    error=error_px,
    target="pose_2d",
    checkpoint_folder=CHECKPOINTS,
    on_epoch=LiveCurves(styles=STYLES),
    name="regression",
)
methods["regression"] = (regression_net, regression_predict)

# %% [markdown]
# The left curve is the loss, the right one the error in pixels on people the network has never
# seen. Is the error still falling at the end? Remember what you see: all methods are trained for
# the same number of epochs, which the legend states.

# %%
examples = torch.linspace(0, len(validation_set) - 1, 4).long()
batch = validation_set.batch(examples)
with torch.no_grad():
    pose_01 = regression_predict(regression_net, batch.to(profile.device))
plot_predictions(batch["img"], batch["pose_2d"], {"regression": pose_01}, styles=STYLES)

# %% [markdown]
# ## Task I. Heat maps
#
# A convolutional network is good at saying *what is here*, with the same weights at every position
# in the image. So do not ask it for coordinates. Ask it for a map that is bright where the joint
# is.
#
# To train it, we need such maps as targets. The usual choice is a round hill of height 1:
#
# $$h(x, y) = \exp\left(-\frac{(x - j_x)^2 + (y - j_y)^2}{2\sigma^2}\right)$$
#
# where $(j_x, j_y)$ is the joint's position and $\sigma$ the hill's width, all in pixels of the
# map.

# %% [markdown]
# ### {exercise:gaussian_heatmap}
#
# Draw one such hill. The joint may lie between pixels: the value 1 belongs to its true position,
# and the pixels around it may all be lower. It may lie outside the map, too: then the map shows the
# part of the hill that reaches into it.
#
# <details><summary>Hint 1</summary>
#
# Start with the squared distances along x only, a row of W numbers, and print its shape. What shape
# do those along y need, so that the sum is a whole map?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# A row (W) and a column (H, 1) broadcast to a map (H, W). The first joint coordinate belongs to the
# row, the second to the column; `size` is the other way round.
#
# If the check complains about dtype or device: `torch.arange` does not know what you will combine
# its result with. Tell it.
#
# </details>


# %% exercise="gaussian_heatmap"
def gaussian_heatmap(
    joint: Float[Tensor, "2"], size: tuple[int, int], sigma: float
) -> Float[Tensor, "height width"]:
    """A heat map with a round hill of height 1 at one joint.

    Args:
        joint: its position (x, y) in pixels of the map, not necessarily whole numbers.
        size: (height, width) of the map.
        sigma: the hill's standard deviation in pixels.

    Example: for a joint at (2, 1), a size of (3, 4) and sigma 1, the pixel [1, 2] is 1 and its four
    neighbours are exp(-1/2) = 0.607.
    """
    ### BEGIN SOLUTION
    height, width = size
    x = torch.arange(width, dtype=joint.dtype, device=joint.device)
    y = torch.arange(height, dtype=joint.dtype, device=joint.device)
    squared_distance = (x - joint[0]) ** 2 + (y[:, None] - joint[1]) ** 2
    return torch.exp(-squared_distance / (2 * sigma**2))
    ### END SOLUTION


# %% [markdown]
# Play with it. Move the joint slowly from one pixel to the next and watch the neighbours. Then find
# the smallest sigma for which you can still tell by eye *where between two pixels* the joint is.

# %%
explore_heatmap(gaussian_heatmap)

# %% [markdown]
# ### {exercise:render_heatmaps}
#
# Now draw the maps of all joints of a whole mini-batch at once, without a loop. A joint that is not
# visible gets a map of zeros. Its coordinates may then be anything, even `nan`. A visible joint
# outside the map is drawn like any other: `visible` alone decides.
#
# <details><summary>Hint 1</summary>
#
# Write down the shapes before the code: the result is (B, J, H, W). Which shapes must the joints'
# x, the joints' y, the columns and the rows have, so that broadcasting does the rest?
#
# And what is `nan * 0`?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Each joint's x is one number per map: (B, J, 1, 1). The columns vary along the last dimension
# only, the rows along the one before it: pad either with dimensions of size 1 until it has four.
# `visible` is one boolean per map. Multiplying by it leaves `nan` where `nan` was; look for
# something that *puts* a value where a mask is true.
#
# </details>


# %% exercise="render_heatmaps"
def render_heatmaps(
    poses: Float[Tensor, "batch joint 2"],
    size: tuple[int, int],
    sigma: float,
    visible: Bool[Tensor, "batch joint"] | None = None,
) -> Float[Tensor, "batch joint height width"]:
    """One heat map for every joint of every pose.

    The arguments need not be contiguous in memory.

    Args:
        poses: positions (x, y) in pixels of the map.
        size: (height, width) of the maps.
        sigma: the hills' standard deviation in pixels.
        visible: which joints are visible, as booleans or as 0 and 1; all of them by default. A
            joint that is not visible gets a map of zeros.

    Example: 8 poses of 18 joints and a size of (32, 40) give the shape (8, 18, 32, 40).
    """
    ### BEGIN SOLUTION
    height, width = size
    x = torch.arange(width, dtype=poses.dtype, device=poses.device)
    y = torch.arange(height, dtype=poses.dtype, device=poses.device)
    # exp(a + b) = exp(a) * exp(b): only a row and a column of each map need the exponential.
    across = torch.exp(-((x - poses[:, :, :1]) ** 2) / (2 * sigma**2))
    down = torch.exp(-((y - poses[:, :, 1:]) ** 2) / (2 * sigma**2))
    if visible is not None:
        is_hidden = ~visible.bool()[:, :, None]
        across, down = across.masked_fill(is_hidden, 0), down.masked_fill(is_hidden, 0)
    return down[:, :, :, None] * across[:, :, None, :]
    ### END SOLUTION


# %% [markdown]
# Here are the maps, drawn over their image. A cross marks each joint's true position: every hill
# should sit on its cross. The numbers above are each map's least and greatest value.

# %% tags=["example"]
SIGMA = 2.0
poses_px = to_pixels(batch["pose_2d"], MAP_SIZE)
targets = render_heatmaps(poses_px, MAP_SIZE, SIGMA, inside(batch["pose_2d"]))
plot_heatmaps(batch["img"][0], targets[0], pose_01=batch["pose_2d"][0])

# %% [markdown]
# ### {exercise:heatmap_argmax}
#
# Now the way back: from each map to the position (x, y) of its one brightest pixel. If several
# pixels are equally bright, any one of them is right.
#
# <details><summary>Hint 1</summary>
#
# The brightest column and the brightest row, found separately, need not cross at a bright pixel:
# think of a map with two equal peaks. Search all pixels of a map together.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Make the two last dimensions one: (B, J, H, W) becomes (B, J, H * W), and `argmax` over it (B, J).
# The number that it returns is the one you met in the preliminaries, the flat index; now you need
# the way back from it, a division and its remainder. Does the width or the height belong in there?
# On a square map you would never notice.
#
# </details>


# %% exercise="heatmap_argmax"
def heatmap_argmax(
    heatmaps: Float[Tensor, "batch joint height width"],
) -> Float[Tensor, "batch joint 2"]:
    """The position (x, y) of each map's maximum, in pixels of the map, with the maps' dtype.

    Args:
        heatmaps: any real numbers of any floating-point dtype, be it float16 or float64.

    Example: a map of zeros except for a 1 at [row 1, column 6] gives (6.0, 1.0).
    """
    ### BEGIN SOLUTION
    width = heatmaps.shape[-1]
    index = heatmaps.flatten(start_dim=-2).argmax(dim=-1)
    return torch.stack((index % width, index // width), dim=-1).to(heatmaps.dtype)
    ### END SOLUTION


# %% [markdown]
# An experiment before any training. Suppose a network were *perfect* and drew exactly the target.
# How precisely would the brightest pixel give the joint's position? We draw 2000 positions at
# random, render them, and read them back.
#
# **Predict:** what shape will the cloud of errors have, and how wide will it be? One pixel of the
# map is 4.08 pixels of the image.

# %% tags=["example"]
torch.manual_seed(0)
truth_px = torch.rand(1, 2000, 2) * 20 + 5
found_px = heatmap_argmax(render_heatmaps(truth_px, MAP_SIZE, SIGMA))
errors = to_pixels(to_01(found_px - truth_px, MAP_SIZE), IMAGE_SIZE)[0]
figure, axes = plt.subplots(figsize=(4, 4), layout="constrained")
axes.scatter(*errors.T, s=3)
axes.set(aspect="equal", title="a perfect network")
axes.set(xlabel="x error (pixels of the image)", ylabel="y error (pixels of the image)")
plt.show()

# %% [markdown]
# The errors fill a square that reaches two pixels in each direction; on average they are about 1.6
# pixels. Why a square, and why two pixels? Would a larger sigma help? Would a larger map? Keep your
# answer for Task III.
#
# <details><summary>Answer</summary>
#
# The brightest pixel is the one nearest to the joint, so the joint may lie anywhere within half a
# pixel of it, along x and along y independently: a square. Half a pixel of the map is 2.04 pixels
# of the image. Sigma makes the hill wider, but leaves its top where it is: it does not help. A map
# with twice as many rows and columns halves the error, and costs four times the work.
#
# </details>

# %% [markdown]
# ### {exercise:heatmap_loss}
#
# How far is a predicted map from its target? Take the squared error, averaged over the pixels of
# each map, then average over the *visible* joints of the whole mini-batch. If no joint is visible,
# the loss is 0, and so is its gradient. A network learns through this number: wherever a joint is
# visible, autograd must be able to follow it back to `predicted`.
#
# <details><summary>Hint 1</summary>
#
# Two images with the same errors per visible joint should have the same loss, however many joints
# are hidden. What do you have to divide by? And what if that is 0?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# First one number per joint: (B, J, H, W) becomes (B, J). Then one number in all, a sum over the
# visible joints divided by how many there are, in the whole mini-batch and not image by image.
#
# `visible` has two dimensions fewer than the maps. Broadcasting aligns shapes on the right, and
# that is not where (B, J) belongs.
#
# </details>


# %% exercise="heatmap_loss"
def heatmap_loss(
    predicted: Float[Tensor, "batch joint height width"],
    target: Float[Tensor, "batch joint height width"],
    visible: Bool[Tensor, "batch joint"],
) -> Float[Tensor, ""]:
    """The squared error, averaged over pixels and then over all visible joints.

    The arguments need not be contiguous in memory.

    Args:
        predicted: the network's heat maps.
        target: the rendered heat maps, in the same dtype.
        visible: which joints count, as booleans or as 0 and 1. If none is visible, the loss is 0.

    Example: one visible joint whose map is off by 2 in each pixel, and any number of hidden joints,
    give a loss of 4.
    """
    ### BEGIN SOLUTION
    visible = visible.bool()
    difference = (predicted - target).masked_fill(~visible[:, :, None, None], 0)
    per_joint = difference.square().mean(dim=(-2, -1))
    return per_joint.sum() / visible.sum().clamp(min=1)
    ### END SOLUTION


# %% [markdown]
# One more experiment. A lazy network draws maps of zeros, whatever the image. What is its loss?

# %% tags=["example"]
sigmas = [0.5, 1.0, 1.5, 2.0, 3.0, 4.0]
visible = inside(batch["pose_2d"])
rendered = [render_heatmaps(poses_px, MAP_SIZE, sigma, visible) for sigma in sigmas]
losses = [heatmap_loss(torch.zeros_like(maps), maps, visible) for maps in rendered]
figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
axes.plot(sigmas, losses, "o-")
axes.set(xlabel="sigma (pixels of the map)", title="a network that draws nothing")
axes.set(ylabel="loss (mean squared error)", ylim=(0, None))
plt.show()

# %% [markdown]
# A loss of 0.01 sounds like success but means nothing: almost all of a map is background. Nor can
# you compare two values of sigma by their losses. That is one reason why we measure in pixels.

# %% [markdown]
# Now put the method together and train it. Which unit does each line work in?


# %%
def heatmap_objective(network: torch.nn.Module, batch: DeviceDict) -> Float[Tensor, ""]:
    """The loss between the network's maps and the target maps."""
    visible = inside(batch["pose_2d"])
    target = render_heatmaps(to_pixels(batch["pose_2d"], MAP_SIZE), MAP_SIZE, SIGMA, visible)
    return heatmap_loss(network(batch["img"]), target, visible)


def heatmap_predict(network: torch.nn.Module, batch: DeviceDict) -> Float[Tensor, "batch joint 2"]:
    """The brightest pixel of each map, in 0..1."""
    return to_01(heatmap_argmax(network(batch["img"])), MAP_SIZE)


# %% [markdown]
# <details><summary>Answer</summary>
#
# `batch["pose_2d"]` and what `heatmap_predict` returns are in 0..1, so that `error_px` can measure
# every method. `to_pixels(..., MAP_SIZE)` and `heatmap_argmax` work in pixels of the map, and
# `SIGMA` is in these, too. No line works in pixels of the image: only the yardstick does.
#
# </details>
#
# Again, 8 images first. **Predict:** could the error become 0?

# %%
error = overfit(heatmap_network, heatmap_objective, heatmap_predict)
print(f"error on the 8 images: {error:.1f} px")

# %% [markdown]
# <details><summary>Answer</summary>
#
# It cannot: the brightest pixel is 1.6 pixels off even if the maps are perfect, as your square of
# errors shows. Expect about 2 to 4 pixels on a CPU. If yours stays above 20, run the checks of the
# exercises above again.
#
# </details>

# %%
heatmap_net = heatmap_network(profile)
histories["heat maps"] = train(
    heatmap_net,
    heatmap_objective,
    heatmap_predict,
    train_set,
    validation_set,
    profile,
    error=error_px,
    target="pose_2d",
    checkpoint_folder=CHECKPOINTS,
    on_epoch=LiveCurves(styles=STYLES),
    name="heat maps",
)
methods["heat maps"] = (heatmap_net, heatmap_predict)

# %% [markdown]
# What does the network draw for a person it has never seen? Look for a map with two hills, and for
# one with none. The crosses are the true positions.

# %% tags=["example"]
with torch.no_grad():
    drawn = heatmap_net(batch["img"].to(profile.device))
plot_heatmaps(batch["img"][0], drawn[0], pose_01=batch["pose_2d"][0])

# %% [markdown]
# ## Task II. Integral regression
#
# The brightest pixel has two weaknesses. It jumps from pixel to pixel, as your square of errors
# shows. And nothing can be learned *through* it: nudge a pixel a little, and the answer does not
# change at all, so the gradient is zero. We had to invent target maps to get around that.
#
# The cure: turn each map into probabilities, and take the *mean* position,
#
# $$p = \mathrm{softmax}(\beta \cdot \text{logits}), \qquad
# (\bar{x}, \bar{y}) = \sum_{x, y} p(x, y)\,(x, y),$$
#
# where the softmax runs over *all* pixels of one map: each probability is at least 0, and together
# they add up to 1. The larger $\beta$, the more the brightest pixel outweighs the others.

# %% [markdown]
# ### {exercise:soft_argmax_2d}
#
# Compute that mean position for each map, without a loop. A network will learn through it: the
# gradient has to flow from the positions back to the logits.
#
# <details><summary>Hint 1</summary>
#
# `torch.softmax` takes one dimension, but a map has two. If each *row* of your probabilities adds
# up to 1, a whole map adds up to 32, and the mean lands far outside it.
#
# If you write `exp` and a division yourself, try logits of 1000.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The shapes on the way: logits (B, J, H, W), flattened to (B, J, H * W), probabilities of that
# shape, and back to (B, J, H, W). For the mean of x, ask first: how probable is each column? That
# is (B, J, W). Weight the columns' numbers with it, and sum.
#
# </details>


# %% exercise="soft_argmax_2d"
def soft_argmax_2d(
    logits: Float[Tensor, "batch joint height width"], beta: float = 1.0
) -> Float[Tensor, "batch joint 2"]:
    """The mean position (x, y) under softmax(beta * logits), over each whole map.

    Args:
        logits: any real numbers, one map per joint.
        beta: the larger it is, the closer the result is to the position of the maximum.

    Returns:
        Mean positions in pixels of the map: the first pixel's centre is 0.

    Example: logits that are all equal give the centre, (1.5, 1.0) for maps of 3 rows and 4 columns.
    """
    ### BEGIN SOLUTION
    height, width = logits.shape[-2:]
    x = torch.arange(width, dtype=logits.dtype, device=logits.device)
    y = torch.arange(height, dtype=logits.dtype, device=logits.device)
    probability = torch.softmax(beta * logits.flatten(start_dim=-2), dim=-1).reshape(logits.shape)
    mean_x = (probability.sum(dim=-2) * x).sum(dim=-1)
    mean_y = (probability.sum(dim=-1) * y).sum(dim=-1)
    return torch.stack((mean_x, mean_y), dim=-1)
    ### END SOLUTION


# %% [markdown]
# Here is a map with two hills, as drawn by a network that cannot tell the left hand from the right.
# Try two things:
#
# * Move beta from one end to the other. Where does the soft-argmax start, and where does it go?
# * Make the second hill as high as you can, with beta at 1. Is the answer on a hand at all? How
#   large is its error, compared with that of the wrong hand?

# %%
explore_soft_argmax(soft_argmax_2d)

# %% [markdown]
# <details><summary>Answer</summary>
#
# With a tiny beta all pixels count the same: the answer is the centre of the map. With a large one
# only the brightest counts: the answer is the hard argmax. With two hills of nearly the same height
# it lies between them, on neither hand; yet its error is only half that of a choice that turns out
# wrong. A network that is unsure does well to answer "in between", as far as distances go.
#
# </details>
#
# **Predict:** your maps from Task I are perfect targets, with a peak of 1. If you read them with
# the soft-argmax, do you get the joints back?

# %%
maps = render_heatmaps(poses_px, MAP_SIZE, SIGMA)
from_maps = soft_argmax_2d(maps)
compare_positions(poses_px[0], from_maps[0], size=MAP_SIZE)

# %% [markdown]
# <details><summary>Answer</summary>
#
# The joints all end up in one heap near the centre. The brightest pixel has the weight $e^1 = 2.7$,
# and each of a thousand background pixels has the weight $e^0 = 1$: together they win. A heat map
# in 0..1 is *not* logits.
#
# </details>
#
# Its logarithm is what the softmax asks for: *logits* are logarithms of probabilities, up to a
# constant, and may be any real numbers. The softmax of the logarithm is the hill again, scaled to
# add up to 1:

# %% tags=["example"]
logits = render_heatmaps(poses_px, MAP_SIZE, SIGMA).log()
from_logits = soft_argmax_2d(logits)
compare_positions(poses_px[0], from_logits[0], size=MAP_SIZE)

# %% [markdown]
# A joint close to the edge comes back slightly shifted. Why? And could a larger beta rescue
# the first of the two figures? Try 20.
#
# <details><summary>Answer</summary>
#
# At the edge a part of the hill is cut off, and the mean of what is left lies further inside. With
# beta at 20 the brightest pixel weighs $e^{20}$, far more than a thousand pixels of weight 1: the
# joints come back, each close to its brightest pixel. But then hardly any gradient reaches the
# other pixels.
#
# </details>
#
# In Task II the network itself outputs the logits, and can make them as large as it likes.

# %% [markdown]
# Now the point of it all: the gradient. In which direction would each pixel have to change to move
# the answer to the *right*? We try it on a map with one hill, and mark the answer.

# %% tags=["example"]
logits = gaussian_heatmap(torch.tensor([15.3, 12.6]), MAP_SIZE, 3.0).log()[None, None]
logits.requires_grad_()
soft_argmax_2d(logits)[0, 0, 0].backward()
limit = logits.grad.abs().max()
plt.imshow(logits.grad[0, 0], cmap="RdBu_r", vmin=-limit, vmax=limit)
plt.colorbar(label="d x / d logit (pixels)", shrink=0.8)
plt.plot(15.3, 12.6, "k+", ms=12)
plt.text(4, 12.6, "blue:\nto the left", ha="center", va="center")
plt.text(27, 12.6, "red:\nto the right", ha="center", va="center")
plt.title("where a brighter pixel moves the answer (+)")
plt.xlabel("x (pixels of the map)")
plt.ylabel("y (pixels of the map)")
plt.show()

# %%
# NBVAL_CHECK_OUTPUT
logits = torch.zeros(1, 1, *MAP_SIZE, requires_grad=True)
print("soft-argmax passes a gradient on:", soft_argmax_2d(logits).requires_grad)
print("argmax passes a gradient on:", heatmap_argmax(logits).requires_grad)

# %% [markdown]
# What is left of the method is short: no target maps, no sigma, just the pose. Its loss is that of
# Task 0. It does not build on Task I: the network starts from the same random weights as the one
# there.


# %%
def integral_predict(network: torch.nn.Module, batch: DeviceDict) -> Float[Tensor, "batch joint 2"]:
    """The mean position of each map, in 0..1."""
    return to_01(soft_argmax_2d(network(batch["img"])), MAP_SIZE)


def integral_objective(network: torch.nn.Module, batch: DeviceDict) -> Float[Tensor, ""]:
    """The mean absolute error of the coordinates."""
    return l1_loss(integral_predict(network, batch), batch["pose_2d"])


# %% [markdown]
# And 8 images first, as before.

# %%
error = overfit(heatmap_network, integral_objective, integral_predict)
print(f"error on the 8 images: {error:.1f} px")

# %% [markdown]
# About 0.7 to 2 pixels on a CPU: nothing is rounded here. Compare with Task I.

# %%
integral_net = heatmap_network(profile)
histories["integral"] = train(
    integral_net,
    integral_objective,
    integral_predict,
    train_set,
    validation_set,
    profile,
    error=error_px,
    target="pose_2d",
    checkpoint_folder=CHECKPOINTS,
    on_epoch=LiveCurves(styles=STYLES),
    name="integral",
)
methods["integral"] = (integral_net, integral_predict)

# %% [markdown]
# Nobody told this network what its maps should look like. Here are its probabilities, the softmax
# over each whole map, for the same image as before. Compare the hills with those of Task I: are
# they where the crosses are?

# %% tags=["example"]
with torch.no_grad():
    logits = integral_net(batch["img"].to(profile.device))
probabilities = map_probabilities(logits)
plot_heatmaps(batch["img"][0], probabilities[0], pose_01=batch["pose_2d"][0])

# %% [markdown]
# ## Task III. Which one is best?
#
# All three networks have seen the same images equally often. Now all three predict poses for the
# same validation images, and one yardstick measures them, in pixels of the image.

# %%
predictions = {"mean pose": mean_pose_px.expand_as(target_px)}
for name, (network, predict) in methods.items():
    predicted_01, _ = predict_all(network, predict, validation_set, profile, target="pose_2d")
    predictions[name] = to_pixels(predicted_01, IMAGE_SIZE)

# %%
table = ["| method | error in px | epochs | training in s |", "|---|---|---|---|"]
for name, predicted in predictions.items():
    history = histories.get(name)
    effort = f"{len(history.errors)} | {history.total_seconds:.0f}" if history else " | "
    table.append(f"| {name} | {joint_error(predicted, target_px):.2f} | {effort} |")
Markdown("\n".join(table))

# %% [markdown]
# One number per method hides a lot. How did each method get there? The losses have different units,
# so each is shown relative to where it started: compare shapes there, and errors on the right.

# %% tags=["example"]
if histories:
    display(plot_histories(*histories.values(), styles=STYLES))

# %% [markdown]
# Which joints are hard? Compare with the guess that you wrote down at the start. The mean pose is
# often so far off that an arrow has to say where.

# %%
joint_errors = {}
for name, predicted in predictions.items():
    errors = [joint_error(predicted[:, [j]], target_px[:, [j]]) for j in range(len(skeleton))]
    joint_errors[name] = torch.stack(errors)
plot_joint_errors(joint_errors, styles=STYLES)

# %% [markdown]
# Are the errors small everywhere, or mostly tiny with a few disasters? Sort the images by their
# error: each curve shows which fraction of the images stays below an error.

# %%
image_errors = {}
for name, predicted in predictions.items():
    pairs = zip(predicted, target_px, strict=True)
    errors = [joint_error(pose[None], truth[None]) for pose, truth in pairs]
    image_errors[name] = torch.stack(errors)
plot_error_fractions(image_errors, styles=STYLES)

# %% [markdown]
# The images themselves: each row is one image, each column one method.

# %%
predictions_01 = {name: to_01(predicted, IMAGE_SIZE) for name, predicted in predictions.items()}
plot_predictions(
    batch["img"],
    batch["pose_2d"],
    {name: predicted[examples] for name, predicted in predictions_01.items()},
    styles=STYLES,
)

# %% [markdown]
# And where does each method fail? These are its worst images, the worst one first. Is it the same
# images for all? Is a pose a little off everywhere, or is one limb somewhere else?

# %%
trained = {name: predictions_01[name] for name in methods}
if trained:
    display(plot_worst(validation_set, trained, image_errors, styles=STYLES))

# %% [markdown]
# ### {question:compare_methods}
#
# Compare regression, heat maps and integral regression in about 200 words:
#
# 1. Which method has the lowest error on *your* validation set, and by how much? What makes the
#    comparison fair, and what would you repeat before you trust the ranking?
# 2. *Where* does each method fail? Name joints or images, and the kind of mistake.
# 3. Explain one difference from how the methods work. Use one of your experiments: the square of
#    errors, the gradient, the map with two hills.
# 4. Describe one change (of the data, the map's size, the training time, ...) that could reverse
#    your ranking, and explain why.

# %% [markdown] question="compare_methods"
# Write your answer here.
#
# === BEGIN MARK SCHEME ===
#
# Any ranking of the methods can earn full marks: what counts is that it is the ranking of the
# student's own table.
#
# * **1 point, the result.** States the lowest error and its distance to the others from the table,
#   in pixels, and one reason why the comparison is fair (same validation images, same metric and
#   unit, same number of epochs, trained from scratch), and names what should be repeated (another
#   seed, other people). Half a point when losses are compared instead of pixels, or when the
#   numbers contradict the table.
# * **1 point, the failures.** Names at least one joint or image for which two methods differ, and
#   the kind of mistake (steps of the map's pixels, a jump to another joint, drawn towards the
#   centre or the mean pose).
# * **1 point, the explanation.** One difference follows from a mechanism, with an experiment of the
#   notebook: argmax rounds to the map's grid (about 1.6 px); no gradient through argmax, so the
#   loss is not the metric; the soft-argmax averages over several hills; regression loses position
#   in its linear layers.
# * **1 point, the prediction.** A concrete change, the ranking it would lead to, and a reason that
#   fits the mechanism. Half a point for a change without a reason.
#
# No points for an answer that only repeats what papers say.
#
# === END MARK SCHEME ===

# %% [markdown]
# ## Optional: make it yours
#
# None of this is graded, and each part stands on its own. Most parts need just one more argument to
# `train`, or another objective. For a training of your own, give it a `name` and a place in
# `methods` and `histories`, and run Task III again:
#
# ```python
# network = heatmap_network(profile)
# histories["mine"] = train(network, my_objective, integral_predict, train_set, validation_set,
#                           profile, error=error_px, target="pose_2d", name="mine",
#                           checkpoint_folder=CHECKPOINTS)
# methods["mine"] = (network, integral_predict)
# ```
#
# Where we say what to expect, we mean a tiny setting: 560 training images, 4 epochs in mini-batches
# of 8, one seed, positions on 140 validation images. There the integral method of Task II is
# 8.1 pixels off, and that of Task I 11.6. With more images differences shrink, and a difference of
# two pixels between two trainings may be chance: with another seed, Task II was 10.1 pixels off and
# Task I 12.6. Train with two seeds before you believe a ranking.

# %% [markdown]
# ### Never lose a training run
#
# On Colab a session can end at any time. `checkpoint_folder=CHECKPOINTS` has saved every epoch, and
# the same call resumes after the last complete one. Try it: interrupt a training in the middle, run
# its cell again, and compare the curves. To train anew, delete the folder.

# %% [markdown]
# ### More images from the same images
#
# A mirrored image is a new image. **Predict:** which of these two poses is its correct label?

# %% tags=["example"]
sample = validation_set[3]
mirrored = flip_left_right(sample, skeleton)
x, y = sample["pose_2d"].unbind(dim=-1)
plot_pose(
    torch.stack([sample["img"], mirrored["img"], mirrored["img"]]),
    torch.stack([sample["pose_2d"], torch.stack([1 - x, y], dim=-1), mirrored["pose_2d"]]),
    titles=["image", "mirrored: this pose?", "or this one?"],
)

# %% [markdown]
# <details><summary>Answer</summary>
#
# The one on the far right. Watch the colours of the limbs: in every image of this data set the left
# shoulder is on the right; a label that says otherwise teaches the network to confuse the sides.
# `flip_left_right` swaps the names as well:
#
# ```python
# augment=lambda batch: flip_some_left_right(batch, skeleton)
# ```
#
# </details>
#
# Three more ways to get another image: turn it, change its brightness and its colours, raise its
# channels to a power (gamma). **Predict:** which of them have to change the pose?

# %% tags=["example"]
torch.manual_seed(1)
four = validation_set.batch([3, 3, 3, 3])
changed = {"image": four, "rotate": rotate(four, 30)}
changed |= {"jitter_colour": jitter_colour(four), "jitter_gamma": jitter_gamma(four)}
plot_pose(
    torch.stack([each["img"][3] for each in changed.values()]),
    torch.stack([each["pose_2d"][3] for each in changed.values()]),
    titles=list(changed),
)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Only the rotation: light does not move joints. A joint may leave the image when it turns; `inside`
# then leaves it out of Task I's loss, but Task II's pulls towards a position that no map can show.
#
# </details>
#
# ```python
# augment=lambda batch: jitter_gamma(jitter_colour(rotate(batch)))
# ```
#
# What to expect: nothing good at once. In our tiny setting the integral method is 8.5 pixels off
# with other light and 8.3 with rotations instead of 8.1: images that vary more take longer to
# learn, and differences this small may be chance. Augmentation pays where a network has begun to
# learn its images by heart: when the loss still falls and the error on the validation set does
# not. Train for more epochs with it than without.

# %% [markdown]
# ### A prior: hills, please
#
# The integral method gets its *mean* right, and nothing asks for a hill there. In our tiny setting
# the brightest pixel of its maps is 27 pixels away from the joint, while the mean is 8.1 pixels
# off. So tell the network that a narrow hill is what you expect. `localisation_prior` measures how
# little each map's probabilities resemble one (0: not at all different, 0.69: nothing in common):


# %%
def objective_with_prior(network: torch.nn.Module, batch: DeviceDict) -> Float[Tensor, ""]:
    """The loss of Task II, and a reward for maps that are narrow hills."""
    logits = network(batch["img"])
    pose_01 = to_01(soft_argmax_2d(logits), MAP_SIZE)
    visible = inside(batch["pose_2d"])
    hills = render_heatmaps(to_pixels(batch["pose_2d"], MAP_SIZE), MAP_SIZE, 1.0, visible)
    return l1_loss(pose_01, batch["pose_2d"]) + localisation_prior(logits, hills)


# %%
error = overfit(heatmap_network, objective_with_prior, integral_predict)
print(f"error on the 8 images: {error:.1f} px")

# %% [markdown]
# **Predict:** does the prior help or hurt the mean? It asks for something that we do not measure.
#
# <details><summary>Answer</summary>
#
# It helps: 5.6 pixels instead of 8.1 in our tiny setting. A mean can be right for many wrong
# reasons; a hill can only be right in one place, so each map learns from all of its pixels. Reading
# only the pixels within two of the brightest one gives 5.2, because far-off probabilities no longer
# pull the mean. Without the prior that reading is 27 pixels off. In Nibali et al. (2018) the prior
# is part of the method.
#
# </details>

# %% [markdown]
# ### Another loss for heat maps
#
# The squared error of Task I asks how bright each pixel is. Most are dark, and drawing nothing is
# nearly perfect. The *cross-entropy* asks which pixel it is instead: the logits become
# probabilities, and the target hill, scaled to add up to 1, says where they should be.


# %%
def cross_entropy_objective(network: torch.nn.Module, batch: DeviceDict) -> Float[Tensor, ""]:
    """The cross-entropy between the maps' probabilities and narrow hills."""
    visible = inside(batch["pose_2d"])
    hills = render_heatmaps(to_pixels(batch["pose_2d"], MAP_SIZE), MAP_SIZE, 1.0, visible)
    return cross_entropy_of_maps(network(batch["img"]), hills)


# %%
error = overfit(heatmap_network, cross_entropy_objective, heatmap_predict)
print(f"error on the 8 images: {error:.1f} px")

# %% [markdown]
# The 8 images are learned at once: 1.6 pixels is as near as the brightest pixel can come. On new
# people, expect 5.5 pixels instead of 11.6 in our tiny setting, with the same `heatmap_predict`.
# These maps are logits, so `integral_predict` can read them, too (6.0 pixels). Which of the two
# readings do you expect to win when the error falls below two pixels, and why?
#
# <details><summary>Answer</summary>
#
# The mean: the brightest pixel is 1.6 pixels off even if the map is perfect, as your square of
# errors shows.
#
# </details>
#
# The squared error itself can be taught to look at the hills. Multiply it by `1 + 9 * target`
# before you average, so that a hill's top counts ten times as much as the background: that gave
# 7.1 pixels instead of 11.6.

# %% [markdown]
# ### The learning-rate schedule
#
# `train` first raises the learning rate and then lowers it. Is that better than a constant one?
#
# ```python
# from torch.optim.lr_scheduler import ConstantLR
#
# schedule=lambda optimiser, n_steps: ConstantLR(optimiser, factor=1.0)
# ```

# %% [markdown]
# ### How fast can it be?
#
# Maps as large as the images are 47 megabytes for 32 images. No function can return so much in less
# time than it takes to fill that memory. How close are yours? Other programs only ever slow a run
# down, so each function runs several times, in turn, and its fastest run counts.


# %%
def fastest_ms(functions, rounds=5):
    """The fastest of some alternating runs of each function, in milliseconds."""
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: min(runs) for name, runs in times.items()}


# %%
n_many = min(32, profile.n_images)
many_px = torch.rand(n_many, len(skeleton), 2) * torch.tensor([159.0, 127.0])
many_maps = torch.rand(n_many, len(skeleton), *IMAGE_SIZE)
milliseconds = fastest_ms(
    {
        "fill the memory": lambda: torch.full(many_maps.shape, 0.5),
        "an exponential for each pixel": lambda: torch.exp(many_maps),
        "render_heatmaps": lambda: render_heatmaps(many_px, IMAGE_SIZE, SIGMA),
        "copy the maps": lambda: many_maps.clone(),
        "the maps' probabilities": lambda: map_probabilities(many_maps),
        "soft_argmax_2d": lambda: soft_argmax_2d(many_maps),
    }
)
figure, axes = plt.subplots(figsize=(7, 2.8), layout="constrained")
axes.barh(list(milliseconds), list(milliseconds.values()), color=["#9aa0a6"] * 2 + ["#0072b2"])
axes.invert_yaxis()
axes.set(xlabel="fastest of 5 runs (milliseconds)", title=f"{n_many} x 18 maps of 128 x 160")
plt.show()

# %% [markdown]
# An obvious `render_heatmaps` computes an exponential for each pixel. With all that is around it,
# that took ten times as long as filling the memory when we measured it. If yours is like that: how
# many *different* exponentials does one map really need? Look at the formula again. And how many
# products does the mean position need, if you first ask how probable each column is?
#
# <details><summary>Answer</summary>
#
# The exponential of a sum is a product of exponentials:
#
# $$\exp\left(-\frac{(x - j_x)^2 + (y - j_y)^2}{2\sigma^2}\right)
# = \exp\left(-\frac{(x - j_x)^2}{2\sigma^2}\right)
# \exp\left(-\frac{(y - j_y)^2}{2\sigma^2}\right)$$
#
# The first factor depends on the column alone, the second on the row alone: 160 + 128 exponentials
# for each map instead of 160 x 128, and one product for each pixel. That took 1.1 times as long as
# filling the memory. A joint that is not visible needs zeros in its row and its column only.
#
# The mean is similar. All products of a probability and a position are 2 x 160 x 128 for each map.
# But the sum over the rows can come first: that leaves the probability of each column, 160 numbers
# to be multiplied. That saves a quarter of the time; what remains is the softmax itself.
#
# </details>

# %% [markdown]
# ### The leaderboard
#
# Improve any method: the loss, the map's size, sigma, beta, the network. Train from scratch, on the
# training part only, and hand in the trained model itself, beside this notebook. We run it on
# images of people and rooms that are in nobody's file, and rank it. It earns no points.
#
# | file | name | type | shape |
# |---|---|---|---|
# | `heatmap_2d.onnx`, input | `images` | uint8 | (batch, 3, 128, 160), any batch |
# | output | `joint_pos` | float32 | (batch, 18, 2), pixels of the image |
#
# The file has to hold everything, from the normalising of the bytes to the way from maps to
# positions. Here is your best method with all of that around it:


# %%
class SelfContained(torch.nn.Module):
    """A method as a model of its own: raw images in, joints in pixels out."""

    def __init__(self, network: torch.nn.Module, predict) -> None:
        super().__init__()
        self.network = network
        self.predict = predict

    def forward(self, images: UInt8[Tensor, "batch 3 128 160"]) -> Float[Tensor, "batch 18 2"]:
        """The positions (x, y) of all joints, in pixels of the image."""
        batch = DeviceDict(img=EgoCapDataset.normalise(images))
        return to_pixels(self.predict(self.network, batch), IMAGE_SIZE)


# %%
if methods:
    best = min(methods, key=lambda name: joint_error(predictions[name], target_px))
    submitted = SelfContained(*methods[best]).eval()
    raw = (255 * EgoCapDataset.denormalise(batch["img"].cpu())).round().to(torch.uint8)
    with torch.no_grad():
        found_px = submitted.cpu()(raw)
    print(f"{best}: {joint_error(found_px, to_pixels(batch['pose_2d'].cpu(), IMAGE_SIZE)):.2f} px")

# %% [markdown]
# To write it as such a file is the last exercise of `rnn_video`, `export_model`. Come back when you
# have solved that one; only the example that the exporter needs and the two names differ
# here. Before you hand the file in, `poselab verify heatmap_2d.onnx` on the command line tells you
# whether it meets the specification.
#
# One last thought. You chose the best of several methods by their errors on the validation part. Is
# the winner's error, measured on those very images, still an honest one?
#
# <details><summary>Answer</summary>
#
# Not quite: whichever method was lucky on these images won, and the luck is part of its error. The
# more methods you try, the luckier the winner. An honest error needs images that took no part in
# any choice: a third part, the test set.
#
# </details>

# %% [markdown]
# ## References
#
# * This assignment follows *Assignment 2: 2D Human Pose Estimation* of CPSC 532R/533R Visual AI by
#   Helge Rhodin and Yuchi Zhang, University of British Columbia.
# * Data: H. Rhodin, C. Richardt, D. Casas, E. Insafutdinov, M. Shafiei, H.-P. Seidel, B. Schiele,
#   C. Theobalt, *EgoCap: Egocentric Marker-less Motion Capture with Two Fisheye Cameras*, SIGGRAPH
#   Asia, 2016.
# * Heat maps: J. Tompson, R. Goroshin, A. Jain, Y. LeCun, C. Bregler, *Efficient Object
#   Localization Using Convolutional Networks*, CVPR, 2015; the hills first in J. Tompson, A. Jain,
#   Y. LeCun, C. Bregler, *Joint Training of a Convolutional Network and a Graphical Model for Human
#   Pose Estimation*, NeurIPS, 2014.
# * Integral regression: X. Sun, B. Xiao, F. Wei, S. Liang, Y. Wei, *Integral Human Pose
#   Regression*, ECCV, 2018.
# * The prior: A. Nibali, Z. He, S. Morgan, L. Prendergast, *Numerical Coordinate Regression with
#   Convolutional Neural Networks*, arXiv:1801.07372, 2018.
# * The optimiser: K. Jordan et al., *Muon: An optimizer for hidden layers in neural networks*
#   (2024).
#
# **The real data set.** The course above hands out every tenth image of EgoCap as one file,
# `EgoCap_nth10.hdf5`: 7057 images of 128 x 160 pixels with their poses. Ask your instructor for it,
# or ask the authors of EgoCap for the data. Then change the one line in *The data* that says so;
# nothing else changes.
