"""What a wrong split of clips by video has to be, from many draws of one function.

A name is given only where the draws fit one mistake and, as far as anyone has thought of them, no
other. Everything else is left to the sentence that says what was seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import torch
from torch import Tensor

MANY = 12
"""Draws that are enough to tell chance from a rule."""

FEWEST_SETS = 15
"""Different sets of videos in 40 draws of 4 among 8: right answers give about 30."""


FEWEST_BLOCKS = 5
"""Different blocks of neighbours that there have to be before they are called so."""


@dataclass(frozen=True, eq=False)
class Draw:
    """One call, and what came back.

    Args:
        ids: each clip's video.
        fraction: of the videos.
        seed: that the function was given.
        chance: the number that everyone's random numbers started from.
        mask: which clips were set aside.
    """

    ids: Tensor
    fraction: float
    seed: int
    chance: int
    mask: Tensor

    @cached_property
    def videos(self) -> list[int]:
        """The videos, in order of their numbers."""
        return [int(video) for video in self.ids.unique()]

    @cached_property
    def shares(self) -> dict[int, tuple[int, int]]:
        """By video, how many of its clips were set aside, and how many it has."""
        return {
            video: (int(self.mask[self.ids == video].sum()), int((self.ids == video).sum()))
            for video in self.videos
        }

    @cached_property
    def chosen(self) -> frozenset[int]:
        """The videos of which a clip was set aside."""
        return frozenset(video for video, (some, _) in self.shares.items() if some)

    @property
    def cut(self) -> list[int]:
        """The videos that are on both sides."""
        return [video for video, (some, all_) in self.shares.items() if 0 < some < all_]

    @property
    def even(self) -> bool:
        """Whether all videos have the same number of clips."""
        return len({all_ for _, all_ in self.shares.values()}) == 1

    @property
    def expected(self) -> int:
        """How many videos belong to validation."""
        number = len(self.videos)
        return min(max(round(self.fraction * number), 1), number - 1)

    @property
    def right(self) -> bool:
        """Whether videos are whole and their number is right."""
        return not self.cut and len(self.chosen) == self.expected

    def rearranged(self, ids: Tensor, mask: Tensor) -> Draw:
        """The same draw, its result read in another way."""
        return Draw(ids, self.fraction, self.seed, self.chance, mask)


def cause_of_cuts(draws: Sequence[Draw]) -> str:
    """The mistake that puts one video's clips on both sides, if that can be told."""
    if all(_belongs_to_sorted(draw) for draw in draws):
        return "sorted_output"
    if all(_one_clip_of_each(draw) for draw in draws):
        return "one_clip_of_each_video"
    if all(_first_clips_only(draw) for draw in draws):
        return "places_in_another_list"
    if all(_runs_are_whole(draw) for draw in draws):
        return "runs_taken_for_videos"
    if all(_share_of_each(draw) for draw in draws):
        return "share_of_every_video"
    pairs = [pair for pair in _pairs(draws) if not torch.equal(pair[0].ids, pair[1].ids)]
    if pairs and all(torch.equal(one.mask, other.mask) for one, other in pairs):
        return "equal_lengths_assumed" if _whole_blocks(draws) else "videos_cut_up"
    return ""


def _whole_blocks(draws: Sequence[Draw]) -> bool:
    """Whether videos are whole as long as they are equally long, one after the other."""
    blocks = [
        draw
        for draw in draws
        if len(draw.ids.unique_consecutive(return_counts=True)[1].unique()) == 1
        and len(draw.ids.unique_consecutive()) == len(draw.videos)
    ]
    # The first clips, or the last, may be whole videos as well.
    several = len({tuple(draw.mask.tolist()) for draw in blocks}) > 2
    return several and not any(draw.cut for draw in blocks)


def _belongs_to_sorted(draw: Draw) -> bool:
    """Whether the mask fits the clips once they are sorted by video."""
    return not draw.rearranged(draw.ids.sort().values, draw.mask).cut


def _one_clip_of_each(draw: Draw) -> bool:
    most = max(some for some, _ in draw.shares.values())
    return most == 1 and len(draw.chosen) == draw.expected


def _first_clips_only(draw: Draw) -> bool:
    """Whether the places of videos, in the list of videos, were taken for those of clips."""
    places = draw.mask.nonzero().flatten()
    return len(places) == draw.expected and int(places.max()) < len(draw.videos)


def _runs_are_whole(draw: Draw) -> bool:
    same_video = draw.ids[1:] == draw.ids[:-1]
    return bool((draw.mask[1:] == draw.mask[:-1])[same_video].all())


def _share_of_each(draw: Draw) -> bool:
    return all(abs(some - draw.fraction * all_) <= 1 for some, all_ in draw.shares.values())


def _pairs(draws: Sequence[Draw]) -> Iterator[tuple[Draw, Draw]]:
    """Draws that may differ in the videos alone: as many, the same fraction, seed and chance."""
    alike: dict[tuple[float, int, int, int], list[Draw]] = {}
    for draw in draws:
        key = (draw.fraction, draw.seed, draw.chance, len(draw.videos))
        alike.setdefault(key, []).append(draw)
    for group in alike.values():
        yield from combinations(group, 2)


