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
# # Without 3D labels: learning from two cameras
#
# Who told the network in `lifting.ipynb` where the joints are in 3D? A motion capture studio, with
# markers on every joint. Outdoors there is none. Cameras, however, are everywhere.
#
# In this notebook a network learns to lift 2D skeletons to 3D without ever being shown a 3D
# skeleton. All it gets is what two cameras saw at the same moment, and how the cameras stand to
# each other. You write the projection and two losses, find out what each of them can see and what
# it is blind to, and compare the result with a network that was trained on the true skeletons.
#
# **Afterwards you can** project joints into a calibrated camera, train with a reprojection loss,
# and look for the predictions that cheat a loss before a network finds them.
#
# **You need** `cal_mpjpe` and the idea of `procrustes_align` from `lifting.ipynb`, but none of its
# code. Difficulty: medium.
#
# **How it works.** You complete the cells marked `# TODO`. The `check(...)` cell below each of them
# tells you what is right, what is wrong and where to look; run it as often as you like. Each
# exercise has hints, which stay folded until you open them. The grader runs the same checks with
# other numbers.
#
# All three functions keep the same promises. Each computes in the dtype and on the device of its
# first argument, and its result has that dtype and that device. It takes tensors in any memory
# layout and leaves its arguments unchanged. And it processes all poses and joints at once, without
# a loop in Python. A network learns through these functions, so gradients have to pass them.

# %% tags=["setup"]

# %%
import torch
from jaxtyping import Float
from torch import Tensor

from poselab import check
from poselab.profiles import load_profile

# %% [markdown]
# ### {exercise:project}
#
# A camera is at the origin, looks down $-z$, and $y$ points up. It sees the point $(X, Y, Z)$ at
#
# $$ x = f_x \, \frac{X}{-Z}, \qquad y = f_y \, \frac{Y}{-Z}. $$
#
# The second camera is somewhere else. A point that is at $x_1$ in the first camera's frame is at
# $x_2 = R \, x_1 + t$ in the second camera's. So for the second camera rotate first, then add the
# translation, and project what comes out.
#
# <details><summary>Hint 1</summary>
#
# What is in front of the camera has a *negative* Z. Which sign has $X / Z$ for a joint on the
# right, and which sign should $x$ have?
#
# A joint is a row here, and $R x$ is written for a column. Write one joint down and find out
# whether it is `joints @ rotation` or something else. Test it with a rotation by 90 degrees: a
# transposed rotation turns the other way.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Each pose has a rotation (3, 3), a translation (3,) and focal lengths (2,) of its own. To be added
# to all joints of a pose, (B, 3) has to become (B, 1, 3). `joints[..., :2]` is (B, J, 2), and
# `joints[..., 2:]` keeps its last axis: (B, J, 1).
#
# Rotation and translation are two arguments, and either may be `None`. That makes two `if`s, not
# one.
#
# </details>


# %% exercise="project"
def project(
    joints: Float[Tensor, "pose joint 3"],
    focal: Float[Tensor, "pose 2"],
    rotation: Float[Tensor, "pose 3 3"] | None = None,
    translation: Float[Tensor, "pose 3"] | None = None,
) -> Float[Tensor, "pose joint 2"]:
    """Where a camera sees each joint, as (x, y) in its image.

    Args:
        joints: positions (X, Y, Z), in any unit. After rotation and translation each is in front of
            the camera: its Z is below 0.
        focal: (fx, fy) of each pose's camera.
        rotation: R of each pose; without it nothing is rotated.
        translation: t of each pose, in the unit of the joints; without it nothing is moved. Either
            of the two may come without the other.

    Returns:
        (x, y) of every joint. Joints and translation in millimetres or in kilometres give the same.

    Example: (2, 1, -4) is seen at (1, 0.75) by a camera with the focal lengths (2, 3).
    """
    ### BEGIN SOLUTION
    if rotation is not None:
        joints = joints @ rotation.mT
    if translation is not None:
        joints = joints + translation[:, None]
    return focal[:, None] * joints[..., :2] / -joints[..., 2:]
    ### END SOLUTION


