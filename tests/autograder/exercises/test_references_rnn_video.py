"""References and solutions of rnn_video agree with formulas that are written in a third way."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.exercises.catalogue import right_answers
from autograder.exercises.rnn_video.accuracy_curve import cases as accuracy_curve
from autograder.exercises.rnn_video.normalize_frames import cases as normalize_frames
from autograder.exercises.rnn_video.sliding_windows import cases as sliding_windows
from autograder.manifest import load_manifest

MANIFEST = load_manifest()
RIGHT = right_answers(MANIFEST, MANIFEST.assignment("rnn_video"))
SOLUTIONS = {exercise: answers["solution"] for exercise, answers in RIGHT.items()}
SEEDS = st.integers(0, 2**31 - 1)


@given(SEEDS, st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_normalised_frames_are_numpys_standard_scores(
    seed: int, batch: int, time: int, signed: bool
) -> None:
    random = np.random.default_rng(seed)
    frames = random.integers(0, 256, (batch, time, 4, 5, 3), dtype=np.uint8)
    frames[0, 0] = seed % 256
    flat = frames.reshape(batch, time, -1).astype(np.longdouble)
    deviation = flat.std(-1, keepdims=True)
    scores = (flat - flat.mean(-1, keepdims=True)) / np.where(deviation == 0, 1, deviation)
    expected = torch.from_numpy(scores.astype(np.float64).reshape(frames.shape)).movedim(-1, 2)
    given_frames = torch.from_numpy(frames)
    if signed:
        given_frames = given_frames.view(torch.int8)
    reference = normalize_frames.reference(given_frames)
    torch.testing.assert_close(reference, expected, rtol=0, atol=1e-10)
    solution = SOLUTIONS["normalize_frames"](given_frames)
    assert solution.dtype == torch.float32
    torch.testing.assert_close(solution.double(), expected, rtol=0, atol=1e-4)


@given(st.integers(0, 60), st.integers(1, 12), st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_windows_are_the_rows_of_a_larger_table_that_fit(
    n_frames: int, length: int, strides: list[int]
) -> None:
    rows = []
    for stride in strides:
        table = np.add.outer(np.arange(n_frames), stride * np.arange(length))
        rows.append(table[(table < n_frames).all(1)])
    expected = torch.from_numpy(np.concatenate(rows).reshape(-1, length))
    for windows in (sliding_windows.reference, SOLUTIONS["sliding_windows"]):
        found = windows(n_frames, length, tuple(strides))
        torch.testing.assert_close(found.double(), expected.double(), rtol=0, atol=0)


def test_a_video_of_100_frames_has_91_clips_and_82() -> None:
    for windows in (sliding_windows.reference, SOLUTIONS["sliding_windows"]):
        found = windows(100).long()
        assert len(found) == 91 + 82
        assert set((found[:91, 1] - found[:91, 0]).tolist()) == {1}
        assert set((found[91:, 1] - found[91:, 0]).tolist()) == {2}


@given(SEEDS, st.integers(1, 4), st.integers(1, 3), st.integers(1, 5))
def test_the_curve_counts_distances_in_a_sorted_list(
    seed: int, batch: int, time: int, joints: int
) -> None:
    random = np.random.default_rng(seed)
    target = random.uniform(0, 63, (batch, time, joints, 2))
    predicted = target + random.normal(0, 6, target.shape)
    thresholds = random.uniform(0, 20, 7)
    distances = np.sort(np.linalg.norm(predicted - target, axis=-1).reshape(-1, joints), axis=0)
    number = [np.searchsorted(distances[:, j], thresholds, side="right") for j in range(joints)]
    expected = torch.from_numpy(np.stack(number) / len(distances))
    asked = [torch.from_numpy(a) for a in (predicted, target, thresholds)]
    for curve in (accuracy_curve.reference, SOLUTIONS["accuracy_curve"]):
        torch.testing.assert_close(curve(*asked), expected, rtol=0, atol=1e-10)


@given(SEEDS, st.lists(st.integers(1, 9), min_size=2, max_size=12), st.floats(0.0, 1.0))
def test_a_split_keeps_videos_whole_and_both_parts_filled(
    seed: int, lengths: list[int], fraction: float
) -> None:
    names = torch.arange(len(lengths)) * 7 + 3
    ids = names.repeat_interleave(torch.tensor(lengths))
    ids = ids[torch.randperm(len(ids), generator=torch.Generator().manual_seed(seed))]
    mask = SOLUTIONS["split_by_video"](ids, fraction, seed)
    chosen, left = set(ids[mask].tolist()), set(ids[~mask].tolist())
    assert mask.dtype == torch.bool and not chosen & left
    assert len(chosen) == min(max(round(fraction * len(lengths)), 1), len(lengths) - 1)
    assert torch.equal(mask, SOLUTIONS["split_by_video"](ids, fraction, seed))
