"""What was observed of a student's functions, made fit to be judged and quoted.

Student code can make a kernel send what no kernel sends: halves of characters that no file can
hold, numbers with a million digits, tensors of a type that nothing compares.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import torch

from autograder.submissions.sanitise import shortened
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

_VALUES = re.compile(r"\d\.\d|\d[eE][-+]?\d|\b(?:tensor|array|bytearray)\(|(?:\d{1,20}\D{1,6}){12}")


def without_values(error: str) -> str:
    """An error as `Kind: message`, without a message that may hold the grader's inputs.

    Shapes and sizes stay, because they help. What is left out are tensors and rows of numbers, and
    numbers that are not whole.
    """
    kind, colon, message = shortened(error).partition(": ")
    if not colon or not _VALUES.search(message):
        return shortened(error)
    return f"{kind} (its message holds values and is not shown)"


def observations_within_bounds(content: bytes) -> list[Observation]:
    """Read observations that may have been written to fill the memory of who reads them.

    Args:
        content: what :func:`poselab.checks.runner.observations_as_bytes` makes, or anything else.

    Returns:
        The observations, fit to be judged and quoted.

    Raises:
        ValueError: the bytes do not have that form, or hold far more values than observations do.
    """
    head = content[8 : 8 + int.from_bytes(content[:8], "little")]
    if sum(head.count(sign) for sign in (b",", b":", b"[", b"{")) > _MOST_SIGNS:
        raise ValueError("These bytes hold more values than observations do.")
    return [_sanitise(one) for one in observations_from_bytes(content)]


def _sanitise(observation: Observation) -> Observation:
    """An observation whose tensor can be compared, and whose words and numbers can be quoted."""
    result = observation.result
    if result is not None and (result.dtype not in _ORDINARY or result.numel() > LARGEST_RESULT):
        result = None
    return replace(
        observation,
        result=result,
        returned=shortened(observation.returned),
        error=without_values(observation.error),
        line=shortened(observation.line),
        left_device=shortened(observation.left_device),
        not_believed=shortened(observation.not_believed),
        operations=_count(observation.operations),
        instructions=_count(observation.instructions),
        operations_by_line=_counts(observation.operations_by_line),
        instructions_by_line=_counts(observation.instructions_by_line),
    )


def _count(number: int) -> int:
    return max(-_LARGEST_COUNT, min(number, _LARGEST_COUNT))


def _counts(by_line: Any) -> dict[str, int]:
    lines = list(by_line.items())[:MOST_LINES]
    return {shortened(line): _count(number) for line, number in lines}
