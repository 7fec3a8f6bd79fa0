"""Collecting again, newer attempts, killed runs, groups, rosters: nothing is lost or guessed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.collecting import settling
from autograder.collecting.collect import Wishes, collect
from autograder.collecting.collection import Person, read_collection
from autograder.collecting.identity import Directory
from autograder.collecting.outcome import Outcome
from autograder.collecting.platforms.scheme import Owner
from autograder.collecting.roster import read_roster
from autograder.errors import CourseError
from autograder.manifest import load_manifest
from tests.autograder.collecting.generator import (
    CLASS,
    NOTEBOOK,
    blackboard,
    canvas,
    moodle,
    write_zip,
)

MANIFEST = load_manifest()
ID = "heatmap_2d"


def run(root: Path, *files: Iterable[tuple[str, bytes]], **wishes: object) -> Outcome:
    downloads = [write_zip(root / f"download{i}.zip", one) for i, one in enumerate(files)]
    return collect(MANIFEST, ID, downloads, root / "submitted", Wishes(**wishes))  # type: ignore[arg-type]


def lying(root: Path) -> dict[str, bytes]:
    """All that is kept, by path."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in ("submitted", "collected")
        for path in (root / folder).rglob("*")
        if path.is_file()
    }


def test_the_same_download_changes_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, canvas(CLASS)).has_changed
    before = lying(tmp_path)
    again = run(tmp_path, canvas(CLASS))
    assert not again.has_changed and lying(tmp_path) == before
    assert not (tmp_path / "collected" / ".unfinished").exists()


def test_a_newer_download_adds_attempts(tmp_path: Path) -> None:
    run(tmp_path, canvas(CLASS[:3]))
    newer = [("schmidtanna_70000_990000_heatmap_2d-1.ipynb", b"new")]
    outcome = run(tmp_path, newer)
    assert [line.state for line in outcome.lines] == ["newer"]
    folder = tmp_path / "submitted" / "schmidtanna-70000" / ID
    assert (folder / NOTEBOOK).read_bytes() == b"new"
    earlier = tmp_path / "collected" / "earlier" / "schmidtanna-70000" / ID
    assert [p.read_bytes() for p in earlier.rglob("*.ipynb")] == [CLASS[0].work]
    # Canvas counts its files: the older download does not take the place of the newer one.
    assert not run(tmp_path, canvas(CLASS[:3])).has_changed
    assert (folder / NOTEBOOK).read_bytes() == b"new"
    current = outcome.collection.current("schmidtanna-70000")
    assert current is not None and current.label == "schmidtanna_70000"


def test_several_attempts_of_one_download(tmp_path: Path) -> None:
    files = [
        (f"Lab_1_j_doe_attempt_2024-03-0{day}-10-00-00_{NOTEBOOK}", str(day).encode())
        for day in (2, 3, 1)
    ]
    files.append((f"Lab_1_a_b_attempt_2024-03-01-10-00-00_{NOTEBOOK}", b"a"))
    outcome = run(tmp_path, files)
    states = sorted(line.state for line in outcome.lines)
    assert states == ["earlier", "earlier", "new", "newer"]
    assert (tmp_path / "submitted" / "j_doe" / ID / NOTEBOOK).read_bytes() == b"3"
    assert len(list((tmp_path / "collected" / "earlier" / "j_doe" / ID).iterdir())) == 2


def test_what_was_put_there_by_hand_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "submitted" / "schmidtanna-70000" / ID
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_bytes(b"mine")
    outcome = run(tmp_path, canvas(CLASS[:2]))
    assert (folder / NOTEBOOK).read_bytes() == CLASS[0].work
    assert b"mine" in lying(tmp_path).values()
    assert any("by hand" in remark for line in outcome.lines for remark in line.remarks)
    (folder / NOTEBOOK).write_bytes(b"repaired by hand")
    outcome = run(tmp_path, canvas(CLASS[:2]))
    assert (folder / NOTEBOOK).read_bytes() == b"repaired by hand" and not outcome.has_changed
    run(tmp_path, [("schmidtanna_70000_990000_heatmap_2d.ipynb", b"new")])
    assert (folder / NOTEBOOK).read_bytes() == b"new"
    assert b"repaired by hand" in lying(tmp_path).values()


