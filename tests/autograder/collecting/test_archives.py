"""Archives that were made to do harm, or that are broken: each entry costs itself only."""

from __future__ import annotations

import io
import json
import random
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.collecting import intake as intake_module
from autograder.collecting.archives import Entry, entries_of, opened
from autograder.collecting.collect import collect
from autograder.collecting.intake import Intake
from autograder.collecting.outcome import Outcome
from autograder.collecting.paths import RefusedError, kept_parts, safe_parts
from autograder.errors import CourseError
from autograder.manifest import load_manifest
from tests.autograder.collecting.generator import CLASS, NOTEBOOK, canvas

MANIFEST = load_manifest()
WORK = b'{"cells": []}'


def packed(*files: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def with_mode(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def raw_name(content: bytes, old: bytes, new: bytes, flags: int | None = None) -> bytes:
    """An archive with another name of the same length in both headers."""
    assert len(old) == len(new) and content.count(old) == 2
    content = content.replace(old, new)
    if flags is not None:
        for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            start = content.index(sign) + at
            content = content[:start] + struct.pack("<H", flags) + content[start + 2 :]
    return content


def taken(content: bytes, folder: Path) -> Intake:
    """What is taken of a zip that a student has handed in."""
    source = folder / "source.zip"
    source.write_bytes(content)
    target = folder / "target"
    target.mkdir()
    intake = Intake(target)
    entry = Entry(("work.zip",), "work.zip", len(content), lambda: source.open("rb"))
    intake.take_all([(("work.zip",), entry)])
    outside = [path for path in folder.rglob("*") if path.is_file()]
    assert all(path == source or path.is_relative_to(target) for path in outside)
    assert not any(path.is_symlink() for path in target.rglob("*"))
    lying = {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()}
    assert lying == set(intake.files)
    return intake


def test_a_zip_is_unpacked_into_the_folder(tmp_path: Path) -> None:
    files = ((NOTEBOOK, WORK), ("data/a.npz", b"1"), ("__MACOSX/._a", b"2"), (".DS_Store", b"3"))
    intake = taken(packed(*files), tmp_path)
    assert set(intake.files) == {NOTEBOOK, "data/a.npz"} and intake.hidden == 2
    assert not intake.left


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../evil.ipynb", "out of the folder"),
        ("a/../../evil.ipynb", "out of the folder"),
        ("..\\..\\evil.ipynb", "out of the folder"),
        ("/etc/passwd", "absolute"),
        ("\\\\server\\share", "absolute"),
        ("C:\\evil.ipynb", "a drive"),
        ("c:evil.ipynb", "a drive"),
        ("nul.ipynb", "a device"),
        ("folder/COM1", "a device"),
        ("line\nbreak.ipynb", "control characters"),
        ("bell\a.ipynb", "control characters"),
        ("a/" * 30 + "deep.ipynb", "folders deep"),
    ],
)
def test_a_bad_name_costs_itself_only(name: str, reason: str, tmp_path: Path) -> None:
    intake = taken(packed((name, b"evil"), (NOTEBOOK, WORK)), tmp_path)
    assert set(intake.files) == {NOTEBOOK, "work.zip"}
    assert [reason in one.reason for one in intake.left] == [True]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: packed((with_mode("link", stat.S_IFLNK | 0o777), b"/etc/passwd")), "a link"),
        (lambda: packed((with_mode("pipe", stat.S_IFIFO | 0o777), b"")), "no file"),
        (lambda: packed(("bomb.ipynb", b"0" * (64 << 20))), "times its size"),
        (lambda: raw_name(packed(("a.ipynb", WORK)), b"a.ipynb", b"b.ipynb", 0x1), "password"),
        (lambda: packed(("a.ipynb", WORK)).replace(b"\x08\x00", b"\x0e\x00"), "LZMA"),
        (lambda: packed(("a.ipynb", WORK))[:-10], "no zip file"),
        (lambda: b"PK\x03\x04 and nothing else", "no zip file"),
        (lambda: b"", "no zip file"),
    ],
)
def test_what_cannot_be_unpacked_is_kept_packed(
    make: Callable[[], bytes], reason: str, tmp_path: Path
) -> None:
    intake = taken(make(), tmp_path)
    assert set(intake.files) == {"work.zip"}
    assert any(reason in one.reason for one in intake.left), intake.left


def test_a_damaged_file_does_not_take_the_others_along(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(5000)
    content = bytearray(packed(("bad.npz", noise), (NOTEBOOK, WORK)))
    content[200] ^= 0xFF
    intake = taken(bytes(content), tmp_path)
    assert set(intake.files) == {NOTEBOOK, "work.zip"}
    assert "damaged" in intake.left[0].reason


def test_sizes_are_counted_and_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "MOST_BYTES", 10_000)
    noise = random.Random(1)
    files = [(f"{number}.bin", noise.randbytes(4000)) for number in range(6)]
    intake = taken(packed(*files), tmp_path)
    assert len([name for name in intake.files if name.endswith(".bin")]) == 2
    assert intake.left and "more than" in intake.left[0].reason


def test_entries_are_counted(tmp_path: Path) -> None:
    intake = taken(packed(*((f"{n}.txt", b"") for n in range(3000))), tmp_path)
    assert len(intake.files) <= intake_module.MOST_FILES + 1
    assert "more than 2000 files" in intake.left[0].reason


