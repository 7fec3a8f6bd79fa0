"""The picture that a mistake gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.exercises.catalogue import bank_of
from poselab.checks.check import stored_suite
from poselab.checks.comparison import Drawing, picture
from poselab.checks.judge import judge
from poselab.checks.runner import run_cases


def drawn(assignment: str, exercise: str, mistake: str) -> Drawing | None:
    suite = stored_suite(exercise)
    answers: dict[str, Callable[..., Any]] = {
        wrong.id: wrong.function for wrong in bank_of(assignment, exercise).mistakes
    }
    observations = run_cases(answers[mistake], suite.cases)
    return picture(suite, judge(suite, observations), observations)


def expect_words(assignment: str, exercise: str, mistake: str, says: str) -> None:
    """The mistake is drawn, and the picture is told in words, these among them."""
    drawing = drawn(assignment, exercise, mistake)
    assert drawing is not None and drawing.png.startswith(b"\x89PNG")
    assert says in drawing.words and f"`{exercise}(" in drawing.words
    assert drawing.metadata() == {"image/png": {"alt": drawing.alternative}}
    assert drawing.data()["text/plain"] == drawing.alternative and "`" not in drawing.alternative
