"""What a notebook of the pose-estimation course imports."""

from poselab.checks import check

__all__ = ["check"]
