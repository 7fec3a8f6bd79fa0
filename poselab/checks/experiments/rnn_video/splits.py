"""Splits of clips by video: several calls with the same clips and with other seeds."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.registry import Finding, relation
from poselab.checks.relations import demand


@relation
def whole_videos(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """All clips of a video are on the same side."""
    for (ids, *_), chosen in zip(case.args, result.bool(), strict=True):
        cut = [
            int(v) for v in ids.unique() if 0 < int(chosen[ids == v].sum()) < int((ids == v).sum())
        ]
        seen = f"Some clips of video {cut[0]} are for validation, others are not." if cut else ""
        yield demand(not cut, "videos_cut_up", seen)


@relation
def number_of_videos(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """As many videos are set aside as the fraction says, and at least one is on either side."""
    for (ids, fraction, *_), chosen in zip(case.args, result.bool(), strict=True):
        videos = len(ids.unique())
        expected = min(max(round(fraction * videos), 1), videos - 1)
        number = len(ids[chosen].unique())
        name = "wrong_number_of_videos"
        if number == 0:
            name = "nothing_set_aside"
        elif number == videos:
            name = "nothing_left_to_train_on"
        elif number == videos - expected:
            name = "complement_returned"
        elif number == int(fraction * videos):
            name = "fraction_cut_off"
        seen = f"Of {videos} videos, {number} are for validation; expected {expected}."
        yield demand(number == expected, name, seen)


@relation
def draws(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Two calls with the same seed, and many with others."""
    seen = "Two calls with the same seed set different clips aside."
    yield demand(torch.equal(result[0], result[1]), "seed_ignored", seen)
    seen = f"{len(result) - 1} seeds all set the same videos aside."
    alike = bool((result == result[:1]).all())
    yield demand(not alike, "always_the_same_videos", seen)
    seen = f"In {len(result) - 1} draws, some videos were never set aside."
    every = bool(result.bool().any(dim=0).all())
    yield demand(every, "some_videos_never_drawn", seen)
