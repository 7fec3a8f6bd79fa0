"""References, solutions and formulas written in a third way agree in float64 to 1e-10."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from autograder.exercises.catalogue import definition_of, solution_functions
from autograder.exercises.heatmap_2d.gaussian_heatmap import cases as gaussian_heatmap
from autograder.exercises.heatmap_2d.heatmap_argmax import cases as heatmap_argmax
from autograder.exercises.heatmap_2d.heatmap_loss import cases as heatmap_loss
from autograder.exercises.heatmap_2d.joint_error import cases as joint_error
from autograder.exercises.heatmap_2d.render_heatmaps import cases as render_heatmaps
from autograder.exercises.heatmap_2d.soft_argmax_2d import cases as soft_argmax_2d
from autograder.manifest import COURSE_ROOT, load_manifest
from autograder.suites.drawing import draw_suite

SOLUTIONS = solution_functions(COURSE_ROOT / "solutions/heatmap_2d/heatmap_2d.py")
EXERCISES = tuple(e.id for e in load_manifest().assignment("heatmap_2d").exercises)
EXACT = {"rtol": 0, "atol": 1e-10}
SIZES = st.tuples(st.integers(2, 9), st.integers(2, 9))
SEEDS = st.integers(0, 2**31 - 1)


def doubles(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def mask(seed: int, *shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < 0.6


@given(SEEDS, SIZES, st.floats(0.5, 4))
def test_gaussian_is_the_outer_product_of_two_one_dimensional_ones(
    seed: int, size: tuple[int, int], sigma: float
) -> None:
    joint = 4 * doubles(seed, 2)
    x, y = joint.numpy()
    across = np.exp(-0.5 * ((np.arange(size[1]) - x) / sigma) ** 2)
    down = np.exp(-0.5 * ((np.arange(size[0]) - y) / sigma) ** 2)
    expected = torch.from_numpy(np.outer(down, across))
    torch.testing.assert_close(gaussian_heatmap.reference(joint, size, sigma), expected, **EXACT)
    torch.testing.assert_close(SOLUTIONS["gaussian_heatmap"](joint, size, sigma), expected, **EXACT)


@given(SEEDS, SIZES)
def test_rendering_is_a_gaussian_for_each_visible_joint(seed: int, size: tuple[int, int]) -> None:
    poses, visible = 3 * doubles(seed, 2, 3, 2), mask(seed, 2, 3)
    x, y = poses.numpy()[..., 0], poses.numpy()[..., 1]
    rows, columns = np.mgrid[: size[0], : size[1]]
    squared = (columns - x[..., None, None]) ** 2 + (rows - y[..., None, None]) ** 2
    maps = np.where(visible.numpy()[..., None, None], np.exp(squared / -4.5), 0)
    expected = torch.from_numpy(maps)
    for render in (render_heatmaps.reference, SOLUTIONS["render_heatmaps"]):
        torch.testing.assert_close(render(poses, size, 1.5, visible), expected, **EXACT)


@given(SEEDS, SIZES)
def test_argmax_is_the_unravelled_index(seed: int, size: tuple[int, int]) -> None:
    maps = doubles(seed, 2, 3, *size)
    flat = maps.numpy().reshape(2, 3, -1).argmax(-1)
    rows, columns = np.unravel_index(flat, size)
    expected = torch.from_numpy(np.stack([columns, rows], -1)).double()
    for argmax in (heatmap_argmax.reference, SOLUTIONS["heatmap_argmax"]):
        torch.testing.assert_close(argmax(maps), expected, **EXACT)


@given(SEEDS, SIZES)
def test_loss_is_the_mean_square_over_the_pixels_of_visible_joints(
    seed: int, size: tuple[int, int]
) -> None:
    predicted, target = doubles(seed, 2, 3, *size), doubles(seed + 1, 2, 3, *size)
    visible = mask(seed, 2, 3)
    expected = torch.tensor(0.0, dtype=torch.float64)
    if visible.any():
        expected = torch.nn.functional.mse_loss(predicted[visible], target[visible])
    for loss in (heatmap_loss.reference, SOLUTIONS["heatmap_loss"]):
        torch.testing.assert_close(loss(predicted, target, visible), expected, **EXACT)


@given(SEEDS, SIZES, st.floats(0.1, 20))
def test_soft_argmax_is_the_mean_of_the_marginals(
    seed: int, size: tuple[int, int], beta: float
) -> None:
    logits = doubles(seed, 2, 3, *size)
    log_p = (beta * logits) - (beta * logits).logsumexp((-1, -2), keepdim=True)
    x = torch.einsum("bjw,w->bj", log_p.logsumexp(-2).exp(), torch.arange(size[1]).double())
    y = torch.einsum("bjh,h->bj", log_p.logsumexp(-1).exp(), torch.arange(size[0]).double())
    expected = torch.stack([x, y], -1)
    for soft_argmax in (soft_argmax_2d.reference, SOLUTIONS["soft_argmax_2d"]):
        torch.testing.assert_close(soft_argmax(logits, beta), expected, **EXACT)


@given(SEEDS, st.integers(1, 5), st.integers(1, 6))
def test_error_is_the_mean_norm(seed: int, batch: int, joints: int) -> None:
    predicted, target = doubles(seed, batch, joints, 2), doubles(seed + 1, batch, joints, 2)
    visible = mask(seed, batch, joints)
    norms = np.linalg.norm((predicted - target).numpy(), axis=-1)[visible.numpy()]
    expected = torch.tensor(norms.mean() if norms.size else 0.0, dtype=torch.float64)
    for error in (joint_error.reference, SOLUTIONS["joint_error"]):
        torch.testing.assert_close(error(predicted, target, visible), expected, **EXACT)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_criterion_is_asked_about_and_explained(exercise: str) -> None:
    suite = draw_suite("heatmap_2d", exercise, 0)
    for criterion in suite.criteria:
        assert suite.cases_of(criterion.id)
        assert criterion.advice
    asked = {case.criterion for case in suite.cases}
    assert asked == {criterion.id for criterion in suite.criteria}
    assert set(definition_of("heatmap_2d", exercise).advice) == asked


def test_suites_depend_on_the_seed_alone() -> None:
    one, same, other = (
        {e: draw_suite.__wrapped__("heatmap_2d", e, seed) for e in EXERCISES} for seed in (5, 5, 6)
    )
    first = [exercise.cases[0].args[0] for exercise in one.values()]
    assert all(
        torch.equal(a, exercise.cases[0].args[0])
        for a, exercise in zip(first, same.values(), strict=True)
    )
    assert not any(
        torch.equal(a, exercise.cases[0].args[0])
        for a, exercise in zip(first, other.values(), strict=True)
    )
