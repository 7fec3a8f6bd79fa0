"""How long students wait for ``check``: ``python -m tests.benchmarks.bench_checks``.

For each exercise the seconds of processor time, on one thread, of the first ``check`` in a new
process (suites are read, fonts and exporters loaded), of the second one, and of one wrong answer:
the slowest of a few known mistakes. Everything counts that a student waits for: the calls, the
judging, the table and the picture. Lines above the limit are marked: a second; for the export of
a network, which is torch's own work, six.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import time
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

import torch

from autograder.exercises.catalogue import bank_of, right_answers
from autograder.manifest import load_manifest
from poselab.checks import check as checks
from poselab.checks.report import as_html, as_text

LIMITS = {"export_model": 6.0}
LIMIT = 1.0


def main() -> None:
    """Measure, and print a line for each exercise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exercise", default="", help="this one alone")
    parser.add_argument("--mistakes", type=int, default=3, help="wrong answers tried")
    options = parser.parse_args()
    torch.set_num_threads(1)
    manifest = load_manifest()
    print(f"{'exercise':24}{'first':>8}{'second':>8}{'wrong':>8}")
    for assignment in manifest.assignments.values():
        right = right_answers(manifest, assignment)
        for exercise in assignment.checked_exercises:
            if options.exercise not in ("", exercise.id):
                continue
            bank = bank_of(assignment.id, exercise.id).mistakes
            wrong = {m.id: m.function for m in bank[:: max(1, len(bank) // options.mistakes)]}
            # Each in a process of its own: what the first check loads, others find loaded.
            seconds = in_another_process(measured, exercise.id, right[exercise.id], wrong)
            limit = LIMITS.get(exercise.id, LIMIT)
            mark = "" if max(seconds) <= limit else f"   above {limit:g} s"
            columns = "".join(f"{one:8.2f}" for one in seconds)
            print(f"{exercise.id:24}{columns}{mark}", flush=True)


def in_another_process(function: Callable[..., Any], *args: Any) -> Any:
    """What a function returns, called in a child that dies afterwards."""
    context = get_context("fork")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=lambda: there.send(function(*args)))
    child.start()
    there.close()
    result = here.recv()
    child.join()
    return result


def measured(exercise: str, right: dict[str, Any], wrong: dict[str, Any]) -> list[float]:
    """Seconds of the first check, of the second, and of the slowest wrong answer."""
    solution = right["solution"]
    return [
        timed(exercise, solution),
        timed(exercise, solution),
        max((timed(exercise, answer) for answer in wrong.values()), default=0.0),
    ]


def timed(exercise: str, answer: Any) -> float:
    """The processor time of one check, with all that it shows."""

    def shown(verdict: Any, aside: Any, drawing: Any) -> None:
        as_html(verdict, aside), as_text(verdict, aside)

    checks._show = shown
    answer = renamed(answer, exercise)
    began = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        checks.check(answer)
    return time.process_time() - began


def renamed(answer: Any, name: str) -> Any:
    """A wrong answer under the exercise's name: ``check`` finds the suite by it."""
    with contextlib.suppress(AttributeError):
        answer.__name__ = name
    return answer


if __name__ == "__main__":
    main()
