"""Aligning a submission with the notebook that was released.

Front-ends strip metadata, students delete and copy cells. Whatever can be recognised is put back
in order and said so; whatever cannot is said too.
"""

from __future__ import annotations

import ast
import copy
import difflib
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from nbformat import NotebookNode

from autograder.manifest import Notebook
from autograder.submissions.answers import heading_of, heading_place, restore_answers
from autograder.submissions.labels import grade_id_of
from autograder.submissions.read import REMARKS
from autograder.syntax import parse

SIMILAR_ENOUGH = 0.6

_DEFINITION = r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)"

MOST_ATTACHED = 16 << 20
"""Characters of attached pictures that are handed on."""


@dataclass(frozen=True)
class Repaired:
    """A submission that nbgrader can take.

    Args:
        nb: the notebook, with exactly one cell for each ``grade_id`` that it still has.
        fixed: what was put in order, one sentence each.
        missing: by exercise, why there is nothing to grade.
        is_another: whether it has none of the exercises and questions: it is another notebook.
    """

    nb: NotebookNode
    fixed: tuple[str, ...]
    missing: dict[str, str]
    is_another: bool = False


def repair(handed_in: NotebookNode, released: NotebookNode, notebook: Notebook) -> Repaired:
    """Align ``handed_in`` with ``released``.

    Cells are recognised by their ``grade_id``, else by their cell id, else by what they hold: the
    call of ``check``, the function's definition, or a text like the released one.
    """
    nb = copy.deepcopy(handed_in)
    alignment = _Alignment(nb, released)
    alignment.fixed += _remarks(nb)
    nb.nbformat, nb.nbformat_minor = released.nbformat, released.nbformat_minor
    nb.metadata = copy.deepcopy(released.metadata)
    alignment.lighten()
    for cell in released.cells:
        if grade_id_of(cell):
            alignment.find(cell)
    alignment.forget_strangers()
    missing = _missing_solutions(alignment, notebook)
    nothing_found = not any(exercise.id in alignment.found for exercise in notebook.exercises)
    is_another = nothing_found and not _has_question(handed_in, released, notebook)
    for question in notebook.questions:
        alignment.put_back(question.id, after=None)
    alignment.fixed += restore_answers(nb, released, notebook)
    for exercise in notebook.exercises:
        alignment.put_back(exercise.check_id, after=exercise.id)
        alignment.move_behind(exercise.check_id, exercise.id)
    fixed = tuple(alignment.fixed)
    if nothing_found:
        reason = _nothing_recognised(handed_in, notebook)
        fixed = (*_remarks(handed_in), reason)
        missing = dict.fromkeys(missing, reason)
    _give_ids(nb)
    return Repaired(nb, fixed, missing, is_another)


