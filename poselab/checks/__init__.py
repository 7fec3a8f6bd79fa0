"""Judging observations: suites of cases, a probe that puts them, and a judge."""

from poselab.checks.check import check

__all__ = ["check"]
