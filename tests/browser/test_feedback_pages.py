"""Students' pages in a browser: accessible, on a phone and on paper; and the real formgrader."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from autograder.manifest import COURSE_ROOT, load_manifest
from autograder.reporting.feedback import checks_of
from autograder.reporting.formgrader import formgrader
from autograder.reporting.pages import page_of, plain_page
from tests.autograder.reporting.books import ASSIGNMENT, QUESTION, Books
from tests.autograder.reporting.test_pages import content
from tests.browser.axe import DESK, PHONE, faults, unfold

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SECONDS_TO_START = 120
SOLUTIONS = {
    f"{assignment.id}/{notebook.name}": course.executed(assignment, notebook)
    for course in [load_manifest(COURSE_ROOT)]
    for assignment, notebook in course.notebooks()
    if notebook.graded
}


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path)


@pytest.mark.parametrize("name", SOLUTIONS)
def test_a_page_has_no_serious_fault_and_fits_a_phone(
    name: str, books: Books, page: Page, tmp_path: Path
) -> None:
    """With all that a solved notebook shows, and something of each kind above it."""
    nb = nbformat.read(SOLUTIONS[name], as_version=4)
    (tmp_path / "page.html").write_text(page_of(content(books), nb, checks_of(books.notebook)))
    page.goto((tmp_path / "page.html").as_uri())
    assert not faults(page)
    unfold(page)
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert not faults(page)


def test_a_plain_page_has_no_serious_fault(books: Books, page: Page, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(plain_page(content(books)))
    page.goto((tmp_path / "page.html").as_uri())
    assert not faults(page)


def test_the_notebook_is_printed_where_it_is_unfolded(
    books: Books, page: Page, tmp_path: Path
) -> None:
    nb = nbformat.read(SOLUTIONS[f"{ASSIGNMENT}/{ASSIGNMENT}"], as_version=4)
    (tmp_path / "page.html").write_text(page_of(content(books), nb, checks_of(books.notebook)))
    page.goto((tmp_path / "page.html").as_uri())
    page.emulate_media(media="print")
    assert page.locator("#points").is_visible()
    assert not page.locator("#notebook").is_visible()
    unfold(page)
    assert page.locator("#notebook").is_visible()
    assert page.locator("details.notebook .code").first.is_visible()


def test_a_question_is_marked_in_the_formgrader(books: Books, page: Page) -> None:
    books.hand_in("anna", "My own answer.")
    books.enter("anna")
    with formgrader(books.writer) as running:
        _open(page, running.address)
        page.goto(f"{running.address.partition('?')[0]}/gradebook/{ASSIGNMENT}/{ASSIGNMENT}")
        page.locator("a.name-hidden").first.click()
        score = page.locator(f"#{QUESTION}")
        score.wait_for()
        shown = page.locator("#notebook").first.inner_text()
        assert shown.index("1 point, the result.") < shown.index("My own answer.")
        with page.expect_response(lambda reply: "/api/grade/" in reply.url):
            score.fill("2.5")
            score.press("Tab")
        comment = page.locator(f"#{QUESTION}-comment")
        with page.expect_response(lambda reply: "/api/comment/" in reply.url):
            comment.fill("Which joints?")
            comment.press("Tab")
    entered = books.entered("anna")
    assert entered.by_exercise()[QUESTION].by_hand == 2.5 and not entered.open_points
    assert entered.comments == {(ASSIGNMENT, QUESTION): "Which joints?"}


def _open(page: Page, address: str) -> None:
    from playwright.sync_api import Error

    end = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            page.goto(address)
            return
        except Error:  # not yet there
            if time.monotonic() > end:
                raise
            time.sleep(1)
