"""How fast a class is graded: ``python tests/benchmarks/bench_grading.py``.

Grades copies of a solved and of a half-solved ``heatmap_2d`` (profile ``smoke``) with stock
``nbgrader autograde`` and with ``autograder grade``, sandbox on, in one run on one machine, and
prints the ratio: once without the cells that train, once with them. Both read submissions that they
have not seen, run them, score them and enter the scores into an empty gradebook; ours writes
feedback pages and grades.csv besides. Then the fixed cost of a submission, by part.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.grading.execution import run_notebook
from autograder.grading.notebook import NotebookEvaluator
from autograder.grading.scoring import score
from autograder.grading.settings import Limits
from autograder.manifest import COURSE_ROOT, load_manifest
from autograder.needed_cells import graded_part
from autograder.reporting.gradebook import GradebookWriter
from autograder.sandbox.manager import GradedKernelManager, kernel_config, warm_up

ASSIGNMENT = "heatmap_2d"
PROGRAMS = Path(sys.executable).parent

_STOCK_CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "stock"
c.CourseDirectory.root = {root!r}
c.CourseDirectory.db_url = {database!r}
c.ExecuteOptions.timeout = 300
"""


@dataclass(frozen=True)
class Cost:
    """Seconds on the wall and of processor time, and the largest process in MB."""

    wall: float
    processor: float
    peak: float


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=20, help="of each notebook, without training")
    parser.add_argument("--trained", type=int, default=20, help="of each notebook, with training")
    parser.add_argument(
        "--stock", type=int, default=4, help="submissions that stock nbgrader grades"
    )
    options = parser.parse_args()
    for what, copies, training in (
        ("without training cells", options.copies, False),
        ("with the smoke profile's training cells", options.trained, True),
    ):
        notebooks = [solved(training), half_solved(training)]
        stock = grade_stock(notebooks, max(1, options.stock // 2))
        ours = grade_ours(notebooks, copies)
        n_stock, n_ours = 2 * max(1, options.stock // 2), 2 * copies
        print(f"heatmap_2d {what}, on {os.cpu_count()} processors:")
        for name, cost, number in (("nbgrader", stock, n_stock), ("autograder", ours, n_ours)):
            print(
                f"  {name:10} {number:3} submissions: {cost.wall / number:6.2f} s each "
                f"({cost.processor / number:5.2f} s of processor time), "
                f"largest process {cost.peak:.0f} MB"
            )
        print(f"  ratio of throughput {stock.wall / n_stock * n_ours / ours.wall:.1f}")
    print_fixed_cost()


def solved(training: bool) -> NotebookNode:
    """The solution as a student would hand it in."""
    path = COURSE_ROOT / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    nb = nbformat.read(path, as_version=4)
    return nb if training else without_training(nb)


def half_solved(training: bool) -> NotebookNode:
    """Every other exercise is as it was handed out."""
    nb = solved(training=True)
    path = COURSE_ROOT / "assignments" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    released = {_grade_id(c): c for c in nbformat.read(path, as_version=4).cells if _grade_id(c)}
    exercises = [exercise.id for exercise in load_manifest().assignment(ASSIGNMENT).exercises]
    for cell in nb.cells:
        if _grade_id(cell) in exercises[::2]:
            cell.source = released[_grade_id(cell)].source
    return nb if training else without_training(nb)


def without_training(nb: NotebookNode) -> NotebookNode:
    """The cells that are graded, and what they need."""
    nb = copy.deepcopy(nb)
    nb.cells = graded_part(nb)
    return nb


def grade_stock(notebooks: list[NotebookNode], copies: int) -> Cost:
    """``nbgrader autograde``, as it comes."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        source = root / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        source.parent.mkdir(parents=True)
        source.write_bytes(
            (COURSE_ROOT / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_bytes()
        )
        config = _STOCK_CONFIG.format(root=folder, database=f"sqlite:///{root / 'gradebook.db'}")
        (root / "nbgrader_config.py").write_text(config)
        submission(notebooks, copies, root / "submitted")
        _nbgrader(root, "generate_assignment")
        with measured() as costs:
            _nbgrader(root, "autograde")
        return costs[0]


def grade_ours(notebooks: list[NotebookNode], copies: int) -> Cost:
    """``autograder grade``, with the sandbox and a worker for each processor."""
    with tempfile.TemporaryDirectory() as folder:
        submission(notebooks, copies, Path(folder, "submitted"))
        command = [str(PROGRAMS / "autograder"), "grade", ASSIGNMENT]
        command += ["--submitted", f"{folder}/submitted", "--work", f"{folder}/work"]
        with measured() as costs:
            subprocess.run(command, check=True, capture_output=True)
        return costs[0]


def submission(notebooks: list[NotebookNode], copies: int, folder: Path) -> None:
    """Lay out copies, each a little different, for nothing to be taken from an earlier one."""
    for number, nb in enumerate(notebooks):
        for copied in range(copies):
            path = folder / f"student-{number}-{copied:04}" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
            path.parent.mkdir(parents=True)
            mine = copy.deepcopy(nb)
            mine.cells[-1].source += f"\n# {copied}"
            path.write_text(nbformat.writes(mine), encoding="utf-8")


def print_fixed_cost(rounds: int = 10) -> None:
    """What a submission costs whose cells do nothing: start, execution, cases, gradebook."""
    manifest = load_manifest()
    assignment = manifest.assignment(ASSIGNMENT)
    notebook = assignment.notebook(ASSIGNMENT)
    asyncio.run(warm_up())
    with tempfile.TemporaryDirectory() as folder:
        gradebook_writer = GradebookWriter(manifest, Path(folder))
        evaluator = NotebookEvaluator(
            manifest, assignment, notebook, 1, Limits(), gradebook_writer.runs, "bubblewrap"
        )
        solution = without_training(solved(training=True))
        prepared = evaluator.prepare_notebook(solution)
        empty = copy.deepcopy(prepared.nb)
        empty.cells = [cell for cell in empty.cells if not _grade_id(cell)][:1]
        suites = evaluator.suites()
        parts: dict[str, float] = {}
        parts["start and end of a kernel"] = _each(lambda: asyncio.run(_start_and_stop()), rounds)
        parts["reading and repair"] = _each(lambda: evaluator.prepare_notebook(solution), rounds)
        run = run_notebook(copy.deepcopy(prepared.nb), suites, Limits(), "bubblewrap")
        both = _each(lambda: _run(evaluator, prepared.nb), rounds)
        cells = _each(lambda: _run(evaluator, prepared.nb, ask=False), rounds)
        parts["execution of the cells"] = cells - parts["start and end of a kernel"]
        parts["cases and answers"] = both - cells
        parts["scoring"] = _each(lambda: score(run, notebook, suites, {}), rounds)
        gradebook_writer.register(ASSIGNMENT)
        names = [f"s{number}" for number in range(rounds)]
        graded = evaluator.grade(prepared)
        for name in names:
            gradebook_writer.add_submission(evaluator, name, prepared.nb)
            evaluator.keep(name, graded)
        with measured() as costs:
            gradebook_writer.record(assignment, names)
        parts["gradebook"] = costs[0].processor / rounds
    print("Processor time for a submission without training cells, in seconds:")
    for part, seconds in parts.items():
        print(f"  {part:26} {seconds:.3f}")
    print(f"  {'in all':26} {sum(parts.values()):.3f}")


async def _start_and_stop() -> None:
    manager = GradedKernelManager(config=kernel_config(Limits().kernel))
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    client.stop_channels()
    await manager.shutdown_kernel(now=True)
    kernels.append(manager.sandbox.cpu_seconds if manager.sandbox else 0.0)


kernels: list[float] = []
"""Processor time of kernels, which are no children of ours."""


def _run(evaluator: NotebookEvaluator, nb: NotebookNode, ask: bool = True) -> None:
    mine = copy.deepcopy(nb)
    if not ask:
        mine.cells = [c for c in mine.cells if not _grade_id(c).startswith("check_")]
    suites = evaluator.suites() if ask else {}
    outcome = run_notebook(mine, suites, evaluator.limits, "bubblewrap")
    kernels.append(outcome.processor_seconds)


def _each(work: object, rounds: int) -> float:
    assert callable(work)
    work()
    kernels.clear()
    before = time.process_time()
    for _ in range(rounds):
        work()
    return (time.process_time() - before + sum(kernels)) / rounds


@contextmanager
def measured() -> Iterator[list[Cost]]:
    """What happens within, children included."""
    costs: list[Cost] = []
    wall, before = time.perf_counter(), _processor()
    yield costs
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    costs.append(Cost(time.perf_counter() - wall, _processor() - before, peak))


def _processor() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _nbgrader(root: Path, command: str) -> None:
    environment = {**os.environ, "POSELAB_PROFILE": "smoke"}
    environment["PATH"] = f"{PROGRAMS}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        [str(PROGRAMS / "nbgrader"), command, ASSIGNMENT],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"nbgrader {command} failed: {done.stderr[-2000:]}")


def _grade_id(cell: NotebookNode) -> str:
    grade_id: str = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    return grade_id


if __name__ == "__main__":
    main()
