"""Wrong answers to `PoseViT`. Each changes one thing about the same network."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, scaled_dot_product_attention

from autograder.exercises.bank import Bank
from poselab.networks.transformer import TransformerBlock

BANK = Bank()


def patchify(images: Tensor, patch: int) -> Tensor:
    """As in the notebook."""
    windows = images.unfold(2, patch, patch).unfold(3, patch, patch)
    return windows.movedim(1, 3).flatten(3).flatten(1, 2)


def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """As in the notebook."""
    return scaled_dot_product_attention(q, k, v)


class _Right(nn.Module):
    """The encoder, whose steps can be replaced."""

    position: Tensor
    blocks: Any
    norm: nn.Module

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__()
        self.patch, self.width = patch, width
        self.rows, self.columns = image_size[0] // patch, image_size[1] // patch
        self.patch_embedding = self.made_embedding(patch, width)
        self.make_position(self.rows * self.columns, width)
        self.make_blocks(width, depth, heads)
        self.norm = nn.LayerNorm(width)

    def made_embedding(self, patch: int, width: int) -> nn.Module:
        """The layer that embeds a patch."""
        return nn.Linear(3 * patch**2, width)

    def make_position(self, tokens: int, width: int) -> None:
        """One vector for each token."""
        self.position = nn.Parameter(self.drawn(tokens, width))

    def drawn(self, *shape: int) -> Tensor:
        """What a position starts as."""
        return nn.init.trunc_normal_(torch.empty(shape), std=0.02)

    def make_blocks(self, width: int, depth: int, heads: int) -> None:
        """All blocks."""
        self.blocks = nn.ModuleList(self.block(width, heads) for _ in range(depth))

    def block(self, width: int, heads: int) -> TransformerBlock:
        """One block."""
        return TransformerBlock(width, heads, attention)

    def embedded(self, images: Tensor) -> Tensor:
        """Tokens without positions."""
        tokens: Tensor = self.patch_embedding(patchify(images, self.patch))
        return tokens

    def placed(self, tokens: Tensor) -> Tensor:
        """Tokens with positions."""
        return tokens + self.position

    def encoded(self, tokens: Tensor) -> Tensor:
        """Behind all blocks."""
        for block in self.blocks:
            tokens = block(tokens)
        return tokens

    def finished(self, tokens: Tensor) -> Tensor:
        """Behind the norm."""
        normed: Tensor = self.norm(tokens)
        return normed

    def maps(self, tokens: Tensor) -> Tensor:
        """(batch, width, row, column)."""
        return tokens.transpose(1, 2).unflatten(2, (self.rows, self.columns))

    def forward(self, images: Tensor) -> Tensor:
        """All steps."""
        tokens = self.placed(self.embedded(images))
        return self.maps(self.finished(self.encoded(tokens)))


# Mistakes in how the tokens are put back.


@BANK.mistake(
    "The tokens are returned as they are. Put them back where their patches were: "
    "(batch, width, rows, columns).",
    fails="shape",
)
class tokens_returned(_Right):
    """(batch, token, width)."""

    def maps(self, tokens: Tensor) -> Tensor:
        """Not at all."""
        return tokens


@BANK.mistake(
    "The features come last. Maps have their channels in front of rows and columns.", fails="shape"
)
class features_last(_Right):
    """(batch, row, column, width)."""

    def maps(self, tokens: Tensor) -> Tensor:
        """No transposition."""
        return tokens.unflatten(1, (self.rows, self.columns))


@BANK.mistake(
    "The tokens are not cut into rows and columns: the maps have one axis for all places.",
    fails="shape",
)
class places_in_one_row(_Right):
    """(batch, width, token)."""

    def maps(self, tokens: Tensor) -> Tensor:
        """Transposed alone."""
        return tokens.transpose(1, 2)


@BANK.mistake(
    "Rows and columns are exchanged: the maps are as wide as the image is high.", fails="shape"
)
class rows_and_columns_exchanged(_Right):
    """(batch, width, column, row), filled in order."""

    def maps(self, tokens: Tensor) -> Tensor:
        """The sizes exchanged."""
        return tokens.transpose(1, 2).unflatten(2, (self.columns, self.rows))


@BANK.mistake("The maps are transposed: rows come before columns.", fails="shape")
class maps_transposed(_Right):
    """(batch, width, column, row)."""

    def maps(self, tokens: Tensor) -> Tensor:
        """Right, then transposed."""
        return super().maps(tokens).transpose(2, 3)


@BANK.mistake(
    "The tokens are averaged, as for the class of an image. Each place keeps its own features.",
    fails="shape",
)
class tokens_averaged(_Right):
    """(batch, width)."""

    def maps(self, tokens: Tensor) -> Tensor:
        """A mean."""
        return tokens.mean(1)


@BANK.mistake(
    "The maps are cut for square images alone: rows and columns are taken for equally many. Take "
    "each from its own side of the image.",
    fails="shape",
)
class square_maps_alone(_Right):
    """The root of the number of tokens."""

    def maps(self, tokens: Tensor) -> Tensor:
        """Squares."""
        side = math.isqrt(tokens.shape[1])
        return tokens.transpose(1, 2).reshape(len(tokens), -1, side, side)


@BANK.another("square_maps_alone")
class as_many_columns_as_rows(_Right):
    """columns = rows."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__((image_size[0], image_size[0]), patch, width, depth, heads)


