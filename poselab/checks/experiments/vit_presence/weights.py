"""Weights of the judge's own, put into a student's network.

Two networks with different weights agree in nothing. With the same weights, two that are put
together alike agree in every number.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from poselab.networks.transformer import TransformerBlock

Shape = tuple[int, ...]
Sizes = tuple[int, int, int, int, int]
"""Of an encoder: height and width of the images, patch, width, depth."""


_PLAIN = ("weight", "bias")
"""What layers call their parameters."""


def weight_of(name: str, shape: Shape, seed: int) -> Tensor:
    """The judge's values for one parameter.

    Args:
        name: of the parameter.
        shape: of it.
        seed: of all values.

    Returns:
        float32; around 1 for the weight of a normalisation, else around 0, and no larger than keeps
        what a layer returns at about the size of what it is given.
    """
    generator = torch.Generator().manual_seed((seed << 32) + zlib.crc32(name.encode()))
    values = 2 * torch.rand(shape, generator=generator) - 1
    *owner, last = name.split(".")
    if last == "weight" and owner and owner[-1].startswith("norm"):
        return 1 + values / 2
    if last == "weight" and len(shape) > 1:
        fan_in = values[0].numel()
        return values * (3 / fan_in) ** 0.5
    return values


def encoder_parameters(sizes: Sizes) -> dict[str, Shape]:
    """The names and shapes of all parameters of an encoder, in the notebook's order."""
    height, width_of_image, patch, width, depth = sizes
    tokens = (height // patch) * (width_of_image // patch)
    block = TransformerBlock(width, 1, _no_attention)
    of_a_block = {name: tuple(p.shape) for name, p in block.named_parameters()}
    return {
        "patch_embedding.weight": (width, 3 * patch**2),
        "patch_embedding.bias": (width,),
        "position": (tokens, width),
        **{
            f"blocks.{number}.{name}": shape
            for number in range(depth)
            for name, shape in of_a_block.items()
        },
        "norm.weight": (width,),
        "norm.bias": (width,),
    }


def _no_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    raise NotImplementedError


@dataclass
class Found:
    """What a network has of the parameters that it should have.

    Args:
        by_name: those found, wherever the network keeps them and by whatever name, by the name
            that they should have.
        own_name: the name that the network has for each of these.
        missing: the names of those that were not found.
        unknown: all others, by the network's name for them.
    """

    by_name: dict[str, Tensor] = field(default_factory=dict)
    own_name: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unknown: dict[str, Tensor] = field(default_factory=dict)


def find(network: nn.Module, wanted: Mapping[str, Shape]) -> Found:
    """Look for parameters in a network: by their names, else by their shapes and similar names.

    Args:
        network: which has them as its own, or keeps them in lists or as plain tensors.
        wanted: names and shapes.

    Returns:
        What was found. A tensor has another shape than it should have only where the name is right.
    """
    held = dict(_tensors(network))
    found = Found()
    for name in wanted:
        if name in held:
            found.by_name[name], found.own_name[name] = held[name], name
    taken = {id(tensor) for tensor in found.by_name.values()}
    own = {id(parameter) for parameter in network.parameters()}
    free = {
        name: tensor
        for name, tensor in held.items()
        if id(tensor) not in taken and (id(tensor) in own or _may_learn(tensor))
    }
    # Whole layers first: a bias looks like any other, but not together with its weight.
    for groups in (_layers, _singles):
        unmet = {name: shape for name, shape in wanted.items() if name not in found.by_name}
        for mine, theirs in _alike(groups(unmet), groups(_shapes(free))):
            for name, other in zip(mine, theirs, strict=True):
                found.by_name[name], found.own_name[name] = free.pop(other), other
    found.own_name = {name: found.own_name[name] for name in wanted if name in found.own_name}
    found.missing = [name for name in wanted if name not in found.by_name]
    known = {id(tensor) for tensor in found.by_name.values()}
    found.unknown = {name: tensor for name, tensor in free.items() if id(tensor) not in known}
    return found


def put_in(network: nn.Module, wanted: Mapping[str, Shape], seed: int) -> Found:
    """Give a network's parameters the judge's values.

    Args:
        network: which is changed.
        wanted: names and shapes of its parameters.
        seed: of the values.

    Returns:
        What was found. Tensors of another shape than they should have, and unknown ones, have
        values as well.
    """
    found = find(network, wanted)
    with torch.no_grad():
        for name, tensor in found.by_name.items():
            shape = wanted[name]
            tensor.copy_(_fitted(name, shape, tuple(tensor.shape), seed))
        for number, tensor in enumerate(found.unknown.values()):
            tensor.copy_(weight_of(f"unknown.{number}", tuple(tensor.shape), seed))
    return found


def _fitted(name: str, shape: Shape, own: Shape, seed: int) -> Tensor:
    """The judge's values for a parameter, in the shape that a network has for it.

    One that holds the right numbers in a shape of its own still computes the right thing.
    """
    if _squeezed(own) == _squeezed(shape)[::-1] != _squeezed(shape):
        return weight_of(name, shape, seed).squeeze().T.reshape(own)
    fits = torch.Size(own).numel() == torch.Size(shape).numel()
    return weight_of(name, shape if fits else own, seed).reshape(own)


def fill(network: nn.Module, wanted: Shape, seed: int) -> None:
    """Give a network whose parameters have any names the judge's values.

    Args:
        network: which is changed. Biases become 0, so that it does not matter whether there are
            any.
        wanted: the shape of its one weight.
        seed: of the values.
    """
    own = {id(parameter) for parameter in network.parameters()}
    number = 0
    filled: set[int] = set()
    with torch.no_grad():
        for name, tensor in _tensors(network):
            if id(tensor) in filled or not (id(tensor) in own or _may_learn(tensor)):
                continue
            filled.add(id(tensor))
            if tensor.dim() < 2 and name.endswith("bias"):
                tensor.zero_()
                continue
            tensor.copy_(_fitted(f"layer.{number}.weight", wanted, tuple(tensor.shape), seed))
            number += 1


def _tensors(value: Any, name: str = "", seen: frozenset[int] = frozenset()) -> Iterator[Any]:
    """All tensors that a network holds with the paths that lead there, its own ones first."""
    if isinstance(value, Tensor):
        if value.is_floating_point():
            yield name, value
        return
    if id(value) in seen:
        return
    seen |= {id(value)}
    inside: list[tuple[Any, Any]] = []
    if isinstance(value, nn.Module):
        inside += [*value._parameters.items(), *value._buffers.items(), *value._modules.items()]
        hidden = {"_parameters", "_buffers", "_modules"}
        inside += [(key, held) for key, held in vars(value).items() if key not in hidden]
    elif isinstance(value, list | tuple):
        inside += enumerate(value)
    elif isinstance(value, dict):
        inside += value.items()
    for key, held in inside:
        yield from _tensors(held, f"{name}.{key}" if name else str(key), seen)


def _may_learn(tensor: Tensor) -> bool:
    return isinstance(tensor, nn.Parameter) or (tensor.requires_grad and tensor.is_leaf)


def _common(one: str, other: str) -> int:
    """How many parts of two names agree, from the end."""
    mine, theirs = one.split(".")[::-1], other.split(".")[::-1]
    equal = [a == b for a, b in zip(mine, theirs, strict=False)]
    return equal.index(False) if False in equal else len(equal)


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, Shape]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def _singles(shapes: Mapping[str, Shape]) -> dict[str, dict[str, Shape]]:
    return {name: {name: shape} for name, shape in shapes.items()}


