"""All workers of a cluster die in the middle. The cluster is made up: nothing here takes time."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("distributed", reason="Dask is not installed")

import distributed

from autograder.errors import CourseError
from autograder.grading import cluster
from autograder.grading.evaluator import OWN, Task


class Cluster:
    """A scheduler with a worker that grades ``alive`` tasks at a time, and then dies.

    Args:
        alive: how many tasks are graded in each life.
        returns: how often it comes back.
        patience: how often one looks for it in vain before it does.
    """

    status = "running"
    loop = None

    def __init__(self, alive: int, returns: int = 0, patience: int = 0) -> None:
        self.alive, self.lives, self.patience, self.looked = alive, returns, patience, 0
        self.left = alive
        self.queue: list[Any] = []

    def submit(self, _: Callable[..., Any], task: Task, *__: Any, **___: Any) -> Any:
        def result() -> str:
            return f"grade of {task.student}"

        return SimpleNamespace(key=task.student, result=result, exception=lambda: None)

    def nthreads(self) -> dict[str, int]:
        if self.left == 0 and self.lives:
            self.looked += 1
            if self.looked > self.patience:
                self.lives, self.left, self.looked = self.lives - 1, self.alive, 0
        return {"worker": 1} if self.left else {}

    # In place of distributed.as_completed.
    def add(self, future: Any) -> None:
        self.queue.append(future)

    def next_batch(self, block: bool) -> list[Any]:
        assert not block, "it would wait for ever"
        if not (self.left and self.queue):
            return []
        self.left -= 1
        return [self.queue.pop(0)]


def evaluator() -> Any:
    return SimpleNamespace(
        assignment=SimpleNamespace(id="a"),
        give_up=lambda prepared, reason: f"given up: {reason}",
    )


def grade(
    running: Cluster, students: list[str], monkeypatch: pytest.MonkeyPatch, wait: float = 0.0
) -> tuple[dict[str, Any], list[str]]:
    monkeypatch.setattr(distributed, "as_completed", lambda *_, **__: running)
    monkeypatch.setattr(cluster, "course_version", lambda _: {})
    monkeypatch.setattr(cluster, "WAIT_FOR_WORKERS", wait)
    monkeypatch.setattr(cluster, "_COUNT_EVERY", 0.0)
    monkeypatch.setattr(cluster, "_LOOK_EVERY", 0.0)
    said: list[str] = []
    tasks = iter([Task(student, evaluator(), None) for student in students])  # type: ignore[arg-type]
    outcome = {
        task.student: graded
        for task, graded in cluster._run(running, tasks, "tcp://there", said.append)  # type: ignore[arg-type]
    }
    return outcome, said


STUDENTS = [f"s{number:02}" for number in range(12)]


def test_it_ends_with_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, said = grade(Cluster(5), STUDENTS, monkeypatch)
    assert list(outcome) == STUDENTS
    done = [student for student in STUDENTS if outcome[student] == f"grade of {student}"]
    assert done == STUDENTS[:5]
    assert {outcome[student] for student in STUDENTS[5:]} == {
        "given up: The grader failed (all workers of the cluster are gone); grade again."
    }
    assert said == [
        "The scheduler at tcp://there has no workers any more; waiting 0 s for new ones."
    ]


def test_workers_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, said = grade(Cluster(4, returns=2, patience=3), STUDENTS, monkeypatch, 1e9)
    assert list(outcome) == STUDENTS
    assert all(graded == f"grade of {student}" for student, graded in outcome.items())
    assert len(said) == 2, "once each time"


def test_nobody_is_graded_without_our_own_solution(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CourseError, match=r"are gone, so nothing was graded; start `dask worker`"):
        grade(Cluster(0), [OWN, *STUDENTS], monkeypatch)
