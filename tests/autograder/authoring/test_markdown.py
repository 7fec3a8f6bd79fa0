"""A line that tears a paragraph is found, and no list or formula is taken for one."""

from __future__ import annotations

import jupytext
import pytest

from autograder.authoring.markdown import torn_line
from autograder.manifest import load_manifest

MANIFEST = load_manifest()


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("its brightest becomes\n1. Then go on", "1. Then go on", "a list"),
        ("published in ICCV\n2017. Another paper", "2017. Another paper", "a list"),
        ("the second\n2) of them", "2) of them", "a list"),
        ("what is left of x\n- y", "- y", "a list"),
        ("x\n+ y", "+ y", "a list"),
        ("x\n* y", "* y", "a list"),
        ("a sentence on\n   1. something", "1. something", "a list"),
        ("* an item whose number is\n  1. It goes on", "1. It goes on", "a list"),
        ("* an item\n1. It goes on", "1. It goes on", "a list"),
        ("1. one\n3. It goes on", "3. It goes on", "a list"),
        ("1. one\n1. It goes on", "1. It goes on", "a list"),
        ("* an item of\n  x\n  - y", "- y", "a list"),
        ("* an item\n\nThe sum of x\n* y", "* y", "a list"),
        ("number\n# 3 of them", "# 3 of them", "a heading"),
        ("a title\n===", "===", "a heading"),
        ("a rule\n---", "---", "a heading"),
        ("a number\n> 3", "> 3", "a quotation"),
        ("```\ncode\n```\ntext and\n1. More", "1. More", "a list"),
        ("$$x$$\ntext and\n1. More", "1. More", "a list"),
    ],
)
def test_a_torn_paragraph_is_found(text: str, line: str, what: str) -> None:
    assert torn_line(text) == (line, what)


@pytest.mark.parametrize(
    "text",
    [
        "A paragraph:\n\n1. one\n2. two, which goes\n   on\n3. three",
        "A paragraph:\n\n* one\n* two, which goes\n  on\n\n* three\n\nAnother one.",
        "A paragraph:\n\n- one\n\n  its second paragraph\n- two",
        "## A heading\n* one\n* two",
        "in the year\n2022).",
        "the loss falls to\n0.37. Then",
        "a number\n-1 and\n*another* one, **bold**\n#hash",
        "```\nx\n- y\n# z\n```",
        "A formula\n$$\nx\n- y\n$$\nand text.",
        "| a | b |\n|---|---|\n| 1. | - |",
        "<details><summary>Hint 1</summary>\n\n* one\n* two\n\n</details>",
        "",
    ],
)
def test_lists_formulas_and_code_are_left_alone(text: str) -> None:
    assert torn_line(text) is None


@pytest.mark.parametrize(
    "source", [MANIFEST.source(a, n) for a, n in MANIFEST.notebooks()], ids=lambda path: path.name
)
def test_no_notebook_has_a_torn_paragraph(source) -> None:  # type: ignore[no-untyped-def]
    cells = jupytext.read(source, fmt="py:percent").cells
    text = [cell.source for cell in cells if cell.cell_type == "markdown"]
    assert [torn_line(cell) for cell in text if torn_line(cell)] == []
