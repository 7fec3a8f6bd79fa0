"""Wrong answers to `FrameEncoder`. Each changes one thing about the same small network."""

from __future__ import annotations

from typing import Self

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from autograder.exercises.bank import Bank

BANK = Bank()


class _Right(nn.Module):
    """Four convolutions and a linear layer."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.n_features = n_features
        layers: list[nn.Module] = []
        for n_in, n_out in ((3, 8), (8, 16), (16, 24), (24, 32)):
            layers += [nn.Conv2d(n_in, n_out, 3, 2, 1), nn.BatchNorm2d(n_out), nn.ReLU()]
        self.convolutions = nn.Sequential(*layers)
        self.linear = nn.Linear(32 * 4 * 4, n_features)

    def maps(self, frames: Tensor) -> Tensor:
        """(N, 32, 4, 4)."""
        maps: Tensor = self.convolutions(frames)
        return maps

    def forward(self, frames: Tensor) -> Tensor:
        """(N, 3, 64, 64) to (N, n_features)."""
        features: Tensor = self.linear(self.maps(frames).flatten(1))
        return features


@BANK.mistake(
    "The vector does not say *where* something was: over the whole map, all positions are put "
    "together by a mean, a sum, a maximum, a sort or a weighted average. A pose is made of "
    "positions: flatten the last maps instead."
)
class place_lost(_Right):
    """Global average pooling."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.linear = nn.Linear(32, n_features)

    def pool(self, maps: Tensor) -> Tensor:
        """The mean over rows and columns."""
        return maps.mean((2, 3))

    def forward(self, frames: Tensor) -> Tensor:
        """Pooled maps to features."""
        features: Tensor = self.linear(self.pool(self.maps(frames)))
        return features


@BANK.another("place_lost")
class largest_of_each_map(place_lost):
    """Global max pooling."""

    def pool(self, maps: Tensor) -> Tensor:
        """The maximum over rows and columns."""
        return maps.amax((2, 3))


@BANK.another("place_lost")
class pooled_by_a_layer(place_lost):
    """An average pool as large as the last map."""

    def pool(self, maps: Tensor) -> Tensor:
        """avg_pool2d(4)."""
        return functional.avg_pool2d(maps, 4).flatten(1)


@BANK.another("place_lost")
class sorted_values(_Right):
    """The values of each map in order of size."""

    def maps(self, frames: Tensor) -> Tensor:
        """Sorted along the positions."""
        return super().maps(frames).flatten(2).sort(-1).values


@BANK.another("place_lost")
class products_of_maps(_Right):
    """How each map goes together with each other one, over all positions."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.linear = nn.Linear(32 * 32, n_features)

    def maps(self, frames: Tensor) -> Tensor:
        """(N, 32, 32)."""
        flat = super().maps(frames).flatten(2)
        return flat @ flat.mT / flat.shape[-1]


@BANK.another("place_lost")
class attended_to(place_lost):
    """A mean whose weights a convolution chooses."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.score = nn.Conv2d(32, 1, 1)

    def pool(self, maps: Tensor) -> Tensor:
        """Softmax over the positions."""
        share = self.score(maps).flatten(2).softmax(-1)
        return (maps.flatten(2) * share).sum(-1)


@BANK.another("place_lost")
class pooled_behind_padding(nn.Module):
    """Deep and padded, so that the border shows through the mean."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 12, 3, 2, 1)
        self.blocks = nn.ModuleList(nn.Conv2d(12, 12, 3) for _ in range(4))
        self.linear = nn.Linear(12, n_features)

    def forward(self, frames: Tensor) -> Tensor:
        """A mean of residual blocks that pad by themselves."""
        maps = self.stem(frames)
        for block in self.blocks:
            maps = maps + torch.relu(block(functional.pad(maps, (1, 1, 1, 1))))
        features: Tensor = self.linear(maps.mean((-2, -1)))
        return features


@BANK.another("place_lost")
class patches_without_positions(nn.Module):
    """A transformer that is not told where its patches are."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, 16, 8, 8)
        self.mix = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.linear = nn.Linear(16, n_features)

    def forward(self, frames: Tensor) -> Tensor:
        """The mean of its tokens."""
        tokens = self.mix(self.embed(frames).flatten(2).mT)
        features: Tensor = self.linear(tokens.mean(1))
        return features