@pytest.mark.parametrize("after", [0, 1, 5, 9])
def test_a_run_that_is_killed_is_resumed(
    after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    run(tmp_path / "whole", canvas(CLASS[:8]))
    moved = []

    class Killed(BaseException):
        pass

    original = settling.Shelves.move

    def move(self: settling.Shelves, source: Path, target: Path) -> None:
        if len(moved) == after:
            raise Killed
        moved.append(target)
        original(self, source, target)

    with monkeypatch.context() as patched:
        patched.setattr(settling.Shelves, "move", move)
        if after < 8:
            with pytest.raises(Killed):
                run(tmp_path / "killed", canvas(CLASS[:8]))
        else:
            run(tmp_path / "killed", canvas(CLASS[:8]))
    for folder in (tmp_path / "killed" / "submitted").glob("*/*"):
        assert [path.name for path in folder.iterdir()] == [NOTEBOOK]
    run(tmp_path / "killed", canvas(CLASS[:8]))
    assert lying(tmp_path / "killed") == lying(tmp_path / "whole")


def test_a_group_shares_its_files(tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("id,name,group\na,Ann A,Team 1\nb,Bob B,Team 1\nc,Cy C,Team 2\n")
    files = [(f"Team 1_345_assignsubmission_file/{NOTEBOOK}", b"team")]
    outcome = run(tmp_path, files, roster=roster)
    for member in "ab":
        assert (tmp_path / "submitted" / member / ID / NOTEBOOK).read_bytes() == b"team"
    assert outcome.absent == ("c",) and outcome.lines[0].found.how == "group"


def test_gradescope_names_all_who_handed_in_together(tmp_path: Path) -> None:
    listed = (
        b"submission_1:\n  :submitters:\n  - :name: Ann\n    :sid: a\n  - :name: Bob\n"
        b"    :sid: b\n  :created_at: 2024-03-01 10:00:00.5 Z\n"
    )
    files = [
        ("x_export/submission_metadata.yml", listed),
        (f"x_export/submission_1/{NOTEBOOK}", b"both"),
        (f"x_export/submission_2/{NOTEBOOK}", b"nobody's"),
    ]
    outcome = run(tmp_path, files)
    for member in "ab":
        folder = tmp_path / "submitted" / member / ID
        assert (folder / NOTEBOOK).read_bytes() == b"both"
        assert (folder / "timestamp.txt").read_text() == "2024-03-01 10:00:00 UTC\n"
    assert len(outcome.left) == 1 and not outcome.is_complete


def test_classroom_guesses_nobody_and_asks_for_owners(tmp_path: Path) -> None:
    files = [
        ("Ann A - heatmap_2d.ipynb", b"a"),
        ("heatmap_2d.ipynb", b"1"),
        ("heatmap_2d(1).ipynb", b"2"),
    ]
    outcome = run(tmp_path, files)
    assert len(outcome.left) == 2 and "--owners" in outcome.left[0].reason
    owners = tmp_path / "owners.csv"
    owners.write_text("file,student\nheatmap_2d(1).ipynb,bob\nheatmap_2d.ipynb,Ann A\n")
    outcome = run(tmp_path, files, owners=owners)
    assert outcome.is_complete
    kept = lying(tmp_path)
    assert kept[f"submitted/bob/{ID}/heatmap_2d(1).ipynb"] == b"2"
    assert {b"a", b"1", b"2"} <= set(kept.values())


def test_who_gets_an_id_of_the_roster_later_is_moved(tmp_path: Path) -> None:
    run(tmp_path, moodle(CLASS[:2]))
    roster = tmp_path / "roster.csv"
    roster.write_text("id,name\nann,Anna Schmidt\n", encoding="utf-8")
    outcome = run(tmp_path, moodle(CLASS[:2]), roster=roster)
    assert (tmp_path / "submitted" / "ann" / ID / NOTEBOOK).read_bytes() == CLASS[0].work
    assert not (tmp_path / "submitted" / "Anna_Schmidt-70000").exists()
    assert outcome.has_moved and not outcome.has_changed and len(outcome.collection.attempts) == 2


def test_two_who_are_one_on_the_roster_leave_no_empty_folder(tmp_path: Path) -> None:
    for login in ("anna", "aschmidt"):
        run(tmp_path, [(f"{login}/{NOTEBOOK}", login.encode())], platform="folders")
    roster = tmp_path / "roster.csv"
    roster.write_text("id,username,login\nas1,anna,aschmidt\n")
    for _ in range(2):
        outcome = run(tmp_path, [(f"anna/{NOTEBOOK}", b"anna")], roster=roster)
        assert [path.name for path in (tmp_path / "submitted").iterdir()] == ["anna"]
        # What was collected last counts.
        assert (tmp_path / "submitted" / "anna" / ID / NOTEBOOK).read_bytes() == b"aschmidt"
        assert b"anna" in lying(tmp_path).values() and not outcome.has_changed


def test_what_lies_there_for_another_assignment_stays(tmp_path: Path) -> None:
    run(tmp_path, moodle(CLASS[:1]))
    other = tmp_path / "submitted" / "Anna_Schmidt-70000" / "rnn_video"
    other.mkdir()
    (other / "rnn_video.ipynb").write_bytes(b"other")
    roster = tmp_path / "roster.csv"
    roster.write_text("id,name\nann,Anna Schmidt\n")
    outcome = run(tmp_path, moodle(CLASS[:1]), roster=roster)
    assert (other / "rnn_video.ipynb").read_bytes() == b"other"
    assert any("rnn_video" in said and "collect" in said for said in outcome.remarks)


def test_a_platform_that_is_not_recognised_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="--platform"):
        run(tmp_path, [("some notes.txt", b""), ("more.txt", b"")])
    both = f"Ann A_1_assignsubmission_file_Lab_u_attempt_2024-03-01-10-00-00_{NOTEBOOK}"
    with pytest.raises(CourseError, match="Moodle and Blackboard"):
        run(tmp_path, [(both, b"")])
    assert run(tmp_path, [(both, b"")], platform="moodle").lines[0].handed.platform == "moodle"


ROSTERS = {
    "canvas": (
        "Student,ID,SIS User ID,SIS Login ID,Section,Lab (1)\n"
        "    Points Possible,,,,,10\n"
        '"Müller, Jürgen",70037,S1,jmueller,A,\n"Student, Test",9,,x,A,\n',
        "utf-8-sig",
    ),
    "moodle worksheet": (
        "Identifier,Full name,Email address,Status\n"
        "Participant 70037,Jürgen Müller,jmueller,Submitted\n",
        "utf-8",
    ),
    "moodle in German": (
        "Vorname;Nachname;Anmeldename;E-Mail-Adresse\nJürgen;Müller;jmueller;j@example.org\n",
        "cp1252",
    ),
    "brightspace": (
        "OrgDefinedId,Username,Last Name,First Name,Email,End-of-Line Indicator\n"
        "#S1,#jmueller,Müller,Jürgen,j@example.org,#\n",
        "utf-8",
    ),
    "blackboard": (
        '"Last Name"\t"First Name"\t"Username"\t"Student ID"\n'
        '"Müller"\t"Jürgen"\t"jmueller"\t"1"\n',
        "utf-16",
    ),
    "gradescope": ("First Name,Last Name,SID,Email\nJürgen,Müller,jmueller,j@x.org\n", "utf-8"),
    "sakai": (
        "Lab,Points\n\nDisplay ID,ID,Last Name,First Name,grade\njm,jmueller,Müller,Jürgen,\n",
        "utf-8-sig",
    ),
    "plain": ("id,name,email\njmueller,Jürgen Müller,j@example.org\n", "utf-8"),
}


@pytest.mark.parametrize("platform", ROSTERS)
def test_rosters_of_all_platforms_are_read(platform: str, tmp_path: Path) -> None:
    text, encoding = ROSTERS[platform]
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    (person,) = read_roster(path)
    assert (person.id, person.first_name, person.last_name) == ("jmueller", "Jürgen", "Müller")
    outcome = run(tmp_path, moodle(CLASS[1:3]), roster=path)
    assert (tmp_path / "submitted" / "jmueller" / ID / NOTEBOOK).read_bytes() == CLASS[1].work
    assert {line.found.how for line in outcome.lines} >= {"stranger"}
    assert outcome.collection.people["jmueller"].ids["participant"] == str(CLASS[1].number)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a,b\n1,2\n", "a, b"),
        ("id,name\nx,A\nX,B\n", "x"),
        ("id,name\n", "nobody"),
        ("", "nothing"),
    ],
)
def test_what_is_no_roster_is_one_sentence(text: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(text)
    with pytest.raises(CourseError, match=named):
        read_roster(path)


def test_a_number_of_another_kind_is_not_taken_for_an_id(tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("username,ID number,name\nbob,70000,Bob Jones\nann,5,Anna Schmidt\n")
    run(tmp_path, moodle(CLASS[:1]), roster=roster)
    assert (tmp_path / "submitted" / "ann" / ID / NOTEBOOK).is_file()
    assert not (tmp_path / "submitted" / "bob").exists()


names = st.text(st.characters(categories=["L", "M", "N", "Zs", "P"]), min_size=1, max_size=30)


@given(st.lists(st.tuples(names, st.integers(1, 10**6)), unique_by=lambda one: one[1], max_size=8))
def test_ids_never_collide_and_last(people: list[tuple[str, int]]) -> None:
    owners = [Owner(name, (("participant", str(number)),)) for name, number in people]
    directory = Directory([])
    first = directory.attribute(owners)
    students = [one.students[0] for one in first.values()]
    assert len({student.casefold() for student in students}) == len(people)
    again = Directory(directory.people.values()).attribute(owners[::-1])
    assert {owner: one.students for owner, one in again.items()} == {
        owner: one.students for owner, one in first.items()
    }


@given(names, names)
def test_a_roster_finds_a_name_however_it_is_written(first: str, last: str) -> None:
    person = Person(id="p", first_name=first, last_name=last)
    has_letters = any(letter.isalnum() for letter in first + last)
    for name in (f"{first} {last}", f"{last}, {first}"):
        assert Directory([person]).find(name) == {"p"} or not has_letters
    plain = Directory([Person(id="p", first_name="Zoë", last_name="O'Brien-Łuk")])
    for name in ("zoe obrien luk", "O\u2019Brien-Łuk, Zoë", "LUK ZOE OBRIEN"):
        assert plain.find(name) == {"p"}


def test_the_command(tmp_path: Path) -> None:
    download = write_zip(tmp_path / "download.zip", blackboard(CLASS[:5]))
    code = "from autograder.cli import main; main()"
    command = [sys.executable, "-c", code, "collect", ID, str(download)]
    ran = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "COLUMNS": "120"}
    )
    assert ran.returncode == 0, ran.stderr
    assert "user00" in ran.stdout and "5 students, 5 files" in ran.stdout
    assert (tmp_path / "submitted" / "user00" / ID / NOTEBOOK).is_file()
    assert "user00" in (tmp_path / "collected" / f"{ID}.csv").read_text(encoding="utf-8-sig")
    collection = read_collection(tmp_path / "submitted", ID)
    assert json.loads(collection.model_dump_json())["people"]["user00"]["ids"]["username"]


