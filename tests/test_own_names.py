"""What is an assignment's own has its name in its path."""

from __future__ import annotations

from autograder.manifest import COURSE_ROOT, load_manifest

EXAMPLES = {"heatmap_2d", "rnn_video"}
"""What tests grade and break to try everything else: these assignments can be hidden only."""


def test_what_names_an_assignment_has_the_name_in_its_path() -> None:
    """So that `git ls-files` lists all that goes when the assignment goes."""
    folders = ("poselab", "data_stubs", "autograder", "tests")
    paths = [path for folder in folders for path in (COURSE_ROOT / folder).rglob("*.py")]
    assert paths
    for name in load_manifest().assignments.keys() - EXAMPLES:
        for path in paths:
            own = path.relative_to(COURSE_ROOT).as_posix()
            assert name in own or name not in path.read_text(encoding="utf-8"), (
                f"{own} names {name}: move what is that assignment's to a path with {name} in it"
            )
