"""Whether what was submitted meets a specification: the checks, one by one.

A file from a stranger is only looked at, by :mod:`poselab.models.graph`, until it is known that
onnxruntime would read nothing else and would not be asked for more memory than there is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from poselab.models.predictor import Predictor, require_packages
from poselab.models.specification import (
    Arrays,
    BrokenError,
    ModelSpec,
    TensorSpec,
    count_of,
    first,
)

OPSETS = range(13, 22)
"""Versions of ONNX's operators that the grader's runtime knows."""
NEWEST_FORMAT = 10
"""The newest version of the file format (``ir_version``) that it knows."""

Cause = Literal["specification", "out_of_memory", "timed_out", "crashed"]

_LOOKED_AT = {
    "onnx": ("file", "format", "operators", "self_contained", "sizes", "interface"),
    "script": ("file", "weights"),
}
_RUN = ("loads", "batches", "finite", "repeatable", "alone")
_NEEDED = {name for looked_at in _LOOKED_AT.values() for name in looked_at} | set(_RUN[:-1])
"""Checks that those after them rely on."""

_STANDARD = ("", "ai.onnx")
_LONGEST_QUOTE = 200
_LONGEST_SENTENCE = 500
_OUT_OF_MEMORY = (
    "bad_alloc",
    "Failed to allocate",
    "Cannot allocate",
    "can't allocate",
    "MemoryError",
    "bad array",
)
_NOT_ONNX = {
    b"PK\x03\x04": "it is a zip archive, such as `torch.save` writes",
    b"\x80": "it is a pickle",
    b"\x89HDF": "it is an HDF5 file",
    b"\x1f\x8b": "it is compressed with gzip",
    b"{": "it is text",
    b"<": "it is text",
}


def check_names(spec: ModelSpec) -> tuple[str, ...]:
    """The names of a specification's checks, in the order in which they are made."""
    return (*_looked_at(spec), *_RUN, *(check.name for check in spec.checks))


def _looked_at(spec: ModelSpec) -> tuple[str, ...]:
    """The names of the checks for which nothing is run."""
    names = _LOOKED_AT[spec.kind]
    return names if spec.state_dict else tuple(name for name in names if name != "weights")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Args:
        name: one of :func:`check_names`.
        passed: whether it is as it has to be.
        sentence: what was found; after a failure, what to do as well.
        cause: what made it fail; ``"specification"``, unless the model could not be run to its end.
    """

    name: str
    passed: bool
    sentence: str
    cause: Cause = "specification"


@dataclass(frozen=True)
class Report:
    """What became of a model's checks.

    Args:
        checks: those that were made; some failures leave nothing for those after them.
        expected: the names of all checks.
    """

    checks: tuple[Check, ...]
    expected: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every check was made and none failed."""
        made = tuple(check.name for check in self.checks)
        return made == self.expected and all(check.passed for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check.passed)

    def __str__(self) -> str:
        """A line for each check, and one for all."""
        lines = [f"{'✓' if c.passed else '✗'} {c.name}: {c.sentence}" for c in self.checks]
        verdict = (
            "The model meets the specification: the grader will run it."
            if self.passed
            else "The model does not meet the specification and would score 0."
        )
        return "\n".join([*lines, verdict])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def examine(
    files: Mapping[str, bytes],
    spec: ModelSpec,
    folder: Path | None = None,
    answer: Callable[[str, Arrays], None] | None = None,
    chosen: Callable[[Mapping[str, int]], None] | None = None,
) -> Iterator[Check]:
    """Make the checks one by one, as long as each leaves something to look at.

    Args:
        files: what was submitted, by name.
        spec: what it has to be.
        folder: where the files are, which a script needs; the working folder unless told otherwise.
        answer: called with the name of each of the specification's own checks and what is kept of
            the outputs for it, where these are judged elsewhere.
        chosen: called with the sizes that the model's inputs have, where there is a choice.

    Yields:
        Each check as soon as it is made.

    Raises:
        MissingPackageError: a package is not installed.
    """
    require_packages(spec)
    total = _megabytes(sum(map(len, files.values())))
    yield Check("file", True, f"The file{'s are' if len(files) > 1 else ' is'} {total}.")
    examination = _Examination(files, spec, folder)
    checks: dict[str, Callable[[], str]] = {
        name: getattr(examination, name) for name in (*_looked_at(spec)[1:], *_RUN)
    }
    for index, own in enumerate(spec.checks):
        checks[own.name] = partial(examination.own, index, answer)
    for name, make in checks.items():
        try:
            sentence = make()
            if name == "interface" and chosen and examination.chosen:
                chosen(examination.chosen)
            yield Check(name, True, sentence)
        except BrokenError as error:
            yield failed(name, error)
            if name in _NEEDED:
                return