@BANK.another("place_lost")
class mean_and_deviation(_Right):
    """Two statistics of each map, without padding before them."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 5, 2), nn.Conv2d(8, 16, 5, 2)
        self.linear = nn.Linear(32, n_features)

    def forward(self, frames: Tensor) -> Tensor:
        """torch.std_mean over the positions."""
        maps = torch.relu(self.second(torch.relu(self.first(frames))))
        features: Tensor = self.linear(torch.cat(torch.std_mean(maps, (2, 3)), 1))
        return features


@BANK.another("place_lost")
class threes(nn.Module):
    """Strides of three without padding, and a pool as large as the last map."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 12, 7, 3), nn.Conv2d(12, 24, 5, 3)
        self.linear = nn.Linear(24, n_features)

    def forward(self, frames: Tensor) -> Tensor:
        """The mean of 6 x 6 numbers."""
        maps = functional.elu(self.second(functional.elu(self.first(frames))))
        features: Tensor = self.linear(functional.avg_pool2d(maps, 6).flatten(1))
        return features


@BANK.mistake(
    "The vector does not say how far to the left or right something was: the columns of the map "
    "are put together by a mean, a maximum or a sum. Keep both axes: flatten the last maps."
)
class place_lost_across(_Right):
    """The mean over the columns."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.linear = nn.Linear(32 * 4, n_features)

    def maps(self, frames: Tensor) -> Tensor:
        """(N, 32, 4)."""
        return super().maps(frames).mean(3)


@BANK.another("place_lost_across")
class strips(place_lost_across):
    """A pool as wide as the map."""

    def maps(self, frames: Tensor) -> Tensor:
        """adaptive_max_pool2d to one column."""
        return functional.adaptive_max_pool2d(_Right.maps(self, frames), (4, 1))


@BANK.mistake(
    "The vector does not say how far up or down something was: the rows of the map are put "
    "together by a mean, a maximum or a sum. Keep both axes: flatten the last maps."
)
class place_lost_down(place_lost_across):
    """The mean over the rows."""

    def maps(self, frames: Tensor) -> Tensor:
        """(N, 32, 4)."""
        return _Right.maps(self, frames).mean(2)


@BANK.another("place_lost_down")
class highest_value_of_a_column(place_lost_across):
    """The maximum over the rows."""

    def maps(self, frames: Tensor) -> Tensor:
        """(N, 32, 4)."""
        return _Right.maps(self, frames).amax(-2)


@BANK.mistake(
    "A part of the frame is never looked at. A crop, a slice or an index such as `[..., 0, 0]` "
    "leaves out the rest: a hand may be anywhere, so use all of the frame and of the last maps."
)
class part_unseen(_Right):
    """The middle of the frame."""

    def maps(self, frames: Tensor) -> Tensor:
        """A crop, enlarged again."""
        return super().maps(functional.interpolate(frames[:, :, 8:56, 8:56], size=(64, 64)))


@BANK.another("part_unseen")
class one_cell_of_the_map(_Right):
    """The corner of the last map."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.linear = nn.Linear(32, n_features)

    def maps(self, frames: Tensor) -> Tensor:
        """[..., 0, 0]."""
        return super().maps(frames)[..., 0, 0]


@BANK.another("part_unseen")
class upper_half(_Right):
    """The rows below are left out."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.linear = nn.Linear(32 * 2 * 4, n_features)

    def maps(self, frames: Tensor) -> Tensor:
        """The first 32 rows."""
        return super().maps(frames[:, :, :32])


@BANK.mistake(
    "A batch normalisation uses the statistics of this call's batch in evaluation mode, too, so "
    "each frame depends on the others. Let it keep running statistics, as it does by default."
)
class batch_statistics(_Right):
    """Batch normalisation without running statistics."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.norm = nn.BatchNorm2d(3, track_running_stats=False)

    def forward(self, frames: Tensor) -> Tensor:
        """The statistics of this batch."""
        return super().forward(self.norm(frames))