@BANK.another("square_maps_alone")
class as_many_rows_as_columns(_Right):
    """rows = columns."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__((image_size[1], image_size[1]), patch, width, depth, heads)


@BANK.mistake(
    "The tokens are reshaped to maps without `transpose`: features and places are mixed. Bring the "
    "width in front first, then cut the tokens into rows and columns."
)
class reshaped_without_transposing(_Right):
    """reshape(batch, width, row, column)."""

    def maps(self, tokens: Tensor) -> Tensor:
        """Counted off."""
        return tokens.reshape(len(tokens), self.width, self.rows, self.columns)


@BANK.mistake("The tokens are put back column by column. They come row by row, from `patchify`.")
class put_back_column_by_column(_Right):
    """Columns first."""

    def maps(self, tokens: Tensor) -> Tensor:
        """Cut in the other order."""
        return tokens.transpose(1, 2).unflatten(2, (self.columns, self.rows)).transpose(2, 3)


@BANK.mistake("The maps are upside down. The first token is the one at the top left.")
class maps_upside_down(_Right):
    """Rows in reverse."""

    def maps(self, tokens: Tensor) -> Tensor:
        """Flipped."""
        return super().maps(tokens).flip(2)


# Mistakes with the positions.


@BANK.mistake(
    "No position is added: the encoder cannot know where a patch was. Add `position` to the "
    "embedded patches."
)
class position_left_out(_Right):
    """No such parameter."""

    def make_position(self, tokens: int, width: int) -> None:
        """None."""

    def placed(self, tokens: Tensor) -> Tensor:
        """Not added."""
        return tokens


@BANK.another("position_left_out")
class position_never_added(_Right):
    """Made and forgotten."""

    def placed(self, tokens: Tensor) -> Tensor:
        """Not added."""
        return tokens


@BANK.mistake("The tokens are multiplied with the positions. Add them.")
class position_multiplied(_Right):
    """tokens * position."""

    def placed(self, tokens: Tensor) -> Tensor:
        """A product."""
        return tokens * self.position


@BANK.mistake(
    "The positions are added to the pixels, before the embedding. Add them to the embedded "
    "patches: `position` is (tokens, width)."
)
class position_before_the_embedding(_Right):
    """(token, 3 * p * p)."""

    def make_position(self, tokens: int, width: int) -> None:
        """As wide as a patch."""
        self.position = nn.Parameter(self.drawn(tokens, 3 * self.patch**2))

    def embedded(self, images: Tensor) -> Tensor:
        """Added to the pixels."""
        tokens: Tensor = self.patch_embedding(patchify(images, self.patch) + self.position)
        return tokens

    def placed(self, tokens: Tensor) -> Tensor:
        """Added already."""
        return tokens


@BANK.mistake(
    "The positions are added behind the blocks. The blocks need them: add them to the embedded "
    "patches."
)
class position_behind_the_blocks(_Right):
    """Before the norm."""

    def placed(self, tokens: Tensor) -> Tensor:
        """Not yet."""
        return tokens

    def finished(self, tokens: Tensor) -> Tensor:
        """Added late."""
        return super().finished(tokens + self.position)


@BANK.another("position_behind_the_blocks")
class position_behind_the_norm(position_behind_the_blocks):
    """At the very end."""

    def finished(self, tokens: Tensor) -> Tensor:
        """Added at last."""
        normed: Tensor = self.norm(tokens)
        return normed + self.position


@BANK.mistake("The positions are added in front of every block. Add them once.")
class position_in_every_block(_Right):
    """Again and again."""

    def placed(self, tokens: Tensor) -> Tensor:
        """In the loop."""
        return tokens

    def encoded(self, tokens: Tensor) -> Tensor:
        """Before each block."""
        for block in self.blocks:
            tokens = block(tokens + self.position)
        return tokens


@BANK.another("position_in_every_block")
class position_behind_every_block(_Right):
    """block(tokens) + position."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """After each block."""
        for block in self.blocks:
            tokens = block(tokens) + self.position
        return tokens


@BANK.another("position_in_every_block")
class position_in_every_block_alone(_Right):
    """Added by the blocks, but not before."""

    def placed(self, tokens: Tensor) -> Tensor:
        """In the loop."""
        return tokens

    def encoded(self, tokens: Tensor) -> Tensor:
        """After each block."""
        for block in self.blocks:
            tokens = block(tokens) + self.position
        return tokens


@BANK.another("position_in_every_block")
class position_before_and_in_every_block(_Right):
    """Added once more by each block."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """Before each block."""
        for block in self.blocks:
            tokens = block(tokens + self.position)
        return tokens


@BANK.mistake("The positions are subtracted. Add them.")
class position_subtracted(_Right):
    """tokens - position."""

    def placed(self, tokens: Tensor) -> Tensor:
        """A difference."""
        return tokens - self.position


@BANK.mistake("The positions are added twice. Add them once.")
class position_twice(_Right):
    """2 * position."""

    def placed(self, tokens: Tensor) -> Tensor:
        """Twice."""
        return tokens + 2 * self.position


@BANK.mistake(
    "There is one position for all tokens, which tells them nothing. `position` has a vector for "
    "each token: (tokens, width)."
)
class one_position_for_all(_Right):
    """(1, width)."""

    def make_position(self, tokens: int, width: int) -> None:
        """One row."""
        self.position = nn.Parameter(self.drawn(1, width))


@BANK.another("one_position_for_all")
class one_position_vector(_Right):
    """(width,)."""

    def make_position(self, tokens: int, width: int) -> None:
        """One row."""
        self.position = nn.Parameter(self.drawn(width))


@BANK.another("one_position_for_all")
class first_position_for_all(_Right):
    """position[0]."""

    def placed(self, tokens: Tensor) -> Tensor:
        """One row of many."""
        return tokens + self.position[0]


@BANK.another("one_position_for_all")
class mean_position_for_all(_Right):
    """position.mean(0)."""

    def placed(self, tokens: Tensor) -> Tensor:
        """The mean."""
        return tokens + self.position.mean(0)


@BANK.mistake("The positions are sines and cosines, which do not learn. `position` is a parameter.")
class sines_for_positions(_Right):
    """Fixed, from a formula."""

    def make_position(self, tokens: int, width: int) -> None:
        """No parameter."""

    def placed(self, tokens: Tensor) -> Tensor:
        """Computed in each call."""
        place = torch.arange(tokens.shape[1]).to(tokens)[:, None]
        number = torch.arange(0, self.width, 2).to(tokens)
        angle = place / 10_000 ** (number / self.width)
        return tokens + torch.stack([angle.sin(), angle.cos()], -1).flatten(1)


class _WithClassToken(_Right):
    def make_position(self, tokens: int, width: int) -> None:
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(self.drawn(tokens + 1, width))

    def embedded(self, images: Tensor) -> Tensor:
        tokens = super().embedded(images)
        return torch.cat([self.class_token.expand(len(tokens), -1, -1), tokens], 1)

    def finished(self, tokens: Tensor) -> Tensor:
        return super().finished(tokens)[:, 1:]


@BANK.mistake(
    "There is a class token, which all others look at. This encoder has none: its tokens are the "
    "patches alone."
)
class class_token_kept(_WithClassToken):
    """One token more, left out at the end."""


@BANK.another("class_token_kept")
class class_token_with_a_position_behind(_WithClassToken):
    """Positions of shape (1, token + 1, width)."""

    def make_position(self, tokens: int, width: int) -> None:
        """With an axis for the images."""
        super().make_position(tokens, width)
        self.position = nn.Parameter(self.drawn(1, tokens + 1, width))


@BANK.another("class_token_kept")
class class_token_without_position(_WithClassToken):
    """Positions for the patches alone."""

    def make_position(self, tokens: int, width: int) -> None:
        """None for the class token."""
        super().make_position(tokens, width)
        self.position = nn.Parameter(self.drawn(tokens, width))

    def embedded(self, images: Tensor) -> Tensor:
        """Patches with positions, and one token more."""
        tokens = _Right.embedded(self, images) + self.position
        return torch.cat([self.class_token.expand(len(tokens), -1, -1), tokens], 1)

    def placed(self, tokens: Tensor) -> Tensor:
        """Added already."""
        return tokens


@BANK.another("class_token_kept")
class class_token_in_the_place_of_the_last(_WithClassToken):
    """The last patch is left out instead of the class token."""

    def finished(self, tokens: Tensor) -> Tensor:
        """The wrong one is dropped."""
        return _Right.finished(self, tokens)[:, :-1]


@BANK.another("class_token_kept")
class class_token_at_the_end(_WithClassToken):
    """Behind the patches."""

    def embedded(self, images: Tensor) -> Tensor:
        """Appended."""
        return super().embedded(images).roll(-1, 1)

    def finished(self, tokens: Tensor) -> Tensor:
        """The last one is dropped."""
        return _Right.finished(self, tokens)[:, :-1]


# Mistakes with the blocks and the norm.


@BANK.mistake("The last norm is missing. `norm` follows the last block.")
class norm_left_out(_Right):
    """Made and forgotten."""

    def finished(self, tokens: Tensor) -> Tensor:
        """Not normalised."""
        return tokens


@BANK.mistake("`norm` comes in front of the blocks. It follows the last one.")
class norm_before_the_blocks(_Right):
    """norm, blocks."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """Normalised first."""
        return super().encoded(self.norm(tokens))

    def finished(self, tokens: Tensor) -> Tensor:
        """Not normalised."""
        return tokens


@BANK.mistake("`norm` follows every block. It follows the last one alone.")
class norm_after_every_block(_Right):
    """norm in the loop."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """Normalised each time."""
        for block in self.blocks:
            tokens = self.norm(block(tokens))
        return tokens

    def finished(self, tokens: Tensor) -> Tensor:
        """Normalised already."""
        return tokens


@BANK.another("norm_after_every_block")
class norm_after_every_block_and_at_the_end(_Right):
    """norm in the loop, and behind it."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """Normalised each time."""
        for block in self.blocks:
            tokens = self.norm(block(tokens))
        return tokens


@BANK.mistake("`norm` is applied twice. Once, behind the last block, is enough.")
class norm_twice(_Right):
    """norm, blocks, norm."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """Normalised first."""
        return super().encoded(self.norm(tokens))


@BANK.another("norm_twice")
class norm_twice_at_the_end(_Right):
    """norm of the norm."""

    def finished(self, tokens: Tensor) -> Tensor:
        """Normalised again."""
        return super().finished(super().finished(tokens))


@BANK.mistake(
    "The last norm has no weights of its own. `nn.LayerNorm(width)`, made in `__init__`, has a "
    "weight and a bias."
)
class norm_without_weights(_Right):
    """elementwise_affine=False."""

    def finished(self, tokens: Tensor) -> Tensor:
        """Without weights."""
        return nn.functional.layer_norm(tokens, tokens.shape[-1:])


@BANK.mistake(
    "The last norm is a batch normalisation. It is an `nn.LayerNorm`, which normalises each token "
    "by itself."
)
class batch_normalised(_Right):
    """nn.BatchNorm1d."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__(image_size, patch, width, depth, heads)
        self.norm = nn.BatchNorm1d(width)

    def finished(self, tokens: Tensor) -> Tensor:
        """Over tokens and images."""
        normed: Tensor = self.norm(tokens.transpose(1, 2))
        return normed.transpose(1, 2)


