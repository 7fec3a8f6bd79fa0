"""Weights that a vision transformer starts from: the course's own, and those of ViT-B/16.

The course's own are in the package, with the recipe that made them. Those of ViT-B/16 come from
transformers, which is an optional extra, and have to be downloaded.
"""

from __future__ import annotations

import json
import math
from importlib.resources import files
from typing import Any

from jaxtyping import Float
from safetensors.torch import load
from torch import Tensor, nn
from torch.nn.functional import interpolate

SMALL = "pose_vit_small"
"""The name of the course's own weights."""
VIT_BASE = "google/vit-base-patch16-224"
"""The name of the weights that the report started from."""


class WeightsError(ValueError):
    """Weights that do not fit a model, or cannot be had."""


def recipe_of(name: str = SMALL) -> dict[str, Any]:
    """How weights were made: the network's sizes, the data, the training and its digest."""
    file = files("poselab.networks").joinpath("weights", f"{name}.json")
    recipe: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return recipe


def load_pretrained(model: nn.Module, name: str = SMALL) -> None:
    """Load weights from the package into a model, in place.

    A model for larger images has more tokens: the position embeddings are interpolated, as ViT's
    authors do it. Both images have to be square.

    Args:
        model: its parameters have the names and the shapes of the weights; ``recipe_of`` tells the
            sizes.
        name: of the weights.

    Raises:
        WeightsError: a name is missing or unknown, or a shape differs. The model is left as it was.
    """
    file = files("poselab.networks").joinpath("weights", f"{name}.safetensors")
    weights = load(file.read_bytes())
    own = model.state_dict()
    missing, unknown = sorted(weights.keys() - own.keys()), sorted(own.keys() - weights.keys())
    if missing:
        raise WeightsError(
            f"The model has no parameter called {_listed(missing)}, but the weights do; the "
            "notebook states the parameters' names."
        )
    if unknown:
        raise WeightsError(
            f"The weights know no parameter called {_listed(unknown)}, but the model has one; the "
            "notebook states the parameters' names."
        )
    weights["position"] = _spread_out(weights["position"], len(own["position"]))
    for parameter, values in sorted(weights.items()):
        if own[parameter].shape != values.shape:
            raise WeightsError(
                f"{parameter} has the shape {tuple(own[parameter].shape)} in the model and "
                f"{tuple(values.shape)} in the weights; make the model with the recipe's sizes."
            )
    model.load_state_dict({key: values.float() for key, values in weights.items()})


def _spread_out(
    position: Float[Tensor, "token width"], n_tokens: int
) -> Float[Tensor, "other width"]:
    """Interpolate the position embeddings of a square for one with another number of tokens."""
    side, other = math.isqrt(len(position)), math.isqrt(n_tokens)
    if side == other or other**2 != n_tokens:
        return position
    square = position.float().T.unflatten(1, (side, side)).unsqueeze(0)
    larger = interpolate(square, size=(other, other), mode="bicubic", align_corners=False)
    return larger.squeeze(0).flatten(1).T


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"


class ViTBase(nn.Module):
    """ViT-B/16 as an encoder: its patches' features as a map, without the class token.

    Args:
        model: a ``ViTModel`` of transformers, of any size.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, images: Float[Tensor, "image 3 height width"]
    ) -> Float[Tensor, "image width row column"]:
        """Encode normalised images into feature maps, one cell for each patch."""
        tokens = self.model(pixel_values=images).last_hidden_state[:, 1:]
        config: Any = self.model.config
        rows, columns = (side // config.patch_size for side in images.shape[-2:])
        return tokens.transpose(1, 2).unflatten(2, (rows, columns))


def load_vit_base(source: str = VIT_BASE) -> ViTBase:
    """Load ViT-B/16 with pretrained weights.

    Args:
        source: the name of the weights on the hub, or a folder that holds them.

    Returns:
        The encoder: images (batch, 3, 224, 224) to feature maps (batch, 768, 14, 14).

    Raises:
        WeightsError: transformers is not installed, or the weights cannot be had.
    """
    try:
        from transformers import ViTModel
    except ImportError:
        raise WeightsError(
            "ViT-B/16 needs transformers, which is not installed: run `pip install transformers`."
        ) from None
    try:
        model = ViTModel.from_pretrained(source, add_pooling_layer=False)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(f"The weights {source} cannot be had: {reason}") from error
    return ViTBase(model)
