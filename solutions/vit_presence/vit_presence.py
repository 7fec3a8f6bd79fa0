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
# A network with 17 heat maps finds 17 keypoints in every picture, even in one that shows a face and
# nothing else. Each map has a highest pixel, whether there is anything to find or not. If you use
# such a network, you want to know which of the 17 to trust.
#
# This notebook follows a project report by Vishal Bansal, Mihir Chaturvedi and Harshal Dev (CSE
# 641, IIIT Delhi). They took ViTPose (Xu et al., 2022), a plain vision transformer that predicts
# heat maps, and let it read from each heat map whether its keypoint is present. You write that
# network piece by piece, train it, and look at what it can and cannot do.
#
# **Afterwards you can** build a vision transformer from patches, attention and position embeddings,
# train one network for two tasks with a masked loss, and judge keypoints and their presence by the
# measures that the field uses.
#
# **You need** heat maps, as in `heatmap_2d`.
#
# {notebook:effort}
#
# **How it works.** You complete the cells marked `# TODO`. The `check(...)` cell below each of them
# tells you what is right, what is wrong and where to look; run it as often as you like. Each
# exercise has two hints, which stay folded until you open them. The first one is a nudge, the
# second one a sketch. `Float[Tensor, "batch keypoint"]` in a signature is a tensor of
# floating-point numbers with two axes; the names are the same number wherever they appear, and
# `*batch` stands for any number of axes, or none.
#
# Every function keeps the same promises as in the other assignments, unless its exercise says
# otherwise. It computes in the dtype and on the device of its first argument, and its result has
# that dtype and that device. It takes tensors in any memory layout and leaves its arguments
# unchanged. Its result depends on its arguments alone, not on earlier calls. It works on all
# images, keypoints and pixels at once, without a loop in Python. In evaluation mode a class keeps
# these promises, too, with two differences: it computes in the dtype and on the device of its
# weights, and its result depends on them as well.
#
# {notebook:handing_in}

# %% tags=["setup"]

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import torch
from IPython.display import Markdown, display
from jaxtyping import Float, Num, Shaped
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ConstantLR, LRScheduler

from data_stubs.coco import ensure_coco
from poselab import check
from poselab.datasets.coco import Crops, load_coco, normalise_images
from poselab.metrics.oks import PeoplePredictions, keypoint_metrics
from poselab.metrics.pck import pck
from poselab.metrics.presence import presence_precision
from poselab.models.verify import verify_model
from poselab.networks.heatmaps import SmallHeatmapNetwork
from poselab.networks.pretrained import WeightsError, load_pretrained, load_vit_base, recipe_of
from poselab.networks.transformer import TransformerBlock
from poselab.plots.keypoints import (
    plot_attention,
    plot_best_epoch,
    plot_by_keypoint,
    plot_found,
    plot_keypoints,
)
from poselab.profiles import Profile, load_profile
from poselab.skeletons import COCO
from poselab.training.augmentation.people import mirror_some
from poselab.training.checkpoints import (
    list_checkpoints,
    load_checkpoint,
    save_checkpoint,
    training_folder,
)
from poselab.training.heatmap_targets import target_heatmaps
from poselab.training.history import History
from poselab.training.loop import MakeOptimiser, Schedule, train_by_epochs
from poselab.training.optimisers import muon_and_adamw, one_cycle
from poselab.widgets.presence import choose_threshold

# %%
profile = load_profile("vit_presence")
CHECKPOINTS = training_folder("vit_presence")
profile

# %% [markdown]
# The three long trainings save each epoch in the folder `CHECKPOINTS`. If the kernel stops, run the
# notebook again: they go on where they were. A training that is complete is read from there, too.
# After a change of something that it depends on, such as the encoder or the loss, it starts afresh.

# %% [markdown]
# ## The data
#
# COCO has over 200,000 images from the web, and 250,000 of the people in them are marked with 17
# keypoints. Until you have it, a synthetic set with the same files is made for you: people in
# rooms, near and far, alone or together, cut off by the border of the image or hidden by furniture.

# %%
files = ensure_coco(
    count=profile.n_people, validation_count=profile.n_validation, seed=profile.seed
)
# With the real data set, these are the lines to change:
# training_files = ("annotations/person_keypoints_train2017.json", "train2017")
# validation_files = ("annotations/person_keypoints_val2017.json", "val2017")
training_files, validation_files = files.training, files.validation

# %% [markdown]
# As in ViTPose, the network sees one person at a time: a square around the person's box, at least a
# quarter wider and higher than the box, scaled to one size. On a GPU that is 224 x 224 pixels, as
# in the report, on a CPU 96 x 96. What lies outside the image is grey.

# %%
size = (profile.image_size, profile.image_size)
training_set = load_coco(*training_files, size, count=profile.n_people, seed=profile.seed)
validation_set = load_coco(*validation_files, size, count=profile.n_validation, seed=profile.seed)
print(len(training_set), "people to learn from,", len(validation_set), "to measure on")
print("left out:", dict(training_set.skipped) or "nobody")

# %% [markdown]
# The report trains on train2017 (57,000 images, 150,000 people) and validates on val2017 (5000
# images). For want of GPUs it takes only a part: 6000 samples to learn from and 500 to measure on.
# It does not say how it chose them. `load_coco` draws at random: the same seed gives the same
# people, and a small choice is part of a larger one.

# %% [markdown]
# These are eight of the people. A filled keypoint can be seen, a hollow one is labelled but hidden,
# and one that is not labelled is not drawn.

# %% tags=["example"]
plot_keypoints(training_set.images[:8], training_set.keypoints[:8])

# %% [markdown]
# ## Is it there?
#
# COCO's annotators marked 17 keypoints of a person. For each they wrote down x, y and a third
# number, v, which says how much they saw:
#
# | v | what it means |
# |---|---|
# | 0 | not labelled: outside the image, or nobody could tell where it is |
# | 1 | labelled, but hidden: a wrist behind the back |
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
# may be at x = 0 or y = 0. It may also lie outside the crop: x is negative beyond the left border,
# y beyond the upper one. Where v is 0, x and y mean nothing, whatever they are.
#
# The labels are floating-point numbers, because a loss computes with them: in the dtype of
# `keypoints` if that is a floating-point type, and otherwise in float32.
#
# <details><summary>Hint 1</summary>
#
# Which values of v count as present? A hidden keypoint is present, too, so `v == 2` leaves some
# out.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Count the axis of v from the end: `keypoints[:, :, 2]` works with exactly one axis in front. `...`
# stands for any number of axes. A comparison gives booleans; `keypoints.dtype.is_floating_point`
# tells whether the dtype of `keypoints` can hold the labels.
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

# %%
present = presence_labels(training_set.keypoints)
print(f"{100 * float(present.mean()):.0f} % of all keypoints are present")
plot_by_keypoint({"present": present.mean(dim=0)}, "fraction of people")

# %% [markdown]
# A network that says "present" to everything is right that often. Remember the number; it is what
# every result on presence has to beat.
#
# In the synthetic images v follows a simple rule. It is 2 where a keypoint can be seen, and 1 where
# the person's own body hides it. It is 0 outside the image, behind furniture or another person, and
# where the person's own body hides a part of their face. Real annotators also label keypoints
# behind things, if they can guess where they are.

# %% [markdown]
# ## From pixels to tokens
#
# A transformer works on a set of vectors, its *tokens*, and compares each of them with each. A
# single pixel says too little to be a token, and an image of 224 x 224 pixels has 50,176 of them:
# that would take 2.5 billion comparisons. So a vision transformer cuts the image into square
# patches, like a sheet of stamps. With patches of 16 x 16 pixels there are 14 x 14 = 196 tokens,
# and 38,416 comparisons.

