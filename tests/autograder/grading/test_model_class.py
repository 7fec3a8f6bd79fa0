"""A class hands in models, good, broken and hostile, and everybody gets what is due."""

from __future__ import annotations

import csv
import json
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nbgrader.api import Gradebook
from rich.console import Console
from typer.testing import CliRunner

from autograder.cli import app
from autograder.errors import CourseError
from autograder.exercises.graded_model import GradedModel
from autograder.grading import model as grading_model
from autograder.grading.records import ModelRecord
from autograder.grading.settings import Settings
from autograder.manifest import load_manifest
from autograder.reporting.grade import NOT_HERE, evaluate_models
from autograder.reporting.results import Results
from autograder.sandbox.doctor import why_no_sandbox
from tests.autograder.grading.held_out import GRADED
from tests.poselab.models import models

SANDBOX = "none" if why_no_sandbox() else "bubblewrap"
QUIET = Console(quiet=True)


LINK = "is a symbolic link that leaves your folder; hand in the file itself."


def exported(make: Callable[[], Any]) -> bytes:
    return make().SerializeToString()


def moved(pixels: float) -> bytes:
    """The right model, its poses so much further to the right."""
    offset = models.constant("offset", [pixels, 0.0])
    model = models.then(models.node("Add", "poses offset", "joint_pos"))
    model.graph.initializer.append(offset)
    return model.SerializeToString()


CLASS: dict[str, bytes | None] = {
    "ada": moved(-4.0),  # half a pixel off
    "bob": exported(models.model),  # 4.5 px off
    "bea": exported(models.model),  # the same
    "cleo": moved(20.0),
    "dora": exported(models.not_a_number),
    "eve_endless": exported(models.endless),
    "eve_external": exported(models.external),
    "eve_custom": exported(models.with_custom_operator),
    "eve_bomb": exported(models.bomb),
    "eve_vast": exported(models.vast_when_run),
    "eve_large": exported(models.larger_than_asked),
    "eve_pickle": pickle.dumps([1]),
    "fay_cut": exported(models.model)[:9000],
    "gil": None,
}
STATUS = {
    "ada": "graded",
    "bob": "graded",
    "bea": "graded",
    "cleo": "graded",
    "dora": "refused",
    "eve_endless": "timed_out",
    "eve_external": "refused",
    "eve_custom": "refused",
    "eve_bomb": "refused",
    "eve_vast": "out_of_memory",
    "eve_large": "refused",
    "eve_pickle": "unreadable",
    "fay_cut": "unreadable",
    "gil": "missing",
}


def lay_out(folder: Path, submissions: dict[str, bytes | None]) -> Path:
    for student, content in submissions.items():
        place = folder / student / "rnn_video"
        place.mkdir(parents=True)
        if content is not None:
            (place / "my_model.onnx").write_bytes(content)
    return folder


def run(
    submitted: Path, work: Path, known: GradedModel = GRADED, **settings: Any
) -> Results[ModelRecord]:
    chosen = {"sandbox": SANDBOX, "workers": 2, **settings}
    return evaluate_models(
        load_manifest(),
        "rnn_video",
        submitted,
        work,
        work / "results.json",
        Settings(**chosen),
        QUIET,
        known,
    )


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("class")
    lay_out(folder / "submitted", CLASS)
    (folder / "submitted" / "bob" / "rnn_video" / "pseudonym.txt").write_text("Turbo <b>\n")
    run(folder / "submitted", folder / "work")
    yield folder


@pytest.fixture(scope="module")
def records(graded: Path) -> dict[str, SimpleNamespace]:
    content = json.loads((graded / "work/results.json").read_text())
    assert (content["schema"], content["assignment"], content["clips"]) == (1, "rnn_video", 6)
    assert len(content["thresholds_px"]) == 41
    return {r["student"]: SimpleNamespace(**r) for r in content["submissions"]}


def test_everybody_has_a_status(records: dict[str, SimpleNamespace]) -> None:
    assert {student: record.status for student, record in records.items()} == STATUS


def test_points_follow_the_table(records: dict[str, SimpleNamespace]) -> None:
    scores = {s: r.score for s, r in records.items() if r.score}
    assert scores == {"ada": 7.0, "bob": 5.0, "bea": 5.0}
    assert {r.max_score for r in records.values()} == {6.0}
    assert records["ada"].error_px == pytest.approx(0.5, abs=1e-3)
    assert records["bob"].error_px == pytest.approx(4.5, abs=1e-3)
    assert records["cleo"].error_px == pytest.approx(24.5, abs=1e-3)


