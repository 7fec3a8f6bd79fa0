"""The preliminaries: references, solutions and formulas written in a third way agree."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from autograder.exercises.catalogue import definition_of, solution_functions
from autograder.exercises.heatmap_2d.bounding_boxes import cases as bounding_boxes
from autograder.exercises.heatmap_2d.flat_index import cases as flat_index
from autograder.exercises.heatmap_2d.pixels_to_01 import cases as pixels_to_01
from autograder.exercises.heatmap_2d.pyramid_heatmap import cases as pyramid_heatmap
from autograder.exercises.heatmap_2d.stretch_contrast import cases as stretch_contrast
from autograder.manifest import COURSE_ROOT, load_manifest
from autograder.suites.drawing import stored_suites
from poselab.checks.check import stored_suite
from poselab.checks.judge import judge
from poselab.checks.runner import run_cases
from poselab.coordinates import to_01

SOLUTIONS = solution_functions(COURSE_ROOT / "solutions/heatmap_2d/preliminaries.py")
EXERCISES = [
    exercise.id
    for exercise in load_manifest().assignment("heatmap_2d").notebook("preliminaries").exercises
]
EXACT = {"rtol": 0, "atol": 1e-10}
SIZES = st.tuples(st.integers(2, 9), st.integers(2, 9))
SEEDS = st.integers(0, 2**31 - 1)


def doubles(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@given(SEEDS, SIZES)
def test_pixels_become_what_the_course_makes_of_them(seed: int, size: tuple[int, int]) -> None:
    points = doubles(seed, 4, 3, 2)
    for function in (pixels_to_01.reference, SOLUTIONS["pixels_to_01"]):
        torch.testing.assert_close(function(points, size), to_01(points, size), **EXACT)


@given(SEEDS, SIZES, st.floats(0.5, 9))
def test_a_pyramid_is_what_is_left_of_the_one_norm(
    seed: int, size: tuple[int, int], radius: float
) -> None:
    joint = 4 * doubles(seed, 2)
    rows, columns = np.mgrid[: size[0], : size[1]]
    way = np.abs(np.stack([columns, rows], -1) - joint.numpy()).sum(-1)
    expected = torch.from_numpy(np.maximum(0, 1 - way / radius))
    for pyramid in (pyramid_heatmap.reference, SOLUTIONS["pyramid_heatmap"]):
        torch.testing.assert_close(pyramid(joint, size, radius), expected, **EXACT)


@given(SEEDS, SIZES, st.integers(1, 4))
def test_stretched_is_interpolated_between_the_extremes(
    seed: int, size: tuple[int, int], batch: int
) -> None:
    pictures = doubles(seed, batch, *size)
    stretched = [np.interp(p, [p.min(), p.max()], [0, 1]) for p in pictures.numpy()]
    expected = torch.from_numpy(np.stack(stretched))
    for stretch in (stretch_contrast.reference, SOLUTIONS["stretch_contrast"]):
        torch.testing.assert_close(stretch(pictures), expected, **EXACT)


@given(SIZES)
def test_a_flat_index_is_numpys(size: tuple[int, int]) -> None:
    rows, columns = np.mgrid[: size[0], : size[1]]
    expected = torch.from_numpy(np.ravel_multi_index((rows, columns), size))
    x, y = torch.from_numpy(columns), torch.from_numpy(rows)
    for index in (flat_index.reference, SOLUTIONS["flat_index"]):
        torch.testing.assert_close(index(x, y, size[1]).long(), expected)


@given(SEEDS, st.integers(1, 4), st.integers(1, 6))
def test_a_box_holds_the_extremes(seed: int, people: int, joints: int) -> None:
    poses = doubles(seed, people, joints, 2)
    corners = [poses.numpy().min(1), poses.numpy().max(1)]
    expected = torch.from_numpy(np.concatenate(corners, -1))
    for boxes in (bounding_boxes.reference, SOLUTIONS["bounding_boxes"]):
        torch.testing.assert_close(boxes(poses), expected, **EXACT)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_criterion_is_asked_about_explained_and_worth_nothing(exercise: str) -> None:
    suite = stored_suite(exercise)
    asked = {case.criterion for case in suite.cases}
    assert asked == {criterion.id for criterion in suite.criteria}
    assert set(definition_of("heatmap_2d", exercise).advice) == asked
    assert suite.points == 0


def test_students_have_their_suites_and_the_grader_does_not() -> None:
    assert set(EXERCISES) < set(stored_suites("heatmap_2d"))
    graded = {exercise.id for exercise in load_manifest().assignment("heatmap_2d").exercises}
    assert not set(EXERCISES) & graded


def test_what_the_bare_assertions_let_pass_fails() -> None:
    def without_clamp(joint: Tensor, size: tuple[int, int], radius: float) -> Tensor:
        across = (torch.arange(size[1]) - joint[0]).abs()
        down = (torch.arange(size[0]) - joint[1]).abs()
        return 1 - (across + down[:, None]) / radius

    suite = stored_suite("pyramid_heatmap")
    verdict = judge(suite, run_cases(without_clamp, suite.cases))
    (values,) = (criterion for criterion in verdict.criteria if criterion.id == "values")
    assert values.mistake == "not_clamped"
