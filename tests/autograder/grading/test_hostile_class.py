"""A whole class that does its worst, through the command line: all are graded, none is lost."""

from __future__ import annotations

import copy
import csv
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output, new_raw_cell
from nbgrader.api import Gradebook

from autograder.manifest import load_manifest
from tests.autograder.grading.quick import compact
from tests.autograder.grading.small import needs_sandbox
from tests.autograder.grading.test_attacks import MESSAGES
from tests.submissions.make import ROOT, grade_id

pytestmark = needs_sandbox

ASSIGNMENT = load_manifest().assignment("heatmap_2d")
POINTS = {exercise.id: exercise.points for exercise in ASSIGNMENT.exercises}
NAME = "heatmap_2d.ipynb"


def of(nb: NotebookNode) -> bytes:
    return json.dumps(nb).encode()


def stripped() -> bytes:
    nb = compact()
    for number, cell in enumerate(nb.cells):
        cell.metadata = NotebookNode(id=f"colab{number}", outputId=3)
        del cell["id"]
    nb.nbformat_minor = 0
    nb.metadata = NotebookNode(colab={"provenance": []}, kernelspec=3, widgets=[1])
    return of(nb)


def scrambled() -> bytes:
    nb = compact()
    checks = [cell for cell in nb.cells if grade_id(cell).startswith("check_")]
    nb.cells = [*checks[:3], *(cell for cell in nb.cells if cell not in checks[1:5])]
    nb.cells += copy.deepcopy(nb.cells[-2:])
    nb.cells[0].source = "3.0"
    nb.cells[1].cell_type = "markdown"
    return of(nb)


def heavy() -> bytes:
    nb = compact()
    nb.cells[0].outputs = [new_output("stream", text="x" * (30 << 20))]
    return of(nb)


def strange() -> bytes:
    nb = compact()
    raw = json.loads(of(nb))
    raw["cells"][0]["metadata"] = {"collapsed": "often", "deep": [float("nan"), 10**400]}
    raw["cells"] += [7, {"cell_type": "code"}, {"cell_type": "pie", "source": "apple"}]
    raw["nbformat"] = 5
    return json.dumps(raw).replace("1" + "0" * 400, "1" + "0" * 5000).encode()


RUNS = "<script>alert(7)</script>"
SCRIPTS = f"""
from IPython.display import HTML, SVG, Javascript, Markdown, display
display(HTML("{RUNS}<b onclick='alert(7)'>bold</b><iframe src='//x.org'></iframe>"))
display(Markdown("{RUNS} [here](javascript:alert) ![](//x.org/seen.png)"))
display(Javascript("alert(7)"), SVG("<svg xmlns='http://www.w3.org/2000/svg'>{RUNS}</svg>"))
print("{RUNS}")
raise ValueError("{RUNS}")
"""


def active_outputs() -> list[NotebookNode]:
    """What running the scripts left in the notebook; that is what pages show."""
    shown = {
        "text/html": f"{RUNS}<b onclick='alert(7)'>bold</b><iframe src='//x.org'></iframe>",
        "text/markdown": f"{RUNS} [here](javascript:alert) ![](//x.org/seen.png)",
        "application/javascript": "alert(7)",
        "image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg'>{RUNS}</svg>",
    }
    bold = new_output("display_data", data={"text/html": "<b onclick='alert(7)'>bold</b>"})
    return [
        bold,
        *(new_output("display_data", data={mime: text}) for mime, text in shown.items()),
        new_output("stream", name="stdout", text=RUNS),
        new_output("error", ename="ValueError", evalue=RUNS, traceback=[RUNS]),
    ]


def scripts() -> bytes:
    nb = compact(SCRIPTS)
    next(cell for cell in nb.cells if cell.source == SCRIPTS).outputs = active_outputs()
    nb.cells.append(new_raw_cell(RUNS, metadata={"raw_mimetype": "text/html"}))
    nb.cells.append(new_markdown_cell(f"# Title\n\n{RUNS} <img src=x onerror=alert(7)> $a < b$"))
    return of(nb)