def test_accuracy_by_joint(records: dict[str, SimpleNamespace]) -> None:
    accuracy = records["bob"].accuracy
    assert list(accuracy) == [
        *("head", "right-wrist", "left-wrist", "right-elbow", "left-elbow"),
        *("right-shoulder", "left-shoulder"),
    ]
    for shares in accuracy.values():
        assert (shares[8], shares[10], len(shares)) == (0.0, 1.0, 41)  # 4 px, 5 px


def test_whoever_gets_nothing_is_told_why(records: dict[str, SimpleNamespace]) -> None:
    words = {
        "dora": "NaN or infinite",
        "eve_endless": "took more than",
        "eve_external": "is in another file",
        "eve_custom": "Secret of the domain my.domain",
        "eve_bomb": "does not hold that many numbers",
        "eve_vast": "2048 MB of memory",
        "eve_large": "(1000, 10, 7, 2)",
        "eve_pickle": "it is a pickle",
        "fay_cut": "it is damaged",
        "gil": "gil/rnn_video/my_model.onnx is missing",
    }
    for student, expected in words.items():
        (note,) = records[student].notes
        assert expected in note and "/etc/passwd" not in note


def test_the_leaderboard_is_sorted_and_ties_share_a_rank(graded: Path) -> None:
    rows = list(csv.DictReader((graded / "work/leaderboards/rnn_video.csv").open()))
    assert [(r["rank"], r["student"], r["error_px"], r["score"]) for r in rows] == [
        ("1", "ada", "0.50", "7"),
        ("2", "bea", "4.50", "5"),
        ("2", "bob", "4.50", "5"),
        ("4", "cleo", "24.50", "0"),
    ]
    assert all(0 <= float(row["seconds"]) < 60 for row in rows)
    assert rows[0]["file_bytes"] == str(len(CLASS["ada"] or b""))


def test_everybody_sees_pseudonyms(graded: Path) -> None:
    public = graded / "work/leaderboards/public"
    rows = json.loads((public / "rnn_video.json").read_text())["models"]
    assert [row["rank"] for row in rows] == [1, 2, 2, 4]
    called = {row["pseudonym"] for row in rows}
    assert "Turbo b" in called and sum(name.startswith("Anonymous ") for name in called) == 3
    page = (public / "rnn_video.html").read_text()
    assert not any(student in page for student in ("ada", "bob", "bea", "cleo"))
    own = (graded / "work/feedback/bob/rnn_video_model/my_model.html").read_text()
    assert "<strong>Turbo b</strong>" in own


def test_the_gradebook_and_its_export_have_the_scores(graded: Path) -> None:
    rows = list(csv.DictReader((graded / "work/grades.csv").open()))
    models_ = {r["student_id"]: r for r in rows if r["assignment"] == "rnn_video_model"}
    assert set(models_) == set(CLASS)
    assert float(models_["bob"]["score"]) == 5.0
    assert float(models_["bob"]["max_score"]) == 6.0
    assert float(models_["gil"]["score"]) == 0.0


def test_pages(graded: Path) -> None:
    def page(student: str) -> str:
        return (graded / f"work/feedback/{student}/rnn_video_model/my_model.html").read_text()

    assert "<strong>5 of 6 points</strong>." in page("bob")
    assert "data:image/png;base64,iVBOR" in page("bob")
    assert page("bob").count("✓ by your model") == 1
    assert "right-wrist" in page("bob") and "4.50 px" in page("bob")
    assert "data:image" not in page("eve_custom") and "Secret of the domain" in page("eve_custom")
    assert page("eve_custom").count("not looked at") == 9
    assert "✓ by your model" not in page("cleo")


