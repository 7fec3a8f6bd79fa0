"""Wrong answers to `PoseRNN`. Each changes one thing about the same small network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from autograder.exercises.bank import Bank

BANK = Bank()

N_JOINTS = 7


def _normalised(frames: Tensor) -> Tensor:
    """(B, T, H, W, 3) bytes to (B, T, 3, H, W)."""
    pixels = frames.view(torch.uint8).float().movedim(-1, -3)
    centred = pixels - pixels.mean((2, 3, 4), keepdim=True)
    deviation = centred.square().mean((2, 3, 4), keepdim=True).sqrt()
    return centred / deviation.masked_fill(deviation == 0, 1)


def _encoder(n_features: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 4, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU(),
        nn.Flatten(), nn.Linear(8 * 8 * 8, n_features), nn.ReLU(),
    )  # fmt: skip


class _Right(nn.Module):
    """A CNN, an LSTM and a linear layer; each step can be replaced."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.encoder = _encoder(n_features)
        self.lstm = nn.LSTM(n_features, n_hidden, batch_first=True)
        self.head = nn.Linear(n_hidden, 2 * N_JOINTS)

    def normalise(self, frames: Tensor) -> Tensor:
        """(B, T, 3, H, W)."""
        return _normalised(frames)

    def encode(self, pictures: Tensor) -> Tensor:
        """(B, T, feature)."""
        features: Tensor = self.encoder(pictures.flatten(0, 1))
        return features.unflatten(0, pictures.shape[:2])

    def remember(self, features: Tensor) -> Tensor:
        """(B, T, hidden)."""
        states: Tensor = self.lstm(features)[0]
        return states

    def answer(self, states: Tensor) -> Tensor:
        """(B, T, 7, 2)."""
        poses: Tensor = 32 + 16 * self.head(states)
        return poses.unflatten(-1, (N_JOINTS, 2))

    def forward(self, frames: Tensor) -> Tensor:
        """Bytes to pixels."""
        return self.answer(self.remember(self.encode(self.normalise(frames))))


@BANK.mistake(
    "The LSTM reads the clips as time and the frames as the batch: clip 1 is taken for what "
    "follows clip 0. `nn.LSTM` expects the time first unless you pass `batch_first=True`."
)
class batch_first_forgotten(_Right):
    """nn.LSTM without batch_first."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.lstm = nn.LSTM(n_features, n_hidden)


@BANK.mistake(
    "Clips are mixed: a `reshape` or `view` puts frames of several clips into one row. It keeps "
    "the order of the numbers in memory; to exchange axes, use `movedim` or `transpose`."
)
class clips_mixed(_Right):
    """(B T) read as (T B)."""

    def remember(self, features: Tensor) -> Tensor:
        """reshape to time first, and back."""
        batch, length, width = features.shape
        states = self.lstm(features.reshape(length, batch, width).transpose(0, 1))[0]
        mixed: Tensor = states.transpose(0, 1).reshape(batch, length, -1)
        return mixed


@BANK.another("clips_mixed")
class mixed_on_the_way_out(_Right):
    """The states are reshaped across clips."""

    def remember(self, features: Tensor) -> Tensor:
        """Time first, then reshaped to the batch first."""
        states = super().remember(features).transpose(0, 1)
        return states.reshape(features.shape[0], features.shape[1], -1)


@BANK.another("clips_mixed")
class statistics_of_the_batch(_Right):
    """The mean over the clips is taken away."""

    def encode(self, pictures: Tensor) -> Tensor:
        """Features minus their mean over all clips."""
        features = super().encode(pictures)
        return features - features.mean((0, 1), keepdim=True)


@BANK.another("clips_mixed")
class one_long_sequence(_Right):
    """All clips one after the other, as one sequence."""

    def remember(self, features: Tensor) -> Tensor:
        """The state goes on from clip to clip."""
        states: Tensor = self.lstm(features.flatten(0, 1)[None])[0]
        return states[0].unflatten(0, features.shape[:2])


@BANK.mistake(
    "A pose depends on frames that come later. Here the LSTM reads only forward, as it would with "
    "a live camera: it must not be bidirectional, and nothing may be averaged over time."
)
class looks_ahead(_Right):
    """Bidirectional."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.lstm = nn.LSTM(n_features, n_hidden // 2, batch_first=True, bidirectional=True)


