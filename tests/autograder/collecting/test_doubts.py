"""Whose it is where names do not tell: the instructor's table, same names, doubts that stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.collecting.collection import read_collection
from autograder.collecting.names import split_name
from autograder.errors import CourseError
from tests.autograder.collecting.generator import NOTEBOOK
from tests.autograder.collecting.test_collect import ID, lying, run

ANNAS = [
    (f"Lab 1/Anna Schmidt - {NOTEBOOK}", b"first"),
    ("Lab 1/Anna Schmidt - heatmap_2d(1).ipynb", b"second"),
    (f"Lab 1/Jane Doe - {NOTEBOOK}", b"jane"),
]
BRIGHTSPACE = [
    (f"31-9 - Anna Schmidt - Oct 3, 2026 859 PM/{NOTEBOOK}", b"first"),
    (f"32-9 - Anna Schmidt - Oct 3, 2026 859 PM/{NOTEBOOK}", b"second"),
    (f"33-9 - Ana Peña - Oct 3, 2026 859 PM/{NOTEBOOK}", b"ene"),
    (f"34-9 - Ana Pena - Oct 3, 2026 859 PM/{NOTEBOOK}", b"en"),
]


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def whose(root: Path) -> dict[str, bytes]:
    """By student, the notebook that is graded."""
    files = (root / "submitted").glob(f"*/{ID}/*.ipynb")
    return {path.parts[-3]: path.read_bytes() for path in files}


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    return table(
        tmp_path / "roster.csv",
        "id,name",
        "as1,Anna Schmidt",
        "as2,Anna Schmidt",
        "jd,Jane Doe",
        "ap1,Ana Peña",
        "ap2,Ana Pena",
    )


def test_two_of_one_name_in_classroom_are_both_kept(tmp_path: Path, roster: Path) -> None:
    outcome = run(tmp_path, ANNAS, roster=roster)
    assert not outcome.is_complete
    assert whose(tmp_path) == {
        "Anna_Schmidt": b"first",
        "Anna_Schmidt_1": b"second",
        "jd": b"jane",
    }
    remark = " ".join(r for line in outcome.lines for r in line.remarks)
    assert "as1 or as2" in remark and "Anna Schmidt - heatmap_2d(1).ipynb,STUDENT" in remark
    owners = table(
        tmp_path / "owners.csv",
        "file,student",
        f"Anna Schmidt - {NOTEBOOK},as2",
        "Lab 1/Anna Schmidt - heatmap_2d(1).ipynb,as1",
    )
    outcome = run(tmp_path, ANNAS, roster=roster, owners=owners)
    assert outcome.is_complete
    assert whose(tmp_path) == {"as2": b"first", "as1": b"second", "jd": b"jane"}
    assert {path.name for path in (tmp_path / "submitted").iterdir()} == {"as1", "as2", "jd"}
    assert any("Anna_Schmidt_1" in said for said in outcome.remarks)
    # Nothing is lost, and nothing changes where the table is left out.
    assert sum(content == b"first" for content in lying(tmp_path).values()) == 2
    before = lying(tmp_path)
    assert run(tmp_path, ANNAS, roster=roster).is_complete and lying(tmp_path) == before


def test_one_person_may_have_two_files_of_one_name(tmp_path: Path) -> None:
    roster = table(tmp_path / "roster.csv", "id,name", "as1,Anna Schmidt", "jd,Jane Doe")
    assert run(tmp_path, ANNAS, roster=roster).is_complete
    kept = {path.name for path in (tmp_path / "submitted" / "as1" / ID).iterdir()}
    assert kept == {NOTEBOOK, "heatmap_2d(1).ipynb"}


def test_without_a_roster_two_of_one_name_are_doubtful(tmp_path: Path) -> None:
    for _ in range(2):
        outcome = run(tmp_path, ANNAS)
        assert not outcome.is_complete
        doubtful = {
            line.found.students[0] for line in outcome.lines if line.found.how != "stranger"
        }
        assert doubtful == {"Anna_Schmidt", "Anna_Schmidt_1"}
    roster = table(tmp_path / "roster.csv", "id,name", "as1,Anna Schmidt", "jd,Jane Doe")
    assert run(tmp_path, ANNAS, roster=roster).is_complete
    assert {path.name for path in (tmp_path / "submitted").iterdir()} == {"as1", "jd"}
    assert {b"first", b"second"} <= set(lying(tmp_path).values())


def test_the_advice_can_be_followed_and_the_exact_spelling_counts(
    tmp_path: Path, roster: Path
) -> None:
    for _ in range(2):
        outcome = run(tmp_path, BRIGHTSPACE, roster=roster)
        ambiguous = [line for line in outcome.lines if line.found.how == "ambiguous"]
        assert not outcome.is_complete and len(ambiguous) == 2
        assert 'column "brightspace user"' in ambiguous[0].remarks[0]
        assert "31" in ambiguous[0].remarks[0]
    assert whose(tmp_path)["ap1"] == b"ene" and whose(tmp_path)["ap2"] == b"en"
    table(
        roster,
        "id,name,brightspace user",
        "as1,Anna Schmidt,32",
        "as2,Anna Schmidt,31",
        "ap1,Ana Peña,",
        "ap2,Ana Pena,",
    )
    assert run(tmp_path, BRIGHTSPACE, roster=roster).is_complete
    assert whose(tmp_path) == {"as1": b"second", "as2": b"first", "ap1": b"ene", "ap2": b"en"}
    assert {path.name for path in (tmp_path / "submitted").iterdir()} == set(whose(tmp_path))


def test_a_platform_that_knows_no_accents_spells_nobody_exactly(tmp_path: Path) -> None:
    roster = table(tmp_path / "roster.csv", "id,name", "ap1,Ana Peña", "ap2,Ana Pena")
    outcome = run(tmp_path, BRIGHTSPACE[3:], roster=roster)
    assert [line.found.how for line in outcome.lines] == ["ambiguous"]


def test_the_table_comes_before_names_on_every_platform(tmp_path: Path, roster: Path) -> None:
    owners = table(
        tmp_path / "owners.csv",
        "student;file",
        f"as1;31-9 - Anna Schmidt - Oct 3, 2026 859 PM/{NOTEBOOK}",
        "as2;32-9 - Anna Schmidt - Oct 3, 2026 859 PM",
    )
    outcome = run(tmp_path, BRIGHTSPACE, roster=roster, owners=owners)
    assert outcome.is_complete
    assert whose(tmp_path)["as1"] == b"first" and whose(tmp_path)["as2"] == b"second"
    people = read_collection(tmp_path / "submitted", ID).people
    assert people["as1"].ids["brightspace user"] == "31"
    assert all(one.handed_in is not None for one in outcome.collection.attempts)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (f"Anna Schmidt - {NOTEBOOK},nobody", "line 3: nobody is called nobody"),
        (f"Anna Schmidt - {NOTEBOOK},Anna Schmidt", "line 3: Anna Schmidt may be as1 or as2"),
        ("Smith, Jo - heatmap_2d.ipynb,jd", "line 3 has 3 cells.*in quotes"),
        ("other.ipynb,jd", "line 3: no file of the download is called other.ipynb"),
        ("other.ipynb", "line 3 needs both"),
        ("Anna Schmidt,as1", "line 3: Anna Schmidt may mean .*write the path"),
        (f"Jane Doe - {NOTEBOOK},as1", "line 3 gives .* line 2 to jd"),
    ],
)
def test_a_line_that_is_not_understood_is_refused(
    line: str, sentence: str, tmp_path: Path, roster: Path
) -> None:
    owners = table(tmp_path / "owners.csv", "file,student", f"Jane Doe - {NOTEBOOK},jd", line)
    with pytest.raises(CourseError, match=rf"owners\.csv, {sentence}"):
        run(tmp_path, ANNAS, roster=roster, owners=owners)
    assert not (tmp_path / "submitted").exists()


def test_a_name_that_many_files_have_is_refused(tmp_path: Path) -> None:
    owners = table(tmp_path / "owners.csv", "file,student", f"{NOTEBOOK},jd")
    with pytest.raises(CourseError, match=r"may mean .*write the path of one file"):
        run(tmp_path, BRIGHTSPACE, owners=owners)


def test_a_wrong_line_can_be_put_right(tmp_path: Path, roster: Path) -> None:
    owners = table(tmp_path / "owners.csv", "file,student", f"Jane Doe - {NOTEBOOK},as1")
    run(tmp_path, ANNAS, roster=roster, owners=owners)
    assert whose(tmp_path)["as1"] == b"jane"
    table(owners, "file,student", f"Jane Doe - {NOTEBOOK},jd")
    outcome = run(tmp_path, ANNAS, roster=roster, owners=owners)
    assert whose(tmp_path)["jd"] == b"jane" and "as1" not in whose(tmp_path)
    assert not (tmp_path / "submitted" / "as1").exists()
    assert "as1" in outcome.absent


def test_who_is_not_on_the_roster_is_said_each_time(tmp_path: Path, roster: Path) -> None:
    guest = [*BRIGHTSPACE[2:], (f"99-9 - A Guest - Oct 3, 2026 859 PM/{NOTEBOOK}", b"guest")]
    hows = [{one.found.how for one in run(tmp_path, guest, roster=roster).lines} for _ in "12"]
    assert hows == [{"name", "stranger"}, {"id", "stranger"}]


# --- Drive's folders ------------------------------------------------------------------------------


def test_a_folder_of_drive_is_a_class(tmp_path: Path) -> None:
    outcome = run(tmp_path, ANNAS[1:])
    assert outcome.platforms == ("Google Classroom",)
    assert sorted(whose(tmp_path)) == ["Anna_Schmidt", "Jane_Doe"]


def test_drives_parts_are_one(tmp_path: Path) -> None:
    from autograder.collecting.collect import Wishes, collect
    from tests.autograder.collecting.generator import write_zip
    from tests.autograder.collecting.test_collect import MANIFEST

    name = "Lab 1-20261004T081500Z-1-00{}.zip"
    parts = [
        write_zip(tmp_path / name.format(1), [ANNAS[0]]),
        write_zip(tmp_path / name.format(2), [ANNAS[1]]),
        write_zip(tmp_path / name.format(3), [("Lab 1/heatmap_2d(2).ipynb", b"nobody's")]),
    ]
    outcome = collect(MANIFEST, ID, parts, tmp_path / "submitted", Wishes())
    assert outcome.platforms == ("Google Classroom",)
    assert whose(tmp_path) == {"Anna_Schmidt": b"first", "Anna_Schmidt_1": b"second"}
    assert [one.shown for one in outcome.left] == ["Lab 1/heatmap_2d(2).ipynb"]


def test_a_students_own_folder_stays_one_students(tmp_path: Path, roster: Path) -> None:
    files = [(f"jd/a - {NOTEBOOK}", b"1"), ("jd/b - heatmap_2d(1).ipynb", b"2")]
    outcome = run(tmp_path, files, roster=roster)
    assert [line.found.students for line in outcome.lines] == [("jd",)]


@pytest.mark.parametrize(
    "files",
    [
        [(f"Lab 1/{NOTEBOOK}", b"1"), ("Lab 1/heatmap_2d(1).ipynb", b"2")],
        [
            *((f"CV/{name}", content) for name, content in ANNAS),
            *((f"CV/{name.replace('Lab 1', 'Lab 2')}", content) for name, content in ANNAS),
        ],
    ],
)
def test_many_peoples_files_never_become_one_student_in_silence(
    files: list[tuple[str, bytes]], tmp_path: Path
) -> None:
    with pytest.raises(CourseError, match=r"several people.*--platform classroom"):
        run(tmp_path, files)
    assert run(tmp_path, files, platform="folders").lines


def test_what_was_recognised_wrongly_is_taken_away(tmp_path: Path, roster: Path) -> None:
    run(tmp_path, ANNAS, platform="folders")
    assert [path.name for path in (tmp_path / "submitted").iterdir()] == ["Lab_1"]
    outcome = run(tmp_path, ANNAS, roster=roster)
    assert sorted(whose(tmp_path)) == ["Anna_Schmidt", "Anna_Schmidt_1", "jd"]
    assert not (tmp_path / "submitted" / "Lab_1").exists()
    assert any(said.startswith("What was collected before for Lab_1") for said in outcome.remarks)
    assert "Lab_1" not in outcome.collection.people
    earlier = tmp_path / "collected" / "earlier" / "Lab_1" / ID
    assert len(list(earlier.rglob("*.ipynb"))) == 3


def test_an_attempt_that_was_truly_theirs_comes_back(tmp_path: Path, roster: Path) -> None:
    run(tmp_path, [(f"Jane Doe - {NOTEBOOK}", b"hers")], roster=roster)
    owners = table(tmp_path / "owners.csv", "file,student", f"{NOTEBOOK},jd")
    newer = [(NOTEBOOK, b"Anna's")]
    run(tmp_path, newer, roster=roster, owners=owners)
    assert whose(tmp_path) == {"jd": b"Anna's"}
    table(owners, "file,student", f"{NOTEBOOK},as1")
    run(tmp_path, newer, roster=roster, owners=owners)
    assert whose(tmp_path) == {"jd": b"hers", "as1": b"Anna's"}


def test_an_empty_folder_of_nobody_is_removed(tmp_path: Path, roster: Path) -> None:
    (tmp_path / "submitted" / "phantom").mkdir(parents=True)
    (tmp_path / "submitted" / "jd").mkdir()
    outcome = run(tmp_path, BRIGHTSPACE, roster=roster)
    assert not (tmp_path / "submitted" / "phantom").exists()
    assert (tmp_path / "submitted" / "jd").is_dir()
    assert any("phantom" in said for said in outcome.remarks)


# --- Groups, and who is no student ----------------------------------------------------------------


def test_a_group_of_blackboards_is_its_members(tmp_path: Path) -> None:
    roster = table(
        tmp_path / "roster.csv", "id,name,group", "a,Ann A,Group_3", "b,Bob B,Group_3", "c,Cy C,"
    )
    stem = "Lab 1_Group_3_attempt_2026-10-03-20-15-00"
    text = b"Name: Group_3\nAssignment: Lab 1\n"
    files = [(f"{stem}_{NOTEBOOK}", b"group"), (f"{stem}.txt", text)]
    outcome = run(tmp_path, files, roster=roster)
    assert outcome.is_complete and outcome.absent == ("c",)
    assert whose(tmp_path) == {"a": b"group", "b": b"group"}


def test_a_groups_file_that_one_member_gets_is_pointed_out(tmp_path: Path) -> None:
    header = "Student,ID,SIS User ID,SIS Login ID,Section"
    lines = ['"Doe, Jane",115,S15,jdoe,A', '"Róe, Ann",116,S16,aroe,A']
    roster = table(tmp_path / "roster.csv", header, *lines)
    files = [(f"projectgroup1_115_9001_{NOTEBOOK}", b"1"), (f"róeann_116_9002_{NOTEBOOK}", b"2")]
    outcome = run(tmp_path, files, roster=roster)
    (said,) = [remark for line in outcome.lines for remark in line.remarks]
    assert "projectgroup1" in said and "Jane Doe" in said and "column group" in said
    members = [f"{line},projectgroup1" for line in lines]
    table(roster, f"{header},group", *members)
    files = files[:1]
    outcome = run(tmp_path, files, roster=roster)
    assert whose(tmp_path)["jdoe"] == b"1" and not outcome.lines[0].remarks
    assert outcome.lines[0].found.students == ("aroe", "jdoe")


def test_canvas_test_student_is_no_member_of_the_class(tmp_path: Path) -> None:
    test = (f"studenttest_950_9950_{NOTEBOOK}", b"test")
    outcome = run(tmp_path, [test, (f"doejane_115_9001_{NOTEBOOK}", b"jane")])
    assert whose(tmp_path) == {"doejane-115": b"jane"}
    assert any("Test Student" in said for said in outcome.remarks) and outcome.is_complete
    (tmp_path / "alone").mkdir()
    run(tmp_path / "alone", [test])
    assert whose(tmp_path / "alone") == {"studenttest-950": b"test"}
    outcome = run(tmp_path / "alone", [test, (f"doejane_115_9001_{NOTEBOOK}", b"jane")])
    assert set(whose(tmp_path / "alone")) == set(outcome.collection.people) == {"doejane-115"}
    assert not (tmp_path / "alone" / "submitted" / "studenttest-950").exists()


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Smith, Jr., Robert", "Robert", "Smith, Jr."),
        ("Smith, Robert, Jr.", "Robert", "Smith, Jr."),
        ("Robert Smith, Jr.", "Robert", "Smith, Jr."),
        ("de la Croix, Jean-Luc", "Jean-Luc", "de la Croix"),
        ("Ana Maria Peña", "Ana Maria", "Peña"),
        ("García, López, José", "José", "García, López"),
        ("Sukarno", "", "Sukarno"),
        ("Sukarno,", "", "Sukarno"),
        ("", "", ""),
    ],
)
def test_names_with_commas_are_taken_apart(name: str, first: str, last: str) -> None:
    assert split_name(name) == (first, last)
