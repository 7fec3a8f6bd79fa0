"""Whether a large class costs more for each submission than a small one: ``bench_soak.py``.

Grades thousands of trivial submissions in one run of ``autograder grade``, sandbox on, looks at its
processes every few seconds, and prints by stretch of the class the seconds a submission took and
the memory that was held. The last line compares the last fifth with the second; the first one
starts everything.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
from nbformat.v4 import new_code_cell, new_notebook

from tests.processes import descendants, resident
from tests.submissions.make import solved

ASSIGNMENT = "heatmap_2d"
STRETCHES = 10


@dataclass(frozen=True)
class Sample:
    """What is seen at one moment: submissions done, and MB of the largest of our processes."""

    seconds: float
    done: int
    largest: float
    together: float


def main() -> None:
    """Grade, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=5000)
    parser.add_argument("--every", type=float, default=2.0, help="seconds between looks")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        submitted, work = Path(folder, "submitted"), Path(folder, "work")
        submission(options.submissions, submitted)
        command = [str(Path(sys.executable).with_name("autograder")), "grade", ASSIGNMENT]
        command += ["--submitted", str(submitted), "--work", str(work)]
        samples = []
        began = time.perf_counter()
        with (Path(folder) / "log").open("wb") as log:
            running = subprocess.Popen(command, stdout=log, stderr=log)
            while running.poll() is None:
                sizes = _megabytes(running.pid)
                done = sum(1 for _ in (work / "runs" / ASSIGNMENT).glob("s*"))
                now = time.perf_counter() - began
                samples.append(Sample(now, done, max(sizes), sum(sizes)))
                time.sleep(options.every)
        total = time.perf_counter() - began
        if running.returncode != 0:
            raise SystemExit((Path(folder) / "log").read_text()[-2000:])
        pages = sum(1 for _ in (work / "feedback").glob(f"s*/{ASSIGNMENT}/{ASSIGNMENT}.html"))
    report(samples, options.submissions, pages, total)


def submission(number: int, folder: Path) -> None:
    """Notebooks with one answer each, no two alike."""
    cells = [c for c in solved().cells if "joint_error" in str(c.metadata.get("nbgrader", ""))]
    imports = new_code_cell(
        "import torch\nfrom torch import Tensor\nfrom jaxtyping import Bool, Float"
    )
    text = nbformat.writes(new_notebook(cells=[imports, *cells, new_code_cell("# WHO")]))
    for index in range(number):
        path = folder / f"s{index:05}" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text.replace("# WHO", f"# {index}"), encoding="utf-8")


def report(samples: list[Sample], number: int, pages: int, total: float) -> None:
    """Print a line for each stretch of the class."""
    done = np.array([sample.done for sample in samples])
    seconds = np.array([sample.seconds for sample in samples])
    print(f"{number} trivial submissions in {total:.0f} s, {pages} feedback pages:")
    print("  submissions        s each   largest process   all processes")
    edges = np.linspace(0, number, STRETCHES + 1).astype(int)
    each = []
    for first, last in itertools.pairwise(edges.tolist()):
        start, end = np.interp([max(first, 1), last], done, seconds)
        each.append((end - start) / (last - first))
        inside = [s for s in samples if first <= s.done <= last and s.seconds <= end] or samples[
            -1:
        ]
        largest, together = max(s.largest for s in inside), max(s.together for s in inside)
        print(f"  {first:5} to {last:5} {each[-1]:8.3f} {largest:14.0f} MB {together:12.0f} MB")
    after = [sample for sample in samples if sample.seconds > np.interp(number, done, seconds)]
    if after:
        print(f"  feedback {max(s.largest for s in after):35.0f} MB")
    growth = np.mean(each[-2:]) / np.mean(each[2:4])
    print(f"  the last fifth took {growth:.2f} times the second fifth's time for each submission")


def _megabytes(pid: int) -> list[float]:
    """Resident memory of a process and its descendants; those of sandboxes are among them."""
    return [resident(one) / 1e6 for one in (pid, *descendants(pid))]


if __name__ == "__main__":
    main()