def failed(name: str, error: BrokenError) -> Check:
    """The check that found this."""
    return Check(name, False, str(error), _cause(error.cause))


def unfinished(spec: ModelSpec, done: Sequence[Check], cause: Cause, detail: str = "") -> Check:
    """The check that was being made when a model's process ended, as one that failed.

    Args:
        spec: what the model has to be.
        done: the checks before it.
        cause: how the process ended.
        detail: how exactly, to be added in brackets.

    Returns:
        A failed check; its sentence says what happened and what to do.
    """
    names = check_names(spec)
    name = names[min(len(done), len(names) - 1)]
    sentences = {
        "timed_out": f"Trying the model took more than the {spec.limits.seconds:g} s that all "
        "checks may take; use a smaller network, and no loops.",
        "out_of_memory": _too_much_memory(spec),
    }
    brackets = f" ({detail})" if detail else ""
    otherwise = f"The model ended the process that ran it{brackets}; {_AGAIN[spec.kind]}."
    return Check(name, False, sentences.get(cause, otherwise), cause)


def failure(spec: ModelSpec, what: str, error: Exception) -> BrokenError:
    """What onnxruntime, a script or :class:`Predictor` complains about, in one sentence.

    Args:
        spec: what the model has to be.
        what: what was tried, as the beginning of the sentence.
        error: the error itself.

    Returns:
        The error to raise instead; its cause is ``out_of_memory`` or ``specification``.
    """
    text = f"{type(error).__name__}: {error}"
    if any(sign in text for sign in _OUT_OF_MEMORY):
        return BrokenError(_too_much_memory(spec), "out_of_memory")
    if spec.state_dict and (misfit := re.search(r"loading state_dict for .*?:(.*)", text, re.S)):
        return BrokenError(
            f"The weights in {spec.file} are not those of the network in {spec.script} "
            f"({_quote(misfit[1])}); make the network in {spec.script} the one that was trained."
        )
    if spec.kind == "onnx" or isinstance(error, ValueError):
        # As in "[ONNXRuntimeError] : 1 : FAIL : some_function(...) this == that was false. Why."
        text = str(error).split(" : ", 3)[-1].split(" was false. ")[-1] or type(error).__name__
    advice = _TRY[spec.kind].format(function=spec.function, sample=spec.sample)
    return BrokenError(f"{what} ({_quote(text)}); {advice}.")


_AGAIN = {"onnx": "export it again", "script": "run it yourself"}
_FINITE = {
    "onnx": "at the trained weights before you export",
    "script": "at the trained weights, and for a division by 0",
}
_TRY = {
    "onnx": "export it again and try it with onnxruntime",
    "script": "call `{function}` on a few {sample}s yourself",
}


def _too_much_memory(spec: ModelSpec) -> str:
    most = spec.limits.memory_bytes >> 20
    return (
        f"The model asks for more than the {most} MB of memory that it may; use a smaller network."
    )


def as_line(check: Check) -> str:
    """A check as one line of JSON."""
    return json.dumps(asdict(check))


def from_line(line: str | bytes) -> Check:
    """A check from a line that a process wrote which may have run anything.

    Args:
        line: JSON, as :func:`as_line` writes it.

    Returns:
        The check, its sentence on one line and cut off if it is long.

    Raises:
        ValueError: the line holds no check.
    """
    try:
        fields = json.loads(line)
        sentence = sanitised(str(fields["sentence"]), _LONGEST_SENTENCE)
        cause = _cause(fields["cause"])
        return Check(str(fields["name"]), fields["passed"] is True, sentence, cause)
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"no check: {error!r}") from None


def _cause(said: Any) -> Cause:
    causes: dict[Any, Cause] = {str(cause): cause for cause in get_args(Cause)}
    return causes.get(str(said), "specification")