class _Alignment:
    """Which cell of the submission is which cell of the release."""

    def __init__(self, nb: NotebookNode, released: NotebookNode) -> None:
        self.nb = nb
        self.whole = released
        self.released = {grade_id_of(cell): cell for cell in released.cells if grade_id_of(cell)}
        self.found: dict[str, NotebookNode] = {}
        self.fixed: list[str] = []

    def find(self, wanted: NotebookNode) -> None:
        grade_id = grade_id_of(wanted)
        same_id = [cell for cell in self.nb.cells if grade_id_of(cell) == grade_id]
        if same_id:
            cell = self._choose(same_id, wanted)
        else:
            recognised = next(self._look_alikes(wanted), None)
            if recognised is None:
                return
            cell, how = recognised
            self.fixed.append(f"The cell `{grade_id}` had lost its label; {how}.")
        self._retype(cell, wanted)
        self._label(cell, wanted)
        self.found[grade_id] = cell

    def _choose(self, same_id: list[NotebookNode], wanted: NotebookNode) -> NotebookNode:
        """Of several copies the last that was changed, else the last."""
        if len(same_id) == 1:
            return same_id[0]
        changed = [cell for cell in same_id if cell.source.strip() != wanted.source.strip()]
        chosen = (changed or same_id)[-1]
        self.fixed.append(
            f"The cell `{grade_id_of(wanted)}` was there {len(same_id)} times; "
            f"the {'last changed' if changed else 'last'} one counts."
        )
        for cell in same_id:
            if cell is not chosen:
                del cell.metadata["nbgrader"]
        return chosen

    def _look_alikes(self, wanted: NotebookNode) -> Iterator[tuple[NotebookNode, str]]:
        free = [cell for cell in self.nb.cells if grade_id_of(cell) not in self.released]
        alike = [cell for cell in free if cell.cell_type == wanted.cell_type]
        for cell in alike:
            if cell.get("id") == wanted.id:
                yield cell, "it was recognised by its cell id"
        settings = wanted.metadata.nbgrader
        if settings.grade and not settings.solution:
            call = wanted.source.strip()
            calling = (c for c in alike if call in map(str.strip, c.source.splitlines()))
            yield from ((c, "it was recognised by its call") for c in calling)
        elif wanted.cell_type == "code":
            name = grade_id_of(wanted)
            defining = [cell for cell in alike if name in defined_names(cell.source)]
            yield from ((c, f"it was recognised by `{name}`") for c in reversed(defining))
        else:
            best = _most_similar(alike, wanted.source)
            if best is not None:
                yield best, "it was recognised by its text"

    def _retype(self, cell: NotebookNode, wanted: NotebookNode) -> None:
        """Make code of a cell again that became text with one key, and the other way round."""
        if cell.cell_type == wanted.cell_type:
            return
        self.fixed.append(
            f"The cell `{grade_id_of(wanted)}` was a {cell.cell_type} cell; "
            f"it was made a {wanted.cell_type} cell again."
        )
        cell.cell_type = wanted.cell_type
        for name in ("outputs", "execution_count", "attachments"):
            cell.pop(name, None)
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None

    def _label(self, cell: NotebookNode, wanted: NotebookNode) -> None:
        cell.metadata["nbgrader"] = copy.deepcopy(wanted.metadata.nbgrader)
        if wanted.metadata.nbgrader.locked and cell.source != wanted.source:
            cell.source = wanted.source
            name = grade_id_of(wanted)
            self.fixed.append(f"The locked cell `{name}` was changed; it was restored.")

    def forget_strangers(self) -> None:
        """Take nbgrader's labels off cells that belong to no cell of this notebook."""
        for cell in self.nb.cells:
            if grade_id_of(cell) not in self.found or cell is not self.found[grade_id_of(cell)]:
                cell.metadata.pop("nbgrader", None)

    def lighten(self) -> None:
        """Leave out attached pictures where they are too many to be handed on."""
        with_pictures = [cell for cell in self.nb.cells if cell.get("attachments")]
        size = sum(
            len(data)
            for cell in with_pictures
            for bundle in cell.attachments.values()
            for data in bundle.values()
        )
        if size > MOST_ATTACHED:
            for cell in with_pictures:
                del cell["attachments"]
            self.fixed.append(
                f"The attached pictures are {size >> 20} MB and were left out; "
                f"the limit is {MOST_ATTACHED >> 20} MB."
            )

    def move_behind(self, grade_id: str, earlier: str) -> None:
        """Move a check that stands above what it checks to behind it."""
        places = {grade_id_of(cell): place for place, cell in enumerate(self.nb.cells)}
        if places[grade_id] < places.get(earlier, 0):
            cell = self.nb.cells.pop(places[grade_id])
            self.nb.cells.insert(places[earlier], cell)
            self.fixed.append(
                f"The cell `{grade_id}` was above `{earlier}`; it was moved below it."
            )

    def put_back(self, grade_id: str, after: str | None) -> None:
        """Insert a released cell that is gone: behind the cell ``after``, its heading, or last."""
        if grade_id in self.found:
            return
        cell = copy.deepcopy(self.released[grade_id])
        places = [i for i, c in enumerate(self.nb.cells) if after and grade_id_of(c) == after]
        if after is None:
            heading = heading_place(self.nb.cells, heading_of(grade_id, self.whole))
            places = [heading] if heading is not None else []
        self.nb.cells.insert(places[0] + 1 if places else len(self.nb.cells), cell)
        self.found[grade_id] = cell
        self.fixed.append(f"The cell `{grade_id}` was missing; it was restored.")


