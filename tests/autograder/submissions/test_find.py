"""Files that were damaged, by accident or on purpose: read, or refused with a sentence."""

from __future__ import annotations

import copy
import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.manifest import load_manifest
from autograder.submissions import read as reading
from autograder.submissions.find import find_script, find_submissions
from autograder.submissions.read import REMARKS, UnreadableError, read_notebook
from autograder.submissions.repair import MOST_ATTACHED, Repaired, defined_names, repair
from tests.submissions.make import grade_id, released, solved

ASSIGNMENT = load_manifest().assignment("heatmap_2d")
NOTEBOOK = ASSIGNMENT.notebook("heatmap_2d")
RELEASED = released()
SOLVED = json.dumps(solved())
IDS = [
    *(name for exercise in NOTEBOOK.exercises for name in (exercise.id, exercise.check_id)),
    *(question.id for question in NOTEBOOK.questions),
]


def read(content: bytes, folder: Path) -> NotebookNode:
    path = folder / "submission.ipynb"
    path.write_bytes(content)
    return read_notebook(path)


def fix(content: bytes | str | dict[str, Any], folder: Path) -> Repaired:
    """Read and repair, and hold the result to what everybody after that relies on."""
    if isinstance(content, dict):
        content = json.dumps(content)
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    return sound(repair(read(raw, folder), RELEASED, NOTEBOOK))


def sound(fixed: Repaired) -> Repaired:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nbformat.validate(fixed.nb)
    assert fixed.nb.metadata == RELEASED.metadata
    nbformat.writes(fixed.nb).encode()
    "".join([*fixed.fixed, *fixed.missing.values()]).encode()
    found = [grade_id(cell) for cell in fixed.nb.cells if grade_id(cell)]
    assert len(found) == len(set(found)) and set(found) <= set(IDS)
    assert set(IDS) - set(found) <= set(fixed.missing)
    for cell in fixed.nb.cells:
        if grade_id(cell).startswith("check_"):
            assert cell.source == f"check({grade_id(cell).removeprefix('check_')})"
            assert cell.cell_type == "code"
    return fixed


def index_of(raw: dict[str, Any], name: str) -> int:
    return next(i for i, c in enumerate(raw["cells"]) if grade_id(NotebookNode(c)) == name)


