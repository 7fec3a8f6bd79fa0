"""Every widget of every notebook moves in a real JupyterLab, and has a picture to stand in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from autograder.authoring.site import Page as SitePage
from autograder.authoring.site import render_page
from autograder.manifest import COURSE_ROOT, Manifest, load_manifest
from tests.browser.lab import Lab, called, code_of, makers, move, widget_cells, with_widgets_only

if TYPE_CHECKING:
    from playwright.sync_api import Page

SOLVED = {
    f"{assignment.id}/{notebook.name}": path.with_suffix(".ipynb")
    for course in [load_manifest(COURSE_ROOT)]
    for assignment, notebook in course.notebooks()
    for path in [course.source(assignment, notebook)]
}
WITH_WIDGETS = [
    name
    for name, path in SOLVED.items()
    if widget_cells(code_of(nbformat.read(path, as_version=4)))
]
SLIDERS = {
    "choose_threshold": 1,
    "explore_heatmap": 3,
    "explore_soft_argmax": 2,
    "rotate_pose": 2,
    "scrub_clip": 1,
}
"""How many sliders each widget has: each is moved."""

KEYS = {"rotate_pose": ("End", "PageDown")}
"""The keys that are pressed on each slider; at both ends of the azimuth the view is the same."""


def test_the_sliders_of_each_widget_are_counted() -> None:
    assert set(SLIDERS) == makers()


@pytest.mark.parametrize("name", SOLVED)
def test_a_notebook_makes_no_widget_that_is_not_moved_here(name: str) -> None:
    sources = code_of(nbformat.read(SOLVED[name], as_version=4))
    for source in sources:
        assert "ipywidgets" not in source
        assert not {"interact", "interactive", "Explorer"} & called(source)


@pytest.mark.parametrize("source", ["scrub_clip(frames)", "widget = clips.scrub_clip(a)\nwidget"])
def test_a_widget_is_seen_however_it_is_called(source: str) -> None:
    assert widget_cells(["import torch", source, "scrub_clip"]) == [1]


@pytest.mark.browser
@pytest.mark.parametrize("name", WITH_WIDGETS)
def test_every_slider_changes_the_picture(
    name: str, lab: Lab, page: Page, manifest: Manifest
) -> None:
    nb, cells = with_widgets_only(nbformat.read(SOLVED[name], as_version=4))
    file = f"{name.replace('/', '-')}.ipynb"
    lab.run(page, file, nb)
    for index in cells:
        (maker,) = called(nb.cells[index].source) & makers()
        cell = page.locator(".jp-Notebook .jp-Cell").nth(index)
        cell.locator("img.widget-image").wait_for()
        assert cell.locator(".widget-slider .noUi-handle").count() == SLIDERS[maker]
        for slider in range(SLIDERS[maker]):
            for key in KEYS.get(maker, ("End", "Home")):
                before, after = move(page, cell, slider, key)
                assert before != after, f"{maker}: {key} on slider {slider} changes nothing"
        assert not cell.get_by_text("Traceback").count()
    _stands_in(page, lab.save(page, file), cells, manifest, lab.folder)


def _stands_in(
    page: Page, saved: nbformat.NotebookNode, cells: list[int], manifest: Manifest, folder: Path
) -> None:
    """On a page, where there is no kernel, each widget's first picture is shown with its words."""
    site_page = SitePage("Widgets", "widgets.html")
    (folder / "widgets.html").write_text(render_page(saved, site_page, manifest))
    still = page.context.new_page()  # JupyterLab asks before it lets its own page go
    still.goto((folder / "widgets.html").as_uri())
    for index in cells:
        pictures = still.locator(".code").nth(index).locator("img")
        assert pictures.count() == 1
        assert pictures.evaluate("async (img) => { await img.decode(); return img.naturalWidth; }")
        assert (pictures.get_attribute("alt") or "").startswith("Figure with")


@pytest.mark.browser
def test_without_widgets_a_picture_is_shown(page: Page, lab_without_widgets: Lab) -> None:
    solved = nbformat.read(SOLVED["heatmap_2d/heatmap_2d"], as_version=4)
    solved.cells = [
        cell for cell in solved.cells if not called(cell.source) & (makers() - {"explore_heatmap"})
    ]
    nb, (index,) = with_widgets_only(solved)
    lab_without_widgets.run(page, "still.ipynb", nb)
    cell = page.locator(".jp-Notebook .jp-Cell").nth(index)
    picture = cell.locator(".jp-RenderedImage img")
    picture.wait_for()
    assert picture.evaluate("(img) => img.naturalWidth") > 100
    assert not cell.locator(".widget-slider").count()