class _Examination:
    """The checks of one file, each a method of its name that returns what it found.

    Each relies on those before it that :data:`_NEEDED` names. ``spec`` loses its choices as the
    checks find what the model has chosen.
    """

    def __init__(self, files: Mapping[str, bytes], spec: ModelSpec, folder: Path | None) -> None:
        self.files = files
        self.spec = spec
        self.folder = folder
        self.content = files[spec.file]
        self._use = {"onnx": "export in", "script": "use"}[spec.kind]

    def format(self) -> str:
        """It is an ONNX model of a version that can be run."""
        # Not before it is needed: a script's weights are none of onnx's business.
        from poselab.models import graph

        self.look = graph
        hint = next((h for start, h in _NOT_ONNX.items() if self.content.startswith(start)), "")
        try:
            self.model = self.look.parse(self.content)
        except Exception:  # protobuf has several, and none that is ours
            why = hint or "it is damaged or in another format"
            raise BrokenError(
                f"The file is not an ONNX model: {why}; write it with export_model."
            ) from None
        if not self.model.ir_version or not self.model.graph.node:
            why = hint or "it holds no graph of operators"
            raise BrokenError(f"The file is not an ONNX model: {why}; write it with export_model.")
        if self.model.ir_version > NEWEST_FORMAT:
            raise BrokenError(
                f"The file's ir_version is {self.model.ir_version}, but the grader reads only up "
                f"to {NEWEST_FORMAT}; export it with opset_version=20."
            )
        versions = [o.version for o in self.model.opset_import if o.domain in _STANDARD]
        if len(versions) != 1 or versions[0] not in OPSETS:
            said = ", ".join(map(str, versions)) or "not said"
            raise BrokenError(
                f"The version of the operators (opset) is {said}, but the grader runs only "
                f"{OPSETS[0]} to {OPSETS[-1]}; export with opset_version=20."
            )
        return f"It is an ONNX model with opset {versions[0]}."

    def operators(self) -> str:
        """Every node is one of ONNX's own operators."""
        if self.model.functions:
            name = _quote(self.model.functions[0].name)
            raise BrokenError(
                f"The model defines a function of its own ({name}); export it with "
                "torch.onnx.export, which writes plain operators."
            )
        if self.model.training_info:
            raise BrokenError("The model holds training steps; export it for inference.")
        count = 0
        for node in self.look.nodes(self.model):
            count += 1
            if node.domain not in _STANDARD:
                raise BrokenError(
                    f"The operator {_quote(node.op_type)} of the domain {_quote(node.domain)} is "
                    "not a standard ONNX operator, and the grader runs no others; build the model "
                    "from PyTorch's layers and export it with torch.onnx.export."
                )
        return f"Its {count} operators are ONNX's own."

    def self_contained(self) -> str:
        """All weights are in the file."""
        for tensor in self.look.tensors(self.model):
            if self.look.is_external(tensor):
                raise BrokenError(
                    f"The tensor {_quote(tensor.name)} is in another file, but only this one is "
                    "submitted; export with external_data=False."
                )
        return "All weights are in this file."

    def weights(self) -> str:
        """It holds tensors by name, all of them finite, and no code."""
        from poselab.models import weights

        try:
            return weights.look_at(self.content, self.spec)
        except BrokenError:
            raise
        except Exception as error:  # PyTorch's have no common ancestor
            raise failure(self.spec, f"{self.spec.file} cannot be read", error) from None

    def sizes(self) -> str:
        """Nothing in it asks for absurd amounts of memory."""
        total = 0.0
        for tensor in self.look.tensors(self.model):
            total += self.look.numbers(list(tensor.dims)) * self.look.item_size(tensor)
            if not self.look.holds_what_it_declares(tensor):
                raise BrokenError(
                    f"The tensor {_quote(tensor.name)} declares the shape {_dims(tensor.dims)}, "
                    "but the file does not hold that many numbers; export the model again."
                )
        total += sum(8 * self.look.numbers(dims) for dims in self.look.sparse_shapes(self.model))
        if total > self.spec.limits.weights_bytes:
            raise BrokenError(
                f"Unpacked, the weights take {_megabytes(total)}, more than the "
                f"{self.spec.limits.weights_bytes >> 20} MB that they may; use a smaller network."
            )
        for name, dims in self._shapes():
            if self.look.numbers(dims) > self.spec.limits.tensor_numbers:
                raise BrokenError(
                    f"The tensor {_quote(name)} has the shape {_dims(dims)} for one "
                    f"{self.spec.sample}, more than {self.spec.limits.tensor_numbers >> 20} "
                    "million numbers; use a smaller network."
                )
        return f"Unpacked, its weights take {_megabytes(total)}."

    def interface(self) -> str:
        """The right inputs and outputs: names, types and shapes."""
        graph = self.model.graph
        weights = {tensor.name for tensor in graph.initializer}
        # Old exporters list the weights among the inputs.
        inputs = [value for value in graph.input if value.name not in weights]
        spec = self.spec
        self._expect("input", inputs)
        choices = spec.choices
        self.chosen = next(one for one in choices if spec.at(one).inputs == self.spec.inputs)
        self._expect("output", list(graph.output))
        given, returned = (
            ", ".join(f"{t.name} {_dims(('batch', *t.shape))}" for t in tensors)
            for tensors in (self.spec.inputs, self.spec.outputs)
        )
        return f"It maps {given} to {returned}."

    def loads(self) -> str:
        """It can be made ready to run."""
        self.predictor = self._load("")
        return "onnxruntime loads it." if self.spec.kind == "onnx" else "Its function is there."

    def batches(self) -> str:
        """It runs with several sizes of batch."""
        sizes = self.spec.batches
        self.samples = self.spec.examples(max(sizes))
        for size in sizes:
            try:
                self.outputs = self.predictor.run(first(self.samples, size))
            except Exception as error:  # onnxruntime's have no common ancestor
                what = f"The model fails with a batch of {size}"
                raise failure(self.spec, what, error) from None
        self.spec = self.predictor.spec
        return f"It runs with batches of {', '.join(map(str, sizes))} {self.spec.sample}s."

    def finite(self) -> str:
        """No NaN and no infinity."""
        count = count_of(self.outputs)
        broken = ~np.all(
            [np.isfinite(array.reshape(count, -1)).all(axis=1) for array in self.outputs.values()],
            axis=0,
        )
        if broken.any():
            raise BrokenError(
                f"For {broken.sum()} of {count} ordinary {self.spec.sample}s some outputs are NaN "
                f"or infinite; look {_FINITE[self.spec.kind]}."
            )
        return "Its outputs are finite."

    def repeatable(self) -> str:
        """The same samples give the same outputs, in whatever order things are run."""
        anew = self._load(" twice")
        # In one batch, as the first time: what others in the batch do is looked at later.
        predictors = (self.predictor, self.predictor, anew)
        together = count_of(self.samples)
        runs = [self._predict(self.samples, together, predictor) for predictor in predictors]
        distance = max(map(self._difference, runs))
        if distance > 0:
            raise BrokenError(
                f"The same {self.spec.sample}s give outputs that differ by "
                f"{self._amount(distance)} from run to run; {self._use} evaluation mode "
                "(dropout!), and use no random numbers."
            )
        return f"The same {self.spec.sample}s give the same outputs again."

    def alone(self) -> str:
        """A sample's outputs do not depend on the others in its batch."""
        distance = self._difference(self._predict(self.samples, at_once=1))
        sample, one = self.spec.sample, self.spec.a_sample
        if distance > 0:
            raise BrokenError(
                f"The outputs for {one} differ by {self._amount(distance)} when other "
                f"{sample}s are in the batch; {self._use} evaluation mode (batch normalisation!), "
                f"and keep {sample}s apart when you reshape."
            )
        return f"The outputs for {one} do not depend on the others in its batch."

    def own(self, index: int, answer: Callable[[str, Arrays], None] | None) -> str:
        """A check of the specification's own."""
        check = self.spec.checks[index]
        outputs = self._predict(check.inputs(), whole=False)
        if answer is None:
            return check.judge(outputs)
        answer(check.name, outputs)
        return ""

    def _load(self, again: str) -> Predictor:
        try:
            return Predictor(self.files, self.spec, self.folder)
        except Exception as error:  # onnxruntime's have no common ancestor
            who = "onnxruntime" if self.spec.kind == "onnx" else "Python"
            what = "the model" if self.spec.kind == "onnx" else self.spec.script
            raise failure(self.spec, f"{who} cannot load {what}{again}", error) from None

    def _shapes(self) -> list[tuple[str, list[int]]]:
        try:
            return list(self.look.declared_shapes(self.model))
        except Exception as error:  # onnx has several
            what = "The shapes in the model do not fit together"
            raise failure(self.spec, what, error) from None

    def _predict(
        self,
        samples: Arrays,
        at_once: int | None = None,
        predictor: Predictor | None = None,
        whole: bool = True,
    ) -> dict[str, NDArray[Any]]:
        try:
            return (predictor or self.predictor).predict(samples, at_once, whole)
        except Exception as error:  # onnxruntime's have no common ancestor
            what = f"The model fails with some {self.spec.sample}s"
            raise failure(self.spec, what, error) from None

    def _difference(self, outputs: Arrays) -> float:
        """The largest difference from the first outputs; 0 if it is no more than rounding."""
        return max(
            0.0
            if np.allclose(one, self.outputs[name], self._relative, self.spec.tolerance, True)
            else float(np.abs(one.astype(np.float64) - self.outputs[name]).max())
            for name, one in outputs.items()
        )

    _relative = 1e-5

    def _amount(self, distance: float) -> str:
        return f"{distance:.3g} {self.spec.unit}".strip()

    def _expect(self, what: Literal["input", "output"], values: list[Any]) -> None:
        tensors = self.spec.inputs if what == "input" else self.spec.outputs
        names = [tensor.name for tensor in tensors]
        found = [value.name for value in values]
        if found != names:
            count = {1: "one", 2: "two", 3: "three"}.get(len(names), str(len(names)))
            plural = "s" if len(names) > 1 else ""
            listed = ", ".join(f'"{name}"' for name in names)
            raise BrokenError(
                f"The model has to have {count} {what}{plural} called {', '.join(names)}, and "
                f"has {', '.join(map(_quote, found[:5])) or 'none'}; "
                f"export with {what}_names=[{listed}]."
            )
        for index, value in enumerate(values):
            # Each tensor may tell sizes that those after it share.
            now = self.spec.inputs if what == "input" else self.spec.outputs
            self._expect_tensor(what, value, now[index])

    def _expect_tensor(self, what: str, value: Any, tensor: TensorSpec) -> None:
        kind = self.look.kind(value)
        kind = {"float": "float32"}.get(kind, kind)
        if kind != tensor.dtype:
            advice = (
                f"export with a {tensor.dtype} {self.spec.sample} as the example, and convert it "
                "inside the model"
                if what == "input"
                else f"end the model with .to(torch.{tensor.dtype})"
            )
            raise BrokenError(f"{tensor.name} must be {tensor.dtype}, but is {kind}; {advice}.")
        shape = self.look.shape(value)
        wanted = self.spec.in_words(tensor)
        if shape is None:
            if what == "input":
                raise BrokenError(f"{tensor.name} declares no shape; it must be {wanted}.")
            return
        # An exporter may leave an output's sizes open; they are looked at when it runs.
        told = what == "output" or not any(isinstance(size, str) for size in shape[1:])
        fitted = self.spec.fitted(tensor, shape[1:]) if shape and told else None
        if fitted is None:
            advice = "" if told else "; give it one of these sizes when you export"
            raise BrokenError(f"{tensor.name} must be {wanted}, but is {_dims(shape)}{advice}.")
        self.spec = fitted
        if isinstance(shape[0], int):
            raise BrokenError(
                f"The batch of {tensor.name} is fixed to {shape[0]}; leave it free when you "
                'export: dynamic_shapes=({0: torch.export.Dim("batch")},).'
            )


def _quote(text: str) -> str:
    """A stranger's words within a sentence of ours."""
    return sanitised(text, _LONGEST_QUOTE).rstrip(".")


def sanitised(text: str, longest: int) -> str:
    """A stranger's words, fit to be printed: one line, no control characters, not too long.

    Args:
        text: the words.
        longest: how many characters are kept.

    Returns:
        The words; an ellipsis follows them if some were cut off.
    """
    plain = "".join(c if c.isprintable() else " " for c in text[: 4 * longest])
    plain = " ".join(plain.split())
    return plain if len(plain) <= longest else f"{plain[:longest]}…"


def _dims(sizes: Sequence[int | str]) -> str:
    return f"({sanitised(', '.join(map(str, sizes)), 80)})"


def _megabytes(size: float) -> str:
    return f"{size / (1 << 20):,.1f} MB" if size < 1 << 40 else "more than a million MB"
