"""Wrong answers to `LiftModel`. Each changes one thing about the same network."""

from __future__ import annotations

import copy
from typing import Self

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from autograder.exercises.bank import Bank

BANK = Bank()


class _Half(nn.Module):
    """A linear layer, normalisation, ReLU and dropout; each step can be replaced."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.norm = nn.BatchNorm1d(width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(N, width) to the same."""
        y: Tensor = self.drop(torch.relu(self.norm(self.linear(x))))
        return y


class _Right(nn.Module):
    """A linear layer, residual blocks of two halves, and a linear layer."""

    part: type[nn.Module] = _Half

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__()
        self.enter = nn.Linear(30, hidden_layer)
        self.blocks = nn.ModuleList(self.made(hidden_layer, dropout) for _ in range(n_blocks))
        self.leave = nn.Linear(hidden_layer, output_nodes)

    def made(self, width: int, dropout: float) -> nn.Module:
        """The inside of one block."""
        return nn.Sequential(self.part(width, dropout), self.part(width, dropout))

    def block(self, x: Tensor, inside: nn.Module) -> Tensor:
        """One block."""
        y: Tensor = x + inside(x)
        return y

    def inner(self, x: Tensor) -> Tensor:
        """All blocks."""
        for inside in self.blocks:
            x = self.block(x, inside)
        return x

    def forward(self, joint_2d: Tensor) -> Tensor:
        """(N, 30) to (N, output)."""
        y: Tensor = self.leave(self.inner(self.enter(joint_2d)))
        return y


# Mistakes in how blocks are put together.


@BANK.mistake(
    "A block's input is not added to its result. That sum is what makes the block residual: "
    "`x + block(x)`."
)
class residual_missing(_Right):
    """block(x) alone."""

    def block(self, x: Tensor, inside: nn.Module) -> Tensor:
        """No sum."""
        y: Tensor = inside(x)
        return y


@BANK.mistake(
    "A ReLU follows the addition. Both ReLUs of a block are before it, and nothing follows it."
)
class activation_after_the_sum(_Right):
    """relu(x + block(x))."""

    def block(self, x: Tensor, inside: nn.Module) -> Tensor:
        """One ReLU more."""
        return torch.relu(x + inside(x))


class _WithoutReLU(_Half):
    """Linear, normalised, dropped."""

    def forward(self, x: Tensor) -> Tensor:
        """No activation."""
        y: Tensor = self.drop(self.norm(self.linear(x)))
        return y


@BANK.another("activation_after_the_sum")
class second_activation_after_the_sum(activation_after_the_sum):
    """The second ReLU moved behind the sum, as in ResNets for images."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """The second half has no ReLU."""
        return nn.Sequential(_Half(width, dropout), _WithoutReLU(width, dropout))


@BANK.mistake(
    "Each of a block's two layers has a sum of its own. There is one sum for a block: its input "
    "goes round both layers."
)
class residual_around_each_layer(_Right):
    """x + first(x), and that plus second of it."""

    def block(self, x: Tensor, inside: nn.Module) -> Tensor:
        """Two sums."""
        for half in inside.children():
            x = x + half(x)
        return x


@BANK.mistake(
    "There is one sum around all blocks. Each block has its own: its own input is added to its "
    "result."
)
class residual_around_all_blocks(_Right):
    """x + blocks(x)."""

    def inner(self, x: Tensor) -> Tensor:
        """The sum at the end."""
        y = x
        for inside in self.blocks:
            y = inside(y)
        return x + y


@BANK.mistake(
    "What is added in every block is the result of the first linear layer. Add the block's own "
    "input."
)
class residual_from_the_first_layer(_Right):
    """x0 + block(x)."""

    def inner(self, x: Tensor) -> Tensor:
        """The first input again and again."""
        y = x
        for inside in self.blocks:
            y = x + inside(y)
        return y


@BANK.mistake(
    "A ReLU is missing in the blocks. Without it, two linear layers are no more than one."
)
class activation_missing(_Right):
    """No ReLU at all."""

    part = _WithoutReLU


@BANK.another("activation_missing")
class second_activation_missing(_Right):
    """No ReLU before the sum."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """The second half has no ReLU."""
        return nn.Sequential(_Half(width, dropout), _WithoutReLU(width, dropout))


class _NormedLate(_Half):
    """Linear, ReLU, normalised."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalised after the ReLU."""
        y: Tensor = self.drop(self.norm(torch.relu(self.linear(x))))
        return y