@BANK.another("batch_statistics")
class batch_statistics_by_a_function(_Right):
    """functional.batch_norm, always training."""

    def maps(self, frames: Tensor) -> Tensor:
        """The statistics of this batch."""
        return functional.batch_norm(super().maps(frames), None, None, training=True)


@BANK.mistake(
    "A layer works in training mode although the network is in evaluation mode: it is made anew in "
    "`forward`, or something calls `.train()` on it. So it uses the statistics of the batch, "
    "or drops numbers at random. Make layers in `__init__`, and leave the mode to whoever calls."
)
class left_in_training_mode(_Right):
    """.train() in forward."""

    def maps(self, frames: Tensor) -> Tensor:
        """The convolutions are always training."""
        self.convolutions.train()
        return super().maps(frames)


@BANK.another("left_in_training_mode")
class train_overridden(_Right):
    """eval() does not reach all layers."""

    def train(self, mode: bool = True) -> Self:
        """The convolutions stay in training mode."""
        super().train(mode)
        self.convolutions.train()
        return self


@BANK.another("left_in_training_mode")
class dropout_left_training(_Right):
    """A dropout that is switched on in each call."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.drop = nn.Dropout(0.2)

    def maps(self, frames: Tensor) -> Tensor:
        """Some are dropped."""
        maps: Tensor = self.drop.train()(super().maps(frames))
        return maps


@BANK.mistake(
    "Layers are kept where the network does not find them, such as a plain list: `eval()` does "
    "not reach them, so they stay in training mode, and they never learn. Use `nn.ModuleList`, "
    "`nn.Sequential` or an attribute for each."
)
class hidden_in_training_mode(_Right):
    """Blocks with batch normalisation in a plain list."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.blocks = list(self.convolutions)
        del self.convolutions

    def maps(self, frames: Tensor) -> Tensor:
        """One after the other."""
        for block in self.blocks:
            frames = block(frames)
        return frames


@BANK.another("hidden_in_training_mode")
class hidden_dropout(_Right):
    """A dropout in a dictionary, with the layer that it follows."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.parts = {"end": nn.Sequential(nn.Linear(n_features, n_features), nn.Dropout(0.1))}

    def forward(self, frames: Tensor) -> Tensor:
        """Some features are dropped."""
        features: Tensor = self.parts["end"](super().forward(frames))
        return features


@BANK.mistake(
    "Something is computed over all frames of the call in which each counts alike: a mean, a norm, "
    "a softmax or an attention along the first axis, or over all axes. Frames are independent: "
    "leave axis 0 alone."
)
class statistics_over_the_frames(_Right):
    """Normalised over the batch, in evaluation as well."""

    def forward(self, frames: Tensor) -> Tensor:
        """Minus the mean over the batch."""
        features = super().forward(frames)
        return features - features.mean(0, keepdim=True)


@BANK.another("statistics_over_the_frames")
class softmax_over_the_batch(_Right):
    """softmax(0)."""

    def forward(self, frames: Tensor) -> Tensor:
        """The frames compete."""
        return super().forward(frames).softmax(0)


@BANK.another("statistics_over_the_frames")
class normalised_along_the_batch(_Right):
    """functional.normalize with dim=0."""

    def forward(self, frames: Tensor) -> Tensor:
        """Each feature has length 1 over all frames."""
        return functional.normalize(super().forward(frames), dim=0)


@BANK.another("statistics_over_the_frames")
class attention_across_frames(_Right):
    """An attention that takes the frames for its sequence."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.attention = nn.MultiheadAttention(32, 2)

    def maps(self, frames: Tensor) -> Tensor:
        """(frame, place, channel), as if it were (place, frame, channel)."""
        tokens = super().maps(frames).flatten(2).mT
        return tokens + self.attention(tokens, tokens, tokens)[0]


