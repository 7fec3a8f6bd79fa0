"""Each platform's download: every file reaches its author, and nobody else."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from autograder.collecting.collect import Wishes, collect
from autograder.collecting.outcome import Outcome
from autograder.manifest import load_manifest
from autograder.submissions.find import find_submissions
from tests.autograder.collecting import generator
from tests.autograder.collecting.generator import CLASS, NOTEBOOK, PLATFORMS, Student, write_zip

MANIFEST = load_manifest()
ASSIGNMENT = "heatmap_2d"


def collected(download: Path, root: Path, **wishes: object) -> Outcome:
    return collect(MANIFEST, ASSIGNMENT, [download], root / "submitted", Wishes(**wishes))  # type: ignore[arg-type]


def owners(root: Path) -> dict[str, str]:
    """By folder, the login of whose work lies in it."""
    found = {}
    for path in (root / "submitted").glob(f"*/{ASSIGNMENT}/{NOTEBOOK}"):
        found[path.parts[-3]] = json.loads(path.read_bytes())["whose"]
    return found


def roster(root: Path, students: list[Student]) -> Path:
    path = root / "roster.csv"
    rows = [f'{one.login},"{one.full}",{one.login}@example.org' for one in students]
    path.write_text("\n".join(["id,name,email", *rows]), encoding="utf-8")
    return path


@pytest.mark.parametrize("platform", PLATFORMS)
def test_everybody_gets_their_own(platform: str, tmp_path: Path) -> None:
    download = write_zip(tmp_path / "download.zip", PLATFORMS[platform](CLASS))
    outcome = collected(download, tmp_path)
    assert outcome.lines[0].handed.platform == platform.split()[0]
    found = owners(tmp_path)
    assert Counter(found.values()) == Counter(one.login for one in CLASS)
    assert outcome.is_complete and not outcome.left
    by_login = {one.login: one for one in CLASS}
    people = outcome.collection.people
    for folder, login in found.items():
        ids = set(people[folder].ids.values())
        assert ids & {login, str(by_login[login].number), f"anon_{by_login[login].number}"}
    notebook = MANIFEST.assignment(ASSIGNMENT).notebook("heatmap_2d")
    submissions = find_submissions(
        tmp_path / "submitted", MANIFEST.assignment(ASSIGNMENT), notebook
    )
    assert len(submissions) == len(CLASS)
    assert all(one.path is not None and not one.notes for one in submissions)


@pytest.mark.parametrize("platform", ["moodle", "brightspace", "canvas", "classroom"])
def test_names_find_the_roster_and_nobody_is_guessed(platform: str, tmp_path: Path) -> None:
    files = PLATFORMS.get(platform, generator.classroom)
    download = write_zip(tmp_path / "download.zip", files(CLASS))
    outcome = collected(download, tmp_path, roster=roster(tmp_path, CLASS))
    found = owners(tmp_path)
    logins = {one.login for one in CLASS}
    wrong = {folder: login for folder, login in found.items() if folder in logins - {login}}
    assert not wrong
    # The four people whom a Jane Doe may be, in whatever order, and who has no letters in the name.
    doubted = {one.login for one in CLASS if {one.first, one.last} == {"Jane", "Doe"}}
    nameless = {one.login for one in CLASS if one.first == "😀"}
    if platform == "classroom":
        return
    assert {login for folder, login in found.items() if folder != login} <= doubted | nameless
    assert Counter(found.values()) == Counter(logins)
    ambiguous = [line for line in outcome.lines if line.found.how == "ambiguous"]
    assert len(ambiguous) == len(doubted) and not outcome.is_complete


def test_times_and_late_marks_are_kept(tmp_path: Path) -> None:
    for platform in ("blackboard", "gradescope", "sakai", "brightspace"):
        root = tmp_path / platform
        root.mkdir()
        download = write_zip(root / "download.zip", PLATFORMS[platform](CLASS))
        from datetime import UTC

        outcome = collected(download, root, zone=UTC)
        by_login = {one.login: one for one in CLASS}
        found = owners(root)
        for attempt in outcome.collection.attempts:
            one = by_login[found[attempt.students[0]]]
            exact = one.when.replace(second=0) if platform == "brightspace" else one.when
            assert attempt.handed_in is not None
            assert attempt.handed_in.replace(microsecond=0) == exact
        folder = next(iter(found))
        assert (root / "submitted" / folder / ASSIGNMENT / "timestamp.txt").is_file()
    late = [
        one.late
        for one in collected(
            write_zip(tmp_path / "c.zip", generator.canvas(CLASS)), tmp_path / "canvas"
        ).collection.attempts
    ]
    assert sum(late) == len(range(3, len(CLASS), 7))


@pytest.mark.parametrize(
    "name", ["LATE_anon_9xK2p_9002", "anon_LATE_9xK2p_9002", "anon_9xK2p_LATE_9002"]
)
def test_who_is_anonymous_may_be_late(name: str, tmp_path: Path) -> None:
    files = [(f"{name}_{NOTEBOOK}", b"late"), (f"anon_Fh3kq_9001_{NOTEBOOK}", b"in time")]
    outcome = collected(write_zip(tmp_path / "download.zip", files), tmp_path)
    assert {line.found.students[0]: line.handed.late for line in outcome.lines} == {
        "anon_9xK2p": True,
        "anon_Fh3kq": False,
    }
