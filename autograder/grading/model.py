"""One model from its files to its record: read, check, run on held-out data, measure, store."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from autograder import exercises
from autograder.exercises.graded_model import GradedModel, HeldOut, Measured
from autograder.files import write_atomically
from autograder.fingerprints import code_structure, digest
from autograder.grading.evaluator import OWN
from autograder.grading.model_process import Outcome, Samples, all_finite, run_model, run_script
from autograder.grading.records import (
    CheckRecord,
    MetricRecord,
    ModelRecord,
    ModelStatus,
    RecordStore,
)
from autograder.manifest import Assignment, Manifest, Model
from autograder.sandbox.choice import Sandbox
from autograder.submissions.find import Submission, find_model, find_script, student_folders
from autograder.submissions.pseudonyms import pseudonym_beside
from autograder.submissions.read import UnreadableError, read_bytes
from autograder.submissions.students import admit
from poselab import metrics, models
from poselab.models.examination import Check
from poselab.models.specification import Arrays, BrokenError

_INPUTS, _TARGETS = "inputs ", "targets "
_LARGEST_SCRIPT = 1 << 20
_PACKAGES = {"onnx": ("onnx", "onnxruntime", "numpy"), "script": ("torch", "numpy")}


def gradebook_name(assignment: Assignment) -> str:
    """What the models of an assignment are called in the gradebook, and their folders elsewhere."""
    return f"{assignment.id}_model"


@dataclass(frozen=True)
class FoundModel:
    """One student's files, by the names of the specification."""

    student: str
    files: Mapping[str, Submission]


@dataclass(frozen=True)
class PreparedModel:
    """A model that is ready to be run.

    Args:
        student: whose it is.
        files: what was submitted; empty where there is nothing to run.
        status: ``graded``, or why there is nothing to run.
        notes: what its author should know.
        key: all that the record depends on.
        pseudonym: what its author wants to be called on the leaderboard.
    """

    student: str
    files: Mapping[str, bytes]
    status: ModelStatus
    notes: tuple[str, ...]
    key: str = ""
    pseudonym: str = ""


