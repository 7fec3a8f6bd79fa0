from __future__ import annotations

from types import MappingProxyType

import pytest
import torch
from torch import nn

from data_stubs.lifting.scenes import draw_two_views
from poselab.datasets import DeviceDict
from poselab.networks.lifting import RayLifter
from poselab.profiles import Profile
from poselab.training.pose_errors import pose_errors
from poselab.training.two_views import TwoViewPoses, lift_all, train_on_two_views

VIEWS = draw_two_views(96, seed=0)
TRAIN, VALIDATION = VIEWS[:64], VIEWS[64:]
SETTINGS = {"epochs": 3, "batch_size": 24, "learning_rate": 2e-3}
PROFILE = Profile("smoke", torch.device("cpu"), 0, MappingProxyType(SETTINGS))


def supervised(network: nn.Module, batch: DeviceDict) -> torch.Tensor:
    joints = network(batch["joint_2d_1"], batch["focal_1"], batch["root_1"])
    return torch.linalg.vector_norm(joints - batch["joint_3d"], dim=-1).mean()


def test_a_mini_batch_knows_where_the_root_is_for_both_cameras() -> None:
    batch = TwoViewPoses(VIEWS, labels=True).batch(torch.tensor([5, 2]))
    torch.testing.assert_close(batch["joint_3d"], VIEWS.joint_3d[[5, 2]])
    for row, pose in enumerate((5, 2)):
        expected = VIEWS.rotation[pose] @ torch.tensor([0.0, 0.0, -1.0]) + VIEWS.translation[pose]
        torch.testing.assert_close(batch["root_2"][row], expected)
        assert batch["root_1"][row].tolist() == [0, 0, -1]


def test_without_labels_there_is_no_true_pose_to_learn_from() -> None:
    assert "joint_3d" not in TwoViewPoses(VIEWS, labels=False).batch(torch.arange(3))
    with pytest.raises(KeyError, match="joint_3d"):
        train_on_two_views(RayLifter(), supervised, TRAIN, VALIDATION, PROFILE, name="cheat")


def test_a_training_learns_and_measures_in_thousandths() -> None:
    torch.manual_seed(0)
    network = RayLifter(width=32)
    before = pose_errors(lift_all(network, TRAIN, PROFILE), TRAIN.joint_3d)[0].mean()
    longer = PROFILE.replace(epochs=12)
    history = train_on_two_views(
        network, supervised, TRAIN, VALIDATION, longer, name="supervised", labels=True
    )
    after = pose_errors(lift_all(network, TRAIN, PROFILE), TRAIN.joint_3d)[0].mean()
    assert after < 0.9 * before
    assert len(history.losses) == 12 * 3 and history.unit == "‰"
    last = pose_errors(lift_all(network, VALIDATION, PROFILE), VALIDATION.joint_3d)[0].mean()
    assert history.error == pytest.approx(1000 * float(last), rel=1e-5)


def test_the_same_seed_gives_the_same_network() -> None:
    found = []
    for _ in range(2):
        torch.manual_seed(1)
        network = RayLifter(width=16)
        train_on_two_views(
            network, supervised, TRAIN, VALIDATION, PROFILE, name="again", labels=True
        )
        found.append(lift_all(network, VALIDATION, PROFILE))
    assert torch.equal(*found)
