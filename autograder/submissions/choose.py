"""Which of several files is the student's notebook: the one that was worked on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.limited.calls import LimitedCallError, call
from autograder.limited.limits import CallLimits
from autograder.manifest import Assignment, Notebook
from autograder.submissions.names import Likeness, in_order, notebook_stem, script_stem
from autograder.submissions.progress import Progress, progress
from autograder.submissions.read import UnreadableError, read_bytes, read_notebook
from autograder.submissions.students import readable

MOST_READ = 12
"""Files of one student that are read to find out which one counts."""

LOOKING = CallLimits(seconds=20)
"""Of one of them, as of any reading."""

_LARGEST_READ = 512 << 20


@dataclass(frozen=True)
class Candidate:
    """A file that can be the notebook.

    Args:
        path: the file.
        like: how much its name is like the notebook's.
    """

    path: Path
    like: Likeness


@dataclass(frozen=True)
class _Seen:
    """A candidate that was looked into.

    Args:
        candidate: the file.
        digest: of what can be graded in it; equal digests, equal submissions.
        done: what the student has done in it; ``None`` if it cannot be read.
        of_others: whether it holds more of another notebook of the assignment.
    """

    candidate: Candidate
    digest: str
    done: Progress | None
    of_others: bool = False

    @property
    def rank(self) -> Any:
        """Sorts candidates, the one that counts first."""
        done, name = self.done, self.candidate.path.name
        if done is None:
            group = 1 if notebook_stem(name) else 4
        elif done.tasks:
            group = 0
        else:
            group = 2 if done.cells else 3
        is_script = script_stem(name) is not None
        far = self.candidate.like is Likeness.NONE
        exact = self.candidate.like is not Likeness.EXACT
        return group, exact, is_script, far, [-n for n in (done.tasks, done.cells)] if done else []


def choose(
    candidates: Sequence[Candidate],
    exact: Path,
    assignment: Assignment,
    notebook: Notebook,
    released: NotebookNode | None,
) -> tuple[Path, tuple[str, ...]]:
    """Choose the file that counts, and say what it was called and what else was there.

    A file of the right name counts if anything was done in it. Otherwise the one counts in which
    most was done; an untouched copy of the release is passed over, and equal files are one.

    Args:
        candidates: what can be the notebook; at least one.
        exact: where it should lie.
        assignment: the assignment.
        notebook: one of its notebooks.
        released: as students were given it.

    Returns:
        The file, and the notes.
    """
    ordered = sorted(candidates, key=lambda c: in_order(c.path.name), reverse=True)
    ordered.sort(key=lambda c: c.like)
    if len(ordered) == 1:
        return ordered[0].path, _called(ordered[0], exact)
    seen = [_look_within(c, assignment, notebook, released) for c in ordered[:MOST_READ]]
    of_this = [one for one in seen if not one.of_others] or seen
    distinct = list({one.digest: one for one in reversed(of_this)}.values())[::-1]
    distinct.sort(key=lambda one: one.rank)
    best, *others = distinct
    notes = list(_called(best.candidate, exact))
    untouched = [one for one in others if one.done is not None and not one.done.tasks]
    if untouched and best.candidate.like is not Likeness.EXACT:
        name = readable(untouched[0].candidate.path.name)
        notes.append(f"{name} beside it is a copy in which no exercise is written.")
    left = [
        readable(one.candidate.path.name)
        for one in others
        if one not in untouched and one.candidate.like is not Likeness.NONE
    ]
    if left:
        taken = readable(best.candidate.path.name)
        were = "was" if len(left) == 1 else "were"
        notes.append(
            f"Besides {taken} there {were} {', '.join(left)}, which {were} not graded; "
            "hand in one notebook only."
        )
    return best.candidate.path, tuple(notes)


def _called(candidate: Candidate, exact: Path) -> tuple[str, ...]:
    path = candidate.path
    if candidate.like is Likeness.EXACT:
        return ()
    if path.name != exact.name:
        return (f"The notebook is called {readable(path.name)}; it was graded as {exact.name}.",)
    student = exact.parent.parent
    return (
        f"The notebook was found at {readable(str(path.relative_to(student)))}; it should be at "
        f"{exact.relative_to(student)}.",
    )


def _look_within(candidate: Candidate, *about: Any) -> _Seen:
    try:
        return call(_look, candidate, *about, limits=LOOKING)
    except LimitedCallError:
        return _unread(candidate)


def _unread(candidate: Candidate) -> _Seen:
    return _Seen(candidate, _digest_of_file(candidate.path), None)


def _look(
    candidate: Candidate,
    assignment: Assignment,
    notebook: Notebook,
    released: NotebookNode | None,
) -> _Seen:
    try:
        nb = read_notebook(candidate.path)
    except UnreadableError:
        return _unread(candidate)
    sources = [[cell.cell_type, cell.source] for cell in nb.cells]
    digest = hashlib.sha256(repr(sources).encode()).hexdigest()
    done = progress(nb, released, notebook) if released is not None else Progress(1, 0)
    text = "\n".join(cell.source for cell in nb.cells)
    held = {
        other.name: sum(exercise.id in text for exercise in other.exercises)
        for other in assignment.notebooks
    }
    of_others = candidate.like is Likeness.NONE and held[notebook.name] < max(held.values())
    return _Seen(candidate, digest, done, of_others)


def _digest_of_file(path: Path) -> str:
    try:
        return hashlib.sha256(read_bytes(path, _LARGEST_READ)).hexdigest()
    except UnreadableError as error:
        return str(error)
