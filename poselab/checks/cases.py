"""The suite of an exercise: its cases, what they are worth, and what is expected.

A *case* is one call of the student's function, or an experiment with several of them.
Cases, criteria and expected results are plain data, so the same suite can be stored in a file for
the student's own notebook, or be drawn anew from a secret seed, its cases sent into a kernel alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from poselab.checks.criteria import Rung
from poselab.checks.signatures import NO_SIGNATURE

Value: TypeAlias = Any
"""An argument: a tensor, a number, a string, ``None``, or a tuple of these."""

Kind = Literal["call", "shape", "gradient", "count", "device", "experiment"]

HEADER = "poselab"
"""Our files' one metadata entry. One, because safetensors does not keep the order of several."""

SIGNATURES = "/mistakes"
"""How the names of those tensors end that hold the signatures of known mistakes."""


@dataclass(frozen=True)
class Case:
    """One call of the student's function.

    Args:
        id: unique within the suite, ``criterion/number``.
        criterion: the id of the criterion that it belongs to.
        kind: ``call`` wants the result, ``shape`` its shape alone, ``gradient`` the gradient of
            ``(result * weight).sum()`` with respect to the first argument, ``count`` the work done,
            ``device`` whether the result stays on the device of its input, ``experiment`` what
            several calls show.
        call: the call as a message writes it.
        given: the shapes of its arguments and what is special about them, for the message.
        args: the arguments, all of them handed over by position.
        weight: for ``gradient``, of the result's shape.
        contiguous: whether tensor arguments are handed over contiguous in memory.
        axis: for ``count``, the axis that was made longer; empty for the base size.
        any_of: whether there are several right answers for each point. What is expected has one
            more axis in front, the alternatives.
        build: for a class, the keyword arguments of the object that is called, in evaluation mode;
            ``None`` where the function itself is called.
        experiment: the name of the experiment. Its arguments are tuples, one for each call. In a
            ``call``, that of an experiment with these arguments, whose one result is compared.
        relation: for an experiment, the name of the relation that has to hold between its results.
            What is expected then is the shape of one call's result.
        reads: the case whose observation is judged once more, by another relation; this one is not
            run then. Empty for a case of its own.
        longer: for ``count``, by how much the axis is longer.
        repeats: how often each value of a tensor is handed over along each of the first axes.
            Suites are stored and sent without the repetitions.
        says: the sentence of the notebook that asks for what is tested.
        dtype: that the result must have, as ``float32``, where a dtype is asked for; empty for that
            of the first argument.
    """

    id: str
    criterion: str
    kind: Kind
    call: str
    given: str
    args: tuple[Value, ...]
    weight: Tensor | None = None
    contiguous: bool = True
    axis: str = ""
    any_of: bool = False
    build: Mapping[str, Any] | None = None
    experiment: str = ""
    relation: str = ""
    reads: str = ""
    longer: int = 0
    repeats: tuple[int, ...] = ()
    says: str = ""
    dtype: str = ""


@dataclass(frozen=True)
class KnownMistake:
    """A known wrong answer, or several mistakes in one answer: how it is wrong, where it is.

    Args:
        ids: of the mistake, or of all that it is composed of.
        sentence: what its author is told.
        wrong: by case, the signature (see :mod:`poselab.checks.signatures`) of the wrong result.
            What an experiment shows has none.
    """

    ids: tuple[str, ...]
    sentence: str
    wrong: Mapping[str, Tensor]

    @property
    def id(self) -> str:
        """Its name in results: the ids with a plus between them."""
        return "+".join(self.ids)