# %% [markdown]
# **Predict:** with patches of 8 x 8 instead of 16 x 16, how many tokens are there, and how many
# comparisons?
#
# <details><summary>Answer</summary>
#
# 28 x 28 = 784 tokens, four times as many, and 784 * 784 = 614,656 comparisons, 16 times as many.
# The number of comparisons grows with the square of the number of tokens.
#
# </details>

# %% [markdown]
# ### {exercise:patchify}
#
# Cut images into patches, and write each patch as one row of numbers. The patches come in the order
# in which you read a page: row by row from the top, each row from left to right. Within a token the
# channel comes first, then the patch's rows, then its columns: all numbers of channel 0, row after
# row, then all of channel 1, and so on.
#
# There may be any number of images and channels, of any dtype, and images need not be square. Work
# on all images and patches at once: no loop over patches, in whatever disguise.
#
# <details><summary>Hint 1</summary>
#
# `images.reshape(batch, tokens, -1)` has the right shape and the wrong numbers in it: `reshape`
# goes on along a row of pixels, right across the border of a patch. Try it on an image whose pixels
# are numbered. And images may be of any dtype: `F.unfold` refuses whole numbers.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# To *cut* an axis in two is harmless: the height becomes (rows of patches, rows in a patch), the
# width likewise. That makes six axes. `permute` puts them in the order of the text, and `flatten`
# joins neighbours. `view` refuses where `reshape` copies.
#
# </details>


