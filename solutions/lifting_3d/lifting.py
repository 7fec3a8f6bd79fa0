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
# {notebook:effort}
#
# **How it works.** You complete the cells marked `# TODO`. The `check(...)` cell below each of them
# tells you what is right, what is wrong and where to look; run it as often as you like. Each
# exercise has two hints, which stay folded until you open them. The first one is a nudge, the
# second one a sketch. `Float[Tensor, "pose joint 3"]` in a signature is a tensor of floating-point
# numbers with three axes, the last of length 3; the names are the same number wherever they appear.
#
# Functions of poses keep the same promises as in `heatmap_2d`, unless their exercise says
# otherwise. Such a function computes in the dtype and on the device of its first argument, and its
# result has that dtype and that device. It takes tensors in any memory layout and leaves its
# arguments unchanged. And it processes all poses and joints at once, without a loop in Python. The
# network leaves its arguments unchanged, too, and needs no loop over poses; one over its blocks is
# fine. Helper functions and classes of your own are welcome: put them into the cell of the
# exercise.
#
# {notebook:handing_in}

# %% tags=["setup"]

# %%
from pathlib import Path

import torch
from IPython.display import Markdown, display
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler
from torch.utils.data import Dataset
from tqdm.auto import tqdm

from data_stubs.lifting import ensure_lifting
from poselab import check
from poselab.datasets import DeviceDict
from poselab.datasets.lifting import NormalisedPoses, Statistics, load_lifting
from poselab.models.verify import verify_model
from poselab.plots.curves import LiveCurves, plot_histories
from poselab.plots.poses_3d import plot_lifted
from poselab.plots.trials import plot_trials
from poselab.profiles import load_profile
from poselab.skeletons import LIFTING
from poselab.training.loop import train, train_by_epochs
from poselab.widgets.poses_3d import rotate_pose

# %%
profile = load_profile("lifting_3d")
if profile.device.type == "cpu":
    # Matrices as small as ours gain nothing from more, and lose much where other programs run.
    torch.set_num_threads(1)
profile

# %% [markdown]
# ## The data
#
# The lab's files hold what one camera saw of many poses. Until you have them, synthetic ones with
# the same layout are made for you: people of all proportions who kneel, climb, point and stretch,
# seen from all around. The people in the test file are in no other file.

# %%
folder = ensure_lifting(poses=profile.n_poses, test_poses=profile.n_test_poses, seed=profile.seed)
# With the lab's files, this is the one line to change:
# folder = Path(".")

# %%
poses = load_lifting(folder / "data_train_lift.pkl")
test_poses = load_lifting(folder / "data_test_lift.pkl")
print("joint_2d", tuple(poses.joint_2d.shape))
print("joint_3d", tuple(poses.joint_3d.shape))

# %%
print(*LIFTING.joints, sep=", ")

# %% [markdown]
# The camera is at the origin, looks down -z and has y up. It sees a point (X, Y, Z) at
# x = fx X / -Z and y = fy Y / -Z. The pelvis is at (0, 0, -1) in every pose, so it is not stored.
# This also fixes the unit: 1 is the distance from the camera to the pelvis. That distance is a
# different number of metres in each pose, and nobody can read it off a 2D skeleton.

