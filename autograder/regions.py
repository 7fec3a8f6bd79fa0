"""The regions of a source that students must not see, between nbgrader's markers."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from autograder.errors import CourseError
from autograder.syntax import parse

SOLUTION = "SOLUTION"
MARK_SCHEME = "MARK SCHEME"
HIDDEN_TESTS = "HIDDEN TESTS"
MARKERS = tuple(
    f"{edge} {region}"
    for region in (SOLUTION, MARK_SCHEME, HIDDEN_TESTS)
    for edge in ("BEGIN", "END")
)


@dataclass(frozen=True)
class Parts:
    """A source, taken apart: the text outside all regions and the text of each region."""

    public: str
    secret: tuple[str, ...]


def split_regions(source: str, region: str, stub: str = "") -> Parts:
    """Take `source` apart at the markers `BEGIN region` and `END region`.

    Args:
        source: text with markers, each in a line of its own.
        region: which markers.
        stub: what the public text has in place of each region, indented like its first marker.

    Returns:
        The text outside the regions and the text of each; the markers are in neither.

    Raises:
        CourseError: a marker has no counterpart, or regions are nested.
    """
    public: list[str] = []
    secret: list[list[str]] = []
    inside = False
    for line in source.split("\n"):
        begins, ends = f"BEGIN {region}" in line, f"END {region}" in line
        if (begins and inside) or (ends and not inside):
            raise CourseError(f"the marker '{line.strip()}' has no counterpart")
        if begins:
            inside = True
            secret.append([])
            indent = line[: len(line) - len(line.lstrip())]
            public += [indent + text for text in stub.splitlines()]
        elif ends:
            inside = False
        else:
            (secret[-1] if inside else public).append(line)
    if inside:
        raise CourseError(f"the last 'BEGIN {region}' has no 'END {region}'")
    return Parts("\n".join(public), tuple("\n".join(lines) for lines in secret))


def split_solution(source: str, stub: str = "") -> tuple[Parts, ast.Module]:
    """Take Python apart at the markers of its solutions.

    Args:
        source: Python with markers, each in a line of its own.
        stub: what the public text has in place of each solution.

    Returns:
        The parts as :func:`split_regions` gives them, and the syntax tree of all of `source`.

    Raises:
        CourseError: as in :func:`split_regions`; or `source` is not Python, or has no solution.
    """
    parts = split_regions(source, SOLUTION, stub)
    try:
        tree = parse(source)
    except SyntaxError as error:
        raise CourseError(f"line {error.lineno} is not Python") from None
    if not any(text.strip() for text in parts.secret):
        raise CourseError("there is no solution between ### BEGIN SOLUTION and ### END SOLUTION")
    return parts, tree
