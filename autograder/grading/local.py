"""Running submissions in parallel on this machine.

Each submission runs in a kernel, which is a process of its own; what is left to us is to talk to it
and to score its observations. A few of these conversations fit into one process, which spares the
start of others; beyond that there is a process for each.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from multiprocessing.connection import Connection
from typing import NoReturn

from autograder.grading.evaluator import Graded, Task, give_up, run_task
from autograder.sandbox.warm_parent import close_all

FIT_INTO_ONE = 4
"""Workers that do not need a process each: scoring takes a small part of a submission's time."""

AHEAD = 3
"""Tasks for each worker that are held ready: enough to keep it busy, few enough to fit."""

MOST_TRIES = 2
"""How often a submission is tried whose worker died."""

_LEAVE_WITHIN = 5.0


def run_here(
    tasks: Iterable[Task], workers: int, in_threads: bool = False
) -> Iterator[tuple[Task, Graded]]:
    """Grade tasks on this machine, several at a time, and yield each as it is done.

    Tasks are taken from the iterable as workers become free, so a class of any size fits. A worker
    process that dies takes no other submission with it; its own is tried again by a new one.

    Args:
        tasks: what to grade.
        workers: how many at a time.
        in_threads: whether this process suffices, however many workers there are.

    Yields:
        Each task with its result, as soon as it is done.

    Raises:
        OSError: the disk is full.
    """
    waiting = iter(tasks)
    crew = _Crew() if workers > FIT_INTO_ONE and not in_threads else None
    grade = run_task if crew is None else crew.run
    pool = ThreadPoolExecutor(workers)
    pending: dict[Future[Graded], Task] = {}
    try:
        while True:
            while len(pending) < AHEAD * workers:
                task = next(waiting, None)
                if task is None:
                    break
                pending[pool.submit(grade, task)] = task
            if not pending:
                break
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                yield pending.pop(future), future.result()
    finally:
        # After Ctrl-C, or when the caller stops early, what still runs is dropped.
        pool.shutdown(wait=False, cancel_futures=True)
        if crew is not None:
            crew.close()


def prepare_worker() -> None:
    """Make this process one that leaves Ctrl-C to its parent, and that does not outlive it."""
    # Ctrl-C reaches every process of a terminal; the one that writes the results decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A handler must not wait for locks that the interrupted code holds; a thread may.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=_leave).start())
    threading.Thread(target=_leave_with_parent, name="parent", daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        _leave()


def _leave() -> NoReturn:
    close_all()
    os._exit(1)


class _Worker:
    """A process that grades one submission after the other."""

    def __init__(self) -> None:
        # A fresh process: torch's threads do not survive a fork.
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        with theirs:
            self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
            self._process.start()

    def run(self, task: Task) -> Graded:
        """Grade one.

        Args:
            task: the submission and how to grade it.

        Returns:
            The result in the evaluator's own form.

        Raises:
            EOFError: the process is gone.
            ConnectionError: the process is gone.
            OSError: its disk is full.
        """
        self._ours.send(task)
        outcome: Graded | OSError = self._ours.recv()
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    def dismiss(self) -> None:
        """Ask it to end, whatever it does."""
        self._process.terminate()

    def end(self) -> str:
        """Wait for its end, or else bring it about, and say how it ended."""
        self._process.join(_LEAVE_WITHIN)
        self._process.kill()
        self._process.join()
        code = self._process.exitcode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
        return f"a process of its own ended with {how}"


def _serve(tasks: Connection) -> None:
    prepare_worker()
    while True:
        try:
            task = tasks.recv()
        except EOFError:
            return
        try:
            outcome: Graded | OSError = run_task(task)
        except OSError as error:
            outcome = error
        tasks.send(outcome)


class _Crew:
    """A worker process for each thread that asks for one."""

    def __init__(self) -> None:
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._workers: list[_Worker] = []
        self._closed = False

    def run(self, task: Task) -> Graded:
        """Grade one submission in the calling thread's process, and in a new one if that dies."""
        how = "grading has been stopped"
        for _ in range(MOST_TRIES):
            worker = self._worker()
            if worker is None:
                break
            try:
                return worker.run(task)
            except (EOFError, ConnectionError):
                self._mine.worker = None
                with self._lock:
                    if worker in self._workers:
                        self._workers.remove(worker)
                        how = worker.end()
        return give_up(task, how)

    def close(self) -> None:
        """End all processes, whatever they do."""
        with self._lock:
            self._closed = True
            for worker in self._workers:
                worker.dismiss()
            for worker in self._workers:
                worker.end()
            self._workers.clear()

    def _worker(self) -> _Worker | None:
        if getattr(self._mine, "worker", None) is None:
            with self._lock:
                if self._closed:
                    return None
                self._mine.worker = _Worker()
                self._workers.append(self._mine.worker)
        worker: _Worker = self._mine.worker
        return worker
