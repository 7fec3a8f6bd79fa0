"""Wrong answers to `split_by_video`."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.exercises.bank import Bank

BANK = Bank()


def _number(videos: int, fraction: float) -> int:
    return min(max(round(fraction * videos), 1), videos - 1)


def _order(number: int, seed: int) -> Tensor:
    return torch.randperm(number, generator=torch.Generator().manual_seed(seed))


def _set_aside(video_ids: Tensor, number: int, seed: int) -> Tensor:
    videos, index = torch.unique(video_ids, return_inverse=True)
    chosen = torch.zeros(len(videos), dtype=torch.bool)
    chosen[_order(len(videos), seed)[:number]] = True
    return chosen[index]


def _right(video_ids: Tensor, fraction: float, seed: int) -> Tensor:
    return _set_aside(video_ids, _number(len(video_ids.unique()), fraction), seed)


@BANK.mistake(
    "Clips were drawn, not videos. Clips that overlap those for validation are trained on, so the "
    "error says nothing about people that the network has not seen."
)
def videos_cut_up(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """A random split of the clips."""
    number = round(validation_fraction * len(video_ids))
    chosen = torch.zeros(len(video_ids), dtype=torch.bool)
    chosen[_order(len(video_ids), seed)[:number]] = True
    return chosen


@BANK.another("videos_cut_up")
def last_clips(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """The last clips of the file."""
    return torch.arange(len(video_ids)) >= len(video_ids) * (1 - validation_fraction)


@BANK.another("videos_cut_up")
def one_draw_for_each_clip(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """A coin for each clip."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(len(video_ids), generator=generator) < validation_fraction


@BANK.mistake(
    "The number of videos to set aside is rounded wrongly, or counted in clips. It is the "
    "fraction of the videos, to the nearest whole number."
)
def wrong_number_of_videos(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """One video too many."""
    videos = len(video_ids.unique())
    return _set_aside(video_ids, _number(videos, validation_fraction) + 1, seed)


@BANK.another("wrong_number_of_videos")
def rounded_up(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """ceil of a little more than the fraction."""
    videos = len(video_ids.unique())
    return _set_aside(video_ids, math.ceil(validation_fraction * videos + 0.01), seed)


@BANK.another("wrong_number_of_videos")
def filled_up_with_clips(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """Videos are set aside until the fraction of the clips is reached."""
    videos, counts = torch.unique(video_ids, return_counts=True)
    order = _order(len(videos), seed)
    before = counts[order].cumsum(0) - counts[order]
    number = int((before < validation_fraction * len(video_ids)).sum())
    return _set_aside(video_ids, number if number != _number(len(videos), validation_fraction)
                      else number + 1, seed)  # fmt: skip


@BANK.mistake(
    "The number of videos is truncated, not rounded: `int(2.8)` is 2.",
    fails="edge_cases",
)
def fraction_cut_off(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """int instead of round."""
    videos = len(video_ids.unique())
    # 0.3 * 10 is a little more than 3, 0.29 * 100 would be a little less than 29.
    number = min(max(int(validation_fraction * videos + 1e-9), 1), videos - 1)
    return _set_aside(video_ids, number, seed)


@BANK.mistake(
    "It is True where a clip is for training, but True means validation.",
)
def complement_returned(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """The other part."""
    return ~_right(video_ids, validation_fraction, seed)


@BANK.mistake(
    "With few videos the fraction rounds to none, and there is nothing to validate on. Set aside "
    "at least one.",
    fails="edge_cases",
)
def nothing_set_aside(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """No lower bound."""
    videos = len(video_ids.unique())
    return _set_aside(video_ids, min(round(validation_fraction * videos), videos - 1), seed)


@BANK.mistake(
    "With few videos the fraction rounds to all, and there is nothing left to train on. Leave at "
    "least one.",
    fails="edge_cases",
)
def nothing_left_to_train_on(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """No upper bound."""
    videos = len(video_ids.unique())
    return _set_aside(video_ids, max(round(validation_fraction * videos), 1), seed)


@BANK.mistake(
    "`seed` has no effect, so nobody can repeat your split. Draw with a generator that is seeded "
    "with it."
)
def seed_ignored(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """randperm without a generator."""
    videos, index = torch.unique(video_ids, return_inverse=True)
    chosen = torch.zeros(len(videos), dtype=torch.bool)
    number = _number(len(videos), validation_fraction)
    chosen[torch.randperm(len(videos))[:number]] = True
    return chosen[index]


@BANK.mistake(
    "The same videos are set aside whatever the seed. They have to be drawn, or the split depends "
    "on the order in which the videos were recorded."
)
def always_the_same_videos(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """The first videos."""
    videos, index = torch.unique(video_ids, return_inverse=True)
    return index < _number(len(videos), validation_fraction)


@BANK.another("always_the_same_videos")
def last_videos(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """The videos with the largest numbers."""
    videos, index = torch.unique(video_ids, return_inverse=True)
    return index >= len(videos) - _number(len(videos), validation_fraction)


@BANK.another("always_the_same_videos")
def seed_always_zero(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """A generator that starts from 0."""
    return _right(video_ids, validation_fraction, 0)


@BANK.mistake(
    "Some videos can never be drawn. Every video has to have the same chance: "
    "`torch.randperm` of the number of videos gives all of them, in random order."
)
def some_videos_never_drawn(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """The last video is always trained on."""
    videos, index = torch.unique(video_ids, return_inverse=True)
    chosen = torch.zeros(len(videos), dtype=torch.bool)
    chosen[_order(len(videos) - 1, seed)[: _number(len(videos), validation_fraction)]] = True
    return chosen[index]


@BANK.mistake(
    "`torch.manual_seed` resets the random numbers of the whole program: a network that is made "
    "afterwards has the same weights each time. Use a generator of your own.",
    fails="edge_cases",
)
def global_random_state(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """torch.manual_seed."""
    torch.manual_seed(seed)
    videos, index = torch.unique(video_ids, return_inverse=True)
    chosen = torch.zeros(len(videos), dtype=torch.bool)
    number = _number(len(videos), validation_fraction)
    chosen[torch.randperm(len(videos))[:number]] = True
    return chosen[index]


@BANK.mistake(
    "The mask holds numbers. `clips[mask]` takes 0 and 1 for positions, and `~mask` turns them "
    "into -1 and -2: make it boolean.",
    fails="shape",
)
def not_boolean(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """0 and 1."""
    return _right(video_ids, validation_fraction, seed).long()


@BANK.mistake(
    "It returns the positions of the chosen clips. Return one boolean for each clip.",
    fails="shape",
)
def places_of_clips(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """nonzero()."""
    return _right(video_ids, validation_fraction, seed).nonzero().flatten()


@BANK.mistake(
    "It returns the decision about each video. Look it up for each clip: `torch.unique` with "
    "`return_inverse=True` says where.",
    fails="shape",
)
def one_for_each_video(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """(video,)."""
    videos = video_ids.unique()
    return _right(videos, validation_fraction, seed)
