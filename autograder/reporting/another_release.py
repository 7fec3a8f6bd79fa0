"""Notebooks that were made from another release of the course than the one that grades them.

A single one is graded all the same: it may have lost nothing by its age, and then nobody needs to
do anything. If most are, it is the wrong version that grades, and nothing is recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.errors import CourseError
from autograder.manifest import Assignment, Manifest
from autograder.submissions.releases import handout_changes, releases_in

_MOST_TOLD = 5


@dataclass(frozen=True)
class OtherReleases:
    """Whose notebook is from another release, in which this assignment was another one.

    Args:
        tags: the release, by the student's folder.
        changes: what has changed since, by release.
        current: the release that grades.
    """

    tags: dict[str, str] = field(default_factory=dict)
    changes: dict[str, str] = field(default_factory=dict)
    current: str = ""

    def remark(self, folder: str) -> str:
        """What to know of a submission that has lost points."""
        tag = self.tags[folder]
        return (
            f"This notebook is from the release {tag} of the course, and was graded by "
            f"{self.current}. Where it lost points, the exercise may have been another one: "
            f"{self.changes[tag]}"
        )


def other_releases(
    manifest: Manifest, assignment: Assignment, submitted: Path, work: Path, allowed: bool
) -> OtherReleases:
    """Find the notebooks of other releases, and refuse a class of them.

    Args:
        manifest: the course.
        assignment: what is graded.
        submitted: the folder of submissions.
        work: the working folder, for the sentence.
        allowed: whether the class is graded in any case.

    Returns:
        Whose they are.

    Raises:
        CourseError: more than half of the notebooks are from another release.
    """
    current = manifest.student_repository.tag
    found = releases_in(submitted, assignment.id)
    path = manifest.root / "CHANGELOG.md"
    changelog = path.read_text(encoding="utf-8") if path.is_file() else ""
    others = set(manifest.assignments) - {assignment.id}
    changes = {}
    for tag in sorted(set(found.values()) - {current}):
        told = handout_changes(changelog, tag, current, assignment.id, others)
        if told is None:
            changes[tag] = "CHANGELOG.md does not say what has changed since."
        elif told:
            changes[tag] = _in_short(told)
    concerned = {folder: tag for folder, tag in found.items() if tag in changes}
    if 2 * len(concerned) > len(found) and not allowed:
        (tag, count), *_ = Counter(concerned.values()).most_common(1)
        raise CourseError(
            f"Nothing was recorded: {count} of {len(found)} notebooks are from the course's "
            f"release {tag}, and this is {current}. What has changed: {changes[tag]} Grade them "
            f"with the version that they are from: `git worktree add ../course-{tag} {tag}`, then "
            f"`make setup` and the same command in that folder, with --work {work}-{tag}. To grade "
            "them with this version all the same, add --any-release."
        )
    return OtherReleases(concerned, changes, current)


def _in_short(changes: Sequence[str]) -> str:
    more = len(changes) - _MOST_TOLD
    rest = f"; and {more} more in CHANGELOG.md" if more > 0 else ""
    return f"{'; '.join(changes[:_MOST_TOLD])}{rest}."
