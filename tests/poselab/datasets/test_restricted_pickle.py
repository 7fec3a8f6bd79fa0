from __future__ import annotations

import os
import pickle
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from poselab.datasets import restricted_pickle
from poselab.datasets.errors import DatasetError
from poselab.datasets.restricted_pickle import UnsafePickleError, load_pickle

PROTOCOLS = (0, 1, 2, 3, 4, 5)


@pytest.fixture
def load(tmp_path: Path) -> Callable[[bytes], Any]:
    def load_bytes(content: bytes) -> Any:
        path = tmp_path / "data.pkl"
        path.write_bytes(content)
        return load_pickle(path)

    return load_bytes


@pytest.fixture
def refusal(load: Callable[[bytes], Any], tmp_path: Path) -> Callable[[bytes], str]:
    """Returns the message with which a pickle is refused."""

    def refuse(content: bytes) -> str:
        with pytest.raises(UnsafePickleError) as caught:
            load(content)
        message = str(caught.value)
        assert str(tmp_path / "data.pkl") in message and "\n" not in message
        assert "nothing was run" in message
        return message

    return refuse


ARRAYS = {
    "bytes": np.arange(-128, 128).astype(np.int8),
    "floats": np.linspace(0, 1, 24, dtype=np.float32).reshape(2, 3, 4),
    "large": np.arange(100_000, dtype=np.int64),
    "fortran": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "strided": np.arange(20, dtype=np.int16)[::3],
    "big endian": np.arange(5, dtype=">f4"),
    "one": np.ones(1),
    "truth": np.array([True, False]),
    "texts": np.array(["left", "right"]),
    "complex": np.array([1 + 2j]),
    "empty": np.zeros((0, 7, 2)),
    "no axes": np.array(3.5),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_comes_back(load: Callable, name: str, protocol: int) -> None:
    array = ARRAYS[name]
    found = load(pickle.dumps(array, protocol))
    assert type(found) is np.ndarray
    assert found.dtype == array.dtype and found.shape == array.shape and found.flags.writeable
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_containers_come_back(load: Callable, protocol: int) -> None:
    array = np.arange(6.0).reshape(2, 3)
    content = (
        array, [1, -2, 2**70, 3.5, None, True], {"joint_2d_1": array, 7: ("a", b"b", "ü")},
        np.float64(0.25), array,
    )  # fmt: skip
    found = load(pickle.dumps(content, protocol))
    assert type(found) is tuple and found[1] == content[1]
    assert found[2][7] == content[2][7] and list(found[2]) == ["joint_2d_1", 7]
    np.testing.assert_array_equal(found[2]["joint_2d_1"], array)
    assert found[3] == 0.25 and isinstance(found[3], np.float64)
    assert found[4] is found[0]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numpy_1_and_numpy_2_have_different_names_for_the_same(
    load: Callable, protocol: int
) -> None:
    array = np.arange(4, dtype=np.float32)
    # The names of numpy 1 and 2 in turn, whichever is installed: only their lengths differ.
    content = pickle.dumps(array, min(protocol, 3))
    for name in (b"numpy.core.", b"numpy._core."):
        renamed = content.replace(b"cnumpy._core.", b"c" + name).replace(
            b"cnumpy.core.", b"c" + name
        )
        assert name in renamed
        np.testing.assert_array_equal(load(renamed), array)


def test_a_pickle_of_python_2(load: Callable) -> None:
    # What Python 2.7 with numpy 1.16 writes for np.array([1, 200], np.uint8).
    content = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02"
        b"U\x01bq\x03\x87q\x04Rq\x05(K\x01K\x02\x85q\x06cnumpy\ndtype\nq\x07U\x02u1q\x08K\x00K\x01"
        b"\x87q\tRq\n(K\x03U\x01|q\x0bNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0cb\x89U\x02"
        b"\x01\xc8q\rtq\x0eb."
    )
    found = load(content)
    assert found.dtype == np.uint8 and found.tolist() == [1, 200]


def of_python_2(array: np.ndarray, protocol: int) -> bytes:
    """What Python 2.7 writes for bytes: with escapes in protocol 0, else as they are."""
    content = array.tobytes()
    if protocol:
        text = b"T" + struct.pack("<I", len(content)) + content
    else:
        text = b"S" + repr(content).removeprefix("b").encode() + b"\n"
    return (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01J" + struct.pack("<i", len(array)) + b"\x85cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89" + text + b"tb."
    )


