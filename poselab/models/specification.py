"""What a model that is submitted has to be: files, inputs, outputs, limits, examples, checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
"""Tensors by name; the first axis is the batch."""

_GENERIC = {"examination", "graph", "predictor", "specification", "verify", "weights"}


@dataclass(frozen=True)
class TensorSpec:
    """An input or an output of a model.

    Args:
        name: what it is called.
        dtype: as NumPy calls it, such as ``"uint8"``.
        shape: without the batch axis, which is free.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]

    def empty(self) -> NDArray[Any]:
        """No samples at all: (0, *shape)."""
        return np.empty((0, *self.shape), self.dtype)


@dataclass(frozen=True)
class ModelLimits:
    """What checking and running a model may take.

    Args:
        file_bytes: of each file.
        weights_bytes: of all weights once they are unpacked.
        tensor_numbers: in one computed tensor for one sample.
        memory_bytes: of memory while it runs.
        seconds: of one processor core for all checks together.
        seconds_a_sample: what one more sample may take when the model is graded.
    """

    file_bytes: int = 64 << 20
    weights_bytes: int = 256 << 20
    tensor_numbers: int = 1 << 26
    memory_bytes: int = 2 << 30
    seconds: float = 60
    seconds_a_sample: float = 0.25


class BrokenError(Exception):
    """Why a check failed, in one sentence.

    Args:
        sentence: the reason, and what to do.
        cause: ``"specification"``, unless the model could not be run to its end.
    """

    def __init__(self, sentence: str, cause: str = "specification") -> None:
        super().__init__(sentence)
        self.cause = cause


@dataclass(frozen=True)
class NamedCheck:
    """A further check of one specification: what to run the model on, and what to think of it.

    Args:
        name: the check's name, a word.
        inputs: makes the samples to run the model on.
        judge: outputs -> the sentence that says what was found.

    ``judge`` raises :class:`BrokenError` where the model fails the check.
    """

    name: str
    inputs: Callable[[], Arrays]
    judge: Callable[[Arrays], str]


@dataclass(frozen=True)
class ModelSpec:
    """What is submitted, and what it has to do.

    Args:
        file: the model's file; for a script, its weights.
        inputs, outputs: tensors by name. All of them have the same batch.
        examples: makes so many ordinary samples, always the same ones.
        kind: ``"onnx"`` for one ONNX file, ``"script"`` for weights and a script that uses them.
        script: the script's file.
        function: the script's function. It is called with the inputs by name, as arrays, while the
            working folder holds ``file``, and returns the outputs: an array or a tensor if there is
            one, a sequence in their order, or a mapping by name.
        state_dict: whether a script's ``file`` has to be what ``torch.save`` writes of tensors by
            name. Then it is read, and nothing in it is run, before the script is.
        beside: files that are not submitted, and that the script may find beside it.
        sample: what one sample is called.
        unit: of the outputs, for messages.
        tolerance: what the same sample's outputs may differ by from one run to another.
        batches: sizes of the batches that a model is tried with.
        at_once: samples in one batch where there are many.
        limits: what it may take.
        checks: further ones, made last.
    """

    file: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    examples: Callable[[int], Arrays]
    kind: Literal["onnx", "script"] = "onnx"
    script: str = ""
    function: str = ""
    state_dict: bool = False
    beside: tuple[str, ...] = ()
    sample: str = "sample"
    unit: str = ""
    tolerance: float = 1e-3
    batches: tuple[int, ...] = (1, 2, 5)
    at_once: int = 32
    limits: ModelLimits = field(default_factory=ModelLimits)
    checks: tuple[NamedCheck, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """All files that are submitted."""
        return (self.file, self.script) if self.kind == "script" else (self.file,)

    def as_data(self) -> dict[str, Any]:
        """All but the functions, for a process that cannot import them; see :meth:`from_data`."""
        kept = {n: v for n, v in vars(self).items() if n not in ("examples", "checks")}
        tensors = {n: [asdict(tensor) for tensor in kept[n]] for n in ("inputs", "outputs")}
        return {**kept, **tensors, "limits": asdict(self.limits)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any], examples: Arrays) -> ModelSpec:
        """A specification of what :meth:`as_data` gave, and its examples.

        Args:
            data: the fields, perhaps from JSON.
            examples: samples, of which the first are taken.

        Returns:
            The specification, without ``checks``: they are functions and stay behind.
        """
        tensors = {
            name: tuple(TensorSpec(t["name"], t["dtype"], tuple(t["shape"])) for t in data[name])
            for name in ("inputs", "outputs")
        }
        settings = {
            "limits": ModelLimits(**data["limits"]),
            "batches": tuple(data["batches"]),
            "beside": tuple(data["beside"]),
        }
        return cls(
            **{**data, **tensors, **settings, "examples": lambda count: first(examples, count)}
        )


def first(samples: Arrays, count: int) -> Arrays:
    """The first samples."""
    return part(samples, slice(count))


def part(samples: Arrays, which: slice) -> Arrays:
    """Some samples."""
    return {name: array[which] for name, array in samples.items()}


def count_of(samples: Arrays) -> int:
    """How many samples there are."""
    return len(next(iter(samples.values())))


def specifications() -> dict[str, ModelSpec]:
    """All specifications, by assignment."""
    package = import_module("poselab.models")
    names = [m.name for m in iter_modules(package.__path__) if m.name not in _GENERIC]
    return {name: import_module(f"poselab.models.{name}").SPEC for name in names}


def specification_for(path: str | Path, assignment: str | None = None) -> ModelSpec:
    """The specification that a file is to meet.

    Args:
        path: the file; its name tells the assignment, if ``assignment`` does not, or its suffix
            does.
        assignment: the assignment's id.

    Returns:
        The specification of the assignment's model.

    Raises:
        ValueError: there is no such assignment, or the name tells none.
    """
    known = specifications()
    if assignment is not None:
        if assignment not in known:
            raise ValueError(
                f"There is no model in the assignment {assignment}; there is one in "
                f"{', '.join(known)}."
            )
        return known[assignment]
    name, suffix = Path(path).name, Path(path).suffix
    named = [spec for spec in known.values() if name in spec.files] or [
        spec for spec in known.values() if suffix and Path(spec.file).suffix == suffix
    ]
    if len(named) != 1:
        raise ValueError(
            f"{name} is not what a model is called ({', '.join(s.file for s in known.values())}); "
            "name its assignment with --assignment."
        )
    return named[0]
