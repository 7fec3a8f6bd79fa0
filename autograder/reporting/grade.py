"""Grading a class and reporting it: results file, gradebook, feedback pages, leaderboard."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from rich.console import Console

from autograder.collecting.collection import read_collection
from autograder.errors import CourseError
from autograder.exercises.graded_model import GradedModel, graded_model_of
from autograder.files import write_atomically
from autograder.fingerprints import digest
from autograder.grading.evaluator import grader_failed
from autograder.grading.model import ModelEvaluator, gradebook_name
from autograder.grading.notebook import NotebookEvaluator
from autograder.grading.pipeline import grade_all
from autograder.grading.records import NOTHING_TO_GRADE, ModelRecord, SubmissionRecord
from autograder.grading.settings import Settings, class_seed, fresh_seed
from autograder.manifest import Assignment, Manifest
from autograder.reporting import hand_given
from autograder.reporting.another_release import OtherReleases, other_releases
from autograder.reporting.built import require_built
from autograder.reporting.changes import (
    PENALTY,
    Change,
    changed_scores,
    forget_replaced,
    write_changes,
)
from autograder.reporting.due_dates import CollectedTimes, hand_on_time
from autograder.reporting.enter_names import enter_names
from autograder.reporting.entries import Entered
from autograder.reporting.entry_log import EntryLog, LoggedEntry
from autograder.reporting.feedback import FeedbackWriter
from autograder.reporting.gradebook import GradebookWriter
from autograder.reporting.grades_table import GRADES
from autograder.reporting.lateness import lateness
from autograder.reporting.leaderboard import Leaderboard, leaderboard_secret, pseudonyms
from autograder.reporting.leavers import ask_about, left_out
from autograder.reporting.model_page import model_page
from autograder.reporting.recorder import Recorder
from autograder.reporting.results import Results, model_row
from autograder.reporting.term import require_same_term
from autograder.submissions.find import refuse_another_layout, refuse_without_files, student_folders
from autograder.submissions.students import Students, dropped_students, known_students
from autograder.submissions.timestamps import TIMESTAMP, read_timestamp
from autograder.terminal import say
from poselab.models.predictor import MissingPackageError, require_packages

LATE_WITHOUT_TIME = (
    f"The platform marks this as late, but does not say when it was handed in, so nothing is taken "
    f"off: write the time into {TIMESTAMP} beside the notebook."
)
"""The remark on those of whom it is known that they are late, and not how much."""

NOT_HERE = "Not in the folder that was graded last; this is what was earned before."
"""The note of those who are in the gradebook from an earlier folder."""


def grade_class(
    manifest: Manifest,
    assignment_id: str,
    submitted: Path,
    work: Path,
    results: Path,
    settings: Settings,
    console: Console,
) -> Results[SubmissionRecord]:
    """Grade every submission of an assignment's notebooks.

    Args:
        manifest: the course.
        assignment_id: the assignment.
        submitted: submissions, laid out STUDENT/ASSIGNMENT/NOTEBOOK.ipynb. Only read.
        work: gradebook, graded notebooks and feedback go here.
        results: the results file to write.
        settings: how.
        console: for the progress bar.

    Returns:
        What the results file holds. Each record is read from the disk when it is needed.

    Raises:
        CourseError: there is nothing to grade, or nbgrader refuses.
    """
    assignment = manifest.assignment(assignment_id)
    if not assignment.graded_notebooks:
        raise CourseError(
            f"course.toml has no graded notebook in {assignment_id}: nothing to grade."
        )
    require_built(manifest, assignment)
    refuse_another_layout(submitted, assignment, set(manifest.assignments) - {assignment.id})
    releases = other_releases(manifest, assignment, submitted, work, settings.any_release)
    require_same_term(work, manifest)
    writer = GradebookWriter(manifest, work, settings.database)
    say(console, writer.fit(assignment.id))
    earlier = writer.recorded(assignment.id)
    seed = fresh_seed()
    dropped = dropped_students(writer.runs)
    settings = replace(_chosen(settings, submitted, assignment, writer), dropped=dropped)
    evaluators = [
        NotebookEvaluator(
            manifest,
            assignment,
            notebook,
            seed,
            settings.limits,
            writer.runs,
            settings.sandbox,
            settings.what_runs,
            tuple(e.id for e in notebook.exercises if e.id in settings.exercises),
        )
        for notebook in assignment.graded_notebooks
    ]
    students: set[str] = set()
    feedback = FeedbackWriter(writer, assignment)
    feedback.prepare()
    collection = read_collection(submitted, assignment.id)
    times = CollectedTimes.of(collection)
    sink = _NotebookSink(writer, Recorder(writer, assignment), evaluators[-1], times)
    with sink.recorder:
        for evaluator in evaluators:
            if settings.exercises and not evaluator.only:
                continue
            students.update(grade_all(evaluator, submitted, sink, settings, console))
    known = known_students(writer.runs)
    folders = [path.name for path in student_folders(submitted, assignment.id)]
    say(console, left_out(dropped, folders, known, work))
    with console.status("Entering grades"):
        writer.record(assignment, writer.unrecorded(assignment, students))
        enter_names(writer.database, known, collection.people)
        said, penalties = writer.settle_due_dates(assignment, assignment.id, known)
        entered = writer.entered(assignment.id)
        kept = _KeptSubmissions(evaluators, students, entered, sink.remarks, known, times, releases)
        outcome = Results(
            assignment.id,
            seed,
            kept,
            entered={known.name_of(student): one for student, one in entered.items()},
            absent=[known.name_of(s) for s in kept.everybody if s not in students],
            failures=_failures(evaluators, students, known),
            judged=[known.name_of(student) for student in settings.students] or None,
        )
        # What was earned is written first: nothing that comes later can take it away.
        outcome.write(results)
        writer.write_grades(writer.work / GRADES)
        changes = list(changed_scores(evaluators, students, entered))
        changes += [
            Change(student, PENALTY, before, now, "from time, due date and points as they are now")
            for student, (before, now) in sorted(penalties.items())
            if student in earlier
        ]
    gone = [student for student in kept.everybody if student not in students]
    said += ask_about(writer, gone, students - earlier, partial(_cells, evaluators), known)
    say(console, [*said, *(one.sentence(known.name_of(one.student)) for one in changes)])
    if changes:
        written = write_changes(changes, entered, known, work / "changes", assignment.id)
        say(console, [f"Changes: {written}"])
    elif settings.students or settings.exercises:
        say(console, [judged_again(settings, known)])
    forget_replaced(evaluators, students)
    with console.status("Writing feedback"):
        outdated = {*writer.without_feedback(assignment, students), *feedback.unfinished()}
        outdated &= students & entered.keys()
        remarks = feedback.write(sorted(outdated), settings.workers)
        writer.feedback_is_written(assignment, outdated - remarks.keys())
    for student, remark in sorted(remarks.items()):
        console.print(f"{known.name_of(student)}: {remark}", markup=False, highlight=False)
    return outcome


def judged_again(settings: Settings, known: Students) -> str:
    """Say that what was asked for was done, where nothing else would show it.

    Args:
        settings: whom and what was asked for.
        known: the students' names.

    Returns:
        A sentence.
    """
    who = ", ".join(map(known.name_of, settings.students)) or "everybody"
    what = ", ".join(settings.exercises) or "all exercises"
    return f"Judged again: {what}, of {who}. No score has changed."


def _cells(evaluators: Sequence[NotebookEvaluator], student: str) -> str:
    """What tells a student's submission apart; empty where nothing was handed in."""
    records = [record for e in evaluators if (record := e.store.kept(student)) is not None]
    there = any(record.status not in NOTHING_TO_GRADE for record in records)
    return digest([record.cells for record in records]) if there else ""


