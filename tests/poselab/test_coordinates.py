from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from poselab.coordinates import to_01, to_pixels


def test_the_corners_are_the_corner_pixels_centres() -> None:
    pose_01 = torch.tensor([[[0.0, 0.0], [1.0, 0.0], [0.5, 1.0]]])
    expected = torch.tensor([[[0.0, 0.0], [159.0, 0.0], [79.5, 127.0]]])
    assert torch.equal(to_pixels(pose_01, (128, 160)), expected)


@given(st.integers(2, 500), st.integers(2, 500), st.floats(-2, 3), st.floats(-2, 3))
def test_there_and_back(height: int, width: int, x: float, y: float) -> None:
    pose = torch.tensor([[x, y]], dtype=torch.float64)
    back = to_01(to_pixels(pose, (height, width)), (height, width))
    torch.testing.assert_close(back, pose, atol=1e-12, rtol=0)


def test_dtype_is_kept_and_gradients_flow() -> None:
    pose = torch.rand(4, 18, 2, dtype=torch.float64, requires_grad=True)
    to_pixels(pose, (32, 40)).sum().backward()
    assert to_pixels(pose, (32, 40)).dtype == torch.float64
    assert pose.grad is not None
    assert torch.equal(pose.grad[0, 0], torch.tensor([39.0, 31.0], dtype=torch.float64))


def test_size_is_height_first() -> None:
    assert to_01(torch.tensor([39.0, 31.0]), (32, 40)).tolist() == [1.0, 1.0]
