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
# # From 2D to 3D: lifting a skeleton
#
# A photograph has no depth. Yet you see at once whether a person in it points at you or away from
# you, because you know what people look like. Can a network know that, too?
#
# In this assignment a network gets nothing but the 2D positions of 15 joints and predicts where
# the joints are in 3D. It never sees an image, and it is made of linear layers only. You write the
# network, its training and two measures of its error, find out by experiment what each part of the
# network is worth, and look at the poses it gets wrong.
#
# **Afterwards you can** build a residual network, write a training epoch that measures what it
# claims to measure, align two shapes by Procrustes analysis, and say which differences between
# trainings you may trust.
#
# **You need** tensors, broadcasting and a first training with PyTorch, as in `heatmap_2d`.
#
# **How it works.** You complete the cells marked `# TODO`. The `check(...)` cell below each of them
# tells you what is right, what is wrong and where to look; run it as often as you like. Each
# exercise has a hint, which stays folded until you open it. The grader runs the same checks with
# other numbers.
#
# Functions of poses keep the same promises as in `heatmap_2d`, unless their exercise says
# otherwise. Such a function computes in the dtype and on the device of its first argument, and its
# result has that dtype and that device. It takes tensors in any memory layout and leaves its
# arguments unchanged. And it processes all poses and joints at once, without a loop in Python.

# %% tags=["setup"]

# %%
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from poselab import check
from poselab.datasets.lifting import NormalisedPoses
from poselab.profiles import load_profile

# %%
profile = load_profile("lifting_3d")
profile

# %% [markdown]
# ### {exercise:cal_mpjpe}
#
# How far off is a predicted pose? For each joint, take the Euclidean distance between where it is
# predicted and where it is; then average over the joints. This is the *mean per joint position
# error*, MPJPE.
#
# The network will return a pose as a row of 45 numbers, so your function has to accept both forms:
# (N, joint, 3) and (N, 3 * joint), the latter with x, y and z of joint 0 first, then those of
# joint 1, and so on. The number of joints is up to your caller.
#
# <details><summary>Hint</summary>
#
# Bring both poses into the form (N, joint, 3) first. One call does it for both forms; `-1` stands
# for the number that follows from the others. `view` fails for some memory layouts, `reshape` does
# not.
#
# The root belongs to a joint, not to a pose and not to the whole batch: sum three squares, take the
# root, and average afterwards.
#
# </details>


# %% exercise="cal_mpjpe"
def cal_mpjpe(
    pose_1: Float[Tensor, "pose joint 3"] | Float[Tensor, "pose 3*joint"],
    pose_2: Float[Tensor, "pose joint 3"] | Float[Tensor, "pose 3*joint"],
    avg: bool = True,
) -> Float[Tensor, ""] | Float[Tensor, " pose"]:
    """The mean Euclidean distance between the joints of two poses, in their unit.

    Args:
        pose_1: poses, in either form.
        pose_2: as many poses, in the same form.
        avg: whether to average over the poses, too. Without it, there is one number for each pose:
            the mean over its joints.

    Returns:
        One number, a tensor of shape (), or (N,) without `avg`. Equal poses have an error of 0.

    Example: all joints off by (2, -1, 2) give 3.
    """
    ### BEGIN SOLUTION
    difference = (pose_1 - pose_2).reshape(len(pose_1), -1, 3)
    error = torch.linalg.vector_norm(difference, dim=-1).mean(dim=1)
    return error.mean() if avg else error
    ### END SOLUTION


# %% [markdown]
# ### {exercise:LiftModel}
#
# Write the network. It follows Martinez et al., "A simple yet effective baseline for 3D human pose
# estimation" (2017), and consists of three parts:
#
# * A linear layer takes the 30 coordinates of a 2D skeleton to `hidden_layer` numbers. Its result
#   goes straight into the first block.
# * Then come `n_blocks` residual blocks, one after the other. Each does this twice: a linear layer,
#   batch normalisation, ReLU and dropout, in this order. Then the block's own input is added to the
#   result, and nothing follows the addition.
# * A last linear layer takes the result of the last block to `output_nodes` numbers. Nothing
#   follows it.
#
# Use PyTorch's layers `nn.Linear`, `nn.BatchNorm1d`, `nn.ReLU` and `nn.Dropout`, or the functions
# behind them, and leave their other options at their defaults. Every block has weights of its own.
# With the defaults below, the network has 4,284,461 parameters, and all of them can learn.
#
# <details><summary>Hint</summary>
#
# Write the block as a class of its own first. How do you make *several* of them, so that each has
# its own weights? `[block] * 2` is the same block twice.
#
# The network has to know its blocks: `parameters()`, `eval()` and `to()` find nothing in a plain
# Python list. Look for `nn.ModuleList` and `nn.Sequential`.
#
# `print(sum(p.numel() for p in LiftModel().parameters()))` counts the parameters. If it prints
# 4,286,509, there is one batch normalisation too many.
#
# </details>


