"""Synthetic YouTube Pose: ``youtube_train_data.pkl`` in the layout of the real file."""

from data_stubs.youtube.file import ensure_youtube, write_youtube

__all__ = ["ensure_youtube", "write_youtube"]
