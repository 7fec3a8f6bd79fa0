"""Held-out data of which every draw has the same mixture, whoever is drawn.

Other people are more or less difficult: with one model, the mean errors of two draws of a few
hundred samples may differ by more than a row of the table of points is wide. So each sample is
chosen among several candidates that the seed gives, such that the means of some features (where
joints are, how far from the mean pose, how fast they move) become those of a stored mixture.
Whatever is not among the features stays as random as it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from autograder.errors import CourseError

FILE_NAME = "mixture.json"
"""Lies in an assignment's folder beside ``model.py``."""


@dataclass(frozen=True)
class Mixture:
    """What every draw is to have in common.

    Args:
        version: of the generator that it was measured with.
        means: the mean of each feature over all samples, by its name.
        spreads: its standard deviation, the unit of a difference.
    """

    version: int
    means: Mapping[str, float]
    spreads: Mapping[str, float]

    @staticmethod
    def measured(
        features: Float[np.ndarray, "sample feature"], names: Sequence[str], version: int
    ) -> Mixture:
        """The mixture of some samples, so many that they can stand for all.

        Args:
            features: of the samples.
            names: of the features.
            version: of the generator that the samples come from.

        Returns:
            Their means and spreads, to six digits.
        """
        means, spreads = features.mean(axis=0), features.std(axis=0)
        return Mixture(
            version,
            {name: float(f"{value:.6g}") for name, value in zip(names, means, strict=True)},
            {name: float(f"{value:.6g}") for name, value in zip(names, spreads, strict=True)},
        )

    @staticmethod
    def read(path: Path, names: Sequence[str], version: int) -> Mixture:
        """A stored mixture.

        Args:
            path: where it is stored.
            names: of the features, in the order in which they are going to be given.
            version: of the generator that draws now.

        Returns:
            The mixture.

        Raises:
            CourseError: it is of another version of the generator, or of other features.
        """
        mixture = Mixture(**json.loads(path.read_text(encoding="utf-8")))
        for what, stored, now in (
            ("version of the generator", mixture.version, version),
            ("choice of features", [*mixture.means], [*names]),
        ):
            if stored != now:
                raise CourseError(
                    f"{path} was measured with another {what}: run `python "
                    f"-m tests.benchmarks.bench_model_draws {path.parent.name} --measure`."
                )
        return mixture

    def as_json(self) -> str:
        """What is stored."""
        return json.dumps(vars(self), indent=1) + "\n"


class Matching:
    """Chooses samples one after the other, such that together they have a mixture.

    Args:
        mixture: the means that the chosen samples are to have.
    """

    def __init__(self, mixture: Mixture) -> None:
        self._means = np.array([*mixture.means.values()])
        self._spreads = np.maximum([*mixture.spreads.values()], 1e-9)
        self._off = np.zeros(len(self._means))

    def choose(self, candidates: Float[np.ndarray, "candidate feature"]) -> int:
        """Choose the next sample.

        Args:
            candidates: the features of those that it is chosen among.

        Returns:
            The index of the one that leaves the smallest sum of differences from the mixture.
        """
        off = self._off + (candidates - self._means) / self._spreads
        chosen = int(np.square(off).sum(axis=1).argmin())
        self._off = off[chosen]
        return chosen
