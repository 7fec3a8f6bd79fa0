"""More people to learn from than there are: mirrored ones."""

from __future__ import annotations

from dataclasses import replace

import torch

from poselab.datasets.coco import Crops
from poselab.skeletons import COCO


def mirror_some(crops: Crops, generator: torch.Generator | None = None) -> Crops:
    """Mirror about half of the people: the image, x, and the names of left and right.

    Args:
        crops: of people. What they say of the original image is not changed.
        generator: draws the choice; by default torch's global one.

    Returns:
        New crops; those given are left alone.
    """
    chosen = torch.rand(len(crops), generator=generator) < 0.5
    images, keypoints = crops.images.clone(), crops.keypoints.clone()
    images[chosen] = images[chosen].flip(3)
    mirrored = keypoints[chosen][:, list(COCO.mirrored)]
    x, present = mirrored[..., 0], mirrored[..., 2] > 0
    mirrored[..., 0] = torch.where(present, images.shape[3] - 1 - x, 0)
    keypoints[chosen] = mirrored
    return replace(crops, images=images, keypoints=keypoints)
