"""Suites with what is expected: drawn from a seed, stored for students, secret in grading."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path, PurePath
from typing import overload

import torch
from torch import Tensor

from autograder.errors import CourseError
from autograder.exercises.bank import Bank
from autograder.exercises.catalogue import bank_of, definition_of
from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder
from autograder.manifest import Exercise, exercise_folder, load_manifest
from autograder.suites.known_mistakes import known_mistakes
from autograder.suites.sentences import require_said
from poselab.checks.cases import Case, KnownMistake, Suite, suites_as_bytes, suites_from_bytes
from poselab.checks.check import SUITES
from poselab.checks.criteria import STANDARD, Rung
from poselab.checks.registry import EXPERIMENTS, RELATIONS

STORED_SEED = 0
"""The seed of the suites that students have. A grading run draws its own."""

GRADIENT_STEP = 1e-6


@lru_cache(maxsize=64)
def draw_suite(assignment: str, exercise_id: str, seed: int) -> Suite:
    """Draw the suite of one exercise.

    Args:
        assignment: its id in course.toml.
        exercise_id: the exercise's.
        seed: the same seed draws the same suite.

    Returns:
        The cases, and what is expected.
    """
    manifest = load_manifest()
    found = manifest.assignment(assignment)
    exercise = found.exercise(exercise_id)
    notebook = next(n for n in found.notebooks if exercise in n.exercises)
    return _draw(assignment, exercise, notebook.name, manifest.source(found, notebook), seed)


@lru_cache(maxsize=4)
def stored_suites(assignment: str) -> dict[str, Suite]:
    """The suites that students have, read from where they have them, too."""
    return suites_from_bytes((SUITES / f"{assignment}.safetensors").read_bytes())


def stored_suites_bytes(assignment: str) -> bytes:
    """The file of suites that `check` uses in a student's notebook. Same bytes every time."""
    exercises = load_manifest().assignment(assignment).checked_exercises
    return suites_as_bytes(draw_suite(assignment, e.id, STORED_SEED) for e in exercises)


def _draw(assignment: str, exercise: Exercise, notebook: str, source: Path, seed: int) -> Suite:
    definition = definition_of(assignment, exercise.id)
    builder = SuiteBuilder(exercise.id, definition.parameters, seed)
    definition.build(builder)
    cases = tuple(builder.cases)
    where = exercise_folder(assignment, exercise.id) / "cases.py"
    require_said(cases, source, where)
    for case in cases:
        for name, known in ((case.experiment, EXPERIMENTS), (case.relation, RELATIONS)):
            if name and name not in known:
                raise CourseError(f"{where}: {case.id} names {name!r}, which is not registered.")
    suite = Suite(
        id=exercise.id,
        title=exercise.title,
        result_axes=definition.result_axes,
        criteria=_ladder(assignment, exercise, definition, cases),
        cases=cases,
        expected={**_expected(definition, cases, builder.expected, where), **builder.expected},
        remarks=definition.remarks,
        needs=definition.needs,
        most_work=definition.most_work,
        meanwhile=definition.meanwhile,
        notebook=notebook,
    )
    return replace(suite, mistakes=_Mistakes(suite, bank_of(assignment, exercise.id)))


class _Mistakes(Sequence[KnownMistake]):
    """The known mistakes on a suite, tried when they are first asked for: seconds of work."""

    def __init__(self, suite: Suite, bank: Bank) -> None:
        self.suite, self.bank = suite, bank

    @cached_property
    def tried(self) -> tuple[KnownMistake, ...]:
        """The mistakes. On one thread: for results this small, others only get in the way."""
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return known_mistakes(self.suite, self.bank)
        finally:
            torch.set_num_threads(threads)

    def __len__(self) -> int:
        return len(self.tried)

    @overload
    def __getitem__(self, index: int) -> KnownMistake: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[KnownMistake]: ...

    def __getitem__(self, index: int | slice) -> KnownMistake | Sequence[KnownMistake]:
        return self.tried[index]


def _ladder(
    assignment: str, exercise: Exercise, definition: ExerciseDefinition, cases: Iterable[Case]
) -> tuple[Rung, ...]:
    """The criteria that course.toml lists, which are those that have cases and advice."""
    known = STANDARD | {criterion.id: criterion for criterion in definition.criteria}
    used = {case.criterion for case in cases}
    for name in exercise.criteria.keys() | used:
        missing = {
            "entry in course.toml": name not in exercise.criteria,
            "case": name not in used,
            "advice": name not in definition.advice,
            "title": name not in known,
        }
        for what, lacks in missing.items():
            if lacks:
                where = exercise_folder(assignment, exercise.id) / "cases.py"
                raise CourseError(f"{where}: the criterion {name} has no {what}.")
    return tuple(
        Rung.of(known[name], points, definition.tolerance.get(name, 0.0), definition.advice[name])
        for name, points in exercise.criteria.items()
    )


def _expected(
    definition: ExerciseDefinition, cases: Iterable[Case], given: Container[str], where: PurePath
) -> dict[str, Tensor]:
    """The reference's results for all cases of which nothing is expected yet."""
    expected = {}
    for case in cases:
        if case.id in given or case.kind in ("shape", "experiment"):
            continue
        if definition.reference is None:
            if case.kind not in ("count", "device"):
                raise CourseError(f"{where}: {case.id} needs a reference, and there is none.")
        elif case.kind == "gradient":
            expected[case.id] = _numeric_gradient(definition.reference, case)
        else:
            expected[case.id] = definition.reference(*case.args)
    return expected


def _numeric_gradient(reference: Callable[..., Tensor], case: Case) -> Tensor:
    """Central differences: independent of autograd, right to about 1e-9 in float64."""
    assert case.weight is not None
    varied = case.args[0].double().clone()
    gradient = torch.zeros_like(varied)
    values, slopes = varied.view(-1), gradient.view(-1)
    for i in range(values.numel()):
        outcome: list[float] = []
        for step in (GRADIENT_STEP, -GRADIENT_STEP):
            before = float(values[i])
            values[i] = before + step
            result = reference(varied, *case.args[1:])
            outcome.append(float((result * case.weight).sum()))
            values[i] = before
        slopes[i] = (outcome[0] - outcome[1]) / (2 * GRADIENT_STEP)
    return gradient
