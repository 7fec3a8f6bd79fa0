"""Invented models, whose predictions are made from the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from autograder.exercises.matched import Mixture
from poselab.models.specification import Arrays

Invented = Callable[[Arrays, np.random.Generator], Arrays]
"""The truth, randomness -> what a model makes of it."""


@dataclass(frozen=True)
class Draws:
    """What the benchmark needs to know of an assignment.

    Args:
        models: invented ones by name, from weak to good.
        measure_mixture: measures what all draws have in common; None where they have nothing.
        draw_targets: sample count and seed -> what is right, without any input of a model; None
            where inputs cost nothing.
    """

    models: Mapping[str, Invented]
    measure_mixture: Callable[[], Mixture] | None = None
    draw_targets: Callable[[int, int], Arrays] | None = None


def towards(name: str, guess: np.ndarray, fraction: float) -> Invented:
    """A model that goes a fraction of the way from one guess for everybody to the truth."""
    return lambda truth, _: {name: guess + fraction * (truth[name] - guess)}


def noisy(name: str, size: float) -> Invented:
    """A model that is off at random, with some samples by much more than with others."""

    def predict(truth: Arrays, random: np.random.Generator) -> Arrays:
        target = truth[name]
        each = np.exp(0.3 * random.standard_normal((len(target), *[1] * (target.ndim - 1))))
        return {name: target + size * each * random.standard_normal(target.shape)}

    return predict


def towards_and_noisy(name: str, mean: np.ndarray, sizes: Iterable[float]) -> dict[str, Invented]:
    """Models between the mean pose and the truth, and models with noise of several sizes."""
    return {
        "one point for all joints": towards(name, mean.mean(axis=0), 0),
        **{f"{way:.0%} of the way": towards(name, mean, way) for way in np.arange(0, 0.9, 0.08)},
        **{f"noise of {size:g}": noisy(name, size) for size in sizes},
    }
