"""Every wrong answer loses what its entry says and is recognised; no right answer is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autograder.exams import bank_of, draw_paper, draw_papers
from autograder.mistakes.bank import WrongAnswer
from poselab.checks.check import stored_exercise
from poselab.checks.judge import Verdict, judge
from poselab.checks.paper import Exercise
from poselab.checks.probe import put_questions
from tests.exercises.right_answers import RIGHT
from tests.exercises.solutions import solution_functions

EXERCISES = tuple(draw_papers("heatmap_2d", 0))
SOLUTIONS = solution_functions("heatmap_2d", "heatmap_2d")
WRONG = [(e, wrong) for e in EXERCISES for wrong in bank_of("heatmap_2d", e).answers]
ALL_RIGHT = [(e, right) for e in EXERCISES for right in (SOLUTIONS[e], *RIGHT[e])]
SEEDS = range(5)


def named(entry: tuple[str, Any]) -> str:
    exercise, answer = entry
    return f"{exercise}-{getattr(answer, 'id', getattr(answer, '__name__', ''))}"


def judged(paper: Exercise, function: Callable[..., Any]) -> Verdict:
    return judge(paper, put_questions(function, paper.questions))


def expected_losses(paper: Exercise, wrong: WrongAnswer) -> set[str]:
    ladder = [criterion.id for criterion in paper.criteria]
    if wrong.fails in ("shape", "values"):
        return set(ladder[ladder.index(wrong.fails) :])
    return {wrong.fails, *wrong.fails_too}


@pytest.mark.parametrize("entry", WRONG, ids=named)
def test_a_wrong_answer_loses_what_its_entry_says_and_is_recognised(
    entry: tuple[str, WrongAnswer],
) -> None:
    exercise, wrong = entry
    for paper in (
        stored_exercise(exercise),
        *(draw_paper("heatmap_2d", exercise, s) for s in SEEDS),
    ):
        verdict = judged(paper, wrong.function)
        lost = {criterion.id for criterion in verdict.criteria if not criterion.passed}
        assert lost == expected_losses(paper, wrong)
        assert {c.mistake for c in verdict.criteria if c.mistake} == {wrong.id}
        assert any(wrong.sentence in criterion.message for criterion in verdict.criteria)


@pytest.mark.parametrize("entry", ALL_RIGHT, ids=named)
def test_a_right_answer_is_never_refused(entry: tuple[str, Callable[..., Any]]) -> None:
    exercise, right = entry
    for paper in (
        stored_exercise(exercise),
        *(draw_paper("heatmap_2d", exercise, s) for s in SEEDS),
    ):
        verdict = judged(paper, right)
        assert verdict.score == verdict.max_score, verdict


def test_the_banks_are_as_large_as_promised() -> None:
    sizes = {exercise: len(bank_of("heatmap_2d", exercise).answers) for exercise in EXERCISES}
    assert min(sizes.values()) >= 12
    assert sum(sizes.values()) >= 80
    assert min(len(answers) for answers in RIGHT.values()) >= 5


def test_sentences_and_descriptions_are_there_and_differ() -> None:
    for exercise in EXERCISES:
        answers = bank_of("heatmap_2d", exercise).answers
        assert len({wrong.id for wrong in answers}) == len(answers)
        assert len({wrong.sentence for wrong in answers}) == len(answers)
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


@pytest.mark.parametrize("exercise", EXERCISES)
def test_zeros_are_not_given_the_name_of_a_mistake(exercise: str) -> None:
    def nothing(*args: Any) -> Any:
        return SOLUTIONS[exercise](*args) * 0

    named = {c.mistake for c in judged(stored_exercise(exercise), nothing).criteria}
    assert named <= {None, "cut_from_the_graph"}
