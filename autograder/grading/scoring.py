"""From observations to points: verdicts, and the outputs that nbgrader reads its score from."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import replace

from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.grading.execution import Run
from autograder.manifest import Notebook
from autograder.submissions.labels import for_instructors
from poselab.checks.cases import Suite
from poselab.checks.comparison import Drawing, picture
from poselab.checks.judge import Verdict, judge, judge_nothing
from poselab.checks.messages import called
from poselab.checks.report import Aside, as_html, as_text, points
from poselab.checks.runner import Observation

NOTE_ID = "grader-note"

_MOST_TOLD = 200


def score(
    run: Run, notebook: Notebook, suites: Mapping[str, Suite], missing: Mapping[str, str]
) -> list[Verdict]:
    """Judge every exercise and put the verdicts into the notebook's check cells.

    Args:
        run: the executed submission; its check cells get their outputs here.
        notebook: the exercises, in order.
        suites: cases and what is expected, by exercise.
        missing: by exercise, why the submission has nothing to grade.

    Returns:
        The exercises' verdicts, in the notebook's order.
    """
    verdicts = []
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in run.nb.cells}
    for exercise in notebook.exercises:
        suite = suites[exercise.id]
        drawing: Drawing | str | None = None
        if exercise.id in missing:
            verdict = judge_nothing(suite, missing[exercise.id])
        elif exercise.id in run.silent:
            verdict = judge_nothing(suite, run.silent[exercise.id])
        else:
            observations = run.observations[exercise.id]
            verdict = judge(suite, observations)
            if exercise.id in run.unfinished:
                said = run.unfinished[exercise.id]
                verdict = _as_unfinished(suite, verdict, observations, said)
            verdict = _with_reason(verdict, run.reasons.get(exercise.id, ""))
            # Where nothing is wrong there is nothing to lay side by side.
            if verdict.score < verdict.max_score:
                drawing = _picture(suite, verdict, observations)
        _record(cells[exercise.check_id], verdict, drawing)
        verdicts.append(verdict)
    return verdicts


def _with_reason(verdict: Verdict, reason: str) -> Verdict:
    """Add what stands elsewhere in the notebook to the first criterion that fails."""
    failed = next((c for c in verdict.criteria if not c.passed), None)
    if not reason or failed is None:
        return verdict
    told = replace(failed, message=f"{failed.message} {reason}")
    return replace(verdict, criteria=tuple(told if c is failed else c for c in verdict.criteria))


def _as_unfinished(
    suite: Suite, verdict: Verdict, observations: Sequence[Observation], said: str
) -> Verdict:
    """Say of the cases that a stopped function never answered why, and nothing else."""
    answered = {observation.case for observation in observations}
    silent = {case.id: case for case in suite.cases if (case.reads or case.id) not in answered}
    criteria = (
        replace(c, message=f"{called(silent[c.case])} {said}", mistake=None)
        if not c.passed and c.case in silent
        else c
        for c in verdict.criteria
    )
    return replace(verdict, criteria=tuple(criteria))


def add_notes(nb: NotebookNode, notes: Sequence[str], about: str = "") -> None:
    """Put the grader's remarks on the whole submission above its first cell.

    Args:
        nb: the notebook; changed in place.
        notes: the remarks.
        about: what ran, in a sentence.
    """
    if not notes and not about:
        return
    lines = "\n".join(f"* {_as_markdown(note)}" for note in notes)
    parts = ["**From the grader**", _as_markdown(about), lines]
    cell = for_instructors("\n\n".join(part for part in parts if part), NOTE_ID, about)
    nb.cells.insert(0, cell)


def _as_markdown(note: str) -> str:
    # Notes quote what students wrote. Markdown would run their HTML; code spans stay as they are.
    return html.escape(note, quote=False)


def _picture(
    suite: Suite, verdict: Verdict, observations: Sequence[Observation]
) -> Drawing | str | None:
    """The target beside what came back; or why that cannot be drawn."""
    try:
        return picture(suite, verdict, observations)
    except Exception as error:  # numbers that no axis can hold choose which
        why = " ".join(f"{type(error).__name__}: {error}".split())[:_MOST_TOLD]
        return f"The target beside yours cannot be drawn ({why})."


def _record(cell: NotebookNode, verdict: Verdict, drawing: Drawing | str | None) -> None:
    """nbgrader's rule: an execute_result that is a number is the cell's score."""
    aside = Aside(picture=drawing.words if isinstance(drawing, Drawing) else "")
    shown = {"text/html": as_html(verdict, aside), "text/plain": as_text(verdict, aside)}
    cell.outputs = [new_output("display_data", data=shown)]
    if isinstance(drawing, str):
        cell.outputs.append(new_output("display_data", data={"text/plain": drawing}))
    elif drawing is not None:
        data, metadata = drawing.data(), drawing.metadata()
        cell.outputs.append(new_output("display_data", data=data, metadata=metadata))
    result = {"text/plain": points(verdict.score)}
    cell.outputs.append(new_output("execute_result", data=result, execution_count=1))
    cell.execution_count = 1
