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
# # Preliminaries: tensors, broadcasting and one heat map
#
# The next assignment processes hundreds of small pictures at once, without a single `for`. Here you
# practise the few tensor operations that make this possible, one picture at a time.
#
# **Afterwards you can** say the shape of a tensor expression before you run it, make pictures from
# rows and columns by broadcasting, reduce a stack along the dimensions that you mean, and tell the
# point (x, y) from the index `[row, column]`.
#
# **You need** Python: functions, tuples, and how to read an error message. You need no PyTorch; if
# you know NumPy, most of this looks familiar.
#
# {notebook:effort}
#
# **How it works.** You complete the cells marked `# TODO`. The `check(...)` cell below each of them
# says "Right.", or what is wrong and where to look; run it as often as you like. What it checks is
# listed below the exercise's title. Each exercise has two hints, folded until you open them: a
# nudge, and a sketch of the way. You hand in nothing of this notebook, and you may add cells
# wherever you like. Two habits make it worth your while:
#
# * **Predict, then run.** Say aloud which shape, number or picture you expect before you press
#   Shift + Enter. Then unfold the answer.
# * **Break things.** Change a number and run the cell again. You cannot break anything for good.

# %% tags=["setup"]

# %%
import matplotlib.pyplot as plt
import torch
from jaxtyping import Float, Int
from torch import Tensor

from poselab import check

# %% [markdown]
# ## 1. Rows, columns, x and y
#
# A grey picture is a tensor of shape (height, width). The height comes first, because a tensor is a
# list of rows.

# %%
# NBVAL_CHECK_OUTPUT
picture = torch.zeros(5, 8)
picture[1, 6] = 1
print(picture)


# %% [markdown]
# A small helper draws it. From now on we look at pictures instead of reading numbers.
#
# What follows the colons in its first line are *type hints*: notes for readers, which Python
# does not enforce. `Float[Tensor, "height width"]` is a tensor of floating-point numbers with two
# dimensions, which the text calls height and width. `Float[Tensor, "*any 2"]`, further down, has
# any number of dimensions and then one of size 2. Read these notes: they tell you the shapes.


# %%
def show(picture: Float[Tensor, "height width"], title: str = "", unit: str = "brightness") -> None:
    """Draw one picture with a colour scale."""
    height, width = picture.shape
    plt.figure(figsize=(5, 3))
    plt.imshow(picture, cmap="magma")
    plt.xticks(range(width))
    plt.yticks(range(height))
    plt.xlabel("x (pixels)")
    plt.ylabel("y (pixels)")
    plt.colorbar(shrink=0.7, label=unit)
    plt.title(title)


# %% [markdown]
# **Predict:** `picture[1, 6]` is bright. Which numbers does `plt.plot` need to put a cross on it:
# 1, 6 or 6, 1?

# %% tags=["example"]
show(picture, "a cross on the bright pixel")
plt.plot(6, 1, "c+", markersize=20)
plt.show()

# %% [markdown]
# <details><summary>Answer</summary>
#
# 6, 1. The index `[1, 6]` says row 1, column 6. `plt.plot` takes a point, x first, and x counts
# columns.
#
# </details>
#
# Here is the trap that costs the most hours in this field:
#
# * a **tensor** is indexed `[row, column]`, that is `[y, x]`;
# * a **point** is written (x, y), x along the width.
#
# Sizes are (height, width), like shapes. Points are (x, y), as everywhere in mathematics.
#
# Look at the axes once more. The *centre* of the first pixel is at 0, the centre of the last one at
# W - 1 = 7. So pixel 6 reaches from 5.5 to 6.5, and a joint may well lie at x = 6.3.

# %% [markdown]
# ## 2. Numbers in a row
#
# `arange` counts, `linspace` divides an interval into equal steps. Both are used to make pixel
# coordinates.

# %%
# NBVAL_CHECK_OUTPUT
print(torch.arange(5))
print(torch.linspace(0, 1, 5))

# %% [markdown]
# `linspace` includes both ends. Five points have only *four* gaps, so the step is 1 / 4.
#
# This is how we normalise coordinates throughout the course: u = x / (W - 1) and v = y / (H - 1).
# The centre of the first pixel becomes 0, the centre of the last pixel becomes exactly 1.
#
# **Predict:** are these two the same?

# %%
# NBVAL_CHECK_OUTPUT
print(torch.arange(5) / 5)
print(torch.arange(5) / 4)

