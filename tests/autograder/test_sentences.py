"""A case that tests what the notebook does not say is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.suites.sentences import require_said, visible_text
from poselab.checks.cases import Case

SOURCE = '''\
# %% [markdown]
# The peak is 1, and it stands
# at the true centre.

# %% exercise="f"
def f():
    """Pixels count from 0."""
    ### BEGIN SOLUTION
    return "the answer is 42"
    ### END SOLUTION
'''


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "n.py"
    path.write_text(SOURCE)
    return path


def case(says: str) -> Case:
    return Case("values/0", "values", "call", "f()", "", (), says=says)


@pytest.mark.parametrize("says", ["it stands at the true centre", "Pixels count from 0."])
def test_what_is_said_may_be_tested(source: Path, says: str) -> None:
    require_said([case(says)], source, Path("cases.py"))


@pytest.mark.parametrize(
    ("says", "complaint"),
    [
        ("", "values/0 tests no sentence of the notebook"),
        ("the answer is 42", "which n.py does not say"),
        ("Pixels count from 1.", "which n.py does not say"),
    ],
)
def test_what_is_not_said_is_refused(source: Path, says: str, complaint: str) -> None:
    with pytest.raises(CourseError, match=complaint):
        require_said([case(says)], source, Path("cases.py"))


def test_solutions_are_not_read_by_students(source: Path) -> None:
    assert "42" not in visible_text(source)
