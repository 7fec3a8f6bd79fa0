"""What was observed of a student's functions, made fit to be judged and quoted.

Student code can make a kernel send what no kernel sends: halves of characters that no file can
hold, numbers with a million digits, tensors of a type that nothing compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch

from autograder.grading.quoting import Quotable
from autograder.sandbox.channel import signs_in
from poselab.checks.runner import LARGEST_RESULT, MOST_LINES, Observation, observations_from_bytes

_MOST_SIGNS = 200_000
"""Signs in the head of what a kernel sends back that may each begin a value. Each value takes up
to 240 bytes, however short it is written."""

_LARGEST_COUNT = 1 << 53

_ORDINARY = {
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.uint8,
    torch.bool,
    torch.complex64,
    torch.complex128,
}


def observations_within_bounds(content: bytes, quotable: Quotable) -> list[Observation]:
    """Read observations that may have been written to fill the memory of who reads them.

    Args:
        content: what :func:`poselab.checks.runner.observations_as_bytes` makes, or anything else.
        quotable: what may be quoted of their words.

    Returns:
        The observations, fit to be judged and quoted.

    Raises:
        ValueError: the bytes do not have that form, or hold far more values than observations do.
    """
    head = content[8 : 8 + int.from_bytes(content[:8], "little")]
    if signs_in(head) > _MOST_SIGNS:
        raise ValueError("These bytes hold more values than observations do.")
    return [_sanitise(one, quotable) for one in observations_from_bytes(content)]


def _sanitise(observation: Observation, quotable: Quotable) -> Observation:
    """An observation whose tensor can be compared, and whose words and numbers can be quoted."""
    result = observation.result
    if result is not None and (result.dtype not in _ORDINARY or result.numel() > LARGEST_RESULT):
        result = None
    return replace(
        observation,
        result=result,
        returned=quotable.words(observation.returned),
        error=quotable.error(observation.error),
        line=quotable.line(observation.line),
        unwritten=quotable.words(observation.unwritten),
        left_device=quotable.words(observation.left_device),
        not_believed="",
        operations=_count(observation.operations),
        instructions=_count(observation.instructions),
        operations_by_line=_counts(observation.operations_by_line, quotable),
        instructions_by_line=_counts(observation.instructions_by_line, quotable),
    )


def _count(number: int) -> int:
    return max(-_LARGEST_COUNT, min(number, _LARGEST_COUNT))


def _counts(by_line: Mapping[str, int], quotable: Quotable) -> dict[str, int]:
    lines = [(quotable.line(line), number) for line, number in [*by_line.items()][:MOST_LINES]]
    return {line: _count(number) for line, number in lines if line}
