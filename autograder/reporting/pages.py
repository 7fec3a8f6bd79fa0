"""A student's feedback page: points and diagnoses first, the notebook folded away below.

What a page takes depends on what the student wrote, so :func:`make_page` is called with limits. It
imports nothing of the grading: where it runs, there is no need of torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup
from nbformat import NotebookNode, v4
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.reporting.notebook_view import NotebookView, harmless, view
from autograder.reporting.page_parts import PageContent
from autograder.reporting.templating import render
from autograder.submissions.markup import set_markdown

MARK = b"<!-- points without the notebook -->"
"""By this a plain page is known; it stands near its beginning."""


def make_page(content: PageContent, source: Path, exercises: Mapping[str, str]) -> str:
    """Make a page with the notebook.

    Args:
        content: what it says beside the notebook.
        source: the autograded notebook.
        exercises: by the name of the cell that checks it, the exercise.

    Returns:
        The page, as HTML.
    """
    # By the reader of this one version, which does not validate each of the pictures.
    return page_of(content, v4.reads(source.read_text(encoding="utf-8")), exercises)


def page_of(content: PageContent, nb: NotebookNode, exercises: Mapping[str, str]) -> str:
    """The same of a notebook that has been read."""
    return _page(content, view(nb, exercises))


def plain_page(content: PageContent) -> str:
    """The same page without the notebook, for whom that cannot be shown.

    Args:
        content: what it says.

    Returns:
        The page, as HTML.
    """
    return _page(content, None)


def prepare() -> None:
    """Do now what all pages need: import, read the templates."""
    nb = new_notebook(cells=[new_markdown_cell("A page."), new_code_cell("page = 1")])
    content = PageContent("", "", "", (), (), ())
    render("cells.html.j2", notebook=view(nb, {}), page=content, titles={})


def _page(content: PageContent, notebook: NotebookView | None) -> str:
    schemes = {
        task.id: harmless(set_markdown(task.scheme, {}), deeper=3)
        for task in content.questions
        if task.scheme
    }
    return render(
        "feedback.html.j2",
        page=content,
        notebook=notebook,
        schemes=schemes,
        titles={task.id: task.title for task in content.exercises},
        mark=Markup("" if notebook else MARK.decode()),
    )
