"""Every tolerance keeps its distance from right answers and from wrong ones."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from autograder.errors import CourseError
from autograder.exercises.catalogue import right_answers
from autograder.manifest import load_manifest
from autograder.quality.tolerance_table import (
    as_table,
    disagreement,
    read_table,
    rounded,
    table_path,
)
from autograder.quality.tolerances import Certificate, certify_exercise, require_gap

MANIFEST = load_manifest()
ASSIGNMENT = MANIFEST.assignment("heatmap_2d")
SOUND = Certificate("joint_error", "values", 1e-4, 2.1e-7, "hypot", 0.0193, "summed", False)
EXACT = replace(SOUND, error=0.0, furthest="", distance=math.inf, nearest="", earlier=True)


def test_a_right_answer_that_rounds_more_is_measured() -> None:
    right = right_answers(MANIFEST, ASSIGNMENT)["joint_error"]

    def in_half_precision(*args: torch.Tensor) -> torch.Tensor:
        return right["solution"](*(a.half() if a.is_floating_point() else a for a in args))

    right = {**right, "in_half_precision": in_half_precision}
    values = certify_exercise("heatmap_2d", "joint_error", right, [0])[0]
    assert (values.criterion, values.furthest) == ("values", "in_half_precision")
    assert values.error > 1e-4
    assert values.distance > values.tolerance
    assert not values.earlier


def test_a_refused_right_answer_has_no_gap() -> None:
    right = {"list": lambda *args: [0.0]}
    values = certify_exercise("heatmap_2d", "joint_error", right, [0])[0]
    assert math.isinf(values.error)
    with pytest.raises(CourseError, match=r"joint_error, values: .* right answer list"):
        require_gap([values])


def test_a_sound_tolerance_passes() -> None:
    require_gap([SOUND, EXACT])


@pytest.mark.parametrize(
    ("certificate", "named"),
    [
        (replace(SOUND, error=1.1e-5), "right answer hypot"),
        (replace(SOUND, distance=0.9e-3), "wrong answer summed"),
        (replace(SOUND, distance=0.5e-4), "wrong answer summed"),
    ],
)
def test_a_narrow_gap_is_named(certificate: Certificate, named: str) -> None:
    with pytest.raises(CourseError, match=named):
        require_gap([EXACT, certificate])


def test_a_table_can_be_read_back(tmp_path: Path) -> None:
    path = tmp_path / "table.md"
    path.write_text(as_table(ASSIGNMENT, [SOUND, EXACT]), encoding="utf-8")
    assert read_table(path) == [rounded(SOUND), rounded(EXACT)]


def test_numbers_are_rounded_to_the_unsafe_side() -> None:
    assert (rounded(SOUND).error, rounded(SOUND).distance) == (3e-7, 0.01)


def test_a_missing_table_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="run `make tolerances`"):
        read_table(table_path(MANIFEST.model_copy(update={"root": tmp_path}), ASSIGNMENT))


@pytest.mark.parametrize(
    "measured",
    [
        replace(SOUND, error=5e-7),
        replace(SOUND, error=0.0, furthest=""),
        replace(SOUND, distance=0.007),
        replace(SOUND, distance=math.inf),
        replace(SOUND, nearest="squared_distance"),
    ],
)
def test_machines_may_round_and_fewer_suites_may_be_kinder(measured: Certificate) -> None:
    assert disagreement([SOUND], [measured]) == ""


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        ([replace(SOUND, error=5e-6)], "off by 5e-06"),
        ([replace(SOUND, distance=0.005)], "at 5e-03"),
        ([replace(SOUND, tolerance=1e-3)], "tolerance 0.001"),
        ([replace(SOUND, earlier=True)], "gained or lost"),
        ([], "only one of"),
        ([SOUND, replace(SOUND, criterion="edge_cases")], "edge_cases is in only one of"),
    ],
)
def test_a_table_that_measurements_refute_is_stale(measured: list[Certificate], said: str) -> None:
    assert said in disagreement([SOUND], measured)