@dataclass(frozen=True)
class Suite:
    """All cases of one exercise.

    Args:
        id: the function's name.
        title: as in the notebook's heading.
        result_axes: names for the axes of the result, for messages: ``("sample", "joint", "xy")``.
        criteria: the ladder, in the order in which it is climbed.
        cases: the calls and experiments.
        expected: the right result of each case that has one; empty in a kernel.
        mistakes: known wrong answers to the same cases.
        remarks: a sentence to add where no tensor came back, by what did: ``{"a tuple": ...}``.
        needs: the exercises whose functions this one may call.
        most_work: how many ``operations`` and ``instructions`` a ``count`` case may cost, if that
            is limited.
        meanwhile: a sentence for those who wait, where trying an answer takes seconds.
        notebook: the name of the notebook that the exercise is in.
    """

    id: str
    title: str
    result_axes: tuple[str, ...]
    criteria: tuple[Rung, ...]
    cases: tuple[Case, ...]
    expected: Mapping[str, Tensor] = field(default_factory=dict)
    mistakes: Sequence[KnownMistake] = ()
    remarks: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    most_work: Mapping[str, int] = field(default_factory=dict)
    meanwhile: str = ""
    notebook: str = ""

    @property
    def points(self) -> float:
        """The sum of the criteria's points."""
        return sum(criterion.points for criterion in self.criteria)

    @property
    def tolerance(self) -> float:
        """How far off values may be, where a criterion about something else compares them."""
        return next((rung.tolerance for rung in self.criteria if rung.id == "values"), 0.0)

    def cases_of(self, criterion: str) -> tuple[Case, ...]:
        """The cases of one criterion."""
        return tuple(case for case in self.cases if case.criterion == criterion)

    def expected_for(self, case: Case, result: Tensor | None) -> Tensor:
        """What is expected of a case; of several right answers, point by point the nearest one."""
        expected = self.expected[case.id]
        if not case.any_of:
            return expected
        if result is None or result.shape != expected.shape[1:]:
            return expected[0]
        off = (expected - result.to(torch.float64)).abs().nan_to_num(nan=torch.inf)
        nearest = off.amax(-1, keepdim=True).argmin(0, keepdim=True)
        return expected.gather(0, nearest.expand(1, *expected.shape[1:]))[0]


def combined(sentences: Iterable[str]) -> str:
    """What the author of one mistake, or of several, is told."""
    several = list(sentences)
    if len(several) == 1:
        return several[0]
    numbered = " ".join(f"({number}) {sentence}" for number, sentence in enumerate(several, 1))
    return f"Two mistakes together explain it. {numbered}"


def repeated(tensor: Tensor, repeats: Iterable[int]) -> Tensor:
    """A tensor whose values are repeated along each of its first axes, so many times."""
    for axis, times in enumerate(repeats):
        tensor = tensor if times == 1 else tensor.repeat_interleave(times, axis)
    return tensor


def suites_as_bytes(suites: Iterable[Suite]) -> bytes:
    """Whole suites, with what is expected, as a safetensors file. Same suites, same bytes."""
    tensors: dict[str, Tensor] = {}
    header = [_pack_suite(suite, tensors) for suite in suites]
    return tensors_as_bytes(tensors, header)


def suites_from_bytes(content: bytes) -> dict[str, Suite]:
    """Read what :func:`suites_as_bytes` wrote, as ``{exercise id: suite}``."""
    return dict(StoredSuites(content))


class StoredSuites(Mapping[str, Suite]):
    """What :func:`suites_as_bytes` wrote, each suite unpacked when it is first asked for.

    Args:
        content: the bytes of the file.

    Raises:
        ValueError: the bytes are not a file of ours.
    """

    def __init__(self, content: bytes) -> None:
        self._tensors, header = tensors_from_bytes(content)
        self._packed: dict[str, Mapping[str, Any]] = {packed["id"]: packed for packed in header}
        self._unpacked: dict[str, Suite] = {}

    def __getitem__(self, exercise: str) -> Suite:
        if exercise not in self._unpacked:
            self._unpacked[exercise] = _unpack_suite(self._packed[exercise], self._tensors)
        return self._unpacked[exercise]

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def points_beside(self, exercise: str) -> dict[str, float]:
        """The points of all exercises in an exercise's notebook, by id, its own among them."""
        notebook = self._packed[exercise].get("notebook", "")
        return {
            name: sum(rung["points"] for rung in packed["criteria"])
            for name, packed in self._packed.items()
            if packed.get("notebook", "") == notebook
        }


def cases_as_bytes(cases: Iterable[Case]) -> bytes:
    """Cases alone, those that are run: what a kernel is sent."""
    tensors: dict[str, Tensor] = {}
    header = [_pack_case(case, tensors) for case in cases if not case.reads]
    return tensors_as_bytes(tensors, header)


def cases_from_bytes(content: bytes) -> tuple[Case, ...]:
    """Read what :func:`cases_as_bytes` wrote."""
    tensors, header = tensors_from_bytes(content)
    return tuple(_unpack_case(packed, tensors) for packed in header)


def tensors_as_bytes(tensors: Mapping[str, Tensor], header: object) -> bytes:
    """Tensors and a JSON header as a safetensors file, the same bytes every time."""
    # Copies: safetensors refuses two names for one memory, and cases may share a tensor.
    plain = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    return safetensors.torch.save(plain, {HEADER: json.dumps(header, sort_keys=True)})


