"""Which release a notebook is from, and what students see has changed since."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.manifest import COURSE_ROOT, load_manifest
from autograder.submissions.releases import handout_changes, releases_in

CHANGELOG = """# Changes

## Unreleased

* handout: not out yet

## 0.3.0

* code: the grader is faster
* handout: `heatmap_2d` has another
  loss
* handout: `rnn_video` has one layer

## 0.2.0

* handout: all is in English

## 0.1.0

* code: the grader
"""


def changes(old: str, new: str) -> list[str] | None:
    return handout_changes(CHANGELOG, old, new, "heatmap_2d", {"rnn_video"})


def test_changes_between_releases() -> None:
    both = ["`heatmap_2d` has another loss", "all is in English"]
    assert changes("v0.1.0", "v0.3.0") == both
    assert changes("v0.3.0", "v0.1.0") == both
    assert changes("v0.2.0", "v0.3.0") == both[:1]
    assert changes("v0.2.0", "v0.2.0") == []
    assert changes("autumn", "v0.2.0") is None


def test_the_courses_own_changes_can_be_read() -> None:
    text = (COURSE_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert handout_changes(text, "v0.1.0", "v0.2.0", "rnn_video", {"heatmap_2d"})


def lay(folder: Path, student: str, source: str) -> None:
    path = folder / student / "heatmap_2d" / "Copy of heatmap_2d.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": [source]}]}))


def test_releases_of_a_class(tmp_path: Path) -> None:
    lay(tmp_path, "old", 'course = "poselab @ git+https://github.com/o/course@v0.1.0"\n')
    lay(tmp_path, "new", 'course = "poselab[onnx] @ git+https://github.com/o/course@v0.2.0"\n')
    lay(tmp_path, "none", "[badge](https://colab.example/github/o/course/blob/v0.1.0/n.ipynb)")
    (tmp_path / "empty").mkdir()
    assert releases_in(tmp_path, "heatmap_2d") == {"old": "v0.1.0", "new": "v0.2.0"}
    assert releases_in(tmp_path / "nowhere", "heatmap_2d") == {}


def test_our_own_notebooks_say_their_release(tmp_path: Path) -> None:
    manifest = load_manifest()
    for assignment in manifest.assignments.values():
        name = f"{assignment.graded_notebooks[0].name}.ipynb"
        (tmp_path / "s" / assignment.id).mkdir(parents=True)
        source = manifest.released(assignment, assignment.graded_notebooks[0]).read_bytes()
        (tmp_path / "s" / assignment.id / name).write_bytes(source)
        assert releases_in(tmp_path, assignment.id) == {"s": manifest.student_repository.tag}
