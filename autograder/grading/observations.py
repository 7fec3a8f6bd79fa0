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
from poselab.checks.runner import LARGEST_RESULT, Observation

MOST_LINES = 1000
"""Lines of code whose work is told apart."""

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


def sanitise_observation(observation: Observation) -> Observation:
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