# %% exercise="patchify"
def patchify(
    images: Shaped[Tensor, "batch channel height width"], patch: int
) -> Shaped[Tensor, "batch token number"]:
    """Cut images into square patches, and write each patch as a row of numbers.

    Args:
        images: any number of images with any number of channels; height and width are multiples of
            ``patch``.
        patch: the number of rows, and of columns, in a patch.

    Returns:
        (batch, tokens, channels * patch * patch). Tokens row by row; in a token channel first, then
        the patch's rows, then its columns.

    Example: one channel of 2 x 4 pixels, [[1, 2, 3, 4], [5, 6, 7, 8]], and a patch of 2 give the
    tokens [1, 2, 5, 6] and [3, 4, 7, 8].
    """
    ### BEGIN SOLUTION
    height, width = images.shape[-2:]
    cut = images.unflatten(3, (width // patch, patch)).unflatten(2, (height // patch, patch))
    return cut.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)
    ### END SOLUTION


# %% [markdown]
# Number the pixels of a page, and each token shows which of them it holds:

# %%
# NBVAL_CHECK_OUTPUT
page = torch.arange(24).reshape(1, 1, 4, 6)
print(page[0, 0])
print(patchify(page, 2)[0])

# %% [markdown]
# Put the tokens side by side again, with gaps between them, and you see what the transformer gets:

# %% tags=["example"]
ramp = torch.linspace(0, 1, 96)
picture = torch.stack([ramp.expand(64, 96), ramp[:64, None].expand(64, 96), torch.ones(64, 96)])
stamps = patchify(picture[None], 16).reshape(4, 6, 3, 16, 16)
figure, grid = plt.subplots(4, 6, figsize=(5, 3.4))
for ax, stamp in zip(grid.flat, stamps.flatten(0, 1), strict=True):
    ax.imshow(stamp.permute(1, 2, 0))
    ax.set_axis_off()
plt.show()

# %% [markdown]
# ## Attention
#
# A wrist is a few skin-coloured pixels. Whether it is the left or the right one shows at the elbow
# and the shoulder, many patches away. A convolution would need many layers to get there. Attention
# lets each token look at all others in one step.
#
# Each token asks a question (its *query* q), and offers a description of itself (its *key* k) and a
# content (its *value* v, which has nothing to do with COCO's v). Where a query fits a key, their
# product is large, and much of that token's value is taken.

# %% [markdown]
# ### {exercise:attention}
#
# Compute
#
# $$\operatorname{softmax}\left(\frac{q k^\top}{\sqrt{\text{width of } q}}\right) v$$
#
# where the softmax is taken over the keys: for each query the weights of all keys add up to 1.
# Without the root, products grow with the width: a sum of `width` products of independent numbers
# of size 1 is about as large as the root of `width` (Vaswani et al., 2017).
#
# There are n queries and m keys, each key with its value: q is (..., n, width), k (..., m, width)
# and v (..., m, another width). The axes in front, such as images and heads, are the same for all
# three; there may be any number of them, or none. Each of their entries is an attention of its own.
# Products may be large: the result stays finite then, too. A gradient flows to q, k and v. Work on
# all of it at once, without a loop over heads, images or tokens.
#
# In float64 the result equals that of PyTorch's own `scaled_dot_product_attention` within 1e-10.
# That function is there to compare with. Write the formula out yourself once: further down you look
# at the weights inside it.
#
# <details><summary>Hint 1</summary>
#
# The matrix of products has a row for each query and a column for each key. Along which of its two
# axes do the weights have to add up to 1? The root is of the width of q, not of that of v, nor of
# the number of tokens. And what is `exp(1000)`?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `@` multiplies the last two axes and repeats that for all axes in front. (..., n, width) times
# (..., width, m) is (..., n, m); that times (..., m, another width) is (..., n, another width).
# Count axes from the end: `-1` and `-2` are right however many there are in front. `k.T` turns all
# axes round, not only the last two.
#
# </details>


# %% exercise="attention"
def attention(
    q: Float[Tensor, "*lead query width"],
    k: Float[Tensor, "*lead key width"],
    v: Float[Tensor, "*lead key other"],
) -> Float[Tensor, "*lead query other"]:
    """For each query, the mean of the values, weighted by how well their keys fit.

    Args:
        q: queries.
        k: keys, of the same width.
        v: one value for each key, of any width.

    Returns:
        softmax(q k^T / sqrt(width of q)) v, the softmax over the keys.

    Example: one query [0] and the keys [1] and [2] fit alike: values [10] and [30] give [20].
    """
    ### BEGIN SOLUTION
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    return scores.softmax(dim=-1) @ v
    ### END SOLUTION


# %% [markdown]
# Does it agree with PyTorch's own? A few units in the last digit may differ.

# %%
q, k, v = torch.randn(3, 2, 4, 10, 16, dtype=torch.float64)
difference = attention(q, k, v) - F.scaled_dot_product_attention(q, k, v)
print(f"largest difference from PyTorch's own: {float(difference.abs().max()):.0e}")

# %% [markdown]
# `TransformerBlock` is given: it makes q, k and v from the tokens with linear layers, for several
# *heads* side by side, calls your `attention`, and adds what came back to the tokens. A small
# network that looks at each token by itself follows. Your function gets q, k and v of (batch,
# heads, tokens, width / heads). Read the code of the block, it is short: `TransformerBlock??` in a
# cell of its own shows it.

# %% [markdown]
# ## Where was each patch?
#
# **Predict:** shuffle the tokens of an image, the same way in q, k and v. What happens to the
# result of `attention`?
#
# <details><summary>Answer</summary>
#
# It is shuffled in the same way, and no number in it changes. The sum over the keys does not depend
# on their order, and each query is on its own. So attention cannot know where a patch was.
#
# </details>

# %%
order = torch.randperm(10)
shuffled = attention(q[..., order, :], k[..., order, :], v[..., order, :])
difference = shuffled - attention(q, k, v)[..., order, :]
print(f"largest difference from the shuffled result: {float(difference.abs().max()):.0e}")

# %% [markdown]
# Attention treats tokens as a set: it does not know where in the image a patch was, and pose
# estimation is about nothing else. So a vector that belongs to the position is added to each token.
# These vectors are learned like any other weight (Dosovitskiy et al., 2021).
#
# ViT adds a *class token*, whose result stands for the whole image. We want an answer for each
# position, so we leave it out, as ViTPose does (Xu et al., 2022). The tokens that come out are put
# back where their patches were: that makes feature maps.

# %% [markdown]
# ### {exercise:PoseViT}
#
# Write the encoder. It calls your `patchify` and your `attention` by these names; the grader gives
# it right ones, so that a mistake there costs no points here. It has four parts, one after the
# other:
#
# 1. `patch_embedding`, a linear layer with a bias, turns each patch of `patchify(images, patch)`
#    into a token of `width` numbers,
# 2. `position`, one vector of `width` numbers for each token, is added,
# 3. `depth` blocks follow, `TransformerBlock(width, heads, attention)`, each an object of its own,
# 4. `norm`, an `nn.LayerNorm`, follows the last block.
#
# Then the tokens are put back where their patches were: the feature maps are
# (batch, width, height / patch, width of the image / patch). There is no class token.
#
# We will load trained weights into your network, so its parameters have fixed names and shapes:
#
# | name | what it is |
# |---|---|
# | `patch_embedding.weight`, `patch_embedding.bias` | those of `nn.Linear(3 * patch**2, width)` |
# | `position` | `nn.Parameter` of shape (tokens, width) that starts as `trunc_normal_(std=0.02)` |
# | `blocks.0...`, `blocks.1...`, one for each block | in an `nn.ModuleList` or an `nn.Sequential` |
# | `norm.weight`, `norm.bias` | those of `nn.LayerNorm(width)` |
#
# There are no others, nor any buffers that are saved along with them. Images may be of any size
# whose sides are multiples of `patch`, square or not; each network is made for one size,
# `image_size`. There may be a single one or many in a batch, and each image is processed on its
# own: what is in one never changes the features of another. The network works in training mode as
# well as in evaluation mode, and all parameters can learn. Process all images and tokens at once,
# without a loop; a loop over the blocks is fine.
#
# <details><summary>Hint 1</summary>
#
# `[TransformerBlock(...)] * depth` is one block, many times. And the network does not find what is
# in a plain Python list: `parameters()` leaves it out, and it never learns.
#
# `nn.init.trunc_normal_` fills a tensor. `nn.Parameter` makes it one of the network's weights.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# After the norm you have (batch, tokens, width). `reshape(batch, width, rows, columns)` would have
# the right shape and scrambled numbers: bring `width` in front first, with `transpose`, then cut
# the tokens into rows and columns. Rows come first: which side of the image makes the rows?
#
# </details>


# %% exercise="PoseViT"
class PoseViT(nn.Module):
    """A vision transformer that turns images into feature maps.

    Args:
        image_size: height and width of the images, multiples of ``patch``.
        patch: rows, and columns, of a patch.
        width: numbers in a token.
        depth: how many blocks.
        heads: of each block; ``width`` is a multiple of it.
    """

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.patch = patch
        self.rows, self.columns = image_size[0] // patch, image_size[1] // patch
        self.patch_embedding = nn.Linear(3 * patch**2, width)
        self.position = nn.Parameter(torch.empty(self.rows * self.columns, width))
        nn.init.trunc_normal_(self.position, std=0.02)
        self.blocks = nn.ModuleList(TransformerBlock(width, heads, attention) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        ### END SOLUTION

    def forward(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch feature row column"]:
        """Turn images into feature maps.

        Args:
            images: normalised, height and width as in ``image_size``; any number of them.

        Returns:
            (batch, width, rows of patches, columns of patches).
        """
        ### BEGIN SOLUTION
        tokens = self.patch_embedding(patchify(images, self.patch)) + self.position
        for block in self.blocks:
            tokens = block(tokens)
        return self.norm(tokens).transpose(1, 2).unflatten(2, (self.rows, self.columns))
        ### END SOLUTION


# %% [markdown]
# As it is by default, the encoder has 2,854,848 parameters. Yours, too?

# %%
encoder = PoseViT()
print(f"{sum(p.numel() for p in encoder.parameters()):,} parameters")
print("feature maps", tuple(encoder(torch.randn(2, 3, 224, 224)).shape))

# %% [markdown]
# ## The decoder
#
# The feature maps have one cell for 16 x 16 pixels. Heat maps need more than that, so the decoder
# enlarges the feature maps 16 times, to the size of the image.

# %% [markdown]
# ### {exercise:HeatmapDecoder}
#
# Three steps, in this order:
#
# 1. bilinear upsampling of the feature maps, 16 times as high and 16 times as wide, with
#    `align_corners=False`, so that a cell of the feature map covers 16 x 16 pixels of the result,
# 2. ReLU,
# 3. a convolution with kernels of 1 x 1, `nn.Conv2d(width, n_keypoints, 1)`, whose result is the
#    heat maps: one for each keypoint, and nothing follows it.
#
# There may be a single image, any number of keypoints, and maps that are not square, or of a single
# row, column or cell. All parameters can learn; their names are up to you.
#
# <details><summary>Hint 1</summary>
#
# The order matters: ReLU before the upsampling is not the same, and neither is one that follows the
# convolution. A heat map may be negative here and there; there is no sigmoid.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `F.interpolate` takes `scale_factor` and `mode`; its default mode is not
# bilinear. (batch, width, h, w) becomes (batch, width, 16 h, 16 w), and then
# (batch, n_keypoints, 16 h, 16 w).
#
# </details>


# %% exercise="HeatmapDecoder"
class HeatmapDecoder(nn.Module):
    """Turns feature maps into heat maps that are 16 times as large.

    Args:
        width: channels of the feature maps.
        n_keypoints: how many heat maps.
    """

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.convolution = nn.Conv2d(width, n_keypoints, 1)
        ### END SOLUTION

    def forward(
        self, features: Float[Tensor, "batch feature row column"]
    ) -> Float[Tensor, "batch keypoint height width"]:
        """Turn feature maps into heat maps.

        Args:
            features: feature maps of any height and width.

        Returns:
            One heat map for each keypoint, 16 times as high and as wide as the feature maps.
        """
        ### BEGIN SOLUTION
        large = F.interpolate(features, scale_factor=16, mode="bilinear", align_corners=False)
        return self.convolution(torch.relu(large))
        ### END SOLUTION


# %%
decoder = HeatmapDecoder(192)
heatmaps = decoder(encoder(torch.randn(2, 3, 224, 224)))
print("heat maps", tuple(heatmaps.shape))

# %% [markdown]
# What does this order cost? The enlarged features are 192 maps of 224 x 224 numbers, 38.5 MB in
# float32 for each image. For a moment there are two of them, before and after the ReLU, and the
# second is kept for the backward pass: 1.2 GB for a batch of 32. With the 768 features of the
# report's ViT-B it is 4.9 GB. The 17 heat maps are only 3.4 MB an image.
#
# ViTPose's simple decoder takes the ReLU first, enlarges only 4 times, and then convolves with
# kernels of 3 x 3. Suppose that the ReLU comes first and the kernels are 1 x 1. Then convolution
# and upsampling can be exchanged: one takes weighted sums over features, the other over pixels,
# with weights that add up to 1. Enlarging 17 maps instead of 192 takes an eleventh of the memory.
# With the report's ReLU in between they cannot be exchanged.

# %% [markdown]
# **Why** does it matter whether the ReLU comes before the upsampling or after it?
#
# <details><summary>Answer</summary>
#
# Take two neighbouring values, -1 and 3, and the point halfway between them. Upsampling first gives
# 1 there, and the ReLU leaves it. The ReLU first makes 0 and 3 of them, and halfway is 1.5.
#
# </details>

# %% [markdown]
# ## Reading presence off a heat map
#
# What does a heat map look like if the network is sure, and what if it has found nothing? In the
# first case there is one high peak, in the second the map is low or has several faint ones. So the
# map itself says whether the keypoint is present, and a small network can learn to read it.
#
# A peak is as good a sign in one pixel as in the next one. Max-pooling keeps how high the map is in
# each block of 4 x 4 pixels and forgets where exactly, which leaves a sixteenth of the numbers. The
# elbow's maps look different from the nose's, so each keypoint gets a reader of its own.
#
# The report's reader ends in a sigmoid. Ours leaves the sigmoid to the loss, which computes it more
# exactly. The report says that pooling makes the maps "4 times" smaller; we take that along each
# side. Its dropout has a probability of 0.4; we put it after the hidden layer.

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
# <details><summary>Hint 1</summary>
#
# If all maps are flattened together, each logit sees all of them. If one MLP is applied to all
# maps, the keypoints share its weights. And an optimiser does not find layers in a plain Python
# list.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# How many numbers are left of a map after pooling? `pooled[:, k]` is (B, H/4, W/4), and each MLP
# makes (B, 1) of it. `squeeze()` without an axis also removes the axis of a single image.
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
        pooled = F.max_pool2d(heatmaps, 4).flatten(2)
        logits = [reader(pooled[:, k]) for k, reader in enumerate(self.readers)]
        return torch.cat(logits, dim=1)
        ### END SOLUTION


# %%
PresenceHead((64, 48))(torch.rand(2, 17, 64, 48)).shape

# %% [markdown]
# **Predict:** for images of 224 x 224, which has more weights: the encoder with its 2.85 million,
# or the 17 readers together?
#
# <details><summary>Answer</summary>
#
# The readers. A pooled map has 56 x 56 = 3136 numbers, so one reader has
# 3136 * 64 + 64 + 64 + 1 = 200,833 weights, and 17 have 3,414,161. For 96 x 96 they have 628,881,
# because the first layer grows with the image. That is one reason for dropout.
#
# </details>

# %% [markdown]
# ## Two questions, two losses
#
# The heat map says where a keypoint is. Its error is squared, and counts only where there is
# something to find. The logit says whether the keypoint is present. That question has an answer for
# every keypoint, present or not, and its loss is the binary cross-entropy. The first is a
# regression, the second a classification with 17 labels. A *logit* is what becomes a probability by
# the sigmoid, 1 / (1 + exp(-logit)): 0 is one half, 2 is 0.88, -2 is 0.12.
#
# The report does not say what it does with the maps of absent keypoints. We leave them out, as
# ViTPose does.

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
# <details><summary>Hint 1</summary>
#
# Which of the two parts needs the mask? `(errors * presence).mean()` divides by all keypoints, not
# by the present ones. Averaging within each image first gives a keypoint of a cut-off person more
# weight than one of a whole person. And what is 0 / 0?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `presence` is (B, K) and the error of the maps (B, K, H, W): average over the last two axes first.
# The sigmoid of 100 is rounded to 1, and the logarithm of what is left is infinite. PyTorch has a
# cross-entropy that takes logits.
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
    return weight * maps + (1 - weight) * F.binary_cross_entropy_with_logits(logits, presence)
    ### END SOLUTION


# %% [markdown]
# This is the example of the docstring:

# %%
combined_loss(
    torch.full((1, 2, 8, 8), 2.0),
    torch.zeros(1, 2, 8, 8),
    torch.zeros(1, 2),
    torch.tensor([[1.0, 0.0]]),
)

# %% [markdown]
# ## Where the weights come from
#
# A vision transformer knows nothing about images: not that neighbouring pixels belong together, not
# that a hand looks the same wherever it is. It has to learn that, and a few thousand people are too
# few. So the report and ViTPose start from *pretrained* weights, and so do you. The report's
# network had learned to classify images (ViT-B/16), ViTPose's to fill in masked patches (He et al.,
# 2022).
#
# Yours are the course's own. The encoder was shown people who are in no data set of the course. It
# learned to say for each cell of 4 x 4 pixels which part of the body it shows, and how far in front
# of or behind the middle of the person it is, and to draw coarse heat maps of shoulders, elbows,
# wrists, hips, knees and ankles. The renderer that draws the people knows all of that, so the
# labels cost nothing. The layer that gave these answers was thrown away. The encoder was never told
# about the keypoints of the face, nor about presence. For images of 224 x 224 its 6 x 6 position
# vectors are interpolated to 14 x 14.

# %% [markdown]
# Other ways were tried, each with 1500 steps of pretraining and four epochs of the training below.
# After masked patches the network then found 0.19 of the keypoints, after parts and depth 0.29,
# after masked patches, parts and depth together 0.29 as well, and after parts, depth and joints
# 0.37. Masked patches teach a network as small as this one little. Your weights have had all the
# steps that are printed here:

# %%
recipe = recipe_of()
print(", ".join(f"{name} {value}" for name, value in recipe.items()))

# %% [markdown]
# `load_pretrained` puts the weights into your network, name by name.


# %%
def fresh_encoder(seed: int, pretrained: bool = True) -> nn.Module:
    """The small encoder: with the pretrained weights, or with random ones."""
    torch.manual_seed(seed)
    encoder = PoseViT(size, recipe["patch"], recipe["width"], recipe["depth"], recipe["heads"])
    if pretrained:
        load_pretrained(encoder)
    return encoder


fresh_encoder(profile.seed)

# %% [markdown]
# If that worked, your parameters have the right names. You can see without any training whether
# your network does the right thing with them: in a well trained encoder, the tokens of one body
# part resemble each other. Here each patch is coloured by how much its features resemble those of
# the framed one, which holds a knee. `normalise_images` turns bytes into numbers from -1 to 1, as
# the report's pretrained network expects them.

# %% tags=["example"]
person = int(presence_labels(validation_set.keypoints).sum(dim=1).argmax())
picture = validation_set.images[person]
x, y, _ = (validation_set.keypoints[person, COCO.index("left-knee")] + 0.5) // recipe["patch"]
token = (int(y), int(x))
with torch.no_grad():
    features = fresh_encoder(profile.seed).eval()(normalise_images(picture[None]))[0]
likeness = F.cosine_similarity(features, features[:, *token, None, None], dim=0)
plot_attention(
    picture, likeness[None].clamp(min=0), token, ["likeness"], measure="cosine similarity in %"
)

# %% [markdown]
# ## One network of three parts
#
# The heat maps go two ways: positions are read from them, and so is presence. So the network has
# two outputs.


# %%
class PoseAndPresence(nn.Module):
    """Heat maps from an encoder and a decoder, and presence from the heat maps."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder, self.head = encoder, decoder, head

    def forward(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> tuple[Float[Tensor, "batch 17 rows columns"], Float[Tensor, "batch 17"]]:
        """Heat maps, and one logit for each of them."""
        heatmaps = self.decoder(self.encoder(images))
        return heatmaps, self.head(heatmaps)


# %%
def fresh_model(seed: int, pretrained: bool = True) -> nn.Module:
    """The whole network before it is trained."""
    encoder = fresh_encoder(seed, pretrained)
    return PoseAndPresence(encoder, HeatmapDecoder(recipe["width"]), PresenceHead(size))


# %% [markdown]
# The target of a heat map is a Gaussian around the keypoint. A keypoint that is not present has a
# map of zeros, which your loss leaves out. The peak is `PEAK`, not 1: almost all of the 96 x 96
# pixels of a map (on a GPU, 224 x 224) are near 0, and with a peak of 1 their mean would be tiny
# beside the cross-entropy.

# %%
SIGMA, PEAK = 2.5, 50.0


def targets(data: Crops, shape: torch.Size) -> tuple[Tensor, Tensor]:
    """Target heat maps of a shape (..., rows, columns), and which keypoints are present."""
    stride = data.images.shape[-1] / shape[-1]
    keypoints = data.keypoints.clone()
    # Pixel centres are at whole numbers, in the image and in the map.
    keypoints[..., :2] = (keypoints[..., :2] + 0.5) / stride - 0.5
    maps = target_heatmaps(keypoints, (shape[-2], shape[-1]), SIGMA / stride, PEAK)
    return maps, presence_labels(data.keypoints)


# %% [markdown]
# How large are the two losses before the network has learned anything?

# %%
maps, _ = targets(training_set[:16], torch.Size(size))
entropy = torch.log(torch.tensor(2.0))
print(f"all maps at 0: {float(maps.square().mean((2, 3))[maps.amax((2, 3)) > 0].mean()):.3f}")
print(f"all logits at 0: {float(entropy):.3f}")

# %% [markdown]
# Equal weights, as in the report, are equal in name only: which of the two parts has the larger
# gradient depends on the unit of the heat maps. You will try other weights below.

# %% [markdown]
# A position is read at the highest value of its map.


# %%
def positions_in(heatmaps: Float[Tensor, "batch keypoint row column"]) -> Tensor:
    """The position of each map's highest value, (x, y) in pixels of the crop."""
    x, y = heatmaps.amax(dim=-2).argmax(dim=-1), heatmaps.amax(dim=-1).argmax(dim=-1)
    stride = size[1] / heatmaps.shape[-1]
    return (torch.stack((x, y), dim=-1) + 0.5) * stride - 0.5


# %% [markdown]
# For measuring, a network predicts everybody in a data set: where each keypoint is, how high its
# map is there, and its logit.


# %%
@torch.no_grad()
def predict(model: nn.Module, data: Crops) -> dict[str, Tensor]:
    """Positions, the maps' highest values and the logits of all people, in evaluation mode."""
    model.eval()
    results: dict[str, list[Tensor]] = {"positions": [], "peaks": [], "logits": []}
    for rows in torch.arange(len(data)).split(64):
        images = normalise_images(data[rows].images.to(profile.device))
        heatmaps, logits = model(images)
        results["positions"].append(positions_in(heatmaps).cpu())
        results["peaks"].append(heatmaps.amax(dim=(-2, -1)).cpu())
        results["logits"].append(logits.cpu())
    return {name: torch.cat(parts) for name, parts in results.items()}


# %% [markdown]
# The measure is the *PCK*: the fraction of present keypoints that are found within a fifth of the
# torso's length, which reaches from the middle of the shoulders to the middle of the hips. People
# whose shoulders and hips are not all present are left out. The bar of a training shows the rest,
# the percentage that is missed.


# %%
def percent_missed(model: nn.Module, data: Crops) -> float:
    """How many of the present keypoints are not found, in per cent."""
    return 100 * (1 - pck(predict(model, data)["positions"], data.keypoints).value)


# %% [markdown]
# Training and validation use the same loss: yours, between what the network makes of a batch and
# the targets of that batch.


# %%
def batch_loss(model: nn.Module, batch: Crops, weight: float) -> Tensor:
    """The loss of one batch."""
    heatmaps, logits = model(normalise_images(batch.images.to(profile.device)))
    maps, present = (part.to(profile.device) for part in targets(batch, heatmaps.shape))
    return combined_loss(heatmaps, maps, logits, present, weight)


@torch.no_grad()
def mean_loss(model: nn.Module, data: Crops, weight: float) -> float:
    """The loss over a whole data set, in evaluation mode."""
    model.eval()
    batches = torch.arange(len(data)).split(64)
    total = sum(len(rows) * batch_loss(model, data[rows], weight).item() for rows in batches)
    return total / len(data)


# %% [markdown]
# One pass through the training set, in an order that is drawn anew each time. Half of the people
# are mirrored, and then their left is their right: more people than there are, at no cost.


# %%
def train_one_epoch(
    model: nn.Module,
    data: Crops,
    optimiser: Optimizer,
    batch_size: int,
    weight: float,
    mirror: bool = True,
) -> float:
    """Train for one epoch: the mean loss on the way."""
    model.train()
    total = 0.0
    for rows in torch.randperm(len(data)).split(batch_size):
        batch = mirror_some(data[rows]) if mirror else data[rows]
        loss = batch_loss(model, batch, weight)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total += loss.item() * len(rows)
    return total / len(data)


# %% [markdown]
# `Training` keeps the losses of all epochs, and the weights of the best one: those with the lowest
# validation loss. It writes them into a folder, so that they are there, too, when a training goes
# on in another session.


# %%
class Training:
    """One training: its epochs, and the weights of the best one."""

    def __init__(self, weight: float, folder: Path) -> None:
        self.weight, self.folder = weight, folder
        self.training_losses: list[float] = []
        self.validation_losses: list[float] = []
        saved = list_checkpoints(folder)
        self.lowest = load_checkpoint(saved[-1])["loss"] if saved else float("inf")

    def run_epoch(
        self,
        epoch_no: int,
        data: Crops,
        model: nn.Module,
        optimiser: Optimizer,
        scheduler: LRScheduler,
        batch_size: int,
        split: str,
    ) -> tuple[float, float]:
        """Train or measure: the mean loss, and the percentage of keypoints that are missed."""
        if split == "train":
            if epoch_no == 0:
                self.forget()
            loss = train_one_epoch(model, data, optimiser, batch_size, self.weight)
            scheduler.step()
            return loss, float("nan")
        loss = mean_loss(model, data, self.weight)
        if loss < self.lowest:
            self.lowest = loss
            state = {"loss": loss, "weights": model.state_dict()}
            save_checkpoint(self.folder, epoch_no + 1, state)
        return loss, percent_missed(model, data)

    def forget(self) -> None:
        """Remove what an earlier training of this name has left."""
        self.lowest = float("inf")
        for path in list_checkpoints(self.folder):
            path.unlink()

    def finish(self, model: nn.Module, history: History) -> None:
        """Take over the losses of all epochs, and give the model the weights of the best one."""
        self.training_losses = history.losses
        self.validation_losses = history.validation_losses
        best = load_checkpoint(list_checkpoints(self.folder)[-1])
        model.load_state_dict(best["weights"])

    @property
    def best_epoch(self) -> int:
        """The index of the epoch with the lowest validation loss."""
        return self.validation_losses.index(min(self.validation_losses))


# %% [markdown]
# The encoder knows something already. The decoder and the head start from nothing, and the
# decoder's heat maps have to get as high as `PEAK`. So these two move faster than the encoder: with
# one learning rate for all, most heat maps would still be nearly empty after eight epochs.

# %%
FASTER = {"encoder": 1, "decoder": 40, "head": 5}


def three_rates(network: nn.Module, rate: float) -> Optimizer:
    """AdamW, with a learning rate for each part of the network."""
    parts = [
        {"params": list(getattr(network, part).parameters()), "lr": factor * rate}
        for part, factor in FASTER.items()
    ]
    return torch.optim.AdamW(parts)


def constant(optimiser: Optimizer, _n_epochs: int) -> LRScheduler:
    """A schedule that leaves the learning rates as they are."""
    return ConstantLR(optimiser, factor=1.0)


# %% [markdown]
# Before a long training: can the network learn one batch by heart? If not, something is wrong, and
# more data will not fix it. Dropout keeps the loss above 0. Expect about a third of the first value
# after 100 steps; it goes on falling, slowly. (The `smoke` profile makes three steps.) If it hardly
# falls, look for a sigmoid too many, for a mask in the wrong part of the loss, or for a part of the
# network that no gradient reaches.

# %%
few = training_set[:8]
model = fresh_model(profile.seed).to(profile.device)
optimiser = three_rates(model, profile.learning_rate)
for step in range(profile.overfit_steps):
    loss = train_one_epoch(model, few, optimiser, len(few), 0.5, mirror=False)
    if step in (0, profile.overfit_steps - 1):
        print(f"step {step + 1}: loss {loss:.3f}")

# %% [markdown]
# ## Training
#
# The report's setting: 8 epochs, a learning rate of 5e-4, equal weights. With the `cpu` profile on
# two cores each of the two trainings of your network takes three to four minutes. Expect about 40 %
# of the keypoints to be missed in the end with pretrained weights. The report's validation loss
# rose after the fourth epoch, and it kept the weights of the fourth. `Training` keeps those of the
# epoch with the lowest validation loss, whichever that is. Short trainings further down pass no
# `folder`: what they save goes into one that is deleted at once.


# %%
def train_model(
    model: nn.Module,
    profile: Profile,
    name: str,
    data: Crops = training_set,
    weight: float = 0.5,
    optimiser: MakeOptimiser = three_rates,
    schedule: Schedule = constant,
    folder: Path | None = None,
) -> Training:
    """Train a model, and leave it with the weights of its best epoch."""
    with TemporaryDirectory() as passing:
        best = Path(passing) if folder is None else folder / f"best of {name}"
        training = Training(weight, best)
        history = train_by_epochs(
            model,
            training.run_epoch,
            data,
            validation_set,
            profile,
            name=name,
            unit="% missed",
            optimiser=optimiser,
            schedule=schedule,
            checkpoint_folder=folder,
        )
        training.finish(model, history)
    return training


# %%
models, trainings = {}, {}
models["pretrained"] = fresh_model(profile.seed)
trainings["pretrained"] = train_model(
    models["pretrained"], profile, "pretrained", folder=CHECKPOINTS
)

# %% tags=["example"]
training = trainings["pretrained"]
plot_best_epoch(
    training.training_losses, training.validation_losses, training.best_epoch, "pretrained weights"
)

# %% [markdown]
# Do the two curves part, and where? From there on the network learns its people by heart. In our
# own trainings they part earlier if `mirror_some` is left out: the validation loss rises again
# after the fifth or the sixth epoch. Mirrored people, dropout and keeping the best epoch are ways
# to live with it; more people would be another.

# %% [markdown]
# **Predict:** how far does the same network get in the same time from random weights? What is
# easier to learn from so few people, the position or the presence?
#
# <details><summary>Answer</summary>
#
# Not nearly as far. In eight epochs it sees each person eight times, and first has to learn what an
# image is. Presence is the easier one: where the border cuts a person off, it often cuts the legs,
# and for that the network needs no exact positions.
#
# </details>

# %%
models["from scratch"] = fresh_model(profile.seed, pretrained=False)
trainings["from scratch"] = train_model(
    models["from scratch"], profile, "from scratch", folder=CHECKPOINTS
)

# %% [markdown]
# The report puts two networks beside its own. HRNet (Sun et al., 2019) keeps maps of a high
# resolution from beginning to end, in parallel with smaller ones, and lets them exchange features
# again and again. TransPose (Yang et al., 2021) lets a transformer work on the features of a
# convolutional network. ViTPose does without either design, scales from small to large, and
# outperformed both.
#
# In their place stands a small convolutional network of the course, `SmallHeatmapNetwork`
# (`poselab/networks/heatmaps.py`): it goes down to 1/32 of the image and back, with links between
# maps of equal size. Its heat maps have one pixel for 4 x 4 of the image, and your `PresenceHead`
# reads them.


# %%
class Convolutional(nn.Module):
    """The heat-map network of the first assignment, with your head for presence."""

    def __init__(self) -> None:
        super().__init__()
        self.network = SmallHeatmapNetwork(len(COCO))
        self.head = PresenceHead((size[0] // 4, size[1] // 4))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Heat maps with a quarter of the image's sides, and a logit for each."""
        heatmaps = self.network(images)
        return heatmaps, self.head(heatmaps)


# %% [markdown]
# It is trained from scratch, with the optimiser and the learning rate of the first assignment: Muon
# for the matrices of the weights, which makes all directions of a step about equally long, and
# AdamW for the rest; the rate rises at first and then falls. That gets far in few epochs.

# %%
torch.manual_seed(profile.seed)
models["convolutional"] = Convolutional()
trainings["convolutional"] = train_model(
    models["convolutional"],
    profile.replace(learning_rate=profile.convolutional_rate),
    "convolutional",
    optimiser=muon_and_adamw,
    schedule=one_cycle,
    folder=CHECKPOINTS,
)

# %% [markdown]
# ## Results
#
# Everything is measured on the validation set.

# %%
results = {name: predict(model, validation_set) for name, model in models.items()}

# %% [markdown]
# One more row is for two baselines that never look at the image: each keypoint at its mean
# position, and "present" said of everything with one and the same confidence.

# %%
v = training_set.keypoints[..., 2:]
mean_pose = (training_set.keypoints[..., :2] * (v > 0)).sum(dim=0) / (v > 0).sum(dim=0).clamp(min=1)
people, keypoints = len(validation_set), validation_set.keypoints
results["mean pose, always present"] = {
    "positions": mean_pose.expand(people, -1, -1),
    "peaks": torch.ones(people, len(COCO)),
    "logits": torch.zeros(people, len(COCO)),
}
is_present = presence_labels(keypoints)

# %%
found = {name: pck(result["positions"], keypoints) for name, result in results.items()}
told = {name: presence_precision(r["logits"], is_present) for name, r in results.items()}
one = next(iter(found.values()))
print(f"PCK over {one.people} people; {one.left_out} have no torso that could be measured")
rows = ["| network | PCK | presence AP | best epoch |", "|---|---|---|---|"]
for name in results:
    epoch = trainings[name].best_epoch + 1 if name in trainings else ""
    rows.append(f"| {name} | {found[name].value:.3f} | {told[name].macro:.3f} | {epoch} |")
Markdown("\n".join(rows))

# %% [markdown]
# *Presence AP* is the average precision. For each keypoint, order all people by their score, the
# highest first. At each person who has the keypoint, take the precision so far: the fraction of
# people down to here who have it. Average these precisions. The table shows the mean over the 17
# keypoints. A constant score gets the fraction of people who have the keypoint.
#
# The epoch was chosen on the same people whom the table is about, so its numbers are a little too
# good. The grader's people are others.

# %% [markdown]
# The small convolutional network has had no pretraining at all: which of the two transformers does
# it resemble? That neighbouring pixels belong together, and that a hand looks the same wherever it
# is, is built into a convolution; a transformer has to learn it from examples. With far more
# examples transformers catch up (Dosovitskiy et al., 2021).

# %% [markdown]
# Which keypoints are hard to find?

# %% tags=["example"]
plot_by_keypoint({name: each.each for name, each in found.items()}, "PCK")

# %% [markdown]
# And of which is it hard to say whether they are present?

# %%
plot_by_keypoint({name: each.each for name, each in told.items()}, "presence AP")

# %% [markdown]
# ### COCO's own measure
#
# COCO's evaluation compares people, not keypoints. The *OKS* of a prediction is near 1 if its
# keypoints are close to the true ones, measured by the person's size and by how exactly annotators
# mark that keypoint. A prediction counts as right if its OKS is at least a threshold, 0.5 for AP50,
# and AP is the mean over thresholds from 0.5 to 0.95. Only present keypoints count, whatever a
# network says about the others.
#
# APM is the AP of medium people (an area of 32 x 32 to 96 x 96 pixels of the image), APL that of
# larger ones, and AR the recall, averaged over the same thresholds. None of these is the presence
# AP from above.
#
# AP needs the predictions *ranked*, by one score a person. Two are at hand: the mean height of the
# heat maps' peaks, much as in ViTPose, and the mean probability that the keypoints are present.


# %%
def coco_metrics(result: dict[str, Tensor], score: Tensor) -> list[float]:
    """AP, AP50, AP75, APM, APL and AR of predictions, in per cent."""
    points = validation_set.to_image(result["positions"].float())
    predictions = PeoplePredictions(
        validation_set.annotation,
        validation_set.image,
        torch.cat((points, result["peaks"].unsqueeze(-1)), dim=-1),
        score,
    )
    m = keypoint_metrics(predictions, validation_files[0], everyone=False)
    return [100 * x for x in (m.ap, m.ap50, m.ap75, m.ap_medium, m.ap_large, m.ar)]


# %%
header = "| network | ranked by | AP | AP50 | AP75 | APM | APL | AR |"
rows = [header, "|---" * 8 + "|"]
for name, result in results.items():
    for ranked_by, score in (
        ("peaks", result["peaks"].mean(dim=1)),
        ("presence", result["logits"].sigmoid().mean(dim=1)),
    ):
        numbers = " | ".join(f"{number:.1f}" for number in coco_metrics(result, score))
        rows.append(f"| {name} | {ranked_by} | {numbers} |")
Markdown("\n".join(rows))

# %% [markdown]
# These are the figures of the report, on COCO's 5000 validation images:
#
# | network | AP | AP50 | AP75 | APM | APL | AR |
# |---|---|---|---|---|---|---|
# | HRNet-W32 | 74.4 | 90.5 | 81.9 | 70.8 | 81.0 | 79.8 |
# | HRNet-W32, run by the report's authors | 73.8 | 89.8 | 81.2 | 70.4 | 80.3 | 79.3 |
# | TransPose-R | 72.6 | 89.1 | 79.9 | 68.8 | 79.8 | 78.0 |
# | TransPose-R, run by the report's authors | 73.4 | 90.6 | 80.7 | 70.3 | 77.9 | 76.1 |
#
# They cannot be compared with yours. Those networks saw 150,000 real people at 256 x 192 pixels.
# They took people from a detector, which misses some, and everybody in the images counted. Yours
# saw synthetic people, far fewer of them, in their true boxes, and only the people it looked at
# count. The report gives no such figures for its own network, only loss curves.

# %% [markdown]
# ## A threshold for presence
#
# AP looks at the order of the scores alone. To use the network you need a decision: present, or
# not. *Precision* is the fraction of the keypoints called present that are, *recall* the fraction
# of the present ones that are called so. **Predict:** what does more precision cost? Then move the
# threshold.
#
# <details><summary>Answer</summary>
#
# Recall. A higher threshold calls fewer keypoints present, and the ones that it drops first are
# those of which the network is least sure; some of them are there. Only a better network has more
# of both.
#
# </details>

# %%
choose_threshold(results["pretrained"]["logits"].sigmoid(), is_present)

# %% [markdown]
# ## How much for position, how much for presence?
#
# The report tried several weights, does not give their results, and ended with equal ones. Here are
# short trainings with other weights, each with several seeds, because short trainings differ by
# chance as well. A difference of less than twice the deviation is not a result.

# %%
trial = profile.replace(epochs=profile.trial_epochs)
some = training_set[: profile.trial_people]


def short_trainings(weight: float = 0.5, pretrained: bool = True) -> tuple[list[float], ...]:
    """PCK and presence AP of a short training, for each seed."""
    near, told = [], []
    for seed in range(profile.seed, profile.seed + profile.n_seeds):
        model = fresh_model(seed, pretrained)
        train_model(model, trial.replace(seed=seed), f"weight {weight}", some, weight)
        result = predict(model, validation_set)
        near.append(pck(result["positions"], keypoints).value)
        told.append(presence_precision(result["logits"], is_present).macro)
    return near, told


def spread(values: list[float]) -> str:
    """Mean and standard deviation over the seeds."""
    numbers = torch.tensor(values, dtype=torch.float64)
    deviation = f" ± {numbers.std():.3f}" if len(values) > 1 else ""
    return f"{numbers.mean():.3f}{deviation}"


# %%
tried = {f"{weight}": short_trainings(weight) for weight in (0.02, 0.1, 0.5, 0.9)}
tried["0.5, from scratch"] = short_trainings(pretrained=False)
length = f"{trial.epochs} epochs of {len(some)} people"
rows = [f"| weight of the heat maps, {length} | PCK | presence AP |", "|---|---|---|"]
rows += [f"| {name} | {spread(near)} | {spread(told)} |" for name, (near, told) in tried.items()]
Markdown("\n".join(rows))

# %% [markdown]
# ## What a keypoint looks at
#
# In each block every token decides where to look. Take the token that holds a keypoint: which other
# ones does it look at in the first block, in the middle and in the last one? Of all people whose
# left wrist can be seen, here is the one with the most keypoints, and the token of that wrist.

# %%
model = models["pretrained"].cpu().eval()
example = int((is_present.sum(dim=1) * (keypoints[:, COCO.index("left-wrist"), 2] == 2)).argmax())
joint = COCO.index("left-wrist")
image = normalise_images(validation_set.images[example : example + 1])

# %% [markdown]
# `attention_weights` of a block says how much each token looks at each other one. The maps show the
# mean over the heads.

# %%
encoder = model.encoder
with torch.no_grad():
    tokens = encoder.patch_embedding(patchify(image, recipe["patch"])) + encoder.position
    looks = []
    for block in encoder.blocks:
        looks.append(block.attention_weights(tokens)[0].mean(dim=0))
        tokens = block(tokens)

# %% [markdown]
# Each row of these weights belongs to the token that looks. Pixel centres are at whole numbers, so
# a patch begins half a pixel before its first pixel's centre.

# %%
columns = size[1] // recipe["patch"]
patch_of = (keypoints[example, joint, :2] + 0.5) // recipe["patch"]
column, row = patch_of.long().clamp(0, columns - 1).tolist()
seen = torch.stack([each[row * columns + column].unflatten(0, (-1, columns)) for each in looks])
chosen = [0, len(looks) // 2, len(looks) - 1]
plot_attention(
    validation_set.images[example], seen[chosen], (row, column), [f"block {n + 1}" for n in chosen]
)

# %% [markdown]
# TransPose's authors read the maps of the last layer as an explanation: the network found the wrist
# *because* of what it looked at. Be careful with that. What a token takes from another is weight
# times value, several blocks follow one another, and every token has been mixed with others long
# before the last block.

# %% [markdown]
# ## The worst pictures
#
# There are two ways to be wrong: keypoints far from where they are, and wrong answers on presence.
# Here presence is decided at a probability of one half.

# %%
NETWORKS = ("pretrained", "from scratch", "convolutional")
said = {name: results[name]["logits"] > 0 for name in NETWORKS}
off, wrong = {}, {}
for name in NETWORKS:
    distance = (results[name]["positions"] - keypoints[..., :2]).norm(dim=-1) * is_present
    off[name] = distance.sum(dim=1) / is_present.sum(dim=1).clamp(min=1)
    wrong[name] = (said[name] != (is_present > 0)).sum(dim=1)


def show(name: str, chosen: Tensor, titles: list[str]) -> None:
    """What a network found in the chosen images."""
    positions = results[name]["positions"][chosen]
    display(
        plot_found(
            validation_set.images[chosen],
            positions,
            said[name][chosen],
            keypoints[chosen],
            titles=titles,
        )
    )


# %% [markdown]
# A line joins a prediction to the labelled position. A cross marks a keypoint that is said to be
# present and is not, a ring one that is present and was overlooked. First the people whose
# keypoints are farthest off, for each network:

# %% tags=["example"]
for name in NETWORKS:
    worst = off[name].argsort(descending=True)[:4]
    show(name, worst, [f"{name}: {off[name][n]:.0f} px off" for n in worst])

# %% [markdown]
# And those with the most wrong answers on presence:

# %%
for name in NETWORKS:
    worst = wrong[name].argsort(descending=True)[:4]
    show(name, worst, [f"{name}: {wrong[name][n]} of 17 wrong" for n in worst])

# %% [markdown]
# What do they have in common, and do the three networks fail at the same people? Look for people
# who sit or bend over, for two people in one crop, for left and right exchanged, and for keypoints
# that nobody could place.
#
# <details><summary>Answer</summary>
#
# It differs from run to run; take it from your own pictures. Where all networks fail, look at the
# label and at the image first: an occluded or a cropped person is hard for everybody. Where one
# fails alone, it is that network. Left and right exchanged in one piece mean that its idea of the
# body is turned; single keypoints far away mean a second hill in their maps.
#
# </details>

# %% [markdown]
# **Predict:** is the network surer where a keypoint can be seen than where it is hidden?

# %%
probability = results["pretrained"]["logits"].sigmoid()
for v, meaning in ((2, "visible"), (1, "labelled, but hidden"), (0, "not labelled")):
    mine = keypoints[..., 2] == v
    print(
        f"{meaning:22} {int(mine.sum()):5} keypoints, "
        f"mean probability {probability[mine].mean():.2f}"
    )

# %% [markdown]
# <details><summary>Answer</summary>
#
# It need not be. Both have the label 1, so the loss makes no difference between them. Only the
# head's reading of the map could, where a hidden keypoint's peak is lower or wider.
#
# </details>

# %% [markdown]
# ## Hand in your model
#
# The grader runs your network on people whom it has not seen. It wants an ONNX file:
#
# | | name | type | shape |
# |---|---|---|---|
# | input | `image` | float32 | (batch, 3, S, S), any batch, S = 96 or 224, normalised to -1..1 |
# | output | `heatmaps` | float32 | (batch, 17, M, M), where M divides S |
# | output | `presence` | float32 | (batch, 17), probabilities |
#
# The keypoints are in COCO's order. The grader reads positions at each map's highest value, as
# `positions_in` does. All outputs are finite, also for an image of a single colour, and an image
# takes at most half a second.


# %%
class ForGrading(nn.Module):
    """The model as it is handed in: with probabilities instead of logits."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Heat maps and probabilities of normalised images."""
        heatmaps, logits = self.model(image)
        return heatmaps, logits.sigmoid()


# %%
torch.onnx.export(
    ForGrading(models["pretrained"].cpu()).eval(),
    (torch.zeros(2, 3, *size),),
    "pose_vit.onnx",
    input_names=["image"],
    output_names=["heatmaps", "presence"],
    dynamic_shapes=({0: torch.export.Dim("batch")},),
    external_data=False,
    verbose=False,
    dynamo=True,
)
print(verify_model("pose_vit.onnx"))

# %% [markdown]
# Points are for the PCK and for the presence AP:
#
# {model:points}

# %% [markdown]
# ### {question:what_presence_is_worth}
#
# In about 250 words, with numbers from your own tables:
#
# 1. What were the pretrained weights worth, in PCK and in presence AP? Name one thing that they
#    already knew, and one that they could not know.
# 2. The loss of the heat maps is masked, the loss of presence is not. What would the maps and the
#    head learn if it were the other way round?
# 3. Which of the two scores ranks people better in COCO's measure, and why? Do the three networks
#    agree on it?
# 4. Take one of the worst pictures and say what went wrong there: the position, the presence, or
#    the labels. What would you change first, and how would you find out whether it helped?

# %% [markdown] question="what_presence_is_worth"
# Write your answer here.
#
# === BEGIN MARK SCHEME ===
#
# * **1 point, pretraining.** Both differences with numbers that agree with the table. Known: parts
#   of the body, silhouettes, depth, left and right, where limbs bend. Not known: the keypoints of
#   the face, COCO's rule for v, these people.
# * **1 point, the mask.** Unmasked squared error: maps of absent keypoints are pulled to 0, which
#   does no harm to presence and may even help it, but the many absent keypoints share the gradient
#   and all maps get lower. Masked cross-entropy: the head sees only present keypoints and learns to
#   say "present" to everything.
# * **1 point, ranking.** The score named that the table supports in all three networks, or "no
#   clear difference" where they disagree, with a reason: peaks are high where the position is sure,
#   presence asks whether there is anything at all; OKS counts present keypoints only.
# * **1 point, the picture.** A cause that fits the picture, and a change with an experiment that
#   could show that it does not help.
#
# No points for an answer that only repeats what papers say.
#
# === END MARK SCHEME ===

# %% [markdown]
# ## Optional: ViT-B/16
#
# None of this is graded. The report starts from ViT-B/16 (`vit-base-patch16-224`), 86 million
# parameters that learned to classify ImageNet's pictures. With a GPU, and where transformers is
# installed and its weights can be downloaded, it takes your encoder's place: everything after it
# stays the same. The enlarged features of a batch of 32 take 4.9 GB (see the decoder).

# %%
base = None
if profile.image_size == 224:
    try:
        base = load_vit_base()
    except WeightsError as error:
        print(f"{error} The small one has to do.")
if base is not None:
    models["ViT-B/16"] = PoseAndPresence(base, HeatmapDecoder(768), PresenceHead(size))
    trainings["ViT-B/16"] = train_model(models["ViT-B/16"], profile, "ViT-B/16", folder=CHECKPOINTS)
    result = predict(models["ViT-B/16"], validation_set)
    print(f"PCK {pck(result['positions'], keypoints).value:.3f}")
    print(f"presence AP {presence_precision(result['logits'], is_present).macro:.3f}")

# %% [markdown]
# ## References
#
# * Vishal Bansal, Mihir Chaturvedi and Harshal Dev, “Human Pose Estimator”, project report, CSE
#   641, IIIT Delhi: the report that this notebook follows.
# * Yufei Xu, Jing Zhang, Qiming Zhang and Dacheng Tao, “ViTPose: Simple vision transformer
#   baselines for human pose estimation”, NeurIPS 2022.
# * Ashish Vaswani et al., “Attention is all you need”, NIPS 2017.
# * Alexey Dosovitskiy et al., “An image is worth 16x16 words: Transformers for image recognition at
#   scale”, ICLR 2021.
# * Kaiming He et al., “Masked autoencoders are scalable vision learners”, CVPR 2022.
# * Ke Sun, Bin Xiao, Dong Liu and Jingdong Wang, “Deep high-resolution representation learning for
#   human pose estimation”, CVPR 2019.
# * Sen Yang, Zhibin Quan, Mu Nie and Wankou Yang, “TransPose: Keypoint localization via
#   transformer”, ICCV 2021.
# * Tsung-Yi Lin et al., “Microsoft COCO: Common objects in context”, ECCV 2014: the data.
# * Yi Yang and Deva Ramanan, “Articulated human detection with flexible mixtures of parts”, PAMI
#   2013: the measure PCK.
# * Keller Jordan et al., “Muon: An optimizer for hidden layers in neural networks”, 2024.
#
# **The real data.** COCO is free to download at
# [cocodataset.org](https://cocodataset.org/#download): “2017 Train images” (18 GB), “2017 Val
# images” (1 GB) and “2017 Train/Val annotations” (241 MB). Unpack all three beside this notebook,
# and take the lines with the real files near its top. For a first try the validation images are
# enough: take them for both.
