"""Grading on a Dask cluster of real processes, one of which is killed."""

from __future__ import annotations

import dataclasses
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("distributed", reason="Dask is not installed")

from distributed import Client, KilledWorker

from autograder.errors import CourseError
from autograder.grading import cluster
from autograder.grading.evaluator import Task
from autograder.grading.notebook import NotebookEvaluator
from autograder.grading.settings import Limits
from autograder.manifest import load_manifest
from autograder.sandbox.warm_parent import close_all
from tests.autograder.grading.quick import environment, finished, quick, scores, start, write_class
from tests.autograder.grading.small import needs_sandbox
from tests.autograder.grading.test_local import alive, descendants, wait_until
from tests.submissions.make import ASSIGNMENT, ROOT

SIZE = 6


def dask(folder: Path, *arguments: str, python_path: Path = ROOT) -> subprocess.Popen[bytes]:
    """A process of the cluster, in a folder of its own."""
    folder.mkdir(parents=True)
    where = {**environment(), "PYTHONPATH": str(python_path), "TMPDIR": str(folder)}
    command = [sys.executable, "-m", "dask", *arguments, "--no-dashboard"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, cwd=folder, env=where, stdout=log, stderr=log)


def worker(folder: Path, address: str, python_path: Path = ROOT) -> subprocess.Popen[bytes]:
    settings = ["--nthreads", "1", "--nworkers", "1", "--local-directory", str(folder)]
    return dask(folder, "worker", address, *settings, python_path=python_path)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started, of which Dask's nannies would start more."""
    for pid in (process.pid, *descendants(process.pid)):
        if alive(pid):
            os.kill(pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "scheduler"
    process = dask(folder, "scheduler", "--host", "127.0.0.1", "--port", "0")
    try:
        yield found(folder / "log", r"Scheduler at:\s+(tcp://\S+)")
    finally:
        end(process)


def found(log: Path, pattern: str) -> str:
    wait_until(lambda: re.search(pattern, log.read_text()))
    match = re.search(pattern, log.read_text())
    assert match is not None
    return match.group(1)


@needs_sandbox
def test_a_worker_is_killed(scheduler: str, tmp_path: Path) -> None:
    submitted, work = tmp_path / "class", tmp_path / "work"
    expected = write_class(submitted, SIZE)
    nannies = [worker(tmp_path / f"worker{number}", scheduler) for number in range(2)]
    try:
        for number in range(2):
            found(tmp_path / f"worker{number}" / "log", r"(Starting established connection)")
        with start(submitted, work, "--scheduler", scheduler) as running:
            wait_until(lambda: len(finished(work)) >= 2)
            before = finished(work)
            # The nanny stays, and starts another worker.
            (doomed,) = (pid for pid in descendants(nannies[0].pid) if is_worker(pid))
            sandboxes = descendants(doomed)
            os.kill(doomed, signal.SIGKILL)
            _, complaints = running.communicate(timeout=300)
        assert running.returncode == 0, complaints
        assert scores(work) == expected
        after = finished(work)
        assert {student: after[student] for student in before} == before
        assert len(before) < SIZE == len(after)
        assert sandboxes
        wait_until(lambda: not any(map(alive, sandboxes)), 20)
    finally:
        for nanny in nannies:
            end(nanny)


def is_worker(pid: int) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # a process that has just ended
        return False


@needs_sandbox
def test_another_version_is_refused(scheduler: str, tmp_path: Path) -> None:
    another = tmp_path / "another"
    for package in ("autograder", "poselab", "data_stubs"):
        shutil.copytree(ROOT / package, another / package)
    (another / "course.toml").write_bytes((ROOT / "course.toml").read_bytes())
    with (another / "poselab" / "checks" / "judge.py").open("a") as judge:
        judge.write("\nANOTHER = True\n")
    submitted, work = tmp_path / "class", tmp_path / "work"
    write_class(submitted, 1)
    nanny = worker(tmp_path / "worker", scheduler, another)
    try:
        found(tmp_path / "worker" / "log", r"(Starting established connection)")
        with start(submitted, work, "--scheduler", scheduler) as running:
            _, said = running.communicate(timeout=300)
    finally:
        end(nanny)
    assert running.returncode == 1
    assert said == (
        "A worker of the cluster has another version of the course; "
        "install the same one everywhere.\n"
    )
    assert not finished(work)


def test_no_workers_and_no_scheduler(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CourseError, match=f"^The scheduler at {scheduler} has no workers; start"):
        next(cluster.run_on_cluster([], scheduler))
    monkeypatch.setattr(cluster, "PATIENCE", "1s")
    with pytest.raises(CourseError, match=r"^No Dask scheduler answers at tcp://127.0.0.1:1 \("):
        next(cluster.run_on_cluster([], "tcp://127.0.0.1:1"))
    with pytest.raises(CourseError, match=r"^No Dask scheduler answers at nonsense"):
        next(cluster.run_on_cluster([], "nonsense://"))


@pytest.fixture
def task() -> Task:
    """A task whose folders exist nowhere, as on a machine that shares no files with ours."""
    manifest = load_manifest()
    assignment = manifest.assignment(ASSIGNMENT)
    (notebook,) = assignment.graded_notebooks
    evaluator = NotebookEvaluator(
        manifest, assignment, notebook, 3, Limits(), Path("/no/runs"), "bubblewrap"
    )
    prepared = evaluator.prepare_notebook(quick())
    elsewhere = manifest.model_copy(update={"root": Path("/no/course")})
    return Task("somebody", dataclasses.replace(evaluator, manifest=elsewhere), prepared)


@needs_sandbox
def test_a_task_travels(task: Task) -> None:
    parcel = pickle.dumps(task)
    assert len(parcel) < 100_000
    there: Task = pickle.loads(parcel)
    assert there == task
    graded = pickle.loads(
        pickle.dumps(cluster._run_there(there, cluster.course_version(ASSIGNMENT)))
    )
    assert graded.record.status == "graded"
    points = sum(exercise.score for exercise in graded.record.exercises)
    assert points == load_manifest().assignment("heatmap_2d").automatic_points
    close_all()


def test_what_a_task_may_come_back_with(task: Task) -> None:
    def outcome(error: Exception) -> Any:
        return cluster._outcome(task, SimpleNamespace(exception=lambda: error))

    killed = KilledWorker("task", SimpleNamespace(address="tcp://10.0.0.7:1"), 3)  # type: ignore[arg-type]
    (note,) = outcome(killed).record.notes
    assert note == ("The grader failed (each worker of the cluster that ran it died); grade again.")
    (note,) = outcome(ValueError("odd")).record.notes
    assert note == "The grader failed (ValueError: odd); grade again."
    for error, says in (
        (CourseError("Said there."), "^Said there.$"),
        (ModuleNotFoundError("No module named 'torch'"), "lacks a package .*torch"),
        (OSError(28, "No space left on device"), "disk of a worker"),
    ):
        with pytest.raises(CourseError, match=says):
            outcome(error)


def test_the_scheduler_goes_away(task: Task, tmp_path: Path) -> None:
    folder = tmp_path / "scheduler"
    process = dask(folder, "scheduler", "--host", "127.0.0.1", "--port", "0")
    nanny = None
    try:
        address = found(folder / "log", r"Scheduler at:\s+(tcp://\S+)")
        nanny = worker(tmp_path / "worker", address)
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=300)

        def tasks() -> Iterator[Task]:
            yield task
            end(process)

        began = time.monotonic()
        with pytest.raises(CourseError, match=f"^The scheduler at {address} is gone"):
            list(cluster.run_on_cluster(tasks(), address))
        assert time.monotonic() - began < 60
    finally:
        for running in (process, nanny):
            if running is not None:
                end(running)
