"""Reading and repairing what was handed in takes no more than it may, whatever it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.limited.calls import LimitedCallError, call
from autograder.limited.limits import CallLimits
from autograder.manifest import COURSE_ROOT, load_manifest
from autograder.submissions.preparation import read_and_repair
from autograder.submissions.repair import Repaired

NOTEBOOK = load_manifest().assignment("heatmap_2d").notebook("heatmap_2d")
RELEASED = nbformat.read(
    COURSE_ROOT / "assignments" / "heatmap_2d" / "heatmap_2d.ipynb", as_version=4
)
LIMITS = CallLimits(seconds=20, memory=1 << 30)


def prepare(path: Path, limits: CallLimits = LIMITS) -> Repaired:
    repaired = call(read_and_repair, path, RELEASED, NOTEBOOK, limits=limits)
    assert isinstance(repaired, Repaired), repaired
    return repaired


def handed_in(folder: Path, *cells: dict[str, Any]) -> Path:
    """The released notebook with more cells in front."""
    content = {**RELEASED, "cells": [*cells, *RELEASED.cells]}
    path = folder / "heatmap_2d.ipynb"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}


def text(source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source, "metadata": {}, **more}


def labels(nb: NotebookNode) -> list[str]:
    return [c.metadata.nbgrader.grade_id for c in nb.cells if "nbgrader" in c.metadata]


def test_an_ordinary_notebook_comes_back_as_it_was(tmp_path: Path) -> None:
    repaired = prepare(handed_in(tmp_path, code("a = 1"), text("Ours.")))
    assert (repaired.fixed, repaired.missing) == ((), {})
    assert labels(repaired.nb) == labels(RELEASED)
    assert [cell.source for cell in repaired.nb.cells[:2]] == ["a = 1", "Ours."]


@pytest.mark.parametrize(
    "cells",
    [
        [code("a=1\n" * 40_000)] * 5,
        [code("f(" * 90_000)],
        [code("-" * 190_000 + "1")],
        [code("def " + "\n" * 190_000)],
        [code(f"a = {number}") for number in range(1_800)],
        [text(f"Text {number}.") for number in range(1_800)],
        [text("word " * 1_000_000)],
        [text("One.", attachments={f"{n} ü.png": {"image/png": "iVBO"} for n in range(20_000)})],
    ],
    ids=[
        "five long cells",
        "parentheses",
        "signs",
        "blank lines",
        "many cells of code",
        "many cells of text",
        "a long text",
        "20,000 pictures",
    ],
)
def test_much_is_no_reason_to_fail(tmp_path: Path, cells: list[dict[str, Any]]) -> None:
    repaired = prepare(handed_in(tmp_path, *cells))
    assert labels(repaired.nb) == labels(RELEASED)
    assert len(repaired.nb.cells) == len(RELEASED.cells) + len(cells)


def test_a_cell_that_is_too_long_is_left_out(tmp_path: Path) -> None:
    repaired = prepare(handed_in(tmp_path, code("a=1\n" * 5_000_000)))
    assert labels(repaired.nb) == labels(RELEASED)
    assert len(repaired.nb.cells) == len(RELEASED.cells)
    assert "Cell 1 has 20,000,000 characters of code and was left out" in repaired.fixed[0]


@pytest.mark.parametrize("cell", [code("a = 1"), text("Text.")], ids=["code", "text"])
def test_too_many_cells_are_a_sentence(tmp_path: Path, cell: dict[str, Any]) -> None:
    path = handed_in(tmp_path, *[cell] * 20_000)
    said = call(read_and_repair, path, RELEASED, NOTEBOOK, limits=LIMITS)
    assert isinstance(said, str) and "cells; the limit is 2,000" in said


def test_labels_that_are_lost_among_many_cells_are_found(tmp_path: Path) -> None:
    path = handed_in(tmp_path, *[code(f"def f_{number}(): pass") for number in range(1_800)])
    content = json.loads(path.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    path.write_text(json.dumps(content), encoding="utf-8")
    repaired = prepare(path)
    assert sorted(labels(repaired.nb)) == sorted(labels(RELEASED))


def test_what_takes_too_much_is_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "heatmap_2d.ipynb"
    path.write_text(json.dumps({"cells": [[]] * 5_000_000}), encoding="utf-8")
    with pytest.raises(LimitedCallError, match=r"^it needed more than 0\.125 GB of memory$"):
        prepare(path, CallLimits(memory=128 << 20))


def test_what_is_no_notebook_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "heatmap_2d.ipynb"
    path.write_text("[" * 200_000)
    said = call(read_and_repair, path, RELEASED, NOTEBOOK)
    assert isinstance(said, str) and "brackets are nested far too deeply" in said
