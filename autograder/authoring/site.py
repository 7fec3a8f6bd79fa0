"""The course's pages: the released notebooks and a start page, as files that need no server.

All is in the folder: style, search, formulas (as MathML). Only the links to Colab and to the
student repository need a network.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import nbformat
from bs4 import BeautifulSoup, Tag
from jinja2 import Environment, FileSystemLoader
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from autograder.authoring.release import release_files, write_folder
from autograder.manifest import Assignment, Manifest, Notebook

TEMPLATES = Path(__file__).parent / "site_template"
LAYOUT = "course"
"""The folder of nbconvert's template, in `TEMPLATES`."""

CONTENTS = "<!-- contents -->"
"""Where the template leaves room for the table of contents."""

FEW_HEADINGS = 3
"""A page with fewer needs no table of contents."""

_COLAB_BADGE = "colab-badge.svg"
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


@dataclass(frozen=True)
class Link:
    """A link to another page, from where this one is."""

    href: str
    title: str


@dataclass(frozen=True)
class Page:
    """One notebook's page.

    Args:
        title: the notebook's.
        address: the page's, from the start page.
        previous: the notebook before it in its assignment.
        following: the notebook after it.
    """

    title: str
    address: str
    previous: Link | None = None
    following: Link | None = None

    @property
    def root(self) -> str:
        """Leads from the page back to the start page's folder."""
        return "../" * (len(PurePosixPath(self.address).parts) - 1)


def write_site(manifest: Manifest, out: Path) -> None:
    """Write the course's pages into the folder `out`, all of them or nothing.

    Args:
        manifest: the course, built.
        out: the folder; made if it is not there. It may hold a ``.git``, but nothing else.

    Raises:
        CourseError: `out` is not empty, a notebook is missing, or a page leaks a solution.
    """
    write_folder(manifest, out, site_files(manifest))


