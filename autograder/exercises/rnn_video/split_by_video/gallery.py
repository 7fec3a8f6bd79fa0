"""What the gallery shows of `split_by_video`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

SHOWN = (
    "videos_cut_up",
    "seed_ignored",
    "rounded_down",
    "global_random_state",
    "one_for_each_video",
)
