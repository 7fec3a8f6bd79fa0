from __future__ import annotations

import math

import pytest
import torch

from poselab.training.heatmap_targets import target_heatmaps


def slowly(keypoints: list[list[list[float]]], size: tuple[int, int], sigma: float, peak: float):
    return [
        [
            [
                [
                    peak * math.exp(-((c - x) ** 2 + (r - y) ** 2) / (2 * sigma**2)) if v else 0.0
                    for c in range(size[1])
                ]
                for r in range(size[0])
            ]
            for x, y, v in person
        ]
        for person in keypoints
    ]


@pytest.mark.parametrize(("sigma", "peak"), [(1.0, 1.0), (2.5, 255.0), (0.3, 10.0)])
def test_a_gaussian_for_each_keypoint_that_is_labelled(sigma: float, peak: float) -> None:
    keypoints = [
        [[3.0, 2.0, 2], [4.3, 7.75, 1], [5.0, 5.0, 0]],
        [[-2.5, 1.2, 2], [0.0, 8.9, 2], [20.0, 30.0, 1]],
    ]
    found = target_heatmaps(torch.tensor(keypoints), (9, 6), sigma, peak)
    assert found.shape == (2, 3, 9, 6) and found.dtype == torch.float32
    expected = torch.tensor(slowly(keypoints, (9, 6), sigma, peak))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=peak * 1e-7)
    # A keypoint at a pixel's centre reaches the peak; one outside the map is drawn as well.
    assert found[0, 0, 2, 3].item() == pytest.approx(peak)
    assert found[1, 0].sum() > 0 or sigma < 1


def test_what_is_not_labelled_may_be_anything() -> None:
    keypoints = torch.tensor([[[math.nan, math.inf, 0.0], [1.0, 1.0, 2.0]]], requires_grad=True)
    found = target_heatmaps(keypoints, (4, 4), 1.0)
    assert (found[0, 0] == 0).all() and found[0, 1, 1, 1] == 1
    assert found.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64, torch.int64])
def test_other_dtypes(dtype: torch.dtype) -> None:
    keypoints = torch.tensor([[[3, 2, 1], [1, 1, 0]]])
    found = target_heatmaps(keypoints.to(dtype), (5, 8), 2.0, 3.0)
    torch.testing.assert_close(found, target_heatmaps(keypoints.float(), (5, 8), 2.0, 3.0))
    assert keypoints.tolist() == [[[3, 2, 1], [1, 1, 0]]]


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.nan])
def test_a_width_that_makes_no_sense(sigma: float) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        target_heatmaps(torch.zeros(1, 17, 3), (4, 4), sigma)
