"""How much of a submission's time each of its cells may use.

Trainings come before exercises in a notebook, and may take long. So half of the time is all that
cells may use together which nothing graded needs; and what is graded, or needed for it, has a slice
of its own, whatever was used before.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from nbformat import NotebookNode

from autograder.grading.settings import Limits
from autograder.needed_cells import needed_cells

FOR_OTHERS = 0.5
"""What cells may use together that nothing graded needs, as a fraction of a submission's time."""

KEPT = 0.25
"""What is kept for the exercises, as a fraction of a submission's time."""

LEAST = 0.1
"""Seconds. With less left, what nothing graded needs is not begun."""

LONG = 1.0
"""Seconds. What nothing graded needs and took longer does not run again in another kernel."""


@dataclass
class Budget:
    """A submission's time.

    Args:
        limits: of a cell, and of everything.
        needed: the indices of cells that are graded or needed for it.
        exercises: how many there are.
    """

    limits: Limits
    needed: Collection[int]
    exercises: int
    used: float = 0.0
    used_by_others: float = 0.0
    took_long: set[int] = field(default_factory=set)

    def allowance(self, index: int) -> float:
        """Seconds that a cell may use; 0 if it is not to run."""
        left = self.limits.total - self.used
        if index in self.needed:
            kept = KEPT * self.limits.total / max(1, self.exercises)
            return min(self.limits.cell, max(left, kept))
        if index in self.took_long:
            return 0.0
        left = min(left, FOR_OTHERS * self.limits.total - self.used_by_others)
        return min(self.limits.cell, left) if left >= LEAST else 0.0

    def charge(self, index: int, seconds: float) -> None:
        """Take what a cell has used."""
        self.used += seconds
        if index not in self.needed:
            self.used_by_others += seconds
            if seconds > LONG:
                self.took_long.add(index)


def needed_for_grading(nb: NotebookNode, graded: Collection[str]) -> set[int]:
    """The cells of a submission that are graded, and those that they need.

    Args:
        nb: the submission, repaired.
        graded: the exercises.

    Returns:
        Their indices.
    """
    wanted = {name for one in graded for name in (one, f"check_{one}")}
    code = [index for index, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    places = [
        place
        for place, index in enumerate(code)
        if nb.cells[index].metadata.get("nbgrader", {}).get("grade_id") in wanted
    ]
    needed = needed_cells([nb.cells[index].source for index in code], places)
    return {code[place] for place in needed}