def _chosen(
    settings: Settings, submitted: Path, assignment: Assignment, writer: GradebookWriter
) -> Settings:
    """The settings with students' ids, and only if all that is chosen is there."""
    graded = {exercise.id for exercise in assignment.exercises}
    for name in settings.exercises:
        if name not in graded:
            raise CourseError(
                f"{assignment.id} has no graded exercise '{name}'; it has "
                f"{', '.join(exercise.id for exercise in assignment.exercises)}."
            )
    if not settings.students:
        return settings
    known = known_students(writer.runs)
    there = {known.id_of(path.name) for path in student_folders(submitted, assignment.id)}
    chosen = tuple(known.id_of(name) for name in settings.students)
    if left := sorted(dropped_students(writer.runs) & set(chosen)):
        raise CourseError(
            f"{', '.join(left)} was dropped; `autograder student restore {left[0]}` takes that "
            "back."
        )
    if strangers := [name for name in chosen if name not in there]:
        raise CourseError(
            f"{', '.join(strangers)}: no student's folder in {submitted} is called so; give the "
            "name of the folder, or the id in grades.csv."
        )
    return replace(settings, students=chosen)


def evaluate_models(
    manifest: Manifest,
    assignment_id: str,
    submitted: Path,
    work: Path,
    results: Path,
    settings: Settings,
    console: Console,
    graded: GradedModel | None = None,
) -> Results[ModelRecord]:
    """Evaluate every model that was submitted.

    Args:
        manifest: the course.
        assignment_id: the assignment.
        submitted: submissions, laid out STUDENT/ASSIGNMENT/my_model.onnx. Only read.
        work: gradebook, feedback pages and leaderboard go here.
        results: the results file to write.
        settings: how.
        console: for the progress bar.
        graded: what the grader knows of the model; the assignment's unless told otherwise.

    Returns:
        What the results file holds.

    Raises:
        CourseError: there is nothing to evaluate, or models do not run on this machine.
    """
    assignment = manifest.assignment(assignment_id)
    graded = graded or graded_model_of(assignment)
    try:
        require_packages(graded.spec)
    except MissingPackageError as error:
        raise CourseError(str(error)) from None
    refuse_without_files(submitted, assignment, graded.spec.files)
    name = gradebook_name(assignment)
    require_same_term(work, manifest)
    writer = GradebookWriter(manifest, work, settings.database)
    seed = class_seed(writer.runs, name)
    evaluator = ModelEvaluator(manifest, assignment, graded, seed, writer.work, settings.sandbox)
    with console.status("Drawing the held-out data"):
        evaluator.draw()
    settings = replace(settings, dropped=dropped_students(writer.runs))
    students = sorted(grade_all(evaluator, submitted, _NoSink(), settings, console))
    known = known_students(writer.runs)
    kept = {s: record for s in students if (record := evaluator.store.kept(s)) is not None}
    model, metrics = evaluator.model, graded.metrics
    collection = read_collection(submitted, assignment.id)
    if model.max_points:
        times = CollectedTimes.of(collection)
        handed_in = {
            student: _handed_in(submitted, student, known, assignment, times) for student in kept
        }
        writer.enter_models(assignment, model, kept.values(), handed_in)
        say(console, writer.settle_due_dates(assignment, name, known)[0])
    enter_names(writer.database, known, collection.people)
    there = writer.entered(name)
    others = there.keys() - set(students)
    absent = _absent_models(evaluator, others)
    everybody = [*kept.values(), *absent]
    called = pseudonyms(
        {record.student: record.pseudonym for record in everybody},
        {record.student: known.name_of(record.student) for record in everybody},
        assignment.id,
        leaderboard_secret(writer.runs),
    )
    named = {s: _named(record, known) for s, record in kept.items()}
    records = list(named.values())
    absent = [_named(record, known) for record in absent]
    log = EntryLog(writer.work / "entered" / name)
    for student, record in named.items():
        page = writer.feedback / student / name / f"{Path(model.file).stem}.html"
        entered = there.get(student, Entered())
        derived = writer.model_page_digest(record, assignment, entered, called[student])
        logged = log.read(student) or LoggedEntry()
        if not page.is_file() or logged.page != derived:
            about = (entered, called[student])
            made = model_page(record, assignment, model, graded, evaluator.count, *about)
            write_atomically(page, made)
            log.write(student, logged.model_copy(update={"page": derived}))
    writer.write_grades(writer.work / GRADES)
    Leaderboard(writer.work, assignment).write(
        [*records, *absent],
        model,
        metrics,
        {known.name_of(student): pseudonym for student, pseudonym in called.items()},
    )
    say(console, ask_about(writer, others, (), lambda student: "", known))
    outcome = Results(
        assignment.id,
        seed,
        sorted([*records, *absent], key=lambda record: record.student),
        {
            f"{graded.spec.sample}s": evaluator.count,
            **{name: setting for metric in metrics for name, setting in metric.settings.items()},
        },
        partial(model_row, metrics=metrics),
        entered={known.name_of(student): one for student, one in there.items()},
        absent=[record.student for record in absent],
        failures=_sentences([r.student for r in records if grader_failed(r.notes)], []),
    )
    outcome.write(results)
    return outcome


