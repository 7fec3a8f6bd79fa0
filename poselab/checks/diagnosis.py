"""Which known mistakes a function has been shown to make. A false name is worse than none.

Two functions that fail the same case may fail it for different reasons. So a mistake is named
only where the function agrees with it on every case on which that mistake is wrong; or where an
experiment has excluded all other causes and names it itself (see :mod:`registry`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from poselab.checks.cases import Case, KnownMistake, Suite
from poselab.checks.criteria import Rung
from poselab.checks.registry import MISSHAPES
from poselab.checks.runner import Observation
from poselab.checks.signatures import alike, is_blank, signature

NOT_WRITTEN = "not_written"
"""What is plain where nothing was written."""

MOST_NAMED = 2
"""Mistakes that are named for one criterion at most."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with an observation.

    Args:
        says: the sentence for the student, or what makes it: it is not wanted of every fault.
        mistake: the mistake's id, where that is plain.
        advice: the next step, where the fault itself suggests one; else the criterion's counts.
        final: whether there is nothing to add to the sentence.
    """

    says: str | Callable[[], str]
    mistake: str | None = None
    advice: str = ""
    final: bool = False

    @property
    def sentence(self) -> str:
        """What the student is told."""
        return self.says if isinstance(self.says, str) else self.says()


@dataclass(frozen=True)
class Diagnosis:
    """Known mistakes that explain faults.

    Args:
        case: the first of the failing cases that they explain.
        mistakes: one or more.
    """

    case: str
    mistakes: tuple[KnownMistake, ...]


def mistake_of_shape(suite: Suite, shape: tuple[int, ...], expected: tuple[int, ...]) -> str | None:
    """The exercise's known mistake that gives a result this shape, if there is one."""
    ids = {mistake.id for mistake in suite.mistakes}
    fitting = (name for name, fits in MISSHAPES.items() if name in ids and fits(shape, expected))
    return next(fitting, None)


def diagnose(
    suite: Suite,
    rung: Rung,
    faults: Mapping[str, Fault],
    faulty: Mapping[str, bool],
    observations: Mapping[str, Observation],
) -> Diagnosis | None:
    """The known mistakes that explain why a criterion failed, if that can be shown.

    Args:
        suite: the exercise's cases and mistakes.
        rung: the criterion.
        faults: by case, what is wrong with the criterion's cases; in their order.
        faulty: for every case that is compared, of all criteria, whether something is wrong.
        observations: by case, what came back.

    Returns:
        A mistake that a fault names; or those that the results agree with: the one that explains
        most of the failing cases, and another one for what is left.
    """
    if all(fault.mistake == NOT_WRITTEN for fault in faults.values()):
        return None  # and the known mistakes, which take seconds to try, need not be tried
    for case, fault in faults.items():
        named = [known for known in suite.mistakes if known.id == fault.mistake]
        if named:
            return Diagnosis(case, tuple(named[:1]))
    seen = {
        case.id: signature(_result(observations, case), shape_only=compares_shape_only(rung, case))
        for rung in suite.criteria
        for case in suite.cases_of(rung.id)
        if is_compared(rung, case)
    }
    shown = [m for m in suite.mistakes if _is_shown(m, suite, rung, faults, faulty, seen)]
    found: list[KnownMistake] = []
    left = list(faults)
    while left and len(found) < MOST_NAMED:
        best = max(shown, key=lambda m: (_explained(m, left), _agreeing(m, seen)), default=None)
        if best is None or not _explained(best, left):
            break
        found.append(best)
        # Other ways of making the same mistake say nothing new.
        shown = [other for other in shown if other.id != best.id]
        left = [case for case in left if case not in best.wrong]
    if not found:
        return None
    return Diagnosis(next(case for case in faults if case in found[0].wrong), tuple(found))


def is_compared(rung: Rung, case: Case) -> bool:
    """Whether a case's result is compared with an expected one."""
    return case.kind in ("call", "shape", "gradient") and not rung.arguments_only


def compares_shape_only(rung: Rung, case: Case) -> bool:
    """Whether a call's shape is all that is looked at."""
    return case.kind != "experiment" and (rung.shape_only or case.kind == "shape")


def _is_shown(
    mistake: KnownMistake,
    suite: Suite,
    rung: Rung,
    faults: Mapping[str, Fault],
    faulty: Mapping[str, bool],
    seen: Mapping[str, Tensor],
) -> bool:
    """Whether the function agrees with a mistake wherever that is wrong.

    On cases further up the ladder it may be wrong in another way, by a second mistake; but not
    right, which would show that this one is not made.
    """
    if not _explained(mistake, list(faults)):
        return False
    if not all(faulty[case] for case in mistake.wrong):
        return False
    reached = {case.id for step in _rests_on(rung, suite) for case in suite.cases_of(step.id)}
    if all(is_blank(wrong) for case, wrong in mistake.wrong.items() if case in reached):
        # What returns nothing, or zeros, agrees with many a mistake by chance: it has to agree
        # everywhere, and be right wherever that one is right.
        return _agreeing(mistake, seen) == len(mistake.wrong) == sum(faulty.values())
    return all(alike(seen[case], mistake.wrong[case]) for case in mistake.wrong if case in reached)


def _rests_on(rung: Rung, suite: Suite) -> Iterator[Rung]:
    """The criteria that a diagnosis at this one rests on: itself, and all that block others.

    A shape alone says little: what has the wrong one has to agree in its values as well.
    """
    return (other for other in suite.criteria if other.blocks or other.id == rung.id)


def _agreeing(mistake: KnownMistake, seen: Mapping[str, Tensor]) -> int:
    return sum(alike(seen[case], wrong) for case, wrong in mistake.wrong.items())


def _explained(mistake: KnownMistake, failing: Sequence[str]) -> int:
    return sum(case in mistake.wrong for case in failing)


def _result(observations: Mapping[str, Observation], case: Case) -> Tensor | None:
    observation = observations.get(case.id)
    return observation.result if observation else None
