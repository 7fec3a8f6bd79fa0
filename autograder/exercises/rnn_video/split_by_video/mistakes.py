"""Wrong answers to `split_by_video`."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from autograder.exercises.bank import Bank

BANK = Bank()


def _number(videos: int, fraction: float) -> int:
    return min(max(round(fraction * videos), 1), videos - 1)


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _order(number: int, seed: int) -> Tensor:
    return torch.randperm(number, generator=_generator(seed))


def _set_aside(video_ids: Tensor, number: int, seed: int) -> Tensor:
    videos, index = torch.unique(video_ids, return_inverse=True)
    return torch.isin(index, _order(len(videos), seed)[:number])


def _right(video_ids: Tensor, fraction: float, seed: int) -> Tensor:
    return _set_aside(video_ids, _number(len(video_ids.unique()), fraction), seed)


def _counted(video_ids: Tensor) -> int:
    return len(video_ids.unique())


def _bounded(video_ids: Tensor, number: int, seed: int) -> Tensor:
    return _set_aside(video_ids, min(max(number, 1), _counted(video_ids) - 1), seed)


@BANK.mistake(
    "Clips were divided, whatever video they are from. Clips that overlap those for validation are "
    "trained on, so the error says nothing about people that the network has not seen."
)
def videos_cut_up(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """A random split of the clips."""
    number = round(validation_fraction * len(video_ids))
    return torch.isin(torch.arange(len(video_ids)), _order(len(video_ids), seed)[:number])


@BANK.another("videos_cut_up")
def last_clips(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """The last clips of the file."""
    return torch.arange(len(video_ids)) >= len(video_ids) * (1 - validation_fraction)


@BANK.another("videos_cut_up")
def one_draw_for_each_clip(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """A coin for each clip."""
    return torch.rand(len(video_ids), generator=_generator(seed)) < validation_fraction


@BANK.another("videos_cut_up")
def clips_drawn_without_the_seed(
    video_ids: Tensor, validation_fraction: float, seed: int
) -> Tensor:
    """numpy's own random numbers."""
    return torch.from_numpy(np.random.rand(len(video_ids)) < validation_fraction)


