"""Whatever lies in one student's folder, nine others keep their scores and pages."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.cli import app
from autograder.sandbox.doctor import why_no_sandbox
from tests.autograder.submissions import test_find_models as lying
from tests.poselab.models.lifting_3d_files import files, lay_out

SANDBOX = "none" if why_no_sandbox() else "bubblewrap"
OTHERS = [f"student{number}" for number in range(9)]
STRANGE = {
    "pipe": lying.pipe,
    "loop": lying.loop,
    "chain": lying.chain_out,
    "vast": lying.vast,
    "deep": lying.deep,
    "folders": lying.many_folders,
}


def tiny_files(path: Path) -> None:
    for number in range(100_000):
        path.with_name(f"a{number}").touch()


@pytest.mark.soak
def test_nine_others_are_graded(tmp_path: Path) -> None:
    """By the command, as an instructor grades."""
    submitted, work = tmp_path / "submitted", tmp_path / "work"
    for student in OTHERS:
        lay_out(submitted / student / "lifting_3d", files())
    for student, make in {**STRANGE, "tiny": tiny_files}.items():
        folder = submitted / student / "lifting_3d"
        folder.mkdir(parents=True)
        make(folder / "liftModel")
        (folder / "eval.py").write_bytes(files()["eval.py"])
    latin = os.path.join(os.fsencode(submitted), "zo\u00eb".encode("latin-1"), b"lifting_3d")
    os.makedirs(latin)
    for name, content in files().items():
        with open(os.path.join(latin, os.fsencode(name)), "wb") as file:
            file.write(content)
    with open(os.path.join(latin, b"\xff\x1b[31m.txt"), "wb") as file:
        file.write(b"notes")
    options = ["--submitted", str(submitted), "--work", str(work), "--workers", "2"]
    done = CliRunner().invoke(app, ["evaluate", "lifting_3d", *options, "--sandbox", SANDBOX])
    assert done.exit_code == 0, done.output
    results = json.loads((work / "results/lifting_3d_model.json").read_text())
    rows = {row["student"]: row for row in results["submissions"]}
    assert len(rows) == len(OTHERS) + len(STRANGE) + 2
    honest = {*OTHERS, *(rows.keys() - {*OTHERS, *STRANGE, "tiny"})}
    assert {rows[student]["score"] for student in honest} == {3} and len(honest) == 10
    # Their folders have the students' ids, which are not always what people read.
    pages = [page.read_text() for page in work.glob("feedback/*/lifting_3d_model/liftModel.html")]
    assert len(pages) == len(rows)
    assert sum("<strong>3 of 6 points</strong>." in page for page in pages) == len(honest)
    for student in (*STRANGE, "tiny"):
        assert rows[student]["score"] == 0 and len(rows[student]["notes"]) == 1, rows[student]
        assert (work / "feedback" / student / "lifting_3d_model/liftModel.html").is_file()
    scores = {
        row["student_id"]: row["score"] for row in csv.DictReader((work / "grades.csv").open())
    }
    assert len(scores) == len(rows)
