"""Observations that were written to harm who reads them."""

from __future__ import annotations

import json

import pytest
import torch

from autograder.grading.observations import observations_within_bounds
from autograder.grading.quoting import Quotable
from poselab.checks.cases import HEADER
from poselab.checks.runner import MOST_RESULTS, Observation, observations_as_bytes


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
        observations_within_bounds(content, Quotable([]))


def test_results_are_looked_at_up_to_a_bound() -> None:
    large = torch.zeros(MOST_RESULTS // 8 - 100, dtype=torch.float64)
    results = {"first": torch.ones(2), "large": large, "too much": large, "last": torch.ones(3)}
    content = observations_as_bytes(Observation(name, one) for name, one in results.items())
    assert len(content) < MOST_RESULTS + 10_000
    read = {one.case: one.result for one in observations_within_bounds(content, Quotable([]))}
    assert {name for name, one in read.items() if one is not None} == {"first", "large", "last"}