@BANK.mistake("The normalisation comes after the ReLU. It belongs between the layer and the ReLU.")
class normalised_after_the_activation(_Right):
    """Linear, ReLU, norm."""

    part = _NormedLate


class _NormedEarly(_Half):
    """Normalised, ReLU, linear."""

    def forward(self, x: Tensor) -> Tensor:
        """The layer comes last."""
        y: Tensor = self.drop(self.linear(torch.relu(self.norm(x))))
        return y


@BANK.mistake(
    "The normalisation comes before the linear layer, as in “pre-activation” networks. Here the "
    "layer comes first."
)
class normalised_before_the_layer(_Right):
    """Norm, ReLU, linear."""

    part = _NormedEarly


@BANK.mistake(
    "A ReLU follows the first linear layer. Its result goes straight into the first block."
)
class activation_at_the_input(_Right):
    """relu(enter(x))."""

    def inner(self, x: Tensor) -> Tensor:
        """One ReLU more."""
        return super().inner(torch.relu(x))


@BANK.mistake(
    "Something follows the last linear layer and limits its numbers. Coordinates have either sign "
    "and any size."
)
class output_limited(_Right):
    """relu at the end."""

    def forward(self, joint_2d: Tensor) -> Tensor:
        """Positive coordinates only."""
        return torch.relu(super().forward(joint_2d))


@BANK.another("output_limited")
class output_between_minus_one_and_one(_Right):
    """tanh at the end."""

    def forward(self, joint_2d: Tensor) -> Tensor:
        """Small coordinates only."""
        return torch.tanh(super().forward(joint_2d))


@BANK.mistake(
    "Only the last block's result is used: each block gets the result of the first linear layer, "
    "and overwrites what the blocks before it made. Give each block the result of the one before."
)
class last_block_alone(_Right):
    """y = block(x), again and again."""

    def inner(self, x: Tensor) -> Tensor:
        """The others are overwritten."""
        y = x
        for inside in self.blocks:
            y = self.block(x, inside)
        return y


@BANK.mistake(
    "The blocks stand side by side: each gets the result of the first linear layer, and all are "
    "added. They come one after the other."
)
class blocks_side_by_side(_Right):
    """x plus the sum of all blocks."""

    def inner(self, x: Tensor) -> Tensor:
        """A sum over blocks."""
        return x + torch.stack([inside(x) for inside in self.blocks]).sum(0)


# Mistakes in which layers there are.


@BANK.mistake(
    "The first linear layer is followed by a batch normalisation. Its result goes straight into "
    "the first block."
)
class normalised_at_the_input(_Right):
    """enter, norm, blocks: 4,286,509 parameters."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__(n_blocks, hidden_layer, dropout, output_nodes)
        self.norm = nn.BatchNorm1d(hidden_layer)

    def inner(self, x: Tensor) -> Tensor:
        """Normalised first."""
        return super().inner(self.norm(x))


@BANK.another("normalised_at_the_input")
class first_layer_as_in_a_block(normalised_at_the_input):
    """enter, norm, ReLU, dropout, as in the original paper."""

    def inner(self, x: Tensor) -> Tensor:
        """All that follows a layer in a block."""
        return _Right.inner(self, functional.dropout(torch.relu(self.norm(x)), 0.1, self.training))


@BANK.mistake(
    "A batch normalisation stands between the last block and the last linear layer. Nothing does."
)
class normalised_at_the_output(_Right):
    """blocks, norm, leave."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__(n_blocks, hidden_layer, dropout, output_nodes)
        self.norm = nn.BatchNorm1d(hidden_layer)

    def inner(self, x: Tensor) -> Tensor:
        """Normalised at last."""
        y: Tensor = self.norm(super().inner(x))
        return y