# %% [markdown]
# <details><summary>Answer</summary>
#
# No. The first one ends at 0.8, so no pixel ever gets to 1. Only the second one is
# `linspace(0, 1, 5)`: five pixels, four gaps.
#
# </details>

# %% [markdown]
# ### {exercise:pixels_to_01}
#
# Write this rule as a function, for one point or for any number of points at once; the last
# dimension is always (x, y).
#
# <details><summary>Hint 1</summary>
#
# `size` is (height, width) but a point is (x, y). If a corner below comes out larger than 1, you
# have walked into the trap of section 1.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Points of shape (..., 2) can be divided by a tensor of shape (2,) in one go: the first number is
# for every x, the second for every y. Or take every x with `points_px[..., 0]`, every y likewise,
# and put the two results side by side with `torch.stack(..., dim=-1)`.
#
# </details>


# %% exercise="pixels_to_01"
def pixels_to_01(
    points_px: Float[Tensor, "*any 2"], size: tuple[int, int]
) -> Float[Tensor, "*any 2"]:
    """Points in pixels, as u = x / (W - 1) and v = y / (H - 1). `size` is (height, width)."""
    ### BEGIN SOLUTION
    height, width = size
    return points_px / torch.tensor([width - 1, height - 1], dtype=points_px.dtype)
    ### END SOLUTION


# %%
# NBVAL_CHECK_OUTPUT
corners_px = torch.tensor([[0.0, 0.0], [7.0, 0.0], [0.0, 4.0], [7.0, 4.0]])
corners_01 = pixels_to_01(corners_px, size=(5, 8))
print(corners_01)

# %% [markdown]
# ## 3. Broadcasting
#
# Adding a row of shape (8,) and a column of shape (5, 1) gives a whole picture: each pixel is the
# sum of its column's number and its row's number.

# %%
x = torch.arange(8)
y = torch.arange(5)
show(x + 10 * y[:, None], "x + 10 y", unit="x + 10 y")
plt.show()

# %% [markdown]
# `y[:, None]` inserts a dimension of size 1. The rule for two shapes:
#
# 1. write them one below the other, aligned **on the right**;
# 2. a missing dimension counts as 1;
# 3. a 1 stretches to the size above or below it; any other pair must be equal.
#
# **Predict** each line. Then add `torch.zeros(18, 2) + torch.zeros(40)` in a cell of your own, and
# read the error message: you will meet it again.

# %%
# NBVAL_CHECK_OUTPUT
print(torch.broadcast_shapes((5, 1), (8,)))
print(torch.broadcast_shapes((18, 1), (40,)))
print(torch.broadcast_shapes((4, 18, 1, 1), (32, 1), (40,)))

# %% [markdown]
# <details><summary>Answer</summary>
#
# Aligned on the right, (5, 1) and (8,) are 5, 1 and 1, 8: together (5, 8). Likewise (18, 1) and
# (40,) make (18, 40). In the last line the four sizes 4, 18, 32 and 40 each stretch what is 1 or
# missing: (4, 18, 32, 40), four samples of 18 maps of 32 x 40. With (18, 2), a 2 stands above 40:
# neither is 1, and nothing stretches.
#
# </details>
#
# An error message is the lucky case. Four predictions minus four targets should be four numbers.
# **Predict** what comes out here:

# %%
# NBVAL_CHECK_OUTPUT
predicted = torch.tensor([1.0, 2.0, 3.0, 4.0])
target = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
print((predicted - target).shape)

# %% [markdown]
# <details><summary>Answer</summary>
#
# (4, 4). The column (4, 1) and the row (4,) broadcast, so each prediction is compared with each
# target.
#
# </details>
#
# No error, sixteen differences, and a network that learns nonsense. When a network does not learn,
# print the shapes first.

# %% [markdown]
# ### {exercise:pyramid_heatmap}
#
# A *heat map* is a picture that is bright where a joint is. The simplest one is a pyramid: it is 1
# at the joint (jx, jy) and falls off in a straight line,
#
# $$\max\left(0,\; 1 - \frac{|x - j_x| + |y - j_y|}{r}\right).$$
#
# Write it without a loop. (The assignment asks for a rounder one.)
#
# <details><summary>Hint 1</summary>
#
# Make the distances along x first, a row; then those along y, a column. If adding them raises an
# error, look at their two shapes. Which numbers does the formula give far from the joint, and what
# does the max make of them?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The distances along x have the shape (width,), those along y (height,). `[:, None]` makes a column
# (height, 1) of the latter, and the sum is (height, width). `abs` is a method of tensors, and so is
# `clamp(min=...)`, which takes the maximum with a number.
#
# </details>


