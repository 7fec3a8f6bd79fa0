"""What is counted, and what runs on another device, has to be right as well."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from poselab.checks.cases import Case, Suite
from poselab.checks.criteria import STANDARD, Rung
from poselab.checks.judge import CriterionResult, judge
from poselab.checks.runner import run_cases


def reference(maps: Tensor) -> Tensor:
    return maps.double().sum(1)


def case(number: int, criterion: str, kind: Any, rows: int, **fields: Any) -> Case:
    generator = torch.Generator().manual_seed(number)
    maps = torch.rand(rows, 5, generator=generator)
    return Case(f"{criterion}/{number}", criterion, kind, "f(maps)", "", (maps,), **fields)


CASES = (
    case(0, "values", "call", 3),
    case(1, "edge_cases", "call", 1),
    case(2, "vectorised", "count", 2),
    case(3, "vectorised", "count", 40, axis="maps", longer=38),
    case(4, "dtype_device", "device", 4),
)
SUITE = Suite(
    "f",
    "F",
    ("map",),
    tuple(
        Rung.of(STANDARD[name], 1.0, 1e-5, "Look there.")
        for name in ("values", "edge_cases", "vectorised", "dtype_device")
    ),
    CASES,
    {case.id: reference(*case.args) for case in CASES},
    most_work={"operations": 10, "instructions": 1000},
)


def judged(function: Callable[..., Any], suite: Suite = SUITE) -> dict[str, CriterionResult]:
    verdict = judge(suite, run_cases(function, suite.cases))
    return {criterion.id: criterion for criterion in verdict.criteria}


def lost(function: Callable[..., Any]) -> set[str]:
    return {name for name, result in judged(function).items() if not result.passed}


def right(maps: Tensor) -> Tensor:
    return maps.sum(1)


@lru_cache
def ones(number: int) -> Tensor:
    return torch.ones(number)


def kept_from_call_to_call(maps: Tensor) -> Tensor:
    return maps @ ones(maps.shape[1]).to(maps)


def by_way_of_numpy(maps: Tensor) -> Tensor:
    return torch.from_numpy(maps.cpu().numpy().sum(axis=1)).to(maps.device)


class Network(nn.Module):
    def __new__(cls, maps: Tensor) -> Tensor:  # type: ignore[misc]
        weight = nn.Parameter(torch.ones(maps.shape[1], device=maps.device))
        return (maps * weight).sum(1)


@pytest.mark.parametrize("function", [right, kept_from_call_to_call, by_way_of_numpy, Network])
def test_right_answers_lose_nothing(function: Callable[..., Any]) -> None:
    assert not lost(function)


def loop(maps: Tensor) -> Tensor:
    return torch.stack([row.sum() for row in maps])


def zeros_at_large_sizes(maps: Tensor) -> Tensor:
    return maps.new_zeros(len(maps)) if len(maps) > 30 else loop(maps)


def zeros_while_watched(maps: Tensor) -> Tensor:
    return right(maps) if type(maps) is Tensor else maps.new_zeros(len(maps))


def by_shape(maps: Tensor) -> Tensor:
    return KEPT.setdefault(maps.shape, loop(maps)) if maps.shape not in KEPT else KEPT[maps.shape]


KEPT: dict[torch.Size, Tensor] = {}


def always_64_steps(maps: Tensor) -> Tensor:
    return torch.stack([maps[min(i, len(maps) - 1)].sum() for i in range(64)])[: len(maps)]


@pytest.mark.parametrize("function", [loop, zeros_at_large_sizes, by_shape, always_64_steps])
def test_counts_are_earned(function: Callable[..., Any]) -> None:
    assert lost(function) == {"vectorised"}


def test_a_loop_is_named_with_its_line_and_the_axis() -> None:
    result = judged(loop)["vectorised"]
    assert result.mistake == "loops_over_maps"
    assert result.message.startswith("Called `") and result.message.endswith(
        "`. With 38 more maps it took 42 operations on tensors and single values instead of 4: "
        "something runs once for each of the maps, mostly "
        f"`line {loop.__code__.co_firstlineno + 1}: return torch.stack([row.sum() for row in maps])"
        "`. Look there."
    )


def test_work_that_never_grows_is_limited() -> None:
    result = judged(always_64_steps)["vectorised"]
    assert result.mistake is None
    assert "operations on tensors and single values; 10 are plenty." in result.message


def test_a_result_that_is_another_one_while_watched_is_refused() -> None:
    results = judged(zeros_while_watched)
    assert "another one while its work was counted" in results["vectorised"].message
    assert "while its input was on another device" in results["dtype_device"].message


def elsewhere(maps: Tensor) -> bool:
    return maps.device.type != "cpu"


def raises(maps: Tensor) -> Tensor:
    if elsewhere(maps):
        raise ValueError("not here")
    return right(maps)


DEVICE_ONLY: list[Callable[[Tensor], Any]] = [
    raises,
    lambda maps: None if elsewhere(maps) else right(maps),
    lambda maps: maps if elsewhere(maps) else right(maps),
    lambda maps: maps.new_zeros(len(maps)) if elsewhere(maps) else right(maps),
    lambda maps: torch.zeros(0, device=maps.device) if elsewhere(maps) else right(maps),
    lambda maps: maps @ torch.ones(maps.shape[1]),
]


@pytest.mark.parametrize("function", DEVICE_ONLY)
def test_the_result_has_to_be_right_on_every_device(function: Callable[..., Any]) -> None:
    assert lost(function) == {"dtype_device"}


def test_an_error_on_another_device_is_told() -> None:
    message = judged(raises)["dtype_device"].message
    assert "It raised ValueError: not here in `line" in message


def test_what_is_wrong_on_every_device_costs_points_once() -> None:
    def wrong_at_the_edge(maps: Tensor) -> Tensor:
        return right(maps) + (len(maps) in (1, 4))

    assert lost(wrong_at_the_edge) == {"edge_cases"}
    assert lost(lambda maps: right(maps) + (len(maps) == 4)) == {"dtype_device"}


def test_attributes_of_a_result_are_not_called() -> None:
    def with_an_attribute(maps: Tensor) -> Tensor:
        result = torch.zeros(len(maps))
        result.detach = lambda: right(maps)  # type: ignore[method-assign]
        return result

    result = judged(with_an_attribute)["values"]
    assert "a tensor with attributes of its own (detach)" in result.message


def test_without_a_reference_an_ordinary_call_tells() -> None:
    unknown = Suite(SUITE.id, SUITE.title, SUITE.result_axes, SUITE.criteria[2:3], CASES[2:4])
    assert judged(right, unknown)["vectorised"].passed
    assert not judged(zeros_while_watched, unknown)["vectorised"].passed
