"""All that the stored weights depend on, and its digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

from data_stubs.coco.scenes import SCENES_VERSION

Method = Literal["dense", "masked", "both", "joints"]
"""What the encoder learns: parts of the body and depth of each cell, masked patches, both, or parts
and depth and the joints of the limbs."""


@dataclass(frozen=True)
class Recipe:
    """How the weights are made.

    Args:
        image_size: height and width in pixels.
        patch: pixels along a patch's side.
        width: numbers in a token.
        depth: how many blocks.
        heads: of each block's attention.
        method: what the encoder learns.
        n_crops: how many crops of people it learns from.
        steps: of the optimiser.
        batch_size: crops in a step.
        learning_rate: AdamW's highest; it rises over the first twentieth of the steps and falls to
            nearly 0 along a cosine.
        block_learning_rate: Muon's, which moves the matrices of the blocks, likewise.
        weight_decay: of both.
        seed: of the scenes, of the first weights and of the order of the crops.
        scenes_version: of the renderer that the crops come from.
    """

    image_size: tuple[int, int] = (96, 96)
    patch: int = 16
    width: int = 144
    depth: int = 6
    heads: int = 3
    method: Method = "joints"
    n_crops: int = 60_000
    steps: int = 8000
    batch_size: int = 64
    learning_rate: float = 1e-3
    block_learning_rate: float = 5e-3
    weight_decay: float = 0.05
    seed: int = 0
    scenes_version: int = SCENES_VERSION

    @property
    def digest(self) -> str:
        """Tells this recipe from every other one."""
        written = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(written.encode()).hexdigest()[:16]