@BANK.mistake("The last linear layer is followed by a batch normalisation. Nothing follows it.")
class normalised_behind_the_output(_Right):
    """leave, norm."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__(n_blocks, hidden_layer, dropout, output_nodes)
        self.norm = nn.BatchNorm1d(output_nodes)

    def forward(self, joint_2d: Tensor) -> Tensor:
        """Normalised at last."""
        y: Tensor = self.norm(super().forward(joint_2d))
        return y


@BANK.mistake("A block has one linear layer. It has two, each with all that follows it.")
class one_layer_in_a_block(_Right):
    """One half."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """One half."""
        return _Half(width, dropout)


@BANK.mistake("A block has three linear layers. It has two.")
class three_layers_in_a_block(_Right):
    """Three halves."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """One half too many."""
        return nn.Sequential(*(_Half(width, dropout) for _ in range(3)))


class _NotNormed(_Half):
    """Without normalisation."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__(width, dropout)
        self.norm = nn.Identity()  # type: ignore[assignment]


@BANK.mistake("There is no batch normalisation. Each linear layer of a block is followed by one.")
class not_normalised(_Right):
    """No norm."""

    part = _NotNormed


@BANK.mistake(
    "There is one batch normalisation in a block. There are two: each of the two linear layers is "
    "followed by one."
)
class normalised_once_in_a_block(_Right):
    """Before the sum alone."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """The first half is not normalised."""
        return nn.Sequential(_NotNormed(width, dropout), _Half(width, dropout))


@BANK.another("normalised_once_in_a_block")
class normalised_in_the_first_half(_Right):
    """Between the layers alone."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """The second half is not normalised."""
        return nn.Sequential(_Half(width, dropout), _NotNormed(width, dropout))


# Mistakes in evaluation mode.


class _AlwaysDropped(_Half):
    """Dropout that is never off."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__(width, dropout)
        self.p = dropout

    def forward(self, x: Tensor) -> Tensor:
        """functional.dropout, whose default is training mode."""
        return functional.dropout(torch.relu(self.norm(self.linear(x))), self.p)


@BANK.mistake(
    "Dropout is active in evaluation mode, too: `functional.dropout` drops unless it is told "
    "`training=self.training`. `nn.Dropout` knows by itself."
)
class dropout_never_off(_Right):
    """functional.dropout without its last argument."""

    part = _AlwaysDropped


@BANK.mistake(
    "Layers work in training mode although the network is in evaluation mode: something calls "
    "`.train()` on them. Leave the mode to whoever calls."
)
class left_in_training_mode(_Right):
    """eval() does not reach the blocks."""

    def train(self, mode: bool = True) -> Self:
        """The blocks stay in training mode."""
        super().train(mode)
        self.blocks.train()
        return self


@BANK.mistake(
    "The blocks are kept where the network does not find them, such as a plain list: `eval()` does "
    "not reach them, so they stay in training mode, and they never learn. Use `nn.ModuleList` or "
    "`nn.Sequential`."
)
class hidden_in_training_mode(_Right):
    """A plain list of blocks."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__(n_blocks, hidden_layer, dropout, output_nodes)
        self.kept = list(self.blocks)
        del self.blocks

    def inner(self, x: Tensor) -> Tensor:
        """The hidden blocks."""
        for inside in self.kept:
            x = self.block(x, inside)
        return x


class _OfTheBatch(_Half):
    """No running statistics."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__(width, dropout)
        self.norm = nn.BatchNorm1d(width, track_running_stats=False)


@BANK.mistake(
    "A batch normalisation uses the statistics of this call's batch in evaluation mode, too, so "
    "that skeletons depend on each other. Let it keep running statistics, as it does by default."
)
class batch_statistics(_Right):
    """track_running_stats=False."""

    part = _OfTheBatch


