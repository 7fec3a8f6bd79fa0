"""timestamp.txt: times as platforms write them, in UTC; what is none is said so."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.submissions.timestamps import TIMESTAMP, read_timestamp


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2025-11-05 10:00:00 UTC", "2025-11-05 10:00:00 UTC"),
        ("2025-11-05 10:00:00.123456 UTC\n", "2025-11-05 10:00:00 UTC"),
        ("2025-11-05T10:00:00+01:00", "2025-11-05 09:00:00 UTC"),
        ("2025-11-05T10:00:00Z", "2025-11-05 10:00:00 UTC"),
        ("2025-11-05 10:00:00 +0100", "2025-11-05 09:00:00 UTC"),
        ("2025-11-05 10:00", "2025-11-05 10:00:00 UTC"),
        ("2025-07-05 10:00:00 Europe/Berlin", "2025-07-05 08:00:00 UTC"),
        ("\ufeff2025-11-05 10:00:00 UTC", "2025-11-05 10:00:00 UTC"),
        ("1762336800", "2025-11-05 10:00:00 UTC"),
        ("Wed Nov  5 10:00:00 UTC 2025", "2025-11-05 10:00:00 UTC"),
    ],
)
def test_times_are_read(text: str, when: str, tmp_path: Path) -> None:
    (tmp_path / TIMESTAMP).write_text(text, encoding="utf-8")
    assert read_timestamp(tmp_path) == (when, None)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2025-11-05 10:00:00 XYZ", "x" * 5000, "\0\xff", "7", "9" * 20]
)
def test_what_is_no_time_is_said_so(text: str, tmp_path: Path) -> None:
    (tmp_path / TIMESTAMP).write_text(text, encoding="latin-1")
    when, note = read_timestamp(tmp_path)
    assert when is None
    assert note is not None and "not used" in note


def test_without_a_file_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert read_timestamp(tmp_path) == (None, None)