def site_files(manifest: Manifest) -> Iterator[tuple[str, bytes]]:
    """Every file of the site, as (name, content); the notebooks lie beside their pages."""
    sections: list[dict[str, str]] = []
    released = {
        name: content
        for name, content in release_files(manifest)
        if name.startswith("assignments/")
    }
    yield from released.items()
    manifest = manifest.for_students()
    for assignment in manifest.assignments.values():
        for page, _ in _pages(assignment):
            nb = nbformat.reads(released[_notebook_of(page)].decode(), as_version=4)
            text = render_page(nb, page, manifest)
            sections += _sections(text, page)
            yield page.address, text.encode()
    yield "index.html", _start_page(manifest).encode()
    # A script and not JSON: a page that is opened as a file may not fetch another one.
    index = json.dumps(sections, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    yield "search-index.js", f"window.courseSections = {index};\n".encode()
    yield "search.js", (TEMPLATES / "search.js").read_bytes()
    formatter: Any = HtmlFormatter(style="default")
    highlighting = formatter.get_style_defs(".highlight")
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    yield "style.css", f"{highlighting}\n{style}".encode()


def render_page(nb: NotebookNode, page: Page, manifest: Manifest) -> str:
    """A notebook as a page of the site, with its outputs if it has any.

    Args:
        nb: the notebook.
        page: its title and its neighbours.
        manifest: the course.

    Returns:
        HTML.
    """
    resources = {
        "page": page,
        "course": manifest.course.title,
        "licence": manifest.course.licence,
        "repository": manifest.student_repository.url,
    }
    body, _ = _exporter().from_notebook_node(nb, resources=resources)
    soup = BeautifulSoup(body, "html.parser")
    _put_in_order(soup)
    return str(soup).replace(CONTENTS, _contents(soup))


class _Renderer(IPythonRenderer):
    """Markdown with formulas as MathML, which browsers show without a library."""

    def block_math(self, body: str) -> str:
        return f'<div class="math scroll" tabindex="0">{_mathml(body, "block")}</div>\n'

    def inline_math(self, body: str) -> str:
        return _mathml(body, "inline")


def _mathml(latex: str, display: str) -> str:
    from latex2mathml.converter import convert

    return str(convert(latex.strip(), display=display))


def _markdown(source: str, attachments: dict[str, dict[str, str]] | None = None) -> str:
    renderer = _Renderer(escape=False, exclude_anchor_links=True, attachments=attachments)
    return str(MarkdownWithMath(renderer=renderer).render(source))


@cache
def _exporter() -> HTMLExporter:
    exporter = HTMLExporter(
        template_name=LAYOUT,
        extra_template_basedirs=[str(TEMPLATES)],
        # In a page there is no kernel: of a widget its picture is shown.
        filters={"markdown2html": _markdown},
    )
    return exporter


def _put_in_order(soup: BeautifulSoup) -> None:
    """Give headings their addresses, and what may be wide a box that scrolls by itself."""
    taken: set[str] = set()
    for heading in soup.select(", ".join(f"main {name}" for name in _HEADINGS)):
        words = "".join(c if c.isalnum() else " " for c in heading.get_text().lower()).split()
        address = name = "-".join(words) or "section"
        number = 1
        while address in taken:
            number += 1
            address = f"{name}-{number}"
        taken.add(address)
        heading["id"] = address
    for table in soup.select(".text table"):
        table.wrap(soup.new_tag("div", attrs={"class": "scroll", "tabindex": "0"}))
    for block in soup.find_all("pre"):
        block["tabindex"] = "0"
    for badge in soup.find_all("img", src=lambda src: bool(src) and src.endswith(_COLAB_BADGE)):
        label = soup.new_tag("span", attrs={"class": "badge"})
        label.string = str(badge.get("alt") or "Open in Colab")
        badge.replace_with(label)


def _contents(soup: BeautifulSoup) -> str:
    headings = soup.select("main h2, main h3")
    if len(headings) < FEW_HEADINGS:
        return ""
    entries = "\n".join(
        f'<li class="level-{heading.name[1]}"><a href="#{heading["id"]}">'
        f"{html.escape(heading.get_text())}</a></li>"
        for heading in headings
    )
    return (
        '<nav class="contents" aria-label="On this page"><details><summary>On this page</summary>'
        f"<ul>\n{entries}\n</ul></details></nav>"
    )


def _sections(text: str, page: Page) -> Iterator[dict[str, str]]:
    """What the search finds: each heading of a page with the text up to the next one."""
    soup = BeautifulSoup(text, "html.parser")
    for formula in soup.find_all("math"):
        formula.decompose()
    heading, address, words = page.title, page.address, [""]
    for block in soup.select("main .text > *"):
        if not isinstance(block, Tag) or block.name not in _HEADINGS:
            words.append(block.get_text(" "))
            continue
        yield _section(page, heading, address, words)
        heading, address, words = block.get_text(), f"{page.address}#{block['id']}", []
    yield _section(page, heading, address, words)


def _section(page: Page, heading: str, address: str, words: list[str]) -> dict[str, str]:
    text = " ".join(" ".join(words).split())
    return {"page": page.title, "heading": heading, "address": address, "text": text}


def _pages(assignment: Assignment) -> Iterator[tuple[Page, Notebook]]:
    links = [Link(f"{each.name}.html", each.title) for each in assignment.notebooks]
    for number, notebook in enumerate(assignment.notebooks):
        page = Page(
            notebook.title,
            f"assignments/{assignment.id}/{notebook.name}.html",
            links[number - 1] if number else None,
            links[number + 1] if number + 1 < len(links) else None,
        )
        yield page, notebook


def _notebook_of(page: Page) -> str:
    return PurePosixPath(page.address).with_suffix(".ipynb").as_posix()


def _start_page(manifest: Manifest) -> str:
    environment = Environment(loader=FileSystemLoader(TEMPLATES / LAYOUT))
    return environment.get_template("start.html.j2").render(
        course=manifest.course,
        repository=manifest.student_repository.url,
        assignments=[_entry(manifest, each) for each in manifest.assignments.values()],
    )


def _entry(manifest: Manifest, assignment: Assignment) -> dict[str, Any]:
    """What the start page says of an assignment."""
    return {
        "id": assignment.id,
        "title": assignment.title,
        "summary": assignment.summary,
        "pages": [
            {
                "title": page.title,
                "address": page.address,
                "notebook": _notebook_of(page),
                "colab": manifest.student_repository.colab_link(_notebook_of(page)),
                "facts": _facts(notebook),
            }
            for page, notebook in _pages(assignment)
        ],
        "files": [
            {"name": name, "address": f"assignments/{assignment.id}/{name}"}
            for name in assignment.files
        ],
    }


def _facts(notebook: Notebook) -> list[str]:
    points = f"{notebook.points:g} points" if notebook.graded else "not graded"
    return [points, *([f"about {notebook.minutes} minutes"] if notebook.minutes else [])]