@BANK.mistake(
    "The same block is used again and again: it is one object. Make a new `TransformerBlock` for "
    "each, as in `nn.ModuleList(TransformerBlock(...) for _ in range(depth))`."
)
class blocks_shared(_Right):
    """[block] * depth."""

    def make_blocks(self, width: int, depth: int, heads: int) -> None:
        """One object."""
        self.blocks = nn.ModuleList([self.block(width, heads)] * depth)


@BANK.another("blocks_shared")
class one_block_in_a_loop(_Right):
    """self.block, depth times."""

    def make_blocks(self, width: int, depth: int, heads: int) -> None:
        """One object."""
        self.depth = depth
        self.blocks = nn.ModuleList([self.block(width, heads)])

    def encoded(self, tokens: Tensor) -> Tensor:
        """The same one."""
        for _ in range(self.depth):
            tokens = self.blocks[0](tokens)
        return tokens


@BANK.another("blocks_shared")
class first_block_in_a_loop(_Right):
    """Many blocks, but the first one is called."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """The same one."""
        for _ in self.blocks:
            tokens = self.blocks[0](tokens)
        return tokens


@BANK.mistake("One block too few is made, or used. There are `depth` of them.")
class one_block_too_few(_Right):
    """depth - 1."""

    def make_blocks(self, width: int, depth: int, heads: int) -> None:
        """One less."""
        super().make_blocks(width, depth - 1, heads)


@BANK.another("one_block_too_few")
class last_block_not_called(_Right):
    """blocks[:-1]."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """One less."""
        for block in list(self.blocks)[:-1]:
            tokens = block(tokens)
        return tokens


@BANK.another("one_block_too_few")
class first_block_not_called(_Right):
    """blocks[1:]."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """One less."""
        for block in list(self.blocks)[1:]:
            tokens = block(tokens)
        return tokens


@BANK.mistake("There is one block too many. There are `depth` of them.")
class one_block_too_many(_Right):
    """depth + 1."""

    def make_blocks(self, width: int, depth: int, heads: int) -> None:
        """One more."""
        super().make_blocks(width, depth + 1, heads)


@BANK.mistake("There is a single block, whatever `depth` is. Make `depth` of them.")
class single_block(_Right):
    """One block."""

    def make_blocks(self, width: int, depth: int, heads: int) -> None:
        """One."""
        super().make_blocks(width, 1, heads)


@BANK.another("single_block")
class first_block_alone(_Right):
    """return in the loop."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """Left too early."""
        first: Tensor = self.blocks[0](tokens)
        return first


@BANK.mistake("`depth` has no effect: there are always as many blocks.")
class depth_ignored(_Right):
    """Six blocks."""

    def make_blocks(self, width: int, depth: int, heads: int) -> None:
        """Always six."""
        super().make_blocks(width, 6, heads)


@BANK.another("depth_ignored")
class two_blocks_always(_Right):
    """Two blocks."""

    def make_blocks(self, width: int, depth: int, heads: int) -> None:
        """Always two."""
        super().make_blocks(width, 2, heads)


@BANK.another("depth_ignored")
class twelve_blocks_always(_Right):
    """Twelve blocks."""

    def make_blocks(self, width: int, depth: int, heads: int) -> None:
        """Always twelve."""
        super().make_blocks(width, 12, heads)


@BANK.another("depth_ignored")
class three_blocks_always(_Right):
    """Three blocks."""

    def make_blocks(self, width: int, depth: int, heads: int) -> None:
        """Always three."""
        super().make_blocks(width, 3, heads)


@BANK.another("depth_ignored")
class four_blocks_always(_Right):
    """Four blocks."""

    def make_blocks(self, width: int, depth: int, heads: int) -> None:
        """Always four."""
        super().make_blocks(width, 4, heads)


@BANK.mistake(
    "Only the last block's result is used: each block gets the embedded patches. Give each the "
    "result of the one before."
)
class last_block_alone(_Right):
    """y = block(x), again and again."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """The others are overwritten."""
        result = tokens
        for block in self.blocks:
            result = block(tokens)
        return result


@BANK.mistake("No block is called. The tokens go through all of them, one after the other.")
class blocks_never_called(_Right):
    """Embedded and normalised."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """Nothing."""
        return tokens


@BANK.mistake("The blocks are called in reverse order. Begin with `blocks.0`.")
class blocks_in_reverse(_Right):
    """The last one first."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """Backwards."""
        for block in reversed(list(self.blocks)):
            tokens = block(tokens)
        return tokens


@BANK.mistake(
    "A block's input is added to its result. `TransformerBlock` adds it already: "
    "`tokens = block(tokens)`."
)
class residual_added_again(_Right):
    """tokens + block(tokens)."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """One sum more."""
        for block in self.blocks:
            tokens = tokens + block(tokens)
        return tokens


@BANK.mistake("The embedded patches are added to what comes out of the blocks. Nothing is.")
class residual_around_all_blocks(_Right):
    """tokens + blocks(tokens)."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """One sum more."""
        return tokens + super().encoded(tokens)


@BANK.mistake(
    "`depth` and `heads` are exchanged: there are `heads` blocks with `depth` heads each. Compare "
    "the order of the arguments where they are passed on."
)
class depth_and_heads_exchanged(_Right):
    """heads blocks of depth heads."""

    def make_blocks(self, width: int, depth: int, heads: int) -> None:
        """The other way round."""
        super().make_blocks(width, heads, depth)


@BANK.mistake(
    "Something is kept from one call to the next, in a buffer or an attribute, such as the largest "
    "value so far. A result depends on this call's images alone."
)
class state_kept(_Right):
    """The largest value so far."""

    largest: Tensor | float = 1.0

    def embedded(self, images: Tensor) -> Tensor:
        """Divided by it."""
        self.largest = max(self.largest, images.detach().max())
        return super().embedded(images / self.largest)


@BANK.mistake("`heads` has no effect. Give it to the blocks.")
class heads_ignored(_Right):
    """Three heads."""

    def block(self, width: int, heads: int) -> TransformerBlock:
        """Always three."""
        return TransformerBlock(width, 3, attention)


@BANK.another("heads_ignored")
class one_head_always(_Right):
    """One head."""

    def block(self, width: int, heads: int) -> TransformerBlock:
        """Always one."""
        return TransformerBlock(width, 1, attention)


# Mistakes with images and numbers.


@BANK.mistake(
    "The images look at each other: the blocks take the first axis for the images and the second "
    "for the tokens, and here they are exchanged. Each image is processed on its own."
)
class images_for_tokens(_Right):
    """Attention over the batch."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """Transposed."""
        return super().encoded(tokens.transpose(0, 1)).transpose(0, 1)


@BANK.mistake(
    "The tokens of all images are one long row, so that each image looks at all others. Keep the "
    "axis of the images."
)
class images_in_one_row(_Right):
    """One sequence for all."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """Flattened."""
        return super().encoded(tokens.reshape(1, -1, self.width)).reshape(tokens.shape)


@BANK.mistake(
    "The mean over all images of the call is subtracted. Each image is processed on its own."
)
class centred_over_the_images(_Right):
    """images - images.mean(0)."""

    def embedded(self, images: Tensor) -> Tensor:
        """Centred."""
        return super().embedded(images - images.mean(0))


@BANK.mistake(
    "The images are normalised in here, with a mean or a standard deviation of the whole batch. "
    "They come normalised, and each is processed on its own: embed them as they are."
)
class normalised_over_the_batch(_Right):
    """By channel, over the batch."""

    def embedded(self, images: Tensor) -> Tensor:
        """(images - mean) / std."""
        mean = images.mean((0, 2, 3), keepdim=True)
        return super().embedded((images - mean) / images.std((0, 2, 3), keepdim=True))


@BANK.another("normalised_over_the_batch")
class normalised_over_everything(_Right):
    """With one mean and one standard deviation."""

    def embedded(self, images: Tensor) -> Tensor:
        """(images - mean) / std."""
        return super().embedded((images - images.mean()) / images.std())


@BANK.another("normalised_over_the_batch")
class images_centred(_Right):
    """images - images.mean()."""

    def embedded(self, images: Tensor) -> Tensor:
        """One mean."""
        return super().embedded(images - images.mean())


@BANK.mistake(
    "The images are normalised once more. They come normalised; leave their numbers as they are."
)
class images_normalised_again(_Right):
    """(x / 255 - 0.5) / 0.5."""

    def embedded(self, images: Tensor) -> Tensor:
        """Once more."""
        return super().embedded((images / 255 - 0.5) / 0.5)


@BANK.another("images_normalised_again")
class images_divided(_Right):
    """x / 255."""

    def embedded(self, images: Tensor) -> Tensor:
        """Divided."""
        return super().embedded(images / 255)


@BANK.another("images_normalised_again")
class each_channel_normalised(_Right):
    """Mean 0 and standard deviation 1 for each channel of each image."""

    def embedded(self, images: Tensor) -> Tensor:
        """Of its own."""
        mean = images.mean((2, 3), keepdim=True)
        return super().embedded((images - mean) / images.std((2, 3), keepdim=True))


@BANK.another("images_normalised_again")
class each_image_normalised(_Right):
    """Mean 0 and standard deviation 1 for each image."""

    def embedded(self, images: Tensor) -> Tensor:
        """Of its own."""
        mean = images.mean((1, 2, 3), keepdim=True)
        return super().embedded((images - mean) / images.std((1, 2, 3), keepdim=True))


@BANK.another("images_normalised_again")
class images_moved_to_both_sides(_Right):
    """(x - 0.5) / 0.5."""

    def embedded(self, images: Tensor) -> Tensor:
        """As if they were 0..1."""
        return super().embedded((images - 0.5) / 0.5)


@BANK.mistake(
    "The patches are scrambled: images are reshaped to tokens without `patchify`. Call it."
)
class patches_scrambled(_Right):
    """A bare reshape."""

    def embedded(self, images: Tensor) -> Tensor:
        """Counted off."""
        tokens: Tensor = self.patch_embedding(
            images.reshape(len(images), self.rows * self.columns, 3 * self.patch**2)
        )
        return tokens


@BANK.mistake("An activation follows the embedding. Nothing does but the positions.")
class activation_after_the_embedding(_Right):
    """relu."""

    def embedded(self, images: Tensor) -> Tensor:
        """One ReLU more."""
        return super().embedded(images).relu()


@BANK.another("activation_after_the_embedding")
class gelu_after_the_embedding(_Right):
    """gelu."""

    def embedded(self, images: Tensor) -> Tensor:
        """One GELU more."""
        return nn.functional.gelu(super().embedded(images))


@BANK.mistake(
    "The embedded patches are multiplied by the root of the width, as words are in some "
    "transformers. Leave them."
)
class embedding_scaled(_Right):
    """tokens * sqrt(width)."""

    def embedded(self, images: Tensor) -> Tensor:
        """Enlarged."""
        return super().embedded(images) * self.width**0.5


@BANK.mistake("The embedding has no bias. `nn.Linear` has one by default; leave it.")
class embedding_without_bias(_Right):
    """bias=False."""

    def made_embedding(self, patch: int, width: int) -> nn.Module:
        """No bias."""
        return nn.Linear(3 * patch**2, width, bias=False)


@BANK.mistake("Something limits the numbers of the feature maps. Nothing follows the norm.")
class output_limited(_Right):
    """relu at the end."""

    def finished(self, tokens: Tensor) -> Tensor:
        """Positive features only."""
        return super().finished(tokens).relu()


@BANK.another("output_limited")
class output_through_a_sigmoid(_Right):
    """sigmoid at the end."""

    def finished(self, tokens: Tensor) -> Tensor:
        """Between 0 and 1."""
        return super().finished(tokens).sigmoid()


@BANK.another("output_limited")
class output_through_a_tanh(_Right):
    """tanh at the end."""

    def finished(self, tokens: Tensor) -> Tensor:
        """Between -1 and 1."""
        return super().finished(tokens).tanh()


@BANK.mistake(
    "Numbers are dropped in evaluation mode, too: `functional.dropout` drops unless it is told "
    "`training=self.training`. `nn.Dropout`, made in `__init__`, knows by itself."
)
class dropout_never_off(_Right):
    """functional.dropout."""

    def placed(self, tokens: Tensor) -> Tensor:
        """Dropped by chance."""
        return dropout(super().placed(tokens), 0.1)


@BANK.mistake(
    "A layer is made anew in every call, with new random weights. Make all layers in `__init__`."
)
class layer_made_in_forward(_Right):
    """blocks in forward."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """New weights each time."""
        return super().encoded(self.block(self.width, 1)(tokens))


# Mistakes with the sizes.


@BANK.mistake(
    "`image_size` has no effect: the 196 tokens, or the 14 x 14 places, of an image of 224 x 224 "
    "pixels are written in.",
    fails="shape",
)
class image_size_ignored(_Right):
    """(224, 224)."""

    def make_position(self, tokens: int, width: int) -> None:
        """196 of them."""
        super().make_position(196, width)


@BANK.another("image_size_ignored")
class positions_written_in(image_size_ignored):
    """196 positions, and maps by reshape."""

    def maps(self, tokens: Tensor) -> Tensor:
        """As many features as come out."""
        return tokens.transpose(1, 2).reshape(len(tokens), -1, self.rows, self.columns)


@BANK.another("image_size_ignored")
class places_written_in(_Right):
    """14 x 14."""

    def maps(self, tokens: Tensor) -> Tensor:
        """Always as many."""
        return tokens.transpose(1, 2).reshape(len(tokens), -1, 14, 14)


@BANK.another("image_size_ignored")
class grid_written_in(_Right):
    """14 x 14, for the positions and for the maps."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__((14 * patch, 14 * patch), patch, width, depth, heads)