@dataclass(frozen=True)
class ModelEvaluator:
    """Grades the models of an assignment.

    Args:
        manifest: the course.
        assignment: the assignment.
        graded: its specification, held-out data and metrics.
        seed: draws the held-out data; the same for a whole class.
        work: where records and held-out data are kept.
        sandbox: the models'.
    """

    manifest: Manifest
    assignment: Assignment
    graded: GradedModel
    seed: int
    work: Path
    sandbox: Sandbox

    in_threads = True

    @property
    def model(self) -> Model:
        """The tables of points."""
        assert self.assignment.model is not None
        return self.assignment.model

    @property
    def store(self) -> RecordStore[ModelRecord]:
        """Where records are kept."""
        folder = self.work / "runs" / gradebook_name(self.assignment)
        return RecordStore(folder, Path(self.model.file).stem, ModelRecord)

    def draw(self) -> None:
        """Draw the held-out data, and keep it for the next time and for other processes."""
        for sizes, path in zip(self.held_out_sizes, self.held_out_paths, strict=True):
            if not path.is_file():
                drawn = self.graded.draw(sizes, self.seed)
                tensors = {f"{_INPUTS}{n}": array for n, array in drawn.inputs.items()}
                tensors |= {f"{_TARGETS}{n}": array for n, array in drawn.targets.items()}
                write_atomically(path, safetensors.numpy.save(tensors))

    @property
    def count(self) -> int:
        """How many samples a model is run on."""
        return _data(self).samples.count

    def find(self, submitted: Path) -> Iterator[FoundModel]:
        """Every student's model, under the student's id."""
        spec = self.graded.spec
        folders = student_folders(submitted, f"{self.assignment.id}/{spec.file}")
        students = admit(self.work / "runs", (folder.name for folder in folders))
        for folder in folders:
            found = {
                name: (find_model if name == spec.file and Path(name).suffix else find_script)(
                    folder, self.assignment, name
                )
                for name in spec.files
            }
            yield FoundModel(students.id_of(folder.name), found)

    def prepare(self, found: FoundModel) -> PreparedModel:
        """Read a model."""
        notes = [note for file in found.files.values() for note in file.notes]
        files: dict[str, bytes] = {}
        status: ModelStatus = "graded"
        for name, file in found.files.items():
            if file.path is None:
                status = "unreadable" if file.refused else "missing"
                continue
            try:
                spec = self.graded.spec
                most = _LARGEST_SCRIPT if name == spec.script else spec.limits.file_bytes
                files[name] = read_bytes(file.path, most)
            except UnreadableError as error:
                notes.append(str(error))
                status = "unreadable"
        chosen = pseudonym_beside(file.path for file in found.files.values())
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        key = digest([hashes, notes, status, chosen, self._surroundings])
        if status != "graded":
            files = {}
        return PreparedModel(found.student, files, status, tuple(notes), key, chosen)

    def unprepared(self, found: FoundModel, reason: str) -> PreparedModel:
        """What stands for a model that could not be read; the next run tries it again."""
        return PreparedModel(found.student, {}, "unreadable", (reason,), "")

    def grade(self, prepared: PreparedModel) -> ModelRecord:
        """Check a model, run it on the held-out data, and measure what comes back."""
        if prepared.student == OWN:
            return self._grade_canary(prepared)
        if prepared.status != "graded":
            return self._record(prepared, prepared.status)
        data = _data(self)
        spec = self.graded.spec
        outcome = run_model(prepared.files, data.samples, spec, self.sandbox, self._beside)
        checks = tuple(
            CheckRecord(name=check.name, passed=check.passed, sentence=check.sentence)
            for check in outcome.report.checks
        )
        if outcome.outputs is None:
            assert outcome.failure is not None
            why = outcome.failure.sentence
            return self._record(prepared, _status(outcome.failure), why, checks=checks)
        if not all_finite(outcome.outputs):
            why = f"For some of the held-out {spec.sample}s outputs are NaN or infinite."
            return self._record(prepared, "refused", why, checks=checks)
        targets = data.targets[outcome.choice]
        try:
            measured = [m.measure(outcome.outputs, targets) for m in self.graded.metrics]
        except BrokenError as error:
            return self._record(prepared, "refused", str(error), checks=checks)
        metrics = self._scored(measured)
        return self._record(
            prepared,
            "graded",
            *self._remarks(prepared, outcome),
            checks=checks,
            score=sum(metric.score for metric in metrics),
            metrics=metrics,
            details={name: more for one in measured for name, more in one.details.items()},
            file_bytes=len(prepared.files[spec.file]),
            seconds=outcome.seconds,
        )

    def _scored(self, measured: Sequence[Measured]) -> tuple[MetricRecord, ...]:
        """What was measured, with the points that it earns."""
        return tuple(
            MetricRecord(
                name=metric.name, value=round(one.value, 4), score=table.points_at(one.value)
            )
            for metric, table, one in zip(
                self.graded.metrics, self.model.metrics, measured, strict=True
            )
        )

    def give_up(self, prepared: PreparedModel, reason: str) -> ModelRecord:
        """Record a model that our own side failed to grade. The next run tries it again."""
        return self._record(prepared, "crashed", reason, key="")

    def keep(self, student: str, graded: ModelRecord) -> ModelRecord:
        """Store the result of a model."""
        self.store.keep(student, graded)
        return graded

    def own(self) -> PreparedModel:
        """A small model of our own, whose outputs are known."""
        files, _, _ = self.graded.canary()
        return PreparedModel(OWN, files, "graded", (), self._surroundings)

    def why_not_trusted(self, record: ModelRecord) -> str | None:
        """What our own model has failed in, if anything."""
        return None if record.status == "graded" else " ".join(record.notes)

    def _grade_canary(self, prepared: PreparedModel) -> ModelRecord:
        _, inputs, expected = self.graded.canary()
        spec = self.graded.spec.run_on(inputs)
        outcome = run_model(prepared.files, Samples(inputs), spec, self.sandbox, self._beside)
        if outcome.outputs is None:
            assert outcome.failure is not None
            reason = (outcome.complaint or outcome.failure.sentence).rstrip(".")
            advice = "`autograder doctor` says what the machine offers"
            return self._record(
                prepared, "crashed", f"even our own model does not run: {reason}; {advice}"
            )
        if not all(np.allclose(outcome.outputs[name], expected[name]) for name in expected):
            return self._record(
                prepared,
                "refused",
                "our own model gives wrong outputs; install the versions in constraints.txt",
            )
        return self._record(prepared, "graded")

    @property
    def _beside(self) -> Mapping[str, bytes]:
        """The files that everybody has and that lie where a script runs."""
        script_run = self.graded.script_run
        return script_run.beside() if script_run else {}

    def _remarks(self, prepared: PreparedModel, outcome: Outcome) -> Iterator[str]:
        """What is told of the script run by itself, which earns and costs nothing."""
        script_run, spec = self.graded.script_run, self.graded.spec
        if script_run is None:
            return
        said = run_script(prepared.files, self._beside, spec, self.sandbox)
        if said.failure:
            yield (
                f"Run by itself, {spec.script} does not come to its end ({said.failure}); "
                f"{script_run.advice}. This costs no points."
            )
        elif remark := script_run.remark(said.printed, outcome.answers[script_run.check]):
            yield remark

    def _record(
        self, prepared: PreparedModel, status: ModelStatus, *notes: str, **earned: Any
    ) -> ModelRecord:
        about = {
            "key": prepared.key,
            "student": prepared.student,
            "status": status,
            "score": 0.0,
            "max_score": self.model.max_points,
            "notes": (*prepared.notes, *notes),
            "pseudonym": prepared.pseudonym,
        }
        return ModelRecord(**{**about, **earned})

    @property
    def held_out_paths(self) -> tuple[Path, ...]:
        """Where the held-out data is kept, for each of the specification's choices."""
        versions = [digest([sizes, self.graded.version])[:8] for sizes in self.held_out_sizes]
        name = f"{self.assignment.id}-seed-{self.seed}"
        return tuple(self.work / "held_out" / f"{name}-{v}.safetensors" for v in versions)

    @property
    def held_out_sizes(self) -> tuple[dict[str, int], ...]:
        """What the held-out data is drawn with, for each of the specification's choices."""
        return tuple({**self.model.held_out, **some} for some in self.graded.spec.choices)

    @cached_property
    def _surroundings(self) -> str:
        """All but the files that a record depends on."""
        spec = self.graded.spec
        return digest(
            [
                _data(self).digest,
                self.model.model_dump(mode="json"),
                spec.as_data(),
                self.sandbox,
                [version(package) for package in _PACKAGES[spec.kind]],
                [code_structure(path.read_text(encoding="utf-8")) for path in _code()],
            ]
        )


