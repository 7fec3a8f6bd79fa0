"""Training networks on poses that two cameras see, with the true poses hidden or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LRScheduler

from poselab.datasets.device_dict import DeviceDict
from poselab.datasets.lifting import ROOT, TwoViews
from poselab.profiles import Profile
from poselab.training.history import History
from poselab.training.loop import Objective, gradient_step, train_by_epochs
from poselab.training.optimisers import one_cycle
from poselab.training.pose_errors import pose_errors

_BATCH_TO_PREDICT = 2048


class TwoViewPoses:
    """Poses that two cameras see, a mini-batch at a time.

    Args:
        views: the poses.
        labels: whether a mini-batch holds the true poses.
    """

    def __init__(self, views: TwoViews, labels: bool) -> None:
        self.views = views
        self.labels = labels

    def __len__(self) -> int:
        return len(self.views)

    def batch(self, indices: Int64[Tensor, " n"]) -> DeviceDict:
        """Return the poses at ``indices`` as one mini-batch.

        Args:
            indices: which poses.

        Returns:
            ``joint_2d_1`` and ``joint_2d_2`` (n, 15, 2), ``focal_1`` and ``focal_2`` (n, 2),
            ``rotation`` (n, 3, 3), ``translation`` (n, 3), where the root is in each camera's frame
            as ``root_1`` and ``root_2`` (n, 3), and ``joint_3d`` (n, 15, 3) with ``labels``.
        """
        chosen = DeviceDict(vars(self.views[indices]))
        if not self.labels:
            del chosen["joint_3d"]
        root = torch.tensor(ROOT)
        chosen["root_1"] = root.expand(len(indices), 3)
        chosen["root_2"] = chosen["rotation"] @ root + chosen["translation"]
        return chosen


def train_on_two_views(
    network: nn.Module,
    objective: Objective,
    train_set: TwoViews,
    validation_set: TwoViews,
    profile: Profile,
    *,
    name: str,
    labels: bool = False,
    on_epoch: Callable[[History], None] | None = None,
) -> History:
    """Train a network that lifts one view, in place, and measure it after each epoch.

    Args:
        network: called with what a camera sees, its focal lengths and where the root is in its
            frame, as ``RayLifter`` is.
        objective: network, mini-batch of :class:`TwoViewPoses` -> the loss, one number.
        train_set: what to learn from.
        validation_set: what the error is measured on, for which the true poses are needed.
        profile: ``epochs``, ``batch_size``, ``learning_rate``, seed, device.
        name: the method's name, for the bar and the curves.
        labels: whether the objective is given the true poses.
        on_epoch: called with the history after each epoch, as ``LiveCurves()`` is.

    Returns:
        Losses, errors (MPJPE in thousandths, ‰, of the root's distance) and seconds.

    Raises:
        TypeError: the objective's result is not one number, or no gradient flows from it.
        FloatingPointError: the loss became infinite or NaN.
    """
    size = profile.batch_size

    def run_steps(
        data: TwoViewPoses, optimiser: Optimizer, schedule: LRScheduler
    ) -> Iterator[float]:
        network.train()
        for indices in torch.randperm(len(data)).split(size):
            batch = data.batch(indices).to(profile.device)
            yield gradient_step(network, batch, objective, optimiser)
            schedule.step()

    def run_epoch(_epoch_no: int, data: TwoViewPoses, *context: Any) -> tuple[Any, float]:
        _, optimiser, scheduler, _, split = context
        if split == "train":
            return run_steps(data, optimiser, scheduler), 0.0
        predicted = lift_all(network, data.views, profile)
        return None, 1000 * float(pose_errors(predicted, data.views.joint_3d)[0].mean())

    n_steps = -(-len(train_set) // size)
    return train_by_epochs(
        network,
        run_epoch,
        TwoViewPoses(train_set, labels),
        TwoViewPoses(validation_set, labels=True),
        profile,
        name=name,
        unit="‰",
        optimiser=lambda trained, rate: AdamW(trained.parameters(), rate),
        schedule=lambda optimiser, n_epochs: one_cycle(optimiser, n_epochs * n_steps),
        on_epoch=on_epoch,
    )


@torch.no_grad()
def lift_all(network: nn.Module, views: TwoViews, profile: Profile) -> Float[Tensor, "pose 15 3"]:
    """Predict all poses from what the first camera sees of them.

    Args:
        network: moved to the profile's device and put into evaluation mode.
        views: the poses.
        profile: the device.

    Returns:
        Joints in the first camera's frame, in the CPU's memory.
    """
    network.to(profile.device).eval()
    data = TwoViewPoses(views, labels=False)
    predicted = []
    for indices in torch.arange(len(views)).split(_BATCH_TO_PREDICT):
        batch = data.batch(indices).to(profile.device)
        predicted.append(network(batch["joint_2d_1"], batch["focal_1"], batch["root_1"]).cpu())
    return torch.cat(predicted)
