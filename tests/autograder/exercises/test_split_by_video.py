"""Wrong splits that look like others are given the right name, or none."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from autograder.suites.drawing import draw_suite
from poselab.checks.judge import Verdict, judge
from poselab.checks.runner import run_cases

Split = Callable[[Tensor, float, int], Tensor]
SEEDS = range(4)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def number(videos: int, fraction: float) -> int:
    return min(max(round(fraction * videos), 1), videos - 1)


def first_of(order: Tensor, index: Tensor, count: int) -> Tensor:
    return torch.isin(index, order[:count])


def by_video(count: Callable[[int, float], int]) -> Split:
    def split(ids: Tensor, fraction: float, seed: int) -> Tensor:
        videos, index = ids.unique(return_inverse=True)
        order = torch.randperm(len(videos), generator=generator(seed))
        return first_of(order, index, count(len(videos), fraction))

    return split


def by_order(drawn: Callable[[int, int], Tensor]) -> Split:
    def split(ids: Tensor, fraction: float, seed: int) -> Tensor:
        videos, index = ids.unique(return_inverse=True)
        return first_of(drawn(len(videos), seed), index, number(len(videos), fraction))

    return split


def kept_generators() -> Split:
    kept: dict[int, torch.Generator] = {}

    def drawn(videos: int, seed: int) -> Tensor:
        kept.setdefault(seed, generator(seed))
        return torch.randperm(videos, generator=kept[seed])

    return by_order(drawn)


def coins_up_to_a_number(ids: Tensor, fraction: float, seed: int) -> Tensor:
    chance, chosen = random.Random(seed), list[int]()
    videos = sorted(set(ids.tolist()))
    for video in videos:
        if len(chosen) < number(len(videos), fraction) and chance.random() < fraction:
            chosen.append(video)
    return torch.isin(ids, torch.tensor(chosen or videos[:1]))


def up_to_the_maximum_but_one(ids: Tensor, fraction: float, seed: int) -> Tensor:
    largest = max(int(ids.max()), 2)
    order = torch.randperm(largest, generator=generator(seed))
    return torch.isin(ids, order[: number(largest, fraction)])


def by_the_last_digits(ids: Tensor, fraction: float, seed: int) -> Tensor:
    return (ids * 7919) % 100 < 100 * fraction


def order_undone_wrongly(ids: Tensor, fraction: float, seed: int) -> Tensor:
    sorted_ids, order = ids.sort(stable=True)
    return by_video(number)(sorted_ids, fraction, seed)[order]


def exactly_a_share_of_the_clips(ids: Tensor, fraction: float, seed: int) -> Tensor:
    videos, index = ids.unique(return_inverse=True)
    place = torch.randperm(len(videos), generator=generator(seed))[index].argsort(stable=True)
    mask = torch.zeros(len(ids), dtype=torch.bool)
    mask[place[: round(fraction * len(ids))]] = True
    return mask


def all_but_one_clip_of_each(ids: Tensor, fraction: float, seed: int) -> Tensor:
    mask = by_video(number)(ids, fraction, seed)
    mask[torch.from_numpy(np.unique(ids.numpy(), return_index=True)[1])] = False
    return mask


def clips_by_the_clock(ids: Tensor, fraction: float, seed: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng().random(len(ids)) < fraction)


def table_up_to_the_maximum(ids: Tensor, fraction: float, seed: int) -> Tensor:
    videos = ids.unique()
    table = torch.zeros(int(videos.max()) + 1, dtype=torch.bool)
    order = torch.randperm(len(videos), generator=generator(seed))
    table[videos[order[: number(len(videos), fraction)]]] = True
    return table[ids]


def folds(videos: int, seed: int) -> Tensor:
    """The same order for all seeds, begun in one of two places."""
    order = torch.randperm(videos, generator=generator(0))
    return order.roll(videos // 2 * (seed % 2))


LOOK_ALIKES: dict[str, tuple[Split, str | None]] = {
    "coins_up_to_a_number": (coins_up_to_a_number, None),
    "up_to_the_maximum_but_one": (up_to_the_maximum_but_one, None),
    "by_the_last_digits": (by_the_last_digits, None),
    "order_undone_wrongly": (order_undone_wrongly, None),
    "exactly_a_share_of_the_clips": (exactly_a_share_of_the_clips, None),
    "all_but_one_clip_of_each": (all_but_one_clip_of_each, None),
    "clips_by_the_clock": (clips_by_the_clock, None),
    "table_up_to_the_maximum": (table_up_to_the_maximum, None),
    "kept_generators": (kept_generators(), None),
    "folds": (by_order(folds), None),
    "ten_seeds": (by_order(lambda n, s: torch.randperm(n, generator=generator(s % 10))), None),
    "by_the_clock": (
        by_order(lambda n, seed: torch.from_numpy(np.random.default_rng().permutation(n))),
        None,
    ),
    "per_cent": (by_video(lambda n, fraction: number(n, fraction / 100)), None),
    "one_video": (by_video(lambda n, fraction: 1), None),
    "half_of_them": (by_video(lambda n, fraction: n // 2), "fraction_ignored"),
    "int_plus_one": (by_video(lambda n, f: min(int(f * n) + 1, n - 1)), "one_video_too_many"),
    "down_without_a_bound": (by_video(lambda n, f: int(f * n)), "rounded_down"),
    "up_without_a_bound": (by_video(lambda n, f: math.ceil(f * n)), "rounded_up"),
    "trained_on_rounded_up": (
        by_video(lambda n, f: min(max(n - math.ceil((1 - f) * n), 1), n - 1)),
        "rounded_down",
    ),
}  # fmt: skip


def judged(split: Split, seed: int) -> Verdict:
    suite = draw_suite("rnn_video", "split_by_video", seed)
    return judge(suite, run_cases(split, suite.cases))


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_name_is_the_right_one_on_every_suite(name: str) -> None:
    split, expected = LOOK_ALIKES[name]
    for seed in SEEDS:
        verdict = judged(split, seed)
        failed = [c for c in verdict.criteria if c.judged and not c.passed]
        assert {c.mistake for c in failed} == {expected}, verdict


def test_a_split_that_overwrites_its_ids_loses_that_alone() -> None:
    def renumbered(ids: Tensor, fraction: float, seed: int) -> Tensor:
        ids.copy_(ids.unique(return_inverse=True)[1])
        return by_video(number)(ids, fraction, seed)

    def sorted_through_numpy(ids: Tensor, fraction: float, seed: int) -> Tensor:
        mask = by_video(number)(ids, fraction, seed)
        ids.numpy().sort()
        return mask

    for split in (renumbered, sorted_through_numpy):
        failed = [c.id for c in judged(split, 0).criteria if not c.passed]
        assert failed == ["arguments"]


def test_the_seeds_of_numpy_and_python_may_be_set() -> None:
    def seeded(videos: int, seed: int) -> Tensor:
        np.random.seed(seed)
        return torch.from_numpy(np.random.permutation(videos))

    before = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]
    verdict = judged(by_order(seeded), 0)
    assert verdict.score == verdict.max_score
    assert random.getstate() == before[0]
    assert np.random.get_state()[1].tolist() != before[1]  # type: ignore[index]
