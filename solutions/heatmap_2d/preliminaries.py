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
# Nothing here is graded, and it takes about half an hour. Two habits make it worth your while:
#
# * **Predict, then run.** Say aloud which shape, number or picture you expect before you press
#   Shift + Enter.
# * **Break things.** Change a number and run the cell again. You cannot break anything for good.

# %% tags=["setup"]

# %%
import matplotlib.pyplot as plt
import torch
from jaxtyping import Float, Int
from torch import Tensor

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


# %%
def show(picture: Float[Tensor, "height width"], title: str = "") -> None:
    """Draw one picture with a colour scale."""
    height, width = picture.shape
    plt.figure(figsize=(5, 3))
    plt.imshow(picture, cmap="magma")
    plt.xticks(range(width))
    plt.yticks(range(height))
    plt.xlabel("x")
    plt.ylabel("y")
    plt.colorbar(shrink=0.7)
    plt.title(title)


# %% [markdown]
# **Predict:** `picture[1, 6]` is bright. Which numbers does `plt.plot` need to put a cross on it:
# 1, 6 or 6, 1?

# %%
show(picture, "a cross on the bright pixel")
plt.plot(6, 1, "c+", markersize=20)
plt.show()

# %% [markdown]
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
# ### {exercise:pixels_to_01}
#
# Write this rule as a function, for one point or for any number of points at once; the last
# dimension is always (x, y).
#
# <details><summary>Hint</summary>
#
# `size` is (height, width) but a point is (x, y). If a corner below comes out larger than 1, you
# have walked into the trap of section 1.
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
assert corners_01.tolist() == [[0, 0], [1, 0], [0, 1], [1, 1]], (
    "the corners are the corners of 0..1"
)

# %% [markdown]
# ## 3. Broadcasting
#
# Adding a row of shape (8,) and a column of shape (5, 1) gives a whole picture: each pixel is the
# sum of its column's number and its row's number.

# %%
x = torch.arange(8)
y = torch.arange(5)
show(x + 10 * y[:, None], "x + 10 y")
plt.show()

# %% [markdown]
# `y[:, None]` inserts a dimension of size 1. The rule for two shapes:
#
# 1. write them one below the other, aligned **on the right**;
# 2. a missing dimension counts as 1;
# 3. a 1 stretches to the size above or below it; any other pair must be equal.
#
# **Predict** each line. Then change (18, 1) to (18, 2) and read the error message: you will meet it
# again.

# %%
# NBVAL_CHECK_OUTPUT
print(torch.broadcast_shapes((5, 1), (8,)))
print(torch.broadcast_shapes((18, 1), (40,)))
print(torch.broadcast_shapes((4, 18, 1, 1), (32, 1), (40,)))

# %% [markdown]
# An error message is the lucky case. Four predictions minus four targets should be four numbers.
# **Predict** what comes out here:

# %%
# NBVAL_CHECK_OUTPUT
predicted = torch.tensor([1.0, 2.0, 3.0, 4.0])
target = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
print((predicted - target).shape)

# %% [markdown]
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
# <details><summary>Hint</summary>
#
# Make the distances along x first, a row; then those along y, a column. If adding them raises an
# error, look at their two shapes. `clamp` takes the maximum with a number.
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


# %%
joint = torch.tensor([6.0, 1.0])
show(pyramid_heatmap(joint, size=(5, 8), radius=4), "the peak lies under the cross")
plt.plot(*joint, "c+", markersize=20)
plt.show()

# %%
pyramid = pyramid_heatmap(joint, size=(5, 8), radius=4)
assert pyramid.shape == (5, 8), "the shape is (height, width)"
assert pyramid[1, 6] == 1, "x = 6 and y = 1 is row 1, column 6"
assert pyramid[1, 4] == 0.5 and pyramid[3, 7] == 0.25, (
    "the fall is in a straight line, and the same along x and y"
)

# %% [markdown]
# Now put the joint *between* pixels, at (5.5, 1.25). **Predict:** how bright is the brightest
# pixel?

# %%
# NBVAL_CHECK_OUTPUT
between = pyramid_heatmap(torch.tensor([5.5, 1.25]), size=(5, 8), radius=4)
print(between.max().item())

# %% [markdown]
# The peak of 1 is at the joint's true position, where there is no pixel. Do not "repair" that: the
# brightness of the neighbours is what distinguishes 5.5 from 6.

# %% [markdown]
# ## 4. Sums along an axis, and `keepdim`
#
# `sum(dim=...)` adds along that dimension, and the dimension disappears. Negative numbers count
# from the right: in a picture -1 is the width and -2 the height, however many dimensions come
# before them.