@BANK.another("looks_ahead")
class read_backwards(_Right):
    """The clip is reversed."""

    def remember(self, features: Tensor) -> Tensor:
        """From the last frame to the first."""
        return super().remember(features.flip(1)).flip(1)


@BANK.another("looks_ahead")
class centred_over_the_clip(_Right):
    """Features minus their mean over time."""

    def encode(self, pictures: Tensor) -> Tensor:
        """The whole clip plays a part in each frame."""
        features = super().encode(pictures)
        return features - features.mean(1, keepdim=True)


@BANK.mistake(
    "The state after the last frame is used for all frames. An LSTM returns a state for each "
    "step: use them all."
)
class last_step_repeated(_Right):
    """states[:, -1] for every frame."""

    def remember(self, features: Tensor) -> Tensor:
        """The last state, ten times."""
        states = super().remember(features)
        return states[:, -1:].expand_as(states)


@BANK.another("last_step_repeated")
class clip_averaged(_Right):
    """The mean of all states."""

    def remember(self, features: Tensor) -> Tensor:
        """One state for a clip."""
        states = super().remember(features)
        return states.mean(1, keepdim=True).expand_as(states)


@BANK.mistake(
    "No frame has an effect on the poses of later ones: the LSTM is not used, or starts afresh at "
    "each frame, as it does when every frame is a sequence of its own."
)
class no_memory(_Right):
    """Each frame is a sequence of length 1."""

    def remember(self, features: Tensor) -> Tensor:
        """(B T, 1, feature)."""
        states: Tensor = self.lstm(features.flatten(0, 1)[:, None])[0]
        return states[:, 0].unflatten(0, features.shape[:2])


@BANK.another("no_memory")
class lstm_left_out(_Right):
    """The features go to the output."""

    def remember(self, features: Tensor) -> Tensor:
        """Padded to the state's size."""
        width = self.lstm.hidden_size
        return nn.functional.pad(features, (0, max(width - features.shape[-1], 0)))[..., :width]


@BANK.mistake(
    "A frame has no effect on its own pose: the poses are those of other frames. Has something "
    "been shifted by one?"
)
class frame_unseen(_Right):
    """Each frame gets the pose of the one before."""

    def remember(self, features: Tensor) -> Tensor:
        """Shifted by one."""
        states = super().remember(features)
        return torch.cat((torch.zeros_like(states[:, :1]), states[:, :-1]), dim=1)


@BANK.mistake(
    "The LSTM's state is kept from one call to the next, so a clip begins with the end of another. "
    "Call the LSTM without a state: then it starts at 0."
)
class state_kept(_Right):
    """The state is an attribute."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.state: tuple[Tensor, Tensor] | None = None

    def remember(self, features: Tensor) -> Tensor:
        """Goes on where the last call ended."""
        if self.state is not None and self.state[0].shape[1] != len(features):
            self.state = None
        states: Tensor
        states, (hidden, cell) = self.lstm(features, self.state)
        self.state = (hidden.detach(), cell.detach())
        return states


@BANK.mistake(
    "Something is drawn at random in each call: dropout that ignores `self.training`, a random "
    "first state, or a layer that is made in `forward`."
)
class random_in_evaluation(_Right):
    """The first state is random."""

    def remember(self, features: Tensor) -> Tensor:
        """torch.randn for the state."""
        state = torch.randn(1, len(features), self.lstm.hidden_size)
        states: Tensor = self.lstm(features, (state, state))[0]
        return states


@BANK.another("random_in_evaluation")
class dropout_never_off(_Right):
    """functional.dropout without self.training."""

    def encode(self, pictures: Tensor) -> Tensor:
        """Features are always dropped."""
        return nn.functional.dropout(super().encode(pictures), 0.5)


@BANK.another("random_in_evaluation")
class head_made_in_forward(_Right):
    """A new output layer in each call."""

    def answer(self, states: Tensor) -> Tensor:
        """Never learns, either."""
        head = nn.Linear(states.shape[-1], 2 * N_JOINTS)
        poses: Tensor = 32 + 16 * head(states) + 0 * self.head(states)
        return poses.unflatten(-1, (N_JOINTS, 2))


@BANK.mistake(
    "Whatever the frames show, the poses are the same: the result does not depend on the input."
)
class same_for_all_frames(_Right):
    """The frames are not used."""

    def encode(self, pictures: Tensor) -> Tensor:
        """The features of empty frames."""
        return super().encode(torch.zeros_like(pictures))


@BANK.mistake(
    "Each frame has a CNN of its own, which sees a tenth of the data and has to learn the same "
    "things again. Send all frames through the same CNN."
)
class one_cnn_per_frame(_Right):
    """A ModuleList of ten CNNs."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        del self.encoder
        self.encoders = nn.ModuleList(_encoder(n_features) for _ in range(10))

    def encode(self, pictures: Tensor) -> Tensor:
        """The t-th CNN for the t-th frame."""
        frames = zip(self.encoders, pictures.unbind(1), strict=False)
        return torch.stack([encoder(frame) for encoder, frame in frames], dim=1)