# %% exercise="pyramid_heatmap"
def pyramid_heatmap(
    joint: Float[Tensor, "2"], size: tuple[int, int], radius: float
) -> Float[Tensor, "height width"]:
    """A picture of (height, width): 1 at the joint (x, y) in pixels, 0 from `radius` pixels on."""
    ### BEGIN SOLUTION
    height, width = size
    across = (torch.arange(width) - joint[0]).abs()
    down = (torch.arange(height) - joint[1]).abs()
    return (1 - (across + down[:, None]) / radius).clamp(min=0)
    ### END SOLUTION


# %% tags=["example"]
joint = torch.tensor([6.0, 1.0])
show(pyramid_heatmap(joint, size=(5, 8), radius=4), "the peak lies under the cross", "height")
plt.plot(*joint, "c+", markersize=20)
plt.show()

# %% [markdown]
# Now put the joint *between* pixels, at (5.5, 1.25). **Predict:** how bright is the brightest
# pixel?

# %%
# NBVAL_CHECK_OUTPUT
between = pyramid_heatmap(torch.tensor([5.5, 1.25]), size=(5, 8), radius=4)
print(between.max().item())

# %% [markdown]
# <details><summary>Answer</summary>
#
# The nearest pixels are (5, 1) and (6, 1). To each of them it is 0.5 along x and 0.25 along y, so
# both have 1 - 0.75 / 4 = 0.8125.
#
# </details>
#
# The peak of 1 is at the joint's true position, where there is no pixel. Do not "repair" that: the
# brightness of the neighbours is what distinguishes 5.5 from 6.

# %% [markdown]
# ## 4. Sums along an axis, and `keepdim`
#
# `sum(dim=...)` adds along that dimension, and the dimension disappears. Negative numbers count
# from the right: in a picture -1 is the width and -2 the height, however many dimensions come
# before them. **Predict** the three shapes.

# %%
# NBVAL_CHECK_OUTPUT
stack = torch.arange(24.0).reshape(2, 3, 4)
print(stack.sum(dim=-1).shape)
print(stack.sum(dim=(-2, -1)).shape)
print(stack.sum(dim=(-2, -1), keepdim=True).shape)

# %% [markdown]
# <details><summary>Answer</summary>
#
# The stack is (2, 3, 4). Without the width (2, 3) is left, without height and width (2,). With
# `keepdim=True` the two dimensions stay, with the size 1: (2, 1, 1).
#
# </details>
#
# What is a dimension of size 1 good for? Suppose we divide each row by its sum, so that each row
# adds up to 1. **Predict** which of the two divisions does it:

# %%
# NBVAL_CHECK_OUTPUT
square = torch.tensor([[1.0, 3.0], [1.0, 1.0]])
print((square / square.sum(dim=-1)).sum(dim=-1))
print((square / square.sum(dim=-1, keepdim=True)).sum(dim=-1))

# %% [markdown]
# <details><summary>Answer</summary>
#
# The second one. Without `keepdim` the sums have shape (2,) and are aligned on the right, so each
# *column* is divided instead. On a square picture nothing warns you.
#
# </details>

# %% [markdown]
# ### {exercise:stretch_contrast}
#
# Stretch each picture of a stack separately, so that its darkest pixel becomes 0 and its brightest
# becomes 1. Two methods of tensors help: `amin` and `amax` take several dimensions at once. Leave
# `pictures` as they are, since the figure below shows them before and after.
#
# <details><summary>Hint 1</summary>
#
# Do all three pictures below look right, or only one? You need the smallest value of each picture,
# not that of the whole stack, and its shape still has to fit the stack.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# For `pictures` of shape (batch, height, width) the smallest values should have the shape
# (batch, 1, 1), and so should the largest. Then, what is left of a pixel above its picture's
# smallest value is a part of that picture's range.
#
# </details>


# %% exercise="stretch_contrast"
def stretch_contrast(
    pictures: Float[Tensor, "batch height width"],
) -> Float[Tensor, "batch height width"]:
    """Each picture scaled and shifted to run from 0 to 1. No picture is constant."""
    ### BEGIN SOLUTION
    darkest = pictures.amin(dim=(-2, -1), keepdim=True)
    brightest = pictures.amax(dim=(-2, -1), keepdim=True)
    return (pictures - darkest) / (brightest - darkest)
    ### END SOLUTION


