"""The regions of a cell that students must not see, between nbgrader's markers."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.errors import CourseError

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
    """A cell's source, taken apart: the text outside all regions and the text of each region."""

    public: str
    secret: tuple[str, ...]


def split_regions(source: str, region: str) -> Parts:
    """Take `source` apart at the markers `BEGIN region` and `END region`.

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
        elif ends:
            inside = False
        else:
            (secret[-1] if inside else public).append(line)
    if inside:
        raise CourseError(f"the last 'BEGIN {region}' has no 'END {region}'")
    return Parts("\n".join(public), tuple("\n".join(lines) for lines in secret))
