"""The heat maps that a network for keypoints is trained towards."""

from __future__ import annotations

import torch
from jaxtyping import Float, Float32
from torch import Tensor


def target_heatmaps(
    keypoints: Float[Tensor, "batch keypoint 3"],
    size: tuple[int, int],
    sigma: float,
    peak: float = 1.0,
) -> Float32[Tensor, "batch keypoint height width"]:
    """Draw a Gaussian for each keypoint that is labelled, and nothing for the others.

    Args:
        keypoints: x and y in pixels of the maps, not necessarily whole numbers, and v, which is
            above 0 where a keypoint is labelled. Where v is 0, x and y may be anything.
        size: (height, width) of the maps.
        sigma: the Gaussians' standard deviation in pixels.
        peak: the value at the keypoint itself; a pixel is that high if the keypoint is at its
            centre.

    Returns:
        The maps, on the device of ``keypoints``.

    Raises:
        ValueError: ``sigma`` is not above 0.
    """
    if not sigma > 0:
        raise ValueError(f"sigma is {sigma}, but must be above 0.")
    labelled = (keypoints[..., 2:] > 0).float()
    x, y = torch.where(labelled > 0, keypoints[..., :2].float(), 0.0).split(1, dim=-1)
    # A Gaussian is the product of one along each axis: few exponentials even for large maps.
    along_y, along_x = (
        torch.exp(-0.5 * ((torch.arange(n, device=keypoints.device) - centre) / sigma).square())
        for n, centre in zip(size, (y, x), strict=True)
    )
    return (peak * labelled * along_y).unsqueeze(-1) * along_x.unsqueeze(-2)
