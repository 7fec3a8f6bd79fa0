"""A student's feedback page, made by nbgrader's exporter from the autograded notebook.

What it takes depends on what the student wrote, so this is called with limits. It imports nothing
of the grading: where it runs, there is no need of torch.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbconvert.exporters import Exporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.reporting.feedback_scores import CourseFeedback
from autograder.reporting.nbgrader_tools import listening_logger, programs_on_path

_ENTRY = re.compile(r'(<a href="#(?:check_)?(\w+)">)(?:Test cell|Written response)</a>')

# Figures are wider than nbgrader's page, and the cells of its tables touch.
_STYLE = """\
<style>
#notebook img { max-width: 100%; height: auto; }
#notebook table td, #notebook table th { padding: .1em .8em; }
</style>
"""


@dataclass(frozen=True)
class Page:
    """What a page is made of.

    Args:
        student: the student.
        assignment, notebook: their ids.
        source: the autograded notebook.
    """

    student: str
    assignment: str
    notebook: str
    source: Path


def make_page(page: Page, config: Config) -> str:
    """Make a page.

    Args:
        page: what of.
        config: nbgrader's configuration, the gradebook's address included.

    Returns:
        The page, as HTML.
    """
    resources = {
        "unique_key": page.notebook,
        "output_files_dir": f"{page.notebook}_files",
        "nbgrader": {
            "student": page.student,
            "assignment": page.assignment,
            "notebook": page.notebook,
            "db_url": config.CourseDirectory.db_url,
        },
    }
    with programs_on_path():
        made, told = _exporter(config).from_filename(str(page.source), resources=resources)
    styled = str(made).replace("</head>", f"{_STYLE}</head>", 1)
    return with_remarks(with_names(styled), told["nbgrader"]["lateness"])


def with_names(page: str) -> str:
    """A page whose list of points names exercises and questions, which nbgrader numbers."""
    before, start, rest = page.partition('<div id="toc">')
    points, end, after = rest.partition("</div>")
    return "".join((before, start, _ENTRY.sub(r"\1<code>\2</code></a>", points), end, after))


def with_remarks(page: str, remarks: Sequence[str]) -> str:
    """A page with sentences below its list of points."""
    before, start, rest = page.partition('<div id="toc">')
    points, end, after = rest.partition("</div>")
    said = "".join(f"<p>{html.escape(remark)}</p>" for remark in remarks)
    return "".join((before, start, points, said, end, after))


def prepare(config: Config) -> None:
    """Do now what all pages need: import, read the templates.

    Args:
        config: nbgrader's configuration.
    """
    _exporter(config)


_exporters: dict[str, Exporter] = {}


def _exporter(config: Config) -> Exporter:
    """The exporter that ``nbgrader generate_feedback`` would use."""
    key = json.dumps(config, sort_keys=True, default=str)
    if key not in _exporters:
        converter = CourseFeedback(coursedir=CourseDirectory(config=config), config=config)
        converter.log = listening_logger([])
        exporter = converter.exporter_class(parent=converter, config=converter.config)
        # The first page compiles the templates; there are no grades to put into this one.
        cells = [new_markdown_cell("A page."), new_code_cell("page = 1")]
        about = {"notebook": "", "score": 0, "max_score": 0, "late_penalty": 0}
        exporter.from_notebook_node(new_notebook(cells=cells), resources={"nbgrader": about})
        for preprocessor in converter.preprocessors:
            exporter.register_preprocessor(preprocessor)
        _exporters[key] = exporter
    return _exporters[key]
