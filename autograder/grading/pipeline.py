"""A whole class: submissions are found, planned, run in parallel, and their records kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from autograder.errors import CourseError
from autograder.grading.evaluator import OWN, Evaluator, Graded, Task, prepare
from autograder.grading.local import run_here
from autograder.grading.records import KeptRecord
from autograder.grading.settings import Settings


class Sink(Protocol):
    """What is told of submissions while the class is still being graded."""

    def planned(self, evaluator: Any, student: str, prepared: Any) -> None:
        """A submission was found and read."""

    def graded(self, evaluator: Any, student: str) -> None:
        """A submission was run, its record is kept, and the machine can be trusted."""


def grade_all(
    evaluator: Evaluator, submitted: Path, sink: Sink, settings: Settings, console: Console
) -> list[str]:
    """Run what has to be run, keep each record as it comes, and say whose there are.

    Args:
        evaluator: knows how this kind of submission is graded.
        submitted: the students' folders. Only read.
        sink: is told of each submission.
        settings: how.
        console: for the progress bar.

    Returns:
        The students.

    Raises:
        CourseError: there is nothing to grade, or our own submission is not graded as it should be
            on this machine.
    """
    found = [one for one in evaluator.find(submitted) if one.student not in settings.dropped]
    store = evaluator.store
    columns = ("Grading", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    run: list[str] = []
    unchanged: list[str] = []
    own = list(_own(evaluator))
    trusted, passed_on = not own, 0
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=len(found))

        def tasks() -> Iterator[Task]:
            first = iter(own)
            for submission in found:
                if settings.students and submission.student not in settings.students:
                    if store.kept(submission.student) is not None:
                        unchanged.append(submission.student)
                    progress.advance(bar)
                    continue
                prepared = prepare(evaluator, submission)
                sink.planned(evaluator, submission.student, prepared)
                kept = None if settings.regrades else store.kept(submission.student)
                if kept is not None and prepared.key and kept.key == prepared.key:
                    unchanged.append(submission.student)
                    progress.advance(bar)
                else:
                    # Before the first of theirs, if there is one.
                    yield from first
                    yield Task(submission.student, evaluator, prepared)

        for task, graded in _run(tasks(), evaluator, settings, progress.console):
            record = evaluator.keep(task.student, graded)
            if task.student == OWN:
                _trust(evaluator, record, run)
                trusted = True
            else:
                progress.advance(bar)
                run.append(task.student)
            # Nothing is passed on before it is known that the machine can be trusted.
            if trusted:
                for student in run[passed_on:]:
                    sink.graded(evaluator, student)
                passed_on = len(run)
    return run + unchanged


def _own(evaluator: Evaluator) -> Iterator[Task]:
    """Our own submission, run where the class runs; unless it was, with all as it is now."""
    prepared = evaluator.own()
    kept = evaluator.store.kept(OWN)
    if kept is None or kept.key != prepared.key:
        yield Task(OWN, evaluator, prepared)


def _trust(evaluator: Evaluator, own: KeptRecord, run: list[str]) -> None:
    """A machine on which our own submission fails must not grade anybody."""
    reason = evaluator.why_not_trusted(own)
    if reason is not None:
        for student in (OWN, *run):
            evaluator.store.forget(student)
        raise CourseError(f"Nothing was recorded, because on this machine {reason}.")


def _run(
    tasks: Iterable[Task], evaluator: Evaluator, settings: Settings, console: Console
) -> Iterator[tuple[Task, Graded]]:
    if settings.scheduler is None:
        return run_here(tasks, settings.workers, evaluator.in_threads)
    from autograder.grading.cluster import run_on_cluster

    return run_on_cluster(tasks, settings.scheduler, console.print)
