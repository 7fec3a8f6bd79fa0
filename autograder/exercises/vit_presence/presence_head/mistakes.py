"""Wrong answers to `PresenceHead`. Each changes one thing about the same head."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from autograder.exercises.bank import Bank

BANK = Bank()


class _Right(nn.Module):
    """Max-pooling, and two linear layers for each keypoint."""

    def __init__(
        self, map_size: tuple[int, int], n_keypoints: int = 17, hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:  # fmt: skip
        super().__init__()
        self.map_size, self.n_keypoints, self.hidden = map_size, n_keypoints, hidden
        self.p = dropout
        self.dropout: Callable[[Tensor], Tensor] = nn.Dropout(dropout)
        self.cells = self.pool(torch.zeros(1, n_keypoints, *map_size)).flatten(2).shape[2]
        self.make()

    def make(self) -> None:
        """The layers."""
        self.first = nn.ModuleList(
            nn.Linear(self.cells, self.hidden) for _ in range(self.n_keypoints)
        )
        self.last = nn.ModuleList(nn.Linear(self.hidden, 1) for _ in range(self.n_keypoints))

    def pool(self, maps: Tensor) -> Tensor:
        """(B, K, H / 4, W / 4)."""
        return functional.max_pool2d(maps, 4)

    def inner(self, x: Tensor) -> Tensor:
        """What is between the linear layers."""
        return self.dropout(torch.relu(x))

    def read(self, k: int, x: Tensor) -> Tensor:
        """One keypoint's MLP: (B, cells) to (B, 1)."""
        logit: Tensor = self.last[k](self.inner(self.first[k](x)))
        return logit

    def end(self, logits: Tensor) -> Tensor:
        """What follows."""
        return logits

    def forward(self, heatmaps: Tensor) -> Tensor:
        """(B, K, H, W) to (B, K)."""
        x = self.pool(heatmaps).flatten(2)
        return self.end(torch.cat([self.read(k, x[:, k]) for k in range(self.n_keypoints)], 1))


# Whose map is read, and by whom.


@BANK.mistake(
    "One MLP reads the maps of all keypoints. Each keypoint has an MLP of its own: an elbow's map "
    "looks different from a nose's."
)
class one_mlp_for_all(_Right):
    """The same two layers for each map."""

    def make(self) -> None:
        """One of each."""
        self.enter, self.leave = nn.Linear(self.cells, self.hidden), nn.Linear(self.hidden, 1)

    def forward(self, heatmaps: Tensor) -> Tensor:
        """All maps at once."""
        x = self.inner(self.enter(self.pool(heatmaps).flatten(2)))
        return self.end(self.leave(x).squeeze(-1))


@BANK.another("one_mlp_for_all")
class list_of_one_object(_Right):
    """[nn.Sequential(...)] * n."""

    def make(self) -> None:
        """The same object in each place."""
        self.first = nn.ModuleList([nn.Linear(self.cells, self.hidden)] * self.n_keypoints)
        self.last = nn.ModuleList([nn.Linear(self.hidden, 1)] * self.n_keypoints)


