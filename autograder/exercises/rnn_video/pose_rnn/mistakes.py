"""Wrong answers to `PoseRNN`. Each changes one thing about the same small network."""

from __future__ import annotations

from typing import Self

import torch
import torch.nn.functional as functional
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


@BANK.another("batch_first_forgotten")
class gru_time_first(_Right):
    """nn.GRU without batch_first."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.lstm = nn.GRU(n_features, n_hidden, 2)  # type: ignore[assignment]


@BANK.mistake(
    "The recurrent layer reads the clips as time: it was made with `batch_first=True`, but the "
    "axes are exchanged before it as well. Do one of the two."
)
class batch_first_and_transposed(_Right):
    """Both at once."""

    def remember(self, features: Tensor) -> Tensor:
        """Time first, to a layer that expects the batch first."""
        return super().remember(features.transpose(0, 1)).transpose(0, 1)


@BANK.mistake(
    "The clips are read as time: a clip's poses depend on the same frame of the clips before it. "
    "Time is the second axis of the frames; step along that one."
)
class clips_as_time(_Right):
    """A sum over the clips so far."""

    def remember(self, features: Tensor) -> Tensor:
        """cumsum along the batch."""
        return super().remember(features).cumsum(0)


@BANK.mistake(
    "A `reshape` or `view` cuts across clips, so frames of several clips get into one row. It "
    "keeps the order of the numbers in memory; to exchange axes, use `movedim` or `transpose`."
)
class clips_reshaped(_Right):
    """(B T) read as (T B)."""

    def remember(self, features: Tensor) -> Tensor:
        """reshape to time first, and back."""
        batch, length, width = features.shape
        states = self.lstm(features.reshape(length, batch, width).transpose(0, 1))[0]
        mixed: Tensor = states.transpose(0, 1).reshape(batch, length, -1)
        return mixed


@BANK.another("clips_reshaped")
class mixed_on_the_way_out(_Right):
    """The states are reshaped across clips."""

    def remember(self, features: Tensor) -> Tensor:
        """Time first, then reshaped to the batch first."""
        states = super().remember(features).transpose(0, 1)
        return states.reshape(features.shape[0], features.shape[1], -1)


@BANK.another("clips_reshaped")
class time_first_by_view(_Right):
    """view to time first, and back."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.lstm = nn.LSTM(n_features, n_hidden)

    def remember(self, features: Tensor) -> Tensor:
        """For a layer whose time comes first."""
        batch, length = features.shape[:2]
        states = self.lstm(features.view(length, batch, -1))[0]
        return states.view(batch, length, -1)


@BANK.another("clips_reshaped")
class merged_in_the_other_order(_Right):
    """Merged as (T B), separated as (B T)."""

    def encode(self, pictures: Tensor) -> Tensor:
        """The frames of all clips, then those that follow."""
        features: Tensor = self.encoder(pictures.transpose(0, 1).flatten(0, 1))
        return features.unflatten(0, pictures.shape[:2])


@BANK.another("clips_reshaped")
class states_of_time_first_viewed(_Right):
    """States (T, B), merged and viewed as (B, T)."""

    def remember(self, features: Tensor) -> Tensor:
        """The order of the axes is forgotten."""
        states = super().remember(features).transpose(0, 1).flatten(0, 1)
        return states.view(*features.shape[:2], -1)


@BANK.mistake(
    "All clips are read as one long sequence, so a clip goes on where another one ended. Give the "
    "recurrent layer one sequence for each clip: (clip, frame, feature)."
)
class one_long_sequence(_Right):
    """All clips one after the other, as one sequence."""

    def remember(self, features: Tensor) -> Tensor:
        """The state goes on from clip to clip."""
        states: Tensor = self.lstm(features.flatten(0, 1)[None])[0]
        return states[0].unflatten(0, features.shape[:2])


@BANK.another("one_long_sequence")
class one_long_sequence_frame_by_frame(_Right):
    """All first frames, then all second ones."""

    def remember(self, features: Tensor) -> Tensor:
        """Interleaved."""
        states: Tensor = self.lstm(features.transpose(0, 1).flatten(0, 1)[None])[0]
        return states[0].unflatten(0, features.shape[:2][::-1]).transpose(0, 1)


