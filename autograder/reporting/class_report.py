"""The report on a class: one static page for the instructor, and every criterion as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from urllib.parse import quote

from autograder.files import write_atomically
from autograder.limited.calls import LimitedCallError, call
from autograder.limited.limits import CallLimits
from autograder.manifest import Assignment, Manifest
from autograder.reporting.attention import REASONS, looks, most_pressing_first
from autograder.reporting.class_code import Wanted, study
from autograder.reporting.criteria_table import write_criteria
from autograder.reporting.graded_class import GradedClass, Member, read_class
from autograder.reporting.similarity import ELSEWHERE, Pair
from autograder.reporting.statistics import Mistake, distribution, mistakes, success, weak_criteria
from autograder.reporting.templating import render

MOST_MISTAKES = 10
MOST_PAIRS = 50
SLOWEST = 5
SECONDS, SECONDS_A_STUDENT = 20, 0.5
"""Of processor time for reading all code; an ordinary notebook takes a hundredth of a second."""


@dataclass(frozen=True)
class Report:
    """What was written.

    Args:
        page: the report.
        table: every criterion, as CSV.
        remarks: what could not be written, as sentences.
    """

    page: Path
    table: Path
    remarks: tuple[str, ...]


def write_report(
    manifest: Manifest,
    assignment: Assignment,
    work: Path,
    results: Path,
    database: str | None = None,
) -> Report:
    """Write the report on a class that has been graded.

    Args:
        manifest: the course.
        assignment: what was graded.
        work: the working folder.
        results: the results file of the last run.
        database: the gradebook's address, if it is not in the working folder.

    Returns:
        Where it is.

    Raises:
        CourseError: nothing was graded yet.
    """
    graded = read_class(manifest, assignment, work, results, database)
    page = work / "reports" / f"{assignment.id}.html"
    table = page.with_suffix(".csv")
    no_parquet = write_criteria(graded, table)
    frequent = mistakes(graded)[:MOST_MISTAKES]
    pairs, answers, failed = _code(manifest, graded, work, frequent)
    links = _feedback_links(graded, work)
    made = _rendered(graded, frequent, pairs, answers, failed, links, no_parquet)
    write_atomically(page, made.encode())
    return Report(page, table, tuple(filter(None, (no_parquet, failed))))


def _code(
    manifest: Manifest, graded: GradedClass, work: Path, frequent: Sequence[Mistake]
) -> tuple[list[Pair], dict[tuple[str, str], str], str]:
    """Pairs that are alike, typical answers, and why there are none, if that failed."""
    assignment = graded.assignment
    names = [f"{notebook.name}.ipynb" for notebook in assignment.graded_notebooks]
    submissions = {
        member.student: [work / "submitted" / member.student / assignment.id / n for n in names]
        for member in graded.handed_in
    }
    released = [manifest.released(assignment, n) for n in assignment.graded_notebooks]
    solutions = [manifest.executed(assignment, n) for n in assignment.graded_notebooks]
    wanted = {
        (one.exercise, one.id): Wanted(one.exercise, [m.student for m in one.members])
        for one in frequent
    }
    limits = CallLimits(seconds=SECONDS + int(SECONDS_A_STUDENT * len(submissions)), wall=3600)
    try:
        return *call(study, submissions, released, solutions, wanted, limits=limits), ""
    except LimitedCallError as error:
        reason = str(error).rstrip(".")
        return [], {}, f"The report compares no notebooks and shows no code: {reason}."


def _feedback_links(graded: GradedClass, work: Path) -> dict[str, list[tuple[str, str]]]:
    """By student, the title and the address of each feedback page that is there."""
    assignment = graded.assignment
    links: dict[str, list[tuple[str, str]]] = {}
    for member in graded.members:
        for notebook in assignment.graded_notebooks:
            where = f"feedback/{member.student}/{assignment.id}/{notebook.name}.html"
            if (work / where).is_file():
                links.setdefault(member.student, []).append((notebook.name, f"../{quote(where)}"))
    return links


def _rendered(
    graded: GradedClass,
    frequent: Sequence[Mistake],
    pairs: Sequence[Pair],
    answers: Mapping[tuple[str, str], str],
    failed: str,
    links: Mapping[str, Sequence[tuple[str, str]]],
    no_parquet: str | None,
) -> str:
    scores = [member.score for member in graded.handed_in]
    bars = distribution(scores, graded.assignment.points)
    timed = [member for member in graded.members if member.seconds is not None]
    by_name = {member.student: member for member in graded.members}
    tasks = success(graded)
    return render(
        "class_report.html.j2",
        assignment=graded.assignment,
        members=graded.members,
        handed_in=graded.handed_in,
        statuses=Counter(member.record.status for member in graded.members),
        mean=mean(scores) if scores else None,
        median=median(scores) if scores else None,
        bars=bars,
        tallest=max((bar.count for bar in bars), default=0),
        tasks=tasks,
        open=[one for one in tasks if one.open],
        mistakes=frequent,
        answers=answers,
        weak=weak_criteria(graded),
        looks=most_pressing_first(
            look for member in graded.members for look in looks(member.record, member.entered)
        ),
        reasons=REASONS,
        member_of={member.name: member for member in graded.members},
        pairs=[(by_name[pair.first], by_name[pair.second], pair) for pair in pairs[:MOST_PAIRS]],
        more_pairs=max(0, len(pairs) - MOST_PAIRS),
        elsewhere=ELSEWHERE,
        failed=failed,
        seconds=[member.seconds for member in timed],
        slowest=sorted(timed, key=_slowness)[:SLOWEST],
        links=links,
        table=f"{graded.assignment.id}.csv",
        parquet=None if no_parquet else f"{graded.assignment.id}.parquet",
    )


def _slowness(member: Member) -> float:
    return -(member.seconds or 0.0)
