"""Which training this is: two that would end with the same weights have the same identity.

A training that was interrupted may only go on where the network, the data, the settings and the
code are the same as then. The code is that of the notebook: of every function that the training is
given, of what these call in the notebook, and of the constants that they read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any

import torch
from torch import Tensor, nn

from poselab.definitions import codes_of, functions_of

NOTEBOOK = "__main__"
"""The module of what a notebook defines. Code of packages counts by its name alone."""

_CODE = (FunctionType, MethodType, type, partial, nn.Module)


def training_identity(
    network: nn.Module, settings: Mapping[str, Any], data: Iterable[Any], code: Iterable[Any]
) -> str:
    """A name for one training, the same in every kernel.

    Args:
        network: the weights that it starts from make the second half of the name.
        settings: numbers and strings.
        data: data sets; their lengths and some of their samples count.
        code: what the training calls: functions, classes, objects.

    Returns:
        Two times eight hexadecimal digits, with a hyphen between them.
    """
    known, weights = hashlib.sha256(), hashlib.sha256()
    _feed(known, dict(settings))
    _feed(weights, network.state_dict())
    _feed(known, {name: list(each.shape) for name, each in network.state_dict().items()})
    for each in data:
        _feed(known, _samples(each))
    _feed_code(known, [network, *code])
    return f"{known.hexdigest()[:8]}-{weights.hexdigest()[:8]}"


def _samples(data: Any) -> list[Any]:
    """The length of a data set and its first, middle and last sample."""
    if not hasattr(data, "__len__") or not len(data) or not hasattr(data, "__getitem__"):
        return [type(data).__qualname__]
    return [
        len(data),
        *(_sample(data, each) for each in sorted({0, len(data) // 2, len(data) - 1})),
    ]


def _sample(data: Any, index: int) -> Any:
    try:
        return data[index]
    except TypeError:  # some data sets are asked for several samples at once, by slices
        return vars(data[index : index + 1])


def _feed_code(known: Any, code: Iterable[Any]) -> None:
    waiting, met = list(code), set[int]()
    for one in waiting:
        if id(one) in met:
            continue
        met.add(id(one))
        if isinstance(one, partial):
            waiting += [one.func, *one.args, *one.keywords.values()]
        elif isinstance(one, MethodType):
            waiting += [one.__func__, one.__self__]
        elif isinstance(one, nn.Module):
            waiting += [type(each) for each in one.modules()]
        elif isinstance(one, FunctionType | type):
            _feed(known, one.__qualname__)
            waiting += _uses(known, one)
        else:
            _feed(known, one)
            waiting.append(type(one))


def _uses(known: Any, definition: FunctionType | type) -> list[Any]:
    """Feed the code of one definition; return what it reads, as far as that may be a notebook's."""
    found: list[Any] = list(definition.__bases__ if isinstance(definition, type) else ())
    # A package's class counts by its name alone.
    is_given = isinstance(definition, type) and definition.__module__ != NOTEBOOK
    for function in () if is_given else functions_of(definition):
        given = [*(function.__defaults__ or ()), *_closure(function)]
        if function.__module__ == NOTEBOOK:
            names = _feed_bytecode(known, function)
            given += [function.__globals__[name] for name in names if name in function.__globals__]
            found += given
        else:
            found += [each for each in given if isinstance(each, _CODE)]
    return found


def _feed_bytecode(known: Any, function: FunctionType) -> list[str]:
    """Feed what a function does, not where it stands; return the names that it reads."""
    names: list[str] = []
    for code in codes_of(function):
        known.update(code.co_code)
        _feed(known, code.co_names)
        _feed(known, [each for each in code.co_consts if not isinstance(each, CodeType)])
        names += code.co_names
    return names


def _closure(function: FunctionType) -> list[Any]:
    contents = []
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # a variable that has no value yet
            contents.append(cell.cell_contents)
    return contents


def _feed(known: Any, value: Any) -> None:
    """Feed numbers, texts, tensors, and collections of them; of anything else its class."""
    if isinstance(value, Tensor):
        plain = value.detach().cpu().contiguous()
        _feed(known, [str(plain.dtype), list(plain.shape)])
        known.update(plain.flatten().view(torch.uint8).numpy().tobytes())
    elif isinstance(value, Mapping):
        for key, each in value.items():
            _feed(known, key)
            _feed(known, each)
    elif isinstance(value, list | tuple):
        for each in value:
            _feed(known, each)
    elif isinstance(value, bool | int | float | complex | str | bytes | None):
        known.update(f"{type(value).__name__}:{value!r};".encode())
    else:
        known.update(f"{type(value).__qualname__};".encode())
