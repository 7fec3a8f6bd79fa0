"""The proof that judging is sharp: every wrong answer is caught and named, no right one refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autograder.errors import CourseError
from autograder.exercises.bank import Function
from autograder.exercises.catalogue import bank_of, definition_of, right_answers
from autograder.manifest import Assignment, Manifest
from autograder.suites.drawing import STORED_SEED, draw_suite
from poselab.checks.cases import Suite
from poselab.checks.judge import Verdict, judge
from poselab.checks.runner import run_cases

CHECKED_SEEDS = (STORED_SEED, 1)
"""The suites that `autograder check` tries: the stored one, and one like those of a grading run."""

LEAST_DIAGNOSED = 0.95
"""The fraction of wrong answers that have to be recognised by name."""


@dataclass(frozen=True)
class Totals:
    """How often the judge was right. A trial is one answer on one suite.

    Args:
        wrong: trials of wrong answers.
        rejected: those that lost points.
        diagnosed: those that were given their own name.
        right: trials of right answers.
        accepted: those that earned all points.
        faults: what went wrong, one sentence each.
    """

    wrong: int
    rejected: int
    diagnosed: int
    right: int
    accepted: int
    faults: tuple[str, ...]

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"wrong answers rejected {self.rejected} of {self.wrong}, "
            f"diagnosed {self.diagnosed} of {self.wrong}; "
            f"right answers accepted {self.accepted} of {self.right}"
        )


def check_matrix(manifest: Manifest, seeds: Iterable[int] = CHECKED_SEEDS) -> Iterator[str]:
    """Try both banks of every assignment, and report the totals.

    Args:
        manifest: the course.
        seeds: of the suites.

    Yields:
        An assignment's totals, in one line.

    Raises:
        CourseError: a wrong answer is not rejected, too few are named, or a right one is refused.
    """
    seeds = tuple(seeds)
    for assignment in manifest.assignments.values():
        if not assignment.exercises:
            continue
        totals = try_answers(manifest, assignment, seeds)
        require_sharp(totals, assignment.id)
        yield f"{assignment.id}, {len(seeds)} suites: {totals}."


def try_answers(
    manifest: Manifest, assignment: Assignment, seeds: Iterable[int], wrong: bool = True
) -> Totals:
    """Judge every answer of both banks on the suites of some seeds.

    Args:
        manifest: the course.
        assignment: whose banks.
        seeds: of the suites.
        wrong: whether the wrong answers are tried, too.

    Returns:
        How often the judge was right.
    """
    right = right_answers(manifest, assignment)
    counts = {"wrong": 0, "rejected": 0, "diagnosed": 0, "right": 0, "accepted": 0}
    faults: list[str] = []
    for exercise in assignment.exercises:
        for seed in definition_of(assignment.id, exercise.id).seeds(seeds):
            suite = draw_suite(assignment.id, exercise.id, seed)
            where = f"{exercise.id}, seed {seed}"
            for entry in bank_of(assignment.id, exercise.id).mistakes if wrong else ():
                verdict = _judged(suite, entry.function)
                named = {c.mistake for c in verdict.criteria if c.mistake}
                counts["wrong"] += 1
                counts["rejected"] += verdict.score < verdict.max_score
                counts["diagnosed"] += named == {entry.diagnosed_as}
                if verdict.score == verdict.max_score:
                    faults.append(f"{where}: the wrong answer {entry.id} earns all points.")
            for name, function in right[exercise.id].items():
                verdict = _judged(suite, function)
                counts["right"] += 1
                counts["accepted"] += verdict.score == verdict.max_score
                for lost in (c for c in verdict.criteria if not c.passed):
                    faults.append(
                        f"{where}: the right answer {name} loses {lost.id}: {lost.message}"
                    )
    return Totals(**counts, faults=tuple(faults))


def require_sharp(totals: Totals, assignment: str) -> None:
    """Hold the totals to what is promised.

    Args:
        totals: of one assignment.
        assignment: its id.

    Raises:
        CourseError: naming the first answer that was judged wrongly.
    """
    if totals.faults:
        raise CourseError(f"{totals.faults[0]} Change the case or the entry ({totals}).")
    if totals.diagnosed < LEAST_DIAGNOSED * totals.wrong:
        raise CourseError(
            f"{assignment}: only {totals.diagnosed} of {totals.wrong} wrong answers are recognised "
            "by name; run `pytest tests/autograder/exercises/test_matrix.py` to see which are not."
        )


def _judged(suite: Suite, function: Function) -> Verdict:
    return judge(suite, run_cases(function, suite.cases))
