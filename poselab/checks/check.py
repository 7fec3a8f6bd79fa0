"""``check(function)``: what a student runs under an exercise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from poselab.checks.cases import StoredSuites, Suite
from poselab.checks.comparison import Drawing, picture
from poselab.checks.failure import Failure, failure_of
from poselab.checks.judge import Verdict, judge, waiting_for
from poselab.checks.names_used import names_used
from poselab.checks.report import Aside, as_html, as_text, points
from poselab.checks.runner import Observation, run_cases
from poselab.checks.tracing import without_collections

SUITES = Path(__file__).parent / "suites"
"""Where the stored suites lie, one safetensors file for each assignment."""


class Points(float):
    """Points that an answer earns: a number to compute with, of which a notebook shows nothing.

    The verdict has been shown already, and says the same.
    """

    def _ipython_display_(self) -> None:
        """Show nothing as the last line of a cell."""


class Check:
    """Try a function on stored inputs and say what is right, what is not, and where to look.

    ``check(function)`` shows the verdict and, where tensors can be compared, the target beside
    yours. After a failed check, ``check.last`` holds the call that failed, for your experiments.
    """

    def __init__(self) -> None:
        self.last: Failure | None = None
        self._earned: dict[str, float] = {}

    def __call__(self, function: Callable[..., Any]) -> Points:
        """Try ``function`` on stored inputs.

        Args:
            function: your function or class, under the name that the exercise gives it.

        Returns:
            The points that the answer would earn, and that a notebook does not show again. The
            points that count are given by the grader, on other inputs.

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
        printed: dict[str, str] = {}
        with without_collections():
            observations = run_cases(function, suite.cases, printed)
            verdict = judge(suite, observations)
            if not verdict.passed:
                verdict = waiting_for(verdict, _missing_before(suite, function, observations))
        self._earned[suite.id] = verdict.score
        observed = {observation.case: observation for observation in observations}
        failure = failure_of(suite, verdict, observed)
        self.last = failure or self.last
        drawing = picture(suite, verdict, observations)
        said, said_by = _printed(printed, failure)
        _show(
            verdict,
            Aside(
                so_far=self._so_far(suite),
                printed=said,
                printed_by=said_by,
                last=_hint(failure),
                picture=drawing.words if drawing else "",
            ),
            drawing,
        )
        return Points(verdict.score)

    def __repr__(self) -> str:
        return "check(function): try your function on stored inputs, and explain."

    def _so_far(self, suite: Suite) -> str:
        """The points of the exercises of this notebook that have been checked in this session."""
        if not suite.points:
            return ""
        beside = _suites_with(suite.id).points_beside(suite.id)
        earned = sum(self._earned.get(name, 0.0) for name in beside)
        return f"So far: {points(earned)} of {points(sum(beside.values()))} points."


check = Check()


def stored_suite(exercise: str) -> Suite:
    """The stored suite of one exercise.

    Args:
        exercise: its id.

    Returns:
        The suite, with what is expected.

    Raises:
        LookupError: no exercise has that name.
    """
    return _suites_with(exercise)[exercise]


def _suites_with(exercise: str) -> StoredSuites:
    """The suites among which an exercise's is; no other is unpacked."""
    known: list[str] = []
    for path in sorted(SUITES.glob("*.safetensors")):
        suites = _suites_in(path)
        if exercise in suites:
            return suites
        known += suites
    raise LookupError(
        f"There is no exercise called {exercise!r}. Keep the name that the notebook gives: "
        f"{', '.join(sorted(known))}."
    )


@cache
def _suites_in(path: Path) -> StoredSuites:
    return StoredSuites(path.read_bytes())


def _missing_before(
    suite: Suite, user: Callable[..., Any], observations: list[Observation]
) -> dict[str, bool]:
    """The exercises that an answer is built on and that lose points; whether each is implemented.

    Args:
        suite: the exercise's.
        user: the student's answer to it.
        observations: what came back from it.

    Returns:
        By id. Where a stub has stopped the answer, nothing: that is what its message says.
    """
    if any(observation.not_written for observation in observations):
        return {}
    used = names_used(user)
    missing = {}
    for exercise in suite.needs:
        if exercise not in used:
            continue
        earlier = stored_suite(exercise)
        observed = run_cases(used[exercise], earlier.cases)
        if not judge(earlier, observed).passed:
            missing[exercise] = not all(one.not_written for one in observed)
    return missing


def _printed(printed: Mapping[str, str], failure: Failure | None) -> tuple[str, str]:
    """What the function printed in one call, and which call that was: the failed one, if it did."""
    own = {case: _without_exporter(text) for case, text in printed.items()}
    cases = [case for case, text in own.items() if text.strip()]
    if not cases:
        return "", ""
    if failure is not None and failure.case.id in cases:
        return own[failure.case.id], "by your function in the call that failed"
    others = f", of {len(cases)} that printed" if len(cases) > 1 else ""
    return own[cases[0]], f"by your function in the first call{others}"


def _without_exporter(printed: str) -> str:
    """What the function itself printed: PyTorch's exporter reports its progress on stdout, too."""
    lines = printed.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("[torch.onnx]"))


def _hint(failure: Failure | None) -> str:
    if failure is None:
        return ""
    if not failure.again:
        return "`check.last` holds what your function was tried with."
    return f"`check.last` holds that call: `{failure.again}` repeats it, `check.last` shows more."


def _show(verdict: Verdict, aside: Aside, drawing: Drawing | None) -> None:
    if get_ipython() is None:
        print(as_text(verdict, aside))
        return
    shown = {"text/html": as_html(verdict, aside), "text/plain": as_text(verdict, aside)}
    display(shown, raw=True)
    if drawing is not None:
        display(drawing.data(), metadata=drawing.metadata(), raw=True)