@BANK.another("statistics_over_the_frames")
class scaled_together(_Right):
    """Divided by the size of all numbers of the batch."""

    def forward(self, frames: Tensor) -> Tensor:
        """One scale for all."""
        features = super().forward(frames)
        return features / features.square().mean().sqrt()


@BANK.mistake(
    "A `reshape` or `view` cuts across frames. The axis of frames has been moved from the front, "
    "and `reshape` keeps the order of the numbers: move it back with `movedim` or `permute` first."
)
class frames_reshaped(_Right):
    """Features first, then reshaped to frames first."""

    def forward(self, frames: Tensor) -> Tensor:
        """reshape instead of a transpose."""
        maps = self.maps(frames).movedim(0, -1)
        features: Tensor = self.linear(maps.reshape(len(frames), -1))
        return features


@BANK.another("frames_reshaped")
class channels_in_front(_Right):
    """The channels come first, then a view as frames."""

    def forward(self, frames: Tensor) -> Tensor:
        """view instead of a transpose."""
        maps = self.maps(frames).transpose(0, 1).contiguous()
        features: Tensor = self.linear(maps.view(frames.shape[0], -1))
        return features


@BANK.mistake(
    "The frames of a call are read one after the other, so each depends on those before it: a "
    "recurrent layer or a sum runs along them. Here every frame stands alone; the order is the "
    "matter of `PoseRNN`."
)
class frames_in_sequence(_Right):
    """A recurrent layer over the frames."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.memory = nn.GRU(n_features, n_features)

    def forward(self, frames: Tensor) -> Tensor:
        """The frames are its time."""
        features: Tensor = self.memory(super().forward(frames))[0]
        return features


@BANK.another("frames_in_sequence")
class summed_up(_Right):
    """cumsum(0)."""

    def forward(self, frames: Tensor) -> Tensor:
        """All features so far."""
        return super().forward(frames).cumsum(0)


@BANK.mistake(
    "Each vector depends on the first frame of the call as well: an index of 0 along the first "
    "axis. That frame may belong to another clip: leave the frames alone."
)
class first_frame_used(_Right):
    """What has changed since the first frame."""

    def forward(self, frames: Tensor) -> Tensor:
        """Minus frame 0."""
        return super().forward(frames - frames[:1])


@BANK.mistake(
    "Each vector depends on the frame beside it in the batch as well: a difference, a shift or a "
    "`roll` along the first axis. The frame beside it may belong to another clip: compare frames "
    "in `PoseRNN`, along time."
)
class frame_before_used(_Right):
    """The difference to the frame before."""

    def forward(self, frames: Tensor) -> Tensor:
        """What has changed."""
        return super().forward(frames - torch.cat((frames[:1], frames[:-1])))


@BANK.another("frame_before_used")
class rolled(_Right):
    """The difference to the frame before, around the end."""

    def forward(self, frames: Tensor) -> Tensor:
        """roll(1, 0)."""
        features = super().forward(frames)
        return features + 0.5 * features.roll(1, 0)


@BANK.mistake(
    "Each vector depends on the frames on both sides of it in the batch: a convolution or a window "
    "runs along the first axis. Convolve over rows and columns only."
)
class neighbouring_frames_used(_Right):
    """A convolution over time."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.mix = nn.Conv3d(3, 3, 3, padding=1)

    def forward(self, frames: Tensor) -> Tensor:
        """The frames are an axis of the convolution."""
        return super().forward(self.mix(frames.transpose(0, 1)[None])[0].transpose(0, 1))


