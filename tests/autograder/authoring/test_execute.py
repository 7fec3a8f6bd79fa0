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
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image, ImageChops

from autograder.authoring.execute import runner, smaller_png, tidy_outputs
from autograder.authoring.pipeline import derived_files
from autograder.errors import CourseError
from autograder.manifest import load_manifest

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

    def note(nb: Any, path: Path) -> None:
        ran.append(path.name)

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
    run_with(course, lambda nb, path: ran.append(path.name))
    assert ran == ["reading.ipynb"]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("1 / 0", r"x\.ipynb does not run: ZeroDivisionError \(division by zero\); mend x\.py"),
        ("import os; os._exit(1)", r"x\.ipynb does not run: its kernel died"),
    ],
)
def test_a_notebook_that_fails(tmp_path: Path, source: str, sentence: str) -> None:
    nb = new_notebook(cells=[new_code_cell(source)])
    with pytest.raises(CourseError, match=sentence):
        runner(tmp_path)(nb, tmp_path / "x.ipynb")
