"""Files that are still compressed: archives that were given in place of the data set in them."""

from __future__ import annotations

from pathlib import Path

from poselab.datasets.errors import DatasetError

_PACKED = {
    b"PK\x03\x04": ("a zip archive", "unzip {}"),
    b"\x1f\x8b": ("compressed with gzip", "gunzip {}"),
    b"BZh": ("compressed with bzip2", "bunzip2 {}"),
    b"\xfd7zXZ\x00": ("compressed with xz", "unxz {}"),
    b"7z\xbc\xaf\x27\x1c": ("a 7-Zip archive", "7z x {}"),
    b"Rar!\x1a\x07": ("a RAR archive", "unrar x {}"),
}
"""How a file begins -> what it is, and the command that unpacks it."""


def check_unpacked(path: Path) -> None:
    """Check that a file is not an archive of what it should hold.

    What decides is how the file begins, not what it is called.

    Args:
        path: a file that exists.

    Raises:
        DatasetError: the file is still compressed.
    """
    with path.open("rb") as file:
        start = file.read(8)
    for beginning, (what, command) in _PACKED.items():
        if start.startswith(beginning):
            command = command.format(path.name)
            if path.name.endswith((".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")):
                command = f"tar -xf {path.name}"
            raise DatasetError(
                f"{path} is still compressed ({what}): unpack it first, for example with "
                f"`{command}`, and give the path of the file that comes out."
            )