def _handed_in(
    submitted: Path, student: str, known: Students, assignment: Assignment, times: CollectedTimes
) -> str:
    """When a model was handed in; empty where that is not known."""
    folder = known.folder_of(student)
    when, _ = read_timestamp(submitted / folder / assignment.id)
    return when or times.handed_in.get(folder, "")


def _named(record: ModelRecord, known: Students) -> ModelRecord:
    return record.model_copy(update={"student": known.name_of(record.student)})


def _absent_models(evaluator: ModelEvaluator, students: Collection[str]) -> list[ModelRecord]:
    """What those have earned who are in the gradebook from an earlier folder."""
    metrics = [metric.name for metric in evaluator.graded.metrics]
    kept = (evaluator.store.kept(student) for student in sorted(students))
    return [
        record.model_copy(update={"notes": (*record.notes, NOT_HERE)})
        for record in kept
        # What was measured by other metrics can be ranked with nobody.
        if record is not None and [one.name for one in record.metrics] in ([], metrics)
    ]


@dataclass
class _NotebookSink:
    """Lays submissions where nbgrader looks for them, and enters students when they are done."""

    writer: GradebookWriter
    recorder: Recorder
    last: NotebookEvaluator
    times: CollectedTimes
    remarks: dict[str, str] = field(default_factory=dict)
    timed: set[str] = field(default_factory=set)

    def planned(self, evaluator: Any, student: str, prepared: Any) -> None:
        self.writer.add_submission(evaluator, student, prepared.nb)
        if prepared.about_time:
            self.remarks[student] = prepared.about_time
        folder = self.known.folder_of(student)
        when = prepared.handed_in_at or self.times.handed_in.get(folder, "")
        # Of several notebooks that lie in one folder, the last may be missing.
        if when or (evaluator is self.last and student not in self.timed):
            path = self.writer.submitted / student / evaluator.assignment.id / TIMESTAMP
            hand_on_time(when, path)
            self.timed.add(student)

    @cached_property
    def known(self) -> Students:
        """The ids, which all have been given when the first submission is planned."""
        return known_students(self.writer.runs)

    def graded(self, evaluator: Any, student: str) -> None:
        # A student is entered when the last notebook has been run.
        if evaluator is self.last:
            self.recorder.enter(student)


