"""Running hand-ins in parallel on this machine.

Each hand-in runs in a kernel, which is a process of its own; what is left to us is to talk to it
and to score its answers. A few of these conversations fit into one process, which spares the
start of others; beyond that there is a process for each.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from autograder.grading.hand_in import Graded, Grader, Prepared

FIT_INTO_ONE = 4
"""Workers that do not need a process each: scoring takes a small part of a hand-in's time."""

AHEAD = 3
"""Tasks for each worker that are held ready: enough to keep it busy, few enough to fit."""

MOST_TRIES = 2
"""How often a hand-in is tried whose worker died."""


@dataclass(frozen=True)
class Task:
    """One student's notebook, ready to be graded."""

    student: str
    grader: Grader
    prepared: Prepared


def run_task(task: Task) -> Graded:
    """Grade one hand-in; what our own side gets wrong becomes its reason."""
    try:
        return task.grader.grade(task.prepared)
    except Exception as error:  # one hand-in must not cost the others their grades
        return task.grader.give_up(task.prepared, failed(error))


def failed(error: BaseException) -> str:
    """What a student is told where the grader itself failed."""
    what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return f"The grader failed ({what}); grade once more."


def run_here(tasks: Iterable[Task], workers: int) -> Iterator[tuple[Task, Graded]]:
    """Grade tasks on this machine, several at a time, and yield each as it is done.

    Tasks are taken from the iterable as workers become free, so a class of any size fits. A worker
    that dies takes its hand-ins with it; these are tried again by a new one.
    """
    waiting = iter(tasks)
    tries: dict[int, int] = {}
    again: list[Task] = []
    exhausted = False
    while again or not exhausted:
        pool = _executor(workers)
        pending: dict[Future[Graded], Task] = {}
        try:
            while True:
                while len(pending) < AHEAD * workers and (again or not exhausted):
                    task = again.pop() if again else next(waiting, None)
                    if task is None:
                        exhausted = True
                        break
                    pending[pool.submit(run_task, task)] = task
                if not pending:
                    break
                done, _ = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    graded = future.result()
                    yield pending.pop(future), graded
            pool.shutdown()
        except BrokenProcessPool as error:
            pool.shutdown()
            for task in pending.values():
                tries[id(task)] = tries.get(id(task), 0) + 1
                if tries[id(task)] < MOST_TRIES:
                    again.append(task)
                else:
                    yield task, task.grader.give_up(task.prepared, failed(error))
        except BaseException:
            # Ctrl-C, or nobody wants the rest: what is finished is kept, the rest is dropped.
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def _executor(workers: int) -> Executor:
    if workers <= FIT_INTO_ONE:
        return ThreadPoolExecutor(workers)
    # A fresh process each: torch's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_leave_interrupts)


def _leave_interrupts() -> None:
    # Ctrl-C reaches every process of a terminal; the one that writes the results decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

