from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from poselab.datasets import DeviceDict


class Pair(NamedTuple):
    first: Tensor
    second: str


def nested() -> DeviceDict:
    return DeviceDict(
        img=torch.ones(2, 3),
        person={"height": torch.ones(2), "name": "Ada", "deeper": {"x": torch.ones(1)}},
        several=[torch.ones(1), (torch.ones(2), 7)],
        pair=Pair(torch.ones(1), "b"),
        nothing=None,
    )


# "meta" is the one device besides "cpu" that every machine has.
def test_to_moves_every_tensor_however_deep() -> None:
    moved = nested().to("meta")
    tensors = [
        moved["img"],
        moved["person"]["height"],
        moved["person"]["deeper"]["x"],
        moved["several"][0],
        moved["several"][1][0],
        moved["pair"].first,
    ]
    assert {tensor.device.type for tensor in tensors} == {"meta"}


def test_to_returns_a_new_one_and_leaves_the_old_one() -> None:
    old = nested()
    inner, several = old["person"], old["several"]
    new = old.to("meta")
    assert new is not old
    assert new["person"] is not inner
    assert old["person"] is inner and old["several"] is several
    assert old["img"].device.type == inner["height"].device.type == "cpu"
    assert several[1][0].device.type == "cpu"


def test_to_the_same_device_is_a_new_dictionary_too() -> None:
    old = nested()
    new = old.to("cpu")
    new["person"]["name"] = "Grace"
    new["more"] = 1
    assert old["person"]["name"] == "Ada"
    assert "more" not in old


def test_what_is_not_a_tensor_stays_as_it_is() -> None:
    moved = nested().to("meta")
    assert moved["person"]["name"] == "Ada"
    assert moved["several"][1][1] == 7
    assert moved["nothing"] is None
    assert isinstance(moved["pair"], Pair) and moved["pair"].second == "b"


def test_types_are_kept() -> None:
    moved = nested().to("meta")
    assert type(moved) is DeviceDict
    assert type(moved["person"]) is DeviceDict
    assert type(moved["several"]) is list
    assert type(moved["several"][1]) is tuple


def test_detach_cuts_the_copy_only() -> None:
    old = DeviceDict(
        a=torch.ones(1, requires_grad=True) * 2, b={"c": torch.ones(1).requires_grad_()}
    )
    new = old.detach()
    assert not new["a"].requires_grad and not new["b"]["c"].requires_grad
    assert old["a"].requires_grad and old["b"]["c"].requires_grad


def test_cpu_is_to_cpu() -> None:
    old = DeviceDict(a=torch.arange(3), b={"c": torch.ones(1)})
    new = old.cpu()
    assert new is not old and torch.equal(new["a"], old["a"])
    assert new["b"]["c"].device.type == "cpu"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_there_and_back_on_a_gpu() -> None:
    old = nested()
    there = old.to("cuda")
    assert there["person"]["deeper"]["x"].is_cuda
    assert torch.equal(there.cpu()["img"], old["img"])
