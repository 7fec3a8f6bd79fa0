# %% [markdown]
# # Areas
#
# {notebook:effort}
#
# {notebook:handing_in}

# %% tags=["setup"]

# %%
import math
import sys

from poselab import check
from poselab.plots import caption

# %% [markdown]
# ## {exercise:polygon_area}
#
# <details><summary>Hint 1</summary>Think of shoelaces.</details>
# <details><summary>Hint 2</summary>Pair each corner with the next.</details>


# %% exercise="polygon_area"
def polygon_area(corners: list[tuple[float, float]]) -> float:
    """The area of a polygon, positive for corners in counter-clockwise order."""
    ### BEGIN SOLUTION
    pairs = zip(corners, corners[1:] + corners[:1], strict=True)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs) / 2
    ### END SOLUTION


# %% [markdown]
# The unit square has the area 1.

# %%
print("working", file=sys.stderr)
polygon_area([(0, 0), (1, 0), (1, 1), (0, 1)])

# %% [markdown]
# ## {exercise:Circle}
#
# <details><summary>Hint 1</summary>Its radius comes first.</details>
# <details><summary>Hint 2</summary>Then its square.</details>


# %% exercise="Circle"
class Circle:
    """A circle with a radius."""

    def __init__(self, radius: float) -> None:
        ### BEGIN SOLUTION
        self.radius = radius
        ### END SOLUTION

    def area(self) -> float:
        """The area, in the square of the radius's unit."""
        ### BEGIN SOLUTION
        return math.pi * self.radius * self.radius
        ### END SOLUTION


# %% [markdown]
# ## {question:which_shape}
#
# Which shape encloses the largest area with a rope of one metre?

# %% [markdown] question="which_shape"
# === BEGIN MARK SCHEME ===
# Two points for the circle with the isoperimetric inequality.
# === END MARK SCHEME ===
