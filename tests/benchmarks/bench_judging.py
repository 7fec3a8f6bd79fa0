"""Whether stored and secret suites agree on every answer, and how long `check` takes.

Judges all answers of the banks on the stored suite and on secret ones: ``bench_judging.py``.
An answer has to lose the same criteria and get the same names on each. The last column is the
median time of one `check` of the solution, without its picture, on one thread.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

from autograder.exercises.catalogue import bank_of, definition_of, right_answers
from autograder.manifest import load_manifest
from autograder.suites.drawing import draw_suite
from poselab.checks.cases import Suite
from poselab.checks.check import stored_suite
from poselab.checks.judge import judge
from poselab.checks.runner import run_cases

TIMED = 5


def main() -> None:
    """Judge, and print a line for each exercise and each disagreement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--exercise", default="")
    options = parser.parse_args()
    torch.set_num_threads(1)
    manifest = load_manifest()
    print(f"{'exercise':20}{'answers':>9}{'suites':>8}{'disagree':>10}{'check':>10}")
    for assignment in manifest.assignments.values():
        right = right_answers(manifest, assignment)
        for exercise in assignment.exercises:
            if options.exercise not in ("", exercise.id):
                continue
            definition = definition_of(assignment.id, exercise.id)
            seeds = definition.seeds(range(1, options.seeds + 1))
            answers = dict(right[exercise.id])
            answers |= {m.id: m.function for m in bank_of(assignment.id, exercise.id).mistakes}
            stored = stored_suite(exercise.id)
            secret = [draw_suite(assignment.id, exercise.id, seed) for seed in seeds]
            found = list(disagreements(stored, secret, answers))
            seconds = statistics.median(timed(stored, answers["solution"]) for _ in range(TIMED))
            print(
                f"{exercise.id:20}{len(answers):9}{len(secret):8}{len(found):10}{seconds:9.2f}s",
                flush=True,
            )
            for line in found:
                print(f"    {line}", flush=True)


def disagreements(
    stored: Suite, secret: list[Suite], answers: dict[str, Callable[..., Any]]
) -> Iterator[str]:
    """The answers that are not judged alike on all suites."""
    for name, answer in answers.items():
        known = outcome(stored, answer)
        for suite in secret:
            other = outcome(suite, answer)
            if other != known:
                yield f"{name}: {known} on the stored suite, {other} on another"
                break


def outcome(suite: Suite, answer: Callable[..., Any]) -> list[tuple[str, str | None]]:
    """What an answer loses, and the names that it gets."""
    verdict = judge(suite, run_cases(answer, suite.cases))
    return [(c.id, c.mistake) for c in verdict.criteria if not c.passed]


def timed(suite: Suite, answer: Callable[..., Any]) -> float:
    """The seconds that one check takes."""
    began = time.perf_counter()
    judge(suite, run_cases(answer, suite.cases))
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