def cell(raw: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = raw["cells"][index_of(raw, name)]
    return found


def metadata_of_wrong_types(raw: dict[str, Any]) -> None:
    raw["metadata"] = [1]
    for number, wrong in enumerate(("x", 7, None, [], {"collapsed": 3, "tags": "a", "name": 1})):
        raw["cells"][number]["metadata"] = wrong


def labels_of_wrong_types(raw: dict[str, Any]) -> None:
    raw["cells"][0]["metadata"]["nbgrader"] = {"grade_id": ["a"], "points": {}}
    raw["cells"][1]["metadata"]["nbgrader"] = "joint_error"
    raw["cells"][2]["metadata"]["nbgrader"] = {"grade_id": 10**30}


def numbers_beyond_reason(raw: dict[str, Any]) -> None:
    raw["metadata"] = {"a": float("nan"), "b": float("inf"), "c": 10**3000}
    raw["cells"][0]["execution_count"] = 10**3000
    raw["nbformat"] = 10**3000


def labels_of_another_assignment(raw: dict[str, Any]) -> None:
    stranger = copy.deepcopy(cell(raw, "check_joint_error"))
    stranger["metadata"]["nbgrader"].update(grade_id="check_other", points=100)
    stranger.update(id="other", source="100.0")
    raw["cells"].append(stranger)


def attachments(raw: dict[str, Any]) -> None:
    answer = cell(raw, "compare_methods")
    answer["source"] = "![](attachment:a.png)"
    answer["attachments"] = {"a.png": {"image/png": "AAAA"}, "b": 7, "c": {"x": [1]}}


def fields_of_other_formats(raw: dict[str, Any]) -> None:
    for item in raw["cells"]:
        item.update(prompt_number=1, collapsed=False, language="python", attachments=None)
        item.pop("id", None)
        item["source"] = item["source"].splitlines(keepends=True)
    raw.update(nbformat=4, nbformat_minor=0, orig_nbformat=1, signature="x")


def widgets(raw: dict[str, Any]) -> None:
    raw["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": "gone"}


def newer_format(raw: dict[str, Any]) -> None:
    raw.update(nbformat=5, nbformat_minor="new")


@pytest.mark.parametrize(
    "damage",
    [
        metadata_of_wrong_types,
        labels_of_wrong_types,
        numbers_beyond_reason,
        labels_of_another_assignment,
        attachments,
        fields_of_other_formats,
        widgets,
        newer_format,
    ],
)
def test_what_no_grade_depends_on_is_put_right_in_silence(
    damage: Callable[[dict[str, Any]], None], tmp_path: Path
) -> None:
    raw = json.loads(SOLVED)
    damage(raw)
    fixed = fix(raw, tmp_path)
    assert fixed.missing == {}
    assert fixed.fixed == ()
    if damage is attachments:
        answer = next(c for c in fixed.nb.cells if grade_id(c) == "compare_methods")
        assert answer.attachments == {"a.png": {"image/png": "AAAA"}}


def test_a_cell_that_cannot_be_read_costs_no_other(tmp_path: Path) -> None:
    raw = json.loads(SOLVED)
    cell(raw, "joint_error")["source"] = 7
    raw["cells"][0] = 3
    raw["cells"][1] = {"cell_type": "code"}
    fixed = fix(raw, tmp_path)
    assert set(fixed.missing) == {"joint_error"}
    assert "Cell 1 of the file could not be read and was left out." in fixed.fixed
    assert len(fixed.fixed) == 3


def test_a_cell_of_the_wrong_type_is_code_again(tmp_path: Path) -> None:
    raw = json.loads(SOLVED)
    cell(raw, "joint_error")["cell_type"] = "markdown"
    cell(raw, "check_joint_error")["cell_type"] = "raw"
    cell(raw, "compare_methods").update(cell_type="code", outputs=[], execution_count=1)
    fixed = fix(raw, tmp_path)
    assert fixed.missing == {}
    assert [note.split(";")[0] for note in fixed.fixed] == [
        "The cell `joint_error` was a markdown cell",
        "The cell `check_joint_error` was a raw cell",
        "The cell `compare_methods` was a code cell",
    ]


def test_a_check_above_its_function_is_moved(tmp_path: Path) -> None:
    raw = json.loads(SOLVED)
    raw["cells"].insert(0, raw["cells"].pop(index_of(raw, "check_heatmap_loss")))
    fixed = fix(raw, tmp_path)
    order = [grade_id(c) for c in fixed.nb.cells]
    assert order.index("check_heatmap_loss") == order.index("heatmap_loss") + 1
    (note,) = fixed.fixed
    assert note == "The cell `check_heatmap_loss` was above `heatmap_loss`; it was moved below it."


def test_a_damaged_character_is_no_damaged_notebook(tmp_path: Path) -> None:
    content = SOLVED.encode().replace(b"Pose", b"Po\xffe", 1)
    content = content if b"\xff" in content else content.replace(b"pose", b"po\xffe", 1)
    fixed = fix(content, tmp_path)
    assert fixed.missing == {}
    assert fixed.fixed[0].startswith("The file was damaged: some characters")


def test_halves_of_characters_are_replaced(tmp_path: Path) -> None:
    raw = json.loads(SOLVED)
    cell(raw, "joint_error")["source"] += "\n# \ud83d"
    fixed = fix(raw, tmp_path)
    assert fixed.fixed == ()
    assert any("\n# ?" in c.source for c in fixed.nb.cells)


def test_encodings_without_a_mark(tmp_path: Path) -> None:
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"):
        assert fix(SOLVED.encode(encoding), tmp_path).fixed == ()


@pytest.mark.parametrize(
    "content",
    [
        b'{"cells": ' + b"[" * 200_000,
        b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"cells": null}',
        b'{"cells": {"a": 1}}',
        b'{"worksheets": 3, "nbformat": 3}',
        b'{"worksheets": [{"cells": [{"cell_type": "code"}]}], "nbformat": 2}',
        b'{"cells": [[], 3]}',
        b"\xff\xfe\x00",
        b"\x00" * 100,
        b"1" * 10_000,
        b'{"cells": [{"cell_type": "\\ud800", "source": ""}]}',
    ],
)
def test_what_cannot_be_read_says_so_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(UnreadableError) as raised:
        read(content, tmp_path)
    assert str(raised.value).encode().decode().endswith((".", ".ipynb."))


def test_a_file_too_large_to_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_FILE", 1 << 20)
    with pytest.raises(UnreadableError, match=r"is 2 MB; the limit is 1 MB: clear all outputs"):
        read(bytes(2 << 20), tmp_path)


def test_a_file_that_may_not_be_opened(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="cannot be opened"):
        read_notebook(tmp_path / "gone.ipynb")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ipynb")
    with pytest.raises(UnreadableError, match=r"pipe\.ipynb is not a file; hand in the file"):
        read_notebook(tmp_path / "pipe.ipynb")


def test_outputs_of_200_mb_are_left_behind(tmp_path: Path) -> None:
    raw = json.loads(SOLVED)
    output = {"output_type": "stream", "name": "stdout", "text": ""}
    code = next(c for c in raw["cells"] if c["cell_type"] == "code")
    code["outputs"] = [output]
    before, after = json.dumps(raw).encode().split(b'"text": ""', 1)
    content = before + b'"text": "' + b"x" * (200 << 20) + b'"' + after
    fixed = fix(content, tmp_path)
    assert fixed.fixed == ()
    assert len(nbformat.writes(fixed.nb)) < 2 << 20


def test_too_many_pictures_are_left_out_and_said_so() -> None:
    nb = solved()
    for cell in nb.cells:
        cell.pop("attachments", None)  # our own examples
    picture = new_markdown_cell("![](attachment:a)", attachments={"a": {"image/png": "A" * 1000}})
    nb.cells.append(picture)
    assert sound(repair(nb, RELEASED, NOTEBOOK)).fixed == ()
    picture.attachments["a"]["image/png"] *= MOST_ATTACHED // 1000 + 1
    (note,) = sound(repair(nb, RELEASED, NOTEBOOK)).fixed
    assert note == "The attached pictures are 16 MB and were left out; the limit is 16 MB."


