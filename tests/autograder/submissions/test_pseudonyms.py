"""A pseudonym is one short line that can be shown anywhere, or none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.submissions.pseudonyms import (
    LONGEST,
    PSEUDONYM,
    cleaned,
    compared,
    pseudonym_beside,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Turbo Otter\n", "Turbo Otter"),
        ("\n  Zoë's   net!\nsecond line", "Zoë's net"),
        ("<script>alert(1)</script>", "scriptalert1script"),
        ("=HYPERLINK('x')", "HYPERLINK'x"),
        ("a" * 200, "a" * LONGEST),
        ("Z" + "\u0351" * 20 + "algo", "Zalgo"),
        ("\u202etxet", "txet"),
        ("日本語", "日本語"),
        ("!!!", ""),
        ("x", ""),
        ("", ""),
    ],
)
def test_what_is_left_of_a_name(text: str, name: str) -> None:
    assert cleaned(text) == name


@given(st.text(max_size=80))
def test_nothing_harmful_is_left(text: str) -> None:
    name = cleaned(text)
    assert len(name) <= LONGEST and name == cleaned(name) and name.isprintable()
    assert not set(name) & set('<>&"=+@\\/|') and not name.startswith("-")


def test_names_that_look_alike_are_the_same() -> None:
    assert compared("Turbo Otter") == compared("TURBO-OTTER") != compared("Turbo Otter 2")


def test_the_file_beside_the_model(tmp_path: Path) -> None:
    model, path = tmp_path / "my_model.onnx", tmp_path / PSEUDONYM
    assert pseudonym_beside([None, model]) == ""
    path.write_bytes(b"\xef\xbb\xbfTurbo\r\n")
    assert pseudonym_beside([None, model, model]) == "Turbo"
    path.write_bytes(b"a" * 2000)
    assert pseudonym_beside([model]) == ""
    path.unlink()
    (tmp_path / "secret.txt").write_text("somebody's name")
    path.symlink_to(tmp_path / "secret.txt")
    assert pseudonym_beside([model]) == ""
