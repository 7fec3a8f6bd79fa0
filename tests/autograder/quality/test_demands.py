"""What an exercise has to bring: the shipped ones have it, and what is missing is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from autograder.errors import CourseError
from autograder.exercises.bank import Bank, Mistake, RightAnswers
from autograder.exercises.catalogue import bank_of, definition_of, gallery_of, right_answers
from autograder.manifest import load_manifest
from autograder.quality import demands
from autograder.quality.demands import check_exercises, unmet

MANIFEST = load_manifest()
EXERCISES = [
    pytest.param(assignment, exercise, id=exercise.id)
    for assignment in MANIFEST.assignments.values()
    for exercise in assignment.checked_exercises
]
ASSIGNMENT = MANIFEST.assignment("heatmap_2d")
EXERCISE = ASSIGNMENT.exercise("joint_error")
MISTAKES = bank_of(ASSIGNMENT.id, EXERCISE.id).mistakes
FOLDER = "autograder/exercises/heatmap_2d/joint_error"


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_an_exercise_has_all_that_it_needs(assignment: Any, exercise: Any) -> None:
    assert list(unmet(MANIFEST, assignment, exercise)) == []


def bank(*mistakes: Mistake) -> Bank:
    made = Bank()
    made.mistakes.extend(mistakes)
    return made


ENOUGH = MISTAKES[: demands.LEAST_MISTAKES]
CASES = definition_of(ASSIGNMENT.id, EXERCISE.id)
RIGHT = RightAnswers(right_answers(MANIFEST, ASSIGNMENT)[EXERCISE.id])


@pytest.mark.parametrize(
    ("what", "brought", "said"),
    [
        ("bank_of", bank(*ENOUGH[1:]), "mistakes.py: joint_error has 11 of at least 12 mistakes"),
        (
            "bank_of",
            bank(*ENOUGH, replace(ENOUGH[0], sentence="Another.")),
            f"mistakes.py: joint_error has two mistakes that are called {ENOUGH[0].id}",
        ),
        (
            "bank_of",
            bank(*ENOUGH, replace(ENOUGH[0], id="other", diagnosed_as="other")),
            "mistakes.py: joint_error has two mistakes whose authors are told "
            f"“{ENOUGH[0].sentence}”",
        ),
        (
            "bank_of",
            bank(*ENOUGH[1:], replace(ENOUGH[0], description="")),
            f"mistakes.py: joint_error has the mistake {ENOUGH[0].id}, whose docstring does not "
            "begin with a sentence",
        ),
        (
            "bank_of",
            bank(*ENOUGH[1:], replace(ENOUGH[0], fails_too=("speed",))),
            f"mistakes.py: joint_error has the mistake {ENOUGH[0].id}, which fails speed, a "
            "criterion that course.toml does not list",
        ),
        (
            "right_answers",
            {EXERCISE.id: dict(list(RIGHT.items())[:3])},
            "right_answers.py: joint_error has 2 of at least 5 right answers beside the solution",
        ),
        (
            "gallery_of",
            gallery_of(ASSIGNMENT.id, EXERCISE.id)[:3],
            "gallery.py: joint_error shows 3 of at least 4 wrong answers",
        ),
        (
            "definition_of",
            replace(CASES, tolerance={**CASES.tolerance, "speed": 1.0}),
            "cases.py: joint_error has a tolerance for speed, a criterion that course.toml does "
            "not list",
        ),
        (
            "definition_of",
            replace(CASES, needs=("sliding_windows",)),
            "cases.py: joint_error needs sliding_windows, which is no exercise of heatmap_2d",
        ),
    ],
)
def test_what_is_missing_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, what: str, brought: Any, said: str
) -> None:
    monkeypatch.setattr(demands, what, lambda *_: brought)
    assert f"{FOLDER}/{said}." in list(unmet(MANIFEST, ASSIGNMENT, EXERCISE))


@pytest.mark.parametrize("allowed", [{}, {"operations": 3}, {**CASES.most_work, "operations": 999}])
def test_twice_the_work_of_the_right_answers_is_allowed(
    monkeypatch: pytest.MonkeyPatch, allowed: dict[str, int]
) -> None:
    monkeypatch.setattr(demands, "definition_of", lambda *_: replace(CASES, most_work=allowed))
    (sentence,) = unmet(MANIFEST, ASSIGNMENT, EXERCISE)
    number = allowed.get("operations", 0)
    assert sentence.startswith(
        f"{FOLDER}/cases.py: joint_error allows {number} operations in `most_work` instead of "
    )


def test_the_check_says_all_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demands, "unmet", lambda *_: ())
    assert check_exercises(MANIFEST) == f"{len(EXERCISES)} exercises have all that they need."
    monkeypatch.setattr(demands, "unmet", lambda *which: [f"{which[-1].id} lacks it.", "And this."])
    with pytest.raises(CourseError) as raised:
        check_exercises(MANIFEST)
    sentences = str(raised.value).splitlines()
    assert len(sentences) == 2 * len(EXERCISES)
    assert "joint_error lacks it." in sentences
