"""Pages in an archive, named as each platform names what was handed in."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.cli import app
from autograder.collecting.collection import (
    Attempt,
    Collection,
    Person,
    Platform,
    write_collection,
)
from autograder.errors import CourseError
from autograder.reporting.return_pages import write_archive
from autograder.submissions.students import admit, known_students

ASSIGNMENT = "heatmap_2d"
NOTEBOOKS = ("heatmap_2d", "preliminaries")
FILE = "preliminaries.ipynb"

LABELS: dict[Platform, tuple[str, dict[str, str]]] = {
    "canvas": (
        "doejane_LATE_17",
        {f"{n}.ipynb": f"doejane_LATE_17_{20 + i}_{n}.ipynb" for i, n in enumerate(NOTEBOOKS)},
    ),
    "moodle": (
        "Jane Doe_17_assignsubmission_file_",
        {FILE: f"Jane Doe_17_assignsubmission_file_/{FILE}"},
    ),
    "brightspace": (
        "12-34 - Jane Doe - Nov 3, 2025 1000 AM",
        {FILE: f"12-34 - Jane Doe - Nov 3, 2025 1000 AM/{FILE}"},
    ),
    "sakai": (
        "Doe, Jane(jdoe)",
        {FILE: f"Lab 7/Doe, Jane(jdoe)/Submission attachment(s)/{FILE}"},
    ),
    "blackboard": (
        "Lab_jdoe_attempt_2025-11-03",
        {FILE: f"Lab_jdoe_{FILE}"},
    ),
}
PLACES: dict[Platform, list[str]] = {
    "canvas": ["doejane_LATE_17_20_heatmap_2d.html", "doejane_LATE_17_21_preliminaries.html"],
    "moodle": [f"Jane Doe_17_assignsubmission_file_/{n}.html" for n in NOTEBOOKS],
    "brightspace": [f"12-34 - Jane Doe - Nov 3, 2025 1000 AM/{n}.html" for n in NOTEBOOKS],
    "sakai": [f"Lab 7/Doe, Jane(jdoe)/Feedback Attachment(s)/{n}.html" for n in NOTEBOOKS],
    "blackboard": [f"Doe, Jane (jane)/{n}.html" for n in NOTEBOOKS],
}


def lay_out(work: Path, *folders: str) -> None:
    students = admit(work / "runs", folders)
    for folder in folders:
        for notebook in NOTEBOOKS:
            page = work / "feedback" / students.id_of(folder) / ASSIGNMENT / f"{notebook}.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(f"{folder} {notebook}")


def collected(platform: Platform, *students: str) -> Collection:
    label, files = LABELS[platform]
    attempt = Attempt(students=students, platform=platform, label=label, files=files, digest="d")
    jane = Person(id="jane", last_name="Doe", first_name="Jane")
    return Collection(assignment=ASSIGNMENT, people={"jane": jane}, attempts=(attempt,))


@pytest.mark.parametrize("platform", PLACES)
def test_pages_are_where_the_platform_looks_for_them(platform: Platform, tmp_path: Path) -> None:
    lay_out(tmp_path, "jane", "x[1]")
    collection = collected(platform, "jane")
    known = known_students(tmp_path / "runs")
    path = tmp_path / "pages.zip"
    returned = write_archive(tmp_path / "feedback", collection, known, platform, path)
    stranger = known.id_of("x[1]")
    assert returned.by_hand == (stranger,) and set(returned.students) == {"jane", stranger}
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert archive.read(PLACES[platform][1]).decode() == "jane preliminaries"
    by_hand = [f"by_hand/{stranger}/{notebook}.html" for notebook in NOTEBOOKS]
    assert sorted(names) == sorted([*PLACES[platform], *by_hand])
    before = path.read_bytes()
    write_archive(tmp_path / "feedback", collection, known, platform, path)
    assert path.read_bytes() == before


def test_a_group_has_one_place(tmp_path: Path) -> None:
    lay_out(tmp_path, "jane", "joe")
    known = known_students(tmp_path / "runs")
    path = tmp_path / "pages.zip"
    write_archive(tmp_path / "feedback", collected("moodle", "jane", "joe"), known, "moodle", path)
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == sorted(PLACES["moodle"])


def test_nothing_leaves_the_archive(tmp_path: Path) -> None:
    lay_out(tmp_path, "jane")
    attempt = Attempt(students=("jane",), platform="moodle", label="/../../etc", digest="d")
    collection = Collection(assignment=ASSIGNMENT, attempts=(attempt,))
    path = tmp_path / "pages.zip"
    known = known_students(tmp_path / "runs")
    write_archive(tmp_path / "feedback", collection, known, "moodle", path)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == [f"etc/{notebook}.html" for notebook in NOTEBOOKS]


def test_without_pages_there_is_no_archive(tmp_path: Path) -> None:
    known = known_students(tmp_path / "runs")
    with pytest.raises(CourseError, match="no pages of heatmap_2d"):
        write_archive(
            tmp_path / "feedback",
            Collection(assignment=ASSIGNMENT),
            known,
            "moodle",
            tmp_path / "z",
        )
    assert not (tmp_path / "z").exists()


def test_the_command(tmp_path: Path) -> None:
    work, submitted = tmp_path / "work", tmp_path / "submitted"
    lay_out(work, "jane", "joe")
    write_collection(submitted, collected("canvas", "jane"))
    options = ["--work", str(work), "--submitted", str(submitted)]
    said = CliRunner().invoke(app, ["feedback", ASSIGNMENT, "--for", "canvas", *options])
    assert said.exit_code == 0 and "by_hand: joe." in said.output
    assert (work / f"feedback_{ASSIGNMENT}_canvas.zip").is_file()
