"""Right answers to `PoseRNN`, written in other ways than the solution."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from autograder.exercises.bank import RightAnswers
from autograder.exercises.rnn_video.frame_encoder.right_answers import (
    Patches,
    Pooled,
    Residual,
    SoftArgmax,
    a_function_that_makes_one,
)
from autograder.exercises.rnn_video.normalize_frames.right_answers import (
    divided_by_255_first,
    layer_norm_with_a_small_epsilon,
    one_group_in_double,
)

RIGHT = RightAnswers()


@RIGHT.answer
class TimeFirst(nn.Module):
    """The LSTM's own order, and exchanged back."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.encoder = Pooled(n_features)
        self.lstm = nn.LSTM(n_features, n_hidden)
        self.head = nn.Linear(n_hidden, 14)

    def forward(self, frames: Tensor) -> Tensor:
        batch, length = frames.shape[:2]
        pictures = divided_by_255_first(frames).transpose(0, 1)
        features = self.encoder(pictures.reshape(-1, 3, 64, 64)).view(length, batch, -1)
        states, _ = self.lstm(features)
        return self.head(states).view(length, batch, 7, 2).transpose(0, 1)


@RIGHT.answer
class TwoLayers(nn.Module):
    """Two recurrent layers, dropout between them, a head of two layers."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.encoder = Residual(n_features)
        self.lstm = nn.LSTM(n_features, n_hidden, 2, batch_first=True, dropout=0.2)
        self.head = nn.Sequential(nn.Linear(n_hidden, 32), nn.ReLU(), nn.Linear(32, 14))

    def forward(self, frames: Tensor) -> Tensor:
        b, t, *_ = frames.shape
        z = self.encoder(layer_norm_with_a_small_epsilon(frames).reshape(b * t, 3, 64, 64))
        return self.head(self.lstm(z.reshape(b, t, -1))[0]).reshape(b, t, 7, 2)


@RIGHT.answer
class AroundTheLstm(nn.Module):
    """The features go past the LSTM as well; one head for each joint; a first state that learns."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.encoder = SoftArgmax(n_features)
        self.lstm = nn.LSTM(n_features, n_hidden, batch_first=True)
        self.state = nn.Parameter(torch.zeros(2, 1, 1, n_hidden))
        self.heads = nn.ModuleList(nn.Linear(n_features + n_hidden, 2) for _ in range(7))

    def forward(self, frames: Tensor) -> Tensor:
        z = self.encoder(one_group_in_double(frames).flatten(0, 1)).unflatten(0, frames.shape[:2])
        hidden, cell = self.state.expand(-1, -1, len(frames), -1).contiguous()
        states, _ = self.lstm(z, (hidden, cell))
        both = torch.cat([z, states], -1)
        return 31.5 + 63 * torch.stack([head(both) for head in self.heads], -2)


@RIGHT.answer
class Differences(nn.Module):
    """What has changed since the frame before is an input, too."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.encoder = Patches(n_features)
        self.lstm = nn.LSTM(2 * n_features, n_hidden, batch_first=True)
        self.norm = nn.LayerNorm(n_hidden)
        self.head = nn.Linear(n_hidden, 14, bias=False)

    def forward(self, frames: Tensor) -> Tensor:
        z = self.encoder(divided_by_255_first(frames).flatten(0, 1)).unflatten(0, frames.shape[:2])
        before = functional.pad(z, (0, 0, 1, 0))[:, :-1]
        states, _ = self.lstm(torch.cat([z, z - before], -1))
        return self.head(self.norm(states)).unflatten(-1, (7, 2))


@RIGHT.answer
class Projected(nn.Module):
    """An LSTM whose output is smaller than its state, and a last layer that starts at zero."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.encoder = a_function_that_makes_one(n_features)
        self.rnn = nn.LSTM(n_features, n_hidden, proj_size=max(n_hidden // 2, 1), batch_first=True)
        self.joints = nn.Conv1d(max(n_hidden // 2, 1), 14, 1)
        nn.init.zeros_(self.joints.weight)

    def forward(self, frames: Tensor) -> Tensor:
        batch = frames.shape[0]
        z = self.encoder(layer_norm_with_a_small_epsilon(frames).view(-1, 3, 64, 64))
        out = self.rnn(z.view(batch, -1, z.shape[-1]))[0]
        return self.joints(out.mT).mT.reshape(batch, -1, 7, 2) * 20


@RIGHT.answer
class Motion(nn.Module):
    """A CNN of its own for what has changed since the frame before, and a GRU."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.encoder, self.motion = Pooled(n_features), Residual(n_features)
        self.gru = nn.GRU(2 * n_features, n_hidden, batch_first=True)
        self.head = nn.Linear(n_hidden, 14, bias=False)

    def forward(self, frames: Tensor) -> Tensor:
        pictures = divided_by_255_first(frames)
        batch, length = pictures.shape[:2]
        still = self.encoder(pictures.flatten(0, 1)).unflatten(0, (batch, length))
        moved = torch.zeros_like(still)
        if length > 1:
            changes = (pictures[:, 1:] - pictures[:, :-1]).flatten(0, 1)
            moved = functional.pad(
                self.motion(changes).unflatten(0, (batch, length - 1)), (0, 0, 1, 0)
            )
        states = self.gru(torch.cat([still, moved], -1))[0]
        return 32 + 0.01 * self.head(states).unflatten(-1, (7, 2))


@RIGHT.answer
class LooksBack(nn.Module):
    """Attention and a convolution that see the past alone, and a head that starts near zero."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.encoder = SoftArgmax(n_features)
        self.past = nn.Conv1d(n_features, n_features, 3)
        self.attention = nn.MultiheadAttention(n_features, 2, batch_first=True)
        self.rnn = nn.RNN(n_features, n_hidden, batch_first=True)
        self.weight = nn.Parameter(1e-4 * torch.randn(7, 2, n_hidden))

    def forward(self, frames: Tensor) -> Tensor:
        z = self.encoder(one_group_in_double(frames).flatten(0, 1)).unflatten(0, frames.shape[:2])
        z = z + self.past(functional.pad(z.mT, (2, 0))).mT
        later = torch.ones(z.shape[1], z.shape[1]).triu(1).bool()
        z = z + self.attention(z, z, z, attn_mask=later, need_weights=False)[0]
        return 32 + 16 * torch.einsum("bth,jch->btjc", self.rnn(z)[0], self.weight)


@RIGHT.answer
class FadingSum(nn.Module):
    """A memory of one's own, for all steps at once, and a head of zeros."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__()
        self.encoder = a_function_that_makes_one(n_features)
        self.enter = nn.Linear(n_features, n_hidden)
        self.fade = nn.Parameter(torch.zeros(n_hidden))
        self.x, self.y = nn.Linear(n_hidden, 7), nn.Linear(n_hidden, 7)
        for parameter in (*self.x.parameters(), *self.y.parameters()):
            nn.init.zeros_(parameter)

    def forward(self, frames: Tensor) -> Tensor:
        z = self.encoder(divided_by_255_first(frames).flatten(0, 1)).unflatten(0, frames.shape[:2])
        time = torch.arange(z.shape[1])
        age = time[:, None] - time
        share = torch.sigmoid(self.fade) ** age.clamp(min=0)[..., None] * (age >= 0)[..., None]
        states = torch.einsum("tsh,bsh->bth", share, torch.tanh(self.enter(z)))
        return torch.stack([self.x(states), self.y(states)], -1)
