"""What is quoted of an error that a function raised when it met the grader's inputs."""

from __future__ import annotations

import json

import pytest
import torch

from autograder.grading.observations import observations_within_bounds, without_values
from autograder.submissions.sanitise import LONGEST_TEXT
from poselab.checks.cases import HEADER
from poselab.checks.runner import MOST_RESULTS, Observation, observations_as_bytes


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


def as_file(metadata: object) -> bytes:
    head = json.dumps({"__metadata__": metadata}).encode()
    return len(head).to_bytes(8, "little") + head


@pytest.mark.parametrize(
    "content",
    [
        as_file({HEADER: json.dumps([[]] * 1_000_000)}),
        as_file({HEADER: "[]", **{str(number): "" for number in range(300_000)}}),
        as_file({HEADER: "[" * 300_000}),
        b"\xff" * 8 + b"[" * 1_000_000,
    ],
    ids=["values", "keys", "depth", "length"],
)
def test_a_head_that_would_fill_the_memory_is_not_read(content: bytes) -> None:
    with pytest.raises(ValueError, match="more values than observations do"):
        observations_within_bounds(content)


def test_results_are_looked_at_up_to_a_bound() -> None:
    large = torch.zeros(MOST_RESULTS // 8 - 100, dtype=torch.float64)
    results = {"first": torch.ones(2), "large": large, "too much": large, "last": torch.ones(3)}
    content = observations_as_bytes(Observation(name, one) for name, one in results.items())
    assert len(content) < MOST_RESULTS + 10_000
    read = {one.case: one.result for one in observations_within_bounds(content)}
    assert {name for name, one in read.items() if one is not None} == {"first", "large", "last"}
