"""The course as a student on Colab has it: installed by the first cell, beside Colab's packages."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell
from packaging.utils import canonicalize_name

from autograder.manifest import COURSE_ROOT, load_manifest
from autograder.quality.unwritten import only_unwritten
from tests.colab.notebooks import printed, read, run, run_cells
from tests.colab.replica import frozen, packages

FOLDER = Path(os.environ["COLAB_REPLICA"]).resolve()
RELEASE = FOLDER / "release"
SETUP = next(
    cell.source
    for path in sorted(RELEASE.glob("assignments/*/*.ipynb"))
    for cell in read(path).cells
    if cell.id == "setup"
)
"""The first cell, which is the same in every notebook."""
ADDRESS = "https://example.org/pose-course"

STUDENT = sorted(path.relative_to(RELEASE) for path in RELEASE.glob("assignments/*/*.ipynb"))
SOLVED = sorted(path.relative_to(FOLDER) for path in FOLDER.glob("solutions/*/*.ipynb"))

TIMED = """\
import time

started = time.perf_counter()
get_ipython().run_cell(first_cell).raise_error()
print(f"{time.perf_counter() - started:.2f} s")"""

JUDGED = """\
import json
from poselab.checks.check import stored_suite
from poselab.checks.judge import judge
from poselab.checks.runner import run_cases

def colab_verdict(name, function):
    suite = stored_suite(name)
    verdict = judge(suite, run_cases(function, suite.cases))
    return verdict.score / verdict.max_score

def colab_wrong(*arguments, **options):
    return None

print()
print(json.dumps({name: [colab_verdict(name, globals()[name]), colab_verdict(name, colab_wrong)]
                  for name in %r}))"""
"""Appended to a solution: the verdict on each exercise, and on a function that returns nothing."""


@pytest.fixture(scope="module", autouse=True)
def hosted() -> Iterator[None]:
    """What is different on Colab, and git finds the course in a folder."""
    changes = {
        "IPYTHONDIR": str(FOLDER / "ipython"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{RELEASE.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": ADDRESS,
        "POSELAB_PROFILE": "smoke",
        "POSELAB_DATA": str(FOLDER / "data"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in changes.items():
            patch.setenv(name, value)
        patch.delenv("PYTHONPATH", raising=False)
        yield


@pytest.fixture(scope="module")
def installed() -> dict[str, Any]:
    """The packages before and after the first cell, and what it and its repetitions print."""
    before = packages()
    cells = [f"first_cell = {SETUP!r}", TIMED, "import onnx, onnxscript, onnxruntime", TIMED]
    same_kernel = run_cells(cells, FOLDER)
    new_kernel = run_cells([cells[0], TIMED], FOLDER)
    return {
        "before": before,
        "after": packages(),
        "cold": same_kernel[1],
        "again": same_kernel[3],
        "warm": new_kernel[1],
    }


def seconds(output: str) -> float:
    return float(output.split()[-2])


def test_the_first_cell_moves_nothing(installed: dict[str, Any]) -> None:
    before, after = installed["before"], installed["after"]
    moved = {name: after.get(name) for name in before if after.get(name) != before[name]}
    added = {name: after[name] for name in after if name not in before}
    print("added:", ", ".join(f"{name} {version}" for name, version in sorted(added.items())))
    assert moved == {}
    # What Colab has would not have been added there: `replica.TOUCHED` has to name it.
    assert not {canonicalize_name(name) for name in added} & {*map(canonicalize_name, frozen())}


def test_the_first_cell_is_quick_and_says_little(installed: dict[str, Any]) -> None:
    print({name: installed[name] for name in ("cold", "warm", "again")})
    assert seconds(installed["warm"]) < 1 and seconds(installed["again"]) < 1
    for output in (installed["cold"], installed["warm"]):
        assert output.startswith("The course is installed.")
        assert "Runtime > Change runtime type" in output
        assert output.count("\n") <= 2


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("https://no-such-host.invalid/course", "RuntimeError: There is no network"),
        (f"{ADDRESS}-moved", "RuntimeError: Tell your instructor"),
    ],
)
def test_what_cannot_be_installed_is_told(
    installed: dict[str, Any], address: str, says: str
) -> None:
    (output,) = run_cells([SETUP.replace(ADDRESS, address)], FOLDER, allow_errors=True)
    assert output.startswith(says)


@pytest.mark.parametrize("path", STUDENT, ids=str)
def test_an_untouched_notebook(installed: dict[str, Any], path: Path, tmp_path: Path) -> None:
    folder = shutil.copytree((RELEASE / path).parent, tmp_path / "copy")
    notebook = run(read(RELEASE / path), folder, allow_errors=True)
    only_unwritten(notebook, str(path))
    # The setup cell, its imports, and the data that is given do not depend on what is unwritten.
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(output.output_type == "error" for output in code[0].outputs)


@pytest.mark.parametrize("path", SOLVED, ids=str)
def test_a_solution(installed: dict[str, Any], path: Path, tmp_path: Path) -> None:
    folder = shutil.copytree((FOLDER / path).parent, tmp_path / "copy")
    notebook = read(FOLDER / path)
    assignment = load_manifest().assignment(path.parent.name)
    graded = [e.id for e in assignment.notebook(path.stem).exercises if e.points]
    notebook.cells.append(new_code_cell(JUDGED % graded))
    run(notebook, folder)
    verdicts = json.loads(printed(notebook.cells[-1]).strip().splitlines()[-1])
    assert {name: right for name, (right, _) in verdicts.items()} == dict.fromkeys(graded, 1.0)
    assert all(wrong < 0.5 for _, wrong in verdicts.values()), verdicts


@pytest.mark.parametrize("tests", ["checks", "widgets"])
def test_our_own_tests(installed: dict[str, Any], tests: str, tmp_path: Path) -> None:
    pins = tmp_path / "pins.txt"
    pins.write_text("".join(f"{name}=={version}\n" for name, version in packages().items()))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "-c", str(pins)]
    subprocess.run([*pip, "hypothesis"], check=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("IPYTHON", "MPL"))}
    subprocess.run(
        [*command, f"tests/poselab/{tests}"], cwd=COURSE_ROOT, env=environment, check=True
    )