@BANK.another("one_cnn_per_frame")
class first_frame_its_own(_Right):
    """One CNN for the first frame, another for the rest."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.first = _encoder(n_features)

    def encode(self, pictures: Tensor) -> Tensor:
        """Two CNNs."""
        first = self.first(pictures[:, 0])[:, None]
        return torch.cat((first, super().encode(pictures[:, 1:])), dim=1)


@BANK.mistake(
    "The poses cannot leave a range: a sigmoid, tanh, ReLU or clamp follows the last layer. A "
    "joint near the border then has no gradient. Let the output be linear."
)
class output_limited(_Right):
    """A sigmoid over the frame."""

    def answer(self, states: Tensor) -> Tensor:
        """0 to 63."""
        return 63 * torch.sigmoid(super().answer(states) / 64)


@BANK.another("output_limited")
class relu_behind_the_head(_Right):
    """No negative pixels."""

    def answer(self, states: Tensor) -> Tensor:
        """A ReLU."""
        return torch.relu(super().answer(states))


@BANK.another("output_limited")
class clamped_to_the_frame(_Right):
    """clamp(0, 63)."""

    def answer(self, states: Tensor) -> Tensor:
        """No pixel outside of the frame."""
        return super().answer(states).clamp(0, 63)


@BANK.another("output_limited")
class tanh_around_the_middle(_Right):
    """tanh, scaled to the frame."""

    def answer(self, states: Tensor) -> Tensor:
        """32 minus or plus 32."""
        return 32 + 32 * torch.tanh(super().answer(states) / 32 - 1)


@BANK.mistake(
    "The network uses bytes as they are: a darker picture of the same scene gives other poses. "
    "Normalise first."
)
class not_normalised(_Right):
    """Divided by 255."""

    def normalise(self, frames: Tensor) -> Tensor:
        """0 to 1."""
        return frames.view(torch.uint8).float().movedim(-1, -3) / 255


@BANK.another("not_normalised")
class centred_alone(_Right):
    """The mean goes, the deviation stays."""

    def normalise(self, frames: Tensor) -> Tensor:
        """Contrast still counts."""
        pixels = frames.view(torch.uint8).float().movedim(-1, -3)
        return (pixels - pixels.mean((2, 3, 4), keepdim=True)) / 64


@BANK.mistake(
    "Several frames share one mean and one deviation: one that gets darker looks different. "
    "Normalise every frame on its own.",
)
class normalised_over_the_clip(_Right):
    """Mean and deviation over time, too."""

    def normalise(self, frames: Tensor) -> Tensor:
        """One mean for a clip."""
        pixels = frames.view(torch.uint8).float().movedim(-1, -3)
        centred = pixels - pixels.mean((1, 2, 3, 4), keepdim=True)
        return centred / pixels.std((1, 2, 3, 4), keepdim=True)


@BANK.mistake(
    "int8 is taken literally: bytes from 128 up become negative, bright parts black. "
    "`frames.view(torch.uint8)` puts the right label on them.",
    fails="edge_cases",
)
class int8_taken_at_its_word(_Right):
    """float() of int8."""

    def normalise(self, frames: Tensor) -> Tensor:
        """The label is taken at its word."""
        pixels = frames.float().movedim(-1, -3)
        centred = pixels - pixels.mean((2, 3, 4), keepdim=True)
        deviation = pixels.std((2, 3, 4), keepdim=True)
        return centred / deviation.masked_fill(deviation == 0, 1)


@BANK.mistake(
    "The poses are nan or infinite. A black frame has no deviation: what do you divide by?",
    fails="edge_cases",
)
class not_finite(_Right):
    """0 / 0 for a constant frame."""

    def normalise(self, frames: Tensor) -> Tensor:
        """No guard."""
        pixels = frames.view(torch.uint8).float().movedim(-1, -3)
        centred = pixels - pixels.mean((2, 3, 4), keepdim=True)
        return centred / pixels.std((2, 3, 4), keepdim=True)


@BANK.mistake(
    "With one clip the batch's axis is gone: `squeeze` without an axis takes away every axis of "
    "length 1.",
    fails="edge_cases",
)
class squeezed(_Right):
    """squeeze()."""

    def answer(self, states: Tensor) -> Tensor:
        """No batch of one."""
        return super().answer(states).squeeze()


@BANK.mistake(
    "The number of frames is written into the network. Read it off `frames.shape`, and clips of "
    "other lengths work, too.",
    fails="edge_cases",
)
class length_written_in(_Right):
    """Always 10 frames."""

    def answer(self, states: Tensor) -> Tensor:
        """The first frames are repeated until there are ten, the rest is left out."""
        poses = super().answer(states)
        if poses.shape[1] < 10:
            poses = torch.cat((poses, poses[:, :1].expand(-1, 10 - poses.shape[1], -1, -1)), 1)
        return poses


@BANK.mistake(
    "Layers work outside of the graph, so they stay as random as they were while the rest learns "
    "around them. Look for `detach`, `no_grad`, `.data` and numpy.",
    fails="gradient",
)
class outside_the_graph(_Right):
    """The CNN under no_grad."""

    def encode(self, pictures: Tensor) -> Tensor:
        """Only the LSTM and the head can learn."""
        with torch.no_grad():
            return super().encode(pictures)


@BANK.another("outside_the_graph")
class detached_states(_Right):
    """detach before the head."""

    def remember(self, features: Tensor) -> Tensor:
        """Only the head can learn."""
        return super().remember(features).detach()


@BANK.mistake(
    "It returns the pose of the last frame alone. Return one for each frame.",
    fails="shape",
)
class last_frame_alone(_Right):
    """(B, 7, 2)."""

    def forward(self, frames: Tensor) -> Tensor:
        """[:, -1]."""
        return super().forward(frames)[:, -1]


@BANK.mistake(
    "The last axis holds 14 numbers: make it 7 joints of 2.",
    fails="shape",
)
class joints_not_unfolded(_Right):
    """(B, T, 14)."""

    def forward(self, frames: Tensor) -> Tensor:
        """No unflatten."""
        return super().forward(frames).flatten(2)


@BANK.mistake(
    "The batch and the time are still one axis: undo the `flatten` of the frames.",
    fails="shape",
)
class time_not_unfolded(_Right):
    """(B T, 7, 2)."""

    def forward(self, frames: Tensor) -> Tensor:
        """All frames in one axis."""
        return super().forward(frames).flatten(0, 1)


@BANK.mistake(
    "Time comes before the batch: `nn.LSTM` without `batch_first` works that way, but the caller "
    "expects the batch first.",
    fails="shape",
)
class time_first(_Right):
    """(T, B, 7, 2)."""

    def forward(self, frames: Tensor) -> Tensor:
        """Transposed."""
        return super().forward(frames).transpose(0, 1)