class _NoSink:
    """For what is entered when all is done."""

    def planned(self, evaluator: Any, student: str, prepared: Any) -> None:
        """Do nothing."""

    def graded(self, evaluator: Any, student: str) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class _KeptSubmissions:
    """What students have earned, read from the working folder one by one.

    Args:
        evaluators: of the assignment's notebooks.
        students: who is in the folder that was graded.
        entered: what the gradebook says of them and of others.
        remarks: what else was noticed, by student.
        known: the students' names.
        times: what the platforms say of when they handed in.
        releases: whose notebook is from another release of the course.
    """

    evaluators: Sequence[NotebookEvaluator]
    students: Collection[str]
    entered: Mapping[str, Entered]
    remarks: Mapping[str, str]
    known: Students
    times: CollectedTimes = field(default_factory=CollectedTimes)
    releases: OtherReleases = field(default_factory=OtherReleases)

    @property
    def everybody(self) -> list[str]:
        """Who is in the folder, and who is in the gradebook from an earlier one."""
        return sorted({*self.students, *self.entered})

    def __iter__(self) -> Iterator[SubmissionRecord]:
        for student in self.everybody:
            records = {
                evaluator.notebook.name: kept
                for evaluator in self.evaluators
                if (kept := evaluator.store.kept(student)) is not None
            }
            if records:
                record = SubmissionRecord.of(self.known.name_of(student), records)
                notes = (*record.notes, *self._remarks(student))
                folder = self.known.folder_of(student)
                if folder in self.releases.tags and record.score < record.max_score:
                    notes = (*notes, self.releases.remark(folder))
                yield record.model_copy(update={"notes": notes})

    def _remarks(self, student: str) -> Iterator[str]:
        if student in self.remarks:
            yield self.remarks[student]
        entered = self.entered.get(student, Entered())
        if (
            entered.timestamp is None
            and self.known.folder_of(student) in self.times.late_without_time
        ):
            yield LATE_WITHOUT_TIME
        if student in self.entered:
            yield from lateness(entered)
            yield from hand_given.remarks(entered)
        if student not in self.students:
            yield NOT_HERE


def _failures(
    evaluators: Sequence[NotebookEvaluator],
    students: Collection[str],
    known: Students,
) -> list[str]:
    """Whom our own side failed to grade, and whether most could not be opened."""
    failed, closed = [], []
    for student in sorted(students):
        records = [record for e in evaluators if (record := e.store.kept(student)) is not None]
        if any(grader_failed(record.notes) for record in records):
            failed.append(known.name_of(student))
        elif any(record.status == "unreadable" for record in records):
            closed.append(known.name_of(student))
    return _sentences(failed, closed if 2 * len(closed) > len(students) else [])


def _sentences(failed: Sequence[str], closed: Sequence[str]) -> list[str]:
    sentences = []
    if failed:
        sentences.append(
            f"The grader itself failed on {', '.join(failed)}; the remarks say why. Run the same "
            "command to try again."
        )
    if closed:
        sentences.append(
            f"Most submissions cannot be opened ({', '.join(closed)}); see whether you may read "
            "them, then run the same command."
        )
    return sentences
