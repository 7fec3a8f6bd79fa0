"""What is wrong with a data set's file, as one sentence."""

from __future__ import annotations


class DatasetError(ValueError):
    """The file does not hold the data set it should, or cannot be read now."""
