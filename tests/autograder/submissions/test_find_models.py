"""A model among whatever else a folder can hold: found, or missed with one sentence."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.manifest import load_manifest
from autograder.submissions.find import find_model, student_folders
from autograder.submissions.lying import MOST_FILES
from autograder.submissions.read import UnreadableError, read_bytes

ASSIGNMENT = load_manifest().assignment("rnn_video")
NAME = "my_model.onnx"
MOST = 64 << 20
NOT_A_FILE = f"{NAME} is not a file; hand in the file itself."
LEAVES = f"{NAME} is a symbolic link that leaves your folder; hand in the file itself."


def said(student: Path) -> str:
    """What becomes of a student's model: its content, or the one sentence."""
    found = find_model(student, ASSIGNMENT, NAME)
    for note in found.notes:
        assert note.encode() and note.isprintable(), note
    if found.path is None:
        (note,) = found.notes
        return note
    try:
        return read_bytes(found.path, MOST).decode()
    except UnreadableError as error:
        return str(error)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only the superuser makes devices")


def bound(path: Path) -> None:
    before = os.getcwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as end:
            end.bind(path.name)
    finally:
        os.chdir(before)


def vast(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def loop(path: Path) -> None:
    path.symlink_to("other.onnx")
    path.with_name("other.onnx").symlink_to(path.name)


def chain(path: Path) -> None:
    path.with_name("model.bin").write_bytes(b"mine")
    path.with_name("between").symlink_to("model.bin")
    path.symlink_to("between")


def chain_out(path: Path) -> None:
    path.with_name("between").symlink_to("../../secret")
    path.symlink_to("between")


def circle_of_folders(path: Path) -> None:
    path.with_name("again").symlink_to("..")
    path.write_bytes(b"mine")


def deep(path: Path) -> None:
    place = path.parent
    before = os.getcwd()
    try:
        for _ in range(500):
            os.chdir(place)
            os.mkdir("d" * 60)
            place = Path("d" * 60)
    finally:
        os.chdir(before)


def many(path: Path) -> None:
    for number in range(MOST_FILES + 5):
        path.with_name(f"a{number}").touch()


def many_before(path: Path) -> None:
    many(path)
    path.write_bytes(b"mine")


def many_folders(path: Path) -> None:
    for number in range(MOST_FILES + 5):
        path.with_name(f"a{number}").mkdir()


def among_pipes(path: Path) -> None:
    path.with_name("a.onnx").write_bytes(b"mine")
    os.mkfifo(path.with_name("b.onnx"))


def among_vast(path: Path) -> None:
    vast(path.with_name("a.onnx"))
    vast(path.with_name("b.onnx"))


def like_the_secret(path: Path) -> None:
    path.with_name("a.onnx").write_bytes(b"secret")
    path.with_name("b.onnx").symlink_to("../../secret")


NONE_OF = f"None of the models (a.onnx, b.onnx) is called {NAME}, so none was run."
TOO_MANY = (
    f"More than {MOST_FILES:,} files or folders were handed in, and only the first were looked at; "
    "hand in nothing but what is asked for."
)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (pipe, NOT_A_FILE),
        (device, NOT_A_FILE),
        (bound, NOT_A_FILE),
        (vast, f"{NAME} is 1048576 MB; the limit is 64 MB."),
        (
            loop,
            f"{NAME} cannot be read (too many levels of symbolic links); hand it in again.",
        ),
        (chain, "mine"),
        (chain_out, LEAVES),
        (circle_of_folders, "mine"),
        (deep, f"No model was handed in: eve/rnn_video/{NAME} is missing."),
        (many, TOO_MANY),
        (many_before, "mine"),
        (many_folders, TOO_MANY),
        (among_pipes, NONE_OF),
        (among_vast, NONE_OF),
        (like_the_secret, NONE_OF),
    ],
)
def test_whatever_lies_there(make: Callable[[Path], None], sentence: str, tmp_path: Path) -> None:
    folder = tmp_path / "eve" / "rnn_video"
    folder.mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"secret")
    make(folder / NAME)
    assert said(tmp_path / "eve") == sentence


@pytest.mark.parametrize(
    "name",
    [
        "mod\u00e8le.onnx".encode("latin-1"),
        "mod\u00e8le.onnx".encode("cp437"),
        b"\xff\xfe\x80.onnx",
        b"a\x1b[31mb\n\r\x07.onnx",
        "\u202egnp.\u2066onnx.onnx".encode(),
        b"x" * 250 + b".onnx",
    ],
)
def test_whatever_it_is_called(name: bytes, tmp_path: Path) -> None:
    for student in (b"eve", name):
        folder = os.path.join(os.fsencode(tmp_path), student, b"rnn_video")
        os.makedirs(folder)
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"mine")
    folders = student_folders(tmp_path, "rnn_video")
    assert len(folders) == 2
    for student in folders:
        assert said(student) == "mine"
        (note,) = find_model(student, ASSIGNMENT, NAME).notes
        assert note.startswith("The model is called ") and note.endswith(f"run as {NAME}.")


def test_a_folder_that_is_a_link_to_another_students(tmp_path: Path) -> None:
    (tmp_path / "ada/rnn_video").mkdir(parents=True)
    (tmp_path / "ada/rnn_video" / NAME).write_bytes(b"hers")
    (tmp_path / "eve").mkdir()
    (tmp_path / "eve/rnn_video").symlink_to("../ada/rnn_video")
    assert said(tmp_path / "eve") == LEAVES
