"""The proof that judging is sharp: every wrong answer is caught and named, no right one refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, fields

from autograder.errors import CourseError
from autograder.exercises.bank import Function, Mistake
from autograder.exercises.catalogue import bank_of, definition_of, right_answers
from autograder.manifest import Assignment, Manifest
from autograder.suites.drawing import STORED_SEED, draw_suite
from poselab.checks.cases import Suite
from poselab.checks.judge import Verdict, judge
from poselab.checks.runner import run_cases

CHECKED_SEEDS = (STORED_SEED, 1)
"""The suites that `autograder check` tries: the stored one, and one like those of a grading run."""


@dataclass(frozen=True)
class Totals:
    """How often the judge was right. A trial is one answer on one suite.

    Args:
        wrong: trials of wrong answers.
        rejected: those that failed a criterion.
        diagnosed: those that were given their own name.
        right: trials of right answers.
        accepted: those that passed all of them.
        faults: what went wrong, one sentence each.
    """

    wrong: int = 0
    rejected: int = 0
    diagnosed: int = 0
    right: int = 0
    accepted: int = 0
    faults: tuple[str, ...] = ()

    def __add__(self, other: Totals) -> Totals:
        """Both together."""
        return Totals(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"wrong answers rejected {self.rejected} of {self.wrong}, "
            f"diagnosed {self.diagnosed} of {self.wrong}; "
            f"right answers accepted {self.accepted} of {self.right}"
        )


def check_matrix(
    manifest: Manifest,
    pool: Executor,
    seeds: Iterable[int] = CHECKED_SEEDS,
    *,
    in_turn: bool = False,
) -> Iterator[str]:
    """Begin to try both banks of every assignment.

    Args:
        manifest: the course.
        pool: where that is done.
        seeds: of the suites.
        in_turn: try each wrong answer on one of the suites only.

    Returns:
        Waits, and gives each assignment's totals, in one line. Raises CourseError where a wrong
        answer is not rejected, too few are named, or a right one is refused.
    """
    seeds = tuple(seeds)
    judged = [each for each in manifest.assignments.values() if each.checked_exercises]
    every = [
        (assignment, exercise.id)
        for assignment in judged
        for exercise in assignment.checked_exercises
    ]
    # All is handed over at once, and what takes longest first: no process waits at the end.
    every.sort(key=lambda one: definition_of(one[0].id, one[1]).most_suites)
    tried: dict[str, list[Future[Totals]]] = {assignment.id: [] for assignment in judged}
    for assignment, exercise in every:
        part = pool.submit(try_exercise, manifest, assignment, exercise, seeds, in_turn)
        tried[assignment.id].append(part)
    return (_sharp(name, len(seeds), parts) for name, parts in tried.items())


def _sharp(assignment: str, suites: int, parts: Iterable[Future[Totals]]) -> str:
    totals = sum((part.result() for part in parts), Totals())
    require_sharp(totals, assignment)
    return f"{assignment}, {suites} suites: {totals}."


def try_exercise(
    manifest: Manifest,
    assignment: Assignment,
    exercise: str,
    seeds: Iterable[int],
    in_turn: bool = False,
) -> Totals:
    """Judge every answer of an exercise's banks on the suites of some seeds.

    Args:
        manifest: the course.
        assignment: the exercise's.
        exercise: its id.
        seeds: of the suites.
        in_turn: try the first wrong answer on the first suite, the second on the second, and so
            on; right answers are tried on all suites.

    Returns:
        How often the judge was right.
    """
    right = right_answers(manifest, assignment)[exercise]
    counts = dict.fromkeys(("wrong", "rejected", "diagnosed", "right", "accepted"), 0)
    faults: list[str] = []
    tried = definition_of(assignment.id, exercise).seeds(seeds)
    mistakes = bank_of(assignment.id, exercise).mistakes
    for turn, seed in enumerate(tried):
        suite = draw_suite(assignment.id, exercise, seed)
        where = f"{exercise}, seed {seed}"
        for entry in mistakes[turn :: len(tried)] if in_turn else mistakes:
            verdict = _judged(suite, entry.function)
            # Not by points: an exercise that is not graded has none.
            lost = {criterion.id for criterion in verdict.criteria if not criterion.passed}
            counts["wrong"] += 1
            counts["rejected"] += bool(lost)
            if not lost:
                faults.append(f"{where}: the wrong answer {entry.id} passes all criteria.")
                continue
            if lost != expected_losses(suite, entry):
                faults.append(
                    f"{where}: the wrong answer {entry.id} loses {', '.join(sorted(lost))} and "
                    f"not {', '.join(sorted(expected_losses(suite, entry)))}."
                )
            named = {c.mistake for c in verdict.criteria if c.mistake}
            told = any(entry.sentence in criterion.message for criterion in verdict.criteria)
            if named == {entry.diagnosed_as} and told:
                counts["diagnosed"] += 1
            else:
                faults.append(
                    f"{where}: the wrong answer {entry.id} is recognised as "
                    f"{', '.join(sorted(named)) or 'nothing'} and not as {entry.diagnosed_as}, or "
                    "its sentence is not told."
                )
        for name, function in right.items():
            verdict = _judged(suite, function)
            counts["right"] += 1
            counts["accepted"] += verdict.passed
            for failed in (c for c in verdict.criteria if not c.passed):
                faults.append(
                    f"{where}: the right answer {name} loses {failed.id}: {failed.message}"
                )
    return Totals(**counts, faults=tuple(faults))


def expected_losses(suite: Suite, wrong: Mistake) -> set[str]:
    """The criteria that a wrong answer fails, by its entry.

    Args:
        suite: of the exercise.
        wrong: the entry.

    Returns:
        Their ids; what stands above a criterion that blocks is lost with it.
    """
    ladder = [criterion.id for criterion in suite.criteria]
    if wrong.fails in (criterion.id for criterion in suite.criteria if criterion.blocks):
        return set(ladder[ladder.index(wrong.fails) :])
    return {wrong.fails, *wrong.fails_too}


def require_sharp(totals: Totals, assignment: str) -> None:
    """Hold the totals to what is promised.

    Args:
        totals: of one assignment.
        assignment: its id.

    Raises:
        CourseError: naming the first answer that was judged wrongly.
    """
    if totals.faults:
        raise CourseError(
            f"{assignment}, {totals.faults[0]} Change the case or the entry ({totals})."
        )


def _judged(suite: Suite, function: Function) -> Verdict:
    return judge(suite, run_cases(function, suite.cases))
