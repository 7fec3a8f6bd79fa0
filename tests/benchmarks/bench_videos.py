"""How long the synthetic YouTube Pose takes, and how much memory, against its limits.

Run it on a quiet machine, with ``OMP_NUM_THREADS=2`` for the two cores that the limits are for:
``python tests/benchmarks/bench_videos.py``. It writes 1.1 GB to a temporary folder.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import torch

from data_stubs.youtube.file import write_youtube
from poselab.datasets.youtube import load_clips

SECONDS = 300
GIGABYTES = 2.0


def peak_gigabytes() -> float:
    """The most memory that this process ever held."""
    # Kilobytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def main() -> int:
    """Measures and prints; returns 1 if a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "youtube_train_data.pkl"
        start = time.perf_counter()
        write_youtube(path, options.videos, seed=0)
        seconds, gigabytes = time.perf_counter() - start, peak_gigabytes()
        print(
            f"{torch.get_num_threads()} threads, {options.videos} videos, "
            f"{path.stat().st_size / 1e9:.2f} GB: {seconds:.0f} s (limit {SECONDS}), "
            f"{gigabytes:.2f} GB of memory (limit {GIGABYTES})"
        )
        start = time.perf_counter()
        clips = load_clips(path)
        print(
            f"reading {len(clips)} clips: {time.perf_counter() - start:.1f} s, "
            f"{peak_gigabytes():.2f} GB of memory"
        )
    return int(seconds > SECONDS or gigabytes > GIGABYTES)


if __name__ == "__main__":
    sys.exit(main())
