"""Whatever lies in a folder: the notebook that was worked on is taken, or a note says why not."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import jupytext
import nbformat
import pytest

from autograder.errors import CourseError
from autograder.manifest import load_manifest
from autograder.submissions import read as reading
from autograder.submissions.find import (
    Submission,
    find_model,
    find_submissions,
    refuse_another_layout,
)
from autograder.submissions.read import REMARKS, UnreadableError, read_notebook
from autograder.submissions.repair import repair
from tests.submissions.make import grade_id, released, solved, written

MANIFEST = load_manifest()
ASSIGNMENT = MANIFEST.assignment("heatmap_2d")
NOTEBOOK = ASSIGNMENT.notebook("heatmap_2d")
NAME = "heatmap_2d.ipynb"
RELEASED = released()
OTHERS = set(MANIFEST.assignments) - {ASSIGNMENT.id}

UNTOUCHED = written(RELEASED)


def partly(*exercises: str) -> str:
    nb, answers = released(), {grade_id(cell): cell.source for cell in solved().cells}
    for cell in nb.cells:
        if grade_id(cell) in exercises:
            cell.source = answers[grade_id(cell)]
    return written(nb)


WORKED = written(solved())
ONE = partly("joint_error")
OLD = UNTOUCHED.replace("an x and a y", "one x and one y").replace("pixels.", "dots.")
WITH_NOTES = written(released()).replace("# 2D pose by heat maps", "# My 2D pose by heat maps")
SCRIPT = jupytext.writes(solved(), fmt="py:percent")
CUT = WORKED[: len(WORKED) // 2]


def find(folder: Path, files: Mapping[str, str | bytes], student: str = "ada") -> Submission:
    for name, content in files.items():
        path = folder / student / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / student).mkdir(parents=True, exist_ok=True)
    found = find_submissions(folder, ASSIGNMENT, NOTEBOOK, RELEASED, OTHERS)
    return next(one for one in found if one.student == student)


def in_folder(*files: tuple[str, str]) -> dict[str, str]:
    return {f"heatmap_2d/{name}": content for name, content in files}


@pytest.mark.parametrize(
    "other",
    [
        "heatmap_2d (1).ipynb", "heatmap_2d__20251103101112.ipynb", "Copy of heatmap_2d.ipynb",
        "heatmap_2d_final.ipynb", "heatmap_2d-2.ipynb", "heatmap_2d_backup.ipynb", "ada.ipynb",
        "deep/heatmap_2d.ipynb", "heatmap_2d.ipynb.json",
        "Heatmap 2D.IPYNB", "heatmap_2d - Kopie.ipynb",
    ],
)  # fmt: skip
@pytest.mark.parametrize("untouched", [UNTOUCHED, OLD, WITH_NOTES])
def test_an_untouched_copy_never_counts(other: str, untouched: str, tmp_path: Path) -> None:
    found = find(tmp_path, in_folder((NAME, untouched), (other, WORKED)))
    assert found.path == tmp_path / "ada/heatmap_2d" / other
    assert any(NAME in note and "no exercise is written" in note for note in found.notes)


@pytest.mark.parametrize(
    ("files", "taken", "named"),
    [
        ([(NAME, ONE), ("heatmap_2d (1).ipynb", WORKED)], NAME, "heatmap_2d (1).ipynb"),
        ([(NAME, WORKED), ("heatmap_2d (1).ipynb", WORKED)], NAME, None),
        ([(NAME, WORKED), ("heatmap_2d (1).ipynb", UNTOUCHED)], NAME, None),
        ([(NAME, UNTOUCHED), ("a.ipynb", ONE), ("b.ipynb", WORKED)], "b.ipynb", "b.ipynb"),
        (
            [(f"heatmap_2d ({n}).ipynb", content) for n, content in ((1, WORKED), (2, ONE))],
            "heatmap_2d (1).ipynb",
            "heatmap_2d (2).ipynb",
        ),
        (
            [("heatmap_2d-1.ipynb", WORKED), ("heatmap_2d-2.ipynb", WORKED)],
            "heatmap_2d-2.ipynb",
            "",
        ),
        ([("._heatmap_2d.ipynb", "\0\5\7"), ("my.ipynb", WORKED)], "my.ipynb", "my.ipynb"),
        ([(NAME, CUT), ("heatmap_2d (1).ipynb", WORKED)], "heatmap_2d (1).ipynb", NAME),
        ([(NAME, UNTOUCHED), ("heatmap_2d (1).ipynb", CUT)], "heatmap_2d (1).ipynb", NAME),
        ([(NAME, UNTOUCHED)], NAME, None),
        ([(NAME, UNTOUCHED), ("heatmap_2d.py", SCRIPT)], "heatmap_2d.py", NAME),
        ([(NAME, WORKED), ("heatmap_2d.py", SCRIPT), ("helpers.py", "x = 1")], NAME, None),
        ([("preliminaries.ipynb", WORKED), (NAME, ONE)], NAME, None),
    ],
)  # fmt: skip
def test_the_file_that_was_worked_on_counts(
    files: list[tuple[str, str]], taken: str, named: str | None, tmp_path: Path
) -> None:
    found = find(tmp_path, in_folder(*files))
    assert found.path is not None and found.path.name == taken
    assert bool(found.notes) == (named is not None), found.notes
    assert (named or "") in " ".join(found.notes)


@pytest.mark.parametrize(
    "path",
    [
        "heatmap_2d/heatmap_2d.IPYNB", "heatmap_2d/heatmap_2d.ipynb.json",
        "HEATMAP-2D/heatmap_2d.ipynb",
        "heatmap_2d/heatmap_2d.ipynb.txt",
        "heatmap_2d/heatmap_2d/heatmap_2d.ipynb", "heatmap_2d.ipynb",
        "Heatmap_2D/heatmap_2d.ipynb",
        "heatmap_2d/Heatmap_2D.ipynb", "heatmap_2d/heatmap_2d.ipynb (1)",
        "hw/heatmap_2d/x/y/ada.ipynb", "heatmap_2d (1)/heatmap_2d.ipynb", "heatmap_2d/heatmap_2d",
        "heatmap_2d",
        "heatmap_2d/heatmap_2d.json", "heatmap_2d/heatmap_2d.ipynb.ipynb",
        "week 3/heatmap_2d.ipynb",
    ],
)  # fmt: skip
def test_other_spellings_are_taken_and_said(path: str, tmp_path: Path) -> None:
    found = find(tmp_path, {path: WORKED})
    assert found.path == tmp_path / "ada" / path
    assert len(found.notes) == 1


@pytest.mark.parametrize(
    ("files", "refused"),
    [
        ({"heatmap_2d/answers.pdf": b"%PDF", "heatmap_2d/work.zip": b"PK"}, True),
        ({"heatmap_2d/heatmap_2d.html": "<p>"}, True),
        ({"notes/hello.txt": "hello"}, True),
        ({"heatmap_2d/preliminaries.ipynb": WORKED}, False),
        ({"heatmap_2d/J\udce9r\n.pdf": b"x"}, True),
        ({"heatmap_2d/helpers.py": "def joint_error(): ..."}, True),
    ],
)
def test_what_cannot_be_taken_is_named(
    files: dict[str, str | bytes], refused: bool, tmp_path: Path
) -> None:
    found = find(tmp_path, files)
    assert found.path is None and found.refused is refused
    (note,) = found.notes
    assert "was handed in" not in note and "there is only" in note and "missing" not in note
    assert note.encode() and "\n" not in note
    for name in files:
        if name.isprintable():
            assert Path(name).name in note


def test_nothing_and_other_assignments_are_nothing(tmp_path: Path) -> None:
    assert "No notebook was handed in" in find(tmp_path / "a", {}).notes[0]
    found = find(tmp_path / "b", {"rnn_video/rnn_video.ipynb": WORKED})
    assert found.path is None and not found.refused
    assert "No notebook was handed in" in found.notes[0]


def test_links_pipes_and_locked_folders_are_their_students_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(tmp_path, in_folder((NAME, WORKED)))
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/heatmap_2d").symlink_to(".")
    for student in ("pipe", "circle", "locked", "thief"):
        (tmp_path / student / "heatmap_2d").mkdir(parents=True)
    os.mkfifo(tmp_path / "pipe/heatmap_2d" / NAME)
    (tmp_path / "circle/heatmap_2d" / NAME).symlink_to(NAME)
    (tmp_path / "thief/heatmap_2d" / NAME).symlink_to(tmp_path / "ada/heatmap_2d" / NAME)
    scan = os.scandir

    def closed(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", closed)
    found = {s.student: s for s in find_submissions(tmp_path, ASSIGNMENT, NOTEBOOK, RELEASED)}
    assert set(found) == {"ada", "circle", "inner", "locked", "loop", "pipe", "thief"}
    assert found["ada"].notes == ()
    for student in ("locked", "loop", "thief"):
        assert found[student].path is None and found[student].refused, student
    assert "cannot be read (permission denied)" in found["locked"].notes[-1]
    assert "leads nowhere" in found["loop"].notes[0]
    for student in ("pipe", "circle"):
        path = found[student].path
        assert path is not None
        with pytest.raises(UnreadableError):
            read_notebook(path)
    # A link out of the folder is not taken where there is a file.
    (tmp_path / "thief/heatmap_2d/mine.ipynb").write_text(WORKED)
    thief = find_submissions(tmp_path, ASSIGNMENT, NOTEBOOK, RELEASED)[-1]
    assert thief.path is not None and thief.path.name == "mine.ipynb"


@pytest.mark.parametrize(
    "files",
    [
        ["Student One_2001_assignsubmission_file/heatmap_2d.ipynb"],
        ["submission_301/heatmap_2d.ipynb", "submission_302/heatmap_2d (1).ipynb"],
        ["12-34 - Ada L - Nov 3, 2025 1000 AM/heatmap_2d.ipynb", "index.html"],
        ["ada/attempt 1/heatmap_2d.ipynb"],
        ["ada/work.zip", "bob/work.zip"],
        ["ada/heatmap_2d/report.pdf"],
    ],
)
def test_another_layout_is_refused(files: list[str], tmp_path: Path) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(WORKED)
    with pytest.raises(CourseError) as raised:
        refuse_another_layout(tmp_path, ASSIGNMENT, OTHERS)
    assert "STUDENT/heatmap_2d/heatmap_2d.ipynb" in str(raised.value)
    assert files[0] in str(raised.value)
    # One notebook where it should be: the folder is right, and others only made a mistake.
    find(tmp_path, in_folder((NAME, WORKED)), "eve")
    refuse_another_layout(tmp_path, ASSIGNMENT, OTHERS)


def test_files_without_folders_are_named(tmp_path: Path) -> None:
    (tmp_path / "ada_101_9001_heatmap_2d.ipynb").write_text(WORKED)
    with pytest.raises(CourseError, match="Found were ada_101_9001_heatmap_2d"):
        refuse_another_layout(tmp_path, ASSIGNMENT, OTHERS)


@pytest.mark.parametrize("name", ["MY_MODEL.onnx", "my_model.ONNX", "deep/my_model.onnx"])
def test_models_are_found_by_other_spellings(name: str, tmp_path: Path) -> None:
    assignment = MANIFEST.assignment("rnn_video")
    path = tmp_path / "ada/rnn_video" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"model")
    path.with_name("._my_model.onnx").write_bytes(b"x")
    (tmp_path / "ada/rnn_video/my_model (1).onnx").write_bytes(b"model")
    found = find_model(tmp_path / "ada", assignment, "my_model.onnx")
    assert found.path is not None and found.path.read_bytes() == b"model"
    assert not found.refused


def script(fmt: str) -> str:
    nb = solved()
    for cell in nb.cells:
        cell.metadata = nbformat.NotebookNode()
    if fmt == "percent":
        return str(jupytext.writes(nb, fmt="py:percent"))
    from nbconvert import PythonExporter

    text: str = PythonExporter().from_notebook_node(nb)[0]
    return text


@pytest.mark.parametrize("fmt", ["percent", "nbconvert"])
def test_an_exported_script_is_graded_as_the_notebook(fmt: str, tmp_path: Path) -> None:
    path = tmp_path / "heatmap_2d.py"
    path.write_text(script(fmt))
    nb = read_notebook(path)
    assert "exported as a script" in nb.metadata[REMARKS][0]
    fixed = repair(nb, RELEASED, NOTEBOOK)
    assert fixed.missing == {}
    answers = {grade_id(cell): cell.source for cell in solved().cells}
    for cell in fixed.nb.cells:
        if grade_id(cell) in {exercise.id for exercise in NOTEBOOK.exercises}:
            assert cell.source.strip() == answers[grade_id(cell)].strip()


def code_of(characters: int) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": "a=1\n" * (characters // 4)}]})


def test_too_much_is_refused_in_a_sentence_before_it_is_run(tmp_path: Path) -> None:
    path = tmp_path / NAME
    cell = {"cell_type": "code", "source": "a = 1"}
    path.write_text(json.dumps({"cells": [cell] * 20_000}))
    with pytest.raises(UnreadableError, match="has 20,000 cells; the limit is 2,000"):
        read_notebook(path)
    large = {"cell_type": "code", "source": "a=1\n" * (reading.LONGEST_CODE // 4)}
    path.write_text(json.dumps({"cells": [large] * 6}))
    with pytest.raises(UnreadableError, match=r"characters of code; the limit is 1,000,000"):
        read_notebook(path)
    text = {"cell_type": "markdown", "source": "x" * (reading.MOST_TEXT + 1)}
    path.write_text(json.dumps({"cells": [text]}))
    with pytest.raises(UnreadableError, match=r"characters of text"):
        read_notebook(path)


def test_a_cell_of_19_mb_is_left_out_and_costs_no_other(tmp_path: Path) -> None:
    nb = solved()
    raw = json.loads(nbformat.writes(nb))
    raw["cells"].append(json.loads(code_of(19 << 20))["cells"][0])
    path = tmp_path / NAME
    path.write_text(json.dumps(raw))
    fixed = repair(read_notebook(path), RELEASED, NOTEBOOK)
    assert fixed.missing == {}
    assert fixed.fixed == (
        f"Cell {len(raw['cells'])} has 19,922,944 characters of code and was left out; "
        "the limit is 200,000.",
    )


def test_a_script_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "heatmap_2d.py"
    path.write_text("a=1\n" * 300_000)
    with pytest.raises(UnreadableError, match=r"1,200,000 characters of code"):
        read_notebook(path)


def test_the_platforms_time_is_no_file_of_the_students(tmp_path: Path) -> None:
    time = {"heatmap_2d/timestamp.txt": "2026-10-03 20:05:00 UTC"}
    found = find(tmp_path, {**time, "heatmap_2d/answers.pdf": b"%PDF"})
    assert found.refused and "timestamp" not in found.notes[0]
    (tmp_path / "other").mkdir()
    found = find(tmp_path / "other", time)
    assert not found.refused and found.notes[0].startswith("No notebook was handed in")