# %%
# NBVAL_CHECK_OUTPUT
stack = torch.arange(24.0).reshape(2, 3, 4)
print(stack.sum(dim=-1).shape)
print(stack.sum(dim=(-2, -1)).shape)
print(stack.sum(dim=(-2, -1), keepdim=True).shape)

# %% [markdown]
# What is a dimension of size 1 good for? Suppose we divide each row by its sum, so that each row
# adds up to 1. **Predict** which of the two divisions does it:

# %%
# NBVAL_CHECK_OUTPUT
square = torch.tensor([[1.0, 3.0], [1.0, 1.0]])
print((square / square.sum(dim=-1)).sum(dim=-1))
print((square / square.sum(dim=-1, keepdim=True)).sum(dim=-1))

# %% [markdown]
# Without `keepdim` the sums have shape (2,) and are aligned on the right, so each *column* is
# divided instead. On a square picture nothing warns you.

# %% [markdown]
# ### {exercise:stretch_contrast}
#
# Stretch each picture of a stack separately, so that its darkest pixel becomes 0 and its brightest
# 1. `amin` and `amax` take several dimensions at once.
# 1. `amin` and `amax` take several dimensions at once.
#
# <details><summary>Hint</summary>
#
# Do all three pictures below look right, or only one? You need the smallest value of each picture,
# not that of the whole stack, and its shape still has to fit the stack.
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


# %%
waves = torch.sin(torch.arange(40) / 3) * torch.cos(torch.arange(30) / 4)[:, None]
contrast = torch.tensor([0.1, 0.2, 0.4])[:, None, None]
brightness = torch.tensor([0.15, 0.75, 0.5])[:, None, None]
pictures = brightness + contrast * waves

# %%
stretched = stretch_contrast(pictures)
figure, axes = plt.subplots(2, 3, figsize=(8, 4.2), layout="constrained")
for column in range(3):
    axes[0, column].imshow(pictures[column], cmap="gray", vmin=0, vmax=1)
    axes[1, column].imshow(stretched[column], cmap="gray", vmin=0, vmax=1)
axes[0, 0].set_ylabel("before")
axes[1, 0].set_ylabel("after")
plt.show()

# %%
stretched = stretch_contrast(pictures)
assert stretched.shape == pictures.shape, "the shape stays (batch, height, width)"
assert (stretched.amin(dim=(-2, -1)) == 0).all(), "each picture's darkest pixel is 0"
assert torch.allclose(stretched.amax(dim=(-2, -1)), torch.ones(3)), (
    "each picture's brightest pixel is 1"
)

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
show(numbers, "the flat index of each pixel")
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
# <details><summary>Hint</summary>
#
# How many pixels does one complete row hold? Check your formula with a pixel in the last row: on a
# square picture you would not notice height and width mixed up.
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
assert (flat_index(torch.arange(5), torch.arange(3)[:, None], width=5) == numbers).all(), (
    "as in the picture above"
)

# %% [markdown]
# In the assignment you will need the way back: from the flat index to (x, y). Find it now, in your
# head: which pixel is number 13 above? What did you compute?

# %% [markdown]
# ## 6. Loops become dimensions
#
# Here are three people as stick figures: a tensor of shape (person, joint, 2). Broadcasting places
# and scales one figure three times.

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
# <details><summary>Hint</summary>
#
# Which dimension should disappear, and which ones stay? Two results of shape (person, 2) then
# become one of shape (person, 4): compare what `torch.cat` and `torch.stack` do to the shape.
#
# </details>


# %% exercise="bounding_boxes"
def bounding_boxes(poses: Float[Tensor, "person joint 2"]) -> Float[Tensor, "person 4"]:
    """For each person x_min, y_min, x_max, y_max."""
    ### BEGIN SOLUTION
    return torch.cat((poses.amin(dim=1), poses.amax(dim=1)), dim=-1)
    ### END SOLUTION


# %%
boxes = bounding_boxes(people_px).tolist()
figure, axes = plt.subplots(figsize=(6, 4))
for person, (left, top, right, bottom) in zip(people_px, boxes, strict=True):
    for start, end in bones:
        axes.plot(*person[[start, end]].T, "o-", color="tab:blue")
    axes.add_patch(
        plt.Rectangle((left, top), right - left, bottom - top, fill=False, color="tab:orange")
    )
axes.set(aspect="equal", xlabel="x", ylabel="y", ylim=(26, -2), title="each person fits their box")
plt.show()

# %%
assert torch.equal(bounding_boxes(people_px), boxes_with_loops(people_px)), (
    "the same numbers as with loops"
)

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
