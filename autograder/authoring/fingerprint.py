"""What an executed solution's outputs derive from: they are computed anew when that changes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from autograder.fingerprints import code_structure, digest, imported_files, packages
from autograder.manifest import Assignment, Manifest, Notebook

CHECKS = "poselab.checks"
"""The package on which only the outputs of `check(...)` depend, whatever imports it."""


@dataclass(frozen=True)
class Fingerprint:
    """What the outputs of a solution notebook derive from.

    Args:
        run: the fingerprint of all that its trainings and figures depend on.
        checks: the fingerprint of what else the outputs of `check(...)` depend on.
    """

    run: str
    checks: str


def fingerprint(
    manifest: Manifest, assignment: Assignment, notebook: Notebook, nb: Any
) -> Fingerprint:
    """The fingerprint of everything that running the notebook `nb` on a CPU depends on."""
    cells = [c.source for c in nb.cells if c.cell_type == "code" and c.id != "setup"]
    content = packages(manifest, assignment)
    run = imported_files(manifest.root, cells, without=CHECKS)
    if any(name.startswith("poselab/models/") for name in run):
        # What is found by an assignment's name is imported by no statement.
        run |= {f"poselab/models/{assignment.id}.py"} & content.keys()
    judging: dict[str, Any] = {}
    if any(map(checks_something, nb.cells)):
        suites = {name for name in content if not name.endswith(".py")}
        checks = imported_files(manifest.root, cells) | _of_experiments(content, assignment)
        checks = checks - run | suites
        judging = {
            "packages": {name: content[name] for name in checks},
            "exercises": [exercise.model_dump(mode="json") for exercise in notebook.exercises],
        }
    return Fingerprint(
        digest(
            {
                "cells": [code_structure(cell) for cell in cells],
                "packages": {name: content[name] for name in run},
                "profile": manifest.profiles["cpu"][assignment.id],
                **_of_files(manifest, assignment),
            }
        ),
        digest(judging),
    )


def _of_experiments(content: Iterable[str], assignment: Assignment) -> set[str]:
    """The experiments that all assignments share, and those of this one."""
    folder = "poselab/checks/experiments/"
    shared = {name for name in content if name.startswith(folder) and name.count("/") == 3}
    return shared | {name for name in content if name.startswith(f"{folder}{assignment.id}/")}


def _of_files(manifest: Manifest, assignment: Assignment) -> dict[str, str]:
    """What lies beside the notebook when it runs."""
    folder = manifest.root / "solutions" / assignment.id
    return {name: digest((folder / name).read_bytes().hex()) for name in assignment.files}


def checks_something(cell: Any) -> bool:
    """Whether a cell calls `check(...)`."""
    return cell.cell_type == "code" and re.search(r"\bcheck\(", cell.source) is not None
