"""``check(function)``: what a student runs under an exercise."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import Image, display

from poselab.checks.judge import Verdict, judge
from poselab.checks.paper import Exercise, read_exercises
from poselab.checks.pictures import picture
from poselab.checks.probe import put_questions
from poselab.checks.report import as_html, as_text

PAPERS = Path(__file__).parents[1] / "papers"
"""Where the stored papers lie, one safetensors file for each assignment."""


def check(function: Callable[..., Any]) -> float:
    """Try ``function`` on stored inputs and say what is right, what is not, and where to look.

    Shows the verdict and, where tensors can be compared, the target beside yours.

    Args:
        function: your function or class, under the name that the exercise gives it.

    Returns:
        The points that the answer would earn. The points that count are given by the grader, on
        other inputs.

    Raises:
        LookupError: no exercise has that name.
        TypeError: what was handed over has no name.
    """
    name = getattr(function, "__name__", None)
    if not callable(function) or name is None:
        raise TypeError(
            f"check wants the function itself, as in check(soft_argmax_2d), "
            f"and was given {type(function).__name__}."
        )
    exercise = stored_exercise(name)
    answers = put_questions(function, exercise.questions)
    verdict = judge(exercise, answers)
    _show(verdict, picture(exercise, verdict, answers))
    return verdict.score


def stored_exercise(name: str) -> Exercise:
    """The stored paper of one exercise.

    Raises:
        LookupError: no exercise has that name.
    """
    exercises = _stored_exercises()
    if name not in exercises:
        raise LookupError(
            f"There is no exercise called {name!r}. Keep the name that the notebook gives: "
            f"{', '.join(sorted(exercises))}."
        )
    return exercises[name]


@cache
def _stored_exercises() -> dict[str, Exercise]:
    exercises: dict[str, Exercise] = {}
    for path in sorted(PAPERS.glob("*.safetensors")):
        exercises |= read_exercises(path)
    return exercises


def _show(verdict: Verdict, png: bytes | None) -> None:
    if get_ipython() is None:
        print(as_text(verdict))
        return
    display({"text/html": as_html(verdict), "text/plain": as_text(verdict)}, raw=True)
    if png is not None:
        display(Image(data=png, format="png"))
