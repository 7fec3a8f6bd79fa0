"""A graded notebook as people see it: outputs as handed in, and where the grading run stopped.

Nothing that the grading run printed or drew is shown: it has seen the grader's inputs.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from autograder.grading.plan import code_cells, is_check
from autograder.grading.stops import STOPPED, describe_error
from autograder.submissions.labels import for_instructors, grade_id_of, is_question
from autograder.submissions.outputs import displayed, printed, without_outputs

AS_HANDED_IN = "As handed in:"
OF_GRADING = "From the grading run, with the profile {profile}:"

MARKING_SCHEME = "Marking scheme, for whoever marks:"
"""The heading of a scheme in the formgrader."""

MOST_TABLES = 4
"""Tables that are shown again beside a question."""

LONGEST_TABLE = 5000
"""Characters of a table that is shown again."""


def blank(nb: NotebookNode) -> NotebookNode:
    """A copy of a notebook without outputs, to be run."""
    nb = NotebookNode({**nb, "cells": [copy.copy(cell) for cell in nb.cells]})
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return copy.deepcopy(nb)


def errors_in(nb: NotebookNode) -> dict[int, NotebookNode]:
    """By cell of an executed notebook, the error with which it stopped."""
    return {
        index: output
        for index in code_cells(nb)
        for output in nb.cells[index].outputs
        if output.output_type == "error"
    }


def present(
    handed_in: NotebookNode,
    stopped: Mapping[int, NotebookNode],
    filled: NotebookNode | None = None,
    profile: str = "",
) -> NotebookNode:
    """The notebook that is shown; its check cells wait for their verdicts.

    Args:
        handed_in: the submission, with its own outputs.
        stopped: by cell, the error with which the grading run stopped there.
        filled: the same notebook, run without the grader's inputs, for one that came without
            outputs.
        profile: that it was run with.

    Returns:
        A new notebook.
    """
    nb = copy.deepcopy(handed_in)
    source = handed_in if filled is None else filled
    heading = AS_HANDED_IN if filled is None else OF_GRADING.format(profile=profile)
    for index in code_cells(nb):
        cell = nb.cells[index]
        cell.outputs = []
        if is_check(cell):
            continue
        outputs = source.cells[index].outputs
        if outputs:
            cell.outputs = [_headline(heading), *map(_earning_nothing, copy.deepcopy(outputs))]
        if index in stopped:
            what = describe_error(handed_in.cells[index], stopped[index], handed_in)
            text = (
                "The grader stopped this cell; the remarks at the top say why.\n"
                if what.startswith(STOPPED)
                else f"When the grader ran this cell, it stopped with {what}.\n"
            )
            cell.outputs.append(printed(text, "stderr"))
    return nb


def status_line(nb: NotebookNode, executed: Collection[int], profile: str, filled: bool) -> str:
    """What of a submission ran, with which profile, and what is shown.

    Args:
        nb: the submission, with its own outputs.
        executed: the code cells that ran.
        profile: that they ran with.
        filled: whether the outputs that are shown are of another run.

    Returns:
        A sentence or two.
    """
    code = code_cells(nb)
    ran = f"The grader ran {len(executed)} of {len(code)} code cells, with the profile `{profile}`."
    if filled:
        return f"{ran} The notebook came without outputs; those that are shown are the grader's."
    if without_outputs(nb):
        return f"{ran} The notebook came without outputs, so there are none to show."
    return f"{ran} Outputs are shown as they were handed in."


def add_evidence(nb: NotebookNode, handed_in: NotebookNode, filled: bool) -> None:
    """Put the tables above beside each question that a person grades, and what to know of them.

    Args:
        nb: the notebook that is shown; changed in place.
        handed_in: the submission, cell by cell the same, with its own outputs.
        filled: whether the outputs that are shown are of another run.
    """
    remarks = [] if filled else remarks_on_order(handed_in)
    whence = "made by the grader" if filled else "as handed in"
    for index in reversed(range(len(nb.cells))):
        if not is_question(nb.cells[index]):
            continue
        tables = list(_tables(nb, index))[-MOST_TABLES:]
        parts = [f"**Beside this question.** Tables {whence}:"] if tables else []
        parts += [f"*Cell {number + 1}:*\n\n{table}" for number, table in tables]
        parts += remarks
        if parts:
            cell = new_markdown_cell("\n\n".join(parts))
            cell.id = f"evidence-{index}"
            nb.cells.insert(index, cell)


def add_marking_schemes(nb: NotebookNode, schemes: Mapping[str, str]) -> None:
    """Put its marking scheme beside each question, for who marks it in the formgrader.

    Args:
        nb: the notebook that is shown; changed in place.
        schemes: by question.
    """
    for index in reversed(range(len(nb.cells))):
        cell = nb.cells[index]
        name = grade_id_of(cell)
        if is_question(cell) and name in schemes:
            text = f"**{MARKING_SCHEME}**\n\n{schemes[name]}"
            nb.cells.insert(index, for_instructors(text, f"scheme-{index}"))


def remarks_on_order(nb: NotebookNode) -> list[str]:
    """What to know of a notebook's outputs: some are missing, or cells ran in another order.

    Args:
        nb: the submission, with its own outputs and the numbers of its cells.

    Returns:
        Neutral sentences; none where all cells ran from top to bottom.
    """
    code = [i for i in code_cells(nb) if nb.cells[i].source.strip()]
    if without_outputs(nb):
        return ["The notebook came without outputs."]
    counts = {i: nb.cells[i].execution_count for i in code if nb.cells[i].execution_count}
    remarks = []
    if not counts:
        return ["The numbers of the cells are missing, so their order is not known."]
    not_run = [i for i in code if i not in counts and not nb.cells[i].outputs]
    if not_run:
        remarks.append(f"Not run when the notebook was saved: {_named(not_run)}.")
    numbers = list(counts.items())
    earlier = [index for (_, before), (index, count) in pairwise(numbers) if count < before]
    if earlier:
        remarks.append(
            f"Cells were not run from top to bottom; {_named(earlier)} ran before the code cell "
            "above."
        )
    return remarks


def _named(cells: Sequence[int]) -> str:
    shown = [str(index + 1) for index in cells[:10]]
    more = f" and {len(cells) - 10} more" if len(cells) > 10 else ""
    return f"{'cell' if len(cells) == 1 else 'cells'} {', '.join(shown)}{more}"


def _tables(nb: NotebookNode, before: int) -> list[tuple[int, str]]:
    """The tables in the outputs above a cell, each with its cell, as Markdown."""
    found = []
    for index in code_cells(nb):
        if index >= before or is_check(nb.cells[index]):
            continue
        for output in nb.cells[index].outputs:
            data = output.get("data", {})
            for mime, mark in (("text/markdown", "|--"), ("text/html", "<table")):
                text = data.get(mime, "")
                if mark in text.replace(" ", "") and len(text) <= LONGEST_TABLE:
                    found.append((index, text.strip()))
                    break
    return found


def _headline(text: str) -> NotebookNode:
    return displayed({"text/html": f"<small><i>{text}</i></small>", "text/plain": text})


def _earning_nothing(output: NotebookNode) -> NotebookNode:
    """An output that nbgrader takes no score from."""
    if output.output_type != "execute_result":
        return output
    return displayed(output.data, output.metadata)
