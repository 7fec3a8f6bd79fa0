"""A device other than the CPU, without a GPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from poselab.checks.foreign_device import MixedDevicesError, foreign_device


def device_follows(maps: Tensor) -> Tensor:
    columns = torch.arange(maps.shape[-1], dtype=maps.dtype, device=maps.device)
    return (maps.softmax(-1) * columns).sum(-1)


def moved_afterwards(maps: Tensor) -> Tensor:
    return maps.sum(-2) @ torch.arange(maps.shape[-1]).to(maps)


def numbers_without_axes(maps: Tensor) -> Tensor:
    return torch.where(maps > 0.5, maps, torch.tensor(0.0)) * torch.tensor(2.0)


def masked(maps: Tensor) -> Tensor:
    copy = maps.clone()
    copy[copy < 0.5] = 0
    copy[torch.tensor([0])] += 1
    return copy[copy > 0].mean()


def filled_in_place(maps: Tensor) -> Tensor:
    out = torch.zeros(maps.shape[0], 2, device=maps.device)
    out[:, 0] = maps.sum((1, 2))
    out[:, 1] = maps.amax((1, 2))
    return out


def filled_on_the_cpu_and_moved(maps: Tensor) -> Tensor:
    out = torch.zeros(maps.shape)
    for number, each in enumerate(maps):
        out[number] = each
    return out.cumsum(-1).to(maps.device)


def vmapped(maps: Tensor) -> Tensor:
    return torch.vmap(lambda each: each.flatten().softmax(0).max())(maps)


def made_within_vmap(maps: Tensor) -> Tensor:
    def one(each: Tensor) -> Tensor:
        width = each.shape[-1]
        numbers = list(range(width))
        row = each.new_tensor(numbers) + each.new_zeros(width) + each.new_full((width,), 2.0)
        row = row + torch.tensor(numbers, dtype=each.dtype, device=each.device)
        row = row + torch.arange(width, device=each.device)
        return (each * row[None, :]).sum()

    return torch.vmap(one)(maps)


def decides_by_value(maps: Tensor) -> Tensor:
    return maps * 2 if maps.sum() > 1 else maps


def made_of_numbers(maps: Tensor) -> Tensor:
    width = maps.shape[-1]
    grid = torch.tensor(list(range(width)), dtype=maps.dtype, device=maps.device)
    return maps * grid + maps.new_tensor(range(width)) + torch.as_tensor(grid, device=maps.device)


def chosen_by_lists(maps: Tensor) -> Tensor:
    copy = maps.clone()
    copy[:, [2, 0]] = maps[:, [0, 2]]
    return copy[[1, 0], 1:, [[0], [3]]] + maps[[True, False]].sum()


def for_cuda_only(maps: Tensor) -> Tensor:
    if not maps.is_cuda:
        return maps + 3
    ones = torch.ones(4, device="cuda") + torch.ones(4).cuda() + torch.ones(4).to("cuda:0")
    return maps + ones


def grid_on_cpu(maps: Tensor) -> Tensor:
    return (maps * torch.arange(maps.shape[-1])).sum(-1)


def table_on_cpu(maps: Tensor) -> Tensor:
    return torch.arange(3)[maps.argmax(-1).clamp(max=2)]


def put_into_cpu(maps: Tensor) -> Tensor:
    return torch.index_put(torch.zeros(maps.shape), (torch.arange(maps.shape[0]),), maps)


def cpu_where_it_is_named_otherwise(maps: Tensor) -> Tensor:
    return (
        maps.cpu() if maps.device.type not in ("cpu", "cuda") or maps.is_meta else grid_on_cpu(maps)
    )


def zeros_on_cpu(maps: Tensor) -> Tensor:
    return torch.cat([maps.sum(-1), torch.zeros(maps.shape[0], 1)], -1)


@pytest.mark.parametrize(
    "function",
    [
        device_follows,
        moved_afterwards,
        numbers_without_axes,
        masked,
        filled_in_place,
        filled_on_the_cpu_and_moved,
        vmapped,
        made_within_vmap,
        decides_by_value,
        made_of_numbers,
        chosen_by_lists,
        for_cuda_only,
    ],
)
def test_code_for_any_device_runs_and_stays_there(function: Callable[[Tensor], Tensor]) -> None:
    maps = torch.rand(2, 3, 4, generator=torch.Generator().manual_seed(0))
    with foreign_device() as device:
        result = function(device.seal.wrap(maps.clone()))
        assert device.has(result)
    torch.testing.assert_close(device.seal.unwrap(result), function(maps))


@pytest.mark.parametrize(
    "function",
    [grid_on_cpu, zeros_on_cpu, table_on_cpu, put_into_cpu, cpu_where_it_is_named_otherwise],
)
def test_code_for_the_cpu_is_refused(function: Callable[[Tensor], Tensor]) -> None:
    with (
        foreign_device() as device,
        pytest.raises(MixedDevicesError, match=r"two devices|on the CPU"),
    ):
        function(device.seal.wrap(torch.rand(2, 3, 4)))


def test_what_is_kept_from_an_earlier_call_is_there() -> None:
    kept: dict[str, Tensor] = {}

    def scaled(maps: Tensor) -> Tensor:
        if str(maps.device) not in kept:
            kept[str(maps.device)] = torch.arange(4.0, device=maps.device)
        column = kept[str(maps.device)]
        return maps * column[None] + column.sum()

    for number in range(3):
        maps = torch.rand(3, 4, generator=torch.Generator().manual_seed(number))
        with foreign_device() as device:
            result = scaled(device.seal.wrap(maps.clone()))
            assert device.has(result)
        torch.testing.assert_close(device.seal.unwrap(result), scaled(maps))
    assert set(kept) == {"cpu", "cuda:0"}


def test_what_is_kept_on_the_cpu_is_not() -> None:
    kept = torch.arange(4.0)
    for _ in range(2):
        with foreign_device() as device, pytest.raises(MixedDevicesError, match="two devices"):
            device.seal.wrap(torch.rand(3, 4)) - kept


def test_a_result_that_is_kept_comes_back_there() -> None:
    with foreign_device() as device:
        kept = device.seal.wrap(torch.ones(3))
    with foreign_device() as device:
        assert device.has(kept)
        assert torch.equal(device.seal.unwrap(device.adopt(kept)), torch.ones(3))


def test_numpy_is_refused() -> None:
    with foreign_device() as device, pytest.raises(MixedDevicesError, match="numpy"):
        device.seal.wrap(torch.rand(3)).numpy()


def test_a_result_made_of_numbers_is_not_there() -> None:
    with foreign_device() as device:
        result = torch.tensor(device.seal.wrap(torch.rand(3)).tolist())
        assert not device.has(result)


def test_no_attribute_leads_to_the_values() -> None:
    with foreign_device() as device:
        there = device.seal.wrap(torch.rand(3))
    assert not vars(there)
    assert {name for name in dir(there) if name not in dir(Tensor)} == {"__slots__"}
    dispatch: Any = type(there).__torch_dispatch__
    for cell in dispatch.__func__.__closure__:
        assert set(vars(cell.cell_contents)) <= {"__wrapped__"}
        assert getattr(cell.cell_contents, "__wrapped__", None) is None
        assert not hasattr(cell.cell_contents, "__self__")
