"""Draw the README's pictures anew, from the gallery and from the report on the example submissions.

    make grade && python -m tests.browser.pictures

Browsers and fonts differ from machine to machine, so nothing compares these files with new ones.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.manifest import COURSE_ROOT
from tests.browser.conftest import BROWSERS, SWITCHES

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, Page, ViewportSize

PICTURES = COURSE_ROOT / "docs" / "pictures"
GALLERY = COURSE_ROOT / "docs" / "gallery" / "heatmap_2d.html"
REPORT = COURSE_ROOT / "grading" / "examples" / "reports" / "heatmap_2d.html"
SHOWN = "softmax_over_width"
"""An answer of the gallery."""

ONLY_THE_CHECK = (
    "article > h3, article > p, article > pre { display: none; } article { border: 0 !important; }"
)
CHECK: ViewportSize = {"width": 760, "height": 800}
CLASS: ViewportSize = {"width": 940, "height": 800}


def main() -> None:
    """Draw both."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)))
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=SWITCHES)
        page = browser.new_page(viewport=CHECK)
        page.goto(GALLERY.as_uri())
        page.add_style_tag(content=ONLY_THE_CHECK)
        answers = page.locator("article", has=page.locator("h3", has_text=SHOWN))
        answers.first.screenshot(path=_file("check"))
        page.set_viewport_size(CLASS)
        page.goto(REPORT.as_uri())
        page.screenshot(
            path=_file("report"), full_page=True, clip=_between(page, "scores", "mistakes")
        )
        browser.close()


def _between(page: Page, start: str, end: str) -> FloatRect:
    """The part of a page from one heading to another."""
    boxes = [page.locator(f"#{name}").bounding_box() for name in (start, end)]
    top, bottom = (box["y"] for box in boxes if box is not None)
    return {"x": 0, "y": top - 10, "width": CLASS["width"], "height": bottom - top}


def _file(name: str) -> Path:
    return PICTURES / f"{name}.png"


if __name__ == "__main__":
    main()
