"""What students want to be called on a leaderboard: `pseudonym.txt`, one line beside the model."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from autograder.submissions.read import UnreadableError, read_bytes

PSEUDONYM = "pseudonym.txt"
LONGEST = 24
"""Characters that are shown."""

_LONGEST_FILE = 1000
_LEFT_OUT = re.compile(r"[^\w .'!-]")
"""Markup, formulas, emoji; characters that overlay others or turn the line round."""


def pseudonym_beside(files: Iterable[Path | None]) -> str:
    """The name in the file beside what was submitted.

    Args:
        files: the submitted files.

    Returns:
        The name as it can be shown; empty where there is none, or none that can be read.
    """
    folders = dict.fromkeys(file.parent for file in files if file is not None)
    for folder in folders:
        path = folder / PSEUDONYM
        # A link could lead anywhere.
        if not os.path.lexists(path) or path.is_symlink():
            continue
        try:
            text = read_bytes(path, _LONGEST_FILE).decode("utf-8-sig", "replace")
        except UnreadableError:
            continue
        return cleaned(text)
    return ""


def cleaned(text: str) -> str:
    """A name of letters, digits and a few signs, on one line and not too long.

    Args:
        text: what was written.

    Returns:
        The name; empty if fewer than two letters or digits are left.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    kept = _LEFT_OUT.sub("", unicodedata.normalize("NFKC", first))
    name = " ".join(kept.split())[:LONGEST].strip(" .'!-_")
    return name if sum(letter.isalnum() for letter in name) > 1 else ""


def compared(name: str) -> str:
    """Names are the same if only capitals, spaces and signs differ."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in folded if letter.isalnum())
