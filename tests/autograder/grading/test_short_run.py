"""Nobody loses a point by the short run: it earns what a full run earns, through the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from autograder.grading.notebook import Attempt, NotebookEvaluator
from autograder.grading.records import NotebookRecord
from autograder.grading.settings import Limits, WhatRuns
from autograder.manifest import load_manifest
from tests.autograder.grading.small import SEED, needs_sandbox
from tests.submissions.make import grade_id, released, solved

pytestmark = [needs_sandbox, pytest.mark.slow]

LAST = "soft_argmax_2d"
MOST = load_manifest().assignment("heatmap_2d").automatic_points

GIVEN = (
    "settings = {}\ntrained = []",
    "def fill(what):\n    what['scale'] = 1.0",
    "SCALE = float('1')",
    "fill(settings)",
    "trained.append(joint_error(torch.zeros(1, 1, 2), torch.zeros(1, 1, 2)))",
)
"""Stand for trainings: none of them costs anything."""


def with_given(nb: NotebookNode) -> NotebookNode:
    """The graded cells of a notebook and its imports, with our given cells before the last."""
    cells = [c for c in nb.cells if grade_id(c) or "\nimport torch\n" in c.source]
    place = next(i for i, c in enumerate(cells) if grade_id(c) == LAST)
    cells[place:place] = [new_code_cell(s, id=f"given-{n}") for n, s in enumerate(GIVEN)]
    return NotebookNode({**nb, "cells": cells})


def handed_in(*added: str, below: tuple[str, ...] = (), **answers: str) -> NotebookNode:
    """A solved notebook; cells are added above the given ones, or below all."""
    nb = with_given(solved(**answers))
    place = next(i for i, c in enumerate(nb.cells) if c.source == GIVEN[0])
    nb.cells[place:place] = [new_code_cell(s, id=f"added-{n}") for n, s in enumerate(added)]
    nb.cells += [new_code_cell(s, id=f"below-{n}") for n, s in enumerate(below)]
    return nb


def evaluator(folder: Path, what_runs: WhatRuns = "needed") -> NotebookEvaluator:
    manifest = load_manifest()
    assignment = manifest.assignment("heatmap_2d")
    notebook = assignment.notebook("heatmap_2d")
    made = NotebookEvaluator(
        manifest, assignment, notebook, SEED, Limits(), folder, "bubblewrap", what_runs
    )
    made.__dict__["_released"] = with_given(released())
    return made


def grade(
    nb: NotebookNode, folder: Path, what_runs: WhatRuns = "needed"
) -> tuple[NotebookRecord, NotebookNode, Attempt]:
    grader = evaluator(folder, what_runs)
    prepared = grader.prepare_notebook(nb)
    attempt = grader.attempt(prepared)
    graded = grader.scored(prepared, attempt)
    return graded.record, nbformat.reads(graded.nb, as_version=4), attempt


def points(record: NotebookRecord) -> float:
    return sum(exercise.score for exercise in record.exercises)


SOFT = """
{first}
p = (beta * logits).flatten(2).softmax(-1).reshape(logits.shape)
x = (p.sum(2) * torch.arange(p.shape[3], dtype=p.dtype, device=p.device)).sum(-1)
y = (p.sum(3) * torch.arange(p.shape[2], dtype=p.dtype, device=p.device)).sum(-1)
return torch.stack([x, y], dim=-1){last}
"""
REMEMBERS = """
global CALLED
CALLED = True
distances = torch.linalg.vector_norm(predicted - target, dim=-1)
if visible is None:
    return distances.mean()
