"""The one way in which the instructor's side writes a file."""

from __future__ import annotations

from pathlib import Path

from poselab.files import replacing


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it.

    Args:
        path: the file to write or replace; its folder is made if need be.
        content: all that it should hold.
    """
    with replacing(path) as unfinished:
        unfinished.write_bytes(content)