@BANK.another("one_long_sequence")
class state_handed_on(_Right):
    """Clip by clip, each with the state of the one before."""

    def remember(self, features: Tensor) -> Tensor:
        """The state is handed on."""
        state, states = None, []
        for clip in features:
            out, state = self.lstm(clip[None], state)
            states.append(out)
        return torch.cat(states)


@BANK.mistake(
    "Something is computed over all clips of the call in which each counts alike: a mean, a norm, "
    "a softmax or an attention along the first axis, or over all axes. Clips are independent: "
    "leave axis 0 alone."
)
class statistics_over_the_clips(_Right):
    """The mean over the clips is taken away."""

    def encode(self, pictures: Tensor) -> Tensor:
        """Features minus their mean over all clips."""
        features = super().encode(pictures)
        return features - features.mean((0, 1), keepdim=True)


@BANK.another("statistics_over_the_clips")
class softmax_over_clips(_Right):
    """Weights that add up to 1 over the clips."""

    def encode(self, pictures: Tensor) -> Tensor:
        """softmax(0)."""
        features = super().encode(pictures)
        return features * features.softmax(0)


@BANK.another("statistics_over_the_clips")
class centred_over_clips(_Right):
    """The average clip is taken away."""

    def remember(self, features: Tensor) -> Tensor:
        """States minus their mean over the clips."""
        states = super().remember(features)
        return states - states.mean(0)


@BANK.mistake(
    "A batch normalisation uses the statistics of this call's batch in evaluation mode, too, so "
    "clips depend on each other. Let it keep running statistics, as it does by default."
)
class batch_statistics(_Right):
    """Batch normalisation without running statistics."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.norm = nn.BatchNorm1d(n_features, track_running_stats=False)

    def encode(self, pictures: Tensor) -> Tensor:
        """The statistics of this batch."""
        features: Tensor = self.norm(super().encode(pictures).mT).mT
        return features


@BANK.another("batch_statistics")
class batch_statistics_by_a_function(_Right):
    """functional.batch_norm, always training."""

    def encode(self, pictures: Tensor) -> Tensor:
        """The statistics of this batch."""
        features = super().encode(pictures)
        flat = functional.batch_norm(features.flatten(0, 1), None, None, training=True)
        return flat.unflatten(0, features.shape[:2])


class _Normed(_Right):
    """With batch normalisation in its encoder."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.encoder.insert(1, nn.BatchNorm2d(8))


@BANK.mistake(
    "A layer works in training mode although the network is in evaluation mode: it is made anew in "
    "`forward`, or something calls `.train()` on it. So it uses the statistics of the batch, "
    "or drops numbers at random. Make layers in `__init__`, and leave the mode to whoever calls."
)
class left_in_training_mode(_Normed):
    """eval() does not reach the encoder."""

    def train(self, mode: bool = True) -> Self:
        """The encoder stays in training mode."""
        super().train(mode)
        self.encoder.train()
        return self


@BANK.another("left_in_training_mode")
class trained_in_forward(_Normed):
    """.train() in forward."""

    def encode(self, pictures: Tensor) -> Tensor:
        """The encoder is always training."""
        self.encoder.train()
        return super().encode(pictures)


@BANK.mistake(
    "Layers are kept where the network does not find them, such as a plain list: `eval()` does "
    "not reach them, so they stay in training mode, and they never learn. Use an attribute for "
    "each, `nn.ModuleList` or `nn.Sequential`."
)
class hidden_in_training_mode(_Normed):
    """The encoder in a list."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.parts = [self.encoder]
        del self.encoder

    def encode(self, pictures: Tensor) -> Tensor:
        """The hidden encoder."""
        features: Tensor = self.parts[0](pictures.flatten(0, 1))
        return features.unflatten(0, pictures.shape[:2])


@BANK.mistake(
    "The recurrent layer reads the clip in both directions, so a pose depends on later frames. "
    "Here it reads only forward, as it would with a live camera: `bidirectional=False`."
)
class bidirectional(_Right):
    """Bidirectional."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.lstm = nn.LSTM(n_features, n_hidden // 2, batch_first=True, bidirectional=True)