# %% [markdown]
# Three pictures to try it on, the same waves with little contrast or much, dark or bright:

# %%
waves = torch.sin(torch.arange(40) / 3) * torch.cos(torch.arange(30) / 4)[:, None]
contrast = torch.tensor([0.1, 0.2, 0.4])[:, None, None]
brightness = torch.tensor([0.15, 0.75, 0.5])[:, None, None]
pictures = brightness + contrast * waves

# %% tags=["example"]
stretched = stretch_contrast(pictures)
figure, axes = plt.subplots(2, 3, figsize=(8, 4.2), layout="constrained", sharex=True, sharey=True)
for column in range(3):
    axes[0, column].imshow(pictures[column], cmap="gray", vmin=0, vmax=1)
    drawn = axes[1, column].imshow(stretched[column], cmap="gray", vmin=0, vmax=1)
    axes[0, column].set_title(f"picture {column}")
    axes[1, column].set_xlabel("x (pixels)")
axes[0, 0].set_ylabel("before\ny (pixels)")
axes[1, 0].set_ylabel("after\ny (pixels)")
figure.colorbar(drawn, ax=axes, label="brightness")
plt.show()

# %% [markdown]
# Look again at the cell that made the pictures: `contrast` has shape (3, 1, 1), `waves` (30, 40).
# One multiplication makes a whole stack.

# %% [markdown]
# ## 5. Where is the maximum?
#
# `argmax` returns *one* number, even for a picture. It counts the pixels row by row, as you read a
# page:

# %%
numbers = torch.arange(3 * 5).reshape(3, 5)
show(numbers, "the flat index of each pixel", unit="flat index")
style = {"backgroundcolor": "white", "ha": "center", "va": "center"}
for row in range(3):
    for column in range(5):
        plt.text(column, row, f"{numbers[row, column]}", **style)
plt.show()

# %% [markdown]
# ### {exercise:flat_index}
#
# What is the flat index of the pixel (x, y)? Write one formula, for single numbers and for tensors
# alike.
#
# <details><summary>Hint 1</summary>
#
# How many pixels does one complete row hold? Check your formula with a pixel in the last row: on a
# square picture you would not notice height and width mixed up.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Count the pixels that come before (x, y): first those in all complete rows above it, then those to
# its left. Each of the two is one small product or number; the answer is their sum.
#
# </details>


# %% exercise="flat_index"
def flat_index(
    x: Int[Tensor, "*any"] | int, y: Int[Tensor, "*any"] | int, width: int
) -> Int[Tensor, "*any"] | int:
    """The index of the pixel (x, y) when a picture of that width is read row by row."""
    ### BEGIN SOLUTION
    return y * width + x
    ### END SOLUTION


# %%
# NBVAL_CHECK_OUTPUT
print(flat_index(x=4, y=1, width=5))

# %% [markdown]
# In the assignment you will need the way back: from the flat index to (x, y). Find it now, in your
# head: which pixel is number 13 above? What did you compute?
#
# <details><summary>Answer</summary>
#
# The pixel (3, 2). In 13 there are two whole rows of 5, which is y; 3 pixels are left over, which
# is x. Whole rows and what is left over: a division without remainder, and its remainder.
#
# </details>

# %% [markdown]
# ## 6. Loops become dimensions
#
# Here are three people as stick figures: a tensor of shape (person, joint, 2). Broadcasting places
# and scales one figure three times. **Predict** its shape.

# %%
# NBVAL_CHECK_OUTPUT
# head, neck, one hand, other hand, hip, one foot, other foot; y points down, as in pictures
figure_px = torch.tensor([[0.0, 0], [0, 3], [-4, 5], [3, 6], [0, 8], [-2, 14], [3, 13]])
bones = [(0, 1), (1, 2), (1, 3), (1, 4), (4, 5), (4, 6)]
place = torch.tensor([[6.0, 3.0], [20.0, 10.0], [31.0, 1.0]])
scale = torch.tensor([1.2, 0.7, 1.5])
people_px = place[:, None, :] + scale[:, None, None] * figure_px
print(people_px.shape)

# %% [markdown]
# <details><summary>Answer</summary>
#
# (3, 7, 2). The positions are (3, 1, 2), the scales (3, 1, 1), and the figure is (7, 2), with a 1
# missing in front.
#
# </details>