@lru_cache(maxsize=1 << 15)
def defined_names(source: str) -> frozenset[str]:
    """The functions and classes that a cell defines at its top level."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Magics and half-written code: good enough to find a definition by its first words.
        return frozenset(re.findall(_DEFINITION, source, re.MULTILINE))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    names = {node.name for node in body if isinstance(node, kinds)}
    targets = [t for node in body if isinstance(node, ast.Assign) for t in node.targets]
    return frozenset(names | {target.id for target in targets if isinstance(target, ast.Name)})


def _missing_solutions(alignment: _Alignment, notebook: Notebook) -> dict[str, str]:
    everywhere: list[str] = sorted(
        {n for c in alignment.nb.cells if c.cell_type == "code" for n in defined_names(c.source)}
    )
    missing = {}
    for exercise in notebook.exercises:
        cell = alignment.found.get(exercise.id)
        if cell is None:
            missing[exercise.id] = (
                f"The cell of `{exercise.id}` is not in the notebook, and no other cell defines "
                f"`{exercise.id}`. Copy the cell from the released notebook and fill it in."
            )
        elif exercise.id not in everywhere:
            others = sorted(defined_names(cell.source))
            close = difflib.get_close_matches(exercise.id, [*others, *everywhere], n=1, cutoff=0.0)
            named = others[0] if len(others) == 1 else (close[0] if close else "")
            missing[exercise.id] = (
                f"Its cell defines `{named}`, not `{exercise.id}`. Keep the name that the exercise "
                "gives."
                if others
                else f"Its cell defines no function `{exercise.id}`: the definition was deleted."
            )
    return missing


def _most_similar(cells: list[NotebookNode], text: str) -> NotebookNode | None:
    best, most = None, SIMILAR_ENOUGH
    for cell in cells:
        matcher = difflib.SequenceMatcher(None, cell.source, text)
        # The first two are cheap bounds; the last takes minutes on long texts that are not alike.
        if matcher.real_quick_ratio() >= most and matcher.quick_ratio() >= most:
            ratio = matcher.ratio()
            if ratio >= most:
                best, most = (best, most) if best is not None and ratio == most else (cell, ratio)
    return best


def _remarks(nb: NotebookNode) -> list[str]:
    """What was fixed while the file was read."""
    given = nb.metadata.get(REMARKS) if isinstance(nb.metadata, dict) else None
    return [str(remark) for remark in given] if isinstance(given, list) else []


def _nothing_recognised(handed_in: NotebookNode, notebook: Notebook) -> str:
    if not handed_in.cells:
        return "The notebook is empty: it has no cells."
    return (
        f"This does not look like {notebook.name}.ipynb: none of its exercises are in it. "
        "Was another notebook handed in by mistake?"
    )


def _has_question(handed_in: NotebookNode, released: NotebookNode, notebook: Notebook) -> bool:
    """Whether a question is there by its label, or by the heading above it."""
    labels = {grade_id_of(cell) for cell in handed_in.cells}
    return any(
        question.id in labels
        or heading_place(handed_in.cells, heading_of(question.id, released)) is not None
        for question in notebook.questions
    )


def _give_ids(nb: NotebookNode) -> None:
    """Cell ids that are valid and not given twice."""
    taken: set[str] = set()
    for number, cell in enumerate(nb.cells):
        cell_id = cell.get("id")
        if not isinstance(cell_id, str) or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell_id):
            cell_id = f"cell-{number}"
        while cell_id in taken:
            cell_id = f"{cell_id[:50]}-{number}"
        taken.add(cell_id)
        cell.id = cell_id
