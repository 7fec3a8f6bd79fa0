"""What the grader knows of a model that is submitted: its specification, held-out data, metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from autograder.errors import CourseError
from autograder.manifest import Assignment
from poselab.models.specification import Arrays, ModelSpec


@dataclass(frozen=True)
class HeldOut:
    """Data that no student has.

    Args:
        inputs: what models are run on, by the names of their inputs, (sample, ...).
        targets: what is right, (sample, ...). It stays in the grader's process.
    """

    inputs: Arrays
    targets: Arrays


@dataclass(frozen=True)
class Measured:
    """How good a model is.

    Args:
        value: the metric, which earns points.
        details: more about it, for the results file and the feedback page; the names are those of
            the metric's ``details``.
    """

    value: float
    details: Mapping[str, Any]


@dataclass(frozen=True)
class Metric:
    """How a model's outputs are compared with what is right.

    Args:
        name: of the value in the results file and the leaderboard, such as ``error_px``.
        measure: what is kept of the outputs, targets -> what was measured. All outputs are finite.
            It raises ``BrokenError`` if they are such that nothing can be measured.
        details: the names of the details; metrics of one model share none.
        settings: what all details of a run have in common, for the head of the results file.
        sentence: what the value is, as the beginning of a sentence that ends with it; ``{count}``
            stands for the number of samples.
    """

    name: str
    measure: Callable[[Arrays, Arrays], Measured]
    details: tuple[str, ...]
    settings: Mapping[str, Any]
    sentence: str


@dataclass(frozen=True)
class ScriptRun:
    """The submitted script as its author runs it, on data that everybody has.

    What it prints is compared with what its function returns for the same data. It is told, and
    earns nothing: whoever wrote the script can make it print anything.

    Args:
        beside: makes the files that lie beside the script, by name.
        check: the check of the specification whose outputs are compared with what is printed.
        remark: what was printed, outputs -> what to tell; empty if there is nothing to tell.
        advice: what to do if the script fails, as a part of a sentence.
    """

    beside: Callable[[], Mapping[str, bytes]]
    check: str
    remark: Callable[[str, Arrays], str]
    advice: str


@dataclass(frozen=True)
class GradedModel:
    """A model that is submitted, as the grader knows it. All functions are a module's own.

    Args:
        spec: what it has to be; what students' ``poselab verify`` checks as well.
        draw: sizes, seed -> the held-out data; the sizes are those of ``course.toml`` and one of
            the specification's choices. All choices have as many samples.
        version: goes up whenever the same seed gives other data.
        metrics: how it is scored; each has its table of points in ``course.toml``, in this order.
        page: the details of all metrics -> a part of the feedback page, as HTML that is safe.
        canary: files of a small model that meets the specification, and what is kept of what it has
            to return for some inputs: on a machine where it does not, nobody is graded.
        script_run: how the script is run by itself, if it is.
    """

    spec: ModelSpec
    draw: Callable[[Mapping[str, int], int], HeldOut]
    version: int
    metrics: tuple[Metric, ...]
    page: Callable[[Mapping[str, Any]], str]
    canary: Callable[[], tuple[Mapping[str, bytes], Arrays, Arrays]]
    script_run: ScriptRun | None = None


def graded_model_of(assignment: Assignment) -> GradedModel:
    """The model that is submitted with an assignment.

    Args:
        assignment: an assignment of the course.

    Returns:
        The model's specification, held-out data and metrics.

    Raises:
        CourseError: there is none, or it or its metrics are called something else in course.toml.
        ModuleNotFoundError: its module imports what is not installed.
    """
    if assignment.model is None:
        raise CourseError(
            f"{assignment.id} has no model to submit: course.toml has no section [assignments."
            f"{assignment.id}.model]."
        )
    module = f"autograder.exercises.{assignment.id}.model"
    try:
        model: GradedModel = import_module(module).MODEL
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise CourseError(
            f"course.toml has a model in {assignment.id}, but {module.replace('.', '/')}.py is "
            "missing: it says how the model is graded."
        ) from None
    if model.spec.file != assignment.model.file:
        raise CourseError(
            f"The model of {assignment.id} is {model.spec.file} in its specification and "
            f"{assignment.model.file} in course.toml; give it one name."
        )
    names = [metric.name for metric in model.metrics]
    tables = [table.name for table in assignment.model.metrics]
    if tables not in (names, [None] * len(names)):
        raise CourseError(
            f"The metrics of {assignment.id}'s model are {', '.join(names)} in "
            f"{module.replace('.', '/')}.py; give each its table of points in course.toml, in this "
            "order and with this name."
        )
    return model
