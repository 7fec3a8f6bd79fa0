"""Solution notebooks are run, keep their outputs, and say in a sentence what fails."""

from __future__ import annotations

import base64
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image, ImageChops

from autograder.authoring.execute import runner, smaller_png, tidy_outputs
from autograder.authoring.freshness import check_course
from autograder.authoring.pipeline import build_course, derived_files
from autograder.errors import CourseError
from autograder.manifest import load_manifest
from tests.autograder.conftest import sample_suites

Edit = Callable[[Path, str, str], None]


def outputs(root: Path) -> list[Any]:
    nb = json.loads((root / "solutions/shapes/shapes.ipynb").read_text())
    return [cell["outputs"] for cell in nb["cells"] if cell["cell_type"] == "code"]


def test_outputs_are_kept_without_progress_bars(built_once: Path) -> None:
    assert [len(output) for output in outputs(built_once)] == [0, 0, 0, 1, 1, 0, 1]
    assert outputs(built_once)[3][0]["text"] == ["checked polygon_area\n"]
    assert outputs(built_once)[4][0]["data"] == {"text/plain": ["1.0"]}
    text = (built_once / "solutions/shapes/shapes.ipynb").read_text()
    assert '"working\\n"' not in text.replace('print(\\"working', "")
    assert "iopub" not in text


def test_widgets_go_and_pictures_stay() -> None:
    widget = new_output(
        "display_data",
        {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "slider"},
    )
    picture = new_output("display_data", {"image/png": png(colours=3), "text/plain": "<Figure>"})
    parts = [new_output("stream", name="stdout", text=text) for text in ("a\n", "b\n")]
    bar = new_output("stream", name="stderr", text="50%")
    tidy = tidy_outputs([parts[0], bar, parts[1], widget, picture])
    assert [output.output_type for output in tidy] == ["stream", "display_data"]
    assert tidy[0].text == "a\nb\n"
    assert Image.open(io.BytesIO(base64.b64decode(tidy[1].data["image/png"]))).size == (64, 64)


def png(colours: int) -> str:
    """A square picture of 64 x 64 pixels, in base64."""
    draw = random.Random(0).randrange
    picture = Image.new("RGB", (64, 64))
    picture.putdata([(draw(colours), draw(colours), draw(colours)) for _ in range(64 * 64)])
    file = io.BytesIO()
    picture.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


@pytest.mark.parametrize("colours", [3, 256])
def test_pictures_become_smaller_and_stay_the_same_each_time(colours: int) -> None:
    original = png(colours)
    assert len(smaller_png(original)) < len(original)
    assert smaller_png(original) == smaller_png(original)
    seen = Image.open(io.BytesIO(base64.b64decode(smaller_png(original)))).convert("RGB")
    true = Image.open(io.BytesIO(base64.b64decode(original)))
    errors = ImageChops.difference(seen, true).getextrema()
    assert max(high for _, high in errors) <= (0 if colours == 3 else 80)


def run_with(root: Path, run: Callable[[Any, Path], None]) -> None:
    for path, content in derived_files(load_manifest(root), run, lambda _: b"suite of shapes"):
        path.write_bytes(content)


def test_only_what_changed_is_run_again(course: Path, edit: Edit) -> None:
    ran: list[str] = []

    def note(nb: Any, path: Path) -> bool:
        ran.append(path.name)
        return True

    edit(course / "solutions/shapes/shapes.py", "The unit square has", "A unit square has")
    run_with(course, note)
    assert ran == []
    assert outputs(course)[4][0]["data"] == {"text/plain": ["1.0"]}
    edit(course / "solutions/shapes/shapes.py", "polygon_area([(0, 0)", "polygon_area([(0, -1)")
    run_with(course, note)
    assert ran == ["shapes.ipynb"]


def test_a_broken_notebook_file_is_run_again(course: Path) -> None:
    (course / "solutions/shapes/reading.ipynb").write_text("{")
    ran: list[str] = []
    run_with(course, lambda nb, path: ran.append(path.name) or True)
    assert ran == ["reading.ipynb"]


