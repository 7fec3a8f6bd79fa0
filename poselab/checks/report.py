"""A verdict as a person reads it: as HTML in a notebook, as text elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby

from poselab.checks.judge import CriterionResult, Verdict

_CELL = "padding:2px 10px 2px 0; text-align:left; vertical-align:top;"
_PASSED, _FAILED, _NOT_JUDGED = "#1f7ac4", "#c75300", "#757575"
"""Blue, vermilion and grey: told apart by everyone, and legible on white and on black."""

_NOTE = f'style="margin:4px 0; color:{_NOT_JUDGED};"'
_MOST_LINES = 20
_MOST_CHARACTERS = 2000


@dataclass(frozen=True)
class Aside:
    """What a student's notebook says beside a verdict. Empty is left out.

    Args:
        so_far: the points of the notebook's exercises so far, a sentence.
        printed: what the function printed.
        printed_by: what the call was that printed it.
        last: how to go on with the call that failed, a sentence.
        picture: what the picture below shows, a sentence.
    """

    so_far: str = ""
    printed: str = ""
    printed_by: str = ""
    last: str = ""
    picture: str = ""


NOTHING_ELSE = Aside()


def points(value: float) -> str:
    """Points as people write them: ``3``, ``2.5``."""
    return f"{value:g}"


def as_text(verdict: Verdict, aside: Aside = NOTHING_ELSE) -> str:
    """The verdict in plain lines."""
    lines = [" ".join(filter(None, (_headline(verdict), aside.so_far)))]
    lines += [
        f"  {_Look.of(row).word:6}  {row.title}{_in_brackets(row)}: {row.message}"
        for row in _rows(verdict)
    ]
    lines += filter(None, (aside.last,))
    if aside.printed:
        lines += [f"Printed {aside.printed_by}:", shortened(aside.printed)]
    return "\n".join(lines)


def as_html(verdict: Verdict, aside: Aside = NOTHING_ELSE) -> str:
    """The verdict as a small table. Everything in it that a student wrote is escaped."""
    rows = "".join(map(_row, _rows(verdict)))
    so_far = f' <span style="color:{_NOT_JUDGED};">{escape(aside.so_far)}</span>'
    return (
        f'<div><p style="margin:4px 0;"><b>{escape(_headline(verdict))}</b>'
        f"{so_far if aside.so_far else ''}</p>"
        f'<table style="border-collapse:collapse; font-size:0.95em; margin:0;">{rows}</table>'
        f"{''.join(_beside(aside))}</div>"
    )


def shortened(printed: str) -> str:
    """The beginning of what was printed, and how much more there was."""
    text = printed[:_MOST_CHARACTERS].rstrip("\n")
    lines = text.split("\n")
    if len(lines) <= _MOST_LINES and len(printed.rstrip("\n")) <= _MOST_CHARACTERS:
        return text
    return "\n".join([*lines[:_MOST_LINES], "... and more"])


def _headline(verdict: Verdict) -> str:
    if not verdict.max_score:
        return f"{verdict.exercise}: {'right' if verdict.passed else 'not yet'}."
    return f"{verdict.exercise}: {points(verdict.score)} of {points(verdict.max_score)} points."


def _beside(aside: Aside) -> Iterator[str]:
    if aside.last:
        yield f"<p {_NOTE}>{_code(aside.last)}</p>"
    if aside.printed:
        text = escape(shortened(aside.printed))
        yield (
            f'<details open><summary style="color:{_NOT_JUDGED};">Printed '
            f"{_code(aside.printed_by)}</summary>"
            f'<pre style="margin:2px 0 4px 14px;">{text}</pre></details>'
        )
    if aside.picture:
        yield f"<p {_NOTE}>{_code(aside.picture)}</p>"


def _rows(verdict: Verdict) -> Iterator[CriterionResult]:
    """The rows of the ladder: neighbours that are not judged for one reason share one."""
    for alike, group in groupby(verdict.criteria, lambda c: c.judged or c.message):
        several = list(group)
        if alike is True:
            yield from several
            continue
        yield CriterionResult(
            id=several[0].id,
            title=", ".join(criterion.title for criterion in several),
            passed=False,
            points=sum(criterion.points for criterion in several),
            max_points=sum(criterion.max_points for criterion in several),
            message=several[0].message,
            judged=False,
        )


@dataclass(frozen=True)
class _Look:
    """How a row looks. A sign and words beside the colour: not everybody sees colours.

    Messages of the rows that passed, or are not judged, begin with such words.
    """

    sign: str
    word: str
    colour: str
    word_beside: str = ""

    @classmethod
    def of(cls, row: CriterionResult) -> _Look:
        if not row.judged:
            return cls("·", "  -", _NOT_JUDGED)
        if row.passed:
            return cls("✓", "passed", _PASSED)
        return cls("✗", "FAILED", _FAILED, " not yet")


def _earned(row: CriterionResult) -> str:
    return f"{points(row.points)} of {points(row.max_points)}" if row.max_points else ""


def _in_brackets(row: CriterionResult) -> str:
    return f" ({_earned(row)})" if row.max_points else ""


def _row(row: CriterionResult) -> str:
    look = _Look.of(row)
    # What is right needs no attention, what was not judged none yet.
    stands_out = row.judged and not row.passed
    weight = "font-weight:bold; " if stands_out else ""
    edge = f"border-left:3px solid {look.colour if stands_out else 'transparent'};"
    dim = "" if stands_out else f"color:{_NOT_JUDGED}; "
    nowrap = "white-space:nowrap; " if row.judged else ""
    return (
        '<tr style="background:none;">'
        f'<td style="{edge} padding:2px 8px; text-align:left; vertical-align:top; '
        f'color:{look.colour}; {weight}white-space:nowrap;">{look.sign}{look.word_beside}</td>'
        f'<td style="{_CELL} {weight}{dim}{nowrap}">{escape(row.title)}</td>'
        f'<td style="{_CELL} {dim}white-space:nowrap;">{_earned(row)}</td>'
        f'<td style="{_CELL} {dim}">{_code(row.message)}</td>'
        "</tr>"
    )


def _code(message: str) -> str:
    """Escape a message and set what stands between backquotes as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(message))
