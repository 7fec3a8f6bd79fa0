"""Every wrong answer loses what its entry says and is recognised; no right answer is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autograder.exams import bank_of, draw_paper, source_of
from autograder.judging.right_answers import right_answers
from autograder.manifest import load_manifest
from autograder.mistakes.bank import WrongAnswer
from poselab.checks.check import stored_exercise
from poselab.checks.judge import Verdict, judge
from poselab.checks.paper import Exercise
from poselab.checks.probe import put_questions

MANIFEST = load_manifest()
ASSIGNMENTS = [a for a in MANIFEST.assignments.values() if a.exercises]
EXERCISES = [(a.id, exercise.id) for a in ASSIGNMENTS for exercise in a.exercises]
RIGHT = {(a.id, e): f for a in ASSIGNMENTS for e, f in right_answers(MANIFEST, a).items()}
SOLUTIONS = {
    exercise: RIGHT[assignment, exercise]["solution"] for assignment, exercise in EXERCISES
}
WRONG = [(*e, wrong) for e in EXERCISES for wrong in bank_of(*e).answers]
ALL_RIGHT = [(*e, right) for e in EXERCISES for right in RIGHT[e].values()]
SEEDS = range(5)


def named(value: Any) -> str:
    return str(getattr(value, "id", getattr(value, "__name__", value)))


def papers(assignment: str, exercise: str) -> list[Exercise]:
    seeds = source_of(assignment, exercise).seeds(SEEDS)
    drawn = [draw_paper(assignment, exercise, seed) for seed in seeds]
    # The stored paper is that of seed 0, through a file.
    return [stored_exercise(exercise), *drawn[1:]]


def judged(paper: Exercise, function: Callable[..., Any]) -> Verdict:
    return judge(paper, put_questions(function, paper.questions))


def expected_losses(paper: Exercise, wrong: WrongAnswer) -> set[str]:
    ladder = [criterion.id for criterion in paper.criteria]
    if wrong.fails in ("shape", "values"):
        return set(ladder[ladder.index(wrong.fails) :])
    return {wrong.fails, *wrong.fails_too}


@pytest.mark.parametrize(("assignment", "exercise", "wrong"), WRONG, ids=named)
def test_a_wrong_answer_loses_what_its_entry_says_and_is_recognised(
    assignment: str, exercise: str, wrong: WrongAnswer
) -> None:
    for paper in papers(assignment, exercise):
        verdict = judged(paper, wrong.function)
        lost = {criterion.id for criterion in verdict.criteria if not criterion.passed}
        assert lost == expected_losses(paper, wrong)
        assert {c.mistake for c in verdict.criteria if c.mistake} == {wrong.told}
        assert any(wrong.sentence in criterion.message for criterion in verdict.criteria)


@pytest.mark.parametrize(("assignment", "exercise", "right"), ALL_RIGHT, ids=named)
def test_a_right_answer_is_never_refused(
    assignment: str, exercise: str, right: Callable[..., Any]
) -> None:
    for paper in papers(assignment, exercise):
        verdict = judged(paper, right)
        assert verdict.score == verdict.max_score, verdict


@pytest.mark.parametrize("assignment", ASSIGNMENTS, ids=named)
def test_the_banks_are_as_large_as_promised(assignment: Any) -> None:
    sizes = [len(bank_of(assignment.id, e.id).answers) for e in assignment.exercises]
    assert min(sizes) >= 12
    assert sum(sizes) >= 80
    assert min(len(RIGHT[assignment.id, e.id]) for e in assignment.exercises) >= 6


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_sentences_and_descriptions_are_there_and_differ(assignment: str, exercise: str) -> None:
    answers = bank_of(assignment, exercise).answers
    assert len({wrong.id for wrong in answers}) == len(answers)
    first = [wrong for wrong in answers if wrong.told == wrong.id]
    assert len({wrong.sentence for wrong in first}) == len(first)
    assert {wrong.told for wrong in answers} == {wrong.id for wrong in first}
    assert all(wrong.description.endswith(".") for wrong in answers)


def test_two_mistakes_in_one_function_are_told_one_after_the_other() -> None:
    def swapped_and_ignoring(poses: Any, size: Any, sigma: float, visible: Any = None) -> Any:
        return SOLUTIONS["render_heatmaps"](poses.flip(-1), size, sigma)

    verdict = judged(stored_exercise("render_heatmaps"), swapped_and_ignoring)
    assert {c.mistake for c in verdict.criteria if c.mistake} == {"xy_swapped"}


def test_an_unknown_mistake_is_not_given_a_known_name() -> None:
    def shifted(logits: Any, beta: float = 1.0) -> Any:
        return SOLUTIONS["soft_argmax_2d"](logits, beta) + 0.37

    verdict = judged(stored_exercise("soft_argmax_2d"), shifted)
    assert verdict.score == 0.5
    assert {c.mistake for c in verdict.criteria} == {None}


@pytest.mark.parametrize(
    ("assignment", "exercise"), [e for e in EXERCISES if source_of(*e).reference is not None]
)
def test_zeros_are_not_given_the_name_of_a_mistake(assignment: str, exercise: str) -> None:
    def nothing(*args: Any) -> Any:
        return SOLUTIONS[exercise](*args) * 0

    told = {c.mistake for c in judged(stored_exercise(exercise), nothing).criteria}
    assert told <= {None, "cut_from_the_graph"}