@BANK.mistake(
    "`patch` has no effect: patches of 16 x 16 pixels are written in.",
    fails="shape",
)
class patch_ignored(_Right):
    """nn.Linear(3 * 16 * 16, width)."""

    def made_embedding(self, patch: int, width: int) -> nn.Module:
        """768 numbers."""
        return nn.Linear(768, width)


@BANK.another("patch_ignored")
class sixteen_for_patchify(_Right):
    """patchify(images, 16)."""

    def embedded(self, images: Tensor) -> Tensor:
        """Patches of 16."""
        tokens: Tensor = self.patch_embedding(patchify(images, 16))
        return tokens


@BANK.another("patch_ignored")
class grid_of_sixteens(_Right):
    """image_size // 16."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        rows, columns = (side // 16 for side in image_size)
        super().__init__((rows * patch, columns * patch), patch, width, depth, heads)


@BANK.another("patch_ignored")
class patch_of_sixteen(_Right):
    """patch = 16."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__(image_size, 16, width, depth, heads)


@BANK.mistake(
    "The images of a call are joined to one: a batch of one is written in. Take its size from the "
    "images.",
    fails="shape",
)
class batch_of_one_written_in(_Right):
    """reshape(1, ...)."""

    def maps(self, tokens: Tensor) -> Tensor:
        """One image."""
        return tokens.transpose(1, 2).reshape(1, -1, self.rows, self.columns)