# %% tags=["example"]
some = torch.tensor([0, len(poses) // 3, len(poses) // 2])
plot_lifted(poses.joint_2d[some], poses.joint_3d[some], {})

# %% [markdown]
# Left in each row is all that your network will get; right is the camera that saw it.
#
# **Predict:** move one wrist along the ray that runs from the camera through it. What changes in
# the 2D skeleton?
#
# <details><summary>Answer</summary>
#
# Nothing. Each joint may be anywhere on its ray, so infinitely many 3D skeletons have the same 2D
# skeleton. Most of them have arms of impossible length or knees that bend the wrong way. What is
# left is for the network to learn.
#
# </details>

# %% [markdown]
# ## Normalising, with numbers from the training data alone
#
# Networks learn best when all inputs and outputs are of a similar size. So subtract each
# coordinate's mean and divide by its standard deviation. These numbers belong to the model: they
# are measured once, on the data it is trained on. Measured on other data as well, they would
# already tell the model something about the poses that it is tested on.
#
# The last tenth of the training file is for validation. In the synthetic file a person's eight
# poses follow each other, so these are other people, too.

# %%
n_train = len(poses) * 9 // 10
statistics_2d = Statistics.of(poses.joint_2d[:n_train])
statistics_3d = Statistics.of(poses.joint_3d[:n_train])
train_set = NormalisedPoses(poses[:n_train], statistics_2d, statistics_3d)
validation_set = NormalisedPoses(poses[n_train:], statistics_2d, statistics_3d)
test_set = NormalisedPoses(test_poses, statistics_2d, statistics_3d)
print(len(train_set), "to train,", len(validation_set), "to validate,", len(test_set), "to test")

# %%
batch = train_set.batch(range(4))
print({name: tuple(values.shape) for name, values in batch.items()})

# %% [markdown]
# `NormalisedPoses` and `Statistics` are given; their code is in `poselab/datasets/lifting.py`, and
# `Statistics??` in a cell of its own shows it.
#
# **Why** is a coordinate that is the same in all poses left at 0, instead of being divided by its
# standard deviation?
#
# <details><summary>Answer</summary>
#
# Its standard deviation is 0, and 0 / 0 is nan. One nan in the input makes every prediction and
# every gradient nan. If the pelvis were stored, its three coordinates would be such a case.
#
# </details>

# %% [markdown]
# ## How good is good?
#
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
# <details><summary>Hint 1</summary>
#
# Bring both poses into the form (N, joint, 3) first. One call does it for both forms; `-1` stands
# for the number that follows from the others.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The square root is taken for each joint, not for each pose and not for the whole batch: sum three
# squares, take their square root, and average afterwards.
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
# The laziest model predicts the mean of all training poses, whatever it is given. We write errors
# in thousandths of the camera's distance, ‰. If somebody stands five metres away, 1 ‰ is half a
# centimetre.

# %%
mean_pose = poses.joint_3d[:n_train].mean(dim=0, keepdim=True)
lazy = cal_mpjpe(mean_pose.expand_as(test_poses.joint_3d), test_poses.joint_3d)
print(f"MPJPE of the mean pose: {1000 * lazy:.1f} ‰")

# %% [markdown]
# ## The network
#
# ### {exercise:LiftModel}
#
# Write the network. It follows Martinez et al., "A simple yet effective baseline for 3D human pose
# estimation" (2017), with one difference: there, normalisation, ReLU and dropout follow the first
# layer, too. It consists of three parts:
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
# <details><summary>Hint 1</summary>
#
# Write the block as a class of its own first. How do you make *several* of them, so that each has
# its own weights? `[block] * 2` is the same block twice.
#
# The network has to know its blocks: `parameters()`, `eval()` and `to()` find nothing in a plain
# Python list. Look for `nn.ModuleList` and `nn.Sequential`.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `print(sum(p.numel() for p in LiftModel().parameters()))` counts the parameters. If it prints
# 4,286,509, there is one batch normalisation too many. Add with `x = x + ...`: `x += ...`
# overwrites numbers that the backward pass still needs.
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


# %%
# NBVAL_CHECK_OUTPUT
print(f"{sum(p.numel() for p in LiftModel().parameters()):,}")

# %% [markdown]
# ## Training
#
# ### {exercise:run_epoch}
#
# Write one pass over a data set. The same function trains and measures: `split` says which.
#
# `data` is a data set of normalised poses, like `train_set` above. `len(data)` is the number of
# poses. `data.batch(indices)` returns a mini-batch: a dictionary with `joint_2d` (n, 30) and
# `joint_3d` (n, 45), both normalised; `.to(device)` moves it to a device. Use the model's,
# `next(model.parameters()).device`, and not the profile's: the check's model is on the CPU.
# `data.statistics_3d.restore(x)` takes normalised coordinates (n, 45) back to the poses' unit.
#
# **Both results are means over all poses, not over batches.** The loss is the mean squared
# difference of the *normalised* coordinates. The MPJPE is in the unit of the poses, so restore
# predictions and targets before you compare them. Return them as two plain numbers, loss and MPJPE.
#
# **With `split="train"`** the model is in training mode, and every pose is used exactly once, in a
# random order, a new one in each epoch. The poses come in batches of `batch_size`. The last batch
# may be smaller; it is used as well. Each batch makes one step of `optimiser`, against the gradient
# of its own loss and of no other. Loss and MPJPE of a batch are those of the prediction that its
# step is made from. `scheduler` takes one step, `scheduler.step()` without an argument, at the end
# of the epoch, after the last step of the optimiser.
#
# **With any other split**, such as `"validation"` or `"test"`, the model predicts every pose once,
# in evaluation mode and without recording gradients. Nothing of the model, the optimiser or the
# scheduler changes, and the model is left in the mode it had. Afterwards gradients are recorded as
# before. Optimiser and scheduler are not needed to measure, and your caller may pass `None` for
# them.
#
# <details><summary>Hint 1</summary>
#
# Batches of 64 out of 100 poses: the second batch has 36. If you average the two batches' means,
# its poses count for nearly twice as much. Multiply each batch's mean by the number of its poses,
# add up, and divide by `len(data)` once.
#
# </details>
#
# <details><summary>Hint 2</summary>
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
# ### Memorise one batch
#
# Before you train for minutes, train for seconds. A network that cannot memorise 64 poses will not
# learn thousands. Without dropout, the error has to fall to a small fraction of the mean pose's:
# expect about 100 ‰ at first and less than 1 ‰ in the end. (With the tiny network of the `smoke`
# profile, 10 to 15 ‰.) If it stays higher, look at `run_epoch` before you go on: is every step made
# against the gradient of its own batch, and is the model in training mode?

# %%
few = NormalisedPoses(poses[:64], statistics_2d, statistics_3d)
torch.manual_seed(profile.seed)
model = LiftModel(hidden_layer=profile.hidden_layer, dropout=0.0).to(profile.device)
optimiser = AdamW(model.parameters(), lr=3e-3)
scheduler = CosineAnnealingLR(optimiser, T_max=300)
for epoch in range(300):
    loss, error = run_epoch(epoch, few, model, optimiser, scheduler)
    if epoch % 60 == 0 or epoch == 299:
        print(f"epoch {epoch:3}: loss {loss:.4f}, MPJPE {1000 * error:.1f} ‰")

# %% [markdown]
# ### All poses
#
# `train_by_epochs` calls your `run_epoch` with both data sets in turn, and draws the curves. The
# optimiser is AdamW; the learning rate falls from `learning_rate` to 0 along half a cosine. Expect
# an MPJPE well below a fifth of the mean pose's; on the `cpu` profile it is about 10 ‰ after one to
# two minutes. That is soon trained again, so nothing is saved on the way.


# %%
def adamw(network: nn.Module, learning_rate: float) -> AdamW:
    """The optimiser of all trainings below."""
    return AdamW(network.parameters(), lr=learning_rate)


def epoch_in_thousandths(*args: object) -> tuple[float, float]:
    """Your `run_epoch`, with its error in thousandths."""
    loss, error = run_epoch(*args)
    return loss, 1000 * error


# %%
torch.manual_seed(profile.seed)
model = LiftModel(hidden_layer=profile.hidden_layer)
history = train_by_epochs(
    model,
    epoch_in_thousandths,
    train_set,
    validation_set,
    profile,
    name="LiftModel",
    unit="‰",
    optimiser=adamw,
    schedule=CosineAnnealingLR,
    on_epoch=LiveCurves(),
)

# %% tags=["example"]
plot_histories(history)

# %% [markdown]
# **Why** may the training loss lie *above* the validation loss?
#
# <details><summary>Answer</summary>
#
# In training mode, dropout disturbs every prediction; in evaluation mode it does not. And the
# training loss is averaged over an epoch in which the model still improves, while the validation
# loss is measured at its end.
#
# </details>

# %% [markdown]
# ### Weights in a file
#
# Save the weights, not the model: a file of numbers can be read by anyone, without your classes and
# without running code of unknown origin. `weights_only=True` refuses everything else.
#
# A network without the numbers that its input is normalised with is of no use to anybody. They are
# tensors, too, so put them into the same file.

# %%
numbers = {
    "mean_2d": statistics_2d.mean,
    "std_2d": statistics_2d.std,
    "mean_3d": statistics_3d.mean,
    "std_3d": statistics_3d.std,
}
torch.save(model.state_dict() | numbers, "liftModel")

# %%
copy = LiftModel(hidden_layer=profile.hidden_layer).to(profile.device)
saved = torch.load("liftModel", map_location=profile.device, weights_only=True)
weights = {name: values for name, values in saved.items() if name not in numbers}
copy.load_state_dict(weights)
test_loss, test_error = run_epoch(0, test_set, copy, None, None, 1024, "test")
print(f"on the test set: loss {test_loss:.4f}, MPJPE {1000 * test_error:.2f} ‰")
print(f"{lazy / test_error:.1f} times better than the mean pose")

# %% [markdown]
# The test set is for the cell above and for the sections after the experiments. Make all your
# choices on the validation set.

# %% [markdown]
# ### Submitting your model
#
# Two scripts do the same without a notebook. Complete {file:training.py}, which writes `liftModel`,
# and {file:eval.py}, which reads it and `data_test_lift.pkl` and prints the average MPJPE and the
# average loss. Both look for their files in the folder in which you run them;
# `ensure_lifting(".")` writes the data there. On Colab the scripts are not beside the notebook:
# follow the links, and upload both files to the folder that opens on the left.
#
# The grader calls `predict` in `eval.py` with 2D skeletons of people whom nobody has seen, and
# measures the MPJPE of what it returns. The folder in which it does so holds `liftModel`,
# `eval.py` and `data_test_lift.pkl`, and nothing can be written there. This is what the grader will
# tell you about your files. On the command line, `poselab verify liftModel` prints the same report.

# %%
print(verify_model("liftModel"))

# %% [markdown]
# Submit `liftModel`, `eval.py` and `training.py` with this notebook. The points are for the MPJPE
# on those people, in thousandths of the camera's distance:
#
# {model:points}
#
# The grader also runs `eval.py` by itself, and tells you if what it prints is not what it measures
# for the same poses. That earns nothing and costs nothing.

# %% [markdown]
# ## Experiments
#
# What is each part worth? Change one thing at a time and compare. Two trainings of the same network
# with different seeds end at different errors, too. So train each variant with several seeds:
# a difference that is no larger than the spread between seeds tells you nothing.
#
# To have an answer in minutes, these networks are narrower, and learn from fewer poses for fewer
# epochs. What holds for them need not hold for the large ones.
#
# **Predict:** which of the changes below makes the error larger: fewer or more blocks, no dropout
# or much of it, a learning rate of a tenth or of ten times as much, L1 instead of L2? Write your
# bets down. The answers are in *your* table.

# %%
trial_set = NormalisedPoses(poses[: profile.trial_poses], statistics_2d, statistics_3d)


def trial(seed: int, n_blocks: int = 2, dropout: float = 0.1, learning_rate: float = 1e-3) -> float:
    """The validation error of a small network, in thousandths."""
    torch.manual_seed(seed)
    model = LiftModel(n_blocks, profile.trial_width, dropout).to(profile.device)
    optimiser = adamw(model, learning_rate)
    scheduler = CosineAnnealingLR(optimiser, profile.trial_epochs)
    for epoch in range(profile.trial_epochs):
        run_epoch(epoch, trial_set, model, optimiser, scheduler)
    _, error = run_epoch(0, validation_set, model, optimiser, scheduler, 1024, "validation")
    return 1000 * error


# %%
variants = {
    "blocks": {"1": {"n_blocks": 1}, "2": {}, "3": {"n_blocks": 3}},
    "dropout": {"0": {"dropout": 0.0}, "0.1": {}, "0.5": {"dropout": 0.5}},
    "learning rate": {"1e-4": {"learning_rate": 1e-4}, "1e-3": {}, "1e-2": {"learning_rate": 1e-2}},
}
seeds = range(profile.n_seeds)
different = {str(options): options for group in variants.values() for options in group.values()}
measured = {
    name: [trial(seed, **options) for seed in seeds]
    for name, options in tqdm(different.items(), desc="variants")
}
results = {
    group: {value: measured[str(options)] for value, options in of_group.items()}
    for group, of_group in variants.items()
}

# %% [markdown]
# The loss is the fourth experiment. Your `run_epoch` minimises squared errors, so for this
# comparison the course's own loop is given either loss. It takes samples one at a time, and lowers
# the learning rate after each step instead of each epoch. So compare L1 with the L2 of this loop,
# not with the standard of the other experiments.


# %%
class Samples(Dataset):
    """A data set of normalised poses, one by one."""

    def __init__(self, data: NormalisedPoses) -> None:
        self.all = data.batch(range(len(data)))

    def __len__(self) -> int:
        return len(self.all["joint_2d"])

    def __getitem__(self, number: int) -> DeviceDict:
        return DeviceDict({name: values[number] for name, values in self.all.items()})


def lift(network: nn.Module, batch: DeviceDict) -> Float[Tensor, "pose 45"]:
    """Predict normalised poses."""
    return network(batch["joint_2d"])


def thousandths(predicted: Float[Tensor, "pose 45"], target: Float[Tensor, "pose 45"]) -> float:
    """The MPJPE of normalised poses."""
    return 1000 * float(cal_mpjpe(statistics_3d.restore(predicted), statistics_3d.restore(target)))


# %%
short = profile.replace(epochs=profile.trial_epochs)
samples, validation_samples = Samples(trial_set), Samples(validation_set)
results["loss"] = {"L2": [], "L1": []}
for name, loss_function in (("L2", mse_loss), ("L1", l1_loss)):
    for seed in seeds:
        torch.manual_seed(seed)
        trained = train(
            LiftModel(hidden_layer=profile.trial_width),
            lambda network, batch, loss=loss_function: loss(
                lift(network, batch), batch["joint_3d"]
            ),
            lift,
            samples,
            validation_samples,
            short.replace(seed=seed),
            error=thousandths,
            target="joint_3d",
            name=f"{name}, seed {seed}",
            unit="‰",
            optimiser=adamw,
            schedule=CosineAnnealingLR,
        )
        results["loss"][name].append(trained.error)

# %% tags=["example"]
STANDARD = {"blocks": "2", "dropout": "0.1", "learning rate": "1e-3", "loss": "L2"}
length = f"{profile.trial_epochs} epochs of {len(trial_set)} poses, {profile.trial_width} wide"
plot_trials(results, "MPJPE on the validation set (‰)", STANDARD, f"short trainings: {length}")

# %% [markdown]
# Each dot is a training, each line the mean of a variant's seeds. The table says the same in
# numbers. Its last column compares all seeds of a variant with all seeds of the standard one of the
# same group, whose value is printed in bold: it says “better” or “worse” only where the two ranges
# do not overlap.


# %%
def compared(values: list[float], standard: list[float]) -> str:
    """What may be said of two ranges."""
    if max(values) < min(standard):
        return "better"
    return "worse" if min(values) > max(standard) else "no difference shown"


# %%
rows = ["| varied | value | mean | lowest to highest | against the standard |", "|---" * 5 + "|"]
for group, of_group in results.items():
    for value, errors in of_group.items():
        is_standard = value == STANDARD[group]
        verdict = "" if is_standard else compared(errors, of_group[STANDARD[group]])
        shown = f"**{value}**" if is_standard else value
        mean = sum(errors) / len(errors)
        spread = f"{min(errors):.1f} to {max(errors):.1f}"
        rows.append(f"| {group} | {shown} | {mean:.1f} | {spread} | {verdict} |")
Markdown("\n".join(rows))

# %% [markdown]
# Three seeds are few: ranges of three values overlap less often than they should. Where the table
# says “better” or “worse” by a hair, train more seeds before you believe it.
#
# <details><summary>What to expect of your bets</summary>
#
# A few things are known beforehand. A learning rate of a tenth cannot get as far in so few steps.
# Much dropout disturbs a narrow network more than it protects it, and short trainings hardly
# overfit, so that even a little dropout need not help yet. L1 and L2 differ little where there are
# no wild outliers. Whether a third block helps, and whether ten times the learning rate still
# works, is what one trains for.
#
# </details>

# %% [markdown]
# ## What is left after a rotation
#
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
# The solution has been known since Schönemann (1966) and Umeyama (1991). Let $P$ and $Q$ be the
# joints of a prediction and of its target, as rows, each minus its mean. With the singular value
# decomposition $P^T Q = U S V^T$, the best rotation of rows is $R = U D V^T$, where $D$ is the
# identity, except for a last entry of $-1$ if $\det(U V^T)$ is negative. The best scale is
# $s = \operatorname{tr}(S D) / \lVert P \rVert^2$. The aligned prediction is $s P R$ plus the mean
# of the target.
#
# <details><summary>Hint 1</summary>
#
# `torch.linalg.svd` decomposes a whole batch of matrices. It returns U, the singular values and the
# *transpose* of V. `.mT` transposes the last two axes.
#
# </details>
#
# <details><summary>Hint 2</summary>
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


# %% [markdown]
# The MPJPE after the alignment is called P-MPJPE.

# %%
with torch.no_grad():
    normalised = model.eval()(test_set.batch(range(len(test_set)))["joint_2d"].to(profile.device))
predicted = statistics_3d.restore(normalised.cpu()).unflatten(-1, (15, 3))
target = test_poses.joint_3d

# %%
rows = ["| on the test set, ‰ | MPJPE | P-MPJPE |", "|---|---|---|"]
for name, each in (("mean pose", mean_pose.expand_as(target)), ("LiftModel", predicted)):
    error, aligned = cal_mpjpe(each, target), cal_mpjpe(procrustes_align(each, target), target)
    rows.append(f"| {name} | {1000 * error:.2f} | {1000 * aligned:.2f} |")
Markdown("\n".join(rows))

# %% [markdown]
# **Predict:** can the P-MPJPE of a pose be *larger* than its MPJPE?
#
# <details><summary>Answer</summary>
#
# It can. The alignment makes the sum of *squared* distances as small as possible, and MPJPE is a
# mean of distances. A few joints that are far off pull the whole pose towards them. The sum of the
# squares, though, can never grow.
#
# </details>

# %%
error, aligned = (
    cal_mpjpe(each, target, avg=False) for each in (predicted, procrustes_align(predicted, target))
)
print(f"P-MPJPE is larger in {int((aligned > error).sum())} of {len(error)} poses")

# %% [markdown]
# Which coordinate is to blame? Compare the errors along the image with those in depth.

# %%
across, up, depth = 1000 * (predicted - target).abs().mean(dim=(0, 1))
print(f"mean absolute error: x {across:.2f} ‰, y {up:.2f} ‰, depth {depth:.2f} ‰")

# %% [markdown]
# ## The hardest poses
#
# A mean says little about the worst case. These are the poses with the largest error.

# %% tags=["example"]
hardest = error.argsort(descending=True)[:4]
plot_lifted(
    test_poses.joint_2d[hardest],
    target[hardest],
    {"LiftModel": predicted[hardest]},
    titles=[f"{1000 * error[number]:.0f} ‰" for number in hardest],
)

# %% [markdown]
# Turn one of them. At an azimuth of -90 and an elevation of 0 you look from where the camera is: do
# the two poses still differ from there? Then turn to the side.
#
# <details><summary>Answer</summary>
#
# From the camera's side they should nearly agree: the network was given what the camera saw. What
# it had to guess is the depth, and that shows from everywhere else. Where the two poses differ from
# the camera's side as well, the network has made more than one mistake.
#
# </details>

# %%
number = int(hardest[0])
rotate_pose(target[number], {"LiftModel": predicted[number]})

# %% [markdown]
# **Predict:** which joints are hard?

# %%
by_joint = 1000 * (predicted - target).norm(dim=-1).mean(dim=0)
for joint in by_joint.argsort(descending=True).tolist():
    print(f"{LIFTING.joints[joint]:15} {by_joint[joint]:5.1f} ‰")

# %% [markdown]
# <details><summary>Answer</summary>
#
# Those at the ends of the limbs have the most freedom: between a wrist and the pelvis there are an
# elbow, a shoulder and the spine, and each of them may bend. The hips are close to the pelvis, and
# where that is, is known.
#
# </details>

# %% [markdown]
# ### {question:lifting_architecture}
#
# In about 150 words:
#
# 1. What is batch normalisation for, and why does it stand where it does in a block, between the
#    linear layer and the ReLU?
# 2. What is dropout for, and why does it stand after the ReLU and before the addition, not after
#    it?
# 3. Why is the block repeated? What did one block and three blocks do in *your* experiments, and
#    what does the addition have to do with it?

# %% [markdown] question="lifting_architecture"
# Write your answer here.
#
# === BEGIN MARK SCHEME ===
#
# * **1 point, normalisation.** It keeps the numbers that enter the ReLU at mean 0 and deviation 1,
#   so that neither all nor none of them are cut off, and larger learning rates work. Before the
#   ReLU, because behind it numbers are no longer spread around 0 (a reason for the other order, if
#   it is thought through, counts as well). Half a point without the location.
# * **1 point, dropout.** Units cannot rely on single others, so the network overfits less. Before
#   the addition: the path around the block stays undisturbed; dropped after it, part of what
#   earlier blocks found would be lost. Half a point without the location. With the `cpu` profile
#   dropout only hurts, since these small networks underfit: full points for saying so with the
#   purpose, and none lost for not mentioning it.
# * **1 point, repetition.** Each block corrects the result of the one before; with the addition, a
#   block that has nothing to add can do nothing, and gradients reach the first layers unweakened.
#   (That is about what a block can represent. After few epochs three blocks may well be a little
#   worse than two.) The student's own numbers for one and three blocks, with their spread, and no
#   conclusion that the spread does not allow. Half a point without the spread.
#
# === END MARK SCHEME ===

# %% [markdown]
# ### {question:lifting_experiments}
#
# Report your training on about one page. Put code and charts into cells of your own above this
# question, and refer to them here by a title.
#
# 1. Data, network, optimiser, schedule, batch size, epochs, and how long it took. The curves of
#    training and validation, and what they tell you: would more epochs, more data or a larger
#    network help?
# 2. The experiments above, and at least one of your own: another width, batch size, schedule or
#    number of poses, with several seeds.
# 3. Your MPJPE and P-MPJPE on the test set beside those of the mean pose. How much of the error is
#    depth, and could it have been otherwise?
# 4. What do the hardest poses have in common?

# %% [markdown] question="lifting_experiments"
# Write your answer here.
#
# === BEGIN MARK SCHEME ===
#
# * **1 point, the training.** Half for all settings that are needed to repeat it, including the
#   time. Half for both curves with a conclusion that fits them: more epochs, more data or a larger
#   network.
# * **1 point, the experiments.** Half for the four given ones as charts with all seeds. Half for
#   one of the student's own, with at least two seeds and one thing varied.
# * **1 point, the conclusions.** Half a point off for each conclusion from a difference within the
#   spread; none left if there are no conclusions.
# * **1 point, the errors.** Half for the numbers from the student's own table and the part of
#   depth, half for what the hardest poses have in common. Most of the error is in depth, which the
#   2D skeleton does not show. The hardest poses point at the camera or away from it, are rare in
#   the training data, or are mirrored in depth: a limb that points forwards is predicted backwards.
#
# === END MARK SCHEME ===

# %% [markdown]
# ### {question:lifting_reflection}
#
# In about 150 words: what surprised you, what took longest and why, what would you do differently,
# and what do you still not understand? Name whoever helped you, people and programs, and with what.

# %% [markdown] question="lifting_reflection"
# Write your answer here.
#
# === BEGIN MARK SCHEME ===
#
# * **1 point** for what surprised or took longest, why, and what the student would do differently.
#   Half a point if it is not specific to this student's work.
# * **1 point**, half each: what is still open; all help named, or a statement that there was none.
#
# No points for a summary of the notebook.
#
# === END MARK SCHEME ===

# %% [markdown]
# ## Optional: make it yours
#
# None of this is graded. Give the network noisy 2D skeletons, as a detector would, and look at how
# fast its error grows; train it with noise and look again. Mirror poses in training, with left and
# right exchanged. Add the focal lengths as two more inputs. Predict bone directions instead of
# positions. Lift a skeleton from `heatmap_2d`.
#
# ## References
#
# * *CS 763/764: Computer Vision*, Indian Institute of Technology Bombay,
#   Lab 7(a), “Imputing 3D from 2D”: the task of this notebook.
# * Julieta Martinez, Rayat Hossain, Javier Romero and James J. Little, “A simple yet effective
#   baseline for 3D human pose estimation”, ICCV 2017: the network. Their code is at
#   [una-dinosauria/3d-pose-baseline](https://github.com/una-dinosauria/3d-pose-baseline).
# * Kaiming He, Xiangyu Zhang, Shaoqing Ren and Jian Sun, “Deep residual learning for image
#   recognition”, CVPR 2016: the residual block.
# * Peter H. Schönemann, “A generalized solution of the orthogonal Procrustes problem”,
#   Psychometrika 31, 1966.
# * Shinji Umeyama, “Least-squares estimation of transformation parameters between two point
#   patterns”, IEEE Transactions on Pattern Analysis and Machine Intelligence 13, 1991.
#
# **The real data.** The lab hands `data_train_lift.pkl` and `data_test_lift.pkl` to its own
# students and asks them not to pass them on; ask your instructor. Put both beside this notebook and
# set `folder = Path(".")`. If you have none, 2D and 3D poses of Human3.6M (Catalin Ionescu, Dragos
# Papava, Vlad Olaru and Cristian Sminchisescu, PAMI 2014) can be had for research after
# registration; you would bring them into the same layout.
