"""What the gallery shows of `PoseViT`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

from torch import Tensor, nn


class NotWritten(nn.Module):
    """The cell as it was handed out."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__()
        # TODO
        raise NotImplementedError


class NamesOfItsOwn(nn.Module):
    """Other names, other shapes: no weights fit."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, width, patch, stride=patch)
        self.encoder = nn.Sequential(
            *(nn.TransformerEncoderLayer(width, heads, batch_first=True) for _ in range(depth))
        )

    def forward(self, images: Tensor) -> Tensor:
        maps = self.stem(images)
        tokens: Tensor = self.encoder(maps.flatten(2).mT)
        return tokens.mT.reshape(maps.shape)


SHOWN = (
    "reshaped_without_transposing",
    "position_left_out",
    "class_token_kept",
    "norm_left_out",
    "blocks_shared",
    "images_in_one_row",
    "hidden_in_a_list",
    "position_not_a_parameter",
    "parameters_renamed",
    "outside_the_graph",
    NotWritten,
    NamesOfItsOwn,
)