@BANK.another("bidirectional")
class two_layers_in_both_directions(_Right):
    """A deep GRU."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.lstm = nn.GRU(  # type: ignore[assignment]
            n_features, n_hidden // 2, 2, batch_first=True, bidirectional=True
        )


@BANK.mistake(
    "Time runs backwards: a pose depends on later frames and not on earlier ones. Read the frames "
    "in the order in which they come."
)
class read_backwards(_Right):
    """The clip is reversed."""

    def remember(self, features: Tensor) -> Tensor:
        """From the last frame to the first."""
        return super().remember(features.flip(1)).flip(1)


@BANK.another("read_backwards")
class the_other_direction_alone(_Right):
    """Of both directions, the second one."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.lstm = nn.LSTM(n_features, n_hidden, batch_first=True, bidirectional=True)

    def remember(self, features: Tensor) -> Tensor:
        """The half that was read backwards."""
        return super().remember(features)[..., self.lstm.hidden_size :]


@BANK.mistake(
    "Something is computed over the whole clip in which all frames count alike: a mean, a maximum, "
    "a norm or a softmax along time. So poses depend on later frames. Use each frame's own state, "
    "which knows the earlier ones."
)
class averaged_over_time(_Right):
    """Features minus their mean over time."""

    def encode(self, pictures: Tensor) -> Tensor:
        """The whole clip plays a part in each frame."""
        features = super().encode(pictures)
        return features - features.mean(1, keepdim=True)


@BANK.another("averaged_over_time")
class layer_norm_over_time(_Right):
    """A layer norm over frames and states together."""

    def remember(self, features: Tensor) -> Tensor:
        """One mean for a clip."""
        states = super().remember(features)
        return functional.layer_norm(states, states.shape[1:])


@BANK.another("averaged_over_time")
class softmax_over_time(_Right):
    """The frames of a clip compete."""

    def encode(self, pictures: Tensor) -> Tensor:
        """softmax(1)."""
        features = super().encode(pictures)
        return features * features.softmax(1)


@BANK.another("averaged_over_time")
class clip_averaged(_Right):
    """The mean of all states."""

    def remember(self, features: Tensor) -> Tensor:
        """One state for a clip."""
        states = super().remember(features)
        return states.mean(1, keepdim=True).expand_as(states)


@BANK.another("averaged_over_time")
class features_averaged(_Right):
    """The mean of all features."""

    def remember(self, features: Tensor) -> Tensor:
        """One vector for a clip."""
        mean = features.mean(1, keepdim=True)
        return super().remember(mean).expand(-1, features.shape[1], -1)


@BANK.mistake(
    "Earlier poses depend on the clip's last frame, and on no other later one: `roll` and an index "
    "of -1 lead from the first frame around to the last. Before the first frame there is nothing: "
    "put zeros there."
)
class wrapped_around(_Right):
    """A difference by roll."""

    def encode(self, pictures: Tensor) -> Tensor:
        """The first frame is compared with the last."""
        features = super().encode(pictures)
        return features - 0.5 * features.roll(1, 1)


@BANK.another("wrapped_around")
class index_of_minus_one(_Right):
    """The frame before, by its index."""

    def encode(self, pictures: Tensor) -> Tensor:
        """Index -1 is the last one."""
        features = super().encode(pictures)
        return features + features[:, torch.arange(features.shape[1]) - 1]


@BANK.mistake(
    "A pose depends on the next frame or the next few: a window or a convolution along time is "
    "centred on the frame, or something is shifted the wrong way. Pad before the first frame only, "
    "so that a window ends with its frame."
)
class looks_a_little_ahead(_Right):
    """A convolution along time, padded on both sides."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.smooth = nn.Conv1d(n_features, n_features, 3, padding=1)

    def encode(self, pictures: Tensor) -> Tensor:
        """The frame after has a part in it."""
        features: Tensor = self.smooth(super().encode(pictures).mT).mT
        return features


@BANK.another("looks_a_little_ahead")
class difference_to_the_next(_Right):
    """What will change."""

    def encode(self, pictures: Tensor) -> Tensor:
        """The next frame, minus this one."""
        features = super().encode(pictures)
        return torch.cat((features[:, 1:] - features[:, :-1], features[:, -1:]), 1)


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
class last_hidden_state(_Right):
    """The second thing that an LSTM returns."""

    def remember(self, features: Tensor) -> Tensor:
        """h_n for every frame."""
        hidden: Tensor = self.lstm(features)[1][0][-1]
        return hidden[:, None].expand(-1, features.shape[1], -1)


@BANK.mistake(
    "The recurrent layer is never called, so no frame has an effect on later poses. Send the "
    "features through it, and its states to the last layer."
)
class recurrent_layer_unused(_Right):
    """The features go to the output."""

    def remember(self, features: Tensor) -> Tensor:
        """Padded to the state's size."""
        width = self.lstm.hidden_size
        return functional.pad(features, (0, max(width - features.shape[-1], 0)))[..., :width]


