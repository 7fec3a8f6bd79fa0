"""Outputs as they were handed in: what is shown of them, and that none earns anything."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.submissions import outputs as kept
from autograder.submissions.outputs import (
    LEFT_OUT,
    LONGEST_TEXT,
    MOST_OF_A_CELL,
    NOT_SHOWN,
    keep_what_fits,
    outputs_as_handed_in,
    without_outputs,
)
from autograder.submissions.read import read_notebook

PICTURE = base64.b64encode(b"\x89PNG" * 30).decode()


def shown(data: dict[str, Any], kind: str = "display_data", **more: Any) -> list[Any]:
    found = outputs_as_handed_in([{"output_type": kind, "data": data, "metadata": {}, **more}])
    valid(found)
    return found


def valid(found: list[Any]) -> None:
    nbformat.validate(new_notebook(cells=[new_code_cell("a", outputs=found, id="a")]))


@pytest.mark.parametrize(
    "data",
    [
        {"text/plain": "3.86"},
        {"image/png": PICTURE, "text/plain": "<Figure>"},
        {"image/jpeg": PICTURE[:40] + "\n" + PICTURE[40:] + "\n"},
        {"image/gif": PICTURE},
        {"text/markdown": "| a |\n|--|\n| 1 |", "text/plain": "<Markdown>"},
        {"text/html": "<table><tr><td>1</td></tr></table>", "text/plain": "1"},
        {"text/latex": "$x$", "text/plain": "x"},
        {"image/svg+xml": "<svg><path d='M0 0'/></svg>"},
    ],
)
def test_tables_and_pictures_stay(data: dict[str, str]) -> None:
    (output,) = shown(data)
    assert output.data == data
    assert output.output_type == "display_data"


def test_no_output_is_one_that_a_score_is_taken_from() -> None:
    (output,) = shown({"text/plain": "25.0"}, "execute_result", execution_count=3)
    assert output.output_type == "display_data"
    assert "execution_count" not in output


@pytest.mark.parametrize(
    "markup",
    [
        "<iframe src='https://example.org'></iframe>",
        "<IFRAME\nsrc=x>",
        "<object data=x>",
        "<embed src=x>",
        "<video controls></video>",
        "<form action=x><input></form>",
        "<link rel=stylesheet href=x>",
        "<meta http-equiv=refresh>",
        "<" + " " * 50_000 + "iframe",
        "x" * (LONGEST_TEXT + 1),
    ],
)
def test_what_acts_is_not_shown(markup: str) -> None:
    (output,) = shown({"text/html": markup, "text/plain": "<IPython.core.display.HTML object>"})
    assert output.data == {"text/plain": NOT_SHOWN}
    (alone,) = shown({"text/html": markup})
    assert alone.data == {"text/plain": NOT_SHOWN}


@pytest.mark.parametrize(
    ("markup", "left"),
    [
        ("<style scoped>th {}</style><table></table>", "<table></table>"),
        ("<table></table><SCRIPT>alert(1)</SCRIPT >b", "<table></table>b"),
        ("a<button onclick=x><svg></svg></button>b", "ab"),
        ("a<script>never ends", "a"),
        ("<script>" * 10_000, ""),
    ],
)
def test_tables_lose_what_is_around_them(markup: str, left: str) -> None:
    (output,) = shown({"text/html": markup})
    assert output.data["text/html"] == left


@pytest.mark.parametrize(
    "data",
    [
        {"application/javascript": "alert(1)"},
        {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}},
        {"application/json": {"a": 1}},
        {"image/png": "no picture!"},
        {"image/png": "data:image/png;base64,AAAA"},
        {"image/svg+xml": "<svg><script>alert(1)</script></svg>"},
        {},
    ],
)
def test_other_kinds_are_not_shown(data: dict[str, Any]) -> None:
    assert shown(data) == []


@pytest.mark.parametrize(
    "outputs",
    [
        None,
        3,
        "text",
        {},
        [None, 1, "a", [], {}],
        [{"output_type": "stream"}],
        [{"output_type": "stream", "text": 3}],
        [{"output_type": "display_data", "data": [1]}],
        [{"output_type": "display_data", "data": {"text/plain": {"a": 1}}}],
        [{"output_type": "error", "ename": "A", "evalue": "b"}],
        [{"output_type": "unheard of", "text": "a"}],
    ],
)
def test_what_is_no_output_is_passed_over(outputs: Any) -> None:
    assert outputs_as_handed_in(outputs) == []


def test_printed_text_is_joined_and_progress_bars_keep_their_last_state() -> None:
    lines = [
        {"output_type": "stream", "name": "stdout", "text": ["a\n", "b\n"]},
        {"output_type": "stream", "name": "stdout", "text": "c\r\n"},
        {"output_type": "stream", "name": "stderr", "text": "\r 0%|  |\r50%|# |\r100%|##| 43 s\n"},
        {"output_type": "stream", "name": "odd", "text": "\ud800"},
    ]
    found = outputs_as_handed_in(lines)
    valid(found)
    assert [(o.name, o.text) for o in found] == [
        ("stdout", "a\nb\nc\n"), ("stderr", "100%|##| 43 s\n"), ("stdout", "?")
    ]  # fmt: skip


def test_errors_stay() -> None:
    error = {"output_type": "error", "ename": "A", "evalue": "b", "traceback": ["c", "d"]}
    found = outputs_as_handed_in([error])
    valid(found)
    assert found == [error]


def test_a_cell_and_a_notebook_show_only_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = {"output_type": "display_data", "data": {"image/png": "A" * (MOST_OF_A_CELL // 2)}}
    found = outputs_as_handed_in([picture] * 5)
    assert len(found) == 3 and found[-1].text == LEFT_OUT
    many = outputs_as_handed_in([{"output_type": "stream", "text": "x" * 1000}] * 5000)
    assert len(many) == 1 and len(many[0].text) < LONGEST_TEXT + 2 * len(LEFT_OUT)
    dots = [{"output_type": "display_data", "data": {"text/plain": "."}}] * 1000
    assert len(outputs_as_handed_in(dots)) == kept.MOST_OUTPUTS + 1
    monkeypatch.setattr(kept, "MOST_TOGETHER", MOST_OF_A_CELL * 3 // 2)
    cells = [new_code_cell("a", outputs=outputs_as_handed_in([picture] * 2)) for _ in range(3)]
    keep_what_fits(cells)
    assert [len(cell.outputs) for cell in cells] == [2, 1, 1]


def test_what_is_kept_stays_as_it_is_when_it_is_read_again() -> None:
    mixed = [
        {"output_type": "stream", "text": "a\r\n" + "x" * 2 * LONGEST_TEXT},
        {"output_type": "display_data", "data": {"text/html": "<iframe>", "image/png": PICTURE},
         "metadata": {"image/png": {"width": 3}}},
        {"output_type": "error", "ename": "A", "evalue": "b", "traceback": ["c\nd"]},
    ]  # fmt: skip
    once = outputs_as_handed_in(mixed)
    valid(once)
    assert outputs_as_handed_in(once)[1:] == once[1:]


def test_a_file_is_read_with_its_outputs(tmp_path: Path) -> None:
    printed = {"output_type": "stream", "name": "stdout", "text": ["3.86 px\n"]}
    cell = {"cell_type": "code", "source": "a", "metadata": {}, "outputs": [printed]}
    cells = [{**cell, "execution_count": count} for count in (7, None, "x", True, -1, 1 << 40)]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}))
    nb = read_notebook(path)
    assert [cell.execution_count for cell in nb.cells] == [7, None, None, None, None, None]
    assert all(cell.outputs[0].text == "3.86 px\n" for cell in nb.cells)
    assert not without_outputs(nb)
    for one in nb.cells:
        one.outputs = []
    assert without_outputs(nb)