def text_of(outputs: list[Any]) -> str:
    return "".join("".join(output.get("text", "")) for output in outputs)


def add_training(course: Path, edit: Edit) -> None:
    """Add a cell whose output is another each time, and the checked function's use of it."""
    edit(
        course / "solutions/shapes/shapes.py",
        "# %% [markdown]\n# The unit square",
        "# %%\nimport uuid\n\nprint(uuid.uuid4(), caption(polygon_area([])))\n\n"
        "# %% [markdown]\n# The unit square",
    )


def build(course: Path, **options: Any) -> list[str]:
    return list(build_course(load_manifest(course), sample_suites, **options))


def test_another_message_runs_the_checks_and_no_training(course: Path, edit: Edit) -> None:
    add_training(course, edit)
    build(course)
    before = outputs(course)
    assert [text_of(before[i]) for i in (3, 7)] == ["checked polygon_area\n", "checked Circle\n"]
    edit(course / "poselab/checks/__init__.py", "checked", "tried")
    parts: list[list[str]] = []
    run_with(course, lambda nb, path: parts.append([cell.source for cell in nb.cells]) or False)
    ((imports, area, check_area, circle, check_circle),) = parts
    assert "from poselab import check" in imports
    assert (area.startswith("def polygon_area"), circle.startswith("class Circle")) == (True, True)
    assert (check_area, check_circle) == ("check(polygon_area)", "check(Circle)")
    assert outputs(course) == before
    assert build(course) == ["wrote solutions/shapes/shapes.ipynb"]
    after = outputs(course)
    assert [text_of(after[i]) for i in (3, 7)] == ["tried polygon_area\n", "tried Circle\n"]
    for index in (3, 7):
        before[index] = after[index] = []
    assert after == before
    assert build(course) == []


def test_another_figure_runs_everything(course: Path, edit: Edit) -> None:
    add_training(course, edit)
    build(course)
    before = text_of(outputs(course)[4])
    edit(course / "poselab/plots.py", "area {", "an area of {")
    assert build(course) == ["wrote solutions/shapes/shapes.ipynb"]
    after = text_of(outputs(course)[4])
    assert before.endswith("area 0\n") and after.endswith("an area of 0\n")
    assert before.split()[0] != after.split()[0]


def test_a_check_keeps_its_number(course: Path, edit: Edit) -> None:
    checks = course / "poselab/checks/__init__.py"
    checks.write_text(f"{checks.read_text()}    return 1\n")
    build(course)
    before = json.loads((course / "solutions/shapes/shapes.ipynb").read_text())["cells"]
    edit(checks, "return 1", "return 2")
    build(course)
    after = json.loads((course / "solutions/shapes/shapes.ipynb").read_text())["cells"]
    assert before != after
    for cells in (before, after):
        (check,) = (cell for cell in cells if cell["id"] == "check_Circle")
        result = check["outputs"][-1]
        assert result["execution_count"] == check["execution_count"] > 3
        result["data"] = {}
        cells[[cell["id"] for cell in cells].index("check_polygon_area")] = {}
    assert before == after


DID_NOT_RUN = "did not run solutions/shapes/shapes.ipynb, which is out of date"


