"""How sentences get to whoever runs a command."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def say(console: Console, sentences: Iterable[str]) -> None:
    """Print sentences as they are: what students wrote is no markup, and paths are not torn.

    Args:
        console: where to.
        sentences: each begins a line.
    """
    for sentence in sentences:
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)
