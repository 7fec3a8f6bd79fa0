"""What the grader trusts of a notebook, and what it reports to the instructor.

What a function returns, the grader compares itself. What is measured beside it, in the process that
its author controls, is only believed as long as nothing in that process was tampered with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from nbformat import NotebookNode

from poselab.checks.cases import Case, Suite
from poselab.checks.judge import judge
from poselab.checks.runner import Observation

_SUSPICIOUS = {
    "inspects the course's own checks": re.compile(
        r"poselab[./]checks[./](?:judge|cases|runner|counting|foreign_device|suites)"
    ),
    "creates tensors of its own class": re.compile(
        r"__torch_(?:function|dispatch)__|\b(?:_make_(?:wrapper_)?subclass|as_subclass)\b"
    ),
}
"""What no exercise needs, as it is written. It is reported, and costs nothing."""

_MEASURED_INSIDE = {"count", "device"}
"""Kinds of cases whose observations are made by code that shares a process with the student's."""

_FOR_SIGNALS = ("signal", "setitimer", "alarm", "raise_signal", "interrupt_main")
_PASSING = {f"called `{name}`" for name in _FOR_SIGNALS}
"""What has no effect on other exercises: when their cases run, handlers set before are off."""

_BROUGHT_BACK = {"outputs"}
"""Experiments that bring back what was returned, and nothing that was found out about it."""

_COMPARED = ("values", "edge_cases")

REPORTED = "Reported to the instructor: "
"""How a note begins about something that an instructor should look at. Its author reads one of
these instead:"""

MEASURED = (
    "While your notebook was graded, its code changed something that measurements of functions "
    "rely on. Such measurements do not count then; the criteria concerned say so."
)
NOTHING_MEASURED = (
    "While your notebook was graded, its code changed something that measurements of functions "
    "rely on. No measurement was concerned, and it cost no points."
)
REACHED = (
    "While your notebook was graded, its code tried to reach something outside its own folder, "
    "such as a network address or a file. It was refused, and cost no points."
)
UNUSUAL = (
    "A cell uses parts of Python, PyTorch or the course that no exercise needs. It cost no points."
)
ONLY_PUBLISHED = (
    "`{}` returns what is expected for the cases in the notebook, but not for others like them. "
    "Only the others earn points."
)


def reported(what: str) -> str:
    """A note about something that an instructor should look at."""
    return f"{REPORTED}{what}"


def suspicions(nb: NotebookNode) -> list[str]:
    """Notes on cells that hold what no exercise needs."""
    return [
        reported(f"{describe_cell(nb, index)} {what} (`{found.group()}`).")
        for index, cell in enumerate(nb.cells)
        if cell.cell_type == "code"
        for what, pattern in _SUSPICIOUS.items()
        if (found := pattern.search(cell.source))
    ]


def passes(incident: str) -> bool:
    """Whether what was done to a process is over when the cases are: timers and signals' handlers.

    Args:
        incident: as the kernel words it.

    Returns:
        Whether it is.
    """
    return incident in _PASSING


def measured_inside(suite: Suite, case: Case) -> bool:
    """Whether a case's observation is made, not only taken down, where the student's code runs.

    An experiment is, unless it is known to bring back nothing but results.
    """
    rung = next((rung for rung in suite.criteria if rung.id == case.criterion), None)
    if rung is not None and rung.arguments_only:
        return True
    if case.kind == "experiment":
        return case.experiment not in _BROUGHT_BACK
    return case.kind in _MEASURED_INSIDE


def believed(
    suite: Suite, observations: Iterable[Observation], doubt: str, doubt_of_counts: str = ""
) -> list[Observation]:
    """What counts of the observations.

    Args:
        suite: its cases were run.
        observations: what came back.
        doubt: what was done to the process in which they were made; empty if nothing was.
        doubt_of_counts: what may have been done to the counts alone.

    Returns:
        The observations of the suite's cases; with a doubt, what was measured inside is blank and
        says why.
    """
    cases = {case.id: case for case in suite.cases}
    counted = []
    for one in observations:
        case = cases.get(one.case)
        if case is None:
            continue
        why = doubt if measured_inside(suite, case) else ""
        if case.kind == "count":
            why = why or doubt_of_counts
        counted.append(Observation(one.case, not_believed=why) if why else one)
    return counted


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
