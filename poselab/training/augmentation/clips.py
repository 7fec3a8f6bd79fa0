"""More training clips from the clips there are: mirrored, moved and scaled.

A clip is changed as a whole: what the camera might have done, it did to all ten frames.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional as F

from poselab.datasets.device_dict import DeviceDict
from poselab.skeletons import UPPER_BODY


def mirror_some(batch: DeviceDict, generator: torch.Generator | None = None) -> DeviceDict:
    """Mirror about half of the clips: every frame, x, and the names of left and right.

    Args:
        batch: as for :func:`reframe`.
        generator: draws the choice; by default torch's global one, which ``train`` seeds.

    Returns:
        A new dictionary; ``batch`` is left alone.
    """
    chosen = torch.rand(len(batch["pose"]), generator=generator) < 0.5
    frames: UInt8[Tensor, "clip frame height width 3"] = batch["frames"].clone()
    pose: Float[Tensor, "clip frame joint 2"] = batch["pose"].clone()
    width = frames.shape[3]
    mirrored = pose[chosen][:, :, list(UPPER_BODY.mirrored)]
    mirrored[..., 0] = width - 1 - mirrored[..., 0]
    frames[chosen] = frames[chosen].flip(3)
    pose[chosen] = mirrored
    return DeviceDict(batch, frames=frames, pose=pose)


def reframe(
    batch: DeviceDict,
    generator: torch.Generator | None = None,
    stretch: float = 0.15,
    shift: float = 4.0,
) -> DeviceDict:
    """Move and scale what each clip shows, as if the video had been cropped in another way.

    Around the old border its pixels are repeated. Joints near the border may leave the frame.

    Args:
        batch: ``frames`` (clip, frame, height, width, 3) uint8 and ``pose`` (clip, frame, joint, 2)
            in pixels.
        generator: draws the changes; by default torch's global one, which ``train`` seeds.
        stretch: the largest change of size, as a fraction; width and height change separately.
        shift: the largest distance along x and y, in pixels.

    Returns:
        A new dictionary; ``batch`` is left alone.
    """
    frames: UInt8[Tensor, "clip frame height width 3"] = batch["frames"]
    pose: Float[Tensor, "clip frame joint 2"] = batch["pose"]
    n_clips, length, height, width = frames.shape[:4]

    device = frames.device

    def drawn(largest: Tensor | float) -> Float[Tensor, "clip 2"]:
        return largest * (2 * torch.rand(n_clips, 2, generator=generator).to(device) - 1)

    # In grid_sample's coordinates -1 is the first pixel's centre and 1 the last one's.
    half = torch.tensor([width - 1, height - 1], device=device) / 2
    scale, centre = 1 + drawn(stretch), drawn(shift / half)
    where = torch.zeros(n_clips, 2, 3, device=device)
    where[:, 0, 0], where[:, 1, 1] = scale.unbind(dim=1)
    where[:, :, 2] = centre
    # A clip's frames as one image with many channels: their pixels are looked for once.
    images = frames.permute(0, 1, 4, 2, 3).reshape(n_clips, -1, height, width).float()
    grid = F.affine_grid(where, list(images.shape), align_corners=True)
    images = F.grid_sample(images, grid, padding_mode="border", align_corners=True)
    moved = images.round_().to(torch.uint8).unflatten(1, (length, 3)).movedim(2, -1).contiguous()
    position = ((pose / half - 1) - centre[:, None, None]) / scale[:, None, None]
    return DeviceDict(batch, frames=moved, pose=(position + 1) * half)
