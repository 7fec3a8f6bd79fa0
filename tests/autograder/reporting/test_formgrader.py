"""What the formgrader finds in a working folder."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from autograder.errors import CourseError
from autograder.grading.records import MetricRecord, ModelRecord
from autograder.manifest import load_manifest
from autograder.reporting.formgrader import DATABASE, lay_out
from autograder.reporting.gradebook import GradebookWriter
from autograder.reporting.model_notebook import MODEL_CELL
from autograder.reporting.nbgrader_tools import load_nbgrader_config
from tests.autograder.reporting.books import ASSIGNMENT, Books

RNN = load_manifest().assignment("rnn_video")


def model(student: str, score: float) -> ModelRecord:
    assert RNN.model is not None
    measured = (MetricRecord(name="error_px", value=4.2, score=score),)
    return ModelRecord(
        key="k", notes=("A <b>note</b>.",), student=student, status="graded", score=score,
        max_score=RNN.model.max_points, metrics=measured,
    )  # fmt: skip


def test_it_is_told_where_all_is(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    books.hand_in("anna", "An answer.")
    books.enter("anna")
    assert RNN.model is not None
    books.writer.enter_models(RNN, RNN.model, [model("anna", 4)], {})
    secret = "postgresql://course:secret@host/name"
    folder = lay_out(books.writer)
    monkeypatch.setenv(DATABASE, secret)
    config = load_nbgrader_config(folder)
    assert config.CourseDirectory.db_url == secret
    assert "secret" not in (folder / "nbgrader_config.py").read_text()
    assert config.CourseDirectory.autograded_directory == str(books.work / "autograded")
    assert config.GradedExecution.runs == str(books.work / "runs")
    assert config.HTMLExporter.sanitize_html is True, "the course's own settings hold"
    source = Path(config.CourseDirectory.source_directory)
    assert sorted(path.name for path in source.iterdir()) == [ASSIGNMENT, "rnn_video_model"]
    assert (source / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").is_file()
    assert lay_out(books.writer) == folder


def test_without_a_gradebook_it_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="There is no gradebook"):
        lay_out(GradebookWriter(load_manifest(), tmp_path / "none"))


def test_a_model_is_shown_and_a_persons_points_count(books: Books) -> None:
    assert RNN.model is not None
    name = "rnn_video_model"
    books.writer.enter_models(RNN, RNN.model, [model("anna", 4)], {})
    path = books.work / "autograded" / "anna" / name / "my_model.ipynb"
    nb = nbformat.read(path, as_version=4)
    nbformat.validate(nb)
    assert "4.2 px" in nb.cells[0].source and "&lt;b&gt;" in nb.cells[0].source
    assert nb.cells[1].metadata.nbgrader.grade_id == MODEL_CELL
    entered = books.writer.entered(name)["anna"]
    assert (entered.score, entered.open_points) == (4, 0)
    with books.gradebook() as gradebook:
        where = (MODEL_CELL, "my_model", name, "anna")
        gradebook.find_grade(*where).manual_score = 5.5
        gradebook.find_comment(*where).manual_comment = "Seen."
    # The same model again: nothing to decide. Another one: a person has to look again.
    books.writer.enter_models(RNN, RNN.model, [model("anna", 4)], {})
    entered = books.writer.entered(name)["anna"]
    assert (entered.score, entered.open_points) == (5.5, 0)
    assert list(entered.comments.values()) == ["Seen."]
    books.writer.enter_models(RNN, RNN.model, [model("anna", 2)], {})
    entered = books.writer.entered(name)["anna"]
    assert (entered.score, entered.open_points) == (5.5, RNN.model.max_points)


def test_a_gradebook_from_before_comments_gets_them(books: Books) -> None:
    assert RNN.model is not None
    books.work.mkdir()
    with books.gradebook() as gradebook:
        gradebook.add_assignment("rnn_video_model")
        gradebook.add_notebook("my_model", "rnn_video_model")
        gradebook.add_grade_cell(
            MODEL_CELL, "my_model", "rnn_video_model", max_score=6, cell_type="code"
        )
        gradebook.add_student("anna")
        gradebook.add_submission("rnn_video_model", "anna")
    books.writer.enter_models(RNN, RNN.model, [model("anna", 4)], {})
    with books.gradebook() as gradebook:
        assert gradebook.find_comment(MODEL_CELL, "my_model", "rnn_video_model", "anna")
    assert json.loads((books.work / "autograded/anna/rnn_video_model/my_model.ipynb").read_text())
