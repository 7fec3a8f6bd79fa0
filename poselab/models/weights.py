"""Weights that ``torch.save`` wrote: read without running anything that is in the file."""

from __future__ import annotations

import io
import pickle
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from poselab.models.specification import BrokenError, ModelSpec

_NAMED = re.compile(r"(?:GLOBAL|global:?|Blocklisted) ([A-Za-z_][\w.]*\.\w+)")
_LONGEST_NAME = 80
_DEEPEST = 4


def look_at(content: bytes, spec: ModelSpec) -> str:
    """Look at weights: a mapping of names to tensors, which may hold further such mappings.

    Args:
        content: the file's.
        spec: the file's name, and its limits.

    Returns:
        How much there is, as a sentence.

    Raises:
        BrokenError: it is something else, names code, or holds numbers that are none.
        Exception: there is not enough memory.
    """
    found = _read(content, spec.file)
    advice = "save a dictionary of tensors, as `model.state_dict()` returns it"
    if not isinstance(found, Mapping):
        raise BrokenError(
            f"{spec.file} holds no state dict, but an object of type {type(found).__name__}; "
            f"{advice}."
        )
    tensors = list(_tensors(found, "", _DEEPEST))
    if not tensors:
        raise BrokenError(f"{spec.file} holds a dictionary without any tensor; {advice}.")
    total = sum(tensor.numel() * tensor.element_size() for _, tensor in tensors)
    if total > spec.limits.weights_bytes:
        raise BrokenError(
            f"The tensors in {spec.file} take more than the {spec.limits.weights_bytes >> 20} MB "
            "that they may; use a smaller network."
        )
    for name, tensor in tensors:
        if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_meta:
            raise BrokenError(f"{name} in {spec.file} is no ordinary dense tensor; {advice}.")
        if not torch.isfinite(tensor).all():
            raise BrokenError(
                f"Some numbers in {name} of {spec.file} are NaN or infinite; look at the training "
                "before you save."
            )
    numbers = sum(tensor.numel() for _, tensor in tensors)
    return f"It holds tensors with {numbers:,} numbers in all, and no code."


def _read(content: bytes, file: str) -> Any:
    """What is in the file.

    Raises:
        BrokenError: it cannot be read, or only by running what it names.
        Exception: there is not enough memory.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if named := _NAMED.search(str(error)):
            raise BrokenError(
                f"{file} holds more than weights: {named[1][:_LONGEST_NAME]} would have to be run "
                "to read it, and nothing is; save `model.state_dict()` and not the model, and "
                "tensors instead of arrays and other objects."
            ) from None
    except Exception as error:  # a damaged file raises all sorts
        if isinstance(error, MemoryError) or "allocate" in str(error):
            raise
        if "TorchScript" in str(error):
            raise BrokenError(
                f"{file} is a TorchScript model, which is code; save `model.state_dict()`."
            ) from None
    raise BrokenError(
        f"{file} is nothing that torch.save wrote, or is damaged; write it with "
        f'torch.save(..., "{file}").'
    )


def _tensors(found: Any, name: str, deep: int) -> Iterator[tuple[str, Tensor]]:
    """All tensors in mappings and sequences, with their names."""
    if isinstance(found, Tensor):
        yield name, found
    elif deep and isinstance(found, Mapping):
        for key, value in found.items():
            yield from _tensors(value, f"{name}.{_short(key)}".lstrip("."), deep - 1)
    elif deep and isinstance(found, Sequence) and not isinstance(found, str | bytes):
        for number, value in enumerate(found):
            yield from _tensors(value, f"{name}[{number}]", deep - 1)


def _short(key: object) -> str:
    """A stranger's name, fit to be printed."""
    text = str(key) if isinstance(key, str | int) else type(key).__name__
    return "".join(c for c in text if c.isprintable())[:_LONGEST_NAME]
