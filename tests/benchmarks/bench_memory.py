"""What the LSTM of rnn_video is worth where a frame alone does not tell: ``bench_memory.py``.

Trains the solution's two models as its notebook does, frame by frame and with the LSTM, and
compares them on withheld videos: everywhere, where the wrists are fast and so blurred, and where
somebody walks past in front of the person. The last is not in the file; the videos are directed
once more to know it.
"""

from __future__ import annotations

import argparse
import ast
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import l1_loss

from data_stubs.youtube import ensure_youtube
from data_stubs.youtube_scenes import direct_scene
from poselab.clip_training import predict_clips, train_on_clips
from poselab.datasets.youtube import ClipDataset, load_clips
from poselab.profiles import load_profile

SOURCE = Path(__file__).parents[2] / "solutions" / "rnn_video" / "rnn_video.py"
FAST = 2.0
"""Pixels that a wrist travels from one frame to the next."""
NEAR = 0.35
"""Metres to the side of the person at which somebody who walks past hides a part of them."""
WINDOWS = 91
"""Contiguous clips of a video; they come first in the file."""


def main() -> None:
    """Train, predict, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the withheld videos")
    parser.add_argument("--videos", type=int, default=20, help="how many of them")
    options = parser.parse_args()
    profile = load_profile("rnn_video", "cpu")
    solution = definitions()
    clips = load_clips(ensure_youtube(profile.n_videos, seed=profile.seed))
    is_validation = solution["split_by_video"](clips.video_ids, 0.2, seed=profile.seed)
    train_set = ClipDataset(clips[~is_validation])
    validation_set = ClipDataset(clips[is_validation][::5])
    withheld = load_clips(ensure_youtube(options.videos, seed=options.seed, part="withheld"))
    # Every third of the contiguous clips: they are the ones whose frames have known numbers.
    chosen = torch.arange(0, WINDOWS * options.videos, 3)
    test_set = ClipDataset(withheld[chosen])
    errors = {}
    for name in ("FrameByFrame", "PoseRNN"):
        torch.manual_seed(profile.seed)
        model = solution[name]()
        began = time.perf_counter()
        train_on_clips(
            model, train_set, validation_set, profile, loss=l1_loss,
            error=solution["mean_error"], name=name, watch=None,
        )  # fmt: skip
        predicted, target = predict_clips(model, test_set, profile)
        errors[name] = (predicted - target).norm(dim=-1).mean(dim=-1)
        print(f"{name}: trained in {time.perf_counter() - began:.0f} s")
    fast = is_fast(target)
    hidden = is_passed(chosen, options)
    everything = torch.ones_like(fast)
    print(f"\n{'frames':24}{'share':>7}{'frame by frame':>16}{'LSTM':>9}{'better by':>11}")
    for name, where in (
        ("all", everything),
        ("wrists fast", fast),
        ("somebody in front", hidden),
        ("fast, or in front", fast | hidden),
        ("neither", ~(fast | hidden)),
    ):
        before, after = (float(e[where].mean()) for e in errors.values())
        share = float(where.float().mean())
        print(f"{name:24}{share:7.0%}{before:13.2f} px{after:6.2f} px{1 - after / before:11.1%}")


def definitions() -> dict[str, Callable[..., Any]]:
    """The solution notebook's functions and classes, without running its trainings."""
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    module = ast.Module([node for node in tree.body if isinstance(node, kept)], [])
    namespace: dict[str, Any] = {}
    exec(compile(module, str(SOURCE), "exec"), namespace)
    return namespace


def is_fast(target: Float[Tensor, "clip frame joint 2"]) -> Bool[Tensor, "clip frame"]:
    """Where a wrist has come far since the frame before."""
    travel = torch.zeros(target.shape[:2])
    wrists = target[:, :, 1:3]
    travel[:, 1:] = (wrists[:, 1:] - wrists[:, :-1]).norm(dim=-1).amax(dim=-1)
    return travel > FAST


def is_passed(clips: Tensor, options: argparse.Namespace) -> Bool[Tensor, "clip frame"]:
    """Where somebody is between the camera and the person."""
    near = torch.stack(
        [direct_scene(options.seed, 1, v).props.offset.abs() < NEAR for v in range(options.videos)]
    )
    video, start = clips // WINDOWS, clips % WINDOWS
    return near[video[:, None], start[:, None] + torch.arange(10)]


if __name__ == "__main__":
    main()
