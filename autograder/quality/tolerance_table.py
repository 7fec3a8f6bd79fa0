"""The certified tolerances as a committed table that a person and a test can read."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from pathlib import Path
from string import Template

from autograder.errors import CourseError
from autograder.exercises.catalogue import definition_of
from autograder.manifest import Assignment, Manifest
from autograder.quality.tolerances import SEEDS, Certificate

SAME_WITHIN = 3.0
"""How far a measurement may go beyond a stored number: machines round in their own way."""

NEGLIGIBLE = 1e-2
"""The fraction of a tolerance below which an error's size says nothing more."""

_HEAD = Template("""\
# Tolerances of $title

Written by `make tolerances` from $number suites (seeds $first to $last); do not edit.

An answer passes a criterion if its largest difference from the float64 reference, relative where
values exceed 1, is at most the *tolerance*. *Right answers* gives the largest difference of the
solution and its rewrites, rounded up to one digit, and whose it is. *Wrong answers* gives the
difference of the nearest answer in the bank that fails at this criterion, rounded down; `inf` is a
result that is not finite or has another shape. A star marks a criterion that no answer in the bank
fails first: there the nearest is one that fails earlier in the ladder, too.$remark

Each tolerance is at least ten times the number on its left, and at most a tenth of the number on
its right; `autograder check` and a test hold it to that.

| exercise | criterion | right answers | factor | tolerance | factor | wrong answers |
|---|---|---|---|---|---|---|
""")

_ROW = re.compile(
    r"^\| `(?P<exercise>\w+)` \| (?P<criterion>\w+) "
    r"\| (?P<error>[\d.e+-]+|inf)(?: `(?P<furthest>\w+)`)? \| [^|]+ "
    r"\| (?P<tolerance>[\d.e+-]+) \| [^|]+ "
    r"\| (?P<distance>[\d.e+-]+|inf)(?: `(?P<nearest>\w+)`)?(?P<earlier> \*)? \|$",
    re.M,
)


def table_path(manifest: Manifest, assignment: Assignment) -> Path:
    """Where an assignment's table lies."""
    return manifest.root / "docs" / "tolerances" / f"{assignment.id}.md"


def as_table(assignment: Assignment, certificates: Iterable[Certificate]) -> str:
    """The certificates as Markdown."""
    head = _HEAD.substitute(
        title=assignment.title,
        number=len(SEEDS),
        first=SEEDS[0],
        last=SEEDS[-1],
        remark=_remark(assignment),
    )
    return head + "".join(_row(rounded(certificate)) for certificate in certificates)


def read_table(path: Path) -> list[Certificate]:
    """Read what :func:`as_table` wrote.

    Args:
        path: the table's file.

    Returns:
        The certificates, rounded as they are in the table.

    Raises:
        CourseError: there is no such table.
    """
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    rows = [
        Certificate(
            exercise=row["exercise"],
            criterion=row["criterion"],
            tolerance=float(row["tolerance"]),
            error=float(row["error"]),
            furthest=row["furthest"] or "",
            distance=float(row["distance"]),
            nearest=row["nearest"] or "",
            earlier=bool(row["earlier"]),
        )
        for row in _ROW.finditer(text)
    ]
    if not rows:
        raise CourseError(f"{path.name} holds no table of tolerances; run `make tolerances`.")
    return rows


def rounded(certificate: Certificate) -> Certificate:
    """To one digit, and never to the safe side: errors upwards, distances downwards."""
    return Certificate(
        **{
            **vars(certificate),
            "error": _one_digit(certificate.error, ROUND_CEILING),
            "distance": _one_digit(certificate.distance, ROUND_FLOOR),
        }
    )


def disagreement(stored: Sequence[Certificate], measured: Sequence[Certificate]) -> str:
    """What a measurement on fewer suites refutes in a stored table; empty where it does not.

    Fewer suites can only bring smaller errors and larger distances, so that is no disagreement.
    """
    old, new = ({(c.exercise, c.criterion): c for c in table} for table in (stored, measured))
    for exercise, criterion in old.keys() ^ new.keys():
        return f"{exercise}, {criterion} is in only one of table and exercises"
    for (exercise, criterion), was in old.items():
        now = new[exercise, criterion]
        where = f"{exercise}, {criterion}"
        if was.tolerance != now.tolerance:
            return f"{where} has the tolerance {now.tolerance:g}, not {was.tolerance:g}"
        if was.earlier != now.earlier:
            return f"{where}: the bank has gained or lost answers that fail there first"
        if now.error > SAME_WITHIN * max(was.error, NEGLIGIBLE * was.tolerance):
            return f"{where}: `{now.furthest}` is off by {now.error:.0e}, not {was.error:.0e}"
        if now.distance * SAME_WITHIN < was.distance:
            return f"{where}: `{now.nearest}` is at {now.distance:.0e}, not {was.distance:.0e}"
    return ""


def _remark(assignment: Assignment) -> str:
    """How to read experiments and slow exercises, where there are any."""
    sources = {e.id: definition_of(assignment.id, e.id) for e in assignment.checked_exercises}
    sentences = []
    if any(source.reference is None for source in sources.values()):
        sentences.append(
            "Where a network or a draw has no reference, the difference is that between calls "
            "which should agree, as a fraction of what entirely different input changes."
        )
    few = {f"`{n}`": s.most_suites for n, s in sources.items() if s.most_suites < len(SEEDS)}
    if few:
        numbers = ", ".join(f"{name} on {number}" for name, number in few.items())
        sentences.append(f"Tried on fewer suites, because they are slow: {numbers}.")
    text = " ".join(sentences)
    return "\n\n" + textwrap.fill(text, 100, break_on_hyphens=False) if text else ""


def _one_digit(value: float, rounding: str) -> float:
    return float(Context(prec=1, rounding=rounding).create_decimal_from_float(value))


def _row(c: Certificate) -> str:
    right = " ".join([_number(c.error), *([f"`{c.furthest}`"] if c.furthest else [])])
    wrong = " ".join([_number(c.distance), *([f"`{c.nearest}`"] if c.nearest else [])])
    wrong += " *" if c.earlier else ""
    cells = (f"`{c.exercise}`", c.criterion, right, _factor(c.below), f"{c.tolerance:g}")
    return "| " + " | ".join((*cells, _factor(c.above), wrong)) + " |\n"


def _number(value: float) -> str:
    return "0" if value == 0 else f"{value:.0e}"


def _factor(value: float) -> str:
    if math.isinf(value):
        return "∞"
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}" if value < 10_000 else f"{value:.0e}"