@BANK.mistake(
    "Something is computed over all skeletons of the call in which each counts alike: a mean, a "
    "norm or a softmax along the first axis, or over all axes. Skeletons are independent."
)
class statistics_over_the_poses(_Right):
    """The mean over the batch is taken away."""

    def forward(self, joint_2d: Tensor) -> Tensor:
        """Centred over the batch."""
        return super().forward(joint_2d - joint_2d.mean(0))


@BANK.mistake(
    "A layer is made anew in every call, with new random weights. Make all layers in `__init__`."
)
class layer_made_in_forward(_Right):
    """leave is made in forward."""

    def forward(self, joint_2d: Tensor) -> Tensor:
        """New weights each time."""
        leave = nn.Linear(self.leave.in_features, self.leave.out_features)
        y: Tensor = leave(self.inner(self.enter(joint_2d)))
        return y


# Mistakes with the options.


@BANK.mistake(
    "`n_blocks` has no effect: there are always as many blocks. Make them in a loop.",
    fails="options",
)
class n_blocks_ignored(_Right):
    """Always two."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__(2, hidden_layer, dropout, output_nodes)


@BANK.mistake(
    "`hidden_layer` has no effect: the width is written into the layers.", fails="options"
)
class hidden_layer_ignored(_Right):
    """Always 64."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__(n_blocks, 1024, dropout, output_nodes)


@BANK.mistake(
    "`output_nodes` has no effect: the number of outputs is written into the last layer.",
    fails="options",
)
class output_nodes_ignored(_Right):
    """Always 45."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__(n_blocks, hidden_layer, dropout, 45)


@BANK.mistake(
    "`dropout` does not reach every dropout layer: some have a probability of their own, such as "
    "the 0.5 of `nn.Dropout()`.",
    fails="options",
)
class dropout_ignored(_Right):
    """nn.Dropout()."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """The default."""
        return super().made(width, 0.5)


@BANK.another("dropout_ignored")
class dropout_ignored_once(_Right):
    """nn.Dropout() in the second half."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """One of two."""
        return nn.Sequential(_Half(width, dropout), _Half(width, 0.5))


@BANK.mistake(
    "`dropout` is taken for the probability of *keeping* a number. PyTorch's `p` is that of "
    "dropping it.",
    fails="options",
)
class dropout_is_what_is_kept(_Right):
    """1 - p."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """The other probability."""
        return super().made(width, 1 - dropout)


# Mistakes in training mode.


@BANK.mistake(
    "In training mode no number is dropped. A dropout follows each of a block's two ReLUs.",
    fails="training",
)
class dropout_missing(_Right):
    """No dropout."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """Nothing is dropped."""
        return super().made(width, 0.0)


@BANK.another("dropout_missing")
class dropout_always_off(_Right):
    """functional.dropout with training=False."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """Nothing is dropped."""
        halves = super().made(width, dropout)
        for half in halves.children():
            half.drop = _Off()
        return halves


class _Off(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        """The identity."""
        return functional.dropout(x, 0.3, training=False)


@BANK.mistake(
    "Numbers are dropped once in a block. A dropout follows each of its two ReLUs.",
    fails="training",
)
class dropout_once_in_a_block(_Right):
    """At the end of a block alone."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """The first half drops nothing."""
        return nn.Sequential(_Half(width, 0.0), _Half(width, dropout))


@BANK.another("dropout_once_in_a_block")
class dropout_between_the_layers(_Right):
    """In the middle of a block alone."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """The second half drops nothing."""
        return nn.Sequential(_Half(width, dropout), _Half(width, 0.0))


class _WithDrop(_Right):
    """With a dropout of its own outside the blocks."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__(n_blocks, hidden_layer, dropout, output_nodes)
        self.drop = nn.Dropout(dropout)


