"""How a class is graded, and the secret seed that it is graded with."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from autograder.files import write_atomically
from autograder.sandbox.choice import Sandbox
from autograder.sandbox.limits import KernelLimits

PROFILE = "smoke"
"""The settings of what runs again when it is graded."""

ENVIRONMENT = {"POSELAB_PROFILE": PROFILE, "OMP_NUM_THREADS": "1"}
"""For the kernels of submissions: short trainings, and one thread, since several run at a time."""

WhatRuns = Literal["needed", "all"]
"""The cells of a submission that run: the student's own and what they need, or all."""


@dataclass(frozen=True)
class Limits:
    """What a submission may use.

    Args:
        cell: seconds for one cell, and for the cases of one exercise.
        total: seconds for everything.
        kernel: memory, processes, disk and output.
    """

    cell: float = 120.0
    total: float = 300.0
    kernel: KernelLimits = field(default_factory=KernelLimits)


@dataclass(frozen=True)
class Settings:
    """How a class is graded.

    Args:
        workers: submissions that run at the same time on this machine.
        force: run submissions again that were graded before and did not change.
        sandbox: the sandbox for students' code.
        limits: what a notebook may use; a model's limits are in its specification.
        scheduler: the address of a Dask scheduler whose workers run the submissions, instead of
            this machine.
        database: the gradebook, as SQLAlchemy writes it; else a file in the working folder.
        what_runs: the cells of a notebook that run.
        students: the only ones who are run, and that in any case; none: all.
        exercises: the only ones whose verdicts are kept, of submissions that are run in any case;
            none: all.
        any_release: grade a class whose notebooks are from another release of the course.
        dropped: who has left the class, whether or not the folder is there.
    """

    workers: int = 1
    force: bool = False
    sandbox: Sandbox = "bubblewrap"
    limits: Limits = field(default_factory=Limits)
    scheduler: str | None = None
    database: str | None = None
    what_runs: WhatRuns = "needed"
    students: tuple[str, ...] = ()
    exercises: tuple[str, ...] = ()
    any_release: bool = False
    dropped: frozenset[str] = frozenset()

    @property
    def regrades(self) -> bool:
        """Whether submissions are run that have not changed."""
        return self.force or bool(self.students or self.exercises)


def fresh_seed() -> int:
    """A secret seed that nobody has been graded with: what a message quotes is not asked again.

    Returns:
        A whole number from 1 to 2**31 - 1; students have the suites of :data:`STORED_SEED`, 0.
    """
    return secrets.randbelow((1 << 31) - 1) + 1


def class_seed(runs: Path, name: str) -> int:
    """The secret seed that a class's models are measured with: drawn once, so that they compare.

    Args:
        runs: the folder of all runs.
        name: what is graded.

    Returns:
        A whole number from 0 to 2**31 - 1.
    """
    path = runs / name / "seed.json"
    if path.is_file():
        return int(json.loads(path.read_text()))
    seed = secrets.randbits(31)
    write_atomically(path, json.dumps(seed).encode())
    return seed