# %% exercise="LiftModel"
class LiftModel(nn.Module):
    """Lifts 2D skeletons to 3D with residual blocks of linear layers.

    Args:
        n_blocks: how many residual blocks there are.
        hidden_layer: how many numbers go into a block and come out of it.
        dropout: the probability with which a number is dropped.
        output_nodes: how many numbers are predicted for each pose.
    """

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 15 * 3,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.enter = nn.Linear(15 * 2, hidden_layer)
        self.blocks = nn.ModuleList()
        for _ in range(n_blocks):
            layers: list[nn.Module] = []
            for _ in range(2):
                layers += [nn.Linear(hidden_layer, hidden_layer), nn.BatchNorm1d(hidden_layer)]
                layers += [nn.ReLU(), nn.Dropout(dropout)]
            self.blocks.append(nn.Sequential(*layers))
        self.leave = nn.Linear(hidden_layer, output_nodes)
        ### END SOLUTION

    def forward(self, joint_2d: Float[Tensor, "pose 30"]) -> Float[Tensor, "pose output"]:
        """Lift normalised 2D skeletons, each a row of 30 numbers.

        Args:
            joint_2d: any number of skeletons; in evaluation mode also a single one.

        Returns:
            `output_nodes` numbers for each skeleton. In evaluation mode they depend on that
            skeleton alone: not on the other ones of the call, not on earlier calls, not on chance.
            In training mode, numbers are dropped and the batch's own statistics normalise it.
        """
        ### BEGIN SOLUTION
        x = self.enter(joint_2d)
        for block in self.blocks:
            x = x + block(x)
        return self.leave(x)
        ### END SOLUTION


# %% [markdown]
# ### {exercise:run_epoch}
#
# Write one pass over a data set. The same function trains and measures: `split` says which.
#
# `data` is a data set of normalised poses, like `train_set` above. `len(data)` is the number of
# poses. `data.batch(indices)` returns a mini-batch: a dictionary with `joint_2d` (n, 30) and
# `joint_3d` (n, 45), both normalised, which `.to(device)` moves to the model's device.
# `data.statistics_3d.restore(x)` takes normalised coordinates (n, 45) back to the poses' unit.
#
# **Both results are means over all poses, not over batches.** The loss is the mean squared
# difference of the *normalised* coordinates. The MPJPE is in the unit of the poses, so restore
# predictions and targets before you compare them. Return them as two plain numbers, loss and MPJPE.
#
# **With `split="train"`** the model is in training mode, and every pose is used exactly once, in a
# random order that is another one in each epoch. The poses come in batches of `batch_size`. The
# last batch may be smaller; it is used as well. Each batch makes one step of `optimiser`, against
# the gradient of its own loss and of no other. Loss and MPJPE of a batch are those of the
# prediction that its step is made from. `scheduler` takes one step, at the end of the epoch, after
# the last step of the optimiser.
#
# **With any other split**, such as `"validation"` or `"test"`, the model predicts every pose once,
# in evaluation mode and without recording gradients. Nothing of the model, the optimiser or the
# scheduler changes, and the model is left in the mode it had.
#
# <details><summary>Hint</summary>
#
# Batches of 64 out of 100 poses: the second batch has 36. If you average the two batches' means,
# its poses count for nearly twice as much. Multiply each batch's mean by the number of its poses,
# add up, and divide by `len(data)` once.
#
# `torch.randperm` and `split` cut a random order into batches, the smaller one included.
#
# Remember `model.training` at the start. `torch.set_grad_enabled(flag)` is a context manager that
# serves both splits. And `loss` itself keeps its whole graph alive as long as you keep it: add up
# `loss.item()`.
#
# </details>


