"""What the grader trusts of a notebook, and what it reports to the instructor."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nbformat import NotebookNode

from poselab.checks.cases import Suite
from poselab.checks.judge import judge
from poselab.checks.runner import Observation

_CALLERS = re.compile(
    r"\b(?:f_back|f_locals|tb_frame|gi_frame|currentframe|_getframe|get_referrers)\b"
)

_SUSPICIOUS = {
    "inspects the course's own checks": re.compile(
        r"poselab[./]checks[./](?:judge|cases|runner|suites)"
    ),
    "inspects its callers": _CALLERS,
    "creates tensors of its own class": re.compile(
        r"__torch_(?:function|dispatch)__|\b(?:_make_(?:wrapper_)?subclass|as_subclass)\b"
    ),
}
"""What no exercise needs, as it is written."""

_MEASURED_INSIDE = {"count", "device", "random_state", "reach", "exported"}
"""Cases and experiments that are measured by code which shares a process with the student's."""

_COMPARED = ("values", "edge_cases")


def reported(what: str) -> str:
    """A note about something that an instructor should look at."""
    return f"Reported to the instructor: {what}"


def suspicions(nb: NotebookNode) -> list[str]:
    """Notes on cells that hold what no exercise needs."""
    return [
        reported(f"{describe_cell(nb, index)} {what} (`{found.group()}`).")
        for index, cell in enumerate(nb.cells)
        if cell.cell_type == "code"
        for what, pattern in _SUSPICIOUS.items()
        if (found := pattern.search(cell.source))
    ]


def trusted_cases(nb: NotebookNode, suite: Suite) -> set[str]:
    """The cases whose observations count.

    A notebook that inspects its callers may have written into what is measured beside it.
    """
    inspects = any(c.cell_type == "code" and _CALLERS.search(c.source) for c in nb.cells)
    return {
        case.id
        for case in suite.cases
        if not (inspects and {case.kind, case.experiment} & _MEASURED_INSIDE)
    }


def missed(suite: Suite, observations: Iterable[Observation]) -> set[str]:
    """The criteria about values that the observations do not meet."""
    return {
        criterion.id
        for criterion in judge(suite, list(observations)).criteria
        if criterion.id in _COMPARED and not criterion.passed
    }


def describe_cell(nb: NotebookNode, index: int) -> str:
    """A cell as its author would find it: by its number and first line."""
    lines = [line for line in nb.cells[index].source.splitlines() if line.strip()]
    return f"cell {index + 1} (`{lines[0].strip()[:60]}`)" if lines else f"cell {index + 1}"
