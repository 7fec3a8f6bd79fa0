"""nbgrader's part: its gradebook, its feedback pages, its export."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from autograder.build.student import listening_logger, load_nbgrader_config
from autograder.errors import CourseError
from autograder.manifest import Manifest


class Ledger:
    """The gradebook of a working folder and what nbgrader makes of it.

    Args:
        manifest: the course; its ``nbgrader_config.py`` is the configuration.
        work: the folder that holds gradebook, submissions, autograded notebooks and feedback.
    """

    def __init__(self, manifest: Manifest, work: Path) -> None:
        self.manifest = manifest
        self.work = work.resolve()
        self.submitted = self.work / "submitted"
        self.feedback = self.work / "feedback"
        self.runs = self.work / "runs"
        self.database = f"sqlite:///{self.work / 'gradebook.db'}"

    def register(self, assignment: str) -> None:
        """Enter an assignment's cells and points, as released, into the gradebook."""
        self.work.mkdir(parents=True, exist_ok=True)
        self._convert(GenerateAssignment, assignment)

    def record(self, assignment: str) -> None:
        """Enter the scores of all submissions. Those that are no longer there stay as they are."""
        self._convert(Autograde, assignment)

    def write_feedback(self, assignment: str) -> None:
        """Write every student's feedback page."""
        self._convert(GenerateFeedback, assignment)

    def write_grades(self, path: Path) -> None:
        """Write the grades of all assignments as CSV."""
        unfinished = path.with_name(f".{path.name}.unfinished")
        with Gradebook(self.database) as gradebook:
            plugin = CsvExportPlugin(to=str(unfinished))
            plugin.log = logging.Logger("export", level=logging.WARNING)
            plugin.export(gradebook)
        unfinished.replace(path)

    def _convert(self, converter: type[BaseConverter], assignment: str) -> None:
        config = load_nbgrader_config(self.manifest.root)
        self._move_into_work(config)
        problems: list[str] = []
        coursedir = CourseDirectory(config=config, assignment_id=assignment)
        running = converter(coursedir=coursedir, config=config, force=True)
        running.log = listening_logger(problems)
        try:
            with _programs_on_path(), warnings.catch_warnings():
                # nbgrader builds its rows in an order that SQLAlchemy remarks on, and means it.
                warnings.simplefilter("ignore", SAWarning)
                running.start()
        except NbGraderException:
            # nbgrader logs "There was an error", then the traceback, then "see above".
            traces = [text for text in problems if "Traceback" in text] or problems
            reason = traces[0].strip().splitlines()[-1] if traces else "no reason was given"
            raise CourseError(
                f"nbgrader stopped in {converter.__name__} of {assignment}: {reason}."
            ) from None

    def _move_into_work(self, config: Config) -> None:
        course = config.CourseDirectory
        course.root = str(self.manifest.root)
        course.source_directory = str(self.manifest.root / "solutions")
        course.release_directory = str(self.work / "release")
        course.submitted_directory = str(self.submitted)
        course.autograded_directory = str(self.work / "autograded")
        course.feedback_directory = str(self.feedback)
        course.db_url = self.database
        config.GradedExecution.runs = str(self.runs)


@contextmanager
def _programs_on_path() -> Iterator[None]:
    """nbgrader calls ``alembic`` by name, which is found only in an activated environment."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
