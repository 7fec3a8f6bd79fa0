"""A class from another release is refused, a single notebook is graded; a term has its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.manifest import Manifest, load_manifest
from autograder.reporting.another_release import OtherReleases, other_releases
from autograder.reporting.term import require_same_term

CHANGELOG = "## 0.3.0\n\n* handout: another loss\n\n## 0.2.0\n\n* code: x\n\n## 0.1.9\n\n## 0.1.0\n"


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "CHANGELOG.md").write_text(CHANGELOG)
    whole = load_manifest()
    repository = whole.student_repository.model_copy(update={"tag": "v0.3.0"})
    root = tmp_path / "course"
    return whole.model_copy(update={"root": root, "student_repository": repository})


def found(
    manifest: Manifest, folder: Path, tags: list[str], allowed: bool = False
) -> OtherReleases:
    for number, tag in enumerate(tags):
        path = folder / "class" / f"s{number}" / "heatmap_2d" / "heatmap_2d.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'course = "poselab @ git+https://github.com/o/course@{tag}"')
    assignment = manifest.assignment("heatmap_2d")
    return other_releases(manifest, assignment, folder / "class", folder / "grading", allowed)


def test_a_single_notebook_is_graded_and_told(manifest: Manifest, tmp_path: Path) -> None:
    releases = found(manifest, tmp_path, ["v0.2.0", "v0.3.0"])
    assert releases.tags == {"s0": "v0.2.0"}
    assert "another loss" in releases.remark("s0") and "v0.3.0" in releases.remark("s0")


def test_a_class_is_refused_with_what_to_do(manifest: Manifest, tmp_path: Path) -> None:
    tags = ["v0.2.0", "v0.2.0", "v0.3.0"]
    with pytest.raises(CourseError, match=r"2 of 3 .*another loss.*git worktree add .*v0\.2\.0"):
        found(manifest, tmp_path, tags)
    assert len(found(manifest, tmp_path, tags, allowed=True).tags) == 2


def test_releases_that_students_see_no_difference_in_are_one(
    manifest: Manifest, tmp_path: Path
) -> None:
    repository = manifest.student_repository.model_copy(update={"tag": "v0.2.0"})
    same = manifest.model_copy(update={"student_repository": repository})
    assert not found(same, tmp_path, ["v0.1.0", "v0.1.9"]).tags


def test_what_the_changes_do_not_name_is_not_taken_for_the_same(
    manifest: Manifest, tmp_path: Path
) -> None:
    with pytest.raises(CourseError, match="does not say what has changed"):
        found(manifest, tmp_path, ["autumn"])


def test_a_working_folder_belongs_to_one_term(tmp_path: Path) -> None:
    whole = load_manifest()

    def taught(term: str | None) -> Manifest:
        course = whole.course.model_copy(update={"term": term})
        return whole.model_copy(update={"course": course})

    require_same_term(tmp_path, taught(None))
    for term in ("2026 autumn", None, "2026 autumn"):
        require_same_term(tmp_path, taught(term))
    with pytest.raises(CourseError, match=r"that of '2026 autumn'.*'2027 autumn'.*--work"):
        require_same_term(tmp_path, taught("2027 autumn"))
    require_same_term(tmp_path / "new", taught("2027 autumn"))