SUBMISSIONS: dict[str, tuple[Callable[[], bytes], str, set[str]]] = {
    "Perfect": (lambda: of(compact()), "graded", set()),
    "cuts": (lambda: of(compact())[:5000], "unreadable", set(POINTS)),
    "dies": (lambda: of(compact("import ctypes\nctypes.string_at(0)")), "crashed", set()),
    "quits": (lambda: of(compact("quit()", "import os\nos._exit(1)")), "graded", set()),
    "faults": (
        lambda: of(compact(joint_error="import ctypes\nctypes.string_at(0)")),
        "crashed",
        {"joint_error"},
    ),
    "forges": (lambda: of(compact(MESSAGES)), "graded", set()),
    "half": (
        lambda: of(compact("'\ud800'", heatmap_loss="raise ValueError('\ud800\\udfff' + chr(0))")),
        "graded",
        {"heatmap_loss"},
    ),
    "heavy": (heavy, "graded", set()),
    "nests": (lambda: b'{"cells": ' + b"[" * 100_000, "unreadable", set(POINTS)),
    "scrambles": (scrambled, "repaired", set()),
    "scripts": (scripts, "graded", set()),
    "strange": (strange, "repaired", set()),
    "strips": (stripped, "repaired", set()),
    "utf16": (lambda: of(compact()).decode().encode("utf-16"), "graded", set()),
}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    for student, (content, _, _) in SUBMISSIONS.items():
        path = folder / "class" / student / ASSIGNMENT.id / NAME
        if student == "strips":
            path = path.with_name(f"Copy of {NAME}")
        path.parent.mkdir(parents=True)
        path.write_bytes(content())
    (folder / "class" / "absent").mkdir()
    command = [str(Path(sys.executable).with_name("autograder")), "grade", ASSIGNMENT.id]
    where = ["--submitted", str(folder / "class"), "--work", str(folder)]
    done = subprocess.run([*command, *where], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def submissions(work: Path) -> dict[str, Any]:
    content = json.loads((work / "results" / "heatmap_2d.json").read_text())
    return {submission["student"]: submission for submission in content["submissions"]}


def test_everybody_is_there(work: Path, submissions: dict[str, Any]) -> None:
    assert set(submissions) == {*SUBMISSIONS, "absent"}
    assert submissions["absent"]["status"] == "missing"
    with (work / "grades.csv").open() as file:
        rows = {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(file)}
    assert rows == {student: entry["score"] for student, entry in submissions.items()}


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_each_has_its_status_and_loses_no_more_than_it_has_to(
    student: str, work: Path, submissions: dict[str, Any]
) -> None:
    _, status, lost = SUBMISSIONS[student]
    submission = submissions[student]
    assert submission["status"] == status, submission["notes"]
    incomplete = {e["id"] for e in submission["exercises"] if e["score"] < POINTS[e["id"]]}
    assert incomplete == lost, submission["notes"]
    assert bool(submission["notes"]) or status == "graded"
    with Gradebook(f"sqlite:///{work / 'gradebook.db'}") as gradebook:
        entry = gradebook.find_submission(ASSIGNMENT.id, student)
        assert entry.score == submission["score"]
        assert entry.max_score == ASSIGNMENT.points
    page = (work / "feedback" / student / ASSIGNMENT.id / "heatmap_2d.html").read_text()
    assert all(f'<h3 id="task-{exercise}">' in page for exercise in POINTS)
    autograded = work / "autograded" / student / ASSIGNMENT.id / NAME
    nbformat.validate(nbformat.read(autograded, as_version=4))
    assert autograded.stat().st_size < 4 << 20


def test_nothing_that_a_student_wrote_runs_in_a_page(work: Path) -> None:
    def active(student: str) -> Counter[str]:
        page = work / "feedback" / student / ASSIGNMENT.id / "heatmap_2d.html"
        soup = BeautifulSoup(page.read_text(), "html.parser")
        found: Counter[str] = Counter(tag.name for tag in soup(["script", "iframe", "svg", "form"]))
        for tag in soup(True):
            found += Counter(name for name in tag.attrs if name.startswith("on"))
            found["code"] += str(tag.get("href", "")).strip().startswith("javascript:")
            found["elsewhere"] += tag.name == "img" and "x.org" in str(tag.get("src"))
        return +found

    page = (work / "feedback" / "scripts" / ASSIGNMENT.id / "heatmap_2d.html").read_text()
    assert "&lt;script&gt;alert(7)" in page and "<b>bold</b>" in page and ">Title" in page
    assert "$a &lt; b$" in page
    assert not active("scripts")
