"""How long the report on a large class takes: ``python tests/benchmarks/bench_report.py``.

The class is made of the kept records and graded submissions of a smaller one, such as that of
``make grade``: each student gets one of its records, with own answers in the ways of the banks, and
everybody is in the gradebook. With ``--outputs`` notebooks carry the outputs of the executed
solution, 3 MB each. Prints the seconds for reading the class, for its code, and for all.
"""

from __future__ import annotations

import argparse
import copy
import inspect
import random
import re
import shutil
import sys
import tempfile
import textwrap
import time
from functools import cache
from importlib import import_module
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from autograder.grading.records import NotebookRecord, RecordStore, SubmissionRecord
from autograder.manifest import COURSE_ROOT, exercise_folder, load_manifest
from autograder.reporting import class_report
from autograder.reporting.class_report import write_report
from autograder.reporting.graded_class import read_class
from autograder.reporting.results import Results

ASSIGNMENT = "heatmap_2d"
FILE = f"{ASSIGNMENT}.ipynb"
MANIFEST = load_manifest()
ABOUT = MANIFEST.assignment(ASSIGNMENT)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=500)
    parser.add_argument("--work", type=Path, default=COURSE_ROOT / "grading" / "examples")
    parser.add_argument("--outputs", action="store_true", help="with the solution's outputs")
    options = parser.parse_args()
    if not (options.work / "gradebook.db").is_file():
        sys.exit(f"There is no graded class in {options.work}: run `make grade`, or give --work.")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        results = large_class(options.work, work, options.students, options.outputs)
        start = time.perf_counter()
        graded = read_class(MANIFEST, ABOUT, work, results, None)
        read = time.perf_counter()
        pairs, _, failed = class_report._code(MANIFEST, graded, work, [])
        code = time.perf_counter()
        report = write_report(MANIFEST, ABOUT, work, results)
        end = time.perf_counter()
        size = report.page.stat().st_size
    print(f"{options.students} students: {end - code:.1f} s for the report of {size / 1e3:.0f} kB")
    print(f"  of which {read - start:.1f} s for records and gradebook,")
    print(f"  {code - read:.1f} s for the code ({failed or f'{len(pairs)} pairs are alike'})")


def large_class(source: Path, work: Path, count: int, outputs: bool) -> Path:
    """Make a large class of a small one.

    Args:
        source: the working folder of the small one.
        work: that of the large one.
        count: its students.
        outputs: whether notebooks have outputs.

    Returns:
        The results file.
    """
    shutil.copy(source / "gradebook.db", work)
    kept = RecordStore(source / "runs" / ASSIGNMENT, ASSIGNMENT, NotebookRecord)
    found = sorted(path.parent.name for path in kept.folder.glob(f"[!.]*/{ASSIGNMENT}.json"))
    small = [record for name in found if (record := kept.kept(name)) is not None]
    store = RecordStore(work / "runs" / ASSIGNMENT, ASSIGNMENT, NotebookRecord)
    rng = random.Random(0)
    records = []
    with Gradebook(f"sqlite:///{work / 'gradebook.db'}") as gradebook:
        for number in range(count):
            student, record = f"student-{number:04}", small[number % len(small)]
            store.keep(student, record)
            records.append(SubmissionRecord.of(student, {ASSIGNMENT: record}))
            path = work / "submitted" / student / ASSIGNMENT / FILE
            path.parent.mkdir(parents=True)
            path.write_text(nbformat.writes(notebook(rng, outputs)), encoding="utf-8")
            gradebook.update_or_create_student(student)
            gradebook.update_or_create_submission(ASSIGNMENT, student)
        gradebook.db.commit()
    results = work / "results" / f"{ASSIGNMENT}.json"
    Results(ASSIGNMENT, 1, records).write(results)
    return results


def notebook(rng: random.Random, outputs: bool) -> NotebookNode:
    """A solved notebook, each exercise in a way of its bank."""
    nb = copy.deepcopy(_solution())
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name in _ways():
            cell.source = rng.choice(_ways()[name])
        if cell.cell_type == "code" and not outputs:
            cell.outputs = []
    return nb


@cache
def _solution() -> NotebookNode:
    return nbformat.read(COURSE_ROOT / "solutions" / ASSIGNMENT / FILE, as_version=4)


@cache
def _ways() -> dict[str, list[str]]:
    ways = {}
    for exercise in ABOUT.exercises:
        folder = exercise_folder(ASSIGNMENT, exercise.id)
        right = import_module(".".join((*folder.parts, "right_answers"))).RIGHT
        bare = (re.sub(r"^@.*\n", "", inspect.getsource(answer)) for answer in right.values())
        ways[exercise.id] = [
            re.sub(r"^def \w+", f"def {exercise.id}", textwrap.dedent(source), count=1)
            for source in bare
        ]
    return ways


if __name__ == "__main__":
    main()
