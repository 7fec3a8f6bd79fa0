"""Say how far it is around a shape."""

import math


def perimeter(corners: list[tuple[float, float]]) -> float:
    """The length of a polygon's outline."""
    ### BEGIN SOLUTION
    following = corners[1:] + corners[:1]
    return sum(math.dist(here, there) for here, there in zip(corners, following, strict=True))
    ### END SOLUTION


if __name__ == "__main__":
    print(perimeter([(0, 0), (3, 0), (3, 4)]))