def _status(failure: Check) -> ModelStatus:
    if failure.cause != "specification":
        return failure.cause
    return "unreadable" if failure.name in ("file", "format") else "refused"


def _code() -> list[Path]:
    """What a model's record depends on, of our code."""
    here = Path(__file__).parent
    knowledge = Path(exercises.__file__).parent
    return [
        *sorted(Path(models.__file__).parent.glob("*.py")),
        *sorted(Path(metrics.__file__).parent.glob("*.py")),
        *sorted(here.glob("model*.py")),
        *sorted((here / "inside").glob("run_*.py")),
        *sorted(knowledge.glob("*/model.py")),
    ]


@dataclass(frozen=True)
class _Data:
    """Held-out data in memory, ready to be given to models.

    Args:
        samples: the inputs.
        targets: for each of the specification's choices.
        digest: of all of it.
    """

    samples: Samples
    targets: tuple[Arrays, ...]
    digest: str


_loaded: dict[tuple[Path, ...], _Data] = {}
_loading = threading.Lock()


def _data(evaluator: ModelEvaluator) -> _Data:
    """The held-out data, once for all models of a process.

    On a machine that shares no files with the one that keeps it, it is drawn anew.
    """
    paths = evaluator.held_out_paths
    with _loading:
        if paths not in _loaded:
            held_out = [
                _read(path) if path.is_file() else evaluator.graded.draw(sizes, evaluator.seed)
                for path, sizes in zip(paths, evaluator.held_out_sizes, strict=True)
            ]
            hashes = [
                [name, hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()]
                for one in held_out
                for arrays in (one.inputs, one.targets)
                for name, array in sorted(arrays.items())
            ]
            _loaded.clear()
            _loaded[paths] = _Data(
                Samples(*(one.inputs for one in held_out)),
                tuple(one.targets for one in held_out),
                digest(hashes),
            )
        return _loaded[paths]


def _read(path: Path) -> HeldOut:
    tensors = safetensors.numpy.load_file(path)
    inputs, targets = (
        {n.removeprefix(kind): t for n, t in tensors.items() if n.startswith(kind)}
        for kind in (_INPUTS, _TARGETS)
    )
    return HeldOut(inputs, targets)
