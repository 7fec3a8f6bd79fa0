from __future__ import annotations

import torch

from data_stubs.lifting.scenes import draw_two_views
from poselab.networks.lifting import RayLifter, on_rays

VIEWS = draw_two_views(24, seed=0)
ROOT = torch.tensor([0.0, 0.0, -1.0]).expand(24, 3)


def test_joints_on_their_rays_at_the_true_depth_are_the_true_joints() -> None:
    found = on_rays(VIEWS.joint_2d_1, VIEWS.focal_1, -VIEWS.joint_3d[..., 2])
    torch.testing.assert_close(found, VIEWS.joint_3d, rtol=0, atol=1e-6)


def test_one_depth_serves_for_all_joints_of_a_pose() -> None:
    depth = torch.linspace(0.5, 2, 24)
    found = on_rays(VIEWS.joint_2d_1, VIEWS.focal_1, depth)
    torch.testing.assert_close(found[..., 2], -depth[:, None].expand(24, 15))
    again = on_rays(VIEWS.joint_2d_1, VIEWS.focal_1, depth[:, None].expand(24, 15))
    torch.testing.assert_close(found, again)


def test_an_untrained_network_predicts_the_flat_skeleton() -> None:
    found = RayLifter()(VIEWS.joint_2d_1, VIEWS.focal_1, ROOT)
    torch.testing.assert_close(found, on_rays(VIEWS.joint_2d_1, VIEWS.focal_1, torch.ones(24)))


def trained_a_little() -> RayLifter:
    torch.manual_seed(0)
    network = RayLifter()
    torch.nn.init.normal_(network.step.weight, std=0.1)
    return network


def test_a_pose_does_not_depend_on_the_others() -> None:
    network = trained_a_little()
    together = network(VIEWS.joint_2d_1, VIEWS.focal_1, ROOT)
    alone = network(VIEWS.joint_2d_1[3:4], VIEWS.focal_1[3:4], ROOT[3:4])
    torch.testing.assert_close(together[3:4], alone, rtol=0, atol=1e-6)


def test_a_scene_that_is_twice_as_large_is_predicted_twice_as_large() -> None:
    network = trained_a_little()
    once = network(VIEWS.joint_2d_1, VIEWS.focal_1, ROOT)
    twice = network(VIEWS.joint_2d_1, VIEWS.focal_1, 2 * ROOT)
    torch.testing.assert_close(twice, 2 * once, rtol=0, atol=1e-5)
