"""The tables in README.md, written from the manifest between two markers."""

from __future__ import annotations

import re

from autograder.errors import CourseError
from autograder.manifest import Exercise, Manifest, MetricTable, Model, Notebook

BEGIN = "<!-- course table: written by `make build` from course.toml -->"
END = "<!-- end of the course table -->"


def course_table(manifest: Manifest) -> str:
    """Every assignment with its notebooks, exercises, points and minutes, as Markdown."""
    parts = []
    for assignment in manifest.assignments.values():
        points = f"{assignment.automatic_points:g} points by the autograder"
        if assignment.model and assignment.model.max_points:
            points += f", up to {assignment.model.max_points:g} for the model"
        if assignment.manual_points:
            points += f", {assignment.manual_points:g} by hand"
        rows = ["| Notebook | Exercise | Points | Minutes |", "|---|---|---:|---:|"]
        for notebook in assignment.notebooks:
            rows += _rows(assignment.id, notebook)
        parts.append(
            f"**{assignment.title}** (`{assignment.id}`, {points}). {assignment.summary}\n\n"
            + "\n".join(rows)
        )
    return "\n\n".join(parts)


def model_table(model: Model) -> str:
    """What a submitted model earns, as Markdown: values of a metric above, points below."""
    parts = []
    for table in filter(lambda table: table.points, model.metrics):
        remarks = " ".join(filter(None, (table.on_bonus, table.in_doubt)))
        parts += [_metric_table(table), remarks]
    return "\n\n".join(filter(None, parts))


def _metric_table(table: MetricTable) -> str:
    values = " | ".join(table.in_words(step.value) for step in table.points)
    points = " | ".join(f"{step.points:g}{' (bonus)' * step.bonus}" for step in table.points)
    rules = "---:|" * len(table.points)
    return f"| {table.bound} | {values} |\n|---|{rules}\n| points | {points} |"


def _rows(assignment_id: str, notebook: Notebook) -> list[str]:
    link = f"[{notebook.name}](assignments/{assignment_id}/{notebook.name}.ipynb)"
    if not notebook.tasks:
        return [f"| {link} | {notebook.title} | | |"]
    rows = []
    for task in notebook.tasks:
        remark = f"`{task.id}`" if isinstance(task, Exercise) else "by hand"
        rows.append(f"| {link} | {task.title} ({remark}) | {task.points:g} | {task.minutes} |")
        link = ""
    return [*rows, f"| | **Total** | **{notebook.points:g}** | **{notebook.minutes}** |"]


def with_course_table(text: str, manifest: Manifest) -> str:
    """`text` with the table between the markers written anew.

    Args:
        text: the text of README.md.
        manifest: the course.

    Returns:
        The text; what lies outside the markers is as it was.

    Raises:
        CourseError: the markers are not there exactly once.
    """
    pattern = re.compile(f"({re.escape(BEGIN)}\n).*?({re.escape(END)})", flags=re.DOTALL)
    table = course_table(manifest)
    new, found = pattern.subn(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", text)
    if found != 1:
        raise CourseError(
            f"README.md needs the lines '{BEGIN}' and '{END}' once, around its table."
        )
    return new