@pytest.mark.parametrize("options", [{"only": []}, {"only": ["shapes/reading"]}])
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("solutions/shapes/shapes.py", "(1, 1)", "(1, 2)"),
        ("poselab/plots.py", "area {", "an area of {"),
        ("poselab/checks/__init__.py", "checked", "tried"),
    ],
)
def test_a_draft_keeps_what_it_can_and_stays_stale(
    course: Path, edit: Edit, file: str, old: str, new: str, options: dict[str, list[str]]
) -> None:
    before = outputs(course)
    edit(course / file, old, new)
    written = build(course, **options)
    assert written[-1] == DID_NOT_RUN
    changed = file.startswith("solutions")
    assert ("wrote assignments/shapes/shapes.ipynb" in written) == changed
    assert outputs(course) == [[] if changed and i == 4 else o for i, o in enumerate(before)]
    assert build(course, **options) == [DID_NOT_RUN]
    with pytest.raises(CourseError, match=r"Out of date: .*solutions/shapes/shapes\.ipynb"):
        check_course(load_manifest(course), sample_suites)
    # When the change is taken back, only a run can tell what became of lost outputs.
    edit(course / file, new, old)
    stale = not file.startswith("poselab/checks")
    assert build(course, **options)[-1:] == ([DID_NOT_RUN] if stale else [])


def test_a_draft_of_a_new_course(unbuilt: Path) -> None:
    written = build(unbuilt, only=[])
    assert "wrote assignments/shapes/shapes.ipynb" in written
    assert written[-2:] == [DID_NOT_RUN.replace("shapes.", "reading."), DID_NOT_RUN]
    with pytest.raises(CourseError, match="Out of date: solutions/shapes/reading"):
        check_course(load_manifest(unbuilt), sample_suites)
    assert build(unbuilt, only=["shapes/reading"])[-1] == DID_NOT_RUN
    with pytest.raises(CourseError, match="Out of date: solutions/shapes/shapes"):
        check_course(load_manifest(unbuilt), sample_suites)


@pytest.mark.parametrize("name", ["shapes/circles", "colours/shapes", "shapes"])
def test_only_a_notebook_that_there_is(course: Path, name: str) -> None:
    with pytest.raises(CourseError, match=r"course\.toml"):
        build(course, only=[name])


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("1 / 0", r"x\.ipynb does not run: ZeroDivisionError \(division by zero\); fix x\.py"),
        ("import os; os._exit(1)", r"x\.ipynb does not run: its kernel died"),
    ],
)
def test_a_notebook_that_fails(tmp_path: Path, source: str, sentence: str) -> None:
    nb = new_notebook(cells=[new_code_cell(source)])
    with pytest.raises(CourseError, match=sentence):
        runner(tmp_path)(nb, tmp_path / "x.ipynb")


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("Kernel died before replying to kernel_info"),
        RuntimeError("Kernel didn't respond in 60 seconds"),
        TimeoutError(),
    ],
)
@pytest.mark.parametrize("failures", [1, 2])
def test_a_kernel_that_does_not_start_is_tried_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, failures: int
) -> None:
    started: list[object] = []
    start = NotebookClient.async_start_new_kernel_client

    async def fail_at_first(client: NotebookClient) -> Any:
        started.append(client)
        kernel = await start(client)
        if len(started) <= failures:
            await client._async_cleanup_kernel()
            raise error
        return kernel

    monkeypatch.setattr(NotebookClient, "async_start_new_kernel_client", fail_at_first)
    nb = new_notebook(cells=[new_code_cell("1")])
    if failures == 1:
        assert runner(tmp_path)(nb, tmp_path / "x.ipynb")
        assert nb.cells[0].outputs[0].data == {"text/plain": "1"}
    else:
        reason = str(error) or "TimeoutError"
        with pytest.raises(CourseError, match=rf"x\.ipynb was not run: .*\({reason}\)"):
            runner(tmp_path)(nb, tmp_path / "x.ipynb")
    assert len(started) == 2


def test_what_goes_wrong_later_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []

    async def fail(client: NotebookClient, *_: object, **__: object) -> None:
        started.append(client)
        client.on_cell_start(cell=None, cell_index=0)
        raise RuntimeError("a fault of nbclient's")

    monkeypatch.setattr(NotebookClient, "async_execute_cell", fail)
    with pytest.raises(RuntimeError, match="a fault"):
        runner(tmp_path)(new_notebook(cells=[new_code_cell("1")]), tmp_path / "x.ipynb")
    assert len(started) == 1
