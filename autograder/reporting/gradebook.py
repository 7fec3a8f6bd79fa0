"""nbgrader's part: its gradebook, its feedback pages, its export."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from traitlets.config import Config

from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.grading.model import gradebook_name
from autograder.grading.notebook import NotebookEvaluator
from autograder.grading.records import ModelRecord
from autograder.manifest import Assignment, Manifest, Model
from autograder.reporting.nbgrader_tools import (
    listening_logger,
    load_nbgrader_config,
    programs_on_path,
)
from poselab.files import replacing

FEW = 100
"""Feedback pages that are written sooner than other processes could be started."""

_PLAIN = re.compile(r"[\w.@-]+")
"""Names in which nothing stands for something else."""

_MODEL_CELL = "model"


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

    def forget_the_gone(self, students: Collection[str]) -> None:
        """Take submissions out of nbgrader's folder that are of none of these students."""
        for folder in self.submitted.glob("*"):
            if folder.name not in students:
                shutil.rmtree(folder)

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

    def unrecorded(self, assignment: Assignment) -> list[str]:
        """The students whose newest run is not in the gradebook yet."""
        with Gradebook(self.database) as gradebook:
            known = {s.student.id for s in gradebook.assignment_submissions(assignment.id)}
        return [
            student
            for student in self._students()
            if student not in known
            or outdated(
                (
                    self.autograded / student / assignment.id / f"{notebook.name}.ipynb",
                    self.runs / assignment.id / student / f"{notebook.name}.json",
                )
                for notebook in assignment.graded_notebooks
            )
        ]

    def record(self, assignment: str, students: Sequence[str]) -> None:
        """Enter the scores of some students' submissions. All others stay as they are."""
        self._convert(Autograde, assignment, students)

    def without_feedback(self, assignment: Assignment) -> list[str]:
        """The students whose page does not show their newest grades, a person's included."""
        by_hand = self._graded_by_hand(assignment.id)
        return [
            student
            for student in self._students()
            if student in by_hand
            or outdated(
                (
                    self.feedback / student / assignment.id / f"{notebook.name}.html",
                    self.autograded / student / assignment.id / f"{notebook.name}.ipynb",
                )
                for notebook in assignment.graded_notebooks
            )
        ]

    def write_feedback(self, assignment: str, students: Sequence[str], workers: int) -> None:
        """Write some students' feedback pages, in several processes."""
        if len(students) < FEW:
            return self._convert(GenerateFeedback, assignment, students)
        parts = [part for start in range(workers) if (part := list(students[start::workers]))]
        with ProcessPoolExecutor(len(parts), mp_context=get_context("spawn")) as pool:
            done = [pool.submit(self._convert, GenerateFeedback, assignment, p) for p in parts]
            for future in done:
                future.result()

    def enter_models(
        self, assignment: Assignment, model: Model, records: Iterable[ModelRecord]
    ) -> None:
        """Enter models' scores. What a person has entered for a model stays, and counts.

        nbgrader grades notebooks only. To it a model is a notebook of one cell, in an assignment of
        its own, whose score comes from here.

        Args:
            assignment: the assignment.
            model: what is submitted.
            records: what each earned.
        """
        name, notebook = gradebook_name(assignment), Path(model.file).stem
        with programs_on_path(), Gradebook(self.database) as gradebook:
            gradebook.update_or_create_assignment(name)
            gradebook.update_or_create_notebook(notebook, name)
            gradebook.update_or_create_grade_cell(
                _MODEL_CELL, notebook, name, max_score=model.max_points, cell_type="code"
            )
            for record in records:
                gradebook.update_or_create_student(record.student)
                gradebook.update_or_create_submission(name, record.student)
                grade = gradebook.find_grade(_MODEL_CELL, notebook, name, record.student)
                grade.auto_score = record.score
            gradebook.db.commit()

    def write_grades(self, path: Path) -> None:
        """Write the grades of all assignments as CSV."""
        with replacing(path) as unfinished, Gradebook(self.database) as gradebook:
            plugin = CsvExportPlugin(to=str(unfinished))
            plugin.log = logging.Logger("export", level=logging.WARNING)
            plugin.export(gradebook)

    def _students(self) -> list[str]:
        return sorted(path.name for path in self.submitted.glob("*") if path.is_dir())

    def _graded_by_hand(self, assignment: str) -> set[str]:
        with Gradebook(self.database) as gradebook:
            return {
                submission.student.id
                for submission in gradebook.assignment_submissions(assignment)
                for notebook in submission.notebooks
                if any(g.manual_score is not None or g.extra_credit for g in notebook.grades)
                or any(comment.manual_comment for comment in notebook.comments)
            }

    def _convert(
        self,
        converter: type[BaseConverter],
        assignment: str,
        students: Sequence[str] | None = None,
    ) -> None:
        if students is not None and not students:
            return
        config = load_nbgrader_config(self.manifest.root)
        self._move_into_work(config)
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
            with programs_on_path():
                running.start()
        except NbGraderException:
            # nbgrader logs "There was an error", then the traceback, then "see above".
            traces = [text for text in problems if "Traceback" in text] or problems
            reason = _exception_in(traces[0]) if traces else "no reason was given"
            raise CourseError(
                f"nbgrader stopped in {converter.__name__} of {assignment}: {reason}."
            ) from None

    def _move_into_work(self, config: Config) -> None:
        course = config.CourseDirectory
        course.root = str(self.manifest.root)
        course.source_directory = str(self.manifest.root / "solutions")
        course.release_directory = str(self.work / "release")
        course.submitted_directory = str(self.submitted)
        course.autograded_directory = str(self.autograded)
        course.feedback_directory = str(self.feedback)
        course.db_url = self.database
        config.GradedExecution.runs = str(self.runs)


def outdated(pairs: Iterable[tuple[Path, Path]]) -> bool:
    """Whether the first of any pair is missing, or older than the second it was made from."""
    return any(
        not made.is_file() or made.stat().st_mtime_ns < source.stat().st_mtime_ns
        for made, source in pairs
    )


def _exception_in(trace: str) -> str:
    """The line of a traceback that names the exception; SQLAlchemy writes others below it."""
    lines = trace.strip().splitlines()
    named = [line for line in lines if re.match(r"[A-Za-z_][\w.]*: ", line)]
    return (named or lines)[-1].rstrip(".:")
