"""Finding what was submitted: STUDENT/ASSIGNMENT/FILE, or what has become of that."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.errors import CourseError
from autograder.manifest import Assignment, Notebook
from autograder.submissions.choose import Candidate, choose
from autograder.submissions.lying import Lying, is_folder, leaves, lying_in
from autograder.submissions.names import (
    Likeness,
    is_copy,
    likeness,
    most_like,
    notebook_stem,
    perhaps_notebook_stem,
    script_stem,
    without_marks,
)
from autograder.submissions.students import listed, readable
from autograder.submissions.timestamps import TIMESTAMP

_MOST_NAMED = 5
_MOST_COMPARED = 512 << 20
"""Bytes of all files together of which it is asked whether they are the same."""


@dataclass(frozen=True)
class Submission:
    """One student's file.

    Args:
        student: the name of the student's folder.
        path: the file; ``None`` where there is none that can be taken.
        notes: what was noticed while looking for it.
        refused: whether there is a file, but none that can be taken.
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
        The folders' paths; hidden folders are not among them, links that lead nowhere are.

    Raises:
        CourseError: there is no such folder, or no student's folder in it.
    """
    if not submitted.is_dir():
        raise CourseError(f"There is no folder {submitted} to grade; give it with --submitted.")
    entries = sorted(p for p in submitted.iterdir() if not p.name.startswith("."))
    students = [p for p in entries if is_folder(p) or (p.is_symlink() and not os.path.exists(p))]
    if not students:
        found = f" Found were {_some(p.name for p in entries)}." if entries else ""
        raise CourseError(
            f"{submitted} holds no student's folder; submissions are laid out STUDENT/{file}."
            f"{found}{_remedy(file.partition('/')[0]) if entries else ''}"
        )
    return students


def find_submissions(
    submitted: Path,
    assignment: Assignment,
    notebook: Notebook,
    released: NotebookNode | None = None,
    elsewhere: Collection[str] = (),
) -> list[Submission]:
    """Every student's submission of one notebook, sorted by student.

    Args:
        submitted: the folder that holds the students' folders.
        assignment: the assignment.
        notebook: one of its notebooks.
        released: as students were given it; an untouched copy is then passed over for another file.
        elsewhere: the course's other assignments, whose folders are not looked into.

    Returns:
        One for each student's folder; its ``path`` is ``None`` where there is no file to take.

    Raises:
        CourseError: there is no such folder, or no student's folder in it.
    """
    folders = student_folders(submitted, f"{assignment.id}/{notebook.name}.ipynb")
    return [_find_notebook(f, assignment, notebook, released, elsewhere) for f in folders]


def refuse_another_layout(
    submitted: Path, assignment: Assignment, elsewhere: Collection[str] = ()
) -> None:
    """Refuse a folder in which no student has a notebook where notebooks should lie.

    Args:
        submitted: the folder that holds the students' folders.
        assignment: the assignment.
        elsewhere: the course's other assignments.

    Raises:
        CourseError: there is no such folder, or nobody's notebook is in it.
    """
    wanted = f"{assignment.id}/{assignment.graded_notebooks[0].name}.ipynb"
    folders = student_folders(submitted, wanted)
    outside: list[Path] = []
    for folder in folders:
        files = lying_in(folder).files
        candidates = [
            path
            for notebook in assignment.graded_notebooks
            for path, _ in _candidates(files, assignment, notebook)
        ]
        if any(_is_inside(path, folder, assignment) for path in candidates):
            return
        outside += (
            candidates[:1]
            or [path for path in files if not _is_anothers(path, folder, elsewhere)][:1]
        )
    layout = f"STUDENT/{wanted}"
    if not outside:
        raise CourseError(
            f"Nothing was recorded: {_folders(len(folders))} in {submitted}, and no notebook of "
            f"{assignment.id} in {'it' if len(folders) == 1 else 'any of them'}. "
            f"Submissions are laid out {layout}."
        )
    shown = readable(str(outside[0].relative_to(submitted)))
    raise CourseError(
        f"Nothing was recorded: no notebook of {assignment.id} lies where one is looked for. "
        f"Found: {shown} (in {_folders(len(folders))}, {len(outside)} with such a file). "
        f"Wanted: {layout}.{_remedy(assignment.id)}"
    )


def refuse_without_files(submitted: Path, assignment: Assignment, names: Collection[str]) -> None:
    """Refuse a folder in which no student has any of the files that are submitted.

    Args:
        submitted: the folder that holds the students' folders.
        assignment: the assignment.
        names: what the files should be called, the first of them first.

    Raises:
        CourseError: there is no such folder, or nobody's file is in it.
    """
    first = next(iter(names))
    folders = student_folders(submitted, f"{assignment.id}/{first}")
    lying: list[Path] = []
    for folder in folders:
        files = lying_in(folder).files
        if any(_is_inside(path, folder, assignment) for path in files):
            return
        lying += files[:1]
    if lying:
        raise CourseError(
            f"Nothing was recorded: no folder {assignment.id} lies in any student's folder. "
            f"Found: {readable(str(lying[0].relative_to(submitted)))}. "
            f"Wanted: STUDENT/{assignment.id}/{first}."
        )


def find_model(student: Path, assignment: Assignment, name: str) -> Submission:
    """A student's model: the file of that name, or else the only one with its suffix."""
    return _find_file(student, assignment, name, ("model", "run"), by_suffix=True)


