"""Finding what was submitted: STUDENT/ASSIGNMENT/FILE."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError
from autograder.manifest import Assignment, Notebook

_COPY = re.compile(r"(?:Copy of )*(.*?)(?:[ _]*\(\d+\)|[ _-]+copy(?: ?\d+)?)*", re.IGNORECASE)
"""What browsers and Colab make of a name."""
_MOST_NAMED = 5


@dataclass(frozen=True)
class Submission:
    """One student's file.

    Args:
        student: the name of the student's folder.
        path: the file; ``None`` where there is none that can be taken.
        notes: what was noticed while looking for it.
        refused: whether there is a file, but one that must not be read.
    """

    student: str
    path: Path | None
    notes: tuple[str, ...] = ()
    refused: bool = False


def student_folders(submitted: Path, file: str) -> list[Path]:
    """Every student's folder, sorted.

    Args:
        submitted: the folder that holds them.
        file: where in a student's folder the submission lies, for the message.

    Returns:
        The folders' paths; hidden folders are not among them.

    Raises:
        CourseError: there is no such folder, or no student's folder in it.
    """
    if not submitted.is_dir():
        raise CourseError(f"There is no folder {submitted} to grade; give it with --submitted.")
    students = sorted(p for p in submitted.iterdir() if p.is_dir() and not p.name.startswith("."))
    if not students:
        raise CourseError(
            f"{submitted} holds no student's folder; submissions are laid out STUDENT/{file}."
        )
    return students


def find_submissions(
    submitted: Path, assignment: Assignment, notebook: Notebook
) -> list[Submission]:
    """Every student's submission of one notebook, sorted by student.

    Args:
        submitted: the folder that holds the students' folders.
        assignment: the assignment.
        notebook: one of its notebooks.

    Returns:
        One for each student's folder; its ``path`` is ``None`` where there is no file to take.

    Raises:
        CourseError: there is no such folder, or no student's folder in it.
    """
    name = f"{notebook.name}.ipynb"
    taken = {f"{other.name}.ipynb" for other in assignment.notebooks if other != notebook}
    folders = student_folders(submitted, f"{assignment.id}/{name}")
    return [_find(folder, assignment, name, ("notebook", "graded"), taken) for folder in folders]


def find_model(student: Path, assignment: Assignment, name: str) -> Submission:
    """A student's model: the file of that name, or else the only one with its suffix."""
    return _find(student, assignment, name, ("model", "run"), frozenset())


def find_script(student: Path, assignment: Assignment, name: str) -> Submission:
    """A student's script: the file of that name, or what a browser has made of the name.

    "eval (1).py" and "Copy of eval.py" are recognised as eval.py, "training.py" is not.
    """
    return _find(student, assignment, name, ("file", "run"), None)


def _find(
    student: Path,
    assignment: Assignment,
    name: str,
    words: tuple[str, str],
    taken: Collection[str] | None,
) -> Submission:
    """Look for a file.

    Args:
        student: the student's folder.
        assignment: the assignment.
        name: what the file should be called.
        words: what the notes call it, and what is done with it.
        taken: the names of other files of its kind; ``None`` if it may not be called anything else.
    """
    folder = student / assignment.id
    path, notes = _look_for(folder, name, words, taken)
    # It could be a link to a solution, or to another student's submission.
    if path is None or path.resolve().is_relative_to(student.resolve()):
        return Submission(student.name, path, notes)
    note = f"{path.name} is a symbolic link that leaves your folder; hand in the file itself."
    return Submission(student.name, None, (*notes, note), refused=True)


def _look_for(
    folder: Path, name: str, words: tuple[str, str], taken: Collection[str] | None
) -> tuple[Path | None, tuple[str, ...]]:
    thing, done = words
    exact = folder / name
    # A link that leads nowhere is the student's file, too.
    if os.path.lexists(exact) and not exact.is_dir():
        return exact, ()
    candidates = [
        path
        for path in sorted(folder.glob(f"*{exact.suffix}" if exact.suffix else f"*{name}*"))
        if path.name not in (taken or ()) and not path.is_dir()
    ]
    renamed = [path for path in candidates if _is_copy(path.stem, exact.stem)]
    named = [path for path in candidates if exact.stem in path.stem]
    for found in (renamed,) if taken is None else (renamed, named, candidates):
        if len(found) == 1:
            return found[0], (f"The {thing} is called {found[0].name}; it was {done} as {name}.",)
    if renamed or (candidates and taken is not None):
        names = ", ".join(path.name for path in (candidates if taken is not None else renamed))
        return None, (f"None of the {thing}s ({names}) is called {name}, so none was {done}.",)
    where = f"{folder.parent.name}/{folder.name}/{name}"
    others = sorted(path.name for path in folder.glob("[!.]*")) if taken is None else []
    instead = f"; there is only {', '.join(others[:_MOST_NAMED])}" if others else ""
    return None, (f"No {thing} was handed in: {where} is missing{instead}.",)


def _is_copy(stem: str, original: str) -> bool:
    match = _COPY.fullmatch(stem)
    return match is not None and match[1] == original
