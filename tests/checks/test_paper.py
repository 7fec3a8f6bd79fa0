"""Papers survive their file; files that are none are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from poselab.checks.paper import (
    Criterion,
    Exercise,
    Mistake,
    Question,
    exercises_as_bytes,
    read_exercises,
    read_questions,
    write_exercises,
    write_questions,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-1, 1) | st.text(max_size=5),
    lambda inner: st.tuples(inner, inner),
    max_leaves=4,
)


def exercise(argument: object) -> Exercise:
    shared = torch.arange(6.0).reshape(2, 3)
    questions = (
        Question("values/0", "values", "call", "f(a)", "`a`", (shared, argument)),
        Question("gradient/0", "gradient", "gradient", "f(a)", "", (shared.double(),), shared),
        Question("vectorised/0", "vectorised", "count", "f(a)", "", (shared.T,), axis="rows"),
    )
    return Exercise(
        "f",
        "A title",
        ("sample", "xy"),
        (Criterion("values", 1.5, 1e-4, "Look."),),
        questions,
        {"values/0": shared.double(), "gradient/0": shared},
        (Mistake("swapped", "They are swapped.", {"values/0": shared.flip(-1)}),),
    )


def same_question(one: Question, other: Question) -> bool:
    tensors = [(a, b) for a, b in zip(one.args, other.args, strict=True) if torch.is_tensor(a)]
    plain = [(a, b) for a, b in zip(one.args, other.args, strict=True) if not torch.is_tensor(a)]
    return (
        all(a.dtype == b.dtype and torch.equal(a, b) for a, b in tensors)
        and all(a == b for a, b in plain)
        and (one.id, one.kind, one.call, one.axis) == (other.id, other.kind, other.call, other.axis)
    )


@given(PLAIN)
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, argument: object) -> None:
    path = tmp_path_factory.mktemp("papers") / "p.safetensors"
    written = exercise(argument)
    write_exercises(path, [written])
    read = read_exercises(path)["f"]
    assert all(map(same_question, written.questions, read.questions))
    assert read.criteria == written.criteria
    assert read.result_axes == written.result_axes
    assert read.key.keys() == written.key.keys()
    assert torch.equal(read.key["values/0"], written.key["values/0"])
    assert torch.equal(
        read.mistakes[0].answers["values/0"], written.mistakes[0].answers["values/0"]
    )


def test_same_paper_same_bytes() -> None:
    assert exercises_as_bytes([exercise(None)]) == exercises_as_bytes([exercise(None)])


def test_questions_travel_without_the_key(tmp_path: Path) -> None:
    path = tmp_path / "q.safetensors"
    written = exercise((1, 2.0))
    write_questions(path, written.questions)
    assert all(map(same_question, written.questions, read_questions(path)))
    content = path.read_bytes()
    assert b"mistake" not in content and b"key" not in content


@pytest.mark.parametrize("content", [b"", b"not tensors", b"\xff" * 64])
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.safetensors is not a file of course tensors"):
        read_questions(path)


def test_an_interrupted_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_exercises(tmp_path / "p.safetensors", [exercise(None)])
    assert list(tmp_path.iterdir()) == []