def find_script(student: Path, assignment: Assignment, name: str) -> Submission:
    """A student's script: the file of that name, or what a browser has made of the name.

    "eval (1).py" and "Copy of eval.py" are recognised as eval.py, "training.py" is not.
    """
    return _find_file(student, assignment, name, ("file", "run"), by_suffix=False)


# --- Notebooks ------------------------------------------------------------------------------------


def _find_notebook(
    student: Path,
    assignment: Assignment,
    notebook: Notebook,
    released: NotebookNode | None,
    elsewhere: Collection[str],
) -> Submission:
    name = f"{notebook.name}.ipynb"
    exact = student / assignment.id / name
    lying = lying_in(student)
    files = [path for path in lying.files if not _is_anothers(path, student, elsewhere)]
    inside = [path for path in files if _is_inside(path, student, assignment)]
    candidates = [
        Candidate(path, Likeness.SPELLED_OTHERWISE if like is Likeness.EXACT else like)
        if path != exact
        else Candidate(path, Likeness.EXACT)
        for path, like in _candidates(files, assignment, notebook)
        if path in inside or like < Likeness.CONTAINS
    ]
    mine = [candidate for candidate in candidates if not leaves(candidate.path, student)]
    if mine:
        path, notes = choose(mine, exact, assignment, notebook, released)
        return Submission(student.name, path, (*notes, *lying.closed))
    if candidates:
        link = readable(candidates[0].path.name)
        note = f"{link} is a symbolic link that leaves your folder; hand in the file itself."
        return Submission(student.name, None, (note,), refused=True)
    return _nothing_found(student, exact, files, lying, assignment)


def _candidates(
    files: Iterable[Path], assignment: Assignment, notebook: Notebook
) -> list[tuple[Path, Likeness]]:
    """The files that can be this notebook, by their names alone."""
    names = [other.name for other in assignment.notebooks]
    others = [*assignment.files, *([assignment.model.file] if assignment.model else [])]
    found: list[tuple[Path, Likeness]] = []
    for path in files:
        stem, named_only = notebook_stem(path.name), False
        if stem is None:
            stem, named_only = perhaps_notebook_stem(path.name) or script_stem(path.name), True
        if stem is None or any(_is_called(path.name, other) for other in others):
            continue
        like = likeness(stem, notebook.name)
        if like is not Likeness.NONE and most_like(stem, names) == notebook.name:
            # Text beside a notebook is more often about it than the notebook itself.
            if not (named_only and like is Likeness.CONTAINS and script_stem(path.name) is None):
                found.append((path, like))
        elif most_like(stem, names) is None and not named_only:
            found.append((path, Likeness.NONE))
    return found


def _nothing_found(
    student: Path, exact: Path, files: list[Path], lying: Lying, assignment: Assignment
) -> Submission:
    where = f"{readable(student.name)}/{assignment.id}/{exact.name}"
    if student.is_symlink() and not student.exists():
        link = readable(student.name)
        note = f"{link} is a symbolic link that leads nowhere; hand in the files themselves."
        return Submission(student.name, None, (note,), refused=True)
    names = [other.name for other in assignment.notebooks]
    # The platform's time is nothing that a student has handed in.
    handed_in = [path for path in files if path != exact.with_name(TIMESTAMP)]
    expected = [
        path
        for path in handed_in
        if most_like(notebook_stem(path.name) or "", names) or path.name in assignment.files
    ]
    shown = [str(path.relative_to(student)) for path in handed_in] or list(lying.hidden)
    if shown:
        note = f"No {exact.name} was found; there is only {_some(shown)}."
    elif lying.closed:
        note = f"No {exact.name} could be looked for."
    else:
        note = f"No notebook was handed in: {where} is missing."
    refused = bool(lying.closed) or len(handed_in) > len(expected)
    return Submission(student.name, None, (note, *lying.closed), refused)


