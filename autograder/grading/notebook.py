"""One notebook from its file to its record: read, repair, run, score, store."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.exercises.catalogue import solution_source
from autograder.files import write_atomically
from autograder.fingerprints import digest, grading_code, packages
from autograder.grading.adoption import adopt
from autograder.grading.differences import why_run_whole
from autograder.grading.evaluator import OWN
from autograder.grading.execution import Run, run_notebook
from autograder.grading.given import Given, given_in
from autograder.grading.marking_scheme import marking_schemes
from autograder.grading.plan import Decision, Plan, code_cells, decide, is_check, plan_of
from autograder.grading.presentation import add_evidence, blank, errors_in, present, status_line
from autograder.grading.records import ExerciseRecord, NotebookRecord, RecordStore, Status
from autograder.grading.scoring import add_notes, score
from autograder.grading.settings import ENVIRONMENT, PROFILE, Limits, WhatRuns
from autograder.limited.calls import LimitedCallError, call, warm
from autograder.limited.limits import CallLimits
from autograder.manifest import Assignment, Manifest, Notebook
from autograder.needed_cells import graded_part
from autograder.sandbox.choice import Sandbox
from autograder.submissions.find import Submission, find_submissions
from autograder.submissions.outputs import keep_what_fits, outputs_as_handed_in, without_outputs
from autograder.submissions.preparation import read_and_repair
from autograder.submissions.repair import Repaired, repair
from autograder.submissions.students import admit
from autograder.submissions.timestamps import has_timestamp, read_timestamp
from autograder.suites.drawing import STORED_SEED, draw_suite, stored_suites
from poselab.checks.cases import Suite, suites_as_bytes
from poselab.checks.judge import judge

PREPARATION = CallLimits(seconds=20)
"""Of reading and repairing one submission, which takes a few hundredths of a second."""


@dataclass(frozen=True)
class PreparedNotebook:
    """A submission that is ready to be run.

    Args:
        nb: what nbgrader gets as the submission: repaired, with the outputs that can be shown.
        status: ``graded``, ``repaired``, ``unreadable`` or ``missing``.
        notes: what its author should know.
        missing: by exercise, why there is nothing to grade.
        key: what the grade depends on; equal keys, equal grades.
        plan: what of it runs.
        handed_in_at: the time, as nbgrader reads it; empty where it is not known.
        about_time: why it is not known although something was said of it.
    """

    nb: NotebookNode
    status: Status
    notes: tuple[str, ...]
    missing: Mapping[str, str]
    key: str = ""
    plan: Plan = field(default_factory=Plan)
    handed_in_at: str = ""
    about_time: str = ""


@dataclass(frozen=True)
class Attempt:
    """A submission that has been run.

    Args:
        run: what came back.
        executed: the code cells that ran.
        filled: for a notebook that came without outputs, the same one run without the grader's
            inputs, where that was asked for.
    """

    run: Run
    executed: frozenset[int] = frozenset()
    filled: NotebookNode | None = None


@dataclass(frozen=True)
class GradedNotebook:
    """A graded submission: what is to be kept of it.

    Args:
        record: what it earned.
        nb: the executed and scored notebook, as JSON.
    """

    record: NotebookRecord
    nb: str


@dataclass(frozen=True)
class NotebookEvaluator:
    """Grades the submissions of one notebook.

    Args:
        manifest: the course.
        assignment, notebook: what is graded.
        seed: draws the cases of this run.
        limits: how long a submission may take.
        folder: where graded notebooks and records are kept, by assignment.
        sandbox: the kernels'.
        what_runs: only what is needed, or all cells.
        only: the exercises whose new verdicts are kept, all others keeping theirs; none: all.
    """

    manifest: Manifest
    assignment: Assignment
    notebook: Notebook
    seed: int
    limits: Limits
    folder: Path
    sandbox: Sandbox
    what_runs: WhatRuns = "needed"
    only: tuple[str, ...] = ()

    in_threads = False

    @property
    def store(self) -> RecordStore[NotebookRecord]:
        """Where records are kept, and graded notebooks beside them."""
        return RecordStore(self.folder / self.assignment.id, self.notebook.name, NotebookRecord)

    @property
    def replaced(self) -> RecordStore[NotebookRecord]:
        """The records that counted when changes were reported last, where they were replaced."""
        name = f"{self.notebook.name}.before"
        return RecordStore(self.folder / self.assignment.id, name, NotebookRecord)

    def find(self, submitted: Path) -> list[Submission]:
        """Every student's notebook, under the student's id."""
        others = set(self.manifest.assignments) - {self.assignment.id}
        found = find_submissions(submitted, self.assignment, self.notebook, self._released, others)
        students = admit(self.folder, (submission.student for submission in found))
        return [replace(one, student=students.id_of(one.student)) for one in found]

    def prepare(self, submission: Submission) -> PreparedNotebook:
        """Read and repair a submission; one that cannot be read becomes the released notebook."""
        prepared = self._read(submission)
        if submission.path is None:
            return prepared
        beside = submission.path.parent
        folders = [beside, beside.parent]  # a notebook may lie too deep
        when, why_not = read_timestamp(next((f for f in folders if has_timestamp(f)), beside))
        return replace(prepared, handed_in_at=when or "", about_time=why_not or "")

    def _read(self, submission: Submission) -> PreparedNotebook:
        released = self.released()
        if submission.path is None:
            status: Status = "unreadable" if submission.refused else "missing"
            return self._nothing(released, status, submission.notes)
        try:
            warm(import_module, read_and_repair.__module__)
            repaired = call(
                read_and_repair, submission.path, released, self.notebook, limits=PREPARATION
            )
        except LimitedCallError as error:
            return self.unprepared(
                submission,
                f"The notebook could not be read: {error}. Clear its outputs, take out what is "
                "very long, and hand it in again.",
            )
        if isinstance(repaired, str):
            return self._nothing(released, "unreadable", (*submission.notes, repaired))
        if repaired.is_another:
            # Its texts are no answers, and what it runs earns nothing.
            notes = (*submission.notes, *repaired.fixed)
            return self._nothing(released, "unreadable", notes)
        return self._prepared(repaired, submission.notes)

    def unprepared(self, submission: Submission, reason: str) -> PreparedNotebook:
        """What stands for a submission that could not be read; the next run tries it again."""
        notes = (*submission.notes, reason)
        return PreparedNotebook(self.released(), "unreadable", notes, self._all_missing(notes))

    def prepare_notebook(self, nb: NotebookNode, notes: tuple[str, ...] = ()) -> PreparedNotebook:
        """Repair a notebook that has been read, and plan what of it runs."""
        repaired = repair(nb, self._released, self.notebook)
        # Not only what has been read from a file comes here.
        for cell in repaired.nb.cells:
            if cell.cell_type == "code":
                cell.outputs = outputs_as_handed_in(cell.outputs)
        keep_what_fits(repaired.nb.cells)
        return self._prepared(repaired, notes)

    def _prepared(self, repaired: Repaired, notes: tuple[str, ...]) -> PreparedNotebook:
        status: Status = "repaired" if repaired.fixed else "graded"
        return PreparedNotebook(
            repaired.nb,
            status,
            (*notes, *repaired.fixed),
            repaired.missing,
            self.key(repaired.nb),
            self._plan(repaired.nb),
        )

    def grade(self, prepared: PreparedNotebook) -> GradedNotebook:
        """Run and score a prepared submission. Writes nothing: that is for :meth:`keep`."""
        return self.scored(prepared, self.attempt(prepared))

    def attempt(self, prepared: PreparedNotebook) -> Attempt:
        """Run a prepared submission: what is needed of it, and all where that could earn more."""
        if prepared.status in ("unreadable", "missing"):
            return Attempt(Run(blank(prepared.nb)))
        plan = prepared.plan
        run = self._run(prepared.nb, plan)
        asked = [one.error for many in run.observations.values() for one in many if one.error]
        kinds = {index: str(error.ename) for index, error in errors_in(run.nb).items()}
        earned = self._earned(run, prepared)
        why = why_run_whole(
            prepared.nb, plan, kinds, asked, loses=earned < self._can_earn(prepared)
        )
        if why is not None:
            short, plan = run, Plan(plan.executed | plan.skipped)
            run = self._run(prepared.nb, plan)
            run.processor_seconds += short.processor_seconds
            if self._earned(run, prepared) < earned:
                # Trainings may take all the time that there is: they cost nobody a point.
                run, plan = short, prepared.plan
        filled = None
        if self.what_runs == "all" and without_outputs(prepared.nb):
            filled = self._run_for_show(prepared.nb)
        return Attempt(run, plan.executed - run.skipped, filled)

    def scored(self, prepared: PreparedNotebook, attempt: Attempt) -> GradedNotebook:
        """Score a submission that has been run, and lay it out for whoever reads it."""
        run, filled = attempt.run, attempt.filled
        stopped = errors_in(run.nb)
        run.nb = present(prepared.nb, stopped, filled, PROFILE)
        verdicts = score(run, self.notebook, self.suites(), prepared.missing)
        notes = (*prepared.notes, *run.notes)
        about = ""
        if prepared.status not in ("unreadable", "missing"):
            add_evidence(run.nb, prepared.nb, filled is not None)
            about = status_line(prepared.nb, attempt.executed, PROFILE, filled is not None)
        add_notes(run.nb, notes, about)
        content = nbformat.writes(run.nb)
        record = NotebookRecord(
            key=prepared.key,
            cells=cells_digest(prepared.nb),
            status=run.status or prepared.status,
            notes=notes,
            instead=run.instead,
            exercises=tuple(ExerciseRecord.of(verdict) for verdict in verdicts),
            graded=hashlib.sha256(content.encode()).hexdigest(),
            seed=self.seed if attempt.executed else None,
            seconds=round(run.processor_seconds, 2) or None,
        )
        return GradedNotebook(record, content)

    def give_up(self, prepared: PreparedNotebook, reason: str) -> GradedNotebook:
        """Record a submission that our own side failed to grade. The next run tries it again."""
        notes = (*prepared.notes, reason)
        missing = {exercise.id: reason for exercise in self.notebook.exercises}
        failed = PreparedNotebook(prepared.nb, "crashed", notes, missing)
        return self.scored(failed, Attempt(Run(blank(prepared.nb))))

    def keep(self, student: str, graded: GradedNotebook) -> NotebookRecord:
        """Store the result of a submission, and return its record."""
        record, content = graded.record, graded.nb
        kept = None if student == OWN else self.store.kept(student)
        if kept is not None and self.only:
            nb = nbformat.reads(content, as_version=4)
            there = self.kept_notebook(student)
            record, content = adopt(kept, there, record, nb, self.notebook, self.only)
        if kept is not None and self.replaced.kept(student) is None:
            # Until the change is reported, even if that takes another run.
            self.replaced.keep(student, kept)
        # The record last: where there is a record, there is a notebook.
        write_atomically(self.store.path(student, ".ipynb"), content.encode())
        self.store.keep(student, record)
        return record

    def kept_notebook(self, student: str) -> NotebookNode:
        """The graded notebook of an earlier run."""
        return nbformat.read(self.store.path(student, ".ipynb"), as_version=4)

    def own(self) -> PreparedNotebook:
        """The course's own solution, without the cells that only train or draw.

        Its key is that of the run: with other cases it has to prove itself again.
        """
        whole = self.prepare(self.solution())
        prepared = self.prepare_notebook(NotebookNode({**whole.nb, "cells": graded_part(whole.nb)}))
        return replace(prepared, key=digest([prepared.key, self.seed]))

    def why_not_trusted(self, record: NotebookRecord) -> str | None:
        """The points that our own solution has lost, if any."""
        for exercise in record.exercises:
            if exercise.score < exercise.max_score:
                failed = next(c for c in exercise.criteria if not c.passed)
                return (
                    f"the course's own solution of {exercise.id} loses points "
                    f"({failed.id}: {failed.message}); run `make check`"
                )
        return None

    def released(self) -> NotebookNode:
        """The notebook that students were given."""
        return copy.deepcopy(self._released)

    def solution(self) -> Submission:
        """The course's own solution, as if it had been submitted."""
        return Submission("solution", self.manifest.executed(self.assignment, self.notebook))

    def marking_schemes(self) -> dict[str, str]:
        """By question, what is told to who marks it."""
        return marking_schemes(self.manifest.executed(self.assignment, self.notebook))

    def key(self, nb: NotebookNode) -> str:
        """Equal keys, equal grades: the notebook, the limits, the plan, the suites, our code."""
        settings = [asdict(self.limits), ENVIRONMENT, self.sandbox, self.what_runs]
        plan = [str(decision) for decision in self._decisions]
        cells = [cells_digest(nb), outputs_digest(nb)]
        return digest([cells, settings, plan, self.given.code, self._surroundings])

    def suites(self) -> dict[str, Suite]:
        """The cases of this run and what is expected, by exercise."""
        assignment, seed = self.assignment.id, self.seed
        return {e.id: draw_suite(assignment, e.id, seed) for e in self.notebook.exercises}

    def right_sources(self) -> dict[str, str]:
        """By exercise, the source of a right answer to each that another one needs."""
        source = self.manifest.source(self.assignment, self.notebook)
        needed = {name for suite in self.suites().values() for name in suite.needs}
        return {name: solution_source(source, name) for name in sorted(needed)}

    def _plan(self, nb: NotebookNode) -> Plan:
        if self.what_runs == "all":
            return Plan(frozenset(code_cells(nb)))
        return plan_of(nb, self._released, self._decisions)

    def _run(self, nb: NotebookNode, plan: Plan) -> Run:
        published = {} if self.seed == STORED_SEED else stored_suites(self.assignment.id)
        return run_notebook(
            blank(nb),
            self.suites(),
            self.limits,
            self.sandbox,
            published,
            self.right_sources(),
            plan.skipped,
            self.given,
        )

    def _run_for_show(self, nb: NotebookNode) -> NotebookNode:
        """The notebook with outputs, from a run that never sees the grader's inputs."""
        checks = [index for index in code_cells(nb) if is_check(nb.cells[index])]
        return run_notebook(
            blank(nb), {}, self.limits, self.sandbox, skip=checks, given=self.given
        ).nb

    def _earned(self, run: Run, prepared: PreparedNotebook) -> float:
        return sum(
            judge(suite, run.observations[name]).score
            for name, suite in self.suites().items()
            if name not in prepared.missing and name not in run.silent
        )

    def _can_earn(self, prepared: PreparedNotebook) -> float:
        """The points of all exercises that are there."""
        return sum(e.points for e in self.notebook.exercises if e.id not in prepared.missing)

    @cached_property
    def _decisions(self) -> tuple[Decision, ...]:
        return decide(self._released)

    @cached_property
    def given(self) -> Given:
        """What the notebook gives its students."""
        return given_in(self._released)

    @cached_property
    def _released(self) -> NotebookNode:
        return nbformat.read(self.manifest.released(self.assignment, self.notebook), as_version=4)

    @cached_property
    def _surroundings(self) -> str:
        # The published suites: those of this run change nothing for who has been graded. What the
        # mistakes give derives from the code.
        stored = stored_suites(self.assignment.id)
        mine = (
            stored[exercise.id] for exercise in self.notebook.exercises if exercise.id in stored
        )
        suites = suites_as_bytes(replace(suite, mistakes=()) for suite in mine)
        code = packages(self.manifest, self.assignment)
        ours = grading_code(self.assignment)
        return digest([hashlib.sha256(suites).hexdigest(), code, ours])

    def _nothing(
        self, released: NotebookNode, status: Status, notes: tuple[str, ...]
    ) -> PreparedNotebook:
        key = digest([notes, self._surroundings])
        return PreparedNotebook(released, status, notes, self._all_missing(notes), key)

    def _all_missing(self, notes: tuple[str, ...]) -> dict[str, str]:
        return {exercise.id: " ".join(notes) for exercise in self.notebook.exercises}


def cells_digest(nb: NotebookNode) -> str:
    """What tells two submissions apart: their cells, without outputs."""
    return digest(
        [
            [cell.cell_type, cell.source, cell.metadata.get("nbgrader", {}).get("grade_id")]
            for cell in nb.cells
        ]
    )


def outputs_digest(nb: NotebookNode) -> str:
    """What tells the outputs apart that two submissions were handed in with."""
    return digest([[c.outputs, c.execution_count] for c in nb.cells if c.cell_type == "code"])