WORKSHEETS = {
    "English": (
        "Identifier,Full name,Email address,Status,Last modified (submission)\n"
        "Participant 70000,Anna Schmidt,a@example.org,Submitted,"
        '"Saturday, 3 October 2026, 8:05 PM"\n'
        "Participant 70037,Jürgen Müller,j@example.org,No submission,-\n"
    ),
    "German": (
        "ID;Vollständiger Name;E-Mail-Adresse;Status;Zuletzt geändert (Abgabe)\n"
        "Teilnehmer/in70000;Anna Schmidt;a@example.org;Abgegeben;Samstag, 3. Oktober 2026, 20:05\n"
        "Teilnehmer/in70037;Jürgen Müller;j@example.org;Keine Abgabe;-\n"
    ),
}


@pytest.mark.parametrize("language", WORKSHEETS)
def test_moodles_worksheet_says_when_it_was_handed_in(language: str, tmp_path: Path) -> None:
    roster = tmp_path / "worksheet.csv"
    roster.write_text(WORKSHEETS[language], encoding="utf-8-sig")
    names = tmp_path / "names.csv"
    names.write_text("email,name\na@example.org,Anna Schmidt\nj@example.org,Jürgen Müller\n")
    # What was collected without times gets them as well.
    run(tmp_path, moodle(CLASS[:2]), roster=names)
    zone = timezone(timedelta(hours=2))
    outcome = run(tmp_path, moodle(CLASS[:2]), roster=roster, zone=zone)
    times = {one.students[0]: one.handed_in for one in outcome.collection.attempts}
    assert times == {
        "a@example.org": datetime(2026, 10, 3, 20, 5, tzinfo=zone),
        "j@example.org": None,
    }
    # Another assignment's worksheet has other numbers.
    other = [(f"Anna Schmidt_4_assignsubmission_file/{NOTEBOOK}", b"other")]
    (tmp_path / "other").mkdir()
    outcome = run(tmp_path / "other", other, roster=roster, zone=zone)
    assert outcome.collection.attempts[0].handed_in is None