def _layers(shapes: Mapping[str, Shape]) -> dict[str, dict[str, Shape]]:
    """Weights that have a bias, by what holds both."""
    layers: dict[str, dict[str, Shape]] = {}
    for name in sorted(shapes, key=lambda name: name.endswith("bias")):
        owner, _, last = name.rpartition(".")
        if last in _PLAIN:
            layers.setdefault(owner, {})[name] = shapes[name]
    return {owner: layer for owner, layer in layers.items() if len(layer) == len(_PLAIN)}


def _alike(
    mine: Mapping[str, Mapping[str, Shape]], theirs: Mapping[str, Mapping[str, Shape]]
) -> Iterator[tuple[list[str], list[str]]]:
    """Groups of the same shapes, those with the most similar names first, each once."""
    pairs = sorted(
        (
            (-_common(one, other), place, order, one, other)
            for place, one in enumerate(mine)
            for order, other in enumerate(theirs)
            if _fit(mine[one], theirs[other])
        ),
    )
    taken: set[str] = set()
    for *_, one, other in pairs:
        if f"mine {one}" in taken or f"theirs {other}" in taken:
            continue
        taken |= {f"mine {one}", f"theirs {other}"}
        yield list(mine[one]), list(theirs[other])


def _fit(mine: Mapping[str, Shape], theirs: Mapping[str, Shape]) -> bool:
    """Whether two groups have the same shapes, and no bias where a weight should be."""
    pairs = zip(mine.items(), theirs.items(), strict=True)
    return all(
        _squeezed(shape) == _squeezed(other_shape) and _same_kind(name, other)
        for (name, shape), (other, other_shape) in pairs
    )


def _same_kind(wanted: str, name: str) -> bool:
    """A bias is no weight; what is neither may have any name."""
    kinds = [part.rpartition(".")[2] for part in (wanted, name)]
    return kinds[0] not in _PLAIN or kinds[1] not in _PLAIN or kinds[0] == kinds[1]


def _squeezed(shape: Shape) -> Shape:
    return tuple(size for size in shape if size != 1)
