"""Each platform's files: those it writes are filled, and those that it reads are made."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.collecting.collection import Person
from autograder.errors import CourseError
from autograder.reporting.exports.marks import Mark, Marks
from autograder.reporting.exports.merge import Merged, merge
from autograder.reporting.exports.platforms import PLATFORMS, PlatformName
from autograder.reporting.exports.table import Layout, Table, read_table

EVA = Person(
    id="eva",
    last_name="Núñez",
    first_name="Eva",
    email="eva@example.edu",
    ids={
        "ID": "101",
        "SIS User ID": "s100",
        "SIS Login ID": "enunez",
        "Section": "Tue",
        "participant": "7",
        "Username": "enunez",
        "OrgDefinedId": "0100",
    },
)
# Her number in one column is another's in another.
TOM = Person(
    id="tom",
    last_name="Ash",
    first_name="Tom",
    email="tom@example.edu",
    ids={
        "ID": "102",
        "SIS User ID": "101",
        "SIS Login ID": "tash",
        "participant": "8",
        "Username": "tash",
        "OrgDefinedId": "0200",
    },
)
KIM = Person(id="kim", last_name="Lee", first_name="Kim", ids={"matriculation": "55"})
CLASS = Marks(
    "heatmap_2d",
    "Heat maps",
    24,
    [Mark(EVA, 21.5), Mark(TOM, None, "compare_methods open"), Mark(KIM, 8)],
)


def written(platform: PlatformName, column: str = "") -> tuple[list[str], list[Person]]:
    table, strangers = PLATFORMS[platform].new_table(CLASS, column)
    text = table.as_bytes().decode(table.layout.encoding)
    return text.split("\r\n"), strangers


def filled(platform: PlatformName, content: bytes, folder: Path, column: str = "") -> Merged:
    path = folder / "export.csv"
    path.write_bytes(content)
    return merge(PLATFORMS[platform], CLASS, read_table(path), column)


def test_canvas_reads() -> None:
    lines, strangers = written("canvas", "4711")
    assert lines == [
        "Student,ID,SIS User ID,SIS Login ID,Section,Heat maps (4711)",
        "    Points Possible,,,,,24",
        '"Núñez, Eva",101,s100,enunez,Tue,21.5',
        "",
    ]
    assert strangers == [KIM]


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Essay (1),Heat maps (4711),Current Score\n"
    ",,,,,Manual Posting,,(read only)\n"
    "    Points Possible,,,,,10,24,(read only)\n"
    '"Ash, Tom",102,101,tash,Mon,9,3,50\n'
    '"=HYPERLINK(""x"")",101,s100,enunez,Tue,8,,40\n'
    '"Student, Test",999,,abc,Mon,,,\n'
)


def test_canvas_writes(tmp_path: Path) -> None:
    merged = filled("canvas", CANVAS.encode(), tmp_path)
    expected = CANVAS.replace("Tue,8,,40", "Tue,8,21.5,40").replace('"=HYP', "\"'=HYP")
    assert merged.table.as_bytes().decode() == expected
    assert merged.most == 24
    assert merged.strangers == [KIM]
    assert merged.others == ["Student, Test"]


def test_a_column_is_named_by_its_id_or_its_header(tmp_path: Path) -> None:
    content = CANVAS.replace("Heat maps (4711)", "Pose (4711)").encode()
    for column in ("4711", "Pose (4711)"):
        assert filled("canvas", content, tmp_path, column).column == "Pose (4711)"
    with pytest.raises(CourseError, match=r"No column .*--column: .*Pose \(4711\)"):
        filled("canvas", content, tmp_path)
    twice = CANVAS.replace("Essay (1)", "Heat maps (1)").encode()
    with pytest.raises(CourseError, match=r"Several columns"):
        filled("canvas", twice, tmp_path)


def test_moodle_reads() -> None:
    lines, strangers = written("moodle")
    assert lines == [
        "Identifier,Full name,Email address,Grade,Maximum Grade,Last modified (grade)",
        "Participant 7,Eva Núñez,eva@example.edu,21.5,24,-",
        "",
    ]
    assert strangers == [KIM]


def test_moodle_writes(tmp_path: Path) -> None:
    content = (
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
        "Last modified (submission),Last modified (grade),Feedback comments\r\n"
        'Participant 7,Eva Núñez,eva@example.edu,Submitted,,"24,00",Yes,-,-,\r\n'
        'Participant 8,Tom Ash,tom@example.edu,Submitted,,"24,00",Yes,-,-,Fine\r\n'
    )
    merged = filled("moodle", content.encode("utf-8-sig"), tmp_path)
    expected = content.replace(
        'edu,Submitted,,"24,00",Yes,-,-,\r', 'edu,Submitted,"21,5","24,00",Yes,-,-,\r'
    )
    assert merged.table.as_bytes().decode("utf-8-sig") == expected
    assert (merged.column, merged.most) == ("Grade", 24)


def test_moodle_without_numbers_of_its_own_takes_the_gradebook() -> None:
    people = [Person(id="eva", email="eva@example.edu", ids={"ID number": "0100"})]
    marks = Marks("heatmap_2d", "Heat maps", 24, [Mark(person, 1) for person in people])
    table, strangers = PLATFORMS["moodle"].new_table(marks, "")
    assert table.header == [
        "ID number",
        "Username",
        "First name",
        "Last name",
        "Email address",
        "Heat maps",
    ]
    assert table.rows == [["0100", "", "", "", "eva@example.edu", "1"]] and not strangers


def test_blackboard_reads() -> None:
    table, strangers = PLATFORMS["blackboard"].new_table(CLASS, "1281892")
    content = table.as_bytes()
    assert content.startswith((b"\xff\xfe", b"\xfe\xff"))
    assert content.decode("utf-16").split("\r\n") == [
        '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t'
        '"Heat maps [Total Pts: 24 Score] |1281892"',
        '"Núñez"\t"Eva"\t"enunez"\t""\t"21.5"',
        "",
    ]
    assert strangers == [KIM]


def test_blackboard_writes(tmp_path: Path) -> None:
    content = (
        '"Last Name"\t"First Name"\t"Username"\t"Last Access"\t"Availability"\t'
        '"Heat maps [Total Pts: 100 Score] |1281892"\r\n'
        '"Ash"\t"Tom"\t"tash"\t""\t"Yes"\t""\r\n'
        '"Núñez"\t"Eva"\t"ENunez"\t""\t"Yes"\t""\r\n'
    )
    merged = filled("blackboard", content.encode("utf-16"), tmp_path)
    assert merged.table.as_bytes().decode("utf-16") == content.replace(
        '"ENunez"\t""\t"Yes"\t""', '"ENunez"\t""\t"Yes"\t"21.5"'
    )
    assert merged.most == 100


def test_brightspace_reads() -> None:
    lines, _ = written("brightspace")
    assert lines == [
        "OrgDefinedId,Username,Heat maps Points Grade,End-of-Line Indicator",
        "0100,enunez,21.5,#",
        "",
    ]


def test_brightspace_writes(tmp_path: Path) -> None:
    content = (
        "OrgDefinedId,Username,Heat maps Points Grade <Numeric MaxPoints:24 Weight:10>,"
        "End-of-Line Indicator\n#0200,#tash,,#\n#0100,#enunez,,#\n#0300,#new,5,#\n"
    )
    merged = filled("brightspace", content.encode(), tmp_path)
    assert merged.table.as_bytes().decode() == content.replace("#enunez,,#", "#enunez,21.5,#")
    assert (merged.most, merged.others) == (24, ["#0300"])


def test_any_table_with_a_column_of_the_roster_will_do(tmp_path: Path) -> None:
    content = b"matriculation,mark\r\n55,\r\n56,\r\n"
    merged = filled("csv", content, tmp_path, "mark")
    assert merged.table.as_bytes() == content.replace(b"55,", b"55,8")
    with pytest.raises(CourseError, match="who somebody is"):
        filled("csv", b"surname,mark\nLee,\n", tmp_path, "mark")


def test_csv_has_what_the_roster_has() -> None:
    lines, strangers = written("csv")
    assert lines[0].startswith("student_id,last_name,first_name,email,ID,SIS User ID,")
    assert lines[0].endswith("matriculation,score,max_score")
    assert len(lines) == 4 and not strangers


def test_who_stands_in_two_rows_gets_nothing_and_is_named(tmp_path: Path) -> None:
    twice = CANVAS + '"Núñez, E.",,s100,enunez,Wed,,,\n'
    merged = filled("canvas", twice.encode(), tmp_path)
    assert merged.strangers == [EVA, KIM]
    assert "21.5" not in merged.table.as_bytes().decode()


ID_COLUMNS: dict[tuple[PlatformName, str], list[str]] = {
    ("canvas", "Student,ID,SIS User ID,SIS Login ID,Integration ID,Section,Group,Heat maps (1)"): [
        "ID",
        "SIS User ID",
        "SIS Login ID",
        "Integration ID",
    ],
    ("moodle", "Identifier,Full name,ID number,Email address,Status,Group,Grade"): [
        "Identifier",
        "ID number",
        "Email address",
    ],
    ("moodle", "ID,Vollständiger Name,ID-Nummer,E-Mail-Adresse,Status,Bewertung"): [
        "ID",
        "ID-Nummer",
        "E-Mail-Adresse",
    ],
    ("moodle", "First name,Last name,ID number,Institution,Department,Email address,Total"): [
        "ID number",
        "Email address",
    ],
    ("blackboard", "Last Name,First Name,Username,Student ID,Last Access,Availability,Heat maps"): [
        "Username",
        "Student ID",
    ],
    ("brightspace", "OrgDefinedId,Username,Last Name,First Name,Email,Sections,Heat maps"): [
        "OrgDefinedId",
        "Username",
        "Email",
    ],
    # Gradescope, Sakai and Google Classroom.
    ("csv", "First Name,Last Name,SID,Email,Sections,Heat maps"): ["SID", "Email"],
    ("csv", "Student ID,Student Name,Heat maps [29]"): ["Student ID"],
    ("csv", "Last Name,First Name,Email Address,Heat maps"): ["Email Address"],
}


@pytest.mark.parametrize(("platform", "header"), ID_COLUMNS)
def test_only_ids_say_who_somebody_is(platform: PlatformName, header: str) -> None:
    columns = header.split(",")
    row = ["Teilnehmer/in7" if columns[0] in ("ID", "Identifier") else "x", *columns[1:]]
    # All that rosters and downloads of any platform keep beside a person.
    rosters = ("Section", "Sections", "Group", "Department", "name", "SID", "sid")
    found = PLATFORMS[platform].id_columns(Table(columns, [row], Layout()), rosters)
    assert [columns[i] for i in found] == ID_COLUMNS[platform, header]


def test_a_section_that_all_share_identifies_nobody(tmp_path: Path) -> None:
    people = [
        Person(id=f"s{n}", ids={"ID": str(n), "SIS Login ID": f"s{n}", "Section": "CV 101"})
        for n in (1, 2)
    ]
    marks = Marks("heatmap_2d", "Heat maps", 24, [Mark(one, 7) for one in people])
    path = tmp_path / "export.csv"
    path.write_text(
        "Student,ID,SIS Login ID,Section,Heat maps (1)\nA,1,s1,CV 101,\nB,2,s2,CV 101,\n"
    )
    merged = merge(PLATFORMS["canvas"], marks, read_table(path), "")
    assert [row[-1] for row in merged.table.rows] == ["7", "7"]
    # The only one of her section is not its next only one.
    people[1] = people[1].model_copy(update={"ids": {**people[1].ids, "Section": "CV 202"}})
    path.write_text(
        "Student,ID,SIS Login ID,Section,Heat maps (1)\nA,1,s1,CV 101,\nNora,777,nn,CV 202,\n"
    )
    marks = Marks("heatmap_2d", "Heat maps", 24, [Mark(one, 7) for one in people])
    merged = merge(PLATFORMS["canvas"], marks, read_table(path), "")
    assert [row[-1] for row in merged.table.rows] == ["7", ""]
    assert (merged.strangers, merged.others) == ([people[1]], ["Nora"])


@pytest.mark.parametrize(
    "row",
    [
        "Ash,102,s100,tash",  # two people's
        "Newcomer,102,s300,new",  # a number that was given again
        "Newcomer,999,s300,tash",
    ],
)
def test_a_row_whose_ids_contradict_each_other_is_refused(tmp_path: Path, row: str) -> None:
    header = "Student,ID,SIS User ID,SIS Login ID,Heat maps (1)"
    path = tmp_path / "export.csv"
    path.write_text(f"{header}\n{row},\nLee,103,s103,klee,\n")
    kim = KIM.model_copy(
        update={"ids": {"ID": "103", "SIS User ID": "s103", "SIS Login ID": "klee"}}
    )
    marks = Marks("heatmap_2d", "Heat maps", 24, [Mark(EVA, 1), Mark(TOM, 2), Mark(kim, 3)])
    merged = merge(PLATFORMS["canvas"], marks, read_table(path), "")
    assert [cells[-1] for cells in merged.table.rows] == ["", "3"]
    (refused,) = merged.refused
    name, number, *_ = row.split(",")
    assert refused.startswith(f"{name} (ID {number}, ")
    assert merged.strangers == [EVA, TOM]


def test_a_placeholder_identifies_nobody(tmp_path: Path) -> None:
    ids = [{"ID": str(n), "Integration ID": "none"} for n in (1, 2)]
    marks = Marks("h", "Heat maps", 24, [Mark(Person(id=f"s{i['ID']}", ids=i), 5) for i in ids])
    path = tmp_path / "export.csv"
    path.write_text("Student,ID,Integration ID,Heat maps (1)\nA,1,none,\nB,2,none,\nC,3,none,\n")
    merged = merge(PLATFORMS["canvas"], marks, read_table(path), "")
    assert [cells[-1] for cells in merged.table.rows] == ["5", "5", ""]
    assert merged.others == ["C"] and not merged.strangers


def test_an_exact_header_wins_over_what_ends_like_it(tmp_path: Path) -> None:
    content = (
        "ID;Vollständiger Name;E-Mail-Adresse;Status;Bewertung;Bestwertung;"
        "Zuletzt geändert (Bewertung)\n"
        "Teilnehmer/in7;Eva Núñez;eva@example.edu;;;24,00;-\n"
        "Teilnehmer/in8;Tom Ash;tom@example.edu;;;24,00;-\n"
    )
    for column in ("Bewertung", ""):
        merged = filled("moodle", content.encode(), tmp_path, column)
        assert merged.table.rows[0][4] == "21,5"
        assert (merged.column, merged.most) == ("Bewertung", 24)


def test_a_title_names_its_column(tmp_path: Path) -> None:
    content = CANVAS.replace("Heat maps (4711)", "A1: Pose (4711)").encode()
    assert filled("canvas", content, tmp_path, "A1: Pose").column == "A1: Pose (4711)"


def test_a_number_at_the_end_of_an_id_is_a_part_of_it(tmp_path: Path) -> None:
    people = [Person(id=name, ids={"eid": name}) for name in ("aschmid1", "apena1", "apena2")]
    marks = Marks("h", "Heat maps", 24, [Mark(one, 5) for one in people])
    path = tmp_path / "export.csv"
    path.write_text("Student ID,Heat maps\naschmid1,\napena1,\napena2,\n")
    merged = merge(PLATFORMS["csv"], marks, read_table(path), "")
    assert [row[-1] for row in merged.table.rows] == ["5", "5", "5"]