def cause_of_number(draws: Sequence[Draw]) -> str:
    """The mistake that sets too many or too few videos aside, if that can be told.

    Args:
        draws: of whole videos, with fractions that ask for whole numbers of them.

    Returns:
        A mistake's id, or nothing.
    """
    if name := _cause_of_fixed_number(draws):
        return name
    # Videos that are one run of clips each have all kinds of ids, so this is asked first.
    if _right_only(draws, lambda draw: len(draw.ids.unique_consecutive()) == len(draw.videos)):
        return "runs_taken_for_videos"
    if _right_only(draws, lambda draw: draw.videos == list(range(len(draw.videos)))):
        return _cause_with_other_ids(
            [draw for draw in draws if max(draw.videos) >= len(draw.videos)]
        )
    if _right_only(draws, lambda draw: draw.even):
        return "filled_up_with_clips"
    return _cause_of_chance(draws)


def _right_only(draws: Sequence[Draw], where: Callable[[Draw], bool]) -> bool:
    """Whether draws are right where that holds, all of many, and wrong elsewhere."""
    there = [draw for draw in draws if where(draw)]
    if len(there) < MANY or not all(draw.right for draw in there):
        return False
    fractions = {draw.fraction for draw in there}
    numbers = {len(draw.videos) for draw in there}
    comparable = [draw for draw in draws if len(draw.videos) in numbers]
    return {draw.fraction for draw in comparable if not draw.right} <= fractions


def _cause_with_other_ids(draws: Sequence[Draw]) -> str:
    """Where all is right as long as the videos are numbered 0, 1, 2 and so on."""
    small: set[int] = set()
    large: set[int] = set()
    for draw in draws:
        for video in draw.chosen:
            (small if video < len(draw.videos) else large).add(video)
    if small and not large:
        return "ids_from_zero"
    if small and large and not any(_always_together(draws)):
        return "ids_up_to_their_maximum"
    return "ids_taken_for_places"


def _always_together(draws: Sequence[Draw]) -> Iterator[bool]:
    """For any two videos that are drawn, whether no draw of the most common ids parts them."""
    ids = max((draw.videos for draw in draws), key=[draw.videos for draw in draws].count)
    same = [draw for draw in draws if draw.videos == ids]
    drawn = sorted(frozenset().union(*(draw.chosen for draw in same)))
    for one, other in combinations(drawn, 2):
        yield all((one in draw.chosen) == (other in draw.chosen) for draw in same)


def _cause_of_fixed_number(draws: Sequence[Draw]) -> str:
    rules: dict[str, Callable[[Draw], Iterable[int]]] = {
        "none_set_aside": lambda d: [0],
        "all_set_aside": lambda d: [len(d.videos)],
        "complement_returned": lambda d: [len(d.videos) - d.expected],
        "counted_in_clips": lambda d: {
            min(round(d.fraction * len(d.ids)), most) for most in (len(d.videos) - 1, len(d.videos))
        },
        "one_video_too_many": lambda d: [d.expected + 1],
        "one_video_too_few": lambda d: [d.expected - 1],
    }
    for name, numbers in rules.items():
        if all(len(draw.chosen) in numbers(draw) for draw in draws):
            return name
    seen: dict[int, set[int]] = {}
    for draw in draws:
        seen.setdefault(len(draw.videos), set()).add(len(draw.chosen))
    # The least and the most that there can be have other causes: a percentage, a rounded fraction.
    if all(len(some) == 1 and 1 < min(some) < most - 1 for most, some in seen.items()):
        return "fraction_ignored"
    return ""


def _cause_of_chance(draws: Sequence[Draw]) -> str:
    """Where the number is another one from draw to draw."""
    groups: dict[tuple[int, int, tuple[int, ...]], dict[int, int]] = {}
    for draw in draws:
        key = (len(draw.videos), draw.expected, tuple(draw.ids.tolist()))
        # One number for each seed: the same coins are no further evidence.
        groups.setdefault(key, {})[draw.seed] = len(draw.chosen)
    large = [(*key[:2], list(seen.values())) for key, seen in groups.items() if len(seen) >= MANY]
    never_more = all(len(draw.chosen) <= draw.expected for draw in draws)
    if never_more and _prefers_long_videos(draws):
        return "clips_drawn_first"
    if never_more and all(_fits(seen, *_replaced(*sizes)) for *sizes, seen in large):
        return "drawn_with_replacement"
    if not never_more and all(_fits(seen, *_coins(*sizes)) for *sizes, seen in large):
        return "coin_for_each_video"
    return ""


def _prefers_long_videos(draws: Sequence[Draw]) -> bool:
    """Whether a video that has 40 % of all clips is drawn in nearly every draw of half of them.

    By chance it would be drawn in half of them, or less often.
    """
    uneven = [draw for draw in draws if not draw.even and draw.expected >= len(draw.videos) / 2]
    apart = {(draw.seed, draw.fraction, tuple(draw.ids.tolist())): draw for draw in uneven}
    drawn = [
        max(draw.videos, key=lambda video: draw.shares[video][1]) in draw.chosen
        for draw in apart.values()
    ]
    return len(drawn) >= 4 * MANY and sum(drawn) > 0.72 * len(drawn)


