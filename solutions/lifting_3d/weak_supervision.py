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
# skeleton. All it gets is what two cameras saw at the same moment, and how the cameras are placed
# relative to each other. You write the projection and two losses, find out what each of them can
# see and what it is blind to, and compare the result with a network that was trained on the true
# skeletons.
#
# **Afterwards you can** project joints into a calibrated camera, train with a reprojection loss,
# and look for the predictions that cheat a loss before a network finds them.
#
# **You need** to know what `cal_mpjpe` and `procrustes_align` of `lifting.ipynb` measure; their
# code is not needed.
#
# {notebook:effort}
#
# **How it works.** You complete the cells marked `# TODO`. The `check(...)` cell below each of them
# tells you what is right, what is wrong and where to look; run it as often as you like. Each
# exercise has two hints, which stay folded until you open them. The first one is a nudge, the
# second one a sketch. `Float[Tensor, "pose joint 3"]` in a signature is a tensor of floating-point
# numbers with three axes, the last of length 3; the names are the same number wherever they appear.
#
# All three functions keep the same promises. Each computes in the dtype and on the device of its
# first argument, and its result has that dtype and that device. It takes tensors in any memory
# layout and leaves its arguments unchanged. And it processes all poses and joints at once, without
# a loop in Python. A network learns through these functions, so gradients have to pass them. An
# exercise may call the functions that you wrote for the ones before it.
#
# {notebook:handing_in}

# %% tags=["setup"]

# %%
from collections.abc import Callable

import torch
from IPython.display import Markdown, display
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import AdamW

from data_stubs.lifting import ensure_two_views
from poselab import check
from poselab.datasets import DeviceDict
from poselab.datasets.lifting import ROOT, load_two_views
from poselab.networks.lifting import RayLifter, on_rays
from poselab.plots.curves import LiveCurves, plot_histories
from poselab.plots.two_views import plot_from_the_side, plot_two_views
from poselab.profiles import load_profile
from poselab.training.pose_errors import pose_errors
from poselab.training.two_views import TwoViewPoses, lift_all, train_on_two_views

# %%
profile = load_profile("lifting_3d")
profile = profile.replace(
    epochs=profile.weak_epochs,
    batch_size=profile.weak_batch_size,
    learning_rate=profile.weak_learning_rate,
)
profile

# %% [markdown]
# ## The data
#
# `data_train.pkl` holds poses that two cameras saw at the same moment. Until you have the real
# file, a synthetic one with the same layout is made for you.

# %%
path = ensure_two_views(poses=profile.n_poses, seed=profile.seed)
# With the real data set, this is the one line to change:
# path = "data_train.pkl"

# %%
views = load_two_views(path)
for name, values in vars(views).items():
    print(f"{name:12} {tuple(values.shape)}")

# %% [markdown]
# The true skeletons, `joint_3d`, are in the file as well. We pretend that they are not: they serve
# only to measure errors, and to train one network for comparison.
#
# The unit of length is the first camera's distance from the root, the pelvis, which is at
# (0, 0, -1) in the first camera's frame. Errors come out small, so we give them in thousandths of
# that distance, ‰. For someone who stands five metres away, 1 ‰ is half a centimetre.
#
# The last tenth of the file shows people who are not in the rest. It is for validation.

# %%
n_validation = len(views) // 10
train_views, validation_views = views[:-n_validation], views[-n_validation:]
print(len(train_views), "poses for training,", len(validation_views), "for validation")

# %% tags=["example"]
number = len(validation_views) // 2
plot_two_views(
    validation_views.joint_2d_1[number],
    validation_views.joint_2d_2[number],
    validation_views.joint_3d[number],
)

# %% [markdown]
# The right panel shows what the first camera cannot see: the same skeleton from its side. The
# camera is on the left, and what is on the right is far away. Change `number` to look at more
# poses, and cover the right panel with your hand. Could you draw it from the first image? And from
# both?
#
# <details><summary>Answer</summary>
#
# From one image you can tell what people look like, and guess: an arm that is drawn short points
# towards the camera or away from it, and the image does not say which. From both you could
# construct it with a ruler: each joint is on a ray through the first image and on one through the
# second, and the two rays meet at one point.
#
# </details>

