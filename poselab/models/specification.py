"""What a model that is submitted has to be: files, inputs, outputs, limits, examples, checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from importlib import import_module
from itertools import product
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
"""Tensors by name; the first axis is the batch."""

_GENERIC = {"examination", "exporting", "graph", "predictor", "specification", "verify", "weights"}


@dataclass(frozen=True)
class Size:
    """A size that is left to the model, such as the height and the width of its input.

    Args:
        name: what stands for it in the shapes of inputs and outputs.
        choices: what it may be.
        divides: instead of choices, the name of a size of an input that it has to divide.
    """

    name: str
    choices: tuple[int, ...] = ()
    divides: str = ""

    def given(self, sizes: Mapping[str, int]) -> Size:
        """This size once others are known."""
        if self.divides not in sizes:
            return self
        whole = sizes[self.divides]
        return Size(self.name, tuple(n for n in range(1, whole + 1) if whole % n == 0))


@dataclass(frozen=True)
class TensorSpec:
    """An input or an output of a model.

    Args:
        name: what it is called.
        dtype: as NumPy calls it, such as ``"uint8"``.
        shape: without the batch axis, which is free; a name stands for a :class:`Size`.
        kept: what is kept of an output: all, or of each map along the last two axes only where its
            maximum is; see :meth:`keep`.
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    kept: Literal["all", "peaks"] = "all"

    def given(self, sizes: Mapping[str, int]) -> TensorSpec:
        """This tensor once some sizes are known."""
        known = (n if isinstance(n, int) else sizes.get(n, n) for n in self.shape)
        return replace(self, shape=tuple(known))

    @property
    def kept_shape(self) -> tuple[int | str, ...]:
        """The shape of what is kept, without the batch axis."""
        return self.shape if self.kept == "all" else (*self.shape[:-2], 2)

    def keep(self, output: NDArray[Any]) -> NDArray[Any]:
        """What is kept of an output, so that large maps of many samples need not be.

        Args:
            output: (sample, *shape).

        Returns:
            The output itself, or (sample, ..., 2) of its dtype: where each map's maximum is, the
            first in reading order if there are several. It is the middle of that cell, as the
            fractions of the map's width and height to the left of it and above it. They are NaN
            if any number of the map is NaN or infinite.
        """
        if self.kept == "all":
            return output
        *others, height, width = output.shape
        maps = output.reshape(*others, height * width)
        row, column = np.divmod(maps.argmax(axis=-1), width)
        peaks = np.stack(((column + 0.5) / width, (row + 0.5) / height), axis=-1)
        peaks[~np.isfinite(maps).all(axis=-1)] = np.nan
        return peaks.astype(output.dtype)

    def empty(self, count: int = 0) -> NDArray[Any]:
        """Room for what is kept of so many samples; a size that is not known counts as 0."""
        known = (n if isinstance(n, int) else 0 for n in self.kept_shape)
        return np.empty((count, *known), self.dtype)


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
        inputs: makes the samples to run the model on. Where inputs have sizes to choose from, it
            is called with those that were chosen, by name.
        judge: what is kept of the outputs -> the sentence that says what was found.

    ``judge`` raises :class:`BrokenError` where the model fails the check.
    """

    name: str
    inputs: Callable[..., Arrays]
    judge: Callable[[Arrays], str]


@dataclass(frozen=True)
class ModelSpec:
    """What is submitted, and what it has to do.

    Args:
        file: the model's file; for a script, its weights.
        inputs, outputs: tensors by name. All of them have the same batch.
        examples: makes so many ordinary samples, always the same ones. Where inputs have sizes to
            choose from, it is called with those that were chosen, by name.
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
        sizes: those that an ONNX model chooses. An input's are what its file declares; an output's
            are the same for all samples.
    """

    file: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    examples: Callable[..., Arrays]
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
    sizes: tuple[Size, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """All files that are submitted."""
        return (self.file, self.script) if self.kind == "script" else (self.file,)

    @property
    def a_sample(self) -> str:
        """What one sample is called, with its article."""
        return f"{'an' if self.sample[0] in 'aeiou' else 'a'} {self.sample}"

    @property
    def choices(self) -> tuple[dict[str, int], ...]:
        """The sizes that inputs may have, by name; one empty choice where there is none."""
        chosen = [size for size in self.sizes if size.name in self._input_sizes]
        names = [size.name for size in chosen]
        values = product(*(size.choices for size in chosen))
        return tuple(dict(zip(names, some, strict=True)) for some in values)

    def at(self, sizes: Mapping[str, int]) -> ModelSpec:
        """The specification for models of certain sizes, which are no longer left to choose.

        Args:
            sizes: some of them, or all, by name.

        Returns:
            The specification, whose shapes have these sizes.
        """
        if not sizes:
            return self
        chosen = {name: sizes[name] for name in self._input_sizes if name in sizes}
        return replace(
            self,
            inputs=tuple(tensor.given(sizes) for tensor in self.inputs),
            outputs=tuple(tensor.given(sizes) for tensor in self.outputs),
            sizes=tuple(size.given(sizes) for size in self.sizes if size.name not in sizes),
            examples=partial(self.examples, **chosen),
            checks=tuple(replace(c, inputs=partial(c.inputs, **chosen)) for c in self.checks),
        )

    def fitted(self, tensor: TensorSpec, shape: Sequence[int | str]) -> ModelSpec | None:
        """The specification for models of which one tensor has this shape.

        Args:
            tensor: one of the inputs or outputs.
            shape: without the batch axis; a size that is not known is a string.

        Returns:
            The specification with the sizes that the shape tells, or ``None`` if the tensor may not
            have this shape.
        """
        if len(shape) != len(tensor.shape):
            return None
        choices = {size.name: size.choices for size in self.sizes}
        sizes: dict[str, int] = {}
        for found, right in zip(shape, tensor.shape, strict=True):
            if isinstance(found, str):
                continue
            fits = found in choices[right] if isinstance(right, str) else found == right
            if not fits or (isinstance(right, str) and sizes.setdefault(right, found) != found):
                return None
        return self.at(sizes)

    def run_on(self, inputs: Arrays) -> ModelSpec:
        """The specification for models that are run on these inputs.

        Args:
            inputs: by name, (sample, ...).

        Returns:
            The specification with the sizes that the inputs have; inputs of another shape tell
            nothing.
        """
        spec = self
        for index in range(len(self.inputs)):
            tensor = spec.inputs[index]
            spec = spec.fitted(tensor, inputs[tensor.name].shape[1:]) or spec
        return spec

    def kept(self, outputs: Arrays) -> dict[str, NDArray[Any]]:
        """What is kept of outputs: (sample, ...) by name."""
        return {tensor.name: tensor.keep(outputs[tensor.name]) for tensor in self.outputs}

    def in_words(self, tensor: TensorSpec, batch: int | str = "batch") -> str:
        """The shape that one of the tensors must have: ``(batch, 3, size, size), where ...``."""
        shape = f"({', '.join(map(str, (batch, *tensor.shape)))})"
        open_ = [size for size in self.sizes if size.name in tensor.shape]
        told = [f"{size.name} is {_one_of(size.choices)}" for size in open_ if size.choices]
        return f"{shape}, where {' and '.join(told)}" if told else shape

    @property
    def _input_sizes(self) -> set[str]:
        return {n for tensor in self.inputs for n in tensor.shape if isinstance(n, str)}

    def as_data(self) -> dict[str, Any]:
        """All but the functions, for a process that cannot import them; see :meth:`from_data`."""
        kept = {n: v for n, v in vars(self).items() if n not in ("examples", "checks")}
        listed = ("inputs", "outputs", "sizes")
        lists = {name: [asdict(one) for one in kept[name]] for name in listed}
        return {**kept, **lists, "limits": asdict(self.limits)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any], *examples: Arrays) -> ModelSpec:
        """A specification of what :meth:`as_data` gave, and its examples.

        Args:
            data: the fields, perhaps from JSON.
            *examples: samples, of which the first are taken, for each of :attr:`choices`.

        Returns:
            The specification, without ``checks``: they are functions and stay behind.
        """
        tensors = {
            name: tuple(TensorSpec(**{**t, "shape": tuple(t["shape"])}) for t in data[name])
            for name in ("inputs", "outputs")
        }
        settings = {
            "limits": ModelLimits(**data["limits"]),
            "batches": tuple(data["batches"]),
            "beside": tuple(data["beside"]),
            "sizes": tuple(Size(**{**s, "choices": tuple(s["choices"])}) for s in data["sizes"]),
        }

        def some(count: int, **sizes: int) -> Arrays:
            return first(examples[spec.choices.index(sizes)], count)

        spec = cls(**{**data, **tensors, **settings, "examples": some})
        return spec


def _one_of(numbers: Sequence[int]) -> str:
    *others, last = map(str, numbers)
    return f"{', '.join(others)} or {last}" if others else last


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
