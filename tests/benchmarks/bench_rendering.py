"""How fast synthetic EgoCap is rendered: ``python tests/benchmarks/bench_rendering.py``.

Prints images a second of the whole generator (people, motion, pictures, labels) and of the renderer
alone, and how many times faster that is than testing every ray against every capsule, the plain
way, in the same run. The best of several rounds counts: other programs only ever slow it down.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor

from data_stubs.blocks import block_generator
from data_stubs.egocap.scenes import (
    FISHEYE,
    IMAGES_PER_BLOCK,
    IMAGES_PER_CHUNK,
    SEQUENCES_PER_BLOCK,
    Scene,
    direct_scene,
    egocap_blocks,
)
from data_stubs.scene.rendering import Renderer


def images_per_second(work: Callable[[], object], n_images: int, rounds: int) -> float:
    """The best of some rounds."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return n_images / min(seconds)


def meet_plainly(scene: Scene, rays: Tensor) -> Tensor:
    """Which capsule each pixel sees, by rays against all capsules: pixel x capsule x 3 numbers."""
    flesh = scene.capsules
    nearest = []
    for frame in range(len(flesh.start)):
        factors = torch.ones(len(flesh.start[frame]), 3)
        factors[:, [0, 2]] = 1 / flesh.stretch[frame]
        to_part = factors.unsqueeze(-1) * flesh.rotation[frame].transpose(-1, -2)
        camera = scene.placement.position[frame] - flesh.start[frame]
        o = (to_part @ camera.unsqueeze(-1)).squeeze(-1)
        d = torch.einsum("pij,jk,nk->npi", to_part, scene.placement.rotation[frame], rays)
        length, (first, second) = flesh.length[frame], flesh.radius[frame].unbind(-1)
        taper = first - second
        flat = length**2 - taper**2
        begin, slope = length * o[:, 1] - first * taper, length * d[..., 1]
        dd, do, oo = (d * d).sum(-1), (d * o).sum(-1), (o * o).sum(-1)
        k2 = flat * dd - slope**2
        k1 = flat * do - begin * slope
        root = k1**2 - k2 * (flat * (oo - first**2) - begin**2)
        flank = (-k1 - root.sqrt()) / k2
        place = begin + flank * slope
        hits = [torch.where((place >= 0) & (place <= flat), flank, torch.inf)]
        tip = o - torch.stack((torch.zeros_like(length), length, torch.zeros_like(length)), -1)
        for centre, radius in ((o, first), (tip, second)):
            along = (d * centre).sum(-1)
            root = along**2 - dd * ((centre * centre).sum(-1) - radius**2)
            hits.append((-along - root.sqrt()) / dd)
        distance = torch.stack(hits).nan_to_num(nan=torch.inf, posinf=torch.inf).amin(0)
        seen, part = torch.where(distance > 0.02, distance, torch.inf).min(dim=1)
        nearest.append(torch.where(seen.isfinite(), part, -1))
    return torch.stack(nearest)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    def generate() -> None:
        for _ in egocap_blocks(options.images, 0):
            pass

    speed = images_per_second(generate, options.images, options.rounds)
    print(f"{torch.get_num_threads()} threads, {speed:.0f} images/s: people, motion and pictures")

    torch.set_num_threads(1)
    scene = direct_scene(SEQUENCES_PER_BLOCK, block_generator(0, 1, 0))
    renderer = Renderer(FISHEYE)
    rays = FISHEYE.rays.flatten(0, 1)

    def find() -> Tensor:
        chunks = torch.arange(IMAGES_PER_BLOCK).split(IMAGES_PER_CHUNK)
        found = [renderer.find_parts(scene.capsules[c], scene.placement[c])[1] for c in chunks]
        return torch.cat(found)

    agree = (find().flatten(1) == meet_plainly(scene, rays)).float().mean()
    ours = images_per_second(find, IMAGES_PER_BLOCK, options.rounds)
    plain = images_per_second(lambda: meet_plainly(scene, rays), IMAGES_PER_BLOCK, options.rounds)
    print(f"1 thread, finding the body: {ours:.0f} images/s by tiles, {plain:.0f} plainly")
    print(f"ratio {ours / plain:.1f}; both agree on {100 * agree:.3f} % of the pixels")


if __name__ == "__main__":
    main()
