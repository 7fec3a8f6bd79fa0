"""Written answers that do not stand where they should: looked for, and shown to whoever marks them.

nbgrader gives 0 without asking anybody where the cell of a question is as it was released. So an
answer that was written elsewhere is copied into that cell: below the question's heading, in a cell
of its own, in a code cell, or further down.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode

from autograder.manifest import Notebook
from autograder.submissions.labels import grade_id_of
from autograder.submissions.novelty import lines_of, new_lines
from autograder.syntax import parse

FEWEST_WORDS = 4
"""Words of a text that is taken for an answer although it does not stand near the question."""

_FOUND = "*The cell of this question is unchanged. This was found {where}:*"


@dataclass
class _Found:
    """What may be an answer."""

    texts: list[str] = field(default_factory=list)
    attachments: dict[str, Any] = field(default_factory=dict)

    def add(self, cell: NotebookNode, lines: list[str] | None = None) -> None:
        """Take a cell, or some of its lines."""
        text = cell.source.strip() if lines is None else "\n".join(lines)
        if cell.cell_type == "code":
            fence = "`" * (3 + max((len(run) for run in re.findall("`{3,}", text)), default=0))
            text = f"{fence}python\n{text}\n{fence}"
        self.texts.append(text)
        for name, picture in cell.get("attachments", {}).items():
            self.attachments.setdefault(name, picture)


def restore_answers(nb: NotebookNode, released: NotebookNode, notebook: Notebook) -> list[str]:
    """Copy answers that stand elsewhere into the cells of their questions.

    Args:
        nb: a submission, with exactly one cell for each question; changed in place.
        released: the notebook that students were given.
        notebook: its questions.

    Returns:
        What was done, one sentence for each question.
    """
    page = _Page(nb, released)
    done = []
    near = {question.id: page.near(question.id) for question in notebook.questions}
    for question in notebook.questions:
        cell, stub = page.cell(question.id), page.released_cell(question.id)
        source = cell.source.strip()
        if source and source != stub.source.strip():
            continue
        found, where = near[question.id], "near it"
        if cell.get("attachments"):
            found.texts += [f"![]({'attachment:' + name})" for name in cell.attachments]
            found.attachments |= cell.attachments
        if not found.texts:
            found, where = page.far_from(question.id, list(near)), "elsewhere in the notebook"
        if found.texts:
            cell.source = "\n\n".join([_FOUND.format(where=where), *found.texts])
            if found.attachments:
                cell.attachments = NotebookNode(found.attachments)
            done.append(
                f"The cell of the question `{question.id}` is unchanged; new text was found "
                f"{where} and is shown there, to be marked as the answer."
            )
        elif source:
            cell.source = stub.source
    return done


class _Page:
    """A submission, with what of it is new and where its headings are."""

    def __init__(self, nb: NotebookNode, released: NotebookNode) -> None:
        self.cells = list(nb.cells)
        self.released = released
        self.given = lines_of(released.cells)
        self.headings = {
            _without_points(line)
            for cell in released.cells
            if cell.cell_type == "markdown"
            for line in _heading_lines(cell)
        }

    def cell(self, question: str) -> NotebookNode:
        """A question's cell."""
        return next(cell for cell in self.cells if grade_id_of(cell) == question)

    def released_cell(self, question: str) -> NotebookNode:
        """A question's cell as it was released."""
        return next(cell for cell in self.released.cells if grade_id_of(cell) == question)

    def near(self, question: str) -> _Found:
        """What is new from a question's heading to the next heading, or else around its cell."""
        found = _Found()
        heading = self._heading_of(question)
        for start, cell in enumerate(self.cells):
            lines = cell.source.splitlines() if cell.cell_type == "markdown" else []
            for number, line in enumerate(lines):
                if heading is not None and _without_points(line) == heading:
                    self._read_on(start, number + 1, question, found)
                    return found
        place = self.cells.index(self.cell(question))
        before = place
        while before and not grade_id_of(self.cells[before - 1]):
            before -= 1
        for cell in self.cells[before:place]:
            if cell.cell_type != "code" and self._is_new(cell):
                found.add(cell)
        self._read_on(place, len(self.cells[place].source.splitlines()), question, found)
        return found

    def far_from(self, question: str, questions: list[str]) -> _Found:
        """New text below a question, or below the last exercise, that is near no other question."""
        found = _Found()
        others = [self._span(other) for other in questions if other != question]
        labelled = [
            place
            for place, cell in enumerate(self.cells)
            if grade_id_of(cell) and grade_id_of(cell) not in questions
        ]
        heading, last = self._heading_place(question), max(labelled, default=-1)
        start = max(heading if heading is not None else -1, last) + 1
        for place in range(start, len(self.cells)):
            cell = self.cells[place]
            if grade_id_of(cell) or any(place in span for span in others):
                continue
            if self._is_new(cell) and _is_prose(cell):
                found.add(cell)
        return found

    def _read_on(self, start: int, first_line: int, question: str, found: _Found) -> None:
        """Collect what is new from a line of a cell to the next released heading or label."""
        for place in range(start, len(self.cells)):
            cell = self.cells[place]
            label = grade_id_of(cell)
            if label and label != question:
                return
            lines = cell.source.splitlines()
            begin = first_line if place == start else 0
            end = self._next_heading(cell, begin)
            if begin or end < len(lines):
                new = set(new_lines(cell, self.given))
                kept = [line for line in lines[begin:end] if line.rstrip() in new]
                if kept:
                    found.add(cell, kept)
            elif label != question and self._is_new(cell):
                found.add(cell)
            if end < len(lines):
                return

    def _next_heading(self, cell: NotebookNode, begin: int) -> int:
        lines = cell.source.splitlines()
        if cell.cell_type == "markdown":
            for number in range(begin, len(lines)):
                if _without_points(lines[number]) in self.headings:
                    return number
        return len(lines)

    def _span(self, question: str) -> range:
        """Where a question's heading is, and what follows up to the next heading or label."""
        start = self._heading_place(question)
        if start is None:
            return range(0)
        for place in range(start + 1, len(self.cells)):
            cell = self.cells[place]
            label = grade_id_of(cell)
            ends = self._next_heading(cell, 0) < len(cell.source.splitlines())
            if ends or (label and label != question):
                return range(start, place)
        return range(start, len(self.cells))

    def _heading_place(self, question: str) -> int | None:
        return heading_place(self.cells, self._heading_of(question))

    def _heading_of(self, question: str) -> str | None:
        return heading_of(question, self.released)

    def _is_new(self, cell: NotebookNode) -> bool:
        return bool(new_lines(cell, self.given))


