"""nbgrader's part: its gradebook, its feedback pages, its export."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
import nbgrader
from nbformat import NotebookNode
from nbgrader.api import Comment, Gradebook, SubmittedAssignment
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.fingerprints import digest
from autograder.grading.marking_scheme import marking_schemes
from autograder.grading.model import gradebook_name
from autograder.grading.notebook import NotebookEvaluator
from autograder.grading.records import ModelRecord, NotebookRecord, RecordStore
from autograder.manifest import Assignment, Manifest, Model
from autograder.reporting.due_dates import enter_due_dates
from autograder.reporting.entries import Entered, entered
from autograder.reporting.entry_log import EntryLog, LoggedEntry
from autograder.reporting.gradebook_check import in_one_sentence, opened, require_usable
from autograder.reporting.grades_table import grades_as_csv
from autograder.reporting.hand_given import answers_in, by_hand, keep_settled, settled
from autograder.reporting.late_penalty import settle_penalties
from autograder.reporting.migration import fit_assignment
from autograder.reporting.model_notebook import MODEL_CELL, model_notebook
from autograder.reporting.nbgrader_tools import (
    listening_logger,
    load_nbgrader_config,
    programs_on_path,
)
from autograder.submissions.students import Students
from autograder.submissions.timestamps import TIMESTAMP

_PLAIN = re.compile(r"[\w.@-]+")
"""Names in which nothing stands for something else."""


class GradebookWriter:
    """The gradebook of a working folder and what nbgrader makes of it.

    Args:
        manifest: the course; its ``nbgrader_config.py`` is the configuration.
        work: the folder that holds gradebook, submissions, autograded notebooks and feedback.
        database: the address of nbgrader's database; ``gradebook.db`` in ``work`` unless told
            otherwise.
    """

    def __init__(self, manifest: Manifest, work: Path, database: str | None = None) -> None:
        self.manifest = manifest
        self.work = work.resolve()
        self.submitted = self.work / "submitted"
        self.autograded = self.work / "autograded"
        self.feedback = self.work / "feedback"
        self.runs = self.work / "runs"
        self.database = database or f"sqlite:///{self.work / 'gradebook.db'}"

    def fit(self, assignment: str) -> list[str]:
        """Make the gradebook fit an assignment whose exercises or notebooks have changed.

        Args:
            assignment: its name.

        Returns:
            What was done, as sentences.

        Raises:
            CourseError: the gradebook cannot be used.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        if not require_usable(self.database):
            return []
        # Not by nbformat, which also validates each of the pictures in a solution.
        sources = {
            path.stem: nbformat.from_dict(json.loads(path.read_text(encoding="utf-8")))
            for path in sorted((self.manifest.root / "solutions" / assignment).glob("*.ipynb"))
        }
        with opened(self.database) as gradebook:
            return list(fit_assignment(gradebook, self.database, assignment, sources, self.work))

    def add_submission(self, evaluator: NotebookEvaluator, student: str, nb: NotebookNode) -> None:
        """Lay a repaired submission where nbgrader looks for submissions."""
        name = f"{evaluator.notebook.name}.ipynb"
        path = self.submitted / student / evaluator.assignment.id / name
        content = nbformat.writes(nb).encode()
        if not path.is_file() or path.read_bytes() != content:
            write_atomically(path, content)

    def register(self, assignment: str) -> None:
        """Enter an assignment's cells and points, as released, into the gradebook."""
        self.work.mkdir(parents=True, exist_ok=True)
        self._convert(GenerateAssignment, assignment)

    def entered(
        self, assignment: str, students: Collection[str] | None = None
    ) -> dict[str, Entered]:
        """Who of some students, or of all, is in the gradebook with an assignment."""
        with opened(self.database) as gradebook:
            return entered(gradebook, assignment, students)

    def recorded(self, assignment: str) -> set[str]:
        """Who was entered by an earlier run."""
        return self._log(assignment).students()

    def unrecorded(self, assignment: Assignment, students: Iterable[str]) -> list[str]:
        """Those whose newest run is not in the gradebook yet, whatever the files' times say."""
        there = self.entered(assignment.id)
        log = self._log(assignment.id)
        return [
            student
            for student in sorted(students)
            if student not in there
            or (logged := log.read(student)) is None
            or logged.run != self._run_digest(assignment, student)
            or not self._agrees(assignment, student, there[student])
            or not self._has_copies(self.autograded, assignment, student, ".ipynb")
        ]

    def record(self, assignment: Assignment, students: Sequence[str]) -> None:
        """Enter the scores of some students' submissions. All others stay as they are."""
        if not students:
            return
        log = self._log(assignment.id)
        there = self.entered(assignment.id, students)
        known: dict[str, LoggedEntry] = {}
        for student in set(students) & there.keys():
            if not by_hand(there[student]):
                continue
            logged = log.read(student) or LoggedEntry(answers=self._answers(assignment, student))
            # nbgrader will have forgotten on what a person has decided if we are stopped here.
            decided = sorted({*logged.settled, *settled(there[student])})
            known[student] = LoggedEntry(answers=logged.answers, settled=tuple(decided))
            log.write(student, known[student])
        self._forget_timestamps(assignment.id, there)
        self._convert(Autograde, assignment.id, students)
        answers = {s: self._answers(assignment, s, self.submitted) for s in students}
        if known:
            with opened(self.database) as gradebook:
                for student, logged in known.items():
                    holds = {
                        name: name in logged.settled
                        and answers[student].get(name) == logged.answers.get(name)
                        for name in by_hand(there[student])
                    }
                    keep_settled(gradebook, assignment.id, student, holds)
                gradebook.db.commit()
        for student in students:
            run = self._run_digest(assignment, student)
            log.write(student, LoggedEntry(run=run, answers=answers[student]))

    def settle_due_dates(
        self, assignment: Assignment, name: str, known: Students
    ) -> tuple[list[str], dict[str, tuple[float, float]]]:
        """Enter when an assignment was due, and work out what being late costs.

        Args:
            assignment: the assignment.
            name: its name in the gradebook, or that of its models.
            known: the students' ids.

        Returns:
            What could not be entered, as sentences; and by student the penalty before and now,
            where it changed.

        Raises:
            CourseError: an extension makes no sense.
        """
        with opened(self.database) as gradebook:
            entering = enter_due_dates(
                gradebook, self.work, name, assignment.id, assignment.due, known
            )
            remarks = list(entering)
            return remarks, settle_penalties(gradebook, name, self.configuration())

    def without_feedback(self, assignment: Assignment, students: Iterable[str]) -> list[str]:
        """Those whose page does not show their newest grades, a person's included."""
        there = self.entered(assignment.id)
        log = self._log(assignment.id)
        return [
            student
            for student in sorted(students)
            if student in there
            and (
                (logged := log.read(student)) is None
                or logged.page != self._page_digest(assignment, logged, there[student])
                or not self._has_copies(self.feedback, assignment, student, ".html")
            )
        ]

    def feedback_is_written(self, assignment: Assignment, students: Iterable[str]) -> None:
        """Note that some students' pages show what the gradebook says now."""
        there = self.entered(assignment.id)
        log = self._log(assignment.id)
        for student in students:
            logged = log.read(student)
            if logged is not None and student in there:
                page = self._page_digest(assignment, logged, there[student])
                log.write(student, logged.model_copy(update={"page": page}))

    def enter_models(
        self,
        assignment: Assignment,
        model: Model,
        records: Iterable[ModelRecord],
        handed_in: Mapping[str, str],
    ) -> None:
        """Enter models' scores. What a person has entered for a model stays, and counts.

        nbgrader grades notebooks only. To it a model is a notebook of one cell, in an assignment of
        its own, whose score comes from here.

        Args:
            assignment: the assignment.
            model: what is submitted.
            records: what each earned.
            handed_in: when, by student, where that is known.
        """
        name, notebook = gradebook_name(assignment), Path(model.file).stem
        self.work.mkdir(parents=True, exist_ok=True)
        require_usable(self.database)
        with opened(self.database) as gradebook:
            gradebook.update_or_create_assignment(name)
            gradebook.update_or_create_notebook(notebook, name)
            gradebook.update_or_create_grade_cell(
                MODEL_CELL, notebook, name, max_score=model.max_points, cell_type="code"
            )
            # A solution to nbgrader, so that a person can comment on it.
            gradebook.update_or_create_solution_cell(MODEL_CELL, notebook, name)
            for record in records:
                gradebook.update_or_create_student(record.student)
                when = handed_in.get(record.student) or None
                submission = gradebook.update_or_create_submission(
                    name, record.student, timestamp=when
                )
                _add_missing_comments(gradebook, submission)
                grade = gradebook.find_grade(MODEL_CELL, notebook, name, record.student)
                # To nbgrader a new grade is a person's to decide.
                grade.needs_manual_grade = (
                    grade.manual_score is not None and grade.auto_score != record.score
                )
                grade.auto_score = record.score
                shown = nbformat.writes(model_notebook(record, model, assignment.title)).encode()
                where = self.autograded / record.student / name / f"{notebook}.ipynb"
                if not where.is_file() or where.read_bytes() != shown:
                    write_atomically(where, shown)
            gradebook.db.commit()

    def write_grades(self, path: Path) -> None:
        """Write the grades of all assignments as CSV."""
        with opened(self.database) as gradebook:
            table = grades_as_csv(gradebook, self.manifest)
        write_atomically(path, table.encode("utf-8", "surrogateescape"))

    def _students(self) -> list[str]:
        return sorted(path.name for path in self.submitted.glob("*") if path.is_dir())

    def _log(self, assignment: str) -> EntryLog:
        return EntryLog(self.work / "entered" / assignment)

    def _run_digest(self, assignment: Assignment, student: str) -> str:
        """Equal digests, equal entries: what was run, when it came in, how nbgrader is set."""
        records = [
            self._stored(self.runs / assignment.id / student / f"{notebook.name}.json")
            for notebook in assignment.graded_notebooks
        ]
        when = self._stored(self.submitted / student / assignment.id / TIMESTAMP)
        schemes = [
            marking_schemes(self.manifest.executed(assignment, notebook))
            for notebook in assignment.graded_notebooks
        ]
        return digest([records, when, self._settings, schemes])

    def _page_digest(self, assignment: Assignment, logged: LoggedEntry, there: Entered) -> str:
        course = [
            assignment.model_dump(mode="json"),
            self.manifest.shows_marking_scheme(assignment),
        ]
        return digest([logged.run, _said_of(there), course, self._settings, self._pages])

    def model_page_digest(
        self, record: ModelRecord, assignment: Assignment, there: Entered, pseudonym: str
    ) -> str:
        """Equal digests, equal pages about a model."""
        course = assignment.model_dump(mode="json")
        return digest([record.model_dump_json(), _said_of(there), course, pseudonym, self._pages])

    @cached_property
    def _settings(self) -> str:
        config = self._stored(self.manifest.root / "nbgrader_config.py")
        return digest([config, nbgrader.__version__])

    @cached_property
    def _pages(self) -> str:
        """What makes the pages, of our code."""
        here = Path(__file__).parent
        files = [*here.glob("*.py"), *here.glob("templates/*")]
        return digest([self._stored(path) for path in sorted(files)])

    @staticmethod
    def _stored(path: Path) -> str:
        """A digest of a file; empty where there is none."""
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""

    def _agrees(self, assignment: Assignment, student: str, there: Entered) -> bool:
        """Whether the gradebook has the scores of the student's records."""
        for notebook in assignment.graded_notebooks:
            store = RecordStore(self.runs / assignment.id, notebook.name, NotebookRecord)
            record = store.kept(student)
            for exercise in record.exercises if record is not None else ():
                entry = there.entries.get((notebook.name, f"check_{exercise.id}"))
                if entry is None or entry.auto != exercise.score:
                    return False
        return True

    def _has_copies(self, folder: Path, assignment: Assignment, student: str, suffix: str) -> bool:
        names = (f"{notebook.name}{suffix}" for notebook in assignment.graded_notebooks)
        return all((folder / student / assignment.id / name).is_file() for name in names)

    def _answers(
        self, assignment: Assignment, student: str, folder: Path | None = None
    ) -> dict[str, str]:
        """Digests of a student's answers, as they were entered last unless told otherwise."""
        where = (folder or self.autograded) / student / assignment.id
        found: dict[str, str] = {}
        for notebook in assignment.graded_notebooks:
            found |= answers_in(where / f"{notebook.name}.ipynb")
        return found

    def _forget_timestamps(self, assignment: str, there: Mapping[str, Entered]) -> None:
        """Where there is no timestamp any more, nbgrader would keep the one that there was."""
        gone = [
            student
            for student, one in there.items()
            if one.timestamp is not None
            and not (self.submitted / student / assignment / TIMESTAMP).is_file()
        ]
        if gone:
            with opened(self.database) as gradebook:
                for student in gone:
                    gradebook.find_submission(assignment, student).timestamp = None
                gradebook.db.commit()

    def _convert(
        self,
        converter: type[BaseConverter],
        assignment: str,
        students: Sequence[str] | None = None,
    ) -> None:
        if students is not None and not students:
            return
        config = self.configuration()
        if students is not None and len(students) == 1 and _PLAIN.fullmatch(students[0]):
            # Naming one takes as long in a large class as in a small one; leaving out all others
            # does not. nbgrader reads the name as a pattern.
            config.CourseDirectory.student_id = students[0]
        elif students is not None:
            others = sorted(set(self._students()) - set(students))
            config.CourseDirectory.student_id_exclude = ",".join(others)
        problems: list[str] = []
        coursedir = CourseDirectory(config=config, assignment_id=assignment)
        running = converter(coursedir=coursedir, config=config, force=True)
        running.log = listening_logger(problems)
        try:
            with in_one_sentence(self.database), programs_on_path():
                running.start()
        except NbGraderException:
            # nbgrader logs "There was an error", then the traceback, then "see above".
            traces = [text for text in problems if "Traceback" in text] or problems
            reason = _exception_in(traces[0]) if traces else "no reason was given"
            with in_one_sentence(self.database):
                require_usable(self.database)
            raise CourseError(
                f"nbgrader stopped in {converter.__name__} of {assignment}: {reason}."
            ) from None

    def configuration(self) -> Config:
        """nbgrader's configuration, with the working folder's paths."""
        config = load_nbgrader_config(self.manifest.root)
        course = config.CourseDirectory
        course.root = str(self.manifest.root)
        course.source_directory = str(self.manifest.root / "solutions")
        course.release_directory = str(self.work / "release")
        course.submitted_directory = str(self.submitted)
        course.autograded_directory = str(self.autograded)
        course.feedback_directory = str(self.feedback)
        course.db_url = self.database
        config.GradedExecution.runs = config.CourseFeedback.runs = str(self.runs)
        for trait, value in self.manifest.course.late.model_dump(exclude_defaults=True).items():
            trait = "penalty_method" if trait == "method" else trait
            if trait not in config.LateSubmissionPlugin:
                config.CourseLatePenalty.setdefault(trait, value)
        return config


def _add_missing_comments(gradebook: Gradebook, submission: SubmittedAssignment) -> None:
    """What was entered before its cells could be commented on gets its comments, too."""
    for notebook in submission.notebooks:
        there = {comment.cell_id for comment in notebook.comments}
        for cell in notebook.notebook.solution_cells:
            if cell.id not in there:
                gradebook.db.add(Comment(cell_id=cell.id, notebook=notebook))
    gradebook.db.flush()


def _said_of(there: Entered) -> list[Any]:
    """What a page says of the gradebook."""
    scores = [[e.notebook, e.cell, e.score, e.most, e.open] for e in there.entries.values()]
    comments = [[*where, comment] for where, comment in there.comments.items()]
    times = [there.penalty, there.late, str(there.extended_to)]
    return [sorted(scores), sorted(comments), times, there.name]


def _exception_in(trace: str) -> str:
    """The line of a traceback that names the exception; SQLAlchemy writes others below it."""
    lines = trace.strip().splitlines()
    named = [line for line in lines if re.match(r"[A-Za-z_][\w.]*: ", line)]
    return (named or lines)[-1].rstrip(".:")