def tensors_from_bytes(content: bytes) -> tuple[dict[str, Tensor], Any]:
    """Read what :func:`tensors_as_bytes` wrote.

    Args:
        content: its bytes, or any other.

    Returns:
        The tensors by name, and the header.

    Raises:
        ValueError: the bytes are not a safetensors file with our header.
    """
    try:
        tensors = safetensors.torch.load(content)
        # The library reads metadata from files only: eight bytes of length, then JSON.
        size = int.from_bytes(content[:8], "little")
        header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"][HEADER])
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"These bytes are not a file of course tensors ({error}).") from error
    return tensors, header


def _pack_suite(suite: Suite, tensors: dict[str, Tensor]) -> dict[str, Any]:
    for case, tensor in suite.expected.items():
        tensors[f"{suite.id}/expected/{case}"] = tensor
    compared = sorted({case for mistake in suite.mistakes for case in mistake.wrong})
    if compared:
        # One table for all: a tensor for each would be mostly names.
        tensors[f"{suite.id}{SIGNATURES}"] = torch.stack(
            [
                torch.stack([mistake.wrong.get(case, NO_SIGNATURE) for case in compared])
                for mistake in suite.mistakes
            ]
        )
    own: dict[str, Tensor] = {}
    packed = {
        "id": suite.id,
        "title": suite.title,
        "result_axes": list(suite.result_axes),
        "criteria": [vars(rung) for rung in suite.criteria],
        "cases": [_pack_case(case, own) for case in suite.cases],
        "expected": sorted(suite.expected),
        "remarks": dict(suite.remarks),
        "needs": list(suite.needs),
        "most_work": dict(suite.most_work),
        "meanwhile": suite.meanwhile,
        "notebook": suite.notebook,
        "compared": compared,
        # Those that are composed of others repeat their sentences.
        "sentences": {m.id: m.sentence for m in suite.mistakes if len(m.ids) == 1},
        "mistakes": [list(m.ids) for m in suite.mistakes],
    }
    tensors |= {f"{suite.id}/case/{name}": tensor for name, tensor in own.items()}
    return packed


def _unpack_suite(packed: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Suite:
    own_id, prefix = packed["id"], f"{packed['id']}/"
    compared, sentences = packed["compared"], packed["sentences"]
    nothing = torch.empty(len(packed["mistakes"]), 0, 1)
    table = tensors[f"{own_id}{SIGNATURES}"] if compared else nothing
    # All at once: there are thousands of signatures.
    is_wrong = table.isnan().any(-1).logical_not().tolist()
    own_prefix = f"{prefix}case/"
    own = {n.removeprefix(own_prefix): t for n, t in tensors.items() if n.startswith(own_prefix)}
    return Suite(
        id=own_id,
        title=packed["title"],
        result_axes=tuple(packed["result_axes"]),
        criteria=tuple(Rung(**rung) for rung in packed["criteria"]),
        cases=tuple(_unpack_case(case, own) for case in packed["cases"]),
        expected={case: tensors[f"{prefix}expected/{case}"] for case in packed["expected"]},
        mistakes=tuple(
            KnownMistake(
                ids=tuple(ids),
                sentence=combined(sentences[one] for one in ids),
                wrong={
                    case: signature
                    for case, signature, there in zip(compared, signatures, known, strict=True)
                    if there
                },
            )
            for ids, signatures, known in zip(packed["mistakes"], table, is_wrong, strict=True)
        ),
        remarks=packed["remarks"],
        needs=tuple(packed["needs"]),
        most_work=packed["most_work"],
        meanwhile=packed.get("meanwhile", ""),
        notebook=packed.get("notebook", ""),
    )


def _pack_case(case: Case, tensors: dict[str, Tensor]) -> dict[str, Any]:
    def pack(name: str, value: Value) -> Any:
        if isinstance(value, Tensor):
            tensors[f"{case.id}/{name}"] = value
            return {"tensor": name}
        if isinstance(value, tuple):
            return {"tuple": [pack(f"{name}.{i}", item) for i, item in enumerate(value)]}
        return value

    return {
        **vars(case),
        "args": [pack(f"arg{i}", value) for i, value in enumerate(case.args)],
        "weight": pack("weight", case.weight),
    }


def _unpack_case(packed: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Case:
    def unpack(value: Any) -> Value:
        if isinstance(value, dict) and "tensor" in value:
            return tensors[f"{packed['id']}/{value['tensor']}"]
        if isinstance(value, dict):
            return tuple(unpack(item) for item in value["tuple"])
        return value

    return Case(
        **{
            **packed,
            "args": tuple(unpack(value) for value in packed["args"]),
            "weight": unpack(packed["weight"]),
            "repeats": tuple(packed["repeats"]),
        }
    )