@BANK.mistake(
    "The recurrent layer reads sequences of one frame, and starts afresh at each. Give it whole "
    "clips: (clip, frame, feature)."
)
class each_frame_a_sequence(_Right):
    """Each frame is a sequence of length 1."""

    def remember(self, features: Tensor) -> Tensor:
        """(B T, 1, feature)."""
        states: Tensor = self.lstm(features.flatten(0, 1)[:, None])[0]
        return states[:, 0].unflatten(0, features.shape[:2])


@BANK.mistake(
    "No frame has an effect on the poses of later ones: nothing is remembered. A recurrent layer "
    "has to read each clip's features in the order of time."
)
class no_memory(_Right):
    """A linear layer for a memory."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        del self.lstm
        self.between = nn.Linear(n_features, n_hidden)

    def remember(self, features: Tensor) -> Tensor:
        """Each frame by itself."""
        return torch.tanh(self.between(features))


@BANK.mistake(
    "Each pose belongs to the frame before: it does not depend on its own. Has something been "
    "shifted by one?"
)
class shifted_by_one(_Right):
    """Each frame gets the pose of the one before."""

    def remember(self, features: Tensor) -> Tensor:
        """Shifted by one."""
        states = super().remember(features)
        return torch.cat((torch.zeros_like(states[:, :1]), states[:, :-1]), dim=1)


@BANK.another("shifted_by_one")
class zeros_in_front(_Right):
    """The features are padded in front, and the last one is left out."""

    def encode(self, pictures: Tensor) -> Tensor:
        """The first frame's feature is 0."""
        return functional.pad(super().encode(pictures), (0, 0, 1, 0))[:, :-1]


