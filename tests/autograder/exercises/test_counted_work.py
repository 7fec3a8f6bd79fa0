"""How much work a call may be follows from the right answers; how large it is, from the seed."""

from __future__ import annotations

import pytest
import torch

from autograder.exercises.catalogue import definition_of, right_answers
from autograder.exercises.suite_builder import LEAST_LONGER, SuiteBuilder
from autograder.manifest import load_manifest
from poselab.checks.check import stored_suite
from poselab.checks.runner import run_cases

MANIFEST = load_manifest()
EXERCISES = [
    (assignment, exercise.id)
    for assignment in MANIFEST.assignments.values()
    for exercise in assignment.checked_exercises
    if definition_of(assignment.id, exercise.id).reference is not None
    and "vectorised" in exercise.criteria
]


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES, ids=lambda e: getattr(e, "id", e))
def test_twice_the_work_of_the_right_answers_is_allowed(assignment, exercise) -> None:  # type: ignore[no-untyped-def]
    suite = stored_suite(exercise)
    assert "operations" in suite.most_work
    answers = right_answers(MANIFEST, assignment)[exercise].values()
    observations = [seen for answer in answers for seen in run_cases(answer, suite.cases)]
    for kind, allowed in suite.most_work.items():
        most = max(getattr(seen, kind) for seen in observations)
        # Not to the unit: versions of torch and of Python differ a little.
        assert 1.8 * most <= allowed <= 2.2 * most


def test_sizes_are_others_with_every_seed() -> None:
    drawn = set()
    for seed in range(20):
        sizes = SuiteBuilder("f", ("x",), seed).sizes(samples=2, rows=4)
        (name, base), *grown = sizes
        assert name == ""
        assert all(low <= length <= low + 2 for low, length in zip((2, 4), base, strict=True))
        assert [axis for axis, _ in grown] == ["samples", "rows"]
        for place, (_, lengths) in enumerate(grown):
            more = [after - before for before, after in zip(base, lengths, strict=True)]
            assert more.pop(place) >= LEAST_LONGER
            assert not any(more)
        drawn.add((base, *(lengths for _, lengths in grown)))
    assert len(drawn) == 20


def test_the_message_says_by_how_much_an_axis_is_longer() -> None:
    suite = SuiteBuilder("f", ("x", "size"), 0)
    suite.count("vectorised", "", torch.zeros(2, 3), (4, 5))
    suite.count("vectorised", "samples", torch.zeros(37, 3), (4, 5))
    suite.count("vectorised", "columns", torch.zeros(2, 3), (4, 45))
    assert [case.longer for case in suite.cases] == [0, 35, 40]
    assert suite.cases[2].given == "`x` of shape (2, 3) (40 more columns)"