@pytest.mark.parametrize("protocol", [0, 1])
@pytest.mark.parametrize("n_bytes", [3, 300_000])
def test_the_bytes_of_python_2(
    load: Callable, protocol: int, n_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Pieces so small that escapes are cut in the middle.
    monkeypatch.setattr(restricted_pickle, "_PIECE", 1001)
    array = (np.arange(n_bytes) * 7 % 256).astype(np.uint8)
    np.testing.assert_array_equal(load(of_python_2(array, protocol)), array)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_long_text_stays_a_text(
    load: Callable, protocol: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restricted_pickle, "_PIECE", 1001)
    for text in ("line\n\\u0041 \xe4" * 20_000, "\u20ac\\" * 40_000, "a" * 70_000 + "\u20ac"):
        assert load(pickle.dumps((text, {text: [text]}), protocol)) == (text, {text: [text]})


def test_two_arrays_never_share_one_text(load: Callable) -> None:
    array = np.zeros(100_000, np.uint8)
    content = pickle.dumps(array, 2)
    start = content.index(b"X" + struct.pack("<I", len(array)))
    end = start + 5 + len(array)
    # The text is memoised, and encoded for each of two arrays.
    head, tail = content[2:start], content[end:-1]
    tail = tail[tail.index(b"X\x06\x00\x00\x00latin1") :] if b"latin1" in tail else tail
    twice = load(b"\x80\x02" + head + content[start:end] + b"r\xe7\x03\x00\x00" + tail
                 + head + b"j\xe7\x03\x00\x00" + tail + b"\x86.")  # fmt: skip
    twice[0][:] = 1
    assert twice[1].max() == 0


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_large_array_is_not_copied_and_can_be_changed(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "large.pkl"
    array = np.ones((1 << 23,), np.float32)
    with path.open("wb") as file:
        pickle.dump((array, array[:3]), file, protocol=protocol)
    tracemalloc.start()
    found, _ = load_pickle(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3.5 * array.nbytes  # with pieces of 16 MB, and half of that again as text
    found += 1
    assert found[-1] == 2


# Pickles that would do something


class Attack:
    """Pickles as a call."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("nested", [False, True])
def test_a_pickle_that_would_run_code(
    refusal: Callable, tmp_path: Path, protocol: int, nested: bool
) -> None:
    proof = tmp_path / "it ran"
    attack: Any = Attack(os.mkdir, str(proof))
    if nested:
        attack = (np.zeros(3), {"labels": [attack]})
    message = refusal(pickle.dumps(attack, protocol))
    assert "asks for posix.mkdir" in message or "asks for nt.mkdir" in message
    assert not proof.exists()


@pytest.mark.parametrize(
    "function", [eval, exec, getattr, __import__, np.load, np.fromfile, np.frombuffer, print]
)
def test_no_function_is_called(refusal: Callable, function: Callable[..., Any]) -> None:
    assert "asks for" in refusal(pickle.dumps(Attack(function, "1")))


@pytest.mark.parametrize(
    "name",
    [
        b"numpy\nload",
        b"numpy.core.multiarray\nfromfile",
        b"numpy._core.multiarray\nscalar.__class__",
        b"\n",
        b"os\nsystem",
        b"numpy\ndtype.type",
        b"poselab.datasets.restricted_pickle\nload_pickle",
    ],
)
def test_no_other_name_is_found(refusal: Callable, name: bytes) -> None:
    assert "asks for" in refusal(b"\x80\x02c" + name + b"\n(X\x01\x00\x00\x00atR.")


def test_classes_and_extensions(refusal: Callable) -> None:
    for content in (b"\x80\x02ios\nsystem\n(X\x01\x00\x00\x00at.", b"\x80\x02(cos\nsystem\no.",
                    b"\x80\x02\x82\x01.", b"\x80\x02X\x01\x00\x00\x00a)\x81.", b"\x80\x02NQ.",
                    b"\x80\x02Pid\n."):  # fmt: skip
        refusal(content)


def test_what_builds_arrays_cannot_be_changed_or_kept(refusal: Callable, load: Callable) -> None:
    encode = b"c_codecs\nencode\n"
    state = b"}X\x08\x00\x00\x00__code__Ns"
    assert "changes a" in refusal(b"\x80\x02" + encode + state + b"b.")
    assert "changes a list" in refusal(b"\x80\x02]" + state + b"b.")
    assert "asks for numpy.ndarray" in refusal(b"\x80\x02cnumpy\nndarray\n.")
    assert "calls a" in refusal(b"\x80\x02cnumpy\nndarray\n)R.")
    assert "calls a str" in refusal(b"\x80\x02X\x01\x00\x00\x00a)R.")
    assert "encoding 'zip'" in refusal(
        b"\x80\x02" + encode + b"X\x01\x00\x00\x00aX\x03\x00\x00\x00zip\x86R."
    )
    assert load(pickle.dumps(np.arange(3))).tolist() == [0, 1, 2]


def test_arrays_of_objects_and_records(refusal: Callable) -> None:
    assert "an array of 'O" in refusal(pickle.dumps(np.array([None, {}], dtype=object)))
    assert "an array of" in refusal(pickle.dumps(np.zeros(2, [("x", "f4")])))
    assert "an array of" in refusal(pickle.dumps(np.zeros(2, "M8[s]")))
    # A type that says one thing first and another thing later.
    assert "records" in refusal(
        b"\x80\x02cnumpy\ndtype\nX\x02\x00\x00\x00f4\x85R(K\x03X\x01\x00\x00\x00<"
        b"X\x01\x00\x00\x00aNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb."
    )


# Pickles that would take more than they give


def peak_of(act: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        act()
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return peak


def refused(load: Callable, content: bytes) -> Callable[[], None]:
    def act() -> None:
        with pytest.raises(DatasetError):
            load(content)

    return act


@pytest.mark.parametrize(
    "claim",
    [
        b"B" + struct.pack("<I", 2**32 - 1),
        b"\x8e" + struct.pack("<Q", 2**40),
        b"\x96" + struct.pack("<Q", 2**62),
        b"\x95" + struct.pack("<Q", 2**40),
        b"X" + struct.pack("<I", 2**32 - 1),
        b"\x8d" + struct.pack("<Q", 2**40),
        b"\x8b" + struct.pack("<i", 2**31 - 1),
        b"Nr" + struct.pack("<I", 2**32 - 1),
    ],
    ids=["bytes", "long bytes", "bytearray", "frame", "text", "long text", "number", "memo"],
)
def test_a_claim_costs_no_memory(load: Callable, claim: bytes) -> None:
    assert peak_of(refused(load, b"\x80\x05" + claim)) < 1 << 20


def array_of(shape: bytes, kind: bytes, content: bytes) -> bytes:
    """An array in protocol 2, field by field."""
    return (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85X\x01\x00\x00\x00b"
        b"\x87R(K\x01(" + shape + b"tcnumpy\ndtype\nX" + struct.pack("<I", len(kind)) + kind
        + b"\x85R\x89U" + bytes([len(content)]) + content + b"tb."
    )  # fmt: skip


def test_an_array_cannot_be_larger_than_its_bytes(load: Callable, refusal: Callable) -> None:
    assert load(array_of(b"K\x03", b"u1", b"abc")).tolist() == [97, 98, 99]
    huge = b"J" + struct.pack("<i", 2**31 - 1)
    for shape, kind in ((huge, b"u1"), (huge + huge, b"f8"), (b"J\xff\xff\xff\xffJ\xfd\xff\xff\xff",
                        b"u1"), (b"K\x03", b"f8")):  # fmt: skip
        assert peak_of(refused(load, array_of(shape, kind, b"abc"))) < 1 << 20
    assert "an array of 'U0'" in refusal(array_of(huge, b"U0", b""))
    assert "an array of 'V8'" in refusal(array_of(b"K\x01", b"V8", b"abcdefgh"))


def test_what_is_remembered_cannot_be_multiplied(refusal: Callable) -> None:
    text = b"X" + struct.pack("<I", 1000) + 1000 * b"a"
    encode = b"c_codecs\nencode\nq\x00" + text + b"q\x01X\x06\x00\x00\x00latin1\x86q\x02R"
    again = b"h\x00h\x02R"
    assert "memory" in refusal(b"\x80\x02(" + encode + 300 * again + b"t.")


def test_instructions_without_end(
    refusal: Callable, load: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restricted_pickle, "_MOST_SMALL", 1000)
    assert "too many instructions" in refusal(b"\x80\x02" + 1000 * b"]" + b".")
    frame = b"\x95" + struct.pack("<Q", 1001)
    assert "too many instructions" in refusal(b"\x80\x04" + frame + 1000 * b"]" + b".")
    # An array's bytes are not instructions, however many there are.
    assert len(load(pickle.dumps(np.zeros(100_000), 4))) == 100_000


def test_containers_in_containers_without_end(refusal: Callable, load: Callable) -> None:
    assert "without end" in refusal(b"\x80\x02" + 1000 * b"]" + 999 * b"a" + b".")
    assert "without end" in refusal(b"\x80\x02]q\x00h\x00a.")
    # Each list holds the one before it twice: 2 ** 40 leaves, but only 40 lists.
    twice = b"\x80\x02]q\x00" + b"".join(
        b"](h" + bytes([i]) + b"h" + bytes([i]) + b"eq" + bytes([i + 1]) for i in range(40)
    )
    found = load(twice + b".")
    assert found[0] is found[1]


# Files that are not pickles of arrays


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file at .*nowhere\.pkl"):
        load_pickle(tmp_path / "nowhere.pkl")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_file_cut_short_at_any_byte(load: Callable, protocol: int) -> None:
    whole = pickle.dumps((np.arange(10.0), np.arange(5)), protocol)
    for length in range(len(whole)):
        with pytest.raises(DatasetError, match=r"is cut short, damaged or not a pickle of arrays"):
            load(whole[:length])


def test_a_file_with_any_byte_changed_is_read_or_refused(load: Callable) -> None:
    whole = pickle.dumps((np.arange(10.0), "text", [1, 2]), 4)
    for index in range(len(whole)):
        for value in (0, 0x28, 0x52, 0x62, 0x81, 0xFF):
            try:
                load(whole[:index] + bytes([value]) + whole[index + 1 :])
            except DatasetError as error:
                assert "\n" not in str(error)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 a zip file", b"\x89HDF\r\n\x1a\n", 99 * b"x"]
)
def test_a_file_of_another_kind(load: Callable, content: bytes) -> None:
    with pytest.raises(DatasetError):
        load(content)
