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
# A network that predicts 17 heat maps finds 17 keypoints, also in a picture that shows a face and
# nothing else. In this assignment a network finds the keypoints and says which of them are there.
#
# **How it works.** You complete the cells marked `# TODO`. The `check(...)` cell below each of them
# tells you what is right, what is wrong and where to look; run it as often as you like. Each
# exercise has hints, which stay folded until you open them.
#
# Every function keeps the same promises as in the other assignments, unless its exercise says
# otherwise. It computes in the dtype and on the device of its first argument, and its result has
# that dtype and that device. It takes tensors in any memory layout and leaves its arguments
# unchanged. Its result depends on its arguments alone, not on earlier calls. In evaluation mode a
# class keeps these promises, too, as long as its weights stay the same.

# %% tags=["setup"]

# %%
import matplotlib.pyplot as plt
import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn
from torch.nn.functional import interpolate, scaled_dot_product_attention

from poselab import check
from poselab.networks.transformer import TransformerBlock
from poselab.profiles import load_profile

# %%
profile = load_profile("vit_presence")
profile

# %% [markdown]
# ## An image as a row of tokens
#
# A transformer works on a set of vectors, its *tokens*. A single pixel says too little to be a
# token, and an image of 224 x 224 pixels has 50,176 of them: to compare each with each would take
# 2.5 billion comparisons. So a vision transformer cuts the image into square patches, like a sheet
# of stamps. With patches of 16 x 16 pixels there are 14 x 14 = 196 tokens, and 38,416 comparisons.

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
# <details><summary>Hint</summary>
#
# `images.reshape(batch, tokens, -1)` has the right shape and the wrong numbers in it: `reshape`
# goes on along a row of pixels, right across the border of a patch. Try it on an image whose pixels
# are numbered.
#
# </details>
#
# <details><summary>Hint: the shapes</summary>
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


# %%
# NBVAL_CHECK_OUTPUT
page = torch.arange(24).reshape(1, 1, 4, 6)
print(page[0, 0])
print(patchify(page, 2)[0])

# %% [markdown]
# Put the tokens side by side again, with gaps between them, and you see what the transformer gets:

# %%
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
# Each token asks a question (its *query* q), and offers a label (its *key* k) and a content (its
# *value* v). Where a query fits a key, their product is large, and much of that token's value is
# taken.

# %% [markdown]
# ### {exercise:attention}
#
# Compute
#
# $$\operatorname{softmax}\left(\frac{q k^\top}{\sqrt{\text{width of } q}}\right) v$$
#
# where the softmax is taken over the keys: for each query the weights of all keys add up to 1. The
# root keeps the products at the size of single numbers: the sum of `width` products of independent
# numbers of size 1 is about the root of `width` large (Vaswani et al., 2017).
#
# Queries are (..., n, width), keys (..., m, width), values (..., m, another width). The axes in
# front, such as images and heads, are the same for all three; there may be any number of them, or
# none. Each of their entries is an attention of its own. Products may be large: the result stays
# finite then, too. A gradient flows to q, k and v. In float64 the result equals that of PyTorch's
# own `scaled_dot_product_attention` within 1e-10. Work on all of it at once, without a loop over
# heads, images or tokens.
#
# <details><summary>Hint</summary>
#
# The matrix of products has a row for each query and a column for each key. Along which of its two
# axes do the weights have to add up to 1? And what is `exp(1000)`?
#
# </details>
#
# <details><summary>Hint: the shapes</summary>
#
# `@` multiplies the last two axes and repeats that for all axes in front. (..., n, width) times
# (..., width, m) is (..., n, m); that times (..., m, another width) is (..., n, another width).
# Count axes from the end: `-1` and `-2` are right however many there are in front.
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


# %%
q, k, v = torch.randn(3, 2, 4, 10, 16, dtype=torch.float64)
difference = attention(q, k, v) - scaled_dot_product_attention(q, k, v)
print(f"largest difference from PyTorch's own: {float(difference.abs().max()):.0e}")