def test_zips_in_zips_end_somewhere(tmp_path: Path) -> None:
    content = packed((NOTEBOOK, WORK))
    for depth in range(6):
        content = packed((f"{depth}.zip", content), (f"{depth}.txt", b""))
    intake = taken(content, tmp_path)
    assert {"5.txt", "4.txt"} <= set(intake.files) and "4.zip" in intake.files
    assert any("too deep" in remark for remark in intake.remarks)


def test_two_files_of_one_name_are_both_kept(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        content = packed((NOTEBOOK, b"1"), (NOTEBOOK, b"2"), (NOTEBOOK.upper(), b"3"))
    intake = taken(content, tmp_path)
    contents = {(tmp_path / "target" / name).read_bytes() for name in intake.files}
    assert contents == {b"1", b"2", b"3"} and len(intake.remarks) == 2


def test_a_file_and_a_folder_of_one_name_are_both_kept(tmp_path: Path) -> None:
    assert len(taken(packed(("a", b"1"), ("a/b", b"2")), tmp_path).files) == 2


def test_long_names_are_shortened(tmp_path: Path) -> None:
    intake = taken(packed(("ü" * 300 + ".ipynb", WORK), ("ü" * 300 + "2.ipynb", WORK)), tmp_path)
    assert len(intake.files) == 2 and all(name.endswith(".ipynb") for name in intake.files)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Lösung".encode("cp437"), "Lösung"),
        ("Lösung".encode("cp850"), "Lösung"),
        ("Lösung".encode("cp1252"), "Lösung"),
        ("Lösung".encode(), "Lösung"),
        ("Lo\u0308sung".encode(), "Lösung"),
    ],
)
def test_names_of_old_programs_are_read(raw: bytes, name: str, tmp_path: Path) -> None:
    raw += b".ipynb"
    content = raw_name(packed(("x" * len(raw), WORK)), b"x" * len(raw), raw)
    assert set(taken(content, tmp_path).files) == {f"{name}.ipynb"}


def test_a_students_timestamp_does_not_tell_the_time(tmp_path: Path) -> None:
    intake = taken(packed(("timestamp.txt", b"2000-01-01"), (NOTEBOOK, WORK)), tmp_path)
    assert "timestamp.txt" not in intake.files and len(intake.files) == 2


def test_a_bad_entry_of_a_download_costs_nobody_else(tmp_path: Path) -> None:
    bad = [
        ("../evil_1_2_a.ipynb", b""),
        ("/abs_1_2_a.ipynb", b""),
        (with_mode("link_5_6_a.ipynb", stat.S_IFLNK | 0o777), b"/etc/passwd"),
        ("bomb_7_8_a.ipynb", b" " * (64 << 20)),
        ("__MACOSX/._a_1_2_a.ipynb", b""),
        (".DS_Store", b""),
    ]
    download = tmp_path / "download.zip"
    download.write_bytes(packed(*canvas(CLASS[:20]), *bad))
    outcome = collect(MANIFEST, "heatmap_2d", [download], tmp_path / "submitted")
    assert len(outcome.lines) == 20 and len(outcome.left) == 4
    assert not outcome.is_complete
    assert not (tmp_path / "evil_1_2_a.ipynb").exists()


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_a_download_that_holds_nothing_is_one_sentence(content: bytes, tmp_path: Path) -> None:
    download = tmp_path / "download.zip"
    download.write_bytes(content)
    with pytest.raises(CourseError, match=r"download"):
        collect(MANIFEST, "heatmap_2d", [download], tmp_path / "submitted")
    assert not (tmp_path / "submitted").exists()


def test_links_in_a_folder_are_left(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    student = tmp_path / "class" / "s1"
    student.mkdir(parents=True)
    (student / NOTEBOOK).write_bytes(WORK)
    (student / "link.ipynb").symlink_to(secret)
    (tmp_path / "class" / "s2").symlink_to(student)
    outcome: Outcome = collect(MANIFEST, "heatmap_2d", [tmp_path / "class"], tmp_path / "submitted")
    assert {one.reason for one in outcome.left} == {"it is a link"} and len(outcome.left) == 2
    assert not any(path.is_symlink() for path in (tmp_path / "submitted").rglob("*"))


@given(st.text(max_size=60))
def test_no_name_leads_out_of_its_folder(name: str) -> None:
    try:
        parts = kept_parts(safe_parts(name))
    except RefusedError:
        return
    assert parts and all(part not in ("", ".", "..") for part in parts)
    assert not any(sign in part for part in parts for sign in "/\\:\0\n")
    assert all(len(part.encode()) <= 255 for part in parts)


@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 255))
def test_no_archive_raises_anything_else(noise: bytes, at: int, value: int) -> None:
    content = bytearray(packed(("a/b.ipynb", WORK * 5), ("c.txt", noise)))
    content[at % len(content)] = value
    archive = io.BytesIO(bytes(content))
    try:
        with opened(archive) as one:  # type: ignore[arg-type]
            for entry in entries_of(one):
                if isinstance(entry, Entry):
                    json.dumps(entry.shown)
    except RefusedError as error:
        assert str(error)