@BANK.another("neighbouring_frames_used")
class smoothed_along_the_batch(_Right):
    """A convolution of the features along the frames."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.smooth = nn.Conv1d(n_features, n_features, 5, padding=2)

    def forward(self, frames: Tensor) -> Tensor:
        """Two frames on either side."""
        features: Tensor = self.smooth(super().forward(frames).mT[None])[0].mT
        return features


@BANK.mistake(
    "Dropout is on in evaluation mode: `functional.dropout` does not know of the mode unless it "
    "is given `self.training`. `nn.Dropout` does."
)
class dropout_never_off(_Right):
    """functional.dropout without self.training."""

    def forward(self, frames: Tensor) -> Tensor:
        """Half of the features are always dropped."""
        return functional.dropout(super().forward(frames), 0.5)


@BANK.another("dropout_never_off")
class channels_dropped(_Right):
    """functional.dropout2d without self.training."""

    def maps(self, frames: Tensor) -> Tensor:
        """Whole maps are dropped."""
        return functional.dropout2d(super().maps(frames), 0.2, True)


@BANK.mistake(
    "A layer is made in `forward`, so it starts afresh, with other random weights, in every call. "
    "Make layers in `__init__`."
)
class layer_made_in_forward(_Right):
    """A linear layer that is made in forward."""

    def forward(self, frames: Tensor) -> Tensor:
        """A new layer in each call."""
        maps = self.maps(frames).flatten(1)
        features: Tensor = nn.Linear(maps.shape[1], self.n_features)(maps)
        return features


@BANK.mistake(
    "Random numbers are drawn in each call, in evaluation mode, too. What is random belongs in "
    "training: ask `self.training`."
)
class random_in_evaluation(_Right):
    """Noise on the frames, in evaluation as well."""

    def forward(self, frames: Tensor) -> Tensor:
        """An augmentation inside the network."""
        return super().forward(frames + 0.1 * torch.randn_like(frames))


@BANK.mistake(
    "The network remembers what it has seen. A frame's vector depends on that frame alone: keep "
    "nothing in `self` from one call to the next."
)
class state_kept(_Right):
    """A running mean over calls."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.mean: Tensor | None = None

    def forward(self, frames: Tensor) -> Tensor:
        """Smoothed with the call before."""
        features = super().forward(frames)
        before = features if self.mean is None else self.mean
        self.mean = 0.5 * (features.mean(0) + before.mean(0)).detach()[None]
        return features - 0.5 * self.mean


@BANK.another("state_kept")
class result_kept(_Right):
    """A cache whose key is the shape."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.results: dict[torch.Size, Tensor] = {}

    def forward(self, frames: Tensor) -> Tensor:
        """The first result for each shape."""
        if frames.shape not in self.results:
            self.results[frames.shape] = super().forward(frames)
        return self.results[frames.shape]


@BANK.another("state_kept")
class calls_counted(_Right):
    """A scale that changes from call to call."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.calls = 0

    def forward(self, frames: Tensor) -> Tensor:
        """Counts its calls."""
        self.calls += 1
        return super().forward(frames) * (1 + 0.1 * self.calls)


@BANK.mistake(
    "Whatever the frames show, the vector is the same: the result does not depend on the input, "
    "or the last non-linearity lets nothing through."
)
class same_for_all_frames(_Right):
    """The frames are not used."""

    def forward(self, frames: Tensor) -> Tensor:
        """The features of an empty frame."""
        return super().forward(torch.zeros_like(frames))


@BANK.another("same_for_all_frames")
class softmax_of_one_number(_Right):
    """A softmax over an axis of length 1."""

    def forward(self, frames: Tensor) -> Tensor:
        """Always 1."""
        return super().forward(frames)[:, :, None].softmax(-1)[..., 0]


