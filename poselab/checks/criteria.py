"""The graded properties of an exercise: what they are called, and how each is judged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Criterion:
    """One graded property. An exercise may declare one of its own beside the standard ones.

    Args:
        id: its name in ``course.toml`` and in files of results.
        title: its name where students read it.
        blocks: whether the criteria above it are only judged once it is right: a function that
            returns zeros is neither vectorised nor differentiable, it is wrong.
        shape_only: whether the values of a result do not count, only its type and shape.
        same_dtype: whether the result has to have the dtype of the first argument.
        arguments_only: whether only what became of the arguments counts, not what came back.
    """

    id: str
    title: str
    blocks: bool = False
    shape_only: bool = False
    same_dtype: bool = False
    arguments_only: bool = False


STANDARD = {
    criterion.id: criterion
    for criterion in (
        Criterion("shape", "type and shape", blocks=True, shape_only=True),
        Criterion("values", "values", blocks=True),
        Criterion("edge_cases", "edge cases"),
        Criterion("layout", "any memory layout"),
        Criterion("arguments", "arguments left alone", arguments_only=True),
        Criterion("gradient", "gradient"),
        Criterion("vectorised", "vectorised"),
        Criterion("dtype_device", "dtype and device", same_dtype=True),
    )
}
"""The criteria that every exercise may use, by id, in the order of the ladder."""


@dataclass(frozen=True)
class Rung(Criterion):
    """A criterion on the ladder of one exercise.

    Args:
        points: what it is worth.
        tolerance: the largest absolute difference between a right result and the expected one.
        advice: where to look when it fails, one or two sentences.
    """

    points: float = 0.0
    tolerance: float = 0.0
    advice: str = ""

    @classmethod
    def of(cls, criterion: Criterion, points: float, tolerance: float, advice: str) -> Rung:
        """Put a criterion on an exercise's ladder."""
        return cls(**vars(criterion), points=points, tolerance=tolerance, advice=advice)