return distances.masked_fill(~visible.bool(), 0).sum() / visible.sum().clamp(min=1)
"""


@dataclass(frozen=True)
class Kind:
    """What a student wrote, and whether the submission has to be run whole for it."""

    whole: bool
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    joint_error: str = ""
    first: str = ""
    last: str = ""
    full_marks: bool = True

    def notebook(self) -> NotebookNode:
        answers = {"joint_error": self.joint_error} if self.joint_error else {}
        if self.first or self.last:
            answers[LAST] = SOFT.format(first=self.first, last=self.last)
        return handed_in(*self.above, below=self.below, **answers)


KINDS = {
    "untouched by the rest": Kind(False),
    "a name that is read": Kind(False, last=" * SCALE"),
    "a name that code builds": Kind(True, last=" * globals()['SC' + 'ALE']"),
    "filled by a given cell": Kind(True, last=" * settings.get('scale', 2)"),
    "state in globals": Kind(
        True,
        above=("CALLED = False",),
        joint_error=REMEMBERS,
        first="assert CALLED, 'after the training'",
    ),
    "redefined later": Kind(
        False, above=("def fill(what):\n    what['scale'] = 3.0",), below=("joint_error = None",)
    ),
    "a given cell patched": Kind(
        True, above=("settings = {'scale': 1.0}",), last=" * settings['scale']"
    ),
    "a cell that misses a name": Kind(True, below=("print(eval('SCALE'))",)),
    "wrong, and nothing could help": Kind(
        False, joint_error="return predicted.sum()", full_marks=False
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_the_short_run_earns_what_a_full_run_earns(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    nb = kind.notebook()
    short, shown, attempt = grade(nb, tmp_path)
    full, _, everything = grade(nb, tmp_path, "all")
    assert [(e.id, e.score) for e in short.exercises] == [(e.id, e.score) for e in full.exercises]
    assert (points(full) == MOST) is kind.full_marks
    assert (attempt.executed == everything.executed) is kind.whole
    assert f"The grader ran {len(attempt.executed)} of" in shown.cells[0].source


SPY = """
import builtins
builtins.seen = (predicted, target)
print(predicted)
return (predicted - target).norm(dim=-1).mean()
"""


def test_what_a_submission_prints_of_the_graders_inputs_reaches_nobody(tmp_path: Path) -> None:
    words = "print(seen, 'spied')\nraise ValueError(f'spied {seen}')"
    nb = handed_in(below=("import builtins\n" + words.replace("seen", "builtins.seen"),),
                   joint_error=SPY)  # fmt: skip
    nb.cells[-1].outputs = [new_output("stream", text="my own output\n")]
    record, shown, _ = grade(nb, tmp_path)
    last = shown.cells[-1].outputs
    assert [output.get("text", "") for output in last[1:]] == [
        "my own output\n",
        "When the grader ran this cell, it stopped with ValueError in line 3, "
        "`raise ValueError(f'spied {builtins.seen}')`.\n",
    ]
    outputs = str([cell.get("outputs") for cell in shown.cells if not grade_id(cell)])
    assert "tensor(" not in outputs and "tensor(" not in " ".join(record.notes)


def test_a_notebook_without_outputs_is_filled_in_where_all_is_run(tmp_path: Path) -> None:
    nb = handed_in("print('seen so far', 'builtins' in dir())")
    _, shown, attempt = grade(nb, tmp_path, "all")
    assert attempt.filled is not None
    texts = [o.get("text", "") for cell in shown.cells for o in cell.get("outputs", ())]
    assert "seen so far False\n" in texts
    assert "are the grader's" in shown.cells[0].source


def test_a_kept_grade_is_that_of_these_outputs_and_of_this_plan(tmp_path: Path) -> None:
    def key(nb: NotebookNode, what_runs: WhatRuns = "needed", tag: str = "") -> str:
        grader = evaluator(tmp_path, what_runs)
        if tag:
            given = grader.released()
            next(c for c in given.cells if c.source == GIVEN[-1]).metadata["tags"] = [tag]
            grader.__dict__["_released"] = given
        return grader.prepare_notebook(nb).key

    nb = handed_in()
    other = handed_in()
    other.cells[0].outputs = [new_output("stream", text="3.86 px")]
    keys = [key(nb), key(nb, "all"), key(other), key(nb, tag="run")]
    assert len(set(keys)) == len(keys)
    assert key(handed_in()) == keys[0]
