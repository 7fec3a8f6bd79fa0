"""Judging answers: papers of questions, a probe that puts them, and a judge."""

from poselab.checks.check import check

__all__ = ["check"]
