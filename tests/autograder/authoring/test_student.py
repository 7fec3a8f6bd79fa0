"""What students get: stubs, locked checks, nothing solved, the same bytes each time."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_output
from PIL import Image

from autograder.authoring.student import student_files
from autograder.errors import CourseError
from autograder.manifest import COURSE_ROOT, load_manifest
from autograder.reporting.nbgrader_tools import load_nbgrader_config
from poselab.checks.runner import STUB


def cells(root: Path) -> dict[str, Any]:
    nb = nbformat.read(root / "assignments/shapes/shapes.ipynb", as_version=4)
    nbformat.validate(nb)
    return {cell.id: cell for cell in nb.cells}


def test_stubs(built_once: Path) -> None:
    student = cells(built_once)
    assert student["polygon_area"].source.endswith(
        '    # TODO\n    raise NotImplementedError("Write your solution here.")'
    )
    namespace: dict[str, Any] = {"math": None}
    for name, call in (("polygon_area", "polygon_area([])"), ("Circle", "Circle(1)")):
        exec(student[name].source, namespace)
        with pytest.raises(NotImplementedError):
            eval(call, namespace)
    assert student["which_shape"].source == "*Write your answer here.*"
    assert "isoperimetric" not in json.dumps(list(student.values()))


def test_checks_are_locked_and_solutions_stay(built_once: Path) -> None:
    student = cells(built_once)
    assert student["check_Circle"].metadata["editable"] is False
    assert student["check_Circle"].metadata["nbgrader"]["checksum"]
    assert student["Circle"].metadata["deletable"] is False
    assert "editable" not in student["Circle"].metadata


def test_nothing_has_been_run(built_once: Path) -> None:
    for path in (built_once / "assignments").rglob("*.ipynb"):
        nb = nbformat.read(path, as_version=4)
        assert set(nb.metadata) == {"kernelspec", "language_info"}
        for cell in nb.cells:
            assert not cell.get("outputs")
            assert cell.get("execution_count") is None
        assert "DO NOT EDIT" not in path.read_text()


def test_the_folder_holds_notebooks_and_listed_files_only(built_once: Path) -> None:
    names = sorted(path.name for path in (built_once / "assignments/shapes").iterdir())
    assert names == ["measure.py", "reading.ipynb", "shapes.ipynb"]


def test_the_same_bytes_each_time(built_once: Path) -> None:
    manifest = load_manifest(built_once)
    for name, content in student_files(manifest, manifest.assignment("shapes")):
        assert content == (built_once / "assignments/shapes" / name).read_bytes()


def tag_as_example(course: Path, outputs: list[Any]) -> None:
    path = course / "solutions/shapes/shapes.ipynb"
    nb = nbformat.read(path, as_version=4)
    (cell,) = (cell for cell in nb.cells if "working" in cell.source)
    cell.source = "# NBVAL_CHECK_OUTPUT\n" + cell.source
    cell.metadata["tags"], cell.outputs = ["example"], outputs
    nbformat.write(nb, path)


def png_of(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return b64encode(file.getvalue()).decode()


def test_an_example_is_folded_below_its_cell(course: Path) -> None:
    first, last = (png_of(Image.new("RGB", (8, 8), colour)) for colour in ("white", "black"))
    tag_as_example(course, [new_output("display_data", {"image/png": s}) for s in (first, last)])
    manifest = load_manifest(course)
    files = dict(student_files(manifest, manifest.assignment("shapes")))
    nb = nbformat.reads(files["shapes.ipynb"].decode(), as_version=4)
    nbformat.validate(nb)
    (index,) = (i for i, cell in enumerate(nb.cells) if "working" in cell.source)
    assert nb.cells[index].source.startswith("print"), "students need not know what our tests read"
    example = nb.cells[index + 1]
    assert example.id == f"{nb.cells[index].id}-example"
    assert "<summary>Example output</summary>" in example.source
    assert "(attachment:example.png)" in example.source
    assert example.attachments == {"example.png": {"image/png": last}}


def test_a_photograph_is_handed_out_as_jpeg(course: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    png = png_of(Image.fromarray(pixels).resize((256, 256)))
    tag_as_example(course, [new_output("display_data", {"image/png": png})])
    manifest = load_manifest(course)
    files = dict(student_files(manifest, manifest.assignment("shapes")))
    nb = nbformat.reads(files["shapes.ipynb"].decode(), as_version=4)
    (example,) = (cell for cell in nb.cells if cell.id.endswith("-example"))
    assert "(attachment:example.jpg)" in example.source
    jpeg = example.attachments["example.jpg"]["image/jpeg"]
    assert len(jpeg) < len(png) / 2
    with Image.open(io.BytesIO(b64decode(jpeg))) as image:
        assert (image.format, image.size) == ("JPEG", (256, 256))


def test_an_example_without_a_picture_is_refused(course: Path) -> None:
    tag_as_example(course, [new_output("stream", text="no picture")])
    manifest = load_manifest(course)
    with pytest.raises(CourseError, match=r"solutions/shapes/shapes\.py: .* has no picture\."):
        list(student_files(manifest, manifest.assignment("shapes")))


def test_listed_files_are_handed_out(course: Path, edit: Callable[[Path, str, str], None]) -> None:
    edit(course / "course.toml", '"measure.py"', '"measure.py", "area.txt"')
    manifest = load_manifest(course)
    with pytest.raises(CourseError, match=r"solutions/shapes/area\.txt is missing"):
        list(student_files(manifest, manifest.assignment("shapes")))
    (course / "solutions/shapes/area.txt").write_text("width times height")
    files = dict(student_files(manifest, manifest.assignment("shapes")))
    assert files["area.txt"] == b"width times height"


def test_a_script_has_stubs_for_its_solutions(built_once: Path) -> None:
    source = (built_once / "solutions/shapes/measure.py").read_text()
    before, rest = source.split("    ### BEGIN SOLUTION\n")
    after = rest.split("    ### END SOLUTION\n")[1]
    stub = '    # TODO\n    raise NotImplementedError("Write your solution here.")\n'
    script = built_once / "assignments/shapes/measure.py"
    assert script.read_text() == before + stub + after
    run = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert "NotImplementedError: Write your solution here." in run.stderr


DOCSTRING = '    """The length of a polygon\'s outline."""\n'
BEGIN, END = "    ### BEGIN SOLUTION\n", "    ### END SOLUTION\n"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (BEGIN, "", "the marker '### END SOLUTION' has no counterpart"),
        (END, "", "the last 'BEGIN SOLUTION' has no 'END SOLUTION'"),
        (END, BEGIN, "the marker '### BEGIN SOLUTION' has no counterpart"),
        ("    following", END + "    following", "no counterpart"),
        ("return sum(", "return = sum(", "line 10 is not Python"),
        (END, END + "    finally:\n", "line 12 is not Python"),
        ("    return sum", "    if corners:\n" + END + "        return sum", "has no counterpart"),
        ('if __name__ == "__main__":\n', 'if __name__ == "__main__":\n' + END, "no counterpart"),
        (DOCSTRING + BEGIN, BEGIN.lstrip(), "is not Python once its solutions are taken out"),
        (END, END + "    # BEGIN HIDDEN TESTS\n", "has the marker 'BEGIN HIDDEN TESTS'"),
    ],
)
def test_a_wrong_script_is_refused(
    course: Path, old: str, new: str, sentence: str, edit: Callable[[Path, str, str], None]
) -> None:
    edit(course / "solutions/shapes/measure.py", old, new)
    manifest = load_manifest(course)
    with pytest.raises(CourseError) as raised:
        list(student_files(manifest, manifest.assignment("shapes")))
    assert str(raised.value).startswith("solutions/shapes/measure.py")
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_script_without_regions_is_refused(course: Path) -> None:
    (course / "solutions/shapes/measure.py").write_text("print(12)\n")
    manifest = load_manifest(course)
    with pytest.raises(CourseError, match=r"measure\.py: there is no solution between"):
        list(student_files(manifest, manifest.assignment("shapes")))


def test_nbgraders_refusal_is_one_sentence(course: Path) -> None:
    path = course / "solutions/shapes/shapes.ipynb"
    nb = json.loads(path.read_text())
    for cell in nb["cells"]:
        if cell["id"] == "Circle":
            del cell["metadata"]["nbgrader"]
    path.write_text(json.dumps(nb))
    manifest = load_manifest(course)
    with pytest.raises(
        CourseError, match=r"nbgrader cannot make student notebooks .*non-solution cell"
    ):
        list(student_files(manifest, manifest.assignment("shapes")))


def test_nbgrader_itself_reads_the_same_configuration() -> None:
    places = load_nbgrader_config(COURSE_ROOT).CourseDirectory
    assert (places.source_directory, places.release_directory) == ("solutions", "assignments")
    steps = (places.submitted_directory, places.autograded_directory, places.feedback_directory)
    assert all(step.startswith("grading/") for step in steps)
    assert places.db_url == "sqlite:///grading/gradebook.db"
    assert "*.py" in places.ignore


def test_what_stubs_say_is_what_is_recognised() -> None:
    stub = load_nbgrader_config(COURSE_ROOT).ClearSolutions.code_stub["python"]
    assert f'raise NotImplementedError("{STUB}")' in stub
