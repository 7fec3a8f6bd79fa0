"""The course's pages need no network, can be searched, and are all or nothing."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from autograder.authoring.leaks import find_leaks
from autograder.authoring.site import Page, render_page, write_site
from autograder.errors import CourseError
from autograder.manifest import load_manifest

PAGE = "assignments/shapes/shapes.html"
SOLUTION_LINE = "return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs) / 2"
DOT = "R0lGODdhAQABAIAAAP///////ywAAAAAAQABAAACAkQBADs="


@pytest.fixture(scope="module")
def site(built_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "pages"
    write_site(load_manifest(built_once), out)
    return out


def rendered(course: Path, *cells: nbformat.NotebookNode) -> BeautifulSoup:
    page = Page("Shapes", "assignments/shapes/shapes.html")
    nb = new_notebook(cells=list(cells))
    return BeautifulSoup(render_page(nb, page, load_manifest(course)), "html.parser")


def sections(site: Path) -> list[dict[str, str]]:
    text = (site / "search-index.js").read_text()
    return list(json.loads(text.removeprefix("window.courseSections = ").removesuffix(";\n")))


def test_its_files(site: Path) -> None:
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    notebooks = {f"assignments/shapes/{name}.ipynb" for name in ("reading", "shapes")}
    assert files == {
        *notebooks,
        *(name.replace(".ipynb", ".html") for name in notebooks),
        "assignments/shapes/measure.py",
        "index.html",
        "search-index.js",
        "search.js",
        "style.css",
    }


def test_its_links_lead_somewhere_and_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        soup = BeautifulSoup(path.read_text(), "html.parser")
        loaded = [tag.get("src") or tag.get("href") for tag in soup.select("[src], link")]
        assert loaded and not [each for each in loaded if "://" in each]
        for link in soup.select("[href], [src]"):
            target = link.get("href") or link.get("src")
            if "://" in target or target.startswith("data:"):
                continue
            file, _, anchor = target.partition("#")
            assert (path.parent / file).is_file() or not file, f"{path.name}: {target}"
            if anchor and not file:
                assert soup.find(id=anchor), f"{path.name}: {target}"


def test_the_start_page_leads_to_colab_and_to_each_page(site: Path) -> None:
    text = (site / "index.html").read_text()
    assert "/github/a_university/shapes/blob/v0.1.0/assignments/shapes/shapes.ipynb" in text
    assert f'href="{PAGE}"' in text and 'name="viewport"' in text


def test_the_search_finds_each_section_of_text(site: Path) -> None:
    found = [each for each in sections(site) if "unit square" in each["text"]]
    (section,) = found
    file, _, anchor = section["address"].partition("#")
    assert file == PAGE
    heading = BeautifulSoup((site / file).read_text(), "html.parser").find(id=anchor)
    assert heading is not None and heading.get_text() == section["heading"]


def test_formulas_are_mathml(built_once: Path) -> None:
    page = rendered(built_once, new_markdown_cell("At $j_x < 1$:\n\n$$\\frac{1}{2}$$"))
    inline, block = page.find_all("math")
    assert inline["display"] == "inline" and "<" in inline.get_text()
    assert block["display"] == "block" and block.find("mfrac")
    assert "$" not in page.main.get_text()


def test_equal_headings_have_addresses_of_their_own(built_once: Path) -> None:
    page = rendered(built_once, new_markdown_cell("# One\n\n## Why?\n\n## Why?\n\n## And then?"))
    assert [each["id"] for each in page.select("main h2")] == ["why", "why-2", "and-then"]
    assert [each["href"] for each in page.select(".contents a")] == [
        "#why",
        "#why-2",
        "#and-then",
    ]


def test_a_picture_has_its_alternative_text_and_stands_in_for_a_widget(built_once: Path) -> None:
    view = {"version_major": 2, "version_minor": 0, "model_id": "1"}
    data = {"image/png": DOT, "application/vnd.jupyter.widget-view+json": view}
    words = {"image/png": {"alt": 'Error over "epoch"'}}
    outputs = [
        new_output("display_data", data, metadata=words),
        new_output("display_data", {"image/png": DOT}),
        new_output("stream", name="stdout", text="a < b"),
    ]
    page = rendered(built_once, new_code_cell("draw()", outputs=outputs))
    with_words, without = page.find_all("img")
    assert with_words["alt"] == 'Error over "epoch"'
    assert without["alt"] == "The picture that this cell draws"
    assert with_words["src"] == f"data:image/png;base64,{DOT}"
    assert page.select(".output pre")[0].get_text() == "a < b"
    assert not page.main.find("script")


def test_a_picture_that_is_attached_is_in_the_page(built_once: Path) -> None:
    text = "<details><summary>Example</summary>\n\n![A dot](attachment:dot.png)\n\n</details>"
    cell = new_markdown_cell(text, attachments={"dot.png": {"image/png": DOT}})
    picture = rendered(built_once, cell).select_one("details img")
    assert picture["src"] == f"data:image/png;base64,{DOT}" and picture["alt"] == "A dot"


@pytest.mark.parametrize("highlighted", [True, False])
def test_a_solution_is_found_in_a_page(built_once: Path, site: Path, highlighted: bool) -> None:
    out = built_once.parent / f"leaking-{highlighted}"
    shutil.copytree(site, out)
    cell = new_code_cell if highlighted else new_markdown_cell
    page = str(rendered(built_once, cell(f"def f(pairs):\n    {SOLUTION_LINE}\n")))
    assert (SOLUTION_LINE not in page) == highlighted
    (out / PAGE).write_text(page)
    leaks = find_leaks(load_manifest(built_once), out)
    assert leaks and all(leak.startswith(PAGE) for leak in leaks)


def test_a_leak_writes_nothing(course: Path, tmp_path: Path) -> None:
    path = course / "assignments/shapes/shapes.ipynb"
    nb = nbformat.read(path, as_version=4)
    nb.cells.append(new_markdown_cell(f"`{SOLUTION_LINE}`"))
    nbformat.write(nb, path)
    with pytest.raises(CourseError, match=r"Nothing is released.*shapes"):
        write_site(load_manifest(course), tmp_path / "pages")
    assert not (tmp_path / "pages").exists()


def test_a_folder_in_use_is_left_alone(course: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(CourseError, match="is not an empty folder"):
        write_site(load_manifest(course), tmp_path)
    assert [path.name for path in tmp_path.glob("*.txt")] == ["notes.txt"]


def test_the_style_colours_code(site: Path) -> None:
    assert re.search(r"\.highlight \.k\b", (site / "style.css").read_text())
