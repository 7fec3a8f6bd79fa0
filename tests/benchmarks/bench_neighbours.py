"""Whether right submissions keep their points beside endless ones: ``bench_neighbours.py``.

Grades a class in which a third of the notebooks hold endless loops, several each, with far more
workers than there are processors and a short limit, and prints who lost points, and how long it
took. It ends with status 1 if anybody lost points who was right.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nbformat.v4 import new_code_cell

from tests.autograder.grading.quick import quick
from tests.submissions.make import ASSIGNMENT, FILE, written

LOOP = "while True:\n    pass"
WRONG = "return torch.zeros(())"
FULL, WITHOUT_JOINT_ERROR = 25.0, 22.0


def main() -> None:
    """Grade, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=60)
    parser.add_argument("--endless", type=int, default=20)
    parser.add_argument("--cell-seconds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=4 * (os.cpu_count() or 1))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        submitted, work = Path(folder, "submitted"), Path(folder, "work")
        expected = write_class(submitted, options.submissions, options.endless)
        command = [str(Path(sys.executable).with_name("autograder")), "grade", ASSIGNMENT]
        command += ["--submitted", str(submitted), "--work", str(work)]
        command += ["--cell-seconds", str(options.cell_seconds), "--workers", str(options.workers)]
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        content = json.loads((work / "results" / f"{ASSIGNMENT}.json").read_text())
    entries = {entry["student"]: entry for entry in content["submissions"]}
    print(
        f"{options.submissions} submissions, {options.endless} of them endless, on "
        f"{os.cpu_count()} processors with {options.workers} workers: {seconds:.0f} s"
    )
    lost = {who: entries[who]["score"] for who, score in expected.items() if who in entries}
    lost = {who: score for who, score in lost.items() if score < expected[who]}
    for who, score in sorted(lost.items()):
        print(f"  {who}: {score:g} of {expected[who]:g}, {entries[who]['notes']}")
    print(f"  {len(lost)} submissions lost points that they should have")
    raise SystemExit(bool(lost) or len(entries) != len(expected))


def write_class(folder: Path, size: int, endless: int) -> dict[str, float]:
    """Write the notebooks; say what each is to earn, loops and mistakes considered."""
    expected = {}
    for number in range(size):
        student = f"s{number:03}"
        loops = number % 3 == 0 and number // 3 < endless
        wrong = number % 2 == 1
        nb = quick(joint_error=WRONG) if wrong else quick()
        if loops:
            for place in (2, 6, 10):
                nb.cells.insert(place, new_code_cell(f"# {place}\n{LOOP}"))
        nb.cells[-1].source += f"\n# {student}"
        path = folder / student / ASSIGNMENT / FILE
        path.parent.mkdir(parents=True)
        path.write_text(written(nb), encoding="utf-8")
        expected[student] = WITHOUT_JOINT_ERROR if wrong else FULL
    return expected


if __name__ == "__main__":
    main()
