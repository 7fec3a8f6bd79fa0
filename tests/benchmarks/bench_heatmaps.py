"""How close heat maps come to the speed of memory: ``python tests/benchmarks/bench_heatmaps.py``.

Prints how many times as long as a plain pass over the memory the solution's ``render_heatmaps`` and
``soft_argmax_2d`` take, beside the obvious way of writing each, and beside kornia's functions where
kornia is installed. All runs alternate and the fastest of each counts: other programs only ever
slow one down. Seconds are wall-clock ones, or with ``--processor`` those of the processor, which
tell more on a busy machine; then there is one thread.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from autograder.exercises.catalogue import solution_functions

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "solutions" / "heatmap_2d" / "heatmap_2d.py"
Work = Callable[[], object]


def render_obviously(poses: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """An exponential for each pixel of each map."""
    height, width = size
    x, y = poses[..., None, None].unbind(2)
    squared = (torch.arange(width) - x) ** 2 + (torch.arange(height)[:, None] - y) ** 2
    return torch.exp(-squared / (2 * sigma**2))


def soft_argmax_obviously(logits: Tensor) -> Tensor:
    """Two products for each pixel of each map."""
    probability = torch.softmax(logits.flatten(2), dim=-1).reshape(logits.shape)
    rows, columns = (torch.arange(n, dtype=logits.dtype) for n in logits.shape[-2:])
    x = (probability * columns).sum(dim=(-2, -1))
    y = (probability * rows[:, None]).sum(dim=(-2, -1))
    return torch.stack((x, y), dim=-1)


def fastest(works: Mapping[str, Work], rounds: int, clock: Callable[[], float]) -> dict[str, float]:
    """Seconds of the fastest of some alternating runs."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            start = clock()
            work()
            seconds[name].append(clock() - start)
    return {name: min(runs) for name, runs in seconds.items()}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--processor", action="store_true")
    options = parser.parse_args()
    if options.processor:
        torch.set_num_threads(1)
    clock = time.process_time if options.processor else time.perf_counter
    ours = solution_functions(SOURCE)
    size, sigma = (128, 160), 2.0
    torch.manual_seed(0)
    poses = torch.rand(32, 18, 2) * torch.tensor([159.0, 127.0])
    logits = torch.randn(32, 18, *size)
    rendering: dict[str, Work] = {
        "filling the memory": lambda: torch.full(logits.shape, 0.5),
        "the solution": lambda: ours["render_heatmaps"](poses, size, sigma),
        "obviously": lambda: render_obviously(poses, size, sigma),
    }
    reading: dict[str, Work] = {
        "copying the maps": logits.clone,
        "the solution": lambda: ours["soft_argmax_2d"](logits),
        "obviously": lambda: soft_argmax_obviously(logits),
    }
    if importlib.util.find_spec("kornia") is not None:
        subpix = importlib.import_module("kornia.geometry.subpix")
        deviation = torch.full((32, 18, 2), sigma)
        rendering["kornia"] = lambda: subpix.render_gaussian2d(poses, deviation, size, False)
        reading["kornia"] = lambda: subpix.spatial_soft_argmax2d(
            logits, normalized_coordinates=False
        )
    for function, works in (("render_heatmaps", rendering), ("soft_argmax_2d", reading)):
        seconds = fastest(works, options.rounds, clock)
        (reference, unit), *others = seconds.items()
        print(f"{function}: {torch.get_num_threads()} threads, 32 x 18 maps of 128 x 160")
        print(f"  {reference}: {1000 * unit:.1f} ms")
        for name, each in others:
            print(f"  {name}: {1000 * each:.1f} ms, ratio {each / unit:.2f}")


if __name__ == "__main__":
    main()
