"""A package of the same name as the real one: a course is run with its own packages."""

from poselab.checks import check

__all__ = ["check"]
