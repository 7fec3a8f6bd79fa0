"""A notebook of two exercises that hostile cells are put into, and small limits to run it in."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.grading.execution import Run, run_notebook
from autograder.grading.records import Status
from autograder.grading.settings import Limits
from autograder.sandbox.limits import KernelLimits
from autograder.suites.drawing import draw_suite, stored_suites
from poselab.checks.judge import judge
from tests.submissions.make import grade_id, solved

needs_sandbox = pytest.mark.needs_sandbox

SEED = 3
SUITES = {name: draw_suite("heatmap_2d", name, SEED) for name in ("joint_error", "heatmap_argmax")}
FULL = {
    name: sum(criterion.points for criterion in suite.criteria) for name, suite in SUITES.items()
}
KERNEL = KernelLimits(
    memory_bytes=512 << 20, processes=32, disk_bytes=64 << 20, output_bytes=1 << 20
)
LIMITS = Limits(cell=4, total=40, kernel=KERNEL)


def notebook(*sources: str, **bodies: str) -> NotebookNode:
    """Imports, joint_error and its check; then ``sources``; then heatmap_argmax and its check."""
    cells = {grade_id(cell): cell for cell in solved(**bodies).cells}
    imports = new_code_cell(
        "import torch\nfrom torch import Tensor\nfrom jaxtyping import Bool, Float"
    )
    first = [imports, cells["joint_error"], cells["check_joint_error"]]
    last = [cells["heatmap_argmax"], cells["check_heatmap_argmax"]]
    nb: NotebookNode = new_notebook(cells=[*first, *map(new_code_cell, sources), *last])
    return nb


def run(*sources: str, limits: Limits = LIMITS, **bodies: str) -> Run:
    """Run hostile cells between two right answers, or the observations that ``bodies`` give."""
    nb = notebook(*sources, **bodies)
    return run_notebook(nb, SUITES, limits, "bubblewrap", stored_suites("heatmap_2d"))


def points(outcome: Run) -> dict[str, float]:
    """By exercise, what its observations earn."""
    return {
        name: 0.0 if name in outcome.silent else judge(suite, outcome.observations[name]).score
        for name, suite in SUITES.items()
    }


def said(outcome: Run) -> str:
    """All notes."""
    return "\n".join(outcome.notes)


def outcome_is(outcome: Run, status: Status | None) -> bool:
    """Whether a run has this status, and lost no points."""
    return outcome.status == status and points(outcome) == FULL
