"""A verdict as a person reads it: as HTML in a notebook, as text elsewhere."""

from __future__ import annotations

import re
from html import escape
from typing import TypeVar

from poselab.checks.judge import CriterionResult, Verdict

Mark = TypeVar("Mark")

_CELL = "padding:4px 10px; text-align:left; vertical-align:top;"


def points(value: float) -> str:
    """Points as people write them: ``3``, ``2.5``."""
    return f"{value:g}"


def as_text(verdict: Verdict) -> str:
    """The verdict in plain lines."""
    lines = [_headline(verdict)]
    for criterion in verdict.criteria:
        mark = _mark(criterion, "passed", "FAILED", "  -   ")
        lines.append(f"  {mark}  {criterion.title} ({_earned(criterion)}): {criterion.message}")
    return "\n".join(lines)


def as_html(verdict: Verdict) -> str:
    """The verdict as a small table. Everything in it that a student wrote is escaped."""
    rows = "".join(_row(criterion) for criterion in verdict.criteria)
    return (
        f'<div><p style="margin:4px 0;"><b>{escape(_headline(verdict))}</b></p>'
        f'<table style="border-collapse:collapse; font-size:0.95em;">{rows}</table></div>'
    )


def _headline(verdict: Verdict) -> str:
    return f"{verdict.exercise}: {points(verdict.score)} of {points(verdict.max_score)} points"


def _earned(criterion: CriterionResult) -> str:
    return f"{points(criterion.points)} of {points(criterion.max_points)}"


def _mark(criterion: CriterionResult, passed: Mark, failed: Mark, not_judged: Mark) -> Mark:
    if not criterion.judged:
        return not_judged
    return passed if criterion.passed else failed


def _row(criterion: CriterionResult) -> str:
    # A sign and a word beside the colour: not everybody tells red from green.
    passed, failed = ("✓", "passed", "#1b7837"), ("✗", "not yet", "#b2182b")
    sign, word, colour = _mark(criterion, passed, failed, ("·", "not judged", "#6e6e6e"))
    return (
        "<tr>"
        f'<td style="{_CELL} color:{colour}; white-space:nowrap;">{sign} {word}</td>'
        f'<td style="{_CELL} white-space:nowrap;">{criterion.title}</td>'
        f'<td style="{_CELL} white-space:nowrap;">{_earned(criterion)}</td>'
        f'<td style="{_CELL}">{_code(criterion.message)}</td>'
        "</tr>"
    )


def _code(message: str) -> str:
    """Escape a message and set what stands between backquotes as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(message))