# %% [markdown]
# ### {exercise:bounding_boxes}
#
# Here is the box around each person, written with loops:


# %%
def boxes_with_loops(poses: Float[Tensor, "person joint 2"]) -> Float[Tensor, "person 4"]:
    """For each person x_min, y_min, x_max, y_max, one joint after the other."""
    boxes = []
    for pose in poses:
        left, top = right, bottom = pose[0].tolist()
        for x, y in pose.tolist():
            left, top = min(left, x), min(top, y)
            right, bottom = max(right, x), max(bottom, y)
        boxes.append([left, top, right, bottom])
    return torch.tensor(boxes)


# %% [markdown]
# Write the same for all people and joints at once. A loop is a good first draft: when the fast
# version agrees with the slow one, both are probably right.
#
# <details><summary>Hint 1</summary>
#
# Which dimension should disappear, and which ones stay? You have met the two methods that you need
# in section 4.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# (person, joint, 2) without its joints is (person, 2): once for the smallest numbers, once for the
# largest. Two results of shape (person, 2) then become one of shape (person, 4): compare what
# `torch.cat` and `torch.stack` do to the shape, and along which dimension.
#
# </details>


# %% exercise="bounding_boxes"
def bounding_boxes(poses: Float[Tensor, "person joint 2"]) -> Float[Tensor, "person 4"]:
    """For each person x_min, y_min, x_max, y_max."""
    ### BEGIN SOLUTION
    return torch.cat((poses.amin(dim=1), poses.amax(dim=1)), dim=-1)
    ### END SOLUTION


# %% tags=["example"]
boxes = bounding_boxes(people_px).tolist()
figure, axes = plt.subplots(figsize=(6, 4))
for person, (left, top, right, bottom) in zip(people_px, boxes, strict=True):
    for start, end in bones:
        axes.plot(*person[[start, end]].T, "o-", color="tab:blue")
    axes.add_patch(
        plt.Rectangle((left, top), right - left, bottom - top, fill=False, color="tab:orange")
    )
axes.set(aspect="equal", xlabel="x (pixels)", ylabel="y (pixels)", ylim=(26, -2))
axes.set_title("each box fits its person")
plt.show()

# %% [markdown]
# And the numbers are those of the slow version:

# %%
# NBVAL_CHECK_OUTPUT
print(torch.equal(bounding_boxes(people_px), boxes_with_loops(people_px)))

# %% [markdown]
# ## 7. Good manners
#
# A function that others use leaves its input unchanged. `-=` and methods whose names end in `_`,
# like `clamp_`, write into the *same* tensor. **Predict:**

# %%
# NBVAL_CHECK_OUTPUT
original = torch.tensor([3.0, 4.0])
shifted = original
shifted -= 1
print(original)

# %% [markdown]
# <details><summary>Answer</summary>
#
# `tensor([2., 3.])`. `shifted = original` copies nothing: both names stand for one tensor, and `-=`
# writes into it. `shifted = original - 1` makes a new one.
#
# </details>
#
# A good function also follows its input: float64 in, float64 out, and on a GPU everything stays on
# the GPU. So make helper tensors with the `dtype` and the `device` of the input; `torch.arange(4)`
# alone makes integers on the CPU.

# %%
# NBVAL_CHECK_OUTPUT
exact = torch.tensor([0.1, 0.2], dtype=torch.float64)
print(torch.arange(4).dtype)
print(torch.arange(4, dtype=exact.dtype, device=exact.device).dtype)

# %% [markdown]
# ## Before you go on
#
# You are ready for `heatmap_2d` when you can answer these without running anything:
#
# * A heat map has shape (32, 40). Which index reads the pixel at x = 30, y = 2?
# * `poses` has shape (8, 18, 2). What is the shape of `poses[..., 0]`, and of `poses[..., 0, None,
#   None]`?
# * What is the shape of the latter minus `torch.arange(40)`?
#
# <details><summary>Answers</summary>
#
# `[2, 30]`; (8, 18) and (8, 18, 1, 1); (8, 18, 1, 40).
#
# </details>
#
# ## References
#
# Where these rules are written down, with more examples: the PyTorch documentation,
# [Broadcasting semantics](https://pytorch.org/docs/stable/notes/broadcasting.html), and
# Charles R. Harris and others, “Array programming with NumPy”, Nature 585, 2020.
