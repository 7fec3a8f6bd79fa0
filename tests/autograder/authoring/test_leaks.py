"""Whatever is smuggled into a release is found, wherever it is and however it is laid out."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.authoring.leaks import find_leaks
from autograder.authoring.release import release_files
from autograder.manifest import COURSE_ROOT, load_manifest

NOTEBOOK = "assignments/shapes/shapes.ipynb"
SOLUTION_LINE = "return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs) / 2"
SCRIPT_LINE = (
    "return sum(math.dist(here, there) for here, there in zip(corners, following, strict=True))"
)
SCHEME_LINE = "Two points for the circle with the isoperimetric inequality."
REFERENCE = '''
def unsuspicious(corners):
    """Not the reference at all."""
    (x0, y0), area = corners[0], 0.0
    for (x1, y1), (x2, y2) in pairwise(corners[1:]):
        area += ((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)) / 2
    return area
'''


@pytest.fixture
def release(built_once: Path, tmp_path: Path) -> Path:
    out = tmp_path / "release"
    for name, content in release_files(load_manifest(built_once)):
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return out


def leaks(course: Path, release: Path) -> str:
    return "\n".join(find_leaks(load_manifest(course), release))


def change_notebook(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    nb = json.loads(path.read_text())
    change({cell["id"]: cell for cell in nb["cells"]} | {"metadata": nb["metadata"]})
    path.write_text(json.dumps(nb))


def test_the_release_is_clean(built_once: Path, release: Path) -> None:
    assert leaks(built_once, release) == ""


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("poselab/areas.py", f"def f(pairs):\n    {SOLUTION_LINE}\n"),
        ("poselab/areas.py", f"# {SOLUTION_LINE}\n"),
        ("poselab/areas.json", json.dumps({"key": SOLUTION_LINE})),
        ("README.md", f"A hint: `{SOLUTION_LINE.replace(' ', '')}`"),
        ("data_stubs/scheme.py", f'SCHEME = "{SCHEME_LINE}"'),
        ("assignments/shapes/notes.txt", SCHEME_LINE),
        (
            "poselab/areas.py",
            "total = sum(\n    x1 * y2\n    - x2 * y1\n    for (x1, y1), (x2, y2) in pairs\n)\n",
        ),
        ("poselab/areas.py", REFERENCE),
        ("poselab/areas.py", "import autograder.grading\n"),
        ("poselab/areas.py", "from autograder import exams\n"),
        ("poselab/areas.py", "### END SOLUTION\n"),
        ("poselab/secret.safetensors", "tensors"),
        ("poselab/networks/weights/another.safetensors", "tensors"),
        ("poselab/areas.py", f"def f(corners, following):\n    {SCRIPT_LINE}\n"),
        ("README.md", f"A hint: `{SCRIPT_LINE}`"),
        ("assignments/shapes/measure.py", "print('solved')\n"),
    ],
)
def test_what_is_smuggled_in_is_found(
    built_once: Path, release: Path, file: str, text: str
) -> None:
    (release / file).parent.mkdir(parents=True, exist_ok=True)
    (release / file).write_text(text)
    found = leaks(built_once, release)
    assert found
    assert all(sentence.startswith(file) for sentence in found.splitlines())


def test_weights_that_students_start_from_are_no_leak(built_once: Path, release: Path) -> None:
    weights = release / "poselab/networks/weights/pose_vit_small.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_bytes((COURSE_ROOT / weights.relative_to(release)).read_bytes())
    assert leaks(built_once, release) == ""


def test_ordinary_code_is_no_leak(built_once: Path, release: Path) -> None:
    (release / "poselab/areas.py").write_text(
        "import math\n\n\ndef area(corners):\n    pairs = corners[1:]\n    return sum(pairs) / 2\n"
    )
    assert leaks(built_once, release) == ""


PNG = b64encode(b"\x89PNG\r\n and so on").decode()


def test_example_output_is_no_leak(built_once: Path, release: Path) -> None:
    pictures = {"example.png": {"image/png": PNG}}
    change_notebook(
        release / NOTEBOOK,
        lambda c: c["links"].update(id="links-example", attachments=pictures),
    )
    assert leaks(built_once, release) == ""


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "solved": (
        lambda c: c["Circle"].update(source="class Circle:\n    pi = 3\n"),
        "more than the stub in the cell Circle",
    ),
    "run": (
        lambda c: c["check_Circle"].update(
            outputs=[{"output_type": "stream", "name": "stdout", "text": "right"}]
        ),
        "an output in the cell check_Circle",
    ),
    "counted": (lambda c: c["setup"].update(execution_count=1), "an execution count"),
    "attached": (lambda c: c["which_shape"].update(attachments={"a": {}}), "an attachment"),
    "attached elsewhere": (
        lambda c: c["links"].update(attachments={"example.png": {"image/png": PNG}}),
        "an attachment in the cell links",
    ),
    "attached, and no picture": (
        lambda c: c["links"].update(
            id="links-example", attachments={"example.png": {"image/png": "c29sdXRpb24="}}
        ),
        "an attachment in the cell links-example",
    ),
    "attached, and more": (
        lambda c: c["links"].update(
            id="links-example",
            attachments={"example.png": {"image/png": PNG, "text/plain": "solution"}},
        ),
        "an attachment in the cell links-example",
    ),
    "hidden in a cell": (
        lambda c: c["links"]["metadata"].update(note=SOLUTION_LINE),
        "a line of solutions/shapes/shapes.py",
    ),
    "hidden in the notebook": (
        lambda c: c["metadata"].update(poselab={"fingerprint": "1"}),
        "the metadata ['poselab']",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_notebook_that_is_not_fresh(built_once: Path, release: Path, change: str) -> None:
    alter, sentence = CHANGES[change]
    change_notebook(release / NOTEBOOK, alter)
    assert sentence in leaks(built_once, release)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=st.text("abc \n", max_size=9), indent=st.integers(0, 9), file=st.sampled_from("abc"))
def test_a_line_is_found_at_any_place(
    built_once: Path, release: Path, before: str, indent: int, file: str
) -> None:
    path = release / "poselab" / f"{file}.py"
    path.write_text(f"{before}\n{' ' * indent}{SOLUTION_LINE}\n")
    try:
        assert path.name in leaks(built_once, release)
    finally:
        path.unlink()