@BANK.another("one_mlp_for_all")
class convolved_alike(_Right):
    """Maps in the batch, convolved with one kernel."""

    def make(self) -> None:
        """A kernel as large as the map."""
        size = (self.map_size[0] // 4, self.map_size[1] // 4)
        self.enter, self.leave = nn.Conv2d(1, self.hidden, size), nn.Conv2d(self.hidden, 1, 1)

    def forward(self, heatmaps: Tensor) -> Tensor:
        """(B K, 1, ...)."""
        x = self.pool(heatmaps).flatten(0, 1)[:, None]
        return self.leave(self.inner(self.enter(x))).reshape(heatmaps.shape[:2])


@BANK.mistake(
    "A layer, or a part of it such as its bias, is the same for all keypoints. Each keypoint has "
    "both layers for itself, with all weights and biases."
)
class layers_shared(_Right):
    """One first layer."""

    def make(self) -> None:
        """The last layers are different."""
        super().make()
        shared = nn.Linear(self.cells, self.hidden)
        self.first = nn.ModuleList([shared] * self.n_keypoints)


@BANK.another("layers_shared")
class last_layer_shared(_Right):
    """One last layer."""

    def make(self) -> None:
        """The first layers are different."""
        super().make()
        self.last = nn.ModuleList([nn.Linear(self.hidden, 1)] * self.n_keypoints)


@BANK.another("layers_shared")
class shared_but_for_a_bias(one_mlp_for_all):
    """One MLP and an offset for each keypoint."""

    def make(self) -> None:
        """And an offset."""
        super().make()
        self.offset = nn.Parameter(torch.randn(self.n_keypoints))

    def end(self, logits: Tensor) -> Tensor:
        """Plus the offset."""
        return logits + self.offset


@BANK.mistake(
    "Each logit depends on all maps: a layer takes the maps of all keypoints at once, as it does "
    "behind `flatten(1)`, and as a convolution does without `groups`. Flatten each map on its own, "
    "`flatten(2)`, and give it to the MLP of its keypoint."
)
class maps_mixed(_Right):
    """Linear(K * cells, hidden), Linear(hidden, K)."""

    def make(self) -> None:
        """One large MLP."""
        self.enter = nn.Linear(self.n_keypoints * self.cells, self.hidden)
        self.leave = nn.Linear(self.hidden, self.n_keypoints)

    def forward(self, heatmaps: Tensor) -> Tensor:
        """flatten(1)."""
        return self.end(self.leave(self.inner(self.enter(self.pool(heatmaps).flatten(1)))))


@BANK.another("maps_mixed")
class each_reads_all_maps(_Right):
    """An MLP for each keypoint, over all maps."""

    def make(self) -> None:
        """K MLPs of K * cells numbers."""
        self.cells *= self.n_keypoints
        super().make()

    def forward(self, heatmaps: Tensor) -> Tensor:
        """flatten(1) for each."""
        x = self.pool(heatmaps).flatten(1)
        return self.end(torch.cat([self.read(k, x) for k in range(self.n_keypoints)], 1))


@BANK.mistake(
    "All maps are added up, or averaged, before they are read, so each logit depends on all maps. "
    "In an `einsum` that is what two different letters for the keypoint do."
)
class maps_added(_Right):
    """bjc,kch->bkh."""

    def forward(self, heatmaps: Tensor) -> Tensor:
        """A sum over the keypoints."""
        x = self.pool(heatmaps).flatten(2).sum(1)
        return self.end(torch.cat([self.read(k, x) for k in range(self.n_keypoints)], 1))


@BANK.another("maps_added")
class maps_averaged(_Right):
    """mean(1)."""

    def forward(self, heatmaps: Tensor) -> Tensor:
        """A mean over the keypoints."""
        x = self.pool(heatmaps).flatten(2).mean(1)
        return self.end(torch.cat([self.read(k, x) for k in range(self.n_keypoints)], 1))


@BANK.mistake(
    "Each MLP reads the map of another keypoint. Keep the order of the keypoints: MLP k reads map "
    "k and gives logit k."
)
class keypoints_exchanged(_Right):
    """Reversed."""

    def end(self, logits: Tensor) -> Tensor:
        """flip(1)."""
        return logits.flip(1)


@BANK.another("keypoints_exchanged")
class shifted_by_one(_Right):
    """The next one's map."""

    def forward(self, heatmaps: Tensor) -> Tensor:
        """roll."""
        return super().forward(heatmaps.roll(1, 1))


@BANK.mistake(
    "A softmax runs over the keypoints, as if exactly one of them were present. Each keypoint is a "
    "question of its own: return the logits."
)
class softmax_over_keypoints(_Right):
    """softmax(1)."""

    def end(self, logits: Tensor) -> Tensor:
        """Adds up to 1."""
        return logits.softmax(1)


@BANK.another("softmax_over_keypoints")
class log_softmax_over_keypoints(_Right):
    """log_softmax(1)."""

    def end(self, logits: Tensor) -> Tensor:
        """Its logarithm."""
        return logits.log_softmax(1)


# The MLP.


@BANK.mistake(
    "There is a sigmoid at the end. The loss takes logits and contains a sigmoid: a second one "
    "leaves probabilities between 0.5 and 0.73. Return the last linear layer's result."
)
class sigmoid_at_the_end(_Right):
    """sigmoid."""

    def end(self, logits: Tensor) -> Tensor:
        """0 to 1."""
        return logits.sigmoid()


@BANK.another("sigmoid_at_the_end")
class two_class_softmax(_Right):
    """The second one of two classes."""

    def end(self, logits: Tensor) -> Tensor:
        """A softmax of 0 and the logit."""
        return torch.stack([torch.zeros_like(logits), logits], -1).softmax(-1)[..., 1]


@BANK.another("sigmoid_at_the_end")
class sigmoid_module(_Right):
    """nn.Sigmoid in each MLP."""

    def read(self, k: int, x: Tensor) -> Tensor:
        """One after the other."""
        return nn.Sigmoid()(super().read(k, x))


@BANK.mistake(
    "The logits are limited to -1 to 1 at the end, by a tanh or the like. Nothing follows the last "
    "linear layer."
)
class tanh_at_the_end(_Right):
    """tanh."""

    def end(self, logits: Tensor) -> Tensor:
        """-1 to 1."""
        return logits.tanh()


@BANK.mistake(
    "There is a ReLU at the end, so no logit can be negative and nothing can be absent. Nothing "
    "follows the last linear layer."
)
class relu_at_the_end(_Right):
    """relu."""

    def end(self, logits: Tensor) -> Tensor:
        """Not below 0."""
        return logits.relu()


@BANK.mistake(
    "There is no ReLU between the two linear layers: together they are no more than one linear "
    "layer."
)
class relu_missing(_Right):
    """Linear, linear."""

    def inner(self, x: Tensor) -> Tensor:
        """Dropout alone."""
        return self.dropout(x)


@BANK.mistake(
    "Another activation than ReLU is between the two linear layers, such as GELU, tanh, sigmoid or "
    "a leaky ReLU."
)
class other_activation(_Right):
    """GELU."""

    def inner(self, x: Tensor) -> Tensor:
        """Curved."""
        return self.dropout(functional.gelu(x))


@BANK.another("other_activation")
class leaky_relu(_Right):
    """Leaky ReLU."""

    def inner(self, x: Tensor) -> Tensor:
        """Not flat."""
        return self.dropout(functional.leaky_relu(x))


@BANK.another("other_activation")
class tanh_inside(_Right):
    """tanh."""

    def inner(self, x: Tensor) -> Tensor:
        """Flat on both sides."""
        return self.dropout(x.tanh())


@BANK.another("other_activation")
class sigmoid_inside(_Right):
    """sigmoid."""

    def inner(self, x: Tensor) -> Tensor:
        """Flat on both sides."""
        return self.dropout(x.sigmoid())


@BANK.another("other_activation")
class elu_inside(_Right):
    """ELU."""

    def inner(self, x: Tensor) -> Tensor:
        """Curved on one side."""
        return self.dropout(functional.elu(x))


@BANK.mistake(
    "There is no hidden layer: a single linear layer makes the logit. Each MLP has two, with ReLU "
    "and dropout between them."
)
class hidden_layer_missing(_Right):
    """Linear(cells, 1)."""

    def make(self) -> None:
        """One layer each."""
        self.only = nn.ModuleList(nn.Linear(self.cells, 1) for _ in range(self.n_keypoints))

    def read(self, k: int, x: Tensor) -> Tensor:
        """One layer."""
        logit: Tensor = self.only[k](x)
        return logit


@BANK.mistake("There are more than two linear layers in an MLP.")
class more_hidden_layers(_Right):
    """Three layers."""

    def make(self) -> None:
        """And one between them."""
        super().make()
        width = self.hidden
        self.middle = nn.ModuleList(nn.Linear(width, width) for _ in range(self.n_keypoints))

    def read(self, k: int, x: Tensor) -> Tensor:
        """Three layers."""
        x = torch.relu(self.middle[k](torch.relu(self.first[k](x))))
        logit: Tensor = self.last[k](self.dropout(x))
        return logit


# Pooling.


@BANK.mistake(
    "The maps are pooled by 2, not by 4: blocks of 4 x 4 pixels leave a quarter of the rows and of "
    "the columns.",
    fails="pooling",
)
class pooled_by_2(_Right):
    """max_pool2d(2)."""

    def pool(self, maps: Tensor) -> Tensor:
        """Half of each."""
        return functional.max_pool2d(maps, 2)


@BANK.mistake(
    "The maps are not pooled. Keep the largest value of each block of 4 x 4 pixels.",
    fails="pooling",
)
class not_pooled(_Right):
    """As they are."""

    def pool(self, maps: Tensor) -> Tensor:
        """All pixels."""
        return maps


@BANK.mistake(
    "The pixels of a block are averaged or added; their largest value is wanted. A mean makes a "
    "sharp peak and a faint blob alike.",
    fails="pooling",
)
class average_pooling(_Right):
    """avg_pool2d(4)."""

    def pool(self, maps: Tensor) -> Tensor:
        """Means."""
        return functional.avg_pool2d(maps, 4)


@BANK.another("average_pooling")
class adaptive_average_pooling(_Right):
    """adaptive_avg_pool2d to the right size."""

    def pool(self, maps: Tensor) -> Tensor:
        """Means."""
        size = (self.map_size[0] // 4, self.map_size[1] // 4)
        return functional.adaptive_avg_pool2d(maps, size)


@BANK.another("average_pooling")
class sums_of_blocks(_Right):
    """Sums."""

    def pool(self, maps: Tensor) -> Tensor:
        """reshape and sum."""
        b, k, h, w = maps.shape
        return maps.reshape(b, k, h // 4, 4, w // 4, 4).sum((3, 5))


@BANK.mistake(
    "The smallest value of each block is kept; the largest one is wanted.", fails="pooling"
)
class smallest_values_kept(_Right):
    """amin."""

    def pool(self, maps: Tensor) -> Tensor:
        """Minus the maximum of minus."""
        return -functional.max_pool2d(-maps, 4)


@BANK.mistake(
    "The blocks overlap: the stride is not the kernel's size, or there is padding. Both are 4.",
    fails="pooling",
)
class blocks_overlap(_Right):
    """max_pool2d(4, stride=2)."""

    def pool(self, maps: Tensor) -> Tensor:
        """Windows of 4, two apart."""
        return functional.max_pool2d(maps, 4, stride=2)


@BANK.another("blocks_overlap")
class stride_of_one(_Right):
    """max_pool2d(4, stride=1)."""

    def pool(self, maps: Tensor) -> Tensor:
        """Windows of 4 everywhere."""
        return functional.max_pool2d(maps, 4, stride=1)


@BANK.another("blocks_overlap")
class as_in_a_resnet(_Right):
    """max_pool2d(3, 2, 1)."""

    def pool(self, maps: Tensor) -> Tensor:
        """Windows of 3, two apart."""
        return functional.max_pool2d(maps, 3, 2, 1)


@BANK.mistake(
    "Some pixels are in no block: the kernel is smaller than the stride, or every fourth pixel is "
    "picked. A peak that lies between them is lost.",
    fails="pooling",
)
class pixels_left_out(_Right):
    """max_pool2d(2, stride=4)."""

    def pool(self, maps: Tensor) -> Tensor:
        """A quarter of the pixels."""
        return functional.max_pool2d(maps, 2, stride=4)


@BANK.another("pixels_left_out")
class every_fourth_pixel(_Right):
    """[::4, ::4]."""

    def pool(self, maps: Tensor) -> Tensor:
        """A sixteenth of the pixels."""
        return maps[..., ::4, ::4]


@BANK.another("pixels_left_out")
class made_smaller(_Right):
    """interpolate."""

    def pool(self, maps: Tensor) -> Tensor:
        """Bilinear."""
        return functional.interpolate(maps, scale_factor=0.25, mode="bilinear")


@BANK.mistake(
    "The blocks are larger than 4 x 4 pixels, or the whole map is one: too much of where the peaks "
    "are is lost.",
    fails="pooling",
)
class blocks_too_large(_Right):
    """amax over the map."""

    def pool(self, maps: Tensor) -> Tensor:
        """One number."""
        return maps.amax((2, 3), keepdim=True)


@BANK.another("blocks_too_large")
class two_by_two(_Right):
    """adaptive_max_pool2d(2)."""

    def pool(self, maps: Tensor) -> Tensor:
        """Four numbers."""
        return functional.adaptive_max_pool2d(maps, 2)


@BANK.mistake(
    "The maps are pooled to a fixed size, so the blocks grow with the map. They are 4 x 4 pixels, "
    "whatever `map_size` is.",
    fails="pooling",
)
class size_written_in(_Right):
    """adaptive_max_pool2d(14)."""

    def pool(self, maps: Tensor) -> Tensor:
        """14 x 14, as for maps of 56 x 56."""
        return functional.adaptive_max_pool2d(maps, 14)


@BANK.another("size_written_in")
class four_by_four(_Right):
    """adaptive_max_pool2d(4)."""

    def pool(self, maps: Tensor) -> Tensor:
        """4 x 4."""
        return functional.adaptive_max_pool2d(maps, 4)


@BANK.mistake(
    "Rows and columns are exchanged: `map_size` is (height, width), the same order as in "
    "(B, 17, H, W).",
    fails="pooling",
)
class rows_and_columns_exchanged(_Right):
    """(W, H)."""

    def pool(self, maps: Tensor) -> Tensor:
        """reshape with width first."""
        b, k, h, w = maps.shape
        return maps.reshape(b, k, w // 4, 4, h // 4, 4).amax((3, 5))


@BANK.another("rows_and_columns_exchanged")
class adaptive_exchanged(_Right):
    """An adaptive pool with width first."""

    def pool(self, maps: Tensor) -> Tensor:
        """(W / 4, H / 4)."""
        size = (self.map_size[1] // 4, self.map_size[0] // 4)
        return functional.adaptive_max_pool2d(maps, size)


@BANK.mistake(
    "The pixels whose largest value is kept lie far apart: height and width are cut into "
    "(4, H / 4) and (4, W / 4). The axis of the blocks comes first: (H / 4, 4).",
    fails="pooling",
)
class pixels_far_apart(_Right):
    """(4, H / 4, 4, W / 4)."""

    def pool(self, maps: Tensor) -> Tensor:
        """Every H / 4-th row."""
        b, k, h, w = maps.shape
        return maps.reshape(b, k, 4, h // 4, 4, w // 4).amax((2, 4))


@BANK.mistake(
    "Something is kept from one call to the next, in a buffer or an attribute, such as the largest "
    "value so far. A result depends on this call's heat maps alone."
)
class state_kept(_Right):
    """The largest value so far."""

    largest: Tensor

    def make(self) -> None:
        """And a buffer."""
        super().make()
        self.register_buffer("largest", torch.tensor(1.0))

    def forward(self, heatmaps: Tensor) -> Tensor:
        """Divided by it."""
        self.largest = torch.maximum(self.largest, heatmaps.detach().max())
        return super().forward(heatmaps / self.largest)


@BANK.mistake(
    "Only one of the two axes is pooled: flattened maps are pooled by rows of pixels, or the "
    "kernel is 4 x 1. Pool before flattening, in both directions.",
    fails="pooling",
)
class one_axis_pooled(_Right):
    """max_pool1d of the flattened map."""

    def pool(self, maps: Tensor) -> Tensor:
        """Four pixels of a row."""
        return functional.max_pool1d(maps.flatten(2), 4)


@BANK.mistake(
    "Negative values are cut off: a ReLU stands in front of the pooling, or behind it. How low a "
    "map is says something, too.",
    fails="pooling",
)
class negative_values_cut_off(_Right):
    """relu of the maps."""

    def pool(self, maps: Tensor) -> Tensor:
        """relu, then max."""
        return functional.max_pool2d(maps.relu(), 4)


@BANK.another("negative_values_cut_off")
class relu_behind_the_pooling(_Right):
    """relu of the pooled maps."""

    def pool(self, maps: Tensor) -> Tensor:
        """max, then relu."""
        return functional.max_pool2d(maps, 4).relu()


# Training mode.


@BANK.mistake(
    "Nothing is dropped in training mode: dropout is missing between ReLU and the last linear "
    "layer.",
    fails="training",
)
class dropout_missing(_Right):
    """No dropout."""

    def inner(self, x: Tensor) -> Tensor:
        """ReLU alone."""
        return torch.relu(x)


@BANK.another("dropout_missing")
class dropout_never_on(_Right):
    """training=False."""

    def inner(self, x: Tensor) -> Tensor:
        """F.dropout that is off."""
        return functional.dropout(torch.relu(x), self.p, training=False)


@BANK.mistake(
    "Pixels of the heat maps are dropped, before they are pooled. Drop hidden numbers: dropout "
    "stands between ReLU and the last linear layer.",
    fails="training",
)
class dropout_on_the_maps(_Right):
    """Dropout, pool."""

    def inner(self, x: Tensor) -> Tensor:
        """ReLU alone."""
        return torch.relu(x)

    def forward(self, heatmaps: Tensor) -> Tensor:
        """Dropped first."""
        return super().forward(self.dropout(heatmaps))


@BANK.mistake(
    "Numbers are dropped before the first linear layer. Dropout stands between ReLU and the last "
    "one.",
    fails="training",
)
class dropout_before_the_first_layer(_Right):
    """Pool, dropout."""

    def inner(self, x: Tensor) -> Tensor:
        """ReLU alone."""
        return torch.relu(x)

    def read(self, k: int, x: Tensor) -> Tensor:
        """Dropped first."""
        return super().read(k, self.dropout(x))


@BANK.another("dropout_before_the_first_layer")
class dropout_at_both_layers(_Right):
    """Before both layers."""

    def read(self, k: int, x: Tensor) -> Tensor:
        """Dropped first, too."""
        return super().read(k, self.dropout(x))


@BANK.mistake(
    "Logits are dropped, after the last linear layer: then a network that is sure says 0. Dropout "
    "stands between ReLU and the last linear layer.",
    fails="training",
)
class dropout_after_the_last_layer(_Right):
    """Dropout at the end."""

    def inner(self, x: Tensor) -> Tensor:
        """ReLU alone."""
        return torch.relu(x)

    def end(self, logits: Tensor) -> Tensor:
        """Dropped last."""
        return self.dropout(logits)


@BANK.another("dropout_after_the_last_layer")
class logits_dropped_one_by_one(_Right):
    """Dropout at the end of each MLP."""

    def read(self, k: int, x: Tensor) -> Tensor:
        """Dropped last, too."""
        return self.dropout(super().read(k, x))


@BANK.mistake(
    "One mask drops the same hidden numbers in all images of a call. Each number of each image is "
    "dropped on its own: the mask has the shape of all hidden numbers, as in `nn.Dropout`.",
    fails="training",
)
class one_mask_for_all_images(_Right):
    """A mask without an axis for the images."""

    def inner(self, x: Tensor) -> Tensor:
        """dropout of ones."""
        return torch.relu(x) * self.dropout(torch.ones_like(x[:1]))


@BANK.another("one_mask_for_all_images")
class one_mask_by_hand(_Right):
    """The same with torch.rand."""

    def inner(self, x: Tensor) -> Tensor:
        """Divided by what is kept."""
        if not self.training:
            return torch.relu(x)
        kept = (torch.rand(x.shape[1:], device=x.device) >= self.p).to(x.dtype)
        return torch.relu(x) * kept / (1 - self.p)


@BANK.mistake("The hidden numbers are dropped twice, so more of them are.", fails="training")
class dropped_twice(_Right):
    """Dropout before and after ReLU."""

    def inner(self, x: Tensor) -> Tensor:
        """Twice."""
        return self.dropout(torch.relu(self.dropout(x)))


@BANK.mistake(
    "Another kind of dropout is used. `nn.Dropout` drops each number on its own; the kinds for "
    "1D and 2D drop whole vectors or maps, alpha dropout is made for SELU.",
    fails="training",
)
class other_kind_of_dropout(_Right):
    """dropout1d."""

    def inner(self, x: Tensor) -> Tensor:
        """Whole vectors."""
        return functional.dropout1d(torch.relu(x)[:, None], self.p, self.training)[:, 0]


@BANK.another("other_kind_of_dropout")
class alpha_dropout(_Right):
    """nn.AlphaDropout."""

    def inner(self, x: Tensor) -> Tensor:
        """For SELU."""
        return functional.alpha_dropout(torch.relu(x), self.p, self.training)


@BANK.mistake(
    "There is a batch normalisation: in training mode each logit depends on the other images. "
    "Dropout is the only difference between the two modes.",
    fails="training",
)
class batch_normalised(_Right):
    """Behind the first layer."""

    def make(self) -> None:
        """And the norms."""
        super().make()
        self.norms = nn.ModuleList(nn.BatchNorm1d(self.hidden) for _ in range(self.n_keypoints))

    def read(self, k: int, x: Tensor) -> Tensor:
        """Normalised."""
        logit: Tensor = self.last[k](self.inner(self.norms[k](self.first[k](x))))
        return logit


@BANK.mistake(
    "Dropout is on in evaluation mode, too: `functional.dropout` needs `training=self.training`."
)
class dropout_never_off(_Right):
    """functional.dropout."""

    def inner(self, x: Tensor) -> Tensor:
        """Always."""
        return functional.dropout(torch.relu(x), self.p)


@BANK.mistake(
    "A layer works in training mode although the head is in evaluation mode. Layers in a plain "
    "Python list are unknown to the head, so neither `eval()` nor an optimiser reaches them: use "
    "`nn.ModuleList`."
)
class hidden_in_training_mode(_Right):
    """MLPs in a plain list."""

    def make(self) -> None:
        """[nn.Sequential(...), ...]."""
        self.mlps = [
            nn.Sequential(
                nn.Linear(self.cells, self.hidden), nn.ReLU(), nn.Dropout(self.p),
                nn.Linear(self.hidden, 1),
            )
            for _ in range(self.n_keypoints)
        ]  # fmt: skip

    def read(self, k: int, x: Tensor) -> Tensor:
        """One of the list."""
        logit: Tensor = self.mlps[k](x)
        return logit


@BANK.mistake(
    "A layer is made anew in each call of `forward`, with new random weights, or in training mode. "
    "Make all layers in `__init__`."
)
class layer_made_in_forward(_Right):
    """New last layers."""

    def read(self, k: int, x: Tensor) -> Tensor:
        """nn.Linear in forward."""
        logit: Tensor = nn.Linear(self.hidden, 1)(self.inner(self.first[k](x)))
        return logit


@BANK.mistake(
    "Something switches the head, or a layer of it, to training mode: never call `.train()` in "
    "`forward`."
)
class left_in_training_mode(_Right):
    """self.train() in forward."""

    def forward(self, heatmaps: Tensor) -> Tensor:
        """Always in training mode."""
        self.train()
        return super().forward(heatmaps)


# Options and sizes.


@BANK.mistake("17 is written into it: make as many MLPs as `n_keypoints` says.", fails="options")
class n_keypoints_ignored(_Right):
    """17 MLPs."""

    def __init__(
        self, map_size: tuple[int, int], n_keypoints: int = 17, hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:  # fmt: skip
        super().__init__(map_size, 17, hidden, dropout)


@BANK.mistake("`hidden` has no effect: it is the size of each hidden layer.", fails="options")
class hidden_ignored(_Right):
    """64 hidden numbers."""

    def __init__(
        self, map_size: tuple[int, int], n_keypoints: int = 17, hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:  # fmt: skip
        super().__init__(map_size, n_keypoints, 64, dropout)


@BANK.mistake(
    "`dropout` has no effect: the probability is written into the layer.", fails="options"
)
class dropout_ignored(_Right):
    """nn.Dropout(0.4)."""

    def inner(self, x: Tensor) -> Tensor:
        """0.4."""
        return functional.dropout(torch.relu(x), 0.4, self.training)


@BANK.another("dropout_ignored")
class default_of_the_layer(_Right):
    """nn.Dropout()."""

    def make(self) -> None:
        """0.5."""
        super().make()
        self.dropout = nn.Dropout()


@BANK.mistake(
    "`dropout` is taken for the probability of keeping a number. It is that of dropping it.",
    fails="options",
)
class dropout_is_what_is_kept(_Right):
    """1 - dropout."""

    def inner(self, x: Tensor) -> Tensor:
        """1 - p."""
        return functional.dropout(torch.relu(x), 1 - self.p, self.training)


@BANK.mistake(
    "The axes of length 1 are all removed, so that of a single image is, too. Remove one axis by "
    "its number, `squeeze(-1)`.",
    fails="options",
)
class squeezed(_Right):
    """squeeze()."""

    def end(self, logits: Tensor) -> Tensor:
        """Without a number."""
        return logits.squeeze()


# The shape.


@BANK.mistake(
    "There is an axis of length 1 behind the keypoints: put the logits side by side with "
    "`torch.cat(..., dim=1)`, or remove the axis.",
    fails="shape",
)
class axis_of_one_left(_Right):
    """(B, K, 1)."""

    def end(self, logits: Tensor) -> Tensor:
        """stack."""
        return logits[..., None]


@BANK.mistake("The axes of images and keypoints are exchanged: images come first.", fails="shape")
class keypoints_first(_Right):
    """(K, B)."""

    def end(self, logits: Tensor) -> Tensor:
        """.T."""
        return logits.T


@BANK.mistake("There is one logit for each image; each keypoint has one.", fails="shape")
class one_logit_for_all(_Right):
    """(B, 1)."""

    def end(self, logits: Tensor) -> Tensor:
        """The mean."""
        return logits.mean(1, keepdim=True)


@BANK.mistake("The logits are strung together: torch.cat along the images.", fails="shape")
class strung_together(_Right):
    """(B K, 1)."""

    def forward(self, heatmaps: Tensor) -> Tensor:
        """cat along 0."""
        x = self.pool(heatmaps).flatten(2)
        return torch.cat([self.read(k, x[:, k]) for k in range(self.n_keypoints)], 0)


# Samples, gradients, arguments.


@BANK.mistake(
    "Images and keypoints are mixed up by a reshape: it cuts the numbers in another order. Move an "
    "axis with `transpose` or `permute` first."
)
class images_reshaped(_Right):
    """(K, B) from (B, K)."""

    def forward(self, heatmaps: Tensor) -> Tensor:
        """reshape instead of transpose."""
        x = self.pool(heatmaps).flatten(2)
        x = x.reshape(self.n_keypoints, len(heatmaps), self.cells)
        return torch.cat([self.read(k, x[k]) for k in range(self.n_keypoints)], 1)


@BANK.mistake(
    "The images of a call are normalised by each other's statistics, so each logit depends on "
    "other images."
)
class statistics_over_the_images(_Right):
    """Minus the batch's mean."""

    def end(self, logits: Tensor) -> Tensor:
        """logits - mean(0)."""
        return logits - logits.mean(0, keepdim=True)


@BANK.mistake(
    "Layers in a plain Python list are not among the head's parameters: no optimiser would find "
    "them. Use `nn.ModuleList`.",
    fails="gradient",
)
class hidden_in_a_list(_Right):
    """Linear layers in a list."""

    def make(self) -> None:
        """A list."""
        super().make()
        first = list(self.first)
        del self.first
        self.enter = first

    def read(self, k: int, x: Tensor) -> Tensor:
        """One of the list."""
        logit: Tensor = self.last[k](self.inner(self.enter[k](x)))
        return logit


@BANK.mistake(
    "A tensor that was meant to learn is not a parameter: wrap it in `nn.Parameter`.",
    fails="gradient",
)
class plain_tensor(_Right):
    """requires_grad=True."""

    def make(self) -> None:
        """An offset."""
        super().make()
        self.offset = torch.zeros(self.n_keypoints, requires_grad=True)

    def end(self, logits: Tensor) -> Tensor:
        """Plus the offset."""
        return logits + self.offset


@BANK.mistake(
    "Layers are cut off the graph: `detach`, `no_grad` or numpy stands behind them.",
    fails="gradient",
)
class outside_the_graph(_Right):
    """Hidden layers in no_grad."""

    def read(self, k: int, x: Tensor) -> Tensor:
        """no_grad."""
        with torch.no_grad():
            x = self.first[k](x)
        logit: Tensor = self.last[k](self.inner(x))
        return logit


@BANK.mistake(
    "The heat maps are cut off: presence cannot help to shape them. Leave out `detach`.",
    fails="gradient",
)
class maps_cut_off(_Right):
    """heatmaps.detach()."""

    def forward(self, heatmaps: Tensor) -> Tensor:
        """Detached."""
        return super().forward(heatmaps.detach())


@BANK.mistake("It overwrites the heat maps: make a new tensor instead.", fails="arguments")
class changes_its_input(_Right):
    """A clamp in place, which no number feels."""

    def forward(self, heatmaps: Tensor) -> Tensor:
        """clamp_."""
        return super().forward(heatmaps.clamp_(-1e6, 1e6))
