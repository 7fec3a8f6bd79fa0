"""Synthetic data for lifting: poses in the lab's files, and images with poses in 2D and in 3D."""

from data_stubs.lifting.file import ensure_lifting, ensure_two_views, write_lifting
from data_stubs.lifting.image_file import ensure_human36m, write_human36m

__all__ = [
    "ensure_human36m",
    "ensure_lifting",
    "ensure_two_views",
    "write_human36m",
    "write_lifting",
]