# %% [markdown]
# ### {exercise:reprojection_loss}
#
# A predicted skeleton is good if both cameras would see it where they did see the person. So
# project it into both views, and measure in each how far the joints are from the observed ones.
#
# <details><summary>Hint 1</summary>
#
# `project` does most of it. One of its two calls needs a rotation and a translation, the other one
# none. Whose focal lengths belong to which call?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# A distance belongs to one joint in one view: sum two squares, take the root, and average
# afterwards. Both views have the same number of joints, so the mean over all distances is also the
# mean of the two views' means.
#
# What is the derivative of $\sqrt{u}$ at 0? PyTorch answers `inf`, and `inf` times 0 is `nan`.
# One `nan` is enough to ruin all weights of a network. `torch.linalg.vector_norm` knows this case.
#
# </details>


# %% exercise="reprojection_loss"
def reprojection_loss(
    joints: Float[Tensor, "pose joint 3"],
    observed_1: Float[Tensor, "pose joint 2"],
    focal_1: Float[Tensor, "pose 2"],
    observed_2: Float[Tensor, "pose joint 2"],
    focal_2: Float[Tensor, "pose 2"],
    rotation: Float[Tensor, "pose 3 3"],
    translation: Float[Tensor, "pose 3"],
) -> Float[Tensor, ""]:
    """The mean Euclidean distance between projected and observed joints, over both views.

    Args:
        joints: predicted positions (X, Y, Z) in the first camera's frame.
        observed_1: where the first camera sees the joints.
        focal_1: (fx, fy) of each pose's first camera.
        observed_2: where the second camera sees them.
        focal_2: (fx, fy) of each pose's second camera.
        rotation: R of each pose, from the first camera's frame to the second's: x2 = R x1 + t.
        translation: t of each pose.

    Returns:
        One number, a tensor of shape (): the mean over all joints of all poses in both views. Both
        views count the same. If all joints are projected exactly to where they are observed, it is
        0. At a joint for which that is so, the gradient is 0, too.

    Example: one joint that is off by (3, -4) in the first view and by (0, 1) in the second: 3.
    """
    ### BEGIN SOLUTION
    first = project(joints, focal_1) - observed_1
    second = project(joints, focal_2, rotation, translation) - observed_2
    return torch.linalg.vector_norm(torch.stack((first, second)), dim=-1).mean()
    ### END SOLUTION


# %% [markdown]
# ### {exercise:multiview_consistency}
#
# Let the network look at each view by itself. From the first it predicts the skeleton in the first
# camera's frame, from the second the same skeleton in the second camera's frame. Both are the same
# person, so bring the first prediction into the second camera's frame: there the two should agree.
#
# <details><summary>Hint 1</summary>
#
# $x_2 = R \, x_1 + t$ again: you have written it once already. This time nothing is projected, and
# the distance is one in 3D.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# (B, J, 3) minus (B, J, 3), the norm over the last axis, the mean over what is left: (B, J). Both
# predictions come from the network, so the gradient has to reach both.
#
# </details>


# %% exercise="multiview_consistency"
def multiview_consistency(
    joints_1: Float[Tensor, "pose joint 3"],
    joints_2: Float[Tensor, "pose joint 3"],
    rotation: Float[Tensor, "pose 3 3"],
    translation: Float[Tensor, "pose 3"],
) -> Float[Tensor, ""]:
    """The mean Euclidean distance between two predictions of the same poses.

    Args:
        joints_1: predicted from the first view, in the first camera's frame.
        joints_2: predicted from the second view, in the second camera's frame.
        rotation: R of each pose, from the first camera's frame to the second's: x2 = R x1 + t.
        translation: t of each pose.

    Returns:
        One number, a tensor of shape (): the mean over all joints of all poses. If the predictions
        agree, it is 0. At a joint for which they do, the gradient is 0, too. The gradient reaches
        both predictions.

    Example: one joint, off by (2, -1, 2), gives 3.
    """
    ### BEGIN SOLUTION
    moved = joints_1 @ rotation.mT + translation[:, None]
    return torch.linalg.vector_norm(moved - joints_2, dim=-1).mean()
    ### END SOLUTION
