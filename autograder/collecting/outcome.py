"""What became of downloads: of each submission, and of what was left."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from autograder.collecting.archives import Refused
from autograder.collecting.collection import Collection
from autograder.collecting.identity import Attribution
from autograder.collecting.intake import Intake
from autograder.collecting.platforms.scheme import Handed

State = Literal["new", "newer", "earlier", "as before", "empty"]


@dataclass
class Line:
    """What became of one submission.

    Args:
        handed: as the platform gave it.
        found: whose it is.
        intake: its files.
        state: whether it is ``new``, a ``newer`` attempt, an ``earlier`` one, known ``as before``,
            or ``empty`` because nothing of it could be taken.
        remarks: what a person should know of it, sentences.
    """

    handed: Handed
    found: Attribution
    intake: Intake
    state: State = "as before"
    remarks: list[str] = field(default_factory=list)

    @cached_property
    def digest(self) -> str:
        """Of its files, which are all taken."""
        return self.intake.digest


@dataclass(frozen=True)
class Outcome:
    """What became of all downloads.

    Args:
        collection: all that is collected now.
        platforms: whose the downloads were, in words.
        lines: every submission.
        left: files that were left, and why.
        own: files of platforms, systems and other assignments, which nobody misses.
        remarks: what concerns no single submission, sentences.
        absent: the ids of people of whom nothing was ever collected.
        has_roster: whether a class list was given, now or before.
        has_moved: whether what was collected before lies elsewhere now.
    """

    collection: Collection
    platforms: tuple[str, ...]
    lines: tuple[Line, ...]
    left: tuple[Refused, ...]
    own: tuple[Refused, ...]
    remarks: tuple[str, ...]
    absent: tuple[str, ...]
    has_roster: bool
    has_moved: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether it is known of every file whose it is."""
        return not self.left and all(line.found.how != "ambiguous" for line in self.lines)

    @property
    def has_changed(self) -> bool:
        """Whether anything was collected that was not there before."""
        return any(line.state in ("new", "newer", "earlier") for line in self.lines)