# %% [markdown]
# `TransformerBlock` is given: it makes q, k and v from the tokens with linear layers, for several
# *heads* side by side, calls your `attention`, and adds what came back to the tokens. A small
# network that looks at each token by itself follows. Read its code; it is short.

# %% [markdown]
# ## The encoder
#
# Attention treats tokens as a set: exchange two of them, and their results are exchanged, nothing
# else. Where in the image a patch was is lost, and that is just what pose estimation asks for. So a
# vector that belongs to the position is added to each token. These vectors are learned like any
# other weight (Dosovitskiy et al., 2021).
#
# ViT adds a *class token*, whose result stands for the whole image. We want an answer for each
# place, so there is none, as in ViTPose (Xu et al., 2022): the tokens that come out are put back
# where their patches were, and are feature maps.

# %% [markdown]
# ### {exercise:PoseViT}
#
# Write the encoder. It has four parts, one after the other:
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
# There are no others. Images may be of any size whose sides are multiples of `patch`, and need not
# be square; they are as large as `image_size` says. There may be a single one, and each
# image is processed on its own: what is in one never changes the features of another. The network
# works in training mode as well as in evaluation mode, and all parameters can learn. Process all
# images and tokens at once, without a loop; a loop over the blocks is fine.
#
# <details><summary>Hint</summary>
#
# `[TransformerBlock(...)] * depth` is one block, many times. And what is in a plain Python list,
# the network does not find: `parameters()` leaves it out, and it never learns.
#
# `nn.init.trunc_normal_` fills a tensor. `nn.Parameter` makes it one of the network's weights.
#
# </details>
#
# <details><summary>Hint: the shapes</summary>
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


# %%
encoder = PoseViT()
print(f"{sum(p.numel() for p in encoder.parameters()):,} parameters")
print("feature maps", tuple(encoder(torch.randn(2, 3, 224, 224)).shape))

# %% [markdown]
# ## The decoder
#
# The feature maps have one place for 16 x 16 pixels. Heat maps need more than that, so the decoder
# enlarges the feature maps 16 times, to the size of the image.

# %% [markdown]
# ### {exercise:HeatmapDecoder}
#
# Three steps, in this order:
#
# 1. bilinear upsampling of the feature maps, 16 times as high and 16 times as wide, with
#    `align_corners=False`, so that a place of the feature map covers 16 x 16 pixels of the result,
# 2. ReLU,
# 3. a convolution with kernels of 1 x 1, `nn.Conv2d(width, n_keypoints, 1)`, whose result is the
#    heat maps: one for each keypoint, and nothing follows it.
#
# There may be a single image, any number of keypoints, and maps that are not square, or of a single
# row, column or place. All parameters can learn; their names are up to you.
#
# <details><summary>Hint</summary>
#
# The order matters: ReLU before the upsampling is not the same, and neither is one that follows the
# convolution. A heat map may be negative here and there; there is no sigmoid.
#
# </details>
#
# <details><summary>Hint: the shapes</summary>
#
# `torch.nn.functional.interpolate` takes `scale_factor` and `mode`; its default mode is not
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
        large = interpolate(features, scale_factor=16, mode="bilinear", align_corners=False)
        return self.convolution(torch.relu(large))
        ### END SOLUTION


# %%
decoder = HeatmapDecoder(192)
heatmaps = decoder(encoder(torch.randn(2, 3, 224, 224)))
print("heat maps", tuple(heatmaps.shape))

# %% [markdown]
# What does this order cost? For each image the enlarged features are 192 maps of 224 x 224 numbers,
# before the convolution makes 17 maps of them. That is 38.5 MB in float32, and the backward pass
# keeps the result of the ReLU as well.
# ViTPose's simple decoder takes the ReLU first, then enlarges and convolves. There, the convolution
# could as well come before the upsampling, which needs a tenth of the memory. With the ReLU in
# between, the two can no longer be exchanged.