def test_what_did_not_change_is_not_run_again(
    graded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(graded, tmp_path / "again")
    submitted, work = tmp_path / "again/submitted", tmp_path / "again/work"
    before = (work / "results.json").read_bytes()
    ran: list[int] = []
    real = grading_model.run_model

    def counted(files: Any, *others: Any) -> Any:
        ran.append(len(files))
        return real(files, *others)

    monkeypatch.setattr(grading_model, "run_model", counted)
    (work / "results.json").unlink()
    (work / "feedback/bob/rnn_video_model/my_model.html").unlink()
    run(submitted, work)
    assert ran == []
    assert (work / "results.json").read_bytes() == before
    assert (work / "feedback/bob/rnn_video_model/my_model.html").is_file()

    (submitted / "bob/rnn_video/my_model.onnx").write_bytes(moved(-4.2))
    shutil.rmtree(submitted / "cleo")
    again = {r.student: r for r in run(submitted, work).submissions}
    assert len(ran) == 1
    assert again["bob"].score == 7.0
    # Who is absent keeps what was earned, and is named.
    assert again["cleo"].notes == (NOT_HERE,)
    rows = list(csv.DictReader((work / "grades.csv").open()))
    assert [float(r["score"]) for r in rows if r["student_id"] == "bob"] == [7.0]


def test_what_a_person_enters_counts(graded: Path, tmp_path: Path) -> None:
    shutil.copytree(graded, tmp_path / "again")
    work = tmp_path / "again/work"
    with Gradebook(f"sqlite:///{work / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("model", "my_model", "rnn_video_model", "cleo")
        grade.manual_score = 1.5
        gradebook.db.commit()
    run(tmp_path / "again/submitted", work)
    rows = list(csv.DictReader((work / "grades.csv").open()))
    assert [float(r["score"]) for r in rows if r["student_id"] == "cleo"] == [1.5]


def test_our_own_failure_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted = lay_out(tmp_path / "submitted", {"ada": CLASS["ada"], "bob": CLASS["bob"]})
    real = grading_model.run_model

    def fails_for_ada(files: Any, *others: Any) -> Any:
        if CLASS["ada"] in files.values():
            raise RuntimeError("no luck")
        return real(files, *others)

    with monkeypatch.context() as patch:
        patch.setattr(grading_model, "run_model", fails_for_ada)
        first, second = run(submitted, tmp_path / "work").submissions
    assert first.status == "crashed" and second.score == 5.0
    assert first.notes == ("The grader failed (RuntimeError: no luck); grade again.",)
    assert next(iter(run(submitted, tmp_path / "work").submissions)).score == 7.0


def test_a_full_disk_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted = lay_out(tmp_path / "submitted", {"ada": CLASS["ada"]})

    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(grading_model, "run_model", full)
    with pytest.raises(OSError, match="No space left"):
        run(submitted, tmp_path / "work")


def test_files_that_are_none(tmp_path: Path) -> None:
    submitted = lay_out(
        tmp_path / "submitted", dict.fromkeys(("ada", "link", "named", "pipe", "two"))
    )
    model = CLASS["ada"]
    assert model is not None
    (submitted / "ada/rnn_video/my_model.onnx").write_bytes(model)
    (submitted / "link/rnn_video/my_model.onnx").symlink_to(
        submitted / "ada/rnn_video/my_model.onnx"
    )
    (submitted / "named/rnn_video/best.onnx").write_bytes(model)
    os.mkfifo(submitted / "pipe/rnn_video/my_model.onnx")
    (submitted / "two/rnn_video/a.onnx").write_bytes(model)
    (submitted / "two/rnn_video/b.onnx").write_bytes(moved(1.0))
    records = {r.student: r for r in run(submitted, tmp_path / "work").submissions}
    said = {student: (record.status, record.notes) for student, record in records.items()}
    assert said == {
        "ada": ("graded", ()),
        "link": (
            "unreadable",
            ("my_model.onnx is a symbolic link that leaves your folder; hand in the file itself.",),
        ),
        "named": ("graded", ("The model is called best.onnx; it was run as my_model.onnx.",)),
        "pipe": ("unreadable", ("my_model.onnx is not a file; hand in the file itself.",)),
        "two": (
            "missing",
            ("None of the models (a.onnx, b.onnx) is called my_model.onnx, so none was run.",),
        ),
    }


def test_a_machine_that_cannot_run_our_own_model_grades_nobody(
    tmp_path: Path,
) -> None:
    _, inputs, expected = GRADED.canary()
    external = CLASS["eve_external"]
    assert external is not None
    broken = replace(GRADED, canary=lambda: ({"my_model.onnx": external}, inputs, expected))
    submitted = lay_out(tmp_path / "submitted", {"ada": CLASS["ada"]})
    with pytest.raises(CourseError, match="Nothing was recorded, because on this machine even our"):
        run(submitted, tmp_path / "work", broken)
    assert not list((tmp_path / "work").rglob("my_model.*"))


def test_sentences_of_the_command(tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["evaluate", *arguments, "--work", str(tmp_path / "work")])
        assert done.exit_code == 1
        return done.output

    (tmp_path / "empty").mkdir()
    sandbox = ("--sandbox", SANDBOX)
    nowhere = said("rnn_video", "--submitted", str(tmp_path / "none"), *sandbox)
    assert "There is no folder" in nowhere
    nobody = said("rnn_video", "--submitted", str(tmp_path / "empty"), *sandbox)
    assert "submissions are laid out STUDENT/rnn_video/my_model.onnx." in nobody