@BANK.mistake(
    "The network keeps something from one call to the next, so the same clip gives other poses "
    "later on. Keep nothing in `self`; and a recurrent layer that is called without a state starts "
    "at 0."
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


@BANK.another("state_kept")
class running_background(_Right):
    """The mean of all features so far."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.background = torch.zeros(n_features)

    def encode(self, pictures: Tensor) -> Tensor:
        """Taken away, and brought up to date."""
        features = super().encode(pictures)
        self.background = 0.9 * self.background + 0.1 * features.detach().mean((0, 1))
        return features - self.background


@BANK.mistake(
    "Random numbers are drawn in each call, in evaluation mode, too: noise, or a random first "
    "state. A recurrent layer that is called without a state starts at 0."
)
class random_in_evaluation(_Right):
    """The first state is random."""

    def remember(self, features: Tensor) -> Tensor:
        """torch.randn for the state."""
        state = torch.randn(1, len(features), self.lstm.hidden_size)
        states: Tensor = self.lstm(features, (state, state))[0]
        return states


@BANK.mistake(
    "Dropout is on in evaluation mode: `functional.dropout` does not know of the mode unless it "
    "is given `self.training`. `nn.Dropout` does."
)
class dropout_never_off(_Right):
    """functional.dropout without self.training."""

    def remember(self, features: Tensor) -> Tensor:
        """Some states are always dropped."""
        return functional.dropout(super().remember(features), 0.2)


@BANK.mistake(
    "A layer is made in `forward`, so it starts afresh, with other random weights, in every call. "
    "Make layers in `__init__`."
)
class layer_made_in_forward(_Right):
    """A new head in each call."""

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
    "Weights or factors that start at 0 let nothing through, and no gradient comes back to change "
    "that: the network can never learn. Start a layer at 0 only where there is a way around it, "
    "or where it is the last one."
)
class starts_at_zero(_Right):
    """A gain of 0 before a ReLU."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.gain = nn.Parameter(torch.zeros(n_features))

    def encode(self, pictures: Tensor) -> Tensor:
        """Nothing gets through."""
        return torch.relu(self.gain * super().encode(pictures))


@BANK.mistake(
    "The poses are rounded to whole numbers. They change in jumps, so nothing before them has a "
    "gradient: return them as they are."
)
class rounded(_Right):
    """round()."""

    def answer(self, states: Tensor) -> Tensor:
        """Whole pixels."""
        return super().answer(states).round()


@BANK.another("rounded")
class cut_to_integers(_Right):
    """long() and back."""

    def answer(self, states: Tensor) -> Tensor:
        """Whole pixels."""
        return super().answer(states).long().float()


@BANK.mistake(
    "The poses were given the type of the frames, so they are whole numbers. Positions are "
    "floating-point numbers: leave the last layer's type as it is."
)
class cast_to_the_input_dtype(_Right):
    """to(frames)."""

    def answer(self, states: Tensor) -> Tensor:
        """Bytes."""
        return super().answer(states).to(torch.uint8)


@BANK.mistake(
    "The poses are integers. They change in jumps, so nothing before them has a gradient: leave "
    "the last layer's type as it is."
)
class not_floating(_Right):
    """long()."""

    def answer(self, states: Tensor) -> Tensor:
        """Whole pixels."""
        return super().answer(states).long()


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
    "The poses cannot leave a range: a sigmoid, a tanh, a ReLU, a clamp or the like follows the "
    "last layer. A joint near the border then has no gradient. Let the output be linear."
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


@BANK.another("output_limited")
class states_for_poses(_Right):
    """No last layer: the states themselves, in pixels."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.second = nn.LSTM(n_hidden, 2 * N_JOINTS, batch_first=True)

    def answer(self, states: Tensor) -> Tensor:
        """A state is between -1 and 1."""
        poses: Tensor = 32 + 32 * self.second(states)[0]
        return poses.unflatten(-1, (N_JOINTS, 2))


@BANK.mistake(
    "Brightness counts: a brighter or darker picture of the same scene gives other poses. Give "
    "each frame mean 0 and standard deviation 1 first."
)
class not_normalised(_Right):
    """Divided by 255."""

    def normalise(self, frames: Tensor) -> Tensor:
        """0 to 1."""
        return frames.view(torch.uint8).float().movedim(-1, -3) / 255


@BANK.another("not_normalised")
class scaled_alone(_Right):
    """The deviation goes, the mean stays."""

    def normalise(self, frames: Tensor) -> Tensor:
        """Brightness still counts."""
        pixels = frames.view(torch.uint8).float().movedim(-1, -3)
        return pixels / pixels.std((2, 3, 4), keepdim=True).clamp(min=1e-3)


@BANK.mistake(
    "Contrast counts: brightness plays no part, but half the contrast gives other poses. Divide "
    "each frame by its own standard deviation, and by nothing else."
)
class contrast_kept(_Right):
    """The mean goes, the deviation stays."""

    def normalise(self, frames: Tensor) -> Tensor:
        """Contrast still counts."""
        pixels = frames.view(torch.uint8).float().movedim(-1, -3)
        return (pixels - pixels.mean((2, 3, 4), keepdim=True)) / 64


@BANK.another("contrast_kept")
class one_more_than_the_deviation(_Right):
    """A large epsilon."""

    def normalise(self, frames: Tensor) -> Tensor:
        """Never divided by 0."""
        pixels = frames.view(torch.uint8).float().movedim(-1, -3)
        centred = pixels - pixels.mean((2, 3, 4), keepdim=True)
        return centred / (pixels.std((2, 3, 4), keepdim=True) + 1)


@BANK.mistake(
    "Several frames share one mean or one deviation: one that gets darker looks different. "
    "Normalise every frame on its own.",
)
class normalised_over_the_clip(_Right):
    """Mean and deviation over time, too."""

    def normalise(self, frames: Tensor) -> Tensor:
        """One mean for a clip."""
        pixels = frames.view(torch.uint8).float().movedim(-1, -3)
        centred = pixels - pixels.mean((1, 2, 3, 4), keepdim=True)
        return centred / pixels.std((1, 2, 3, 4), keepdim=True)


@BANK.another("normalised_over_the_clip")
class deviation_of_the_clip(_Right):
    """A mean for each frame, one deviation for all."""

    def normalise(self, frames: Tensor) -> Tensor:
        """Contrasts differ."""
        pixels = frames.view(torch.uint8).float().movedim(-1, -3)
        centred = pixels - pixels.mean((2, 3, 4), keepdim=True)
        return centred / centred.square().mean((1, 2, 3, 4), keepdim=True).sqrt()


@BANK.another("normalised_over_the_clip")
class normalised_over_the_call(_Right):
    """Mean and deviation of all clips."""

    def normalise(self, frames: Tensor) -> Tensor:
        """One mean for all."""
        pixels = frames.view(torch.uint8).float().movedim(-1, -3)
        return (pixels - pixels.mean()) / pixels.std()


@BANK.mistake(
    "Frames that are labelled int8 are read as signed numbers, or changed, although they hold the "
    "same bytes. `frames.view(torch.uint8)` puts the right label on them.",
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
    "The poses are nan or infinite. Where do you divide? The deviation of a black frame is 0.",
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
    "`n_hidden` is not used: the recurrent layer and what follows it have the same size whatever "
    "it is.",
    fails="edge_cases",
)
class n_hidden_unused(_Right):
    """Always 32."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, 32)


@BANK.mistake(
    "`n_features` is not used: the frames' vectors have the same length whatever it is. Hand it on "
    "to the CNN and to what reads the vectors.",
    fails="edge_cases",
)
class n_features_unused(_Right):
    """Always 128."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(128, n_hidden)


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
    "Layers are kept where `parameters()` does not find them, such as a plain list or a "
    "dictionary, so they never learn and are not saved. Use an attribute for each, "
    "`nn.ModuleList` or `nn.ModuleDict`.",
    fails="gradient",
)
class hidden_in_a_list(_Right):
    """The head in a list."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.heads = [self.head]
        del self.head

    def answer(self, states: Tensor) -> Tensor:
        """The hidden head."""
        poses: Tensor = 32 + 16 * self.heads[0](states)
        return poses.unflatten(-1, (N_JOINTS, 2))


@BANK.mistake(
    "A tensor that is to learn is an ordinary attribute, so `parameters()` does not find it and "
    "no optimiser changes it. Wrap it in `nn.Parameter`.",
    fails="gradient",
)
class plain_tensor(_Right):
    """The middle of the frame, with requires_grad."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.middle = torch.full((2,), 32.0, requires_grad=True)

    def answer(self, states: Tensor) -> Tensor:
        """The optimiser does not know of it."""
        return self.head(states).unflatten(-1, (N_JOINTS, 2)) + self.middle


@BANK.mistake(
    "Weights or factors that start at 0 let nothing through one part of the network, and no "
    "gradient comes back to change that: the layers there never learn. Start a layer at 0 only "
    "where there is a way around it, or where it is the last one.",
    fails="gradient",
)
class never_wakes(_Right):
    """The last differences, behind a constant of 0."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.motion = nn.Linear(n_features, n_features)
        self.register_buffer("share", torch.zeros(1))

    def encode(self, pictures: Tensor) -> Tensor:
        """What has changed plays no part."""
        features = super().encode(pictures)
        before = functional.pad(features, (0, 0, 1, 0))[:, :-1]
        return features + self.share * self.motion(features - before)


@BANK.mistake(
    "Numbers are rounded on the way, by `round`, `floor` or the like. They change in jumps, so "
    "nothing before them has a gradient: leave them as they are.",
    fails="gradient",
)
class flat_by_rounding(_Right):
    """Rounded to hundredths."""

    def answer(self, states: Tensor) -> Tensor:
        """Two decimals."""
        return super().answer(states).round(decimals=2)


@BANK.mistake(
    "One pose came back for each clip: the axis of time is gone, by an index or a mean. Return a "
    "pose for each frame.",
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
    "Time comes before the batch. The caller expects the batch first: exchange the two axes.",
    fails="shape",
)
class time_first(_Right):
    """(T, B, 7, 2)."""

    def forward(self, frames: Tensor) -> Tensor:
        """Transposed."""
        return super().forward(frames).transpose(0, 1)


@BANK.mistake(
    "The last two axes are exchanged: for each of the 7 joints (x, y) is wanted, so (7, 2).",
    fails="shape",
)
class joints_last(_Right):
    """(B, T, 2, 7)."""

    def answer(self, states: Tensor) -> Tensor:
        """All x, then all y."""
        return super().answer(states).mT


@BANK.mistake(
    "The call changed its own argument. In-place operations, such as `+=`, `x[...] =` and methods "
    "whose names end in `_`, do that: make a new tensor.",
    fails="arguments",
)
class changes_its_input(_Right):
    """A pixel of each black frame is set, so that nothing is divided by 0."""

    def forward(self, frames: Tensor) -> Tensor:
        """The caller's frames."""
        black = (frames == 0).flatten(2).all(2)
        frames[black, 0, 0, 0] = 1
        return super().forward(frames)
