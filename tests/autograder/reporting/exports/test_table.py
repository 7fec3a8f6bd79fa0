"""Tables of platforms: what is read is written again, and no cell is a formula."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import CourseError
from autograder.reporting.exports.table import harmless, looks_like_formula, read_table

AS_WRITTEN = {
    "canvas": 'Student,ID,Section,Pose (7)\r\n"Núñez, Eva",1,A,\r\n'.encode(),
    "canvas with a mark": b"\xef\xbb\xbfStudent,ID\nEva,1\n",
    "blackboard": '"Last Name"\t"Username"\r\n"Núñez"\t"en1"\r\n'.encode("utf-16"),
    "moodle in German": b"ID;Vollst\xc3\xa4ndiger Name\r\nTeilnehmer/in7;Eva\r\n",
}


@pytest.mark.parametrize("content", AS_WRITTEN.values(), ids=AS_WRITTEN)
def test_a_file_is_written_as_it_was_read(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_bytes(content)
    assert read_table(path).as_bytes() == content


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is no table"),
        (b"Student\nEva\n", "at least two columns"),
        ("Name,Ort\nEva,Zürich\n".encode("latin-1"), "UTF-8"),
        (b"PK\x03\x04\xff\xfe", "UTF-8"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_bytes(content)
    with pytest.raises(CourseError, match=sentence):
        read_table(path)
    with pytest.raises(CourseError, match="cannot be read"):
        read_table(tmp_path / "none.csv")


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\t=1", "\r=1"])
def test_formulas_get_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "-", "-1.5", "+3", "12,5", "Eva", "#1", "    Points Possible"]
)
def test_what_is_none_stays(text: str) -> None:
    assert harmless(text) == text


@given(st.text())
def test_nothing_that_was_made_harmless_is_a_formula(text: str) -> None:
    assert not looks_like_formula(harmless(text))
