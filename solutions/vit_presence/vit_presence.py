# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A vision transformer that knows what it cannot see
#
# A heat map always has a highest point, also where there is nothing to find. In this assignment a
# network says for each keypoint where it is, and whether it is there at all.
#
# **How it works.** You complete the cells marked `# TODO`. The `check(...)` cell below each of them
# tells you what is right, what is wrong and where to look; run it as often as you like. Each
# exercise has a hint, which stays folded until you open it.
#
# Every function keeps the same promises as in `heatmap_2d`, unless its exercise says otherwise. It
# computes in the dtype and on the device of its first argument, and its result has that dtype and
# that device. It takes tensors in any memory layout and leaves its arguments unchanged. Its result
# depends on its arguments alone, not on earlier calls. And it processes all images, keypoints and
# pixels at once, without a loop in Python. In evaluation mode a class keeps these promises, too, as
# long as its weights stay the same; and gradients reach every weight that shapes its result.

# %% tags=["setup"]

# %%
import torch
from jaxtyping import Float, Num
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, max_pool2d

from poselab import check

# %% [markdown]
# ## Is it there?
#
# COCO's annotators marked 17 keypoints of a person. For each they wrote down x, y and a third
# number, v, which says how much they saw:
#
# | v | what it means |
# |---|---|
# | 0 | not labelled: outside the image, or nobody could tell where it is |
# | 1 | labelled, but hidden: a wrist behind a back |
# | 2 | labelled and visible |
#
# A keypoint is *present* where v is greater than 0. A hidden wrist is present, too: the annotator
# could tell where it must be, and so can a network.

# %% [markdown]
# ### {exercise:presence_labels}
#
# Turn v into the labels that the network learns: 1 where a keypoint is present, 0 where it is not.
#
# `keypoints` is (..., 17, 3), with x, y and v along the last axis. There may be any number of axes
# in front of the keypoints, or none, and any number of keypoints. Go by v alone. A present keypoint
# may be at x = 0 or y = 0, and beyond the border of a crop x and y are negative; where v is 0, x
# and y mean nothing, whatever they are.
#
# The labels are floating-point numbers, because a loss computes with them: in the dtype of
# `keypoints` if that is a floating-point type, and otherwise in float32.
#
# <details><summary>Hint</summary>
#
# Which values of v count as present, and which axis is v on, whatever is in front of it? `...`
# stands for any number of axes.
#
# A comparison gives booleans. `keypoints.dtype.is_floating_point` tells whether their dtype can
# hold the labels.
#
# </details>


# %% exercise="presence_labels"
def presence_labels(
    keypoints: Num[Tensor, "*batch keypoint 3"],
) -> Float[Tensor, "*batch keypoint"]:
    """Which keypoints are present, as COCO says it.

    Args:
        keypoints: x, y and v along the last axis; v is 0, 1 or 2.

    Returns:
        1 where v > 0, else 0; floating-point numbers.

    Example: [[5, 7, 2], [0, 9, 1], [0, 0, 0]] gives [1., 1., 0.].
    """
    ### BEGIN SOLUTION
    dtype = keypoints.dtype if keypoints.dtype.is_floating_point else torch.float32
    return (keypoints[..., 2] > 0).to(dtype)
    ### END SOLUTION


# %%
presence_labels(torch.tensor([[5.0, 7.0, 2.0], [0.0, 9.0, 1.0], [0.0, 0.0, 0.0]]))

# %% [markdown]
# ## Reading presence off a heat map
#
# What does a heat map look like if the network is sure, and what if it has found nothing? In the
# first case there is one high peak, in the second the map is low or has several faint ones. So the
# map itself says whether the keypoint is there, and a small network can learn to read it.
#
# A peak is as good a sign in one pixel as in the next one. Max-pooling keeps how high the map is in
# each block of 4 x 4 pixels and forgets where exactly, which leaves a sixteenth of the numbers. The
# elbow's maps look different from the nose's, so each keypoint gets a reader of its own.

# %% [markdown]
# ### {exercise:PresenceHead}
#
# The head takes heat maps (B, 17, H, W), where (H, W) is `map_size` and both are multiples of 4,
# and gives one logit for each map, (B, 17). `n_keypoints` maps are expected if that is another
# number.
#
# 1. Each map is max-pooled: the largest value of each block of 4 x 4 pixels is kept. Blocks do not
#    overlap, every pixel is in one of them, and values may be negative.
# 2. Each pooled map is flattened.
# 3. Each keypoint has an MLP of its own, which shares nothing with those of the other keypoints: a
#    linear layer to `hidden` numbers, ReLU, dropout, and a linear layer to 1 number. Its input is
#    the pooled map of this keypoint and nothing else.
#
# There is no sigmoid at the end: a logit may be any number, and the loss takes logits. In
# evaluation mode a logit depends on its own map alone, not on the other maps, not on other images
# of the call, not on earlier calls, not on chance. In training mode each of the hidden numbers is
# dropped with the probability `dropout`, each on its own, and that is the only difference between
# the two modes. Gradients flow to all weights, and to the heat maps, too: so presence helps to
# shape them.
#
# Any number of images may come, also a single one. Name the layers as you like. A loop over the
# keypoints is fine here; a loop over images is not.
#
# <details><summary>Hint</summary>
#
# How many numbers are left of a map after pooling? If all maps are flattened together, each logit
# sees all of them.
#
# `nn.ModuleList` keeps one small `nn.Sequential` for each keypoint; layers in a plain Python list
# are not found by an optimiser. `pooled[:, k]` is (B, H/4, W/4), and each MLP returns (B, 1).
#
# </details>


