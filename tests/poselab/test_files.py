"""Files are complete or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from poselab.files import replacing


def test_a_complete_file_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "new" / "poses.hdf5"
    for content in (b"first", b"second"):
        with replacing(path) as unfinished:
            assert not unfinished.exists()
            assert (unfinished.parent, unfinished.suffix) == (path.parent, path.suffix)
            unfinished.write_bytes(content)
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_others_may_read_it_as_they_may_any_new_file(tmp_path: Path) -> None:
    with replacing(tmp_path / "poses") as unfinished:
        unfinished.write_bytes(b"")
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "poses").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_failure_keeps_the_old_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "poses"
    path.write_bytes(b"old")
    with pytest.raises(error), replacing(path) as unfinished:
        unfinished.write_bytes(b"half of")
        raise error
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"old"


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "poses"
    with replacing(path) as first, replacing(path) as second:
        assert first != second
        first.write_bytes(b"first")
        second.write_bytes(b"second")
    assert path.read_bytes() == b"first"
