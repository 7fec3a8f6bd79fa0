"""Finding and reading models: STUDENT/ASSIGNMENT/my_model.onnx."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from poselab.models.contract import LARGEST_FILE

from autograder.manifest import Assignment, Model
from autograder.submissions.find import why_not_own


@dataclass(frozen=True)
class ModelFile:
    """One student's model.

    Args:
        student: the name of the student's folder.
        content: the file's bytes; ``None`` where there is nothing to run.
        notes: why there is nothing, or what was noticed.
        missing: whether nothing was handed in.
    """

    student: str
    content: bytes | None
    notes: tuple[str, ...] = ()
    missing: bool = False


def read_model_file(
    submitted: Path, student: str, assignment: Assignment, model: Model
) -> ModelFile:
    """One student's model, if there is one that can be read."""
    folder = submitted / student / assignment.id
    notes: tuple[str, ...] = ()
    path = folder / model.file
    if not os.path.lexists(path):
        others = sorted(folder.glob("*.onnx"))
        if len(others) != 1:
            found = ", ".join(other.name for other in others)
            note = (
                f"None of the models ({found}) is called {model.file}, so none was run."
                if others
                else f"No model was handed in: {student}/{assignment.id}/{model.file} is missing."
            )
            return ModelFile(student, None, (note,), missing=True)
        path = others[0]
        notes = (f"The model is called {path.name}; it was run as {model.file}.",)
    try:
        return ModelFile(student, _read(path, submitted / student), notes)
    except ValueError as error:
        return ModelFile(student, None, (*notes, str(error)))


def _read(path: Path, folder: Path) -> bytes:
    """The bytes of a file that belongs to the student.

    Raises:
        ValueError: it is a link to somewhere else, no file, too large or not to be read.
    """
    complaint = why_not_own(path, folder)
    if complaint:
        raise ValueError(complaint)
    try:
        # A pipe would keep us waiting for somebody to write to it.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise ValueError(f"{path.name} is no file; hand in the exported model.")
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise ValueError(f"{path.name} cannot be read ({reason}); hand it in again.") from None
    if not content:
        raise ValueError(f"{path.name} is empty; export the model again.")
    if len(content) > LARGEST_FILE:
        raise ValueError(
            f"{path.name} has more than the {LARGEST_FILE >> 20} MB that a model may have; "
            "use a smaller network."
        )
    return content
