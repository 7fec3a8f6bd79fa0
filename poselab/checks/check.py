"""``check(function)``: what a student runs under an exercise."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import Image, display

from poselab.checks.cases import Suite, suites_from_bytes
from poselab.checks.comparison import picture
from poselab.checks.judge import Verdict, judge, waiting_for
from poselab.checks.names_used import names_used
from poselab.checks.report import as_html, as_text
from poselab.checks.runner import run_cases

SUITES = Path(__file__).parent / "suites"
"""Where the stored suites lie, one safetensors file for each assignment."""


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
            "check needs the function itself, as in check(soft_argmax_2d), but was given "
            f"{type(function).__name__}."
        )
    suite = stored_suite(name)
    if suite.meanwhile:
        print(suite.meanwhile, flush=True)
    observations = run_cases(function, suite.cases)
    verdict = judge(suite, observations)
    if verdict.score < verdict.max_score:
        verdict = waiting_for(verdict, [n for n in suite.needs if _is_wrong(n, function)])
    _show(verdict, picture(suite, verdict, observations))
    return verdict.score


def _is_wrong(exercise: str, user: Callable[..., Any]) -> bool:
    """Whether ``user`` uses the student's answer to an exercise, and that one loses points."""
    answer = names_used(user).get(exercise)
    if answer is None:
        return False
    suite = stored_suite(exercise)
    verdict = judge(suite, run_cases(answer, suite.cases))
    return verdict.score < verdict.max_score


def stored_suite(exercise: str) -> Suite:
    """The stored suite of one exercise.

    Args:
        exercise: its id.

    Returns:
        The suite, with what is expected.

    Raises:
        LookupError: no exercise has that name.
    """
    suites = _stored_suites()
    if exercise not in suites:
        raise LookupError(
            f"There is no exercise called {exercise!r}. Keep the name that the notebook gives: "
            f"{', '.join(sorted(suites))}."
        )
    return suites[exercise]


@cache
def _stored_suites() -> dict[str, Suite]:
    suites: dict[str, Suite] = {}
    for path in sorted(SUITES.glob("*.safetensors")):
        suites |= suites_from_bytes(path.read_bytes())
    return suites


def _show(verdict: Verdict, png: bytes | None) -> None:
    if get_ipython() is None:
        print(as_text(verdict))
        return
    display({"text/html": as_html(verdict), "text/plain": as_text(verdict)}, raw=True)
    if png is not None:
        display(Image(data=png, format="png"))
