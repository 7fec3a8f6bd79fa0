"""Each platform's files: those it writes are filled, and those that it reads are made."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.collecting.collection import Person
from autograder.errors import CourseError
from autograder.reporting.exports.marks import Mark, Marks
from autograder.reporting.exports.merge import Merged, merge
from autograder.reporting.exports.platforms import PLATFORMS, PlatformName
from autograder.reporting.exports.table import read_table

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
