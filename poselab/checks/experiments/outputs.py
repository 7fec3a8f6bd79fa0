"""Experiments that look at results alone, and at what a call does to random numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from poselab.checks.experiments.networks import wake
from poselab.checks.experiments.results import stacked
from poselab.checks.registry import Calls, Subject, experiment

_SEED = 20_231_117
"""A seed that nobody would think of."""


@experiment
def outputs(subject: Subject, calls: Calls) -> Tensor:
    """The result of every call, (call, ...)."""
    if isinstance(subject, nn.Module):
        wake(subject, calls[0][0])
    with torch.no_grad():
        return stacked([subject(*args) for args in calls])


@experiment
def random_state(subject: Subject, calls: Calls) -> Tensor:
    """What each call does to PyTorch's random numbers, (call, 3), each 1 or 0.

    Whether it leaves them alone; whether they go on from the same place afterwards, wherever they
    were before; and whether they go back to where they began.
    """
    before = torch.default_generator.get_state()
    try:
        rows = [_fate_of_random_numbers(subject, args) for args in calls]
    finally:
        torch.default_generator.set_state(before)
    return torch.tensor(rows, dtype=torch.float64)


def _fate_of_random_numbers(subject: Subject, args: tuple[Any, ...]) -> tuple[bool, bool, bool]:
    kept, rewound, ends = True, True, []
    for seed in (_SEED, _SEED + 1):
        torch.default_generator.manual_seed(seed)
        start = torch.default_generator.get_state()
        # In the middle of things: there is no seed that leads here.
        torch.randn(7)
        before = torch.default_generator.get_state()
        subject(*args)
        ends.append(torch.default_generator.get_state())
        kept = kept and torch.equal(before, ends[-1])
        rewound = rewound and torch.equal(start, ends[-1])
    return kept, torch.equal(*ends), rewound
