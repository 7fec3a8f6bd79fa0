"""What the LSTM of rnn_video is worth where a frame alone does not tell: ``bench_memory.py``.

Trains the solution's two models as its notebook does, frame by frame and with the LSTM, and
compares them on held-out videos, joint by joint: everywhere, where the joint is fast and so
blurred, and where an occluder hides it; and in whole clips, the quarter in which most
joints are hidden, or fast or hidden. What is hidden is not in the file; the videos are directed
once more to know it. Each comparison is made for several seeds of the training.
"""

from __future__ import annotations

import argparse
import ast
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from data_stubs.youtube.file import ensure_youtube
from data_stubs.youtube.scenes import direct_scene
from poselab.datasets.youtube import ClipDataset, load_clips
from poselab.profiles import load_profile
from poselab.training.loop import predict_all

SOURCE = Path(__file__).parents[2] / "solutions" / "rnn_video" / "rnn_video.py"
FAST = 2.0
"""Pixels that a joint travels from one frame to the next."""
WINDOWS = 91
"""Contiguous clips of a video; they come first in the file."""


def main() -> None:
    """Train, predict, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the held-out videos")
    parser.add_argument("--videos", type=int, default=20, help="how many of them")
    parser.add_argument("--trainings", type=int, default=2, help="of each model")
    options = parser.parse_args()
    profile = load_profile("rnn_video", "cpu")
    solution = {**definitions(), "CHECKPOINTS": None}
    clips = load_clips(ensure_youtube(profile.n_videos, seed=profile.seed))
    is_validation = solution["split_by_video"](
        clips.video_ids, solution["VALIDATION_FRACTION"], seed=profile.seed
    )
    # The notebook's functions look these up by their names.
    solution["train_set"] = ClipDataset(clips[~is_validation])
    solution["validation_set"] = ClipDataset(clips[is_validation][:: solution["VALIDATION_STEP"]])
    held_out = load_clips(ensure_youtube(options.videos, seed=options.seed, part="held_out"))
    # Every third of the contiguous clips: they are the ones whose frames have known numbers.
    chosen = torch.arange(0, WINDOWS * options.videos, 3)
    test_set = ClipDataset(held_out[chosen])
    fast, hidden = is_fast(held_out.poses[chosen]), is_hidden(chosen, options)
    groups = {
        "all": torch.ones_like(fast),
        "fast": fast,
        "hidden": hidden,
        "fast or hidden": fast | hidden,
        "neither": ~(fast | hidden),
        "hidden clips": most_of(hidden),
        "hit clips": most_of(fast | hidden),
    }
    print(
        "fraction of joints:",
        ", ".join(f"{n} {float(g.float().mean()):.0%}" for n, g in groups.items()),
    )
    print(f"{'training':10}{'joints':16}{'frame by frame':>16}{'LSTM':>9}{'better by':>11}")
    for seed in range(options.trainings):
        errors = []
        for name in ("FrameByFrame", "PoseRNN"):
            torch.manual_seed(seed)
            model = solution[name]()
            solution["train_on_clips"](model, profile.replace(seed=seed), name, None)
            predicted, target = predict_all(
                model, solution["predict"], test_set, profile, target="pose"
            )
            errors.append((predicted - target).norm(dim=-1))
        for name, where in groups.items():
            before, after = (float(e[where].mean()) for e in errors)
            better = 1 - after / before
            print(f"{seed:<10}{name:16}{before:13.2f} px{after:6.2f} px{better:11.1%}", flush=True)


def definitions() -> dict[str, Any]:
    """The solution notebook's functions, classes and constants, without running its trainings."""
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    nodes: list[ast.stmt] = [
        node
        for node in tree.body
        if isinstance(node, kept) or (isinstance(node, ast.Assign) and _is_constant(node))
    ]
    module = ast.Module(nodes, [])
    namespace: dict[str, Any] = {}
    exec(compile(module, str(SOURCE), "exec"), namespace)
    return namespace


def _is_constant(node: ast.Assign) -> bool:
    return isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Constant)


def is_fast(target: Float[Tensor, "clip frame joint 2"]) -> Bool[Tensor, "clip frame joint"]:
    """Where a joint has come far since the frame before."""
    travel = torch.zeros(target.shape[:3])
    travel[:, 1:] = (target[:, 1:] - target[:, :-1]).norm(dim=-1)
    return travel > FAST


def most_of(joints: Bool[Tensor, "clip frame joint"]) -> Bool[Tensor, "clip frame joint"]:
    """All joints of the quarter of the clips that has most of these."""
    fraction = joints.float().mean(dim=(1, 2))
    chosen = fraction >= fraction.quantile(0.75)
    return chosen[:, None, None].expand_as(joints)


def is_hidden(clips: Tensor, options: argparse.Namespace) -> Bool[Tensor, "clip frame joint"]:
    """Where an occluder is in front of the joint. What hands hold does not count."""
    videos = torch.stack([_hidden_in(options.seed, number) for number in range(options.videos)])
    video, start = clips // WINDOWS, clips % WINDOWS
    return videos[video[:, None], start[:, None] + torch.arange(10)]


def _hidden_in(seed: int, number: int) -> Bool[Tensor, "frame joint"]:
    scene = direct_scene(seed, 1, number)
    instant = scene.at(0.5 * scene.shot.shutter)
    # The occluder is the last of the bodies: an upright cylinder in front of the person.
    start, radius = instant.capsules.start[:, -1:], instant.capsules.radius[:, -1, 0]
    occluder = instant.placement.to_camera(start)[:, 0]
    middle = scene.shot.camera.project(occluder)[:, 0]
    half = scene.shot.camera.focal[0] * radius / occluder[:, 2]
    return (instant.poses[..., 0] - middle[:, None]).abs() < half[:, None]


if __name__ == "__main__":
    main()
