"""The contracts between the packages can be broken: a planted import is found and named."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from autograder.manifest import COURSE_ROOT

SETTINGS = tomllib.loads((COURSE_ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = {contract["name"] for contract in SETTINGS["contracts"]}

ONE_WAY = "Imports run one way: poselab <- data_stubs <- autograder"
FLOORS = "The floors of autograder, from the roof down"
ROOMS = "The rooms of poselab, from the roof down"
BESIDE_STUDENTS = "What runs beside students' code imports nothing of the autograder"
ASSIGNMENTS = "No assignment's exercises import another's"
CIRCLES = "No circles"
NO_TESTS = "Nothing imports the tests"

PLANTED = [
    ("poselab/skeletons.py", "data_stubs.rows", ONE_WAY),
    ("data_stubs/rows.py", "autograder.errors", ONE_WAY),
    ("poselab/datasets/device_dict.py", "poselab.plots.poses", ROOMS),
    ("poselab/networks/small.py", "poselab.datasets.egocap", ROOMS),
    ("autograder/suites/drawing.py", "autograder.grading.execution", FLOORS),
    ("autograder/cli.py", "autograder.nbgrader_plugin", FLOORS),
    ("autograder/a_new_room.py", "autograder.errors", FLOORS),  # it is on no floor
    ("autograder/sandbox/forkserver/linux.py", "autograder.errors", BESIDE_STUDENTS),
    ("autograder/sandbox/forkserver/linux.py", "autograder.sandbox.limits", BESIDE_STUDENTS),
    (
        "autograder/exercises/rnn_video/accuracy_curve/cases.py",
        "autograder.exercises.heatmap_2d.joint_error.cases",
        ASSIGNMENTS,
    ),
    ("poselab/datasets/device_dict.py", "poselab.datasets.egocap", CIRCLES),
    ("autograder/errors.py", "tests", NO_TESTS),
]
"""A module, what it is made to import, and the contract that this breaks."""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("packages")
    shutil.copy(COURSE_ROOT / "pyproject.toml", root)
    for package in SETTINGS["root_packages"]:
        shutil.copytree(
            COURSE_ROOT / package,
            root / package,
            ignore=lambda folder, names: {
                name for name in names if Path(name).suffix not in ("", ".py")
            },
        )
    return root


@pytest.mark.parametrize(("module", "imported", "contract"), PLANTED)
@pytest.mark.parametrize("how", ["import {}\n", "if TYPE_CHECKING:\n    import {}\n"])
def test_a_wrong_import_breaks_its_contract(
    packages: Path, module: str, imported: str, contract: str, how: str
) -> None:
    path = packages / module
    before = path.read_text() if path.exists() else None
    path.write_text(f"{before or ''}\nfrom typing import TYPE_CHECKING\n{how.format(imported)}")
    try:
        done = subprocess.run(
            [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
            cwd=packages,
            capture_output=True,
            text=True,
        )
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before)
    assert done.returncode == 1
    assert contract in re.findall("^(.*?) BROKEN", done.stdout, re.M)
    broken = done.stdout.split("Broken contracts")[1].split(contract)[1]
    importer = ".".join(Path(module).with_suffix("").parts)
    assert contract == CIRCLES or re.search(rf"^- +{importer}\b", broken, re.M)


def test_every_contract_is_tried() -> None:
    assert {contract for *_, contract in PLANTED} == CONTRACTS
