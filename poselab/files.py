"""Files that are complete or not there."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to; what stands there when the block ends takes the place of ``path``.

    If the block fails or is interrupted, ``path`` stays as it was and nothing is left beside it.

    Args:
        path: the file to write or replace; its folder is made if need be.

    Yields:
        A path in the same folder with the same suffix, at which there is no file yet.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{secrets.token_hex(4)}.{path.name}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
