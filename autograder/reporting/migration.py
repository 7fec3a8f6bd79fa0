"""Bringing a gradebook in line with an assignment whose cells or notebooks have changed.

nbgrader refuses ("Cannot add or remove cells") as soon as somebody has handed something in. What
people have earned, and what a person has given and written, is kept here.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    SourceCell,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy.engine import make_url

from autograder.files import write_atomically
from autograder.reporting.entries import exercise_of

_KINDS: dict[type[Any], tuple[str, Any]] = {
    GradeCell: ("grade_cells", utils.is_grade),
    SolutionCell: ("solution_cells", utils.is_solution),
    TaskCell: ("task_cells", utils.is_task),
}


@dataclass(frozen=True)
class Removed:
    """What a student had for a cell that is no longer in the assignment."""

    notebook: str
    cell: str
    student: str
    auto_score: float | None
    manual_score: float | None
    extra_credit: float | None
    needs_manual_grade: bool
    comment: str | None

    @property
    def holds_something(self) -> bool:
        """Whether anything would be lost with it."""
        held = (self.auto_score, self.manual_score, self.extra_credit, self.comment)
        return any(one is not None for one in held)


def fit_assignment(
    gradebook: Gradebook, address: str, name: str, sources: Mapping[str, NotebookNode], work: Path
) -> Iterator[str]:
    """Add to an assignment in the gradebook what is new in it, and take out what is gone.

    What students had for cells that are gone is written to a CSV file, and a gradebook that is a
    file is copied first. A cell that has moved to another notebook, or whose notebook has another
    name, takes its scores and comments along.

    Args:
        gradebook: is changed.
        address: the gradebook's, as SQLAlchemy writes it.
        name: the assignment.
        sources: its notebooks as nbgrader reads them, by name.
        work: the folder for the CSV file.

    Yields:
        A sentence on what was done; none where nothing was to do.
    """
    try:
        assignment = gradebook.find_assignment(name)
    except MissingEntry:
        return
    if not assignment.submissions:
        return
    before = {notebook.name: notebook for notebook in assignment.notebooks}
    gone_cells = {
        (notebook.name, cell.name)
        for notebook in before.values()
        for cell in _graded_or_answered(notebook)
        if cell.name not in _names(sources.get(notebook.name))
    }
    new_cells = {
        (notebook, cell)
        for notebook, nb in sources.items()
        for cell in _names(nb)
        if notebook not in before
        or cell not in {one.name for one in _graded_or_answered(before[notebook])}
    }
    if before.keys() == sources.keys() and not gone_cells and not new_cells:
        for notebook, nb in sources.items():
            _fit_sources(gradebook, before[notebook], nb)
        return
    copy = _copied(address) if gone_cells or before.keys() - sources.keys() else None
    removed = [row for notebook in before.values() for row in _rows(gradebook, notebook)]
    removed = [row for row in removed if (row.notebook, row.cell) in gone_cells]
    for gone in before.keys() - sources.keys():
        gradebook.remove_notebook(gone, name)
    for new in sorted(sources.keys() - before.keys()):
        _add_notebook(gradebook, name, new, sources[new])
    moved = {(row.student, row.cell): row for row in removed}
    for notebook in list(gradebook.find_assignment(name).notebooks):
        _fit_cells(gradebook, notebook, sources[notebook.name], moved)
        _fit_sources(gradebook, notebook, sources[notebook.name])
    there = {cell for nb in sources.values() for cell in _names(nb)}
    lost = [row for row in removed if row.cell not in there and row.holds_something]
    added = sorted(cell for _, cell in new_cells - gone_cells)
    yield _sentence(name, added, sorted({row.cell for row in lost}), sources, before)
    if lost:
        file = work / f"removed_from_{name}.csv"
        _append(file, lost)
        kept = f", and the gradebook as it was in {copy}" if copy else ""
        yield f"What students had for it is kept in {file}{kept}."


def _names(nb: NotebookNode | None) -> set[str]:
    """The cells of a notebook that are graded or answered."""
    cells = [] if nb is None else nb.cells
    return {
        cell.metadata.nbgrader.grade_id
        for cell in cells
        if any(is_kind(cell) for _, is_kind in _KINDS.values())
    }


def _graded_or_answered(notebook: Notebook) -> list[BaseCell]:
    return [cell for attribute, _ in _KINDS.values() for cell in getattr(notebook, attribute)]


def _rows(gradebook: Gradebook, notebook: Notebook) -> Iterator[Removed]:
    """What everybody has for each cell of a notebook."""
    for submission in notebook.submissions:
        comments = {one.cell_id: one.manual_comment for one in submission.comments}
        names = {one.cell.name: one.manual_comment for one in submission.comments}
        graded = set()
        for grade in submission.grades:
            graded.add(grade.cell.name)
            yield Removed(
                notebook.name,
                grade.cell.name,
                submission.student.id,
                grade.auto_score,
                grade.manual_score,
                grade.extra_credit,
                grade.needs_manual_grade,
                comments.get(grade.cell_id) or names.get(grade.cell.name),
            )
        for cell, comment in names.items():
            if cell not in graded:
                student = submission.student.id
                yield Removed(notebook.name, cell, student, None, None, None, False, comment)


def _add_notebook(gradebook: Gradebook, assignment: str, name: str, nb: NotebookNode) -> None:
    kernelspec = json.dumps(nb.metadata.get("kernelspec", {}))
    notebook = gradebook.add_notebook(name, assignment, kernelspec=kernelspec)
    for submission in notebook.assignment.submissions:
        gradebook.db.add(SubmittedNotebook(notebook=notebook, assignment=submission))
    gradebook.db.commit()


def _fit_cells(
    gradebook: Gradebook,
    notebook: Notebook,
    nb: NotebookNode,
    moved: Mapping[tuple[str, str], Removed],
) -> None:
    """Make a notebook's cells those of its source, for everybody who has handed it in."""
    db = gradebook.db
    for kind, (attribute, is_kind) in _KINDS.items():
        wanted = {cell.metadata.nbgrader.grade_id: cell for cell in nb.cells if is_kind(cell)}
        there = {cell.name: cell for cell in getattr(notebook, attribute)}
        for name in there.keys() - wanted.keys():
            for grade in list(there[name].grades):
                db.delete(grade)
            for comment in list(there[name].comments):
                db.delete(comment)
            db.flush()
            db.delete(there[name])
        db.commit()
        for name in wanted.keys() - there.keys():
            about: dict[str, Any] = {"name": name, "notebook": notebook}
            if kind is not SolutionCell:
                points = float(wanted[name].metadata.nbgrader.points)
                about |= {"max_score": points, "cell_type": wanted[name].cell_type}
            cell = kind(**about)
            db.add(cell)
            db.flush()
            for submission in notebook.submissions:
                row = moved.get((submission.student.id, name))
                if kind is not SolutionCell:
                    db.add(_grade(cell, submission, row))
                if kind is not GradeCell:
                    comment = row.comment if row else None
                    db.add(Comment(cell_id=cell.id, notebook=submission, manual_comment=comment))
        db.commit()


