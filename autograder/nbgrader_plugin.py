"""The preprocessor that stands in nbgrader's autograding where its own execution stood."""

from __future__ import annotations

import json
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Enum, Unicode

from autograder.files import write_atomically
from autograder.grading.execution import Limits, Sandbox
from autograder.grading.notebook import Grader, cells_digest
from autograder.manifest import load_manifest
from autograder.sandbox.choice import choose_sandbox

ENVIRONMENT = {"POSELAB_PROFILE": "smoke", "OMP_NUM_THREADS": "1"}
"""For the kernels of submissions: short trainings, and one thread, since several run at a time."""


class GradedExecution(NbGraderPreprocessor):  # type: ignore[misc]
    """Hands nbgrader the executed and scored notebook.

    ``autograder grade`` runs submissions in parallel beforehand, and their results are taken from
    its folder. A submission that was not run yet, as when somebody presses *autograde* in formgrader,
    is run now.
    """

    runs = Unicode("grading/runs", help="Where graded notebooks are kept.").tag(config=True)
    sandbox = Enum(
        ("bubblewrap", "none"), default_value="bubblewrap", help="What stands around kernels."
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Replace the sanitised submission by its graded copy."""
        about = resources["nbgrader"]
        grader = _grader(about["assignment"], about["notebook"], Path(self.runs), self.sandbox)
        if grader is None:
            return nb, resources
        kept = grader.kept(about["student"])
        if kept is None or kept.cells != cells_digest(nb):
            choose_sandbox(grader.sandbox, grader.folder, grader.manifest.root)
            grader.keep(about["student"], grader.grade(grader.prepare_notebook(nb)))
        return grader.kept_notebook(about["student"]), resources


@lru_cache(maxsize=8)
def _grader(assignment_id: str, name: str, runs: Path, sandbox: Sandbox) -> Grader | None:
    """The grader of a notebook, which knows its suites; ``None`` where nothing is graded."""
    manifest = load_manifest()
    assignment = manifest.assignment(assignment_id)
    notebook = assignment.notebook(name)
    if not notebook.graded:
        return None
    seed = run_seed(runs, assignment_id)
    return Grader(manifest, assignment, notebook, seed, Limits(), runs, ENVIRONMENT, sandbox)


def run_seed(runs: Path, assignment: str) -> int:
    """The secret seed of an assignment's grading: drawn once, kept, the same for the whole class."""
    path = runs / assignment / "seed.json"
    if path.is_file():
        return int(json.loads(path.read_text()))
    seed = secrets.randbits(31)
    write_atomically(path, json.dumps(seed).encode())
    return seed
