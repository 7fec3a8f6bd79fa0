"""Suites survive their journey as bytes; bytes that are none are refused."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from poselab.checks.cases import (
    Case,
    KnownMistake,
    Suite,
    cases_as_bytes,
    cases_from_bytes,
    combined,
    suites_as_bytes,
    suites_from_bytes,
)
from poselab.checks.criteria import STANDARD, Rung
from poselab.checks.signatures import signature

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-1, 1) | st.text(max_size=5),
    lambda inner: st.tuples(inner, inner),
    max_leaves=4,
)


def suite(argument: object) -> Suite:
    shared = torch.arange(6.0).reshape(2, 3)
    cases = (
        Case("values/0", "values", "call", "f(a)", "`a`", (shared, argument)),
        Case("gradient/0", "gradient", "gradient", "f(a)", "", (shared.double(),), shared),
        Case("vectorised/0", "vectorised", "count", "f(a)", "", (shared.T,), axis="rows"),
    )
    return Suite(
        "f",
        "A title",
        ("sample", "xy"),
        (Rung.of(STANDARD["values"], 1.5, 1e-4, "Look."),),
        cases,
        {"values/0": shared.double(), "gradient/0": shared},
        (
            KnownMistake(("swapped",), "They are swapped.", {"values/0": signature(-shared)}),
            KnownMistake(("late",), "It is late.", {}),
            KnownMistake(
                ("swapped", "late"),
                combined(["They are swapped.", "It is late."]),
                {"gradient/0": signature(shared)},
            ),
        ),
        needs=("g",),
    )


def same_case(one: Case, other: Case) -> bool:
    tensors = [(a, b) for a, b in zip(one.args, other.args, strict=True) if torch.is_tensor(a)]
    plain = [(a, b) for a, b in zip(one.args, other.args, strict=True) if not torch.is_tensor(a)]
    return (
        all(a.dtype == b.dtype and torch.equal(a, b) for a, b in tensors)
        and all(a == b for a, b in plain)
        and (one.id, one.kind, one.call, one.axis) == (other.id, other.kind, other.call, other.axis)
    )


@given(PLAIN)
def test_round_trip(argument: object) -> None:
    written = suite(argument)
    read = suites_from_bytes(suites_as_bytes([written]))["f"]
    assert all(map(same_case, written.cases, read.cases))
    assert read.criteria == written.criteria
    assert read.result_axes == written.result_axes
    assert read.expected.keys() == written.expected.keys()
    assert torch.equal(read.expected["values/0"], written.expected["values/0"])
    assert read.needs == written.needs
    for one, other in zip(read.mistakes, written.mistakes, strict=True):
        assert (one.ids, one.sentence) == (other.ids, other.sentence)
        assert one.wrong.keys() == other.wrong.keys()
        assert all(torch.equal(one.wrong[case], other.wrong[case]) for case in one.wrong)


def test_same_suite_same_bytes() -> None:
    assert suites_as_bytes([suite(None)]) == suites_as_bytes([suite(None)])


def test_cases_travel_without_what_is_expected() -> None:
    written = suite((1, 2.0))
    content = cases_as_bytes(written.cases)
    assert all(map(same_case, written.cases, cases_from_bytes(content)))
    assert b"mistake" not in content and b"expected" not in content


@pytest.mark.parametrize("content", [b"", b"not tensors", b"\xff" * 64, save({})])
def test_bytes_that_are_none_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a file of course tensors"):
        cases_from_bytes(content)
