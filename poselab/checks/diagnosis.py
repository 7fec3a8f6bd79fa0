"""Which known mistake a function behaves like, if there is one. A false name is worse than none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

from poselab.checks.cases import Case, KnownMistake, Suite
from poselab.checks.criteria import Rung
from poselab.checks.distances import distance
from poselab.checks.registry import MISSHAPES
from poselab.checks.runner import Observation

SAME = 1e-4
"""How near a result has to come to a known mistake's: the same mistake rounds in its own way."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with an observation.

    Args:
        sentence: for the student.
        mistake: the mistake's id, where that is plain.
    """

    sentence: str
    mistake: str | None = None


def known_mistake(
    suite: Suite,
    fault: Fault,
    observations: Mapping[str, Observation],
    rung: Rung,
    failed: Case,
) -> KnownMistake | None:
    """The known mistake that a fault names itself, or that the function behaves like.

    Args:
        suite: the exercise's cases and mistakes.
        fault: what is wrong.
        observations: by case, what came back.
        rung: the criterion that failed.
        failed: the case that it failed at.

    Returns:
        The mistake; ``None`` where none is known.
    """
    named = next((known for known in suite.mistakes if known.id == fault.mistake), None)
    return named or _recognise(suite, observations, rung, failed)


def mistake_of_shape(suite: Suite, shape: tuple[int, ...], expected: tuple[int, ...]) -> str | None:
    """The exercise's known mistake that gives a result this shape, if there is one."""
    ids = {mistake.id for mistake in suite.mistakes}
    fitting = (name for name, fits in MISSHAPES.items() if name in ids and fits(shape, expected))
    return next(fitting, None)


def _recognise(
    suite: Suite, observations: Mapping[str, Observation], rung: Rung, failed: Case
) -> KnownMistake | None:
    """The known mistake that this function behaves like, if there is one.

    It has to be wrong on the case that failed, and to give the same results up to that one; of
    several the one that agrees with most other observations, too. What comes after does not have to
    agree: two mistakes in one function are common.
    """
    compared = [case for case in suite.cases if _is_compared(case)]
    needed = _cases_up_to(failed, suite, rung)

    best, most = None, 0
    for mistake in suite.mistakes:
        if not _explains(mistake, suite, failed, rung):
            continue
        same = {case.id: _behaves_like(mistake, case, observations) for case in compared}
        seen = any(mistake.results[c.id].any() for c in needed if c.id in mistake.results)
        # A function that returns zeros behaves like many a mistake for a while: all has to agree.
        if all(same[case.id] for case in (needed if seen else compared)):
            number = sum(same.values())
            best, most = (mistake, number) if number > most else (best, most)
    return best


def _cases_up_to(failed: Case, suite: Suite, rung: Rung) -> list[Case]:
    """The cases on the way up the ladder to the one that failed, which is the last."""
    below = takewhile(lambda other: other.id != rung.id, suite.criteria)
    way = [*(other.id for other in below if other.blocks), rung.id]
    cases = [case for step in way for case in suite.cases_of(step) if _is_compared(case)]
    ids = [case.id for case in cases]
    return cases[: ids.index(failed.id) + 1] if failed.id in ids else cases


def _is_compared(case: Case) -> bool:
    return case.kind in ("call", "shape", "gradient")


def _behaves_like(
    mistake: KnownMistake, case: Case, observations: Mapping[str, Observation]
) -> bool:
    observation = observations.get(case.id)
    result = observation.result if observation else None
    theirs = mistake.results.get(case.id)
    if result is None or theirs is None:
        return result is None and theirs is None
    if result.shape != theirs.shape or result.is_complex():
        return False
    if case.kind == "shape":
        return True
    finite = theirs.isfinite() & result.isfinite()
    same_holes = bool((theirs.isfinite() == result.isfinite()).all())
    return same_holes and distance(result[finite], theirs[finite]) <= SAME


def _explains(mistake: KnownMistake, suite: Suite, case: Case, rung: Rung) -> bool:
    """Whether the mistake is wrong on this very case."""
    theirs = mistake.results.get(case.id)
    if theirs is None or not _is_compared(case):
        return False  # errors look alike, whatever their cause
    expected = suite.expected_for(case, theirs)
    if theirs.shape != expected.shape or case.kind == "shape":
        return theirs.shape != expected.shape
    return distance(theirs, expected) > rung.tolerance
