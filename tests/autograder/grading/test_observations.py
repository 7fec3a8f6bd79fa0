"""What is quoted of an error that a function raised when it met the grader's inputs."""

from __future__ import annotations

import pytest

from autograder.grading.observations import without_values
from autograder.submissions.sanitise import LONGEST_TEXT


@pytest.mark.parametrize(
    "error",
    [
        "ValueError",
        "NameError: name 'size' is not defined",
        "RuntimeError: The size of tensor a (3) must match the size of tensor b (4) at dimension 2",
        "RuntimeError: shape '[2, 3, 4, 5, 6]' is invalid for input of size 720",
        "IndexError: index 17 is out of bounds for dimension 0 with size 3",
        "KeyError: 'a'",
        "TypeError: f() takes 2 positional arguments but 3 were given",
    ],
)
def test_what_helps_is_quoted(error: str) -> None:
    assert without_values(error) == error


@pytest.mark.parametrize(
    "message",
    [
        "tensor([1, 2])",
        "saw tensor(True)",
        "[array([[0]])]",
        "it is 0.25",
        "3e-05",
        "nan 1.0",
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13",
        "[[1, 0, 2], [3, 1, 0], [2, 2, 1], [0, 1, 2], [5]]",
    ],
)
def test_values_are_not_quoted(message: str) -> None:
    told = without_values(f"ValueError: {message}")
    assert told == "ValueError (its message holds values and is not shown)"


def test_long_messages_are_cut() -> None:
    assert len(without_values("ValueError: " + "1" * 1_000_000)) == LONGEST_TEXT
