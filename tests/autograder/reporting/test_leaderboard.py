"""The leaderboard tells everybody how good models are, and nobody whose they are."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from autograder.exercises.graded_model import Metric
from autograder.grading.records import MetricRecord, ModelRecord, RecordStore
from autograder.manifest import load_manifest
from autograder.reporting.leaderboard import ANONYMOUS, Leaderboard, leaderboard_secret, pseudonyms

SECRET = b"secret"
ASSIGNMENT = load_manifest().assignment("rnn_video")
METRIC = Metric("error_px", lambda *_: None, (), {}, "")  # type: ignore[arg-type,return-value]


def record(student: str, error: float | None, **about: object) -> ModelRecord:
    metrics = () if error is None else (MetricRecord(name="error_px", value=error, score=1.0),)
    common = {"key": "k", "notes": (), "status": "graded", "score": 1.0, "max_score": 6.0}
    return ModelRecord(student=student, metrics=metrics, **{**common, **about})  # type: ignore[arg-type]


def called(**chosen: str) -> dict[str, str]:
    return pseudonyms(chosen, {student: student.title() for student in chosen}, "rnn_video", SECRET)


def test_the_names_on_it() -> None:
    found = called(
        anna="Turbo", ben="", cleo="anna", dora="TURBO", eve="anonymous 12", fay="Fay", gil="X1"
    )
    assert found["gil"] == "X1" and found["fay"] == "Fay"  # who wants to, is called by name
    assert found["anna"].startswith("Turbo (") and found["dora"].startswith("TURBO (")
    for student in ("ben", "cleo", "eve"):  # none, another's, one that looks like nobody's choice
        assert found[student].startswith(f"{ANONYMOUS} ")
    assert found == called(
        gil="X1", fay="Fay", eve="anonymous 12", dora="TURBO", cleo="anna", ben="", anna="Turbo"
    )


def test_a_default_name_is_stable_and_derives_from_the_secret() -> None:
    names = {"ben": "Ben"}
    first = pseudonyms({"ben": ""}, names, "rnn_video", SECRET)
    assert first == pseudonyms({"ben": ""}, names, "rnn_video", SECRET)
    assert first != pseudonyms({"ben": ""}, names, "rnn_video", b"another")
    assert first != pseudonyms({"ben": ""}, names, "heatmap_2d", SECRET)
    assert "ben" not in first["ben"].lower().removeprefix(ANONYMOUS.lower())


@given(
    st.dictionaries(
        st.text("abc", min_size=1, max_size=4), st.sampled_from(["", "a", "Ab", "ab", "c1"])
    )
)
def test_no_two_have_the_same_name(chosen: dict[str, str]) -> None:
    found = pseudonyms(chosen, {student: student for student in chosen}, "a", SECRET)
    assert len(set(found.values())) == len(chosen)


def test_the_secret_is_kept(tmp_path: Path) -> None:
    assert leaderboard_secret(tmp_path) == leaderboard_secret(tmp_path)
    assert len(leaderboard_secret(tmp_path)) == 32
    assert leaderboard_secret(tmp_path) != leaderboard_secret(tmp_path / "other")


def test_page_data_and_table(tmp_path: Path) -> None:
    board = Leaderboard(tmp_path, ASSIGNMENT)
    records = [
        record("anna", 4.0, file_bytes=1_500_000, seconds=3.21),
        record("ben", 3.0, file_bytes=2_000_000, seconds=9.5),
        record("cleo", 4.0),  # measured before sizes and seconds were
        record("dora", None, status="refused"),
    ]
    names = {"anna": "zebra", "ben": "quick", "cleo": "<b>", "dora": "none"}
    assert ASSIGNMENT.model is not None
    board.write(records, ASSIGNMENT.model, [METRIC], names)
    content = json.loads(board.data.read_text())
    assert [(row["rank"], row["pseudonym"]) for row in content["models"]] == [
        (1, "quick"),
        (2, "<b>"),
        (2, "zebra"),
    ]
    assert content["models"][0] == {
        "rank": 1, "pseudonym": "quick", "error_px": 3.0, "file_bytes": 2000000, "seconds": 9.5
    }  # fmt: skip
    page = board.page.read_text()
    assert "&lt;b&gt;" in page and "<b>" not in page and "2.00" in page and "9.50" in page
    public = page + board.data.read_text()
    assert not any(name in public for name in ("anna", "ben", "cleo", "dora"))
    with board.table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["student"], r["pseudonym"]) for r in rows] == [
        ("ben", "quick"),
        ("anna", "zebra"),
        ("cleo", "<b>"),
    ]
    assert rows[2]["file_bytes"] == "" and rows[1]["seconds"] == "3.21"
    board.write([], ASSIGNMENT.model, [METRIC], {})
    assert "No model has been measured yet." in board.page.read_text()


def test_older_records_are_read(tmp_path: Path) -> None:
    store = RecordStore(tmp_path, "my_model", ModelRecord)
    older = record("anna", 4.0).model_dump(exclude={"file_bytes", "seconds", "pseudonym"})
    store.path("anna").parent.mkdir(parents=True)
    store.path("anna").write_text(json.dumps(older))
    kept = store.kept("anna")
    assert kept is not None and (kept.file_bytes, kept.seconds, kept.pseudonym) == (None, None, "")
