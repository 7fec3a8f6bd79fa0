"""Running submissions on the workers of a Dask cluster. No file system has to be shared.

A task travels with what was submitted and comes back with its grade; cases and held-out data are
drawn anew on the worker, which has the course installed. Only the process that hands out the
tasks writes anything.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from autograder.errors import DISK_FULL, CourseError
from autograder.fingerprints import grading_code, packages
from autograder.grading.evaluator import OWN, Graded, Task, give_up, run_task
from autograder.grading.local import AHEAD
from autograder.manifest import COURSE_ROOT, load_manifest
from autograder.sandbox.choice import choose_sandbox

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = "20s"
"""How long a scheduler may take to answer."""

WAIT_FOR_WORKERS = 120.0
"""Seconds that we wait for a new worker when the last one is gone."""

_LOOK_EVERY = 0.1
_COUNT_EVERY = 1.0

_ANOTHER_VERSION = (
    "A worker of the cluster has another version of the course; install the same one everywhere."
)


def run_on_cluster(
    tasks: Iterable[Task], address: str, say: Callable[[str], None] = print
) -> Iterator[tuple[Task, Graded]]:
    """Grade tasks on a cluster, and yield each as it is done.

    A task whose worker dies is given to another one by the scheduler. What it comes back with is
    yielded once, so a submission is graded once, whatever happened to it on the way. If all
    workers are gone and none comes back, the tasks that are left are given up.

    Args:
        tasks: taken from the iterable as the cluster's workers become free.
        address: the scheduler's, as ``tcp://host:8786``.
        say: is told when we wait for workers.

    Yields:
        Each task with its result, as soon as it is done.

    Raises:
        CourseError: there is no such scheduler, its workers have another version of the course,
            or cannot sandbox submissions; or its workers left before our own solution was graded.
    """
    client = _connected(address)
    try:
        yield from _run(client, iter(tasks), address, say)
    finally:
        client.close(timeout=5)


def _run(
    client: Client, waiting: Iterator[Task], address: str, say: Callable[[str], None]
) -> Iterator[tuple[Task, Graded]]:
    from distributed import as_completed

    pending: dict[Any, Task] = {}
    done: Any = as_completed([], loop=client.loop)

    def hand_out() -> bool:
        task = next(waiting, None)
        if task is None:
            return False
        version = course_version(task.evaluator.assignment.id)
        future = client.submit(_run_there, task, version, pure=False, retries=1)
        pending[future.key] = task
        done.add(future)
        return True

    def fill() -> None:
        # Workers come and go.
        threads = sum(client.nthreads().values()) or 1
        while len(pending) < AHEAD * threads and hand_out():
            pass

    try:
        fill()
        crew = _Crew(client, address, say)
        while pending:
            finished = done.next_batch(block=False)
            for future in finished:
                task = pending.pop(future.key)
                yield task, _outcome(task, future)
                fill()
            if not finished:
                if crew.is_lost():
                    break
                time.sleep(_LOOK_EVERY)
    except (CancelledError, OSError) as error:
        if client.status == "running" and not isinstance(error, CancelledError):
            raise
        raise CourseError(
            f"The scheduler at {address} is gone; what is finished is kept: run the same command "
            "to resume."
        ) from None
    # Everybody is in the results; who was given up is tried again by the next run.
    for task in (*pending.values(), *waiting):
        if task.student == OWN:
            raise CourseError(
                f"The workers of the scheduler at {address} are gone, so nothing was graded; start "
                "`dask worker` there, then run the same command."
            )
        yield task, give_up(task, "all workers of the cluster are gone")


class _Crew:
    """Whether a cluster still has workers, or had some a while ago.

    Args:
        client: of the cluster.
        address: of its scheduler.
        say: is told when the last worker has gone.
    """

    def __init__(self, client: Client, address: str, say: Callable[[str], None]) -> None:
        self.client, self.address, self.say = client, address, say
        self._counted = self._seen = time.monotonic()
        self._said = False

    def is_lost(self) -> bool:
        """Whether there has been no worker for longer than we wait for one."""
        now = time.monotonic()
        if now - self._counted >= _COUNT_EVERY:
            self._counted = now
            if self.client.nthreads():
                self._seen, self._said = now, False
            elif not self._said:
                self._said = True
                self.say(
                    f"The scheduler at {self.address} has no workers any more; waiting "
                    f"{WAIT_FOR_WORKERS:.0f} s for new ones."
                )
        return now - self._seen > WAIT_FOR_WORKERS + _COUNT_EVERY


def _outcome(task: Task, future: Any) -> Graded:
    """What a task came back with."""
    from distributed import KilledWorker

    error = future.exception()
    if error is None:
        graded: Graded = future.result()
        return graded
    if isinstance(error, CourseError):
        raise error
    if isinstance(error, ImportError):
        raise CourseError(f"A worker of the cluster lacks a package ({error}).")
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        raise CourseError(f"The disk of a worker of the cluster is full ({error}).")
    if isinstance(error, KilledWorker):
        # Its own message is for those who run the cluster, and names machines.
        return give_up(task, "each worker of the cluster that ran it died")
    return give_up(task, f"{type(error).__name__}: {error}")


def _run_there(task: Task, version: dict[str, str]) -> Graded:
    """Grade one submission, on a worker."""
    if course_version(task.evaluator.assignment.id) != version:
        raise CourseError(_ANOTHER_VERSION)
    task = _at_home(task)
    evaluator = task.evaluator
    choose_sandbox(evaluator.sandbox, evaluator.store.folder, evaluator.manifest.root)
    return run_task(task)


def _at_home(task: Task) -> Task:
    """A task that reads the course's files from where they lie on this machine."""
    evaluator: Any = task.evaluator
    manifest = evaluator.manifest.model_copy(update={"root": COURSE_ROOT})
    return replace(task, evaluator=replace(evaluator, manifest=manifest))


@cache
def course_version(assignment: str) -> dict[str, str]:
    """What tells two versions of the course apart that an assignment is graded with."""
    manifest = load_manifest()
    about = manifest.assignment(assignment)
    notebooks = [
        path.read_bytes() if path.is_file() else b""  # who has none has another version
        for notebook in about.notebooks
        for path in (manifest.source(about, notebook), manifest.released(about, notebook))
    ]
    return {
        **packages(manifest, about),
        "autograder": grading_code(about),
        "notebooks": hashlib.sha256(b"\0".join(notebooks)).hexdigest(),
    }


def _connected(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise CourseError(
            "Grading on a cluster needs Dask; install it with `pip install distributed`."
        ) from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise CourseError(
            f"No Dask scheduler answers at {address} ({error}); start one with `dask scheduler`."
        ) from None
    if not client.nthreads():
        client.close()
        raise CourseError(f"The scheduler at {address} has no workers; start `dask worker` there.")
    return client
