"""Running hand-ins on the workers of a Dask cluster. No file system has to be shared.

A task travels with its notebook and comes back with its grade; questions are drawn anew on the
worker, which has the course installed. Only the process that hands out the tasks writes anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from autograder.build.fingerprint import packages
from autograder.errors import CourseError
from autograder.grading.hand_in import Graded
from autograder.grading.schedule import AHEAD, Task, failed, run_task
from autograder.grading.walls import choose_sandbox
from autograder.manifest import load_manifest

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = "20s"
"""How long a scheduler may take to answer."""


def run_on_cluster(tasks: Iterable[Task], address: str) -> Iterator[tuple[Task, Graded]]:
    """Grade tasks on a cluster, and yield each as it is done.

    A task whose worker dies is given to another one by the scheduler. What it comes back with is
    yielded once, so a hand-in is graded once, whatever happened to it on the way.

    Args:
        tasks: taken from the iterable as the cluster's workers become free.
        address: the scheduler's, as ``tcp://host:8786``.

    Raises:
        CourseError: there is no such scheduler, or its workers have another version of the course.
    """
    with _connected(address) as client:
        yield from _run(client, iter(tasks))


def _run(client: Client, waiting: Iterator[Task]) -> Iterator[tuple[Task, Graded]]:
    from distributed import as_completed

    pending: dict[Any, Task] = {}
    done: Any = as_completed([], loop=client.loop)

    def hand_out() -> bool:
        task = next(waiting, None)
        if task is None:
            return False
        version = course_version(task.grader.assignment.id)
        future = client.submit(_run_there, task, version, pure=False, retries=1)
        pending[future.key] = task
        done.add(future)
        return True

    threads = sum(client.nthreads().values()) or 1
    while len(pending) < AHEAD * threads and hand_out():
        pass
    for future in done:
        task = pending.pop(future.key)
        error = future.exception()
        if isinstance(error, CourseError):
            raise error
        if error is not None:
            yield task, task.grader.give_up(task.prepared, failed(error))
        else:
            yield task, future.result()
        hand_out()


def _run_there(task: Task, version: dict[str, str]) -> Graded:
    """Grade one hand-in, on a worker."""
    if course_version(task.grader.assignment.id) != version:
        raise CourseError(
            "A worker of the cluster has another version of the course, which asks other "
            "questions; install the same one everywhere."
        )
    choose_sandbox(task.grader.sandbox, task.grader.folder, task.grader.manifest.root)
    return run_task(task)


@cache
def course_version(assignment: str) -> dict[str, str]:
    """What tells two versions of the code apart that an assignment is graded with."""
    manifest = load_manifest()
    return packages(manifest, manifest.assignment(assignment))


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