# %% exercise="PresenceHead"
class PresenceHead(nn.Module):
    """Reads from each heat map whether its keypoint is present.

    Args:
        map_size: height and width of the heat maps, multiples of 4.
        n_keypoints: how many heat maps an image has.
        hidden: the size of each keypoint's hidden layer.
        dropout: the probability with which a hidden number is dropped in training mode.
    """

    def __init__(
        self,
        map_size: tuple[int, int],
        n_keypoints: int = 17,
        hidden: int = 64,
        dropout: float = 0.4,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        cells = (map_size[0] // 4) * (map_size[1] // 4)
        self.readers = nn.ModuleList(
            nn.Sequential(
                nn.Linear(cells, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, 1)
            )
            for _ in range(n_keypoints)
        )
        ### END SOLUTION

    def forward(
        self, heatmaps: Float[Tensor, "batch keypoint height width"]
    ) -> Float[Tensor, "batch keypoint"]:
        """Give one logit for each heat map."""
        ### BEGIN SOLUTION
        pooled = max_pool2d(heatmaps, 4).flatten(2)
        logits = [reader(pooled[:, k]) for k, reader in enumerate(self.readers)]
        return torch.cat(logits, dim=1)
        ### END SOLUTION


# %%
PresenceHead((64, 48))(torch.rand(2, 17, 64, 48)).shape

# %% [markdown]
# ## One loss for place and presence
#
# Two questions, two losses. Where a keypoint is, the heat map says: its error is squared, and it
# only counts where there is something to find. Whether the keypoint is there, the logit says, and
# that is a question with an answer for every keypoint, present or not: binary cross-entropy.

# %% [markdown]
# ### {exercise:combined_loss}
#
# $$L = w \, L_{maps} + (1 - w) \, L_{presence}$$
#
# $L_{maps}$: the squared error, averaged over the pixels of each map, and then over the present
# keypoints of the whole batch. Every present keypoint counts alike, in whichever image it is. If no
# keypoint is present, $L_{maps}$ is 0, and its gradient is finite: 0. Which keypoints are present
# is what `presence` says, whatever the maps look like.
#
# $L_{presence}$: the binary cross-entropy between the logits and `presence`, averaged over all
# keypoints of the batch, present or not. Logits may be as large as ±100: the loss stays finite and
# exact.
#
# $w$ is the argument `weight`, any number from 0 to 1. `presence` holds 0s and 1s in floating
# point. The loss is one number, and gradients flow to `heatmaps` and to `logits`.
#
# <details><summary>Hint</summary>
#
# Which of the two parts needs the mask? And what is the mean over no keypoints at all?
#
# `presence` is (B, K) and a map's error (B, K, H, W): average over the last two axes first.
# There is a function for binary cross-entropy that takes logits; it computes what a sigmoid and a
# logarithm one after the other lose.
#
# </details>


# %% exercise="combined_loss"
def combined_loss(
    heatmaps: Float[Tensor, "batch keypoint height width"],
    target_heatmaps: Float[Tensor, "batch keypoint height width"],
    logits: Float[Tensor, "batch keypoint"],
    presence: Float[Tensor, "batch keypoint"],
    weight: float = 0.5,
) -> Float[Tensor, ""]:
    """The error of the heat maps and that of presence, weighted: weight and 1 - weight.

    Args:
        heatmaps: predicted heat maps.
        target_heatmaps: true heat maps.
        logits: predicted presence, before the sigmoid.
        presence: 1 where a keypoint is present, else 0.
        weight: how much the heat maps count; the rest of 1 is left for presence.

    Returns:
        One number, a tensor of shape ().

    Example: one image, two keypoints, of which the first is present. Its map is off by 2 in each
    pixel, both logits are 0: 0.5 * 4 + 0.5 * log(2) = 2.3466.
    """
    ### BEGIN SOLUTION
    errors = (heatmaps - target_heatmaps).square().mean(dim=(-2, -1))
    maps = (errors * presence).sum() / presence.sum().clamp(min=1)
    return weight * maps + (1 - weight) * binary_cross_entropy_with_logits(logits, presence)
    ### END SOLUTION


# %%
combined_loss(
    torch.full((1, 2, 8, 8), 2.0),
    torch.zeros(1, 2, 8, 8),
    torch.zeros(1, 2),
    torch.tensor([[1.0, 0.0]]),
)
