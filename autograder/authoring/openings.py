"""What the first cell of every notebook says in the same words, with the numbers of course.toml."""

from __future__ import annotations

from autograder.manifest import Assignment, Manifest, Notebook

EFFORT = "{notebook:effort}"
"""Stands where a notebook says how hard it is, how long it takes and what it earns."""

HANDING_IN = "{notebook:handing_in}"
"""Stands where a notebook says what the grader does and what is handed in."""


def effort(assignment: Assignment, notebook: Notebook) -> str:
    """Difficulty, minutes and points, as a line of Markdown."""
    parts = [f"Difficulty: {notebook.difficulty}."] if notebook.difficulty else []
    if notebook.minutes:
        tasks = _duration(notebook.minutes)
        parts.append(f"Time: about {tasks} for the tasks; reading and trainings come on top.")
    if not notebook.graded:
        return " ".join([*parts, "Nothing here is graded."])
    points = []
    if notebook.automatic_points:
        points.append(f"{notebook.automatic_points:g} by the autograder")
    if notebook.manual_points:
        points.append(f"{notebook.manual_points:g} by hand")
    model = assignment.model
    if model and model.max_points and notebook is assignment.graded_notebooks[0]:
        points.append(f"up to {model.max_points:g} for the model that you submit")
    return " ".join([*parts, f"Points: {_listed(points)}."])


def handing_in(manifest: Manifest, assignment: Assignment, notebook: Notebook) -> str:
    """What may be changed, what the grader does differently, and what is handed in where."""
    if not notebook.graded:
        return "You hand in nothing of this notebook."
    files = [f"{each.name}.ipynb" for each in assignment.graded_notebooks]
    files += assignment.scripts
    if assignment.model and assignment.model.max_points:
        files.append(assignment.model.file)
    what = _listed([f"`{name}`" for name in files])
    together = ("under this name", "both under these names", "all under these names")[
        min(len(files), 3) - 1
    ]
    read = " People read your written answers." if notebook.questions else ""
    return (
        "You may add cells, and change those that are given. After a check that fails, "
        "`check.last` holds the call that failed, with its arguments, for experiments in a cell of "
        "your own.\n\n"
        "**When you hand in,** the grader calls what you wrote with other inputs than the "
        "`check(...)` cells do, and judges each exercise on its own, whatever became of those "
        "before it. Only your exercises and what they need are run again. Trainings and figures "
        f"stay as you left them, so save the notebook with its outputs.{read} Hand in {what}, "
        f"{together}: {manifest.course.hand_in}"
    )


def _duration(minutes: int) -> str:
    if minutes < 120:
        return f"{minutes} minutes"
    halves = round(minutes / 30)
    return f"{halves // 2} hours" if halves % 2 == 0 else f"{halves // 2} and a half hours"


def _listed(parts: list[str]) -> str:
    """As ``a``, ``a and b`` or ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