@BANK.mistake(
    "`width` has no effect: the maps always have 192 features.",
    fails="shape",
)
class width_ignored(_Right):
    """192."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__(image_size, patch, 192, depth, heads)


@BANK.mistake(
    "Axes of length 1 are squeezed away. A single image is a batch of one.", fails="shape"
)
class squeezed_away(_Right):
    """squeeze()."""

    def maps(self, tokens: Tensor) -> Tensor:
        """No axis of length 1."""
        return super().maps(tokens).squeeze()


@BANK.another("squeezed_away")
class first_axis_squeezed_away(_Right):
    """squeeze(0)."""

    def maps(self, tokens: Tensor) -> Tensor:
        """Without the axis of a single image."""
        return super().maps(tokens).squeeze(0)


# Mistakes with the parameters.


@BANK.mistake(
    "Layers are kept where the network does not find them, such as a plain list: the optimiser "
    "gets none of their weights, and no file holds them. Use `nn.ModuleList`.",
    fails="parameters",
)
class hidden_in_a_list(_Right):
    """A list of blocks."""

    def make_blocks(self, width: int, depth: int, heads: int) -> None:
        """Not a ModuleList."""
        self.blocks = [self.block(width, heads) for _ in range(depth)]


@BANK.mistake(
    "`position` is a tensor that never learns. `nn.Parameter(...)` makes it one of the network's "
    "weights.",
    fails="parameters",
)
class position_not_a_parameter(_Right):
    """A plain tensor."""

    def make_position(self, tokens: int, width: int) -> None:
        """Not a parameter."""
        self.position = self.drawn(tokens, width)


@BANK.another("position_not_a_parameter")
class position_wants_a_gradient(_Right):
    """A plain tensor with requires_grad."""

    def make_position(self, tokens: int, width: int) -> None:
        """Not a parameter."""
        self.position = self.drawn(tokens, width).requires_grad_()


@BANK.another("position_not_a_parameter")
class position_in_a_buffer(_Right):
    """register_buffer."""

    def make_position(self, tokens: int, width: int) -> None:
        """Saved, but never learned."""
        self.register_buffer("position", self.drawn(tokens, width))


@BANK.mistake(
    "`position` is frozen: its `requires_grad` is off, so it never learns.", fails="parameters"
)
class position_frozen(_Right):
    """requires_grad=False."""

    def make_position(self, tokens: int, width: int) -> None:
        """Frozen."""
        self.position = nn.Parameter(self.drawn(tokens, width), requires_grad=False)


@BANK.mistake(
    "Parameters are frozen: their `requires_grad` is off, so they never learn.", fails="parameters"
)
class parameters_frozen(_Right):
    """requires_grad_(False) on the embedding."""

    def made_embedding(self, patch: int, width: int) -> nn.Module:
        """Frozen."""
        return super().made_embedding(patch, width).requires_grad_(False)


@BANK.mistake(
    "`position` has an axis for the images. Its shape is (tokens, width): trained weights would "
    "not fit.",
    fails="parameters",
)
class position_with_an_axis_more(_Right):
    """(1, token, width)."""

    def make_position(self, tokens: int, width: int) -> None:
        """One axis more."""
        self.position = nn.Parameter(self.drawn(1, tokens, width))


@BANK.mistake(
    "A parameter is transposed: trained weights would not fit. The shapes are in the table.",
    fails="parameters",
)
class parameter_transposed(_Right):
    """(width, token)."""

    def make_position(self, tokens: int, width: int) -> None:
        """A column for each token."""
        self.position = nn.Parameter(self.drawn(width, tokens))

    def placed(self, tokens: Tensor) -> Tensor:
        """Transposed back."""
        return tokens + self.position.T


@BANK.mistake(
    "Parameters have other names than in the table, so that trained weights could not be loaded. "
    "A parameter is named after the attribute that holds it.",
    fails="parameters",
)
class parameters_renamed(_Right):
    """pos_embed instead of position."""

    def make_position(self, tokens: int, width: int) -> None:
        """Another name."""
        self.pos_embed = nn.Parameter(self.drawn(tokens, width))

    def placed(self, tokens: Tensor) -> Tensor:
        """By that name."""
        return tokens + self.pos_embed


@BANK.another("parameters_renamed")
class blocks_renamed(_Right):
    """layers instead of blocks."""

    def make_blocks(self, width: int, depth: int, heads: int) -> None:
        """Another name."""
        self.layers = nn.Sequential(*(self.block(width, heads) for _ in range(depth)))

    def encoded(self, tokens: Tensor) -> Tensor:
        """By that name."""
        encoded: Tensor = self.layers(tokens)
        return encoded


@BANK.another("parameters_renamed")
class embedding_in_a_sequence(_Right):
    """patch_embedding.0.weight."""

    def made_embedding(self, patch: int, width: int) -> nn.Module:
        """In a sequence of one."""
        return nn.Sequential(super().made_embedding(patch, width))


@BANK.mistake(
    "The patches are embedded by a convolution. It computes the same, but its weight has four "
    "axes: trained weights would not fit. Use `nn.Linear` and `patchify`.",
    fails="parameters",
)
class embedding_is_a_convolution(_Right):
    """nn.Conv2d."""

    def made_embedding(self, patch: int, width: int) -> nn.Module:
        """Kernels as large as a patch."""
        return nn.Conv2d(3, width, patch, stride=patch)

    def embedded(self, images: Tensor) -> Tensor:
        """Maps, flattened."""
        maps: Tensor = self.patch_embedding(images)
        return maps.flatten(2).transpose(1, 2)


@BANK.mistake(
    "The network has parameters that are not in the table. They are saved, and trained weights "
    "have none for them.",
    fails="parameters",
)
class parameters_too_many(_Right):
    """A head that nobody asked for."""

    def make_position(self, tokens: int, width: int) -> None:
        """And a layer."""
        super().make_position(tokens, width)
        self.head = nn.Linear(width, 10)


@BANK.another("parameters_too_many")
class class_token_never_used(_Right):
    """A class token that is not used."""

    def make_position(self, tokens: int, width: int) -> None:
        """And a class token."""
        super().make_position(tokens, width)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))


@BANK.mistake(
    "`position` starts at 0. It starts as `trunc_normal_(std=0.02)`, so that places differ from "
    "the beginning.",
    fails="parameters",
)
class position_starts_at_zero(_Right):
    """zeros."""

    def drawn(self, *shape: int) -> Tensor:
        """Zeros."""
        return torch.zeros(shape)


@BANK.mistake(
    "`position` starts with other numbers than `trunc_normal_(std=0.02)`: the embedded patches "
    "should not drown in it.",
    fails="parameters",
)
class position_starts_otherwise(_Right):
    """randn."""

    def drawn(self, *shape: int) -> Tensor:
        """Numbers of size 1."""
        return torch.randn(shape)


# Mistakes in the gradient.


@BANK.mistake(
    "Some layers are cut off from the loss: what they return loses its graph, by `detach`, "
    "`no_grad`, `.data` or numpy. They never learn.",
    fails="gradient",
)
class outside_the_graph(_Right):
    """detach before the blocks."""

    def encoded(self, tokens: Tensor) -> Tensor:
        """The embedding never learns."""
        return super().encoded(tokens.detach())


@BANK.another("outside_the_graph")
class position_by_its_data(_Right):
    """position.data."""

    def placed(self, tokens: Tensor) -> Tensor:
        """The position never learns."""
        return tokens + self.position.data