# %% [markdown]
# ## From 3D to an image

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
# What is in front of the camera has a *negative* Z. What sign does $X / Z$ have for a joint on the
# right, and what sign should $x$ have?
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
# The file's images are the projections of its own skeletons, so the largest difference should be
# rounding:

# %%
seen_1 = project(views.joint_3d, views.focal_1)
seen_2 = project(views.joint_3d, views.focal_2, views.rotation, views.translation)
print(f"first view  {float((seen_1 - views.joint_2d_1).abs().max()):.0e}")
print(f"second view {float((seen_2 - views.joint_2d_2).abs().max()):.0e}")

# %% [markdown]
# ## A loss from two images

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
# A distance belongs to one joint in one view: sum two squares, take the square root, and average
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
# ### What one view cannot know
#
# Why two views? Take a true skeleton and move each joint along the ray through its image, nearer or
# farther. The first camera sees no difference at all. `on_rays` puts joints at any depth you like:

# %% tags=["example"]
some = validation_views[:: max(len(validation_views) // 500, 1)]
true_depth = -some.joint_3d[..., 2]
on_first_rays = {
    "true": some.joint_3d,
    "flat": on_rays(some.joint_2d_1, some.focal_1, torch.ones_like(true_depth)),
    "mirrored": on_rays(some.joint_2d_1, some.focal_1, 2 - true_depth),
    "twice as deep": on_rays(some.joint_2d_1, some.focal_1, 2 * true_depth - 1),
}
plot_from_the_side(
    {name: joints[[0, 20]] for name, joints in on_first_rays.items()}, some.joint_3d[[0, 20]]
)

# %% [markdown]
# **Predict:** all four skeletons have the same image in the first view. What does the reprojection
# loss over *both* views say about them?


# %%
def first_view_loss(joints: Float[Tensor, "pose joint 3"], batch: DeviceDict) -> Float[Tensor, ""]:
    """The reprojection loss in the first view alone."""
    seen = project(joints, batch["focal_1"])
    return torch.linalg.vector_norm(seen - batch["joint_2d_1"], dim=-1).mean()


def both_views_loss(joints: Float[Tensor, "pose joint 3"], batch: DeviceDict) -> Float[Tensor, ""]:
    """The reprojection loss of joints that are in the first camera's frame."""
    return reprojection_loss(
        joints,
        batch["joint_2d_1"],
        batch["focal_1"],
        batch["joint_2d_2"],
        batch["focal_2"],
        batch["rotation"],
        batch["translation"],
    )


# %%
batch = DeviceDict(vars(some))
print("loss, ‰                 first view   both views")
for name, joints in on_first_rays.items():
    first, both = first_view_loss(joints, batch), both_views_loss(joints, batch)
    print(f"{name:20} {1000 * float(first):13.1f} {1000 * float(both):12.1f}")

# %% [markdown]
# <details><summary>Answer</summary>
#
# The first view cannot tell them apart; its loss is 0 for each, up to rounding. The mirrored
# skeleton is the most treacherous one: its bones are about as long as the true ones, so that not
# even a ruler would find the fraud. An arm that points at the camera points away from it instead.
#
# The second camera looks from another direction. A wrong depth moves a joint *across* its image,
# and the loss rises. With two rays for each joint, there is one point left where both meet.
#
# </details>

# %% [markdown]
# ## A loss from two predictions

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


# %% [markdown]
# ### How to cheat it
#
# The true skeleton makes this loss 0. So does another one, without even looking at the images:

# %%
root_1 = torch.tensor(ROOT).expand(len(some), 3)
root_2 = (some.rotation @ root_1[..., None])[..., 0] + some.translation
at_root_1, at_root_2 = (root[:, None].expand(-1, 15, -1) for root in (root_1, root_2))
loss = multiview_consistency(at_root_1, at_root_2, some.rotation, some.translation)
print(f"all joints at the root: {float(loss):.1e}")

# %% [markdown]
# All fifteen joints are at one point, and both views agree on it perfectly. A network that is
# trained with this loss alone has no reason to draw a person. The reprojection loss does see it:

# %%
print(f"reprojection loss:      {float(both_views_loss(at_root_1, batch)):.3f}")

# %% [markdown]
# Let us put this together: four ways to answer, three losses.


# %%
def in_second_frame(joints: Float[Tensor, "pose joint 3"]) -> Float[Tensor, "pose joint 3"]:
    """The true joints of ``some``, seen from the second camera."""
    return joints @ some.rotation.mT + some.translation[:, None]


depth_2 = -in_second_frame(some.joint_3d)[..., 2]
middle_2 = -root_2[:, 2:]
pairs = {
    "true": (some.joint_3d, in_second_frame(some.joint_3d)),
    "flat": (
        on_first_rays["flat"],
        on_rays(some.joint_2d_2, some.focal_2, middle_2.expand_as(depth_2)),
    ),
    "mirrored": (
        on_first_rays["mirrored"],
        on_rays(some.joint_2d_2, some.focal_2, 2 * middle_2 - depth_2),
    ),
    "all at the root": (at_root_1, at_root_2),
}

# %%
rows = [
    "| ‰ | first view | both views | consistency | MPJPE |",
    "|---|---|---|---|---|",
]
for name, (joints_1, joints_2) in pairs.items():
    numbers = [
        first_view_loss(joints_1, batch),
        both_views_loss(joints_1, batch),
        multiview_consistency(joints_1, joints_2, some.rotation, some.translation),
        pose_errors(joints_1, some.joint_3d)[0].mean(),
    ]
    rows.append(f"| {name} | " + " | ".join(f"{1000 * float(n):.1f}" for n in numbers) + " |")
Markdown("\n".join(rows))

# %% [markdown]
# A loss with a 0 outside the first row can be cheated. Which of the three has none?
#
# <details><summary>Answer</summary>
#
# The reprojection loss over both views. The first view alone cannot tell the flat and the mirrored
# skeleton from the true one, and consistency cannot tell the collapsed one. That these four are
# seen through proves nothing about others: one has to look for them.
#
# </details>

# %% [markdown]
# ## The network
#
# A network in normalised coordinates is told two things that are not allowed here: the mean pose
# and the spread around it. Both come from 3D labels. So our network starts from what is known
# without them. Each joint is on the ray through its image, so it starts there, at the depth of the
# root; the network predicts the step from there. An untrained network therefore draws a flat
# person, and none behind the camera. `RayLifter` is given. It is a plain perceptron of three hidden
# layers, another network than your `LiftModel`; its code is in `poselab/networks/lifting.py`, and
# `RayLifter??` in a cell of its own shows it.

# %%
network = RayLifter()
print(sum(weights.numel() for weights in network.parameters()), "parameters")
network


# %% [markdown]
# It looks at *one* view. The second view is needed for the loss during training, not afterwards. A
# mini-batch holds what both cameras see and where the root is in both frames, and no 3D skeleton.
# The root is no label: in the first frame it is at (0, 0, -1) by the choice of the unit, and R and
# t take it to the second. So this is what a batch holds:

# %%
poses = TwoViewPoses(train_views, labels=False)
print(*poses.batch(torch.arange(4)), sep=", ")


# %%
def lift_first(network: nn.Module, batch: DeviceDict) -> Float[Tensor, "pose joint 3"]:
    """What the network makes of the first view, in the first camera's frame."""
    return network(batch["joint_2d_1"], batch["focal_1"], batch["root_1"])


def lift_second(network: nn.Module, batch: DeviceDict) -> Float[Tensor, "pose joint 3"]:
    """What it makes of the second view, in the second camera's frame."""
    return network(batch["joint_2d_2"], batch["focal_2"], batch["root_2"])


# %% [markdown]
# These are the objectives that we compare. The first is given the labels, the others are not.


# %%
def supervised(network: nn.Module, batch: DeviceDict) -> Float[Tensor, ""]:
    """The mean distance from the true joints."""
    return torch.linalg.vector_norm(lift_first(network, batch) - batch["joint_3d"], dim=-1).mean()


def reprojection(network: nn.Module, batch: DeviceDict) -> Float[Tensor, ""]:
    """The reprojection loss in both views."""
    return both_views_loss(lift_first(network, batch), batch)


def one_view(network: nn.Module, batch: DeviceDict) -> Float[Tensor, ""]:
    """The reprojection loss in the view that the network has seen."""
    return first_view_loss(lift_first(network, batch), batch)


def consistency(network: nn.Module, batch: DeviceDict) -> Float[Tensor, ""]:
    """The consistency of what the network makes of either view."""
    joints_1, joints_2 = lift_first(network, batch), lift_second(network, batch)
    return multiview_consistency(joints_1, joints_2, batch["rotation"], batch["translation"])


def both(network: nn.Module, batch: DeviceDict) -> Float[Tensor, ""]:
    """The reprojection loss of the first view's skeleton, plus the consistency of both."""
    joints_1, joints_2 = lift_first(network, batch), lift_second(network, batch)
    apart = multiview_consistency(joints_1, joints_2, batch["rotation"], batch["translation"])
    return both_views_loss(joints_1, batch) + apart


# %% [markdown]
# Before a long training, let the network memorise a few poses. If it cannot, something is wrong,
# and you have lost seconds instead of minutes. Expect about 50 ‰ at first, the flat skeleton, and
# less than a tenth of it after 400 steps. (The `smoke` profile makes only 21 steps.) If it stays at
# 50 ‰, no gradient passes your loss; if it is `nan`, see Hint 2 of Exercise 2.

# %%
torch.manual_seed(profile.seed)
few, pupil = poses.batch(torch.arange(32)), RayLifter()
optimiser = AdamW(pupil.parameters(), 2e-3)
for step in range(401 if profile.name != "smoke" else 21):
    loss = reprojection(pupil, few)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    if step % 100 == 0:
        print(f"step {step:3}: {1000 * loss.item():6.2f} ‰")

# %% [markdown]
# ## Training
#
# The same network, the same poses, the same number of steps: only the objective differs. Each
# training runs with several seeds, which draw the first weights and the order of the poses. On the
# `cpu` profile expect an error of about 10 ‰ for a training that works; the mean pose of all
# training data would be about 85 ‰ off. A training takes seconds there, so nothing is saved on the
# way.

# %%
SEEDS = range(profile.seed, profile.seed + profile.n_seeds)
histories, predicted = {}, {}


# %%
def run(
    name: str, objective: Callable[[nn.Module, DeviceDict], Float[Tensor, ""]], labels: bool = False
) -> Float[Tensor, "seed pose 15 3"]:
    """Train once with each seed, and return the predictions for the validation poses."""
    results = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        network = RayLifter()
        history = train_on_two_views(
            network,
            objective,
            train_views,
            validation_views,
            profile.replace(seed=seed),
            name=f"{name}, seed {seed}",
            labels=labels,
            on_epoch=LiveCurves() if seed == profile.seed else None,
        )
        results.append(lift_all(network, validation_views, profile))
        histories.setdefault(name, history)
    return torch.stack(results)


# %% [markdown]
# With labels, for comparison:

# %%
predicted["supervised"] = run("supervised", supervised, labels=True)

# %% [markdown]
# Without labels, with your loss:

# %%
without_labels = predicted["reprojection"] = run("reprojection", reprojection)

# %% [markdown]
# One view only. **Predict:** how far does its loss fall, and how far the error?

# %%
predicted["one view"] = run("one view", one_view)

# %% [markdown]
# <details><summary>Answer</summary>
#
# The loss was 0 before the first step, up to rounding: the flat skeleton already is where the
# camera saw the person. So there is nothing to learn, and the skeleton stays flat. A network that
# starts with other depths would have no reason to change them. The curve only shows what the
# optimiser's steps stir up.
#
# </details>
#
# Consistency alone. **Predict** again: what do the loss and the error do?

# %%
predicted["consistency"] = run("consistency", consistency)

# %% [markdown]
# <details><summary>Answer</summary>
#
# In a training that is long enough, the loss falls to a small fraction of what it was, and the
# error rises: from that of the flat skeleton towards that of "all at the root" in the table above.
# The network has found the cheat by itself.
#
# </details>
#
# And both losses together. **Predict:** does consistency help where it cannot be cheated any more?
# The answer is in the table below; what it does and does not show is said beneath it.

# %%
predicted["both"] = run("both", both)

# %% [markdown]
# ## Results

# %%
truth = validation_views.joint_3d


def measure(name: str) -> tuple[Float[Tensor, " seed"], Float[Tensor, " seed"]]:
    """MPJPE and P-MPJPE in ‰, for each seed."""
    errors = [pose_errors(joints, truth) for joints in predicted[name]]
    means = torch.tensor([[as_it_is.mean(), aligned.mean()] for as_it_is, aligned in errors])
    return 1000 * means[:, 0], 1000 * means[:, 1]


def with_spread(values: Float[Tensor, " seed"]) -> str:
    """The mean over the seeds, and the smallest and the largest."""
    return f"{values.mean():.2f} ({values.min():.2f} to {values.max():.2f})"


# %%
plain, aligned = {}, {}
for name in predicted:
    plain[name], aligned[name] = measure(name)
rows = [
    "| ‰ | labels | MPJPE | P-MPJPE | P-MPJPE / supervised |",
    "|---|---|---|---|---|",
]
for name in predicted:
    ratio = float(aligned[name].mean() / aligned["supervised"].mean())
    labels = "yes" if name == "supervised" else "no"
    columns = [name, labels, with_spread(plain[name]), with_spread(aligned[name]), f"{ratio:.2f}"]
    rows.append("| " + " | ".join(columns) + " |")
Markdown("\n".join(rows))

# %% [markdown]
# Each number is the mean over the seeds; in brackets are the smallest and the largest. P-MPJPE is
# the error after Procrustes alignment, as in `lifting.ipynb`: each skeleton is first moved, rotated
# and scaled onto the true one. A skeleton that has collapsed to a point has no shape that this
# could bring back.
#
# Only trust a difference that is larger than what the seeds do to either number. How close does
# reprojection come to the supervised network? What remains cannot be the fault of the labels alone:
# both networks see one image, and one image does not determine the depth.
#
# Be fair with the last row, too: to be consistent, that network has looked at the second camera's
# images as well, so it has learned from twice as many. Whether it is the consistency or the number
# of images that helped, this table cannot tell. What experiment could?
#
# <details><summary>Answer</summary>
#
# Give the network without consistency as many images: train it on the reprojection loss of what it
# makes of the first view, and just as often on that of what it makes of the second. If it is then
# as good as "both", it was the images.
#
# </details>

# %% tags=["example"]
display(plot_histories(*(h for name, h in histories.items() if name != "one view")))

# %% [markdown]
# The losses measure different things, so do not compare how high they are, only how they move. That
# of one view is left out, since it was 0 from the start. Does the loss that falls the farthest
# belong to the network with the smallest error? A small loss is no proof that a network has learned
# what you wanted.
#
# Here are validation poses with a small, a middling and a large error of the network without
# labels, and below them the worst one of all. The camera is on the left.

# %% tags=["example"]
order = pose_errors(without_labels[0], truth)[0].argsort()
chosen = order[torch.tensor([0.1, 0.5, 0.95, 1.0]).mul(len(order) - 1).long()]
display(
    plot_from_the_side(
        {name: seeds[0][chosen] for name, seeds in predicted.items()},
        truth[chosen],
        captions=["small", "middling", "large", "largest"],
    )
)

# %% [markdown]
# ### {question:losses_and_blind_spots}
#
# In about 250 words:
#
# 1. How close does the network that learned from two views come to the supervised one, before and
#    after Procrustes alignment? Is the difference larger than that between seeds? Say in one
#    sentence what the second camera replaced.
# 2. Consistency alone draws all joints at one point. Name one other prediction, different from the
#    truth, that has a consistency of 0 or nearly 0, and explain why the reprojection loss rules
#    both out.
# 3. Mirrored skeletons cost nothing in the first view. You may add one more loss that needs neither
#    a second view nor 3D labels. Which one, what does it rule out, and does it rule out the
#    mirrored skeleton?
# 4. Suppose the second camera stands at the same place as the first and only looks in another
#    direction, so that t = 0. What does the reprojection loss teach then? And what happens if the
#    two cameras' clocks differ by a tenth of a second?

# %% [markdown] question="losses_and_blind_spots"
# Write your answer here.
#
# === BEGIN MARK SCHEME ===
#
# * **1 point, the result.** Both numbers from the student's own table, with the spread of the
#   seeds. On the `cpu` profile the two networks differ by a few per cent, before and after
#   alignment; whether that is more than the spread is graded by the student's own table. The second
#   camera replaced the 3D labels: two rays and the calibration determine each joint. Half a point
#   if the spread is ignored or the numbers contradict the table.
# * **1 point, the cheat.** Anything that depends on the person, or on nothing, but not on the view:
#   all joints at another point of the scene; the same skeleton for everybody, if it stands in the
#   scene in the same way for both cameras; the joints' true heights on a vertical line through the
#   root. The reprojection loss compares with images, which such a prediction does not explain. No
#   point for a prediction whose consistency is not small, such as the flat skeleton.
# * **1 point, one more loss.** For example: constant or symmetric bone lengths, limits of joint
#   angles, a discriminator of plausible 2D skeletons seen from random sides (Drover et al., 2018),
#   smoothness over time. A discriminator of plausible 3D poses (Kanazawa et al., 2018) counts if
#   the student says that it needs 3D poses, though not of these images. It rules out flat or
#   stretched skeletons. Bone lengths do *not* rule out the mirror image: they are nearly the same
#   in it. Limits of joint angles often do, since knees bend one way only. Half a point without the
#   answer for the mirrored skeleton.
# * **1 point, the cameras.** With t = 0 both rays of a joint are the same: the second image is a
#   function of the first, and any depth fits. The reprojection loss teaches nothing but directions.
#   With clocks that differ, the two views show two poses: rays of moving joints do not meet, the
#   loss cannot become 0, and the network learns a compromise, worst for fast joints.
#
# No points for an answer that only repeats what papers say.
#
# === END MARK SCHEME ===

# %% [markdown]
# ## Optional: go on
#
# None of this is graded. Observe with noise: add a hundredth to `joint_2d_1` and `joint_2d_2`, as a
# detector would. Train on the projection error of each view's own skeleton plus the consistency,
# without ever projecting a skeleton into the other view. Let the network estimate the second
# camera's rotation, too. Or give the network both views at once, and find out how much of the error
# is left.
#
# ## References
#
# * *CS 763/764: Computer Vision*, Indian Institute of Technology Bombay, Lab 7(b): the task of this
#   notebook.
# * Helge Rhodin, Jörg Spörri, Isinsu Katircioglu, Victor Constantin, Frédéric Meyer, Erich Müller,
#   Mathieu Salzmann and Pascal Fua, “Learning monocular 3D human pose estimation from multi-view
#   images”, CVPR 2018: two views in place of labels, and the collapse.
# * Muhammed Kocabas, Salih Karagoz and Emre Akbas, “Self-supervised learning of 3D human pose using
#   multi-view geometry”, CVPR 2019: poses triangulated from several views.
# * Richard Hartley and Andrew Zisserman, *Multiple View Geometry in Computer Vision*, Cambridge
#   University Press, 2nd edition 2004: cameras, rays and what two views determine.
#
# **The real data.** The lab hands `data_train.pkl` to its own students and asks them not to pass it
# on; ask your instructor. Put it beside this notebook and set `path = "data_train.pkl"`.
