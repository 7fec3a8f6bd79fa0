from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.exercises.lifting_3d.procrustes_align.cases import reference
from poselab.training.pose_errors import pose_errors

SEEDS = st.integers(0, 2**31 - 1)


def poses(seed: int, number: int = 4, joints: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    random = np.random.default_rng(seed)
    return tuple(  # type: ignore[return-value]
        torch.from_numpy(random.normal(size=(number, joints, 3))) for _ in range(2)
    )


@given(SEEDS)
def test_the_error_after_alignment_is_that_of_the_aligned_poses(seed: int) -> None:
    predicted, target = poses(seed)
    as_it_is, aligned = pose_errors(predicted, target)
    expected = (reference(predicted, target) - target).norm(dim=-1).mean(dim=1)
    torch.testing.assert_close(aligned, expected, rtol=0, atol=1e-8)
    torch.testing.assert_close(as_it_is, (predicted - target).norm(dim=-1).mean(dim=1))


@given(SEEDS, st.floats(0.2, 5))
def test_a_similarity_is_taken_back_and_a_mirror_is_not(seed: int, scale: float) -> None:
    _, target = poses(seed)
    turn, _ = torch.linalg.qr(torch.from_numpy(np.random.default_rng(seed).normal(size=(3, 3))))
    turn = turn * torch.linalg.det(turn).sign()
    _, aligned = pose_errors(scale * target @ turn.T + 3, target)
    torch.testing.assert_close(aligned, torch.zeros_like(aligned), rtol=0, atol=1e-9)
    _, mirrored = pose_errors(scale * target @ turn.T * torch.tensor([-1, 1, 1]), target)
    assert bool((mirrored > 1e-3).all())


def test_a_point_is_moved_to_the_middle() -> None:
    _, target = poses(0)
    _, aligned = pose_errors(torch.zeros_like(target), target)
    middle = target.mean(dim=1, keepdim=True)
    torch.testing.assert_close(aligned, (target - middle).norm(dim=-1).mean(dim=1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equal_poses_have_no_error(dtype: torch.dtype) -> None:
    _, target = poses(1)
    target = target.to(dtype)
    for errors in pose_errors(target.clone().requires_grad_(), target):
        assert errors.dtype == torch.float64 and not errors.requires_grad
        torch.testing.assert_close(errors, torch.zeros_like(errors), rtol=0, atol=1e-7)