@BANK.mistake(
    "It takes only one clip of each chosen video. Overlapping clips of the same video are still in "
    "the training part: mark all of them."
)
def one_clip_of_each_video(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """np.unique's return_index."""
    videos, first = np.unique(video_ids.numpy(), return_index=True)
    mask = torch.zeros(len(video_ids), dtype=torch.bool)
    number = _number(len(videos), validation_fraction)
    mask[torch.from_numpy(first)[_order(len(videos), seed)[:number]]] = True
    return mask


@BANK.another("one_clip_of_each_video")
def last_clip_of_each(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """A dictionary keeps the last place of each video."""
    places = {video: place for place, video in enumerate(video_ids.tolist())}
    mask = torch.zeros_like(video_ids, dtype=torch.bool)
    number = _number(len(places), validation_fraction)
    mask[random.Random(seed).sample(sorted(places.values()), number)] = True
    return mask


@BANK.mistake(
    "The places of the chosen videos in the list of videos were taken for places of clips. Look up "
    "for each clip, by its id, whether its video was chosen."
)
def places_in_another_list(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """mask[permutation of the videos]."""
    videos = _counted(video_ids)
    mask = torch.zeros(len(video_ids), dtype=torch.bool)
    mask[_order(videos, seed)[: _number(videos, validation_fraction)]] = True
    return mask


@BANK.mistake(
    "The mask fits the clips only once they are sorted by video. Return it in the order in which "
    "the clips were given."
)
def sorted_output(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """Sorted first, and never put back."""
    return _right(video_ids.sort().values, validation_fraction, seed)


@BANK.another("sorted_output")
def as_often_as_counted(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """Each decision repeated for as many clips as the video has."""
    videos, counts = video_ids.unique(return_counts=True)
    return _right(videos, validation_fraction, seed).repeat_interleave(counts)


@BANK.mistake(
    "The mask belongs to clips in another order: the call has rearranged the caller's own "
    "`video_ids`. The array that `.numpy()` returns is the same memory, and so is the tensor under "
    "another name. Rearrange a copy.",
)
def shuffled_under_an_alias(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """The ids are shuffled through numpy."""
    np.random.default_rng(seed).shuffle(video_ids.numpy())
    videos = list(dict.fromkeys(video_ids.tolist()))
    return torch.isin(video_ids, torch.tensor(videos[: _number(len(videos), validation_fraction)]))


@BANK.another("shuffled_under_an_alias")
def permuted_in_place(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """The ids are overwritten with themselves in another order."""
    video_ids[:] = video_ids[_order(len(video_ids), seed)]
    return _right(video_ids, validation_fraction, seed)


@BANK.mistake(
    "Each run of clips with the same id was taken for a video of its own. Clips of one video need "
    "not follow each other: `torch.unique` finds them wherever they are."
)
def runs_taken_for_videos(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """unique_consecutive."""
    runs, index = torch.unique_consecutive(video_ids, return_inverse=True)
    return torch.isin(index, _order(len(runs), seed)[: _number(len(runs), validation_fraction)])


@BANK.another("runs_taken_for_videos")
def where_ids_change(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """A new video begins where the id is another one."""
    index = torch.cat((torch.zeros(1, dtype=torch.long), (video_ids.diff() != 0).cumsum(0)))
    return _right(index, validation_fraction, seed)


@BANK.another("runs_taken_for_videos")
def drawn_among_runs(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """unique_consecutive, and all clips of the videos whose runs are drawn."""
    runs = torch.unique_consecutive(video_ids)
    drawn = runs[_order(len(runs), seed)[: _number(len(runs), validation_fraction)]]
    return torch.isin(video_ids, drawn)


@BANK.mistake(
    "Every video gives a share of its clips to validation, so every video is on both sides. Whole "
    "videos have to be set aside."
)
def share_of_every_video(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """A stratified split."""
    generator = _generator(seed)
    mask = torch.zeros(len(video_ids), dtype=torch.bool)
    for video in video_ids.unique():
        (places,) = (video_ids == video).nonzero(as_tuple=True)
        order = places[torch.randperm(len(places), generator=generator)]
        mask[order[: round(validation_fraction * len(places))]] = True
    return mask


@BANK.another("share_of_every_video")
def end_of_every_video(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """The last clips of each video."""
    mask = torch.zeros(len(video_ids), dtype=torch.bool)
    for video in video_ids.unique():
        (places,) = torch.where(video_ids == video)
        mask[places[int((1 - validation_fraction) * len(places)) :]] = True
    return mask


@BANK.mistake(
    "It is right only where all videos have the same number of clips, one video after the other. "
    "Which clips a video has is said by their ids alone."
)
def equal_lengths_assumed(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """As many clips for each video, in order."""
    videos = _counted(video_ids)
    index = torch.arange(len(video_ids)) * videos // len(video_ids)
    return torch.isin(index, _order(videos, seed)[: _number(videos, validation_fraction)])


@BANK.mistake(
    "It is right only where the videos are called 0, 1, 2 and so on: positions in the list of "
    "videos are compared with ids. Look up the ids at these positions."
)
def ids_from_zero(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """Positions taken for ids."""
    videos = _counted(video_ids)
    return torch.isin(video_ids, _order(videos, seed)[: _number(videos, validation_fraction)])


@BANK.another("ids_from_zero")
def sampled_from_a_range(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """random.sample of the numbers up to the number of videos."""
    videos = len(set(video_ids.tolist()))
    chosen = random.Random(seed).sample(range(videos), _number(videos, validation_fraction))
    return (video_ids[:, None] == torch.tensor(chosen)).any(1)


@BANK.mistake(
    "All numbers up to the largest id were taken for videos, but there are gaps between the ids. "
    "`torch.unique` lists those that there are."
)
def ids_up_to_their_maximum(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """max() + 1 videos."""
    videos = max(int(video_ids.max()) + 1, 2)
    chosen = torch.zeros(videos, dtype=torch.bool)
    chosen[_order(videos, seed)[: _number(videos, validation_fraction)]] = True
    return chosen[video_ids]


@BANK.another("ids_up_to_their_maximum")
def drawn_up_to_the_maximum(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """As many as there should be, but of numbers up to the maximum."""
    order = _order(max(int(video_ids.max()) + 1, 0), seed)
    return torch.isin(video_ids, order[: _number(_counted(video_ids), validation_fraction)])


@BANK.mistake(
    "It is right where the videos are called 0, 1, 2 and so on, and wrong for other ids. They may "
    "be any numbers: list them with `torch.unique`, and only compare them."
)
def ids_taken_for_places(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """ids % number of videos."""
    videos = _counted(video_ids)
    return _right(torch.arange(videos), validation_fraction, seed)[video_ids % videos]


@BANK.mistake("It is True where a clip is for training, but True means validation.")
def complement_returned(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """The other part."""
    return ~_right(video_ids, validation_fraction, seed)


@BANK.another("complement_returned")
def fraction_for_training(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """As many videos as should be trained on."""
    return _bounded(video_ids, round((1 - validation_fraction) * _counted(video_ids)), seed)


@BANK.mistake(
    "No clip at all is for validation. Print the videos that are drawn and what the clips' ids are "
    "compared with: `np.isin`, for one, takes a set for a single object and finds nothing in it."
)
def none_set_aside(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """np.isin with a set."""
    videos = sorted(set(video_ids.tolist()))
    drawn = set(random.Random(seed).sample(videos, _number(len(videos), validation_fraction)))
    return torch.from_numpy(np.isin(video_ids.numpy(), drawn))  # type: ignore[arg-type]


@BANK.another("none_set_aside")
def tensors_looked_up_in_a_set(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """Tensors are told apart by what they are, not by what they hold."""
    videos = video_ids.unique()
    number = _number(len(videos), validation_fraction)
    drawn = {videos[place] for place in _order(len(videos), seed)[:number].tolist()}
    return torch.tensor([video in drawn for video in video_ids])


@BANK.mistake(
    "All clips are for validation, and none is left to train on. Print the videos that are drawn "
    "and what the clips' ids are compared with."
)
def all_set_aside(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """The videos' own list, from which nothing was drawn."""
    return torch.isin(video_ids, video_ids.unique())


@BANK.mistake(
    "The fraction was taken of the clips, but as many videos were set aside. It is a fraction of "
    "the videos."
)
def counted_in_clips(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """round(fraction * clips) videos."""
    return _bounded(video_ids, round(validation_fraction * len(video_ids)), seed)


@BANK.another("counted_in_clips")
def counted_in_clips_without_a_bound(
    video_ids: Tensor, validation_fraction: float, seed: int
) -> Tensor:
    """The same, and all videos where there are not as many."""
    return _set_aside(video_ids, round(validation_fraction * len(video_ids)), seed)


@BANK.mistake(
    "The number of videos depends on how many clips they have. The fraction is one of the videos: "
    "how long they are does not matter."
)
def filled_up_with_clips(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """Videos are set aside until the fraction of the clips is reached."""
    videos, counts = torch.unique(video_ids, return_counts=True)
    order = _order(len(videos), seed)
    before = counts[order].cumsum(0) - counts[order]
    return _bounded(video_ids, int((before < validation_fraction * len(video_ids)).sum()), seed)


@BANK.another("filled_up_with_clips")
def as_far_as_clips_allow(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """As long as there are no more clips than the fraction of them."""
    _, index, counts = torch.unique(video_ids, return_inverse=True, return_counts=True)
    order = _order(len(counts), seed)
    number = int((counts[order].cumsum(0) <= validation_fraction * len(video_ids)).sum())
    return torch.isin(index, order[: min(max(number, 1), len(counts) - 1)])


@BANK.mistake("One video too many is set aside, whatever the fraction.")
def one_video_too_many(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """An off-by-one."""
    return _set_aside(video_ids, _number(_counted(video_ids), validation_fraction) + 1, seed)


@BANK.mistake("One video too few is set aside, whatever the fraction.")
def one_video_too_few(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """An off-by-one."""
    return _set_aside(video_ids, _number(_counted(video_ids), validation_fraction) - 1, seed)


@BANK.mistake(
    "The number of videos for validation is the same whatever the fraction. Multiply "
    "`validation_fraction` by the number of videos."
)
def fraction_ignored(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """Always a fifth of them."""
    return _bounded(video_ids, round(0.2 * _counted(video_ids)), seed)


@BANK.mistake(
    "A video can be drawn twice, so there are fewer videos than there should be. Draw without "
    "replacement: `torch.randperm` gives every video once."
)
def drawn_with_replacement(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """randint."""
    videos = video_ids.unique()
    number = _number(len(videos), validation_fraction)
    return torch.isin(
        video_ids, videos[torch.randint(len(videos), (number,), generator=_generator(seed))]
    )


@BANK.another("drawn_with_replacement")
def numpys_choice_with_replacement(
    video_ids: Tensor, validation_fraction: float, seed: int
) -> Tensor:
    """np.random.Generator.choice, as it is by default."""
    videos = np.unique(video_ids.numpy())
    number = _number(len(videos), validation_fraction)
    chosen = np.random.default_rng(seed).choice(videos, number)
    return torch.from_numpy(np.isin(video_ids.numpy(), chosen))


@BANK.another("drawn_with_replacement")
def pythons_choices(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """random.choices."""
    videos = sorted(set(video_ids.tolist()))
    chosen = random.Random(seed).choices(videos, k=_number(len(videos), validation_fraction))
    return torch.isin(video_ids, torch.tensor(chosen))


@BANK.mistake(
    "Clips are drawn, and their videos set aside. Two of them may be from the same video, so there "
    "are too few videos, and long ones come out more often: draw from the list of videos."
)
def clips_drawn_first(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """The videos of some clips."""
    number = _number(_counted(video_ids), validation_fraction)
    return torch.isin(video_ids, video_ids[_order(len(video_ids), seed)[:number]])


@BANK.another("clips_drawn_first")
def clips_drawn_again(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """numpy's choice among all ids."""
    number = _number(_counted(video_ids), validation_fraction)
    chosen = np.random.default_rng(seed).choice(video_ids.numpy(), number)
    return torch.from_numpy(np.isin(video_ids.numpy(), chosen))


@BANK.mistake(
    "A coin is tossed for each video, so the number of videos is a matter of luck. It has to be "
    "the fraction of them: put them in random order and take that many."
)
def coin_for_each_video(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """rand < fraction."""
    videos, index = video_ids.unique(return_inverse=True)
    return (torch.rand(len(videos), generator=_generator(seed)) < validation_fraction)[index]


@BANK.another("coin_for_each_video")
def coins_with_at_least_one(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """Coins, with a video on either side."""
    chance = np.random.default_rng(seed)
    videos = np.unique(video_ids.numpy())
    chosen = [int(video) for video in videos if chance.random() < validation_fraction]
    chosen = (chosen or [int(videos[0])])[: len(videos) - 1]
    return torch.isin(video_ids, torch.tensor(chosen))


def _rounding(rounded: Callable[[float], int]) -> Callable[[Tensor, float, int], Tensor]:
    def split(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
        return _bounded(video_ids, rounded(validation_fraction * _counted(video_ids)), seed)

    return split


@BANK.mistake(
    "The number of videos is rounded down. The nearest whole number is asked for: 2.8 are 3.",
    fails="edge_cases",
)
def rounded_down(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """int instead of round."""
    return _rounding(int)(video_ids, validation_fraction, seed)


@BANK.another("rounded_down")
def floor_division(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """//."""
    return _rounding(lambda wanted: int(wanted // 1))(video_ids, validation_fraction, seed)


@BANK.mistake(
    "The number of videos is rounded up. The nearest whole number is asked for: 2.2 are 2.",
    fails="edge_cases",
)
def rounded_up(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """ceil."""
    return _rounding(math.ceil)(video_ids, validation_fraction, seed)


@BANK.another("rounded_up")
def training_part_cut_off(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """What int leaves of the training part."""
    videos = _counted(video_ids)
    return _bounded(video_ids, videos - int((1 - validation_fraction) * videos), seed)


@BANK.mistake(
    "Halves are always rounded up. `round` takes the even neighbour: 2.5 are 2, and 3.5 are 4.",
    fails="edge_cases",
)
def halves_rounded_up(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """int(x + 0.5)."""
    return _rounding(lambda wanted: int(wanted + 0.5))(video_ids, validation_fraction, seed)


@BANK.mistake(
    "Halves are always rounded down. `round` takes the even neighbour: 2.5 are 2, and 3.5 are 4.",
    fails="edge_cases",
)
def halves_rounded_down(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """ceil(x - 0.5)."""
    return _rounding(lambda wanted: math.ceil(wanted - 0.5))(video_ids, validation_fraction, seed)


@BANK.mistake(
    "The number of videos for training is rounded, and validation gets what is left. Round the "
    "number for validation: of 5 videos, a half is 2.",
    fails="edge_cases",
)
def training_part_rounded(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """What round leaves of the training part."""
    videos = _counted(video_ids)
    return _bounded(video_ids, videos - round((1 - validation_fraction) * videos), seed)


@BANK.mistake(
    "With a small fraction of few videos there is nothing to validate on. Set aside at least one.",
    fails="edge_cases",
)
def nothing_set_aside(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """No lower bound."""
    videos = _counted(video_ids)
    return _set_aside(video_ids, min(round(validation_fraction * videos), videos - 1), seed)


@BANK.another("nothing_set_aside")
def no_bounds(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """No bounds at all: the lower one is missed first."""
    return _set_aside(video_ids, round(validation_fraction * _counted(video_ids)), seed)


@BANK.mistake(
    "With a large fraction of few videos there is nothing left to train on. Leave at least one.",
    fails="edge_cases",
)
def nothing_left_to_train_on(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """No upper bound."""
    return _set_aside(video_ids, max(round(validation_fraction * _counted(video_ids)), 1), seed)


@BANK.mistake(
    "At least two videos are set aside, but one is enough where the fraction asks for no more.",
    fails="edge_cases",
)
def at_least_two(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """max(..., 2)."""
    number = max(round(validation_fraction * _counted(video_ids)), 2)
    return _bounded(video_ids, number, seed)


@BANK.mistake(
    "At least two videos are kept for training, but one is enough where the fraction asks for the "
    "others.",
    fails="edge_cases",
)
def at_least_two_left(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """min(..., videos - 2)."""
    videos = _counted(video_ids)
    return _set_aside(video_ids, max(min(round(validation_fraction * videos), videos - 2), 1), seed)


@BANK.mistake(
    "`seed` has no effect, so nobody can repeat your split. Draw with a generator that is seeded "
    "with it."
)
def seed_ignored(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """randperm without a generator."""
    videos, index = torch.unique(video_ids, return_inverse=True)
    order = torch.randperm(len(videos))
    return torch.isin(index, order[: _number(len(videos), validation_fraction)])


@BANK.another("seed_ignored")
def numpy_without_the_seed(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """np.random.permutation."""
    videos = np.random.permutation(np.unique(video_ids.numpy()))
    chosen = videos[: _number(len(videos), validation_fraction)]
    return torch.from_numpy(np.isin(video_ids.numpy(), chosen))


@BANK.another("seed_ignored")
def python_without_the_seed(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """random.sample."""
    videos = sorted(set(video_ids.tolist()))
    chosen = random.sample(videos, _number(len(videos), validation_fraction))
    return torch.isin(video_ids, torch.tensor(chosen))


@BANK.mistake(
    "The seed 0 has no effect, all others have. 0 counts as false, so `seed or ...` and `if seed` "
    "pass it over: compare with `None`, or use `seed` as it is."
)
def seed_zero_ignored(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """seed or None."""
    videos = np.unique(video_ids.numpy())
    np.random.default_rng(seed or None).shuffle(videos)
    chosen = videos[: _number(len(videos), validation_fraction)]
    return torch.from_numpy(np.isin(video_ids.numpy(), chosen))


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
    # With two videos there would be one to choose from.
    order = _order(max(len(videos) - 1, 1), seed)
    return torch.isin(index, order[: _number(len(videos), validation_fraction)])


@BANK.mistake(
    "Some videos are set aside in every draw. Every video has to have the same chance: "
    "`torch.randperm` of the number of videos gives all of them, in random order."
)
def some_videos_always_drawn(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """The first video is always for validation."""
    videos, index = torch.unique(video_ids, return_inverse=True)
    order = torch.cat((torch.zeros(1, dtype=torch.long), 1 + _order(len(videos) - 1, seed)))
    return torch.isin(index, order[: _number(len(videos), validation_fraction)])


@BANK.mistake(
    "The videos that are set aside are always neighbours in the list, so most sets of videos "
    "cannot come out. Put the whole list in random order and take the first ones."
)
def neighbouring_videos(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """A block that begins anywhere."""
    videos, index = torch.unique(video_ids, return_inverse=True)
    start = int(torch.randint(len(videos), (), generator=_generator(seed)))
    return (index - start) % len(videos) < _number(len(videos), validation_fraction)


@BANK.another("neighbouring_videos")
def neighbours_in_the_file(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """The list turned, in the order in which the videos appear."""
    videos = list(dict.fromkeys(video_ids.tolist()))
    start = random.Random(seed).randrange(len(videos))
    chosen = (videos[start:] + videos[:start])[: _number(len(videos), validation_fraction)]
    return torch.isin(video_ids, torch.tensor(chosen))


@BANK.mistake(
    "After the call PyTorch's own random numbers go on from a fixed place, as after "
    "`torch.manual_seed`: a network that is made then has the same weights each time. Use a "
    "generator of your own.",
    fails="edge_cases",
)
def global_random_state(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """torch.manual_seed."""
    torch.manual_seed(seed)
    return seed_ignored(video_ids, validation_fraction, seed)


@BANK.another("global_random_state")
def state_saved_too_late(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """The state that is restored is the one after manual_seed."""
    torch.manual_seed(seed)
    state = torch.get_rng_state()
    mask = seed_ignored(video_ids, validation_fraction, seed)
    torch.set_rng_state(state)
    return mask


@BANK.another("global_random_state")
def another_seed_afterwards(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """manual_seed(0) at the end, as at the beginning of the notebook."""
    mask = global_random_state(video_ids, validation_fraction, seed)
    torch.manual_seed(0)
    return mask


@BANK.mistake(
    "After the call PyTorch's own random numbers begin anew: `torch.initial_seed()` tells where "
    "they began, not where they were. Use a generator of your own.",
    fails="edge_cases",
)
def random_state_rewound(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """manual_seed(initial_seed())."""
    before = torch.initial_seed()
    mask = global_random_state(video_ids, validation_fraction, seed)
    torch.manual_seed(before)
    return mask


@BANK.mistake(
    "Ids were turned into float32, in which large neighbouring numbers are equal, so several "
    "videos become one. Leave them whole numbers.",
    fails="edge_cases",
)
def ids_in_float32(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """float()."""
    return _right(video_ids.float(), validation_fraction, seed)


@BANK.another("ids_in_float32")
def float32_array(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """numpy's float32."""
    ids = torch.from_numpy(video_ids.numpy().astype(np.float32))
    return _right(ids, validation_fraction, seed)


@BANK.mistake(
    "The mask holds numbers. `clips[mask]` takes 0 and 1 for positions, and `~mask` turns them "
    "into -1 and -2: make it boolean.",
    fails="shape",
)
def not_boolean(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """0 and 1."""
    return _right(video_ids, validation_fraction, seed).long()


@BANK.another("not_boolean")
def zeros_and_ones(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """0.0 and 1.0."""
    return _right(video_ids, validation_fraction, seed).float()


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


@BANK.mistake(
    "There is one axis too many, of length 1: `keepdim` or an index with `None` made it.",
    fails="shape",
)
def one_column(video_ids: Tensor, validation_fraction: float, seed: int) -> Tensor:
    """(clip, 1)."""
    return _right(video_ids, validation_fraction, seed)[:, None]