def _replaced(videos: int, number: int) -> tuple[float, float]:
    """Mean and deviation of how many videos there are in ``number`` draws with replacement."""
    missed, both = (1 - 1 / videos) ** number, (1 - 2 / videos) ** number
    variance = videos * missed * (1 - missed) + videos * (videos - 1) * (both - missed**2)
    return videos * (1 - missed), math.sqrt(variance)


def _coins(videos: int, number: int) -> tuple[float, float]:
    """The same where each video is drawn by itself."""
    chance = number / videos
    return number, math.sqrt(videos * chance * (1 - chance))


def _fits(seen: Sequence[int], mean: float, deviation: float) -> bool:
    """Whether numbers have this mean, within four of its errors, and about this deviation."""
    values = torch.tensor(seen, dtype=torch.float64)
    close = abs(float(values.mean()) - mean) < 4 * deviation / math.sqrt(len(seen)) + 0.05
    return close and 0.5 * deviation < float(values.std()) < 1.6 * deviation


def cause_of_repeating(draws: Sequence[Draw]) -> str:
    """The mistake by which one seed gives several splits, if that can be told."""
    same_seed = _grouped(draws, lambda draw: draw.seed)
    tried = [same for same in same_seed if len({draw.chance for draw in same}) > 1]
    unsteady = {same[0].seed for same in tried if _differ(same)}
    if unsteady == {0} and len(tried) > 2:
        return "seed_zero_ignored"
    same_chance = _grouped(draws, lambda draw: draw.chance)
    several = [same for same in same_chance if len({draw.seed for draw in same}) > 1]
    if several and not any(map(_differ, several)):
        return "seed_ignored"
    return ""


def _grouped(draws: Sequence[Draw], by: Callable[[Draw], int]) -> list[list[Draw]]:
    """Draws from the same clips with the same fraction, which have something else in common."""
    groups: dict[tuple[int, float, tuple[int, ...]], list[Draw]] = {}
    for draw in draws:
        groups.setdefault((by(draw), draw.fraction, tuple(draw.ids.tolist())), []).append(draw)
    return list(groups.values())


def _differ(draws: Sequence[Draw]) -> bool:
    return len({draw.chosen for draw in draws}) > 1


def cause_of_few_sets(draws: Sequence[Draw]) -> str:
    """The mistake by which only few sets of videos are ever drawn, if that can be told."""
    if len({draw.chosen for draw in draws}) < FEWEST_BLOCKS:
        return ""  # which may be neighbours by chance
    for order in (sorted, list):
        if all(_neighbours(draw, order(draw.ids.tolist())) for draw in draws):
            return "neighbouring_videos"
    return ""


def _neighbours(draw: Draw, order: list[int]) -> bool:
    """Whether the videos follow each other in an order whose end leads to its beginning."""
    drawn = [video in draw.chosen for video in dict.fromkeys(order)]
    starts = sum(
        now and not before for before, now in zip([drawn[-1], *drawn], drawn, strict=False)
    )
    return starts <= 1


_ROUNDINGS: dict[str, Callable[[float, int], int]] = {
    "rounded_down": lambda wanted, videos: math.floor(wanted),
    "rounded_up": lambda wanted, videos: math.ceil(wanted),
    "halves_rounded_up": lambda wanted, videos: math.floor(wanted + 0.5),
    "halves_rounded_down": lambda wanted, videos: math.ceil(wanted - 0.5),
    "training_part_rounded": lambda wanted, videos: videos - round(videos - wanted),
}


def cause_of_rounding(draws: Sequence[Draw]) -> str:
    """The way of rounding that gives every number of videos, if it is just one."""
    fitting = [
        name
        for name, rounded in _ROUNDINGS.items()
        if all(
            len(draw.chosen) == rounded(draw.fraction * len(draw.videos), len(draw.videos))
            for draw in draws
        )
    ]
    return fitting[0] if len(fitting) == 1 else ""


def cause_of_bounds(draws: Sequence[Draw]) -> str:
    """The mistake where one video, or all but one, should be set aside, if that can be told."""
    wrong = next(draw for draw in draws if not draw.right)
    if not wrong.chosen:
        return "nothing_set_aside"
    if len(wrong.chosen) == len(wrong.videos):
        return "nothing_left_to_train_on"
    larger = [draw for draw in draws if len(draw.videos) > 2]
    if wrong.expected == 1 and all(len(draw.chosen) == 2 for draw in larger if draw.expected == 1):
        return "at_least_two"
    if all(len(draw.videos) - len(draw.chosen) == 2 for draw in larger):
        return "at_least_two_left"
    return ""


def with_rounded_ids(draw: Draw) -> Draw:
    """The draw as it would be if the videos' numbers were float32."""
    return draw.rearranged(draw.ids.to(torch.float32).to(torch.int64), draw.mask)