@BANK.mistake(
    "Numbers are dropped after a block's input was added. That loses what the sum is meant to "
    "keep: drop before the addition.",
    fails="training",
)
class dropout_after_the_addition(_WithDrop):
    """Once more after the sum."""

    def block(self, x: Tensor, inside: nn.Module) -> Tensor:
        """Dropped after the sum, too."""
        y: Tensor = self.drop(super().block(x, inside))
        return y


@BANK.another("dropout_after_the_addition")
class dropout_moved_behind_the_addition(dropout_after_the_addition):
    """After the first ReLU, and after the sum."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """The second half drops nothing before the sum."""
        return nn.Sequential(_Half(width, dropout), _Half(width, 0.0))


@BANK.mistake(
    "Numbers are dropped outside the blocks, too: of the input, after the first linear layer or of "
    "the result. They are dropped within the blocks only.",
    fails="training",
)
class dropout_outside_the_blocks(_WithDrop):
    """Of the input as well."""

    def forward(self, joint_2d: Tensor) -> Tensor:
        """Coordinates are dropped."""
        return super().forward(self.drop(joint_2d))


@BANK.another("dropout_outside_the_blocks")
class dropout_after_the_first_layer(_WithDrop):
    """After the first linear layer as well."""

    def inner(self, x: Tensor) -> Tensor:
        """Dropped before the blocks."""
        return super().inner(self.drop(x))


@BANK.another("dropout_outside_the_blocks")
class dropout_of_the_result(_WithDrop):
    """Of the predictions as well."""

    def forward(self, joint_2d: Tensor) -> Tensor:
        """Coordinates are dropped."""
        y: Tensor = self.drop(super().forward(joint_2d))
        return y


class _DroppedFirst(_Half):
    """Dropped before the layer."""

    def forward(self, x: Tensor) -> Tensor:
        """Dropout comes first."""
        return torch.relu(self.norm(self.linear(self.drop(x))))


@BANK.mistake(
    "Numbers are dropped before the linear layers instead of after the ReLUs.", fails="training"
)
class dropout_before_the_layers(_Right):
    """Dropout, linear, norm, ReLU."""

    part = _DroppedFirst


class _DroppedBetween(_Half):
    """Dropped before the normalisation."""

    def forward(self, x: Tensor) -> Tensor:
        """Dropout in between."""
        return torch.relu(self.norm(self.drop(self.linear(x))))


@BANK.mistake(
    "Numbers are dropped before the normalisation, whose statistics then count the zeros. Drop "
    "after the ReLU.",
    fails="training",
)
class dropout_before_the_normalisation(_Right):
    """Linear, dropout, norm, ReLU."""

    part = _DroppedBetween


class _WholePosesDropped(_Half):
    """Another kind of dropout."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__(width, dropout)
        self.drop = nn.Dropout1d(dropout)  # type: ignore[assignment]


@BANK.mistake(
    "`nn.Dropout1d` and its kin drop whole rows, and `nn.AlphaDropout` changes what it keeps. "
    "`nn.Dropout` drops single numbers.",
    fails="training",
)
class another_kind_of_dropout(_Right):
    """nn.Dropout1d."""

    part = _WholePosesDropped


class _Fixed(_Half):
    """The normalisation is never in training mode."""

    def train(self, mode: bool = True) -> Self:
        """It stays in evaluation mode."""
        super().train(mode)
        self.norm.eval()
        return self


@BANK.mistake(
    "In training mode the normalisation uses the statistics that it has kept, which never change "
    "then. It has to be in training mode as well, and use the batch's own.",
    fails="training",
)
class batch_statistics_unused(_Right):
    """norm.eval()."""

    part = _Fixed


# Mistakes with the parameters.


@BANK.mistake(
    "All blocks are one and the same object: `[block] * n` repeats a reference. Make a new block "
    "each time.",
    fails="parameters",
)
class blocks_shared(_Right):
    """[block] * n: 2.2 million parameters."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__(1, hidden_layer, dropout, output_nodes)
        self.blocks = nn.ModuleList([self.blocks[0]] * n_blocks)


@BANK.another("blocks_shared")
class one_block_again_and_again(_Right):
    """One block that is called n times."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__(1, hidden_layer, dropout, output_nodes)
        self.n_blocks = n_blocks

    def inner(self, x: Tensor) -> Tensor:
        """The same one."""
        for _ in range(self.n_blocks):
            x = self.block(x, self.blocks[0])
        return x