@pytest.mark.parametrize(
    "source",
    [
        "\n" * 1_000_000,
        "x" * 1_000_000,
        " check(joint_error)" * 50_000,
        "-" * 100_000 + "1",
        "x" + ".a" * 100_000,
        "(" * 100_000,
        "a\0b",
        "'\\ud800'",
        "def f(: " * 100_000,
    ],
    ids=["lines", "letters", "calls", "minus", "dots", "brackets", "null", "half", "defs"],
)
def test_long_and_strange_cells_take_no_time(source: str) -> None:
    defined_names(source)
    nb = new_notebook(cells=[new_code_cell(source), new_markdown_cell(source)])
    assert sound(repair(nb, RELEASED, NOTEBOOK)).missing


def test_remarks_cannot_be_forged(tmp_path: Path) -> None:
    raw = json.loads(SOLVED)
    raw["metadata"][REMARKS] = ["Give full marks."]
    assert fix(raw, tmp_path).fixed == ()


@settings(max_examples=60)
@given(data=st.data())
def test_no_damage_to_the_file_is_too_much(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(SOLVED.encode())
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, max(0, len(content) - 1)))
        match data.draw(st.sampled_from(("flip", "cut", "insert", "delete", "end"))):
            case "flip" if content:
                content[place] ^= 1 << data.draw(st.integers(0, 7))
            case "cut":
                del content[place : place + data.draw(st.integers(1, 2000))]
            case "insert":
                content[place:place] = data.draw(st.binary(max_size=10))
            case "delete":
                del content[place : place + 1]
            case "end" if data.draw(st.booleans()):
                del content[place:]
    try:
        fixed = fix(bytes(content), tmp_path_factory.mktemp("damaged"))
    except UnreadableError as error:
        assert str(error).encode().endswith(b".")
    else:
        assert isinstance(fixed, Repaired)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60)
@given(data=st.data())
def test_no_cell_is_too_strange(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = json.loads(SOLVED)
    fields = ("cell_type", "id", "metadata", "source", "attachments", "nbgrader", "grade_id", "*")
    for _ in range(data.draw(st.integers(1, 8))):
        number = data.draw(st.integers(0, len(raw["cells"]) - 1))
        strange = raw["cells"][number]
        value = data.draw(JSON)
        match data.draw(st.sampled_from(fields)):
            case "*":
                raw["cells"][number] = value
            case _ if not isinstance(strange, dict):
                continue
            case "nbgrader" | "grade_id" as name:
                label = value if name == "nbgrader" else {name: data.draw(st.sampled_from(IDS))}
                strange["metadata"] = {"nbgrader": label}
            case name:
                strange[name] = value
    fix(raw, tmp_path_factory.mktemp("strange"))


def test_a_link_is_no_submission(tmp_path: Path) -> None:
    elsewhere = tmp_path / "solution.ipynb"
    elsewhere.write_text(SOLVED)
    for student, link in (("eve", True), ("ada", False)):
        folder = tmp_path / "submitted" / student / ASSIGNMENT.id
        folder.mkdir(parents=True)
        path = folder / f"{NOTEBOOK.name}.ipynb"
        path.symlink_to(elsewhere) if link else path.write_text(SOLVED)
    ada, eve = find_submissions(tmp_path / "submitted", ASSIGNMENT, NOTEBOOK)
    assert ada.path is not None and not ada.notes
    assert eve.path is None
    assert eve.notes == (
        "heatmap_2d.ipynb is a symbolic link that leaves your folder; hand in the file itself.",
    )


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["eval.py", "eval (1).py"], "eval.py"),
        (["eval (1).py"], "eval (1).py"),
        (["Copy of eval.py", "training.py"], "Copy of eval.py"),
        (["eval - Copy (2).py"], "eval - Copy (2).py"),
        (["training.py", "my_eval.py", "evaluate.py", "eval.txt"], None),
        (["eval (1).py", "eval (2).py"], None),
        ([], None),
    ],
)
def test_scripts_are_found_again(names: list[str], found: str | None, tmp_path: Path) -> None:
    folder = tmp_path / "ada" / ASSIGNMENT.id
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text(name)
    script = find_script(tmp_path / "ada", ASSIGNMENT, "eval.py")
    assert (script.path.name if script.path else None) == found
    assert len(script.notes) == (found != "eval.py")
    assert all("eval.py" in note and note.endswith(".") for note in script.notes)


def test_a_script_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ada" / ASSIGNMENT.id).mkdir(parents=True)
    (tmp_path / "solution.py").touch()
    for name in ("eval.py", "Copy of training.py"):
        (tmp_path / "ada" / ASSIGNMENT.id / name).symlink_to(tmp_path / "solution.py")
    for name in ("eval.py", "training.py"):
        script = find_script(tmp_path / "ada", ASSIGNMENT, name)
        assert script.path is None and script.refused
        assert "is a symbolic link that leaves your folder" in script.notes[-1]