@BANK.mistake(
    "Weights or factors that start at 0 let nothing through, and no gradient comes back to change "
    "that: the network can never learn. Start a layer at 0 only where there is a way around it, "
    "or where it is the last one."
)
class starts_at_zero(_Right):
    """The last gain before a ReLU is 0."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        nn.init.zeros_(self.convolutions[-2].weight)  # type: ignore[arg-type]


@BANK.another("starts_at_zero")
class scaled_by_a_constant_of_zero(_Right):
    """A scale that is no parameter."""

    scale: Tensor

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.register_buffer("scale", torch.zeros(32, 1, 1))

    def maps(self, frames: Tensor) -> Tensor:
        """Nothing gets through."""
        return super().maps(frames) * self.scale


@BANK.another("starts_at_zero")
class relu_of_a_last_layer_at_zero(_Right):
    """Zeros, and a ReLU behind them."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, frames: Tensor) -> Tensor:
        """At 0, a ReLU has no slope."""
        return torch.relu(super().forward(frames))


@BANK.mistake(
    "The vector is rounded to whole numbers. They change in jumps, so nothing before them has a "
    "gradient: leave them as they are."
)
class rounded(_Right):
    """round()."""

    def forward(self, frames: Tensor) -> Tensor:
        """Whole numbers."""
        return (10 * super().forward(frames)).round()


@BANK.mistake(
    "The vector holds integers. They change in jumps, so nothing before them has a gradient: "
    "compute with floating-point numbers throughout.",
    fails="shape",
)
class not_floating(_Right):
    """Where each map is largest."""

    def forward(self, frames: Tensor) -> Tensor:
        """argmax."""
        return (super().forward(frames)[:, :, None] * torch.arange(1, 9)).argmax(-1)


@BANK.mistake(
    "Layers work outside of the graph, so they stay as random as they were while the rest learns "
    "around them. Look for `detach`, `no_grad`, `.data` and numpy.",
    fails="gradient",
)
class outside_the_graph(_Right):
    """The convolutions under no_grad."""

    def forward(self, frames: Tensor) -> Tensor:
        """Only the linear layer can learn."""
        with torch.no_grad():
            maps = self.maps(frames)
        features: Tensor = self.linear(maps.flatten(1))
        return features


@BANK.another("outside_the_graph")
class detached_maps(_Right):
    """detach in the middle."""

    def forward(self, frames: Tensor) -> Tensor:
        """The first half does not learn."""
        maps = self.convolutions[6:](self.convolutions[:6](frames).detach())
        features: Tensor = self.linear(maps.flatten(1))
        return features


@BANK.another("outside_the_graph")
class through_numpy(_Right):
    """A detour through numpy."""

    def forward(self, frames: Tensor) -> Tensor:
        """from_numpy starts a new graph."""
        features = torch.from_numpy(super().forward(frames).detach().numpy())
        return features + 0 * self.linear.bias


@BANK.mistake(
    "Layers are kept where `parameters()` does not find them, such as a plain list or a "
    "dictionary, so they never learn and are not saved. Use `nn.ModuleList`, `nn.ModuleDict` or "
    "an attribute for each.",
    fails="gradient",
)
class hidden_in_a_list(_Right):
    """Convolutions in a plain list."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.convolutions = nn.Sequential(nn.Conv2d(3, 8, 4, 4))
        self.hidden = [nn.Conv2d(8, 32, 4, 4)]

    def maps(self, frames: Tensor) -> Tensor:
        """The second one is hidden."""
        maps: Tensor = self.hidden[0](torch.relu(self.convolutions(frames)))
        return maps


@BANK.another("hidden_in_a_list")
class all_of_it_hidden(nn.Module):
    """A network in a list."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.layers = (_Right(n_features).eval(),)

    def forward(self, frames: Tensor) -> Tensor:
        """The hidden layers."""
        features: Tensor = self.layers[0](frames)
        return features


@BANK.mistake(
    "A tensor that is to learn is an ordinary attribute, so `parameters()` does not find it and "
    "no optimiser changes it. Wrap it in `nn.Parameter`.",
    fails="gradient",
)
class plain_tensor(_Right):
    """A matrix of one's own with requires_grad."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.matrix = (0.1 * torch.randn(n_features, n_features)).requires_grad_()

    def forward(self, frames: Tensor) -> Tensor:
        """The optimiser does not know of it."""
        return super().forward(frames) @ self.matrix


@BANK.mistake(
    "Nothing in the network can learn: `parameters()` is empty, or none of them requires a "
    "gradient.",
    fails="gradient",
)
class nothing_to_learn(_Right):
    """All weights are frozen."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.requires_grad_(False)