def _is_inside(path: Path, student: Path, assignment: Assignment) -> bool:
    """Whether a file lies in the assignment's folder, however that is spelled and however deep."""
    folders = path.relative_to(student).parts[:-1]
    return any(_is_called(folder, assignment.id) for folder in folders)


def _is_anothers(path: Path, student: Path, elsewhere: Collection[str]) -> bool:
    """Whether a file lies in the folder of another assignment."""
    folders = {without_marks(folder) for folder in path.relative_to(student).parts[:-1]}
    return any(without_marks(name) in folders for name in elsewhere)


def _is_called(name: str, wanted: str) -> bool:
    given, expected = Path(name), Path(wanted)
    if not expected.suffix:
        return is_copy(name, wanted)
    return given.suffix.lower() == expected.suffix and is_copy(given.stem, expected.stem)


# --- Models and scripts ---------------------------------------------------------------------------


def _find_file(
    student: Path, assignment: Assignment, name: str, words: tuple[str, str], by_suffix: bool
) -> Submission:
    """Look for a file that is submitted beside the notebook.

    Args:
        student: the student's folder.
        assignment: the assignment.
        name: what the file should be called.
        words: what the notes call it, and what is done with it.
        by_suffix: whether it may be called anything, as long as its suffix is the same.
    """
    thing, done = words
    exact = student / assignment.id / name
    lying = lying_in(student)
    inside = [path for path in lying.files if _is_inside(path, student, assignment)]
    # Wherever it stands among thousands of others.
    if os.path.lexists(exact) and not is_folder(exact):
        return _unless_it_leaves(student, exact, ())
    suffix = exact.suffix.lower()
    candidates = [path for path in inside if not suffix or path.suffix.lower() == suffix]
    renamed = [path for path in candidates if is_copy(path.stem, exact.stem)]
    named = [path for path in candidates if exact.stem in path.stem]
    for found in (renamed, named, candidates) if by_suffix else (renamed,):
        if len(found) == 1 or (found and _are_equal(found, student)):
            note = f"The {thing} is called {readable(found[0].name)}; it was {done} as {name}."
            return _unless_it_leaves(student, found[0], (note,))
    if renamed or (candidates and by_suffix):
        names = ", ".join(readable(p.name) for p in (candidates if by_suffix else renamed))
        note = f"None of the {thing}s ({names}) is called {name}, so none was {done}."
        return Submission(student.name, None, (note, *lying.closed))
    where = f"{readable(student.name)}/{assignment.id}/{name}"
    others = sorted(path.name for path in inside)
    instead = f"; there is only {_some(others)}" if others else ""
    if lying.closed:
        return Submission(student.name, None, lying.closed, refused=True)
    note = f"No {thing} was handed in: {where} is missing{instead}."
    return Submission(student.name, None, (note,))


def _unless_it_leaves(student: Path, path: Path, notes: tuple[str, ...]) -> Submission:
    # It could be a link to a solution, or to another student's submission.
    if not leaves(path, student):
        return Submission(student.name, path, notes)
    link = readable(path.name)
    note = f"{link} is a symbolic link that leaves your folder; hand in the file itself."
    return Submission(student.name, None, (*notes, note), refused=True)


def _are_equal(files: list[Path], student: Path) -> bool:
    """Whether these are copies of one file; nothing else is opened."""
    try:
        if any(leaves(path, student) or not path.is_file() for path in files):
            return False
        if sum(path.stat().st_size for path in files) > _MOST_COMPARED:
            return False
        return all(filecmp.cmp(files[0], path, shallow=False) for path in files[1:])
    except OSError:
        return False


def _some(names: Iterable[str]) -> str:
    return listed(map(readable, names), _MOST_NAMED)


def _remedy(assignment: str) -> str:
    return (
        " If this is what a learning platform gives, or a folder for each student, "
        f"`autograder collect {assignment} FOLDER` lays it out like that."
    )


def _folders(count: int) -> str:
    return f"{count} folder{'s' if count != 1 else ''}"
