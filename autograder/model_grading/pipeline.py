"""A whole class's models: each in a sandbox of its own, scored here, kept, and never run twice."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from poselab.models.contract import SECONDS, MissingPackageError, Report, require_packages
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from autograder.authoring.fingerprint import code_structure, digest
from autograder.authoring.pipeline import write_atomically
from autograder.errors import DISK_FULL, CourseError
from autograder.grading.execution import Sandbox
from autograder.manifest import Assignment, Manifest, Model
from autograder.model_grading.canary import expect_song
from autograder.model_grading.feedback import feedback_page
from autograder.model_grading.find import ModelFile, read_model_file
from autograder.model_grading.gradebook import enter_models, gradebook_name
from autograder.model_grading.held_out import HeldOut, held_out_clips
from autograder.model_grading.process import Clips, Outcome, run_model
from autograder.model_grading.results import (
    CheckRecord,
    ModelRecord,
    ModelResults,
    ModelStatus,
    write_leaderboard,
)
from autograder.model_grading.scoring import THRESHOLDS, measure
from autograder.nbgrader_plugin import run_seed
from autograder.reporting.gradebook import GradebookWriter
from autograder.submissions.find import student_folders
from poselab.models import contract
from poselab.models import graph as onnx_graph
from poselab.skeletons import UPPER_BODY

Draw = Callable[[Model, int, Path], HeldOut]
"""What makes the held_out clips: how many, the seed, where they may be kept."""

_PACKAGES = ("onnx", "onnxruntime", "numpy")


@dataclass(frozen=True)
class Settings:
    """How models are evaluated.

    Args:
        workers: models that run at the same time.
        force: run models again that were run before and did not change.
        sandbox: what stands around them.
        seconds: of processor time for one model's checks.
        database: the gradebook, as SQLAlchemy writes it; else a file in the working folder.
    """

    workers: int = 1
    force: bool = False
    sandbox: Sandbox = "bubblewrap"
    seconds: float = SECONDS
    database: str | None = None


class _Kept(BaseModel):
    """A record and what it depends on: equal keys, equal records. No key where we failed."""

    model_config = ConfigDict(frozen=True)

    key: str
    record: ModelRecord


def evaluate_models(
    manifest: Manifest,
    assignment_id: str,
    submitted: Path,
    work: Path,
    results: Path,
    settings: Settings,
    console: Console,
    draw: Draw = held_out_clips,
) -> ModelResults:
    """Evaluate every model that was handed in.

    Args:
        manifest: the course.
        assignment_id: the assignment.
        submitted: submissions, laid out STUDENT/ASSIGNMENT/my_model.onnx. Only read.
        work: gradebook, feedback pages and leaderboard go here.
        results: the results file to write.
        settings: how.
        console: for the progress bar.
        draw: makes the held_out clips.

    Raises:
        CourseError: there is nothing to evaluate, or models do not run on this machine.
    """
    assignment = manifest.assignment(assignment_id)
    model = assignment.model
    if model is None:
        raise CourseError(
            f"No model is handed in with {assignment.id}: course.toml has no section "
            f"[assignments.{assignment.id}.model]."
        )
    try:
        require_packages()
    except MissingPackageError as error:
        raise CourseError(str(error)) from None
    folders = student_folders(submitted, f"{assignment.id}/{model.file}")
    students = [folder.name for folder in folders]
    name = gradebook_name(assignment)
    gradebook_writer = GradebookWriter(manifest, work, settings.database)
    seed = run_seed(gradebook_writer.runs, name)
    with console.status("Drawing the held_out clips"):
        held_out = draw(model, seed, gradebook_writer.work / "held_out")
    lane = _Lane(assignment, model, held_out, settings, gradebook_writer.runs / name)
    pages = gradebook_writer.feedback
    records = {}
    for student, record, new in lane.run(submitted, students, console):
        records[student] = record
        page = pages / student / name / f"{Path(model.file).stem}.html"
        if new or not page.is_file():
            write_atomically(page, feedback_page(record, assignment, model, lane.clips.count))
    outcome = ModelResults(
        assignment=assignment.id,
        seed=seed,
        clips=lane.clips.count,
        thresholds_px=tuple(THRESHOLDS.tolist()),
        submissions=tuple(records[student] for student in students),
    )
    enter_models(gradebook_writer.database, assignment, model, outcome.submissions)
    gradebook_writer.write_grades(gradebook_writer.work / "grades.csv")
    write_leaderboard(outcome.submissions, gradebook_writer.work / "leaderboard.csv")
    outcome.write(results)
    return outcome


class _Lane:
    """Runs models and keeps their records.

    Args:
        assignment, model: what is handed in.
        held_out: clips and labels.
        settings: how.
        folder: where records are kept, by student.
    """

    def __init__(
        self,
        assignment: Assignment,
        model: Model,
        held_out: HeldOut,
        settings: Settings,
        folder: Path,
    ) -> None:
        self.assignment = assignment
        self.model = model
        self.settings = settings
        self.folder = folder
        self.clips = Clips(held_out.frames)
        self.poses = held_out.poses
        self._surroundings = digest(
            [
                hashlib.sha256(held_out.frames.tobytes()).hexdigest(),
                hashlib.sha256(held_out.poses.tobytes()).hexdigest(),
                model.model_dump(mode="json"),
                [settings.sandbox, settings.seconds],
                [version(package) for package in _PACKAGES],
                [code_structure(path.read_text(encoding="utf-8")) for path in _code()],
            ]
        )

    def run(
        self, submitted: Path, students: Iterable[str], console: Console
    ) -> Iterator[tuple[str, ModelRecord, bool]]:
        """Every student's record as it is there, and whether it is new.

        Raises:
            CourseError: models do not run on this machine.
        """
        waiting: list[str] = []
        for student in students:
            kept = self._kept(student)
            found = self._read(submitted, student)
            if kept is not None and kept.key == self._key(found) and not self.settings.force:
                yield student, kept.record, False
            else:
                waiting.append(student)
        if not waiting:
            return
        expect_song(self.settings.sandbox)
        columns = ("Running models", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        pool = ThreadPoolExecutor(self.settings.workers)
        try:
            pending = {pool.submit(self._evaluate, submitted, s): s for s in waiting}
            with Progress(*columns, console=console, transient=True) as progress:
                for future in progress.track(as_completed(pending), total=len(pending)):
                    yield pending[future], future.result(), True
        finally:
            # After Ctrl-C what still runs is dropped; it runs again the next time.
            pool.shutdown(wait=False, cancel_futures=True)

    def _evaluate(self, submitted: Path, student: str) -> ModelRecord:
        # Read when it is its turn: a class's models would not fit into memory.
        found = self._read(submitted, student)
        try:
            record, key = self._judge(found), self._key(found)
        except Exception as error:  # one model must not cost the others their points
            if isinstance(error, OSError) and error.errno in DISK_FULL:
                raise
            why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            sentence = f"The grader failed ({why}); evaluate once more."
            record, key = self._record(found, "crashed", sentence), ""
        kept = _Kept(key=key, record=record)
        write_atomically(self._path(student), kept.model_dump_json(indent=1).encode())
        return record

    def _judge(self, found: ModelFile) -> ModelRecord:
        if found.content is None:
            return self._record(found, "missing" if found.missing else "unreadable")
        settings = self.settings
        outcome = run_model(found.content, self.clips, settings.sandbox, settings.seconds)
        if outcome.poses is None:
            assert outcome.failure is not None
            sentence = outcome.failure.sentence
            return self._record(found, _status(outcome), sentence, report=outcome.report)
        measured = measure(outcome.poses, self.poses)
        if measured is None:
            sentence = "For some of the held_out clips coordinates are NaN or infinite."
            return self._record(found, "refused", sentence, report=outcome.report)
        joints = UPPER_BODY.joints
        return self._record(found, "graded", report=outcome.report).model_copy(
            update={
                "score": self.model.points_at(measured.error),
                "error_px": round(measured.error, 4),
                "joint_errors_px": dict(
                    zip(joints, measured.joint_errors.round(4).tolist(), strict=True)
                ),
                "accuracy": dict(
                    zip(joints, map(tuple, measured.accuracy.round(4).tolist()), strict=True)
                ),
            }
        )

    def _record(
        self, found: ModelFile, status: ModelStatus, *notes: str, report: Report | None = None
    ) -> ModelRecord:
        checks = () if report is None else report.checks
        return ModelRecord(
            student=found.student,
            status=status,
            score=0.0,
            max_score=self.model.max_points,
            notes=(*found.notes, *notes),
            checks=tuple(
                CheckRecord(name=c.name, passed=c.passed, sentence=c.sentence) for c in checks
            ),
        )

    def _read(self, submitted: Path, student: str) -> ModelFile:
        return read_model_file(submitted, student, self.assignment, self.model)

    def _key(self, found: ModelFile) -> str:
        content = None if found.content is None else hashlib.sha256(found.content).hexdigest()
        return digest([content, list(found.notes), self._surroundings])

    def _kept(self, student: str) -> _Kept | None:
        path = self._path(student)
        return _Kept.model_validate_json(path.read_text()) if path.is_file() else None

    def _path(self, student: str) -> Path:
        return self.folder / student / f"{Path(self.model.file).stem}.json"


def _status(outcome: Outcome) -> ModelStatus:
    failure = outcome.failure
    assert failure is not None
    if failure.cause != "contract":
        return failure.cause
    return "unreadable" if failure.name in ("file", "format") else "refused"


def _code() -> list[Path]:
    """What a model's record depends on, of our code."""
    ours = [Path(contract.__file__), Path(onnx_graph.__file__)]
    return [*ours, *sorted(Path(os.path.dirname(__file__)).rglob("*.py"))]