@BANK.another("nothing_to_learn")
class a_random_projection(nn.Module):
    """A fixed matrix."""

    matrix: Tensor

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.register_buffer("matrix", 0.01 * torch.randn(3 * 64 * 64, n_features))

    def forward(self, frames: Tensor) -> Tensor:
        """No parameter at all."""
        features: Tensor = frames.flatten(1) @ self.matrix
        return features


@BANK.mistake(
    "Weights or factors that start at 0 let nothing through one part of the network, and no "
    "gradient comes back to change that: the layers there never learn. Start a layer at 0 only "
    "where there is a way around it, or where it is the last one.",
    fails="gradient",
)
class never_wakes(_Right):
    """Two branches, one of them behind a gain of 0."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.branch = nn.Sequential(nn.Conv2d(3, 32, 16, 16), nn.BatchNorm2d(32), nn.ReLU())
        nn.init.zeros_(self.branch[1].weight)  # type: ignore[arg-type]

    def maps(self, frames: Tensor) -> Tensor:
        """The branch adds nothing."""
        return super().maps(frames) + self.branch(frames)


@BANK.mistake(
    "Numbers are rounded on the way, by `round`, `floor` or the like. They change in jumps, so "
    "nothing before them has a gradient: leave them as they are.",
    fails="gradient",
)
class flat_by_rounding(_Right):
    """Rounded to hundredths."""

    def forward(self, frames: Tensor) -> Tensor:
        """Two decimals."""
        return (super().forward(frames) * 100).floor() / 100


@BANK.mistake(
    "The maps come back as they are. Flatten them, and end with a linear layer to `n_features`.",
    fails="shape",
)
class maps_returned(_Right):
    """(N, 32, 4, 4)."""

    def forward(self, frames: Tensor) -> Tensor:
        """No linear layer."""
        return self.maps(frames)


@BANK.mistake(
    "The axis of frames is gone: one vector for all of them. `flatten()`, `mean()` and others take "
    "all axes unless you name some; `flatten(1)` leaves the first.",
    fails="shape",
)
class frames_lost(_Right):
    """One vector for all frames."""

    def forward(self, frames: Tensor) -> Tensor:
        """The mean over the batch."""
        return super().forward(frames).mean(0)


@BANK.mistake(
    "`n_features` is not used: the vector always has the same length.",
    fails="shape",
)
class length_fixed(_Right):
    """Always 64."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(64)


@BANK.another("length_fixed")
class the_default_length(_Right):
    """Always 128."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()


@BANK.mistake(
    "With one frame the batch's axis is gone: `squeeze` without an axis takes away every axis of "
    "length 1.",
    fails="edge_cases",
)
class squeezed(_Right):
    """squeeze()."""

    def forward(self, frames: Tensor) -> Tensor:
        """No batch of one."""
        return super().forward(frames).squeeze()


@BANK.mistake(
    "The result holds nan or infinite numbers. Where do you divide, take a root or a logarithm?",
    fails="edge_cases",
)
class not_finite(_Right):
    """Divided by the frame's deviation once more."""

    def forward(self, frames: Tensor) -> Tensor:
        """0 / 0 for a frame of nothing but 0."""
        return super().forward(frames / frames.std((1, 2, 3), keepdim=True))


@BANK.mistake(
    "The call changed its own argument. In-place operations, such as `+=`, `x[...] =` and methods "
    "whose names end in `_`, do that: make a new tensor.",
    fails="arguments",
)
class changes_its_input(_Right):
    """An activation that overwrites the frames."""

    def forward(self, frames: Tensor) -> Tensor:
        """leaky_relu_."""
        return super().forward(functional.leaky_relu_(frames, 0.2))
