"""Whether submissions are sandboxed: chosen once for a run, and never dropped in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from autograder.errors import CourseError
from autograder.sandbox.doctor import why_no_sandbox
from autograder.sandbox.policy import refuse_visible

Sandbox = Literal["bubblewrap", "none"]
"""What confines students' code: a sandbox, or nothing but a process of its own."""

OUR_SUBMISSIONS = Path("tests") / "submissions"
"""Submissions that come with the course, whose code we wrote."""


def choose_sandbox(
    wanted: Sandbox, submitted: Path, root: Path, *written: Path
) -> tuple[Sandbox, str]:
    """The sandbox for a run, and a sentence about it where one is due.

    Args:
        wanted: what was asked for.
        submitted: the folder of submissions.
        root: the course.
        written: what grading writes.

    Returns:
        The sandbox, and a sentence for the person who grades, or an empty one.

    Raises:
        CourseError: student code would run with the privileges of the person who grades, or could
            read what it must not.
    """
    if wanted == "none":
        return "none", "Submissions run with your privileges, without a sandbox, as you asked."
    reason = why_no_sandbox()
    if reason is None:
        refuse_visible([submitted, root, *written])
        return "bubblewrap", ""
    if submitted.resolve() == (root / OUR_SUBMISSIONS).resolve():
        return "none", (
            f"{reason} These submissions are the course's own, so they run without a sandbox."
        )
    raise CourseError(
        f"{reason} Without a sandbox their code can read and change whatever you can; "
        "`--sandbox none` grades all the same, and `autograder doctor` says more."
    )


def sandbox_for_our_code() -> Sandbox:
    """The sandbox where there is one: solutions and released notebooks may run without."""
    return "none" if why_no_sandbox() else "bubblewrap"
