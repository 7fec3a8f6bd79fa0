"""Wrong answers to `FrameEncoder`. Each changes one thing about the same small network."""

from __future__ import annotations

import torch
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
    "Each map is averaged over its pixels, which loses *where* something was, and that is what a "
    "pose is made of. Flatten the last maps instead."
)
class place_averaged_away(_Right):
    """Global average pooling."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.linear = nn.Linear(32, n_features)

    def forward(self, frames: Tensor) -> Tensor:
        """The mean over rows and columns."""
        features: Tensor = self.linear(self.maps(frames).mean((2, 3)))
        return features


@BANK.another("place_averaged_away")
class largest_of_each_map(_Right):
    """Global max pooling."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.linear = nn.Linear(32, n_features)

    def forward(self, frames: Tensor) -> Tensor:
        """The maximum over rows and columns, of maps without a border's influence."""
        padded = nn.functional.pad(frames, (64, 64, 64, 64), mode="replicate")
        features: Tensor = self.linear(self.maps(padded).amax((2, 3)))
        return features


@BANK.mistake(
    "Each frame's features depend on the whole batch: something is averaged, sorted or reshaped "
    "over all frames. `flatten(1)` keeps the frames apart."
)
class frames_mixed(_Right):
    """Normalised over the batch, in evaluation as well."""

    def forward(self, frames: Tensor) -> Tensor:
        """Minus the mean over the batch."""
        features = super().forward(frames)
        return features - features.mean(0, keepdim=True)


@BANK.another("frames_mixed")
class batch_statistics_in_evaluation(_Right):
    """Batch normalisation without running statistics."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.norm = nn.BatchNorm2d(3, track_running_stats=False)

    def forward(self, frames: Tensor) -> Tensor:
        """The statistics of this batch."""
        return super().forward(self.norm(frames))


@BANK.another("frames_mixed")
class reshaped_across_the_batch(_Right):
    """Features first, then reshaped to frames first."""

    def forward(self, frames: Tensor) -> Tensor:
        """reshape instead of a transpose."""
        maps = self.maps(frames).movedim(0, -1)
        features: Tensor = self.linear(maps.reshape(len(frames), -1))
        return features


@BANK.another("frames_mixed")
class softmax_over_the_batch(_Right):
    """softmax(0)."""

    def forward(self, frames: Tensor) -> Tensor:
        """The frames compete."""
        return super().forward(frames).softmax(0)


@BANK.mistake(
    "Something is drawn at random in each call: dropout that ignores `self.training`, or a layer "
    "that is made in `forward` and so starts afresh every time. Make layers in `__init__`."
)
class random_in_evaluation(_Right):
    """A linear layer that is made in forward."""

    def forward(self, frames: Tensor) -> Tensor:
        """A new layer in each call."""
        maps = self.maps(frames).flatten(1)
        features: Tensor = nn.Linear(maps.shape[1], self.n_features)(maps)
        return features


@BANK.another("random_in_evaluation")
class dropout_never_off(_Right):
    """functional.dropout without self.training."""

    def forward(self, frames: Tensor) -> Tensor:
        """Half of the features are always dropped."""
        return nn.functional.dropout(super().forward(frames), 0.5)


@BANK.another("random_in_evaluation")
class noise_never_off(_Right):
    """Noise on the frames, in evaluation as well."""

    def forward(self, frames: Tensor) -> Tensor:
        """An augmentation inside the network."""
        return super().forward(frames + 0.1 * torch.randn_like(frames))


@BANK.mistake(
    "The network remembers what it has seen. A frame's features depend on that frame alone: keep "
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
        self.mean = 0.5 * (features + before).detach()
        return self.mean + 0 * features


@BANK.another("state_kept")
class result_kept(_Right):
    """A cache whose key is the shape alone."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.calls = 0

    def forward(self, frames: Tensor) -> Tensor:
        """Counts its calls."""
        self.calls += 1
        return super().forward(frames) * (1 + 0.1 * self.calls)


@BANK.mistake(
    "Whatever the frames show, the features are the same: the result does not depend on the input, "
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
    "Nothing in the network can learn: no layer is kept in an attribute of the module, where "
    "`parameters()` would find it. A plain list hides its layers; `nn.ModuleList` does not.",
    fails="gradient",
)
class nothing_to_learn(nn.Module):
    """Layers in a plain list."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__()
        self.layers = [_Right(n_features)]

    def forward(self, frames: Tensor) -> Tensor:
        """The hidden layers."""
        features: Tensor = self.layers[0].eval()(frames)
        return features


@BANK.mistake(
    "It returns the maps as they are. Flatten them, and end with a linear layer to `n_features`.",
    fails="shape",
)
class maps_returned(_Right):
    """(N, 32, 4, 4)."""

    def forward(self, frames: Tensor) -> Tensor:
        """No linear layer."""
        return self.maps(frames)


@BANK.mistake(
    "The batch is flattened as well: `flatten()` takes all axes, `flatten(1)` leaves the first.",
    fails="shape",
)
class batch_flattened(_Right):
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
