"""axe-core finds no serious fault on the course's pages, nor on solved notebooks shown as pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from autograder.authoring.site import Page as SitePage
from autograder.authoring.site import render_page, site_files
from autograder.manifest import COURSE_ROOT, Manifest, load_manifest
from tests.browser.axe import DESK, PHONE, faults, unfold

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

NOTEBOOKS = [
    f"assignments/{assignment.id}/{notebook.name}"
    for assignment, notebook in load_manifest(COURSE_ROOT).notebooks()
]


@pytest.fixture(scope="module")
def site(manifest: Manifest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    for name, content in site_files(manifest):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)
    return out


@pytest.mark.parametrize("name", ["index", *NOTEBOOKS])
def test_a_page_has_no_serious_fault_and_fits_a_phone(name: str, site: Path, page: Page) -> None:
    page.goto((site / f"{name}.html").as_uri())
    unfold(page)
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert not faults(page)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_solved_notebook_has_no_serious_fault(
    name: str, site: Path, page: Page, manifest: Manifest
) -> None:
    path = COURSE_ROOT / name.replace("assignments", "solutions", 1)
    nb = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    solved = SitePage(name, f"{name}-solved.html")
    (site / solved.address).write_text(render_page(nb, solved, manifest))
    page.goto((site / solved.address).as_uri())
    unfold(page)
    assert not faults(page)


def test_faults_are_found(site: Path, page: Page) -> None:
    text = (site / "index.html").read_text()
    broken = text.replace("</main>", '<img src="data:,"><p style="color: #ccc">pale</p></main>')
    (site / "broken.html").write_text(broken)
    page.goto((site / "broken.html").as_uri())
    found = " ".join(faults(page))
    assert "image-alt" in found and "color-contrast" in found


def test_the_search_leads_to_a_section(site: Path, page: Page) -> None:
    page.goto((site / f"{NOTEBOOKS[0]}.html").as_uri())
    page.get_by_role("searchbox").fill("soft-argmax beta")
    page.locator("#hits a").first.wait_for()
    assert not faults(page)
    page.get_by_role("searchbox").press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/heatmap_2d.html#*")
    heading = page.locator(f"[id='{page.url.partition('#')[2]}']")
    assert "soft-argmax" in heading.inner_text().lower()
    page.get_by_role("searchbox").fill("zebra quagga")
    assert page.get_by_role("status").inner_text() == "No section has all these words."