# %% exercise="run_epoch"
def run_epoch(
    epoch_no: int,
    data: NormalisedPoses,
    model: nn.Module,
    optimiser: Optimizer,
    scheduler: LRScheduler,
    batch_size: int = 64,
    split: str = "train",
) -> tuple[float, float]:
    """Train on a data set for one epoch, or measure on it.

    Args:
        epoch_no: the epoch's number, counted from 0, for messages.
        data: normalised poses.
        model: lifts `joint_2d` to `joint_3d`, both normalised.
        optimiser: moves the model's weights. It remembers earlier steps: do not make a new one.
        scheduler: moves the optimiser's learning rate.
        batch_size: poses in a mini-batch.
        split: "train" to train; any other name to measure only.

    Returns:
        The mean loss and the mean MPJPE over all poses, two numbers of type `float`.
    """
    ### BEGIN SOLUTION
    is_training, was_training = split == "train", model.training
    device = next(model.parameters()).device
    order = torch.randperm(len(data)) if is_training else torch.arange(len(data))
    total_loss = total_error = 0.0
    model.train(is_training)
    with torch.set_grad_enabled(is_training):
        for indices in order.split(batch_size):
            batch = data.batch(indices).to(device)
            predicted = model(batch["joint_2d"])
            loss = mse_loss(predicted, batch["joint_3d"])
            if is_training:
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            restored = data.statistics_3d.restore(predicted.detach())
            error = cal_mpjpe(restored, data.statistics_3d.restore(batch["joint_3d"]))
            total_loss += loss.item() * len(indices)
            total_error += error.item() * len(indices)
    if is_training:
        scheduler.step()
    else:
        model.train(was_training)
    return total_loss / len(data), total_error / len(data)
    ### END SOLUTION


# %% [markdown]
# ### {exercise:procrustes_align}
#
# MPJPE punishes a pose that is right but turned, as a camera that is held a little askew would turn
# it. To see what is left without that, move, rotate and scale each prediction so that it lies on
# its target as well as it can. "As well as it can" means: the sum of the squared distances between
# the joints is as small as possible. Each pose has a motion of its own.
#
# A rotation turns; it does not mirror. A left hand cannot be turned into a right hand, and a
# prediction with left and right exchanged has to stay wrong.
#
# The solution is known since Schönemann (1966) and Umeyama (1991). Let $P$ and $Q$ be the joints of
# a prediction and of its target, as rows, each minus its mean. With the singular value
# decomposition $P^T Q = U S V^T$, the best rotation of rows is $R = U D V^T$, where $D$ is the
# identity, except for a last entry of $-1$ if $\det(U V^T)$ is negative. The best scale is
# $s = \operatorname{tr}(S D) / \lVert P \rVert^2$. The aligned prediction is $s P R$ plus the mean
# of the target.
#
# <details><summary>Hint</summary>
#
# `torch.linalg.svd` decomposes a whole batch of matrices. It returns U, the singular values and the
# *transpose* of V. `.mT` transposes the last two axes.
#
# Multiply the last singular value and the last column of U by the sign of the determinant: that
# covers both cases, for all poses at once.
#
# Joints that are all at one point have no size: what is 0 / 0? Wherever you turn them, they stay
# there.
#
# </details>


# %% exercise="procrustes_align"
def procrustes_align(
    predicted: Float[Tensor, "pose joint 3"], target: Float[Tensor, "pose joint 3"]
) -> Float[Tensor, "pose joint 3"]:
    """Each prediction moved, rotated and scaled onto its target, so that squared errors are least.

    Args:
        predicted: predicted poses.
        target: as many true poses.

    Returns:
        The predictions where they are closest to their targets, without mirroring them. A
        prediction whose joints are all at one point has no shape to be aligned: all of its joints
        are moved to the mean of the target's joints.

    Example: a prediction that is its target, but turned, twice as large and somewhere else, becomes
    the target.
    """
    ### BEGIN SOLUTION
    target_mean = target.mean(dim=1, keepdim=True)
    p = predicted - predicted.mean(dim=1, keepdim=True)
    u, s, vt = torch.linalg.svd(p.mT @ (target - target_mean))
    sign = torch.ones_like(s)
    sign[:, -1] = torch.linalg.det(u @ vt).sign()
    rotation = (u * sign[:, None, :]) @ vt
    size = p.square().sum(dim=(1, 2))
    scale = (s * sign).sum(dim=1) / size.masked_fill(size == 0, 1)
    return scale[:, None, None] * p @ rotation + target_mean
    ### END SOLUTION
