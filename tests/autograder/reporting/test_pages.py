"""What a student's page says, and what it never says."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from autograder.grading.evaluator import GRADER_FAILED
from autograder.grading.marking_scheme import marking_schemes
from autograder.grading.records import CriterionRecord, ExerciseRecord, NotebookRecord
from autograder.grading.scoring import add_notes
from autograder.grading.trust import MEASURED, UNUSUAL, reported
from autograder.reporting.entries import Entered, Entry
from autograder.reporting.feedback import FeedbackWriter, checks_of
from autograder.reporting.page_facts import page_content
from autograder.reporting.page_parts import PageContent
from autograder.reporting.pages import make_page, page_of, plain_page
from autograder.reporting.to_students import FAILED, NOT_BELIEVED, SEEN, message_to_students
from autograder.suites.drawing import stored_suites
from poselab.checks import messages
from poselab.checks.runner import Observation
from tests.autograder.reporting.books import ASSIGNMENT, QUESTION, Books

SECRET = "kept `torch.equal`, which the grader uses"
PIXEL = "iVBORw0KGgo="
SCHEME_WORDS = "Half a point for a change without a reason"


def content(books: Books) -> PageContent:
    """A page on which something of each kind is to be said."""
    criteria = [
        CriterionRecord(id="shape", passed=True, points=1, max_points=1, message="Right."),
        CriterionRecord(
            id="values", passed=False, points=0, max_points=1.5, message="It `<b>` is."
        ),
        *(
            CriterionRecord(
                id=name, passed=False, points=0, max_points=0.5, message=message, judged=judged
            )
            for name, message, judged in (
                ("gradient", "Not judged.", False),
                ("vectorised", "Not judged.", False),
                ("dtype", messages.not_believed(Observation("c", not_believed=SECRET)), True),
            )
        ),
    ]
    exercise = ExerciseRecord(id="joint_error", score=1, max_score=3.5, criteria=tuple(criteria))
    note, lost = reported(f"the code {SECRET}."), reported("an unknown thing.")
    record = NotebookRecord(
        key="k", status="graded", notes=("A `note`.", note, note, lost, f"{GRADER_FAILED} (/a/b)."),
        instead={note: MEASURED}, exercises=(exercise,),
    )  # fmt: skip
    entries = {
        (ASSIGNMENT, "check_joint_error"): Entry(
            ASSIGNMENT, "check_joint_error", 1, None, 0, 3.5, False
        ),
        (ASSIGNMENT, QUESTION): Entry(ASSIGNMENT, QUESTION, None, 2.5, 0, 4, False),
    }
    entered = Entered(
        entries, penalty=0.5, late=90000.0, comments={(ASSIGNMENT, QUESTION): "Well <done>"}
    )
    titles = {("joint_error", "shape"): "type and shape"}
    return page_content(
        books.assignment,
        books.notebook,
        "Ann Lee",
        entered,
        record,
        titles,
        {QUESTION: SCHEME_WORDS},
    )


def graded(*cells: NotebookNode) -> NotebookNode:
    """A graded notebook: the grader's cells, a check with its picture, a question."""
    check = new_code_cell("check(joint_error)")
    check.metadata["nbgrader"] = {"grade_id": "check_joint_error", "grade": True, "solution": False}
    check.outputs = [
        new_output("display_data", {"text/html": "<b>joint_error: 1 of 3.5</b>"}),
        new_output("display_data", {"image/png": PIXEL}, metadata={"image/png": {"alt": "Rings"}}),
    ]
    answer = new_markdown_cell("# Mine\n\nOurs is *better*. <script>alert(1)</script>")
    answer.metadata["nbgrader"] = {"grade_id": QUESTION, "grade": True, "solution": True}
    nb = NotebookNode(cells=[*cells, check, answer], metadata={}, nbformat=4, nbformat_minor=5)
    add_notes(nb, [reported(f"the code {SECRET}.")], "The grader ran 2 cells.")
    return nb


def earned(books: Books) -> str:
    """What the page of :func:`content` begins with."""
    return f"3 of {books.assignment.points:g} points"


def shown(books: Books, *cells: NotebookNode) -> str:
    return page_of(content(books), graded(*cells), checks_of(books.notebook))


def test_points_and_diagnoses_come_first(books: Books) -> None:
    text = shown(books)
    soup = BeautifulSoup(text, "html.parser")
    assert f"<strong>{earned(books)}</strong>." in text and "the penalty is 0.5 points" in text
    (table,) = soup.select("#task-joint_error ~ table")
    rows = [[cell.get_text() for cell in row.select("td, th")] for row in table.select("tbody tr")]
    assert rows == [
        ["✓ right", "type and shape", "1 of 1", "Right."],
        ["✗ not yet", "values", "0 of 1.5", "It <b> is."],
        ["· not judged", "gradient, vectorised", "0 of 1", "Not judged."],
        ["✗ not yet", "dtype", "0 of 0.5", NOT_BELIEVED],
    ]
    (picture,) = soup.select("figure img")
    assert picture["alt"] == "Rings" and str(picture["src"]).endswith(PIXEL)
    assert "2.5 of 4 points" in text and "Well &lt;done&gt;" in text
    assert text.index("Ours is") < text.index("Remarks") < text.index("Your notebook")
    folded = soup.select_one("details.notebook")
    assert folded is not None and not folded.has_attr("open")
    assert "check(joint_error)" in folded.get_text() and "joint_error: 1 of 3.5" not in text