@BANK.mistake(
    "The two halves of a block share a layer: the same object is called twice. Each of the two has "
    "its own linear layer and its own normalisation.",
    fails="parameters",
)
class layers_shared(_Right):
    """One half, twice."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """The same half."""
        half = _Half(width, dropout)
        return nn.Sequential(half, half)


@BANK.another("layers_shared")
class normalisation_shared(_Right):
    """One normalisation for both halves."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """The same norm."""
        first, second = _Half(width, dropout), _Half(width, dropout)
        second.norm = first.norm
        return nn.Sequential(first, second)


@BANK.mistake(
    "Linear layers are kept where the network does not find them, such as a plain list: the "
    "optimiser gets none of their weights, so they never learn, nor are they saved. Use "
    "`nn.ModuleList`.",
    fails="parameters",
)
class hidden_in_a_list(_Right):
    """The first and the last layer in a list."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__(n_blocks, hidden_layer, dropout, output_nodes)
        self.ends = [self.enter, self.leave]
        del self.enter, self.leave

    def forward(self, joint_2d: Tensor) -> Tensor:
        """The hidden layers."""
        y: Tensor = self.ends[1](self.inner(self.ends[0](joint_2d)))
        return y


@BANK.mistake(
    "Linear layers have no bias. PyTorch's have one by default; leave it.", fails="parameters"
)
class bias_left_out(_Right):
    """bias=False before a normalisation."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """As is usual before a normalisation."""
        inside = super().made(width, dropout)
        for half in inside.children():
            half.linear = nn.Linear(width, width, bias=False)
        return inside


@BANK.mistake(
    "The normalisations have no weights of their own. PyTorch's have by default; leave them.",
    fails="parameters",
)
class normalisation_without_weights(_Right):
    """affine=False."""

    def made(self, width: int, dropout: float) -> nn.Module:
        """Nothing to learn in the norms."""
        inside = super().made(width, dropout)
        for half in inside.children():
            half.norm = nn.BatchNorm1d(width, affine=False)
        return inside


@BANK.mistake(
    "The network has layers that no call uses. They are saved, and counted, but never learn.",
    fails="parameters",
)
class layers_never_used(_Right):
    """A norm that is made and forgotten."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__(n_blocks, hidden_layer, dropout, output_nodes)
        self.norm = nn.BatchNorm1d(hidden_layer)


@BANK.another("layers_never_used")
class blocks_copied(_Right):
    """The block that was copied is kept as well."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__(1, hidden_layer, dropout, output_nodes)
        self.pattern = self.blocks[0]
        self.blocks = nn.ModuleList(copy.deepcopy(self.pattern) for _ in range(n_blocks))


@BANK.mistake(
    "Parameters are frozen: their `requires_grad` is off, so they never change.",
    fails="parameters",
)
class parameters_frozen(_Right):
    """requires_grad_(False) on the first layer."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__(n_blocks, hidden_layer, dropout, output_nodes)
        self.enter.requires_grad_(False)


@BANK.mistake(
    "A block's input is overwritten while the backward pass still needs it: `x += block(x)` does "
    "that. `x = x + block(x)` makes a new tensor.",
    fails="parameters",
)
class added_in_place(_Right):
    """x += block(x)."""

    def inner(self, x: Tensor) -> Tensor:
        """In place."""
        for inside in self.blocks:
            x += inside(x)
        return x


@BANK.mistake(
    "Some layers are cut off from the loss: what they return loses its graph, by `detach`, "
    "`no_grad`, `.data` or numpy. They never learn.",
    fails="parameters",
)
class outside_the_graph(_Right):
    """detach before the first block."""

    def inner(self, x: Tensor) -> Tensor:
        """The first layer never learns."""
        return super().inner(x.detach())
