"""Whether right submissions keep their points beside endless ones: ``bench_neighbours.py``.

Grades a class in which some notebooks never end, each in its own way, with a short limit, and
prints how long it took, who lost points and who was not stopped. It ends with status 1 if anybody
lost points who was right, or was not told why who never ended.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder.manifest import load_manifest
from tests.autograder.grading.harms import ENDLESS, Harm
from tests.autograder.grading.quick import WRONG, command, environment
from tests.submissions.make import ASSIGNMENT, FILE, ROOT, written

POINTS = {e.id: e.points for e in load_manifest().assignment(ASSIGNMENT).exercises}


def main() -> None:
    """Grade, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=300)
    parser.add_argument("--endless", type=int, default=30)
    parser.add_argument("--cell-seconds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        submitted, work = Path(folder, "submitted"), Path(folder, "work")
        endless = write_class(submitted, options.submissions, options.endless)
        limits = ["--cell-seconds", str(options.cell_seconds), "--workers", str(options.workers)]
        began = time.perf_counter()
        subprocess.run(
            command(submitted, work, *limits),
            check=True,
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.DEVNULL,
        )
        seconds = time.perf_counter() - began
        content = json.loads((work / "results" / f"{ASSIGNMENT}.json").read_text())
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    records = {record["student"]: record for record in content["submissions"]}
    complaints = list(complain(records, endless))
    print(
        f"{len(records)} submissions, {options.endless} of them endless, on {os.cpu_count()} "
        f"processors with {options.workers} workers, {options.cell_seconds} s for a cell: "
        f"{seconds:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of processor time"
    )
    print("\n".join(complaints) or "  all that never ends was stopped, and nobody else")
    raise SystemExit(bool(complaints) or len(records) != options.submissions)


def write_class(folder: Path, size: int, endless: int) -> dict[str, str]:
    """Write notebooks, of which every other of those that end is wrong; say who never ends how."""
    kinds = itertools.cycle(ENDLESS)
    never = {}
    for number in range(size):
        student = f"s{number:03}"
        if (number + 1) * endless // size > number * endless // size:
            never[student] = next(kinds)
            nb = ENDLESS[never[student]].notebook()
        else:
            nb = Harm(bodies=wrong_bodies(student)).notebook()
        nb.cells[-1].source += f"\n# {student}"
        path = folder / student / ASSIGNMENT / FILE
        path.parent.mkdir(parents=True)
        path.write_text(written(nb), encoding="utf-8")
    return never


def wrong_bodies(student: str) -> dict[str, str]:
    """What is wrong in the notebook of somebody with an odd number."""
    return {"joint_error": WRONG} if int(student[1:]) % 2 else {}


def complain(records: Mapping[str, Any], endless: Mapping[str, str]) -> Iterator[str]:
    """Say who lost points with what is right, was stopped without need, or was not stopped."""
    for student, record in records.items():
        never, told = endless.get(student), (record["status"], bool(record["notes"]))
        lost = [
            exercise["id"]
            for exercise in record["exercises"]
            if exercise["score"] < POINTS[exercise["id"]]
            and not never  # what goes on in other processes costs what is counted meanwhile
            and exercise["id"] not in wrong_bodies(student)
        ]
        if lost or told != (("timed_out", True) if never else ("graded", False)):
            yield f"  {student} ({never or 'ends'}): {told[0]}, lost {lost}, {record['notes']}"


if __name__ == "__main__":
    main()