def test_what_is_for_the_instructor_is_told_in_other_words(books: Books) -> None:
    text = shown(books)
    for words in ("torch.equal", "Reported to", "an unknown thing", "/a/b", GRADER_FAILED):
        assert words not in text, words
    for sentence in (MEASURED, SEEN, FAILED):
        assert text.count(sentence) == 1
    assert "Measurements that do not count have cost 0.5 points." in text
    assert "A <code>note</code>." in text and "The grader ran 2 cells." in text
    assert UNUSUAL not in text


def test_nothing_runs_and_all_is_in_order(books: Books) -> None:
    hostile = [
        new_markdown_cell("# Title\n\n<h1 onclick='x()'>One</h1> ![](a.png) <img src='data:,'>"),
        new_code_cell(
            "x", outputs=[new_output("display_data", {"text/html": "<h2>T</h2><script>1</script>"})]
        ),
        new_code_cell("y", outputs=[new_output("stream", text="<script>2</script>\x1b[31mred")]),
        new_code_cell("z", outputs=[new_output("display_data", {"image/svg+xml": "<svg/>"})]),
    ]
    soup = BeautifulSoup(shown(books, *hostile), "html.parser")
    assert not soup(["script", "iframe", "svg", "form", "object", "link[rel=stylesheet]"])
    assert not [tag for tag in soup(True) for name in tag.attrs if name.startswith("on")]
    assert all(image.has_attr("alt") for image in soup("img"))
    levels = [int(tag.name[1]) for tag in soup(re.compile("^h[1-6]$"))]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert soup.html is not None and soup.html["lang"] == "en"
    assert len(soup("main")) == 1 and all(cell.has_attr("scope") for cell in soup.select("th"))


def test_equal_notebooks_give_equal_pages_and_the_plain_one_is_the_same(books: Books) -> None:
    nb = graded()
    first = page_of(content(books), copy.deepcopy(nb), checks_of(books.notebook))
    assert first == page_of(content(books), nb, checks_of(books.notebook))
    plain = plain_page(content(books))
    assert "Your notebook" not in plain and "Ours is" not in plain
    for words in (earned(books), "It <code>&lt;b&gt;</code> is.", "Well &lt;done&gt;", MEASURED):
        assert words in first and words in plain


def test_the_scheme_is_in_the_formgrader_and_on_no_page(books: Books) -> None:
    books.hand_in("anna", "My own answer.")
    books.enter("anna")
    books.give("anna", 3)
    where = ("anna", ASSIGNMENT, f"{ASSIGNMENT}.ipynb")
    assert SCHEME_WORDS in books.writer.autograded.joinpath(*where).read_text().replace("\\n", " ")
    assert not FeedbackWriter(books.writer, books.assignment).write(["anna"], 1)
    page = books.writer.feedback.joinpath(*where).with_suffix(".html")
    scheme = marking_schemes(books.source)[QUESTION]
    sentences = [line.strip() for line in re.split(r"[*.:]", scheme) if len(line.split()) > 5]
    text = " ".join(BeautifulSoup(page.read_text(), "html.parser").get_text().split())
    assert "My own answer." in text and len(sentences) > 5
    assert not [one for one in sentences if " ".join(one.split()) in text]


@pytest.mark.parametrize("marked", [True, False])
def test_a_course_may_show_the_scheme_once_a_question_is_marked(books: Books, marked: bool) -> None:
    course = books.manifest.course.model_copy(update={"show_marking_scheme": True})
    books.manifest = books.manifest.model_copy(update={"course": course})
    books.hand_in("anna", "My own answer.")
    books.enter("anna")
    if marked:
        books.give("anna", 3)
    assert not FeedbackWriter(books.writer, books.assignment).write(["anna"], 1)
    page = books.writer.feedback / "anna" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    text = " ".join(page.read_text().split())
    assert (SCHEME_WORDS in text) is marked


def test_a_page_is_made_of_a_file(books: Books) -> None:
    books.hand_in("anna", "My own answer.")
    books.enter("anna")
    source = books.writer.autograded / "anna" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    text = make_page(content(books), source, checks_of(books.notebook))
    assert "My own answer." in text and len(text.encode()) < 1 << 20


def test_a_page_says_which_notebook_is_missing(books: Books) -> None:
    record = NotebookRecord(key="", notes=(), status="graded", exercises=())
    about = (books.assignment, books.notebook, "Ann Lee", Entered(), record, {}, {})
    whole = page_content(*about)
    there = page_content(*about, missing=[ASSIGNMENT])
    assert [one.missing for one in whole.sums + there.sums] == [False, True]
    # Sums are shown where an assignment has several notebooks.
    twice = replace(there, sums=(*whole.sums, replace(there.sums[0], name="lifting")))
    page = plain_page(twice)
    assert page.count("no notebook that can be graded") == 1


def test_a_page_asks_nobody_to_run_a_cell() -> None:
    suite = stored_suites(ASSIGNMENT)["joint_error"]
    said = message_to_students(messages.not_written(suite, Observation("c", not_written=True)))
    assert said == "`joint_error` is not implemented yet."
