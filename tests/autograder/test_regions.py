"""Cells are taken apart at nbgrader's markers without a line lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import CourseError
from autograder.regions import SOLUTION, split_regions

lines = st.lists(st.sampled_from(["x = 1", "    return x", "", "# why"]), max_size=4)


@given(st.lists(st.tuples(lines, lines), max_size=4), lines)
def test_every_line_is_either_public_or_secret(
    parts: list[tuple[list[str], list[str]]], rest: list[str]
) -> None:
    source: list[str] = []
    for public, secret in parts:
        source += [*public, "### BEGIN SOLUTION", *secret, "### END SOLUTION"]
    split = split_regions("\n".join([*source, *rest]), SOLUTION)
    shown = [line for public, _ in parts for line in public] + rest
    assert split.public == "\n".join(shown)
    assert split.secret == tuple("\n".join(secret) for _, secret in parts)


@pytest.mark.parametrize(
    "source",
    [
        "# BEGIN SOLUTION",
        "# END SOLUTION",
        "# BEGIN SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION",
        "# BEGIN SOLUTION\n# END SOLUTION\n# END SOLUTION",
    ],
)
def test_unbalanced_markers(source: str) -> None:
    with pytest.raises(CourseError):
        split_regions(source, SOLUTION)