def _grade(cell: BaseCell, submission: SubmittedNotebook, row: Removed | None) -> Grade:
    grade = Grade(cell_id=cell.id, notebook=submission)
    if row is not None:
        grade.auto_score = row.auto_score
        grade.manual_score = row.manual_score
        grade.extra_credit = row.extra_credit
        grade.needs_manual_grade = row.needs_manual_grade
    return grade


def _fit_sources(gradebook: Gradebook, notebook: Notebook, nb: NotebookNode) -> None:
    """Make the kept copies of released cells those of the source; nobody's work hangs on them."""
    wanted = {
        cell.metadata.nbgrader.grade_id: cell
        for cell in nb.cells
        if any(is_kind(cell) for _, is_kind in _KINDS.values()) or utils.is_locked(cell)
    }
    there = {cell.name: cell for cell in notebook.source_cells}
    for name in there.keys() - wanted.keys():
        gradebook.db.delete(there[name])
    for name in wanted.keys() - there.keys():
        gradebook.db.add(
            SourceCell(name=name, notebook=notebook, cell_type=wanted[name].cell_type, source="")
        )
    gradebook.db.commit()


def _copied(address: str) -> Path | None:
    """A copy beside a gradebook that is a file, as `nbgrader db upgrade` makes one."""
    url = make_url(address)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    file = Path(url.database)
    copy = file.with_name(f"{file.name}.{datetime.now():%Y-%m-%d-%H%M%S.%f}")
    shutil.copy(file, copy)
    return copy


def _append(path: Path, rows: Iterable[Removed]) -> None:
    fields = list(Removed.__dataclass_fields__)
    text = io.StringIO()
    table = csv.DictWriter(text, fields, lineterminator="\n")
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    if not before:
        table.writeheader()
    for row in rows:
        table.writerow({name: getattr(row, name) for name in fields})
    write_atomically(path, (before + text.getvalue()).encode())


def _sentence(
    assignment: str,
    added: Iterable[str],
    removed: Iterable[str],
    sources: Mapping[str, Any],
    before: Mapping[str, Any],
) -> str:
    parts = []
    for what, names in (
        ("the notebooks added", sorted(sources.keys() - before.keys())),
        ("the notebooks taken out", sorted(before.keys() - sources.keys())),
        ("added", sorted(set(map(exercise_of, added)))),
        ("taken out", sorted(set(map(exercise_of, removed)))),
    ):
        if names:
            parts.append(f"{what}: {', '.join(names)}")
    changes = f" ({'; '.join(parts)})" if parts else ""
    return (
        f"{assignment} has changed since it was entered into the gradebook{changes}; the gradebook "
        "follows it, and what a person has given or written for all else is kept."
    )
