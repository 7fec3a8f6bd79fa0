"""How an exercise states its cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import starmap
from typing import Any, TypedDict, Unpack

import torch
from torch import Tensor

from poselab.checks.cases import Case, Kind, Value, repeated
from poselab.checks.criteria import Criterion

LEAST_LONGER = 32
"""By how much an axis is longer, at least, when it is looked whether the work grows with it."""


@dataclass(frozen=True)
class ExerciseDefinition:
    """What an exercise's ``cases.py`` defines. Points and title stand in course.toml.

    Args:
        parameters: the names of the function's parameters, for messages.
        result_axes: names for the axes of the result; ``xy`` where it holds coordinates.
        reference: the right answer, in float64, straight from the formula; ``None`` where there are
            many and experiments tell them from wrong ones.
        build: adds the cases to a suite.
        tolerance: for each criterion that compares values, the largest difference allowed.
        advice: for each criterion, where to look when it fails.
        criteria: criteria of this exercise alone, which course.toml may give points, too.
        remarks: a sentence to add where no tensor came back, by what did: ``{"a tuple": ...}``.
        most_work: how many ``operations`` and ``instructions`` a counted call may cost: twice what
            the right answers need, as ``autograder check`` proves. None where answers differ too
            much.
        needs: the exercises whose functions an answer may call. When one of them is wrong, the
            grader judges this exercise with a right one in its place.
        most_suites: on how many suites all answers are tried at most; few where one takes seconds.
        meanwhile: what `check` says before it begins, where it takes seconds.
    """

    parameters: tuple[str, ...]
    result_axes: tuple[str, ...]
    reference: Callable[..., Tensor] | None
    build: Callable[[SuiteBuilder], None]
    tolerance: Mapping[str, float]
    advice: Mapping[str, str]
    criteria: tuple[Criterion, ...] = ()
    remarks: Mapping[str, str] = field(default_factory=dict)
    most_work: Mapping[str, int] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    most_suites: int = 1000
    meanwhile: str = ""

    def seeds(self, wanted: Iterable[int]) -> tuple[int, ...]:
        """Those of the seeds whose suites all answers are tried on."""
        return tuple(wanted)[: self.most_suites]


class Options(TypedDict, total=False):
    """What a case may be given besides its arguments; see :class:`poselab.checks.cases.Case`."""

    remark: str
    build: Mapping[str, Any]
    contiguous: bool
    repeats: tuple[int, ...]
    dtype: str


class SuiteBuilder:
    """Collects an exercise's cases, and is the one source of chance in them.

    Each method adds one case to a criterion. Its ``remark`` says in messages what is special; the
    sentence of the notebook that it tests is the last one that :meth:`says` quoted.

    Args:
        exercise: the exercise's id.
        parameters: the names of the function's parameters.
        seed: the same seed makes the same cases.
    """

    def __init__(self, exercise: str, parameters: tuple[str, ...], seed: int) -> None:
        self.exercise = exercise
        self.parameters = parameters
        self.generator = torch.Generator().manual_seed(seed)
        self.cases: list[Case] = []
        self.expected: dict[str, Tensor] = {}
        self.sentence = ""

    def says(self, sentence: str) -> None:
        """Quote the sentence of the notebook that the following cases test, word by word."""
        self.sentence = sentence

    def call(self, criterion: str, *args: Value, **options: Unpack[Options]) -> None:
        """Compare the result of a call."""
        self._add(criterion, "call", args, **options)

    def call_any_of(
        self, criterion: str, alternatives: Tensor, *args: Value, **options: Unpack[Options]
    ) -> None:
        """Compare the result of a call that has several right answers, along the first axis."""
        case = self._add(criterion, "call", args, any_of=True, **options)
        self.expected[case] = alternatives.to(torch.float64)

    def compare(
        self,
        criterion: str,
        experiment: str,
        expected: Tensor,
        *args: Value,
        **options: Unpack[Options],
    ) -> None:
        """Compare the one result of an experiment with what is expected of it.

        Args:
            criterion: that it belongs to.
            experiment: its name below ``poselab.checks.experiments``.
            expected: the right result.
            args: what the experiment is given.
            options: as for a call.
        """
        case = self._add(criterion, "call", args, experiment=experiment, **options)
        self.expected[case] = expected.to(torch.float64)

    def gradient(
        self, criterion: str, weight: Tensor, *args: Value, **options: Unpack[Options]
    ) -> None:
        """Compare the gradient of ``(result * weight).sum()`` by the first argument."""
        self._add(criterion, "gradient", args, weight=weight, **options)

    def count(self, criterion: str, axis: str, *args: Value, **options: Unpack[Options]) -> None:
        """Count the work of a call, and compare its result.

        The first call is the base that the others are held against. ``axis`` names the axis that is
        longer than in the base, by 32 or more, in the plural; empty for the base.
        """
        longer = 0
        if axis:
            counted = (c for c in self.cases if (c.criterion, c.kind) == (criterion, "count"))
            longer = _longest_difference(next(counted).args, args)
            options = {"remark": f"{longer} more {axis}", **options}
        self._add(criterion, "count", args, axis=axis, longer=longer, **options)

    def shape(
        self, criterion: str, shape: tuple[int, ...], *args: Value, **options: Unpack[Options]
    ) -> None:
        """Compare the shape of a call's result."""
        case = self._add(criterion, "shape", args, **options)
        self.expected[case] = torch.zeros(shape, dtype=torch.float64)

    def experiment(
        self,
        criterion: str,
        experiment: str,
        relation: str,
        *calls: tuple[Value, ...],
        shape: tuple[int, ...] | None = None,
        **options: Unpack[Options],
    ) -> str:
        """Make an experiment whose results have to keep a relation.

        Args:
            criterion: that it belongs to.
            experiment: its name below ``poselab.checks.experiments``.
            relation: its name there, or in ``poselab.checks.relations``.
            calls: the arguments of each call.
            shape: of each call's result, where the experiment brings results.
            options: for all of the calls.

        Returns:
            The case's id, for :meth:`read`.
        """
        names = {"experiment": experiment, "relation": relation}
        case = self._add(criterion, "experiment", calls, **names, **options)
        if shape is not None:
            self.expected[case] = torch.zeros(shape, dtype=torch.float64)
        return case

    def read(self, criterion: str, relation: str, case: str) -> None:
        """Judge the results of an experiment once more, by another relation."""
        made = next(made for made in self.cases if made.id == case)
        again = replace(
            made,
            id=self._id(criterion),
            criterion=criterion,
            relation=relation,
            reads=made.id,
            says=self.sentence,
        )
        self.cases.append(again)
        if made.id in self.expected:
            self.expected[again.id] = self.expected[made.id]

    def device(self, criterion: str, *args: Value) -> None:
        """Look whether the result is right and stays on the device of its input."""
        self._add(criterion, "device", args, remark="input that is not on the CPU")

    def sizes(self, **lengths: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Sizes for calls that are counted, others with every seed.

        Args:
            lengths: by the name of an axis, in the plural, its shortest length.

        Yields:
            The empty string and base lengths, each a little longer than the shortest; then the name
            of each axis and the same lengths with that one longer by 32 or more.
        """
        base = {name: int(self.integers(1, low=n, high=n + 3)) for name, n in lengths.items()}
        yield "", tuple(base.values())
        for axis in base:
            more = int(self.integers(1, low=LEAST_LONGER, high=LEAST_LONGER + 8))
            yield axis, tuple(n + more * (name == axis) for name, n in base.items())

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Uniform random numbers, float32."""
        return low + (high - low) * torch.rand(shape, generator=self.generator)

    def normal(self, *shape: int, scale: float = 1.0) -> Tensor:
        """Normally distributed random numbers, float32."""
        return scale * torch.randn(shape, generator=self.generator)

    def integers(self, *shape: int, low: int = 0, high: int) -> Tensor:
        """Whole numbers in ``low .. high - 1``, int64."""
        return torch.randint(low, high, shape, generator=self.generator)

    def visibility(self, batch: int, joints: int) -> Tensor:
        """A mask that is another one in each sample, so that no sample's mask serves for all.

        Where there is room for it, one joint is hidden in every sample and the third sample shows
        none: a mask that was reduced over joints or over samples is wrong then, too.
        """
        order = torch.randperm(joints, generator=self.generator)
        mask = torch.ones(batch, joints, dtype=torch.bool)
        for sample in range(batch):
            mask[sample, order[sample % joints]] = False
        if joints >= 4:
            mask[:, order[-1]] = False
        if batch >= 3:
            mask[2] = False
        return mask

    def uneven_visibility(self, batch: int, joints: int) -> Tensor:
        """A mask whose first sample shows one joint only, one that the second sample shows.

        Args:
            batch: samples, at least 2.
            joints: joints, at least 2.

        Returns:
            (batch, joints) bool, true where a joint is visible.
        """
        mask = self.visibility(batch, joints)
        shown = int(mask[1].int().argmax())
        mask[0] = False
        mask[0, shown] = True
        return mask

    def mixed_visibility(self) -> Tensor:
        """A mask of three samples and six joints in which each joint is hidden in some sample.

        It is the same for all seeds: its first joint's column, its first sample's row and what any
        or all samples show are different masks, which chance alone does not promise.
        """
        return torch.tensor([[0, 1, 1, 0, 1, 1], [1, 0, 0, 1, 0, 0], [1, 0, 1, 1, 1, 0]]).bool()

    def poses(self, batch: int, joints: int, size: tuple[int, int]) -> Tensor:
        """Sub-pixel joints (x, y) inside a map of ``size``, float32 (batch, joint, 2)."""
        height, width = size
        inside = self.uniform(batch, joints, 2, low=0.08, high=0.92)
        return inside * torch.tensor([width - 1.0, height - 1.0])

    def _add(
        self, criterion: str, kind: Kind, args: tuple[Value, ...], remark: str = "", **fields: Any
    ) -> str:
        first = args[0] if kind == "experiment" else args
        named = list(zip(self.parameters, first, strict=False))
        written = ", ".join(
            name if isinstance(value, Tensor) else _written(value) for name, value in named
        )
        shapes = _shapes(named, fields.get("repeats", ()))
        case = Case(
            id=self._id(criterion),
            criterion=criterion,
            kind=kind,
            call=f"{self.exercise}{_made_with(fields.get('build'))}({written})",
            given=f"{shapes} ({remark})" if shapes and remark else shapes or remark,
            args=args,
            says=self.sentence,
            **fields,
        )
        self.cases.append(case)
        return case.id

    def _id(self, criterion: str) -> str:
        return f"{criterion}/{sum(case.criterion == criterion for case in self.cases)}"


def _made_with(build: Mapping[str, Any] | None) -> str:
    if build is None:
        return ""
    return f"({', '.join(f'{name}={value!r}' for name, value in build.items())})"


def _shapes(named: Iterable[tuple[str, Value]], repeats: tuple[int, ...]) -> str:
    """The tensors among the arguments with their shapes; equal shapes are said once."""
    by_shape: dict[tuple[int, ...], list[str]] = {}
    for name, value in named:
        if isinstance(value, Tensor):
            by_shape.setdefault(tuple(repeated(value, repeats).shape), []).append(f"`{name}`")
    groups = [f"{' and '.join(names)} of shape {shape}" for shape, names in by_shape.items()]
    return ", ".join(groups)


def _longest_difference(one: Value, other: Value) -> int:
    """By how much an axis or a number of some arguments is longer than in others."""
    if isinstance(one, Tensor):
        return _longest_difference(tuple(one.shape), tuple(other.shape))
    if isinstance(one, tuple):
        return max(starmap(_longest_difference, zip(one, other, strict=True)), default=0)
    return other - one if isinstance(one, int) else 0


def _written(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)