def heading_of(question: str, released: NotebookNode) -> str | None:
    """The heading above a question in the released notebook, without its points and minutes."""
    heading = None
    for cell in released.cells:
        if grade_id_of(cell) == question:
            break
        if cell.cell_type == "markdown":
            for line in _heading_lines(cell):
                heading = _without_points(line)
    return heading


def heading_place(cells: list[NotebookNode], heading: str | None) -> int | None:
    """Which cell holds a heading, if any does."""
    if heading is None:
        return None
    for place, cell in enumerate(cells):
        if cell.cell_type == "markdown" and heading in map(_without_points, _heading_lines(cell)):
            return place
    return None


def _heading_lines(cell: NotebookNode) -> Iterator[str]:
    return (line for line in cell.source.splitlines() if line.startswith("#"))


def _without_points(line: str) -> str:
    return re.sub(r" *\([^()]*\)$", "", line.rstrip())


def _is_prose(cell: NotebookNode) -> bool:
    """Whether a cell is text of more than a few words, or nothing but comments and quoted text."""
    if len(cell.source.split()) < FEWEST_WORDS and "![" not in cell.source:
        return False
    if cell.cell_type != "code":
        return True
    try:
        body = parse(cell.source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return len(cell.source.split()) > 3 * FEWEST_WORDS
    return all(isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant) for n in body)
