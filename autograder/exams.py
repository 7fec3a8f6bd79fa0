"""Papers with their keys: drawn from a seed, stored for students, kept secret for grading."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from autograder.exercises.asking import Asking, ExerciseSource
from autograder.manifest import Exercise as ManifestExercise
from autograder.manifest import load_manifest
from autograder.mistakes.bank import Bank
from poselab.checks.check import PAPERS
from poselab.checks.paper import (
    Criterion,
    Exercise,
    Mistake,
    Question,
    read_exercises,
    write_exercises,
)
from poselab.checks.probe import put_questions

STORED_SEED = 0
"""The seed of the papers that students have. A grading run draws its own."""

GRADIENT_STEP = 1e-6


def draw_papers(assignment: str, seed: int) -> dict[str, Exercise]:
    """Draw the paper of every graded exercise of an assignment.

    Args:
        assignment: its id in course.toml.
        seed: the same seed draws the same papers.
    """
    exercises = load_manifest().assignment(assignment).exercises
    return {exercise.id: draw_paper(assignment, exercise.id, seed) for exercise in exercises}


@lru_cache(maxsize=64)
def draw_paper(assignment: str, exercise_id: str, seed: int) -> Exercise:
    """Draw the paper of one exercise."""
    return _draw(assignment, load_manifest().assignment(assignment).exercise(exercise_id), seed)


@lru_cache(maxsize=4)
def stored_papers(assignment: str) -> dict[str, Exercise]:
    """The papers that students have, read from where they have them, too."""
    return read_exercises(PAPERS / f"{assignment}.safetensors")


def write_stored_paper(assignment: str, path: Path) -> None:
    """Write the papers that `check` uses in a student's notebook. Same bytes every time."""
    write_exercises(path, draw_papers(assignment, STORED_SEED).values())


def source_of(assignment: str, exercise: str) -> ExerciseSource:
    """What the exercise's module defines."""
    module = import_module(f"autograder.exercises.{assignment}.{module_name(exercise)}")
    source: ExerciseSource = module.EXERCISE
    return source


def bank_of(assignment: str, exercise: str) -> Bank:
    """The exercise's wrong answers."""
    module = import_module(f"autograder.mistakes.{assignment}.{module_name(exercise)}")
    bank: Bank = module.BANK
    return bank


def module_name(exercise: str) -> str:
    """The name of an exercise's module: a class's name in the way of modules, ``pose_rnn``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", exercise).lower()


def _draw(assignment: str, exercise: ManifestExercise, seed: int) -> Exercise:
    source = source_of(assignment, exercise.id)
    asking = Asking(exercise.id, source.parameters, seed)
    source.ask(asking)
    questions = tuple(asking.questions)
    criteria = tuple(
        Criterion(name, points, source.tolerance.get(name, 0.0), source.look_at[name])
        for name, points in exercise.criteria.items()
    )
    mistakes = tuple(
        Mistake(wrong.id, wrong.sentence, _answers(wrong.function, questions))
        for wrong in bank_of(assignment, exercise.id).answers
        if wrong.told == wrong.id
    )
    return Exercise(
        id=exercise.id,
        title=exercise.title,
        result_axes=source.result_axes,
        criteria=criteria,
        questions=questions,
        key={**_key(source, questions, asking.keys), **asking.keys},
        mistakes=mistakes,
    )


def _key(
    source: ExerciseSource, questions: Iterable[Question], given: Container[str]
) -> dict[str, Tensor]:
    """The reference's answers to all questions whose key is not given."""
    key = {}
    for question in questions:
        if question.id in given or question.kind not in ("call", "gradient"):
            continue
        assert source.reference is not None, f"{question.id} needs a reference"
        if question.kind == "call":
            key[question.id] = source.reference(*question.args)
        else:
            key[question.id] = _numeric_gradient(source.reference, question)
    return key


def _numeric_gradient(reference: Callable[..., Tensor], question: Question) -> Tensor:
    """Central differences: independent of autograd, right to about 1e-9 in float64."""
    assert question.weight is not None
    varied = question.args[0].double().clone()
    gradient = torch.zeros_like(varied)
    values, slopes = varied.view(-1), gradient.view(-1)
    for i in range(values.numel()):
        outcome: list[float] = []
        for step in (GRADIENT_STEP, -GRADIENT_STEP):
            before = float(values[i])
            values[i] = before + step
            result = reference(varied, *question.args[1:])
            outcome.append(float((result * question.weight).sum()))
            values[i] = before
        slopes[i] = (outcome[0] - outcome[1]) / (2 * GRADIENT_STEP)
    return gradient


def _answers(function: Callable[..., Any], questions: tuple[Question, ...]) -> Mapping[str, Tensor]:
    compared = [q for q in questions if q.kind in ("call", "shape", "gradient")]
    answers = zip(compared, put_questions(function, compared), strict=True)
    return {
        # Where only the shape is asked for, the values are chance.
        question.id: torch.zeros_like(answer.result) if question.kind == "shape" else answer.result
        for question, answer in answers
        if answer.result is not None
    }
