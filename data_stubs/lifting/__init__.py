"""Synthetic poses in 2D and in 3D, in the layout of the lifting lab's files."""

from data_stubs.lifting.file import ensure_lifting, ensure_two_views, write_lifting

__all__ = ["ensure_lifting", "ensure_two_views", "write_lifting"]
