"""References and solutions of lifting_3d agree with formulas that are written in a third way."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from autograder.exercises.catalogue import solution_functions
from autograder.exercises.lifting_3d.cal_mpjpe import cases as cal_mpjpe
from autograder.exercises.lifting_3d.procrustes_align import cases as procrustes_align
from autograder.manifest import COURSE_ROOT

SOLUTIONS = solution_functions(COURSE_ROOT / "solutions/lifting_3d/lifting.py")
SEEDS = st.integers(0, 2**31 - 1)
BOTH = [procrustes_align.reference, SOLUTIONS["procrustes_align"]]


def doubles(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def rotations(seed: int, number: int) -> Tensor:
    """By Rodrigues' formula."""
    axis = torch.nn.functional.normalize(doubles(seed, number, 3), dim=-1)
    angle = 3 * doubles(seed + 1, number, 1, 1)
    x, y, z = axis.unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(-1, 3, 3)
    eye = torch.eye(3, dtype=torch.float64)
    return eye + angle.sin() * cross + (1 - angle.cos()) * cross @ cross


@given(SEEDS, st.integers(1, 4), st.integers(1, 6), st.booleans())
def test_mpjpe_is_a_mean_of_roots(seed: int, number: int, joints: int, avg: bool) -> None:
    one, other = doubles(seed, number, joints, 3), doubles(seed + 1, number, joints, 3)
    squares = np.einsum("njc,njc->nj", (one - other).numpy(), (one - other).numpy())
    expected = np.sqrt(squares).mean(1)
    expected = torch.as_tensor(expected.mean() if avg else expected)
    for mpjpe in (cal_mpjpe.reference, SOLUTIONS["cal_mpjpe"]):
        for form in (lambda p: p, lambda p: p.flatten(1)):
            found = mpjpe(form(one), form(other), avg)
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("align", BOTH)
@given(SEEDS)
def test_a_similarity_is_undone(align: object, seed: int) -> None:
    target = doubles(seed, 4, 7, 3)
    scale = 0.3 + doubles(seed + 2, 4, 1, 1).abs()
    moved = scale * target @ rotations(seed, 4) + 5 * doubles(seed + 3, 4, 1, 3)
    torch.testing.assert_close(align(moved, target), target, rtol=0, atol=1e-9)  # type: ignore[operator]


@given(SEEDS, st.integers(1, 4), st.integers(2, 8))
def test_quaternions_and_singular_values_agree(seed: int, number: int, joints: int) -> None:
    predicted, target = doubles(seed, number, joints, 3), doubles(seed + 1, number, joints, 3)
    mirrored = predicted * torch.tensor([-1.0, 1.0, 1.0])
    for one in (predicted, mirrored):
        found, expected = (align(one, target) for align in BOTH)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


@given(SEEDS)
def test_no_other_similarity_leaves_smaller_squares(seed: int) -> None:
    predicted, target = doubles(seed, 3, 6, 3), doubles(seed + 1, 3, 6, 3)
    aligned = SOLUTIONS["procrustes_align"](predicted, target)
    left = (aligned - target).square().sum((1, 2))
    centre = aligned.mean(1, keepdim=True)
    for trial in range(5):
        turned = (aligned - centre) @ rotations(seed + 10 * trial, 3) + centre
        scaled = (1 + 0.1 * doubles(seed + trial, 3, 1, 1)) * (aligned - centre) + centre
        moved = aligned + 0.1 * doubles(seed + trial, 3, 1, 3)
        for other in (turned, scaled, moved, predicted):
            assert bool(((other - target).square().sum((1, 2)) >= left - 1e-9).all())


def test_a_mirrored_pose_stays_wrong() -> None:
    target = doubles(0, 2, 8, 3)
    for align in BOTH:
        mirrored = align(target * torch.tensor([1.0, -1.0, 1.0]), target)
        assert float((mirrored - target).norm(dim=-1).mean()) > 0.3


def test_a_pose_at_one_point_goes_to_the_mean() -> None:
    target = doubles(0, 2, 8, 3)
    for align in BOTH:
        found = align(torch.full((2, 8, 3), 0.5, dtype=torch.float64), target)
        expected = target.mean(1, keepdim=True).expand_as(target)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
