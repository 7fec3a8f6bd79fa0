"""What an executed solution's outputs derive from: they are computed anew when that changes."""

from __future__ import annotations

import re
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
    judging: dict[str, Any] = {}
    if any(map(checks_something, nb.cells)):
        suites = {name for name in content if not name.endswith(".py")}
        checks = imported_files(manifest.root, cells) - run | suites
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
            }
        ),
        digest(judging),
    )


def checks_something(cell: Any) -> bool:
    """Whether a cell calls `check(...)`."""
    return cell.cell_type == "code" and re.search(r"\bcheck\(", cell.source) is not None
