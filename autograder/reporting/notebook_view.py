"""A graded notebook as its author's page shows it: answers, pictures, cells, all made harmless.

What this takes depends on what the student wrote, so it is called with limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape
from nbformat import NotebookNode

from autograder.submissions.labels import about, grade_id_of, is_for_instructors, is_question
from autograder.submissions.markup import ansi2html, clean_html, highlight_code, set_markdown

_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_HEADING = re.compile(r"<(/?)h([1-6])\b")
_NO_WORDS = re.compile(r"<img(?![^>]*\balt=)")
_TABLE = re.compile(r"<table\b")
_ANCHOR = re.compile(r'<a class="anchor-link"[^>]*>[^<]*</a>')


@dataclass(frozen=True)
class Picture:
    """A picture in an output.

    Args:
        address: its bytes, as a ``data:`` address.
        words: what it shows; empty where nobody said.
    """

    address: str
    words: str


@dataclass(frozen=True)
class Cell:
    """One cell.

    Args:
        number: from 1, as remarks count.
        input: its source.
        outputs: below it.
        judges: the exercise that it checks; its verdict stands elsewhere on the page.
        is_code: whether it is code.
    """

    number: int
    input: Markup
    outputs: tuple[Markup | Picture, ...] = ()
    judges: str = ""
    is_code: bool = False


@dataclass(frozen=True)
class NotebookView:
    """What a page shows of a notebook.

    Args:
        about: what ran, in a sentence.
        cells: all that are the student's, or were given.
        answers: by question.
        pictures: by exercise, the target beside what came back.
    """

    about: str
    cells: tuple[Cell, ...]
    answers: Mapping[str, Markup] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)


def view(nb: NotebookNode, exercises: Mapping[str, str]) -> NotebookView:
    """Lay out a graded notebook.

    Args:
        nb: the autograded notebook.
        exercises: by the name of the cell that checks it, the exercise.

    Returns:
        What is shown.
    """
    own = [cell for cell in nb.cells if not is_for_instructors(cell)]
    checks = {exercises[name]: cell for cell in own if (name := grade_id_of(cell)) in exercises}
    found = {exercise: list(_pictures(cell)) for exercise, cell in checks.items()}
    return NotebookView(
        about=" ".join(filter(None, map(about, nb.cells))),
        cells=tuple(
            _cell(number, cell, exercises.get(grade_id_of(cell), ""))
            for number, cell in enumerate(own, start=1)
        ),
        answers={grade_id_of(cell): text_of(cell, deeper=3) for cell in own if is_question(cell)},
        pictures={exercise: pictures[0] for exercise, pictures in found.items() if pictures},
    )


def text_of(cell: NotebookNode, deeper: int) -> Markup:
    """The source of a cell that is no code; its headings stand so many levels deeper."""
    if cell.cell_type == "code":
        return Markup(highlight_code(cell.source))
    if cell.cell_type == "raw":
        return escape_block(cell.source)
    return harmless(set_markdown(cell.source, cell.get("attachments", {})), deeper)


def harmless(html: str, deeper: int) -> Markup:
    """Cleaned HTML that fits into a page.

    Headings stand below the page's own, no picture is without words, and a wide table scrolls by
    itself: whatever is opened in cleaned HTML is closed there.

    Args:
        html: cleaned by :mod:`autograder.submissions.markup`.
        deeper: levels to move its headings down.

    Returns:
        The same, to be put into a page as it is.
    """

    def moved(tag: re.Match[str]) -> str:
        return f"<{tag[1]}h{min(int(tag[2]) + deeper, 6)}"

    html = _NO_WORDS.sub('<img alt=""', _HEADING.sub(moved, _ANCHOR.sub("", html)))
    html = _TABLE.sub(r'<div class="wide" tabindex="0">\g<0>', html)
    return Markup(html.replace("</table>", "</table></div>"))


def escape_block(text: str) -> Markup:
    """Text as it is."""
    return Markup("<pre>{}</pre>").format(escape(text))


def _cell(number: int, cell: NotebookNode, judges: str) -> Cell:
    is_code = cell.cell_type == "code"
    outputs = () if judges or not is_code else tuple(map(_output, cell.outputs))
    return Cell(number, text_of(cell, deeper=2), outputs, judges, is_code)


def _output(output: NotebookNode) -> Markup | Picture:
    kind = output.output_type
    if kind == "stream":
        return Markup(f"<pre>{ansi2html(output.text)}</pre>")
    if kind == "error":
        return Markup("<pre>{}</pre>").format(Markup(ansi2html("\n".join(output.traceback))))
    data, words = output.get("data", {}), output.get("metadata", {})
    if "text/html" in data:
        return Markup('<div class="wide" tabindex="0">{}</div>').format(
            harmless(clean_html(data["text/html"]), deeper=2)
        )
    if "text/markdown" in data:
        return harmless(set_markdown(data["text/markdown"], {}), deeper=2)
    for picture in _pictures_in(data, words):
        return picture
    if "text/latex" in data:
        return escape_block(data["text/latex"])
    return Markup("<pre>{}</pre>").format(Markup(ansi2html(data.get("text/plain", ""))))


def _pictures(cell: NotebookNode) -> Iterator[Picture]:
    for output in cell.get("outputs", []):
        yield from _pictures_in(output.get("data", {}), output.get("metadata", {}))


def _pictures_in(data: Mapping[str, Any], metadata: Mapping[str, Any]) -> Iterator[Picture]:
    for kind in _PICTURES:
        if kind in data:
            content = "".join(str(data[kind]).split())
            words = metadata.get(kind, {})
            told = words.get("alt", "") if isinstance(words, Mapping) else ""
            yield Picture(f"data:{kind};base64,{content}", str(told))
