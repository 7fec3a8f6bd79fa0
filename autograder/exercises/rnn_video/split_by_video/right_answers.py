"""Right answers to `split_by_video`, written in other ways than the solution."""

from __future__ import annotations

import random

import numpy as np
import torch
from torch import Tensor

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


def _how_many(videos: int, fraction: float) -> int:
    return max(1, min(videos - 1, round(videos * fraction)))


@RIGHT.answer
def isin(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    videos = video_ids.unique()
    order = torch.randperm(len(videos), generator=torch.Generator().manual_seed(seed))
    return torch.isin(video_ids, videos[order[: _how_many(len(videos), validation_fraction)]])


@RIGHT.answer
def numpys_choice(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    videos = np.unique(video_ids.numpy())
    number = _how_many(len(videos), validation_fraction)
    chosen = np.random.default_rng(seed).choice(videos, number, replace=False)
    return torch.from_numpy(np.isin(video_ids.numpy(), chosen))


@RIGHT.answer
def pythons_sample(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    videos = sorted(set(video_ids.tolist()))
    number = _how_many(len(videos), validation_fraction)
    chosen = set(random.Random(seed).sample(videos, number))
    return torch.tensor([video in chosen for video in video_ids.tolist()])


@RIGHT.answer
def smallest_random_numbers(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    videos, index = video_ids.unique(return_inverse=True)
    generator = torch.Generator()
    generator.manual_seed(seed)
    rank = torch.rand(len(videos), generator=generator).argsort().argsort()
    return (rank < _how_many(len(videos), validation_fraction))[index]


@RIGHT.answer
def with_a_fork_of_the_random_numbers(
    video_ids: Tensor, validation_fraction: float, seed: int
) -> Tensor:
    videos, index = video_ids.unique(return_inverse=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        order = torch.randperm(len(videos))
    chosen = order[: _how_many(len(videos), validation_fraction)]
    return (index[:, None] == chosen).any(1)


@RIGHT.answer
def multinomial(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    videos = video_ids.unique()
    number = _how_many(len(videos), validation_fraction)
    generator = torch.Generator().manual_seed(seed)
    drawn = videos[torch.multinomial(torch.ones(len(videos)), number, generator=generator)]
    return (video_ids.unsqueeze(1) == drawn).sum(1).bool()


@RIGHT.answer
def masks_joined(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    videos = list(dict.fromkeys(video_ids.tolist()))
    generator = np.random.RandomState(seed)
    generator.shuffle(videos)
    mask = torch.zeros_like(video_ids, dtype=torch.bool)
    for video in videos[: _how_many(len(videos), validation_fraction)]:
        mask |= video_ids == video
    return mask


@RIGHT.answer
def first_to_appear_among_drawn_clips(
    video_ids: Tensor, validation_fraction: float, seed: int
) -> Tensor:
    clips = video_ids[torch.randperm(len(video_ids), generator=torch.Generator().manual_seed(seed))]
    videos = list(dict.fromkeys(clips.tolist()))
    return torch.isin(
        video_ids, torch.tensor(videos[: _how_many(len(videos), validation_fraction)])
    )


@RIGHT.answer
def until_there_are_enough(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    videos, index = video_ids.unique(return_inverse=True)
    generator, chosen = torch.Generator().manual_seed(seed), set[int]()
    while len(chosen) < _how_many(len(videos), validation_fraction):
        chosen.add(int(torch.randint(len(videos), (), generator=generator)))
    return torch.isin(index, torch.tensor(sorted(chosen)))


@RIGHT.answer
def state_put_back(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    videos = video_ids.unique()
    training = videos[torch.randperm(len(videos))[_how_many(len(videos), validation_fraction) :]]
    torch.random.set_rng_state(state)
    return ~torch.isin(video_ids, training)
