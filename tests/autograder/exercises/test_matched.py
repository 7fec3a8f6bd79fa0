"""Draws of held-out data that differ in people and not in difficulty."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.errors import CourseError
from autograder.exercises.matched import Matching, Mixture
from autograder.exercises.rnn_video import held_out as rnn_video

SAMPLES, CANDIDATES = 100, 6
NAMES = ("size", "speed", "distance")


def people(seed: int) -> np.ndarray:
    """Features (sample, candidate, feature); the candidates of a sample resemble each other."""
    random = np.random.default_rng(seed)
    each = random.gamma(2.0, 2.0, (SAMPLES, 1, len(NAMES)))
    return each + 2 * random.standard_normal((SAMPLES, CANDIDATES, len(NAMES)))


def mixture() -> Mixture:
    """That of many people."""
    features = np.concatenate([people(seed).reshape(-1, len(NAMES)) for seed in range(50)])
    return Mixture.measured(features, NAMES, 4)


def chosen(seed: int, mixed: Mixture) -> np.ndarray:
    matching = Matching(mixed)
    return np.stack([some[matching.choose(some)] for some in people(seed)])


def test_all_draws_have_the_mixture_s_means() -> None:
    mixed = mixture()
    means = np.array([*mixed.means.values()])
    off = [np.abs(chosen(seed, mixed).mean(axis=0) - means).max() for seed in range(60, 80)]
    at_random = [np.abs(people(seed)[:, 0].mean(axis=0) - means).max() for seed in range(60, 80)]
    assert np.mean(off) < np.mean(at_random) / 5


def test_the_same_draw_is_chosen_again_and_other_people_with_another_seed() -> None:
    mixed = mixture()
    np.testing.assert_array_equal(chosen(61, mixed), chosen(61, mixed))
    assert (chosen(61, mixed) != chosen(62, mixed)).all()


def test_what_is_not_matched_stays_random() -> None:
    unmatched = Mixture(4, {"size": 4.0}, {"size": 3.0})
    speeds = []
    for seed in range(60, 80):
        matching = Matching(unmatched)
        speeds.append(np.mean([some[matching.choose(some[:, :1]), 1] for some in people(seed)]))
    assert np.std(speeds) > 0.2


def test_a_feature_that_is_always_the_same_does_no_harm() -> None:
    still = np.zeros((4, 1))
    mixed = Mixture.measured(still, ("speed",), 4)
    assert Matching(mixed).choose(still) == 0


def test_a_mixture_is_stored_and_read(tmp_path: Path) -> None:
    path = tmp_path / "rnn_video" / "mixture.json"
    path.parent.mkdir()
    path.write_text(mixture().as_json(), encoding="utf-8")
    assert Mixture.read(path, NAMES, 4) == mixture()
    with pytest.raises(
        CourseError, match=r"another version of the generator.* rnn_video --measure"
    ):
        Mixture.read(path, NAMES, 5)
    with pytest.raises(CourseError, match="another choice of features"):
        Mixture.read(path, NAMES[::-1], 4)


def test_the_mean_pose_is_equally_far_off_on_every_draw() -> None:
    """On draws without a mixture it differs by 0.6 px."""
    first, second = (rnn_video.draw_poses(40, seed) for seed in (5, 6))
    mean = rnn_video.mean_pose()
    errors = [np.linalg.norm(poses - mean, axis=-1).mean() for poses in (first, second)]
    assert errors == pytest.approx([9.3, 9.3], abs=0.4)
    assert (first != second).any()
