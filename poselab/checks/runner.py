"""Running the cases with a student's function: tensors in, tensors out.

This runs where the student's code runs and knows no right answer. What comes back from a kernel
that a student's code has run in is data and nothing more; its reader trusts the tensors only.
"""

from __future__ import annotations

import contextlib
import io
import re
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import torch
from torch import Tensor, nn

from poselab.checks.cases import Case, Value, repeated, tensors_as_bytes, tensors_from_bytes
from poselab.checks.counting import measure_work
from poselab.checks.experiments import load_experiments
from poselab.checks.experiments.networks import prepare
from poselab.checks.foreign_device import MixedDevicesError, foreign_device
from poselab.checks.registry import EXPERIMENTS, UnfitResultError
from poselab.checks.sealed import SealedTensor
from poselab.checks.tracing import LIBRARIES, Line, definition_of

# Now, and not when a case first names one: a student's code may replace what is imported later.
load_experiments()

_TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
"""What colours text in a terminal, and is unreadable elsewhere."""

STUB = "Write your solution here."
"""What the NotImplementedError says that students find in place of a solution."""

MOST_PRINTED = 20_000
"""Characters that are kept of what a function prints in one case."""

LARGEST_RESULT = 2_000_000
"""Elements of the largest result that is looked at; the cases ask for a few thousand."""

MOST_RESULTS = 8 << 20
"""Bytes of all results of a function that are looked at; right ones take one eighth at most."""

LONGEST_ERROR = 300
"""Characters of an error's message that are kept."""

LONGEST_LINE = 120
"""Characters of a line of code by which its counts are called."""

MOST_LINES = 100
"""Lines of code whose work is told apart in one case: those with the most."""


@dataclass(frozen=True)
class Observation:
    """The result of one case.

    Args:
        case: the case's id.
        result: the tensor that came back, if one did.
        returned: what kind of object came back, in words; empty when nothing came back.
        error: the exception, as ``Type: message``; empty when there was none.
        line: the line of the student's code that raised it.
        not_written: whether the exception was the stub's ``NotImplementedError``.
        unwritten: the name of the function or class whose stub it was, where that is another one
            than was called.
        changed_input: whether an argument is not what it was before the call.
        no_gradient: whether the result is cut off from its input.
        differs: for ``count`` and ``device`` cases, whether an ordinary call gives another result.
        left_device: for ``device`` cases, what betrayed the other device; else empty.
        operations, instructions: for ``count`` cases, the work done.
        operations_by_line, instructions_by_line: the same, as ``{line of code: count}``.
        not_believed: what the code did to the process in which this was measured, for which reason
            it does not count; filled in by the grader, else empty.
    """

    case: str
    result: Tensor | None = None
    returned: str = ""
    error: str = ""
    line: str = ""
    not_written: bool = False
    unwritten: str = ""
    changed_input: bool = False
    no_gradient: bool = False
    differs: bool = False
    left_device: str = ""
    operations: int = 0
    instructions: int = 0
    operations_by_line: Mapping[str, int] = field(default_factory=dict)
    instructions_by_line: Mapping[str, int] = field(default_factory=dict)
    not_believed: str = ""


def run_cases(
    function: Callable[..., Any], cases: Iterable[Case], printed: dict[str, str] | None = None
) -> list[Observation]:
    """Run every case with ``function``. Whatever it raises, prints or changes stays in here.

    Args:
        function: the student's.
        cases: in this order.
        printed: what it prints is entered here, by case; where none is given, that is lost.

    Returns:
        An observation of each case that is run.
    """
    cases = [case for case in cases if not case.reads]
    observations = []
    cold = True
    for case in cases:
        warm_up = _warm_up_of(cases, case) if case.kind == "count" and cold else None
        observations.append(_run(function, case, warm_up, printed))
        # A function is warm after the first one; of a class, each case has an object of its own.
        cold = cold and not (case.kind == "count" and case.build is None)
    return observations


def observations_as_bytes(observations: Iterable[Observation]) -> bytes:
    """Observations as a safetensors file with a JSON header.

    Results are left out once there are more than :data:`MOST_RESULTS` bytes of them.
    """
    observations = list(observations)
    tensors, left = {}, MOST_RESULTS
    for observation in observations:
        result = observation.result
        if result is not None and result.nbytes <= left:
            tensors[observation.case] = result
            left -= result.nbytes
    header = [{k: v for k, v in vars(o).items() if k != "result"} for o in observations]
    return tensors_as_bytes(tensors, header)


def observations_from_bytes(content: bytes) -> list[Observation]:
    """Read observations from bytes that may have been tampered with.

    Args:
        content: what :func:`observations_as_bytes` makes of them, or anything else.

    Returns:
        The observations, whose fields have the types that they should have.

    Raises:
        ValueError: the bytes do not have the form that :func:`observations_as_bytes` gives them.
    """
    tensors, header = tensors_from_bytes(content)
    try:
        return [_observation_from(packed, tensors) for packed in header]
    except (TypeError, KeyError) as error:
        raise ValueError(f"These bytes do not hold observations ({error}).") from error


def _observation_from(packed: dict[str, Any], tensors: Mapping[str, Tensor]) -> Observation:
    observation = Observation(**packed, result=tensors.get(packed["case"]))
    blank = Observation("")
    for item in fields(Observation):
        value = getattr(observation, item.name)
        if item.name != "result" and not isinstance(value, type(getattr(blank, item.name))):
            raise TypeError(f"{item.name} is a {type(value).__name__}")
    counts = [*observation.operations_by_line.items(), *observation.instructions_by_line.items()]
    if not all(isinstance(line, str) and isinstance(count, int) for line, count in counts):
        raise TypeError("a count by line is not a number")
    return observation


def _warm_up_of(cases: Iterable[Case], counted: Case) -> Case | None:
    """An ordinary call: what it is given tells nothing about the calls that are counted.

    Where there is one to an object that is made alike, it is that: what an object is made with can
    settle what it may be given.
    """
    ordinary = [c for c in cases if c.kind in ("call", "shape") and not c.experiment]
    alike = (case for case in ordinary if case.build == counted.build)
    return next(alike, next(iter(ordinary), None))


def _run(
    function: Callable[..., Any],
    case: Case,
    warm_up: Case | None,
    printed: dict[str, str] | None,
) -> Observation:
    args = fresh_args(case)
    torch.default_generator.manual_seed(0)
    # Plain, in C: what is printed while work is counted costs nothing.
    out = io.StringIO()
    try:
        with _quiet(out):
            subject = _subject(function, case)
            if case.kind == "count":
                return _count(subject, case, args, warm_up)
            return _RUN[case.kind](subject, case, args)
    except Exception as error:
        return Observation(
            case.id,
            error=_one_line(error),
            line=_failing_line(error),
            not_written=_is_stub(error),
            unwritten=_other_stub(error, function) if _is_stub(error) else "",
        )
    finally:
        if printed is not None and not out.closed:
            printed[case.id] = out.getvalue()[:MOST_PRINTED]


def fresh_args(case: Case) -> tuple[Value, ...]:
    """The student's own copies of a case's arguments."""
    return tuple(_fresh(value, case) for value in case.args)


def _is_stub(error: Exception) -> bool:
    """Whether an error is the stub's; torch raises others, which say what is missing."""
    return isinstance(error, NotImplementedError) and error.args in ((), (STUB,))


def _other_stub(error: Exception, function: Callable[..., Any]) -> str:
    """The function or class whose stub raised an error, if that is not the one that was called."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_code.co_filename.startswith(LIBRARIES):
        return ""
    name = trace.tb_frame.f_code.co_qualname.rpartition("<locals>.")[2].partition(".")[0]
    return name if name.isidentifier() and name != getattr(function, "__name__", name) else ""


def _subject(function: Callable[..., Any], case: Case) -> Callable[..., Any]:
    """What is called: the function, or an object of the class in evaluation mode."""
    if case.build is None:
        return function
    made = function(**case.build)
    if not isinstance(made, nn.Module):
        raise TypeError(f"`{case.call.split('(')[0]}` must be a class derived from nn.Module")
    return prepare(made)


def _call(function: Callable[..., Any], case: Case, args: tuple[Value, ...]) -> Observation:
    before = _traits(args)
    try:
        result = (
            EXPERIMENTS[case.experiment](function, args) if case.experiment else function(*args)
        )
    except UnfitResultError as unfit:
        return Observation(case.id, returned=_in_words(unfit.result))
    changed = _traits(args) != before or not _same(case.args, args)
    return Observation(
        case.id,
        result=_plain(result),
        returned=_in_words(result),
        changed_input=changed,
    )


def _gradient(function: Callable[..., Any], case: Case, args: tuple[Value, ...]) -> Observation:
    leaf = args[0].requires_grad_()
    # A copy: to overwrite it is another mistake, and autograd would refuse it for the leaf itself.
    result = function(leaf.clone(), *args[1:])
    if _plain(result) is None:
        return Observation(case.id, returned=_in_words(result))
    if not result.requires_grad:
        return Observation(case.id, returned=_in_words(result), no_gradient=True)
    (gradient,) = torch.autograd.grad((result * case.weight).sum(), leaf, allow_unused=True)
    if gradient is None:
        return Observation(case.id, returned=_in_words(result), no_gradient=True)
    return Observation(case.id, result=_plain(gradient), returned=_in_words(gradient))


def _count(
    function: Callable[..., Any], case: Case, args: tuple[Value, ...], warm_up: Case | None
) -> Observation:
    if warm_up is not None:
        # The first calls import, make and keep things that later ones do not.
        function(*fresh_args(warm_up))
        measure_work(function, fresh_args(warm_up))
    # No call has seen these arguments before, or their values.
    result, work = measure_work(function, args)
    plain = _plain(result)
    return Observation(
        case.id,
        result=plain,
        returned=_in_words(result),
        differs=_differs(plain, function, case),
        operations=work.operations,
        instructions=work.instructions,
        operations_by_line=_labelled(work.operations_by_line),
        instructions_by_line=_labelled(work.instructions_by_line),
    )


def _device(function: Callable[..., Any], case: Case, args: tuple[Value, ...]) -> Observation:
    on_gpu = torch.cuda.is_available()
    # A GPU refuses mixed devices with errors of these types, the stand-in with one of its own.
    refusals = (RuntimeError, TypeError) if on_gpu else (MixedDevicesError,)
    run = _on_gpu if on_gpu else _on_stand_in
    try:
        result, there = run(function, args)
    except refusals as error:
        left = _one_line(error) if on_gpu else str(error)
        return Observation(case.id, left_device=left, line=_failing_line(error))
    plain = _plain(result)
    if plain is not None and not there:
        return Observation(case.id, left_device="the result is on the CPU, its input was not")
    return Observation(
        case.id,
        result=plain,
        returned=_in_words(result),
        differs=_differs(plain, function, case),
    )


def _on_gpu(function: Callable[..., Any], args: tuple[Value, ...]) -> tuple[Any, bool]:
    result = function(*(value.cuda() if isinstance(value, Tensor) else value for value in args))
    return result, isinstance(result, Tensor) and result.device.type == "cuda"


def _on_stand_in(function: Callable[..., Any], args: tuple[Value, ...]) -> tuple[Any, bool]:
    with foreign_device() as device:
        wrap = device.seal.wrap
        result = function(*(wrap(value) if isinstance(value, Tensor) else value for value in args))
        return device.seal.unwrap(device.adopt(result)), device.has(result)


def _differs(result: Tensor | None, function: Callable[..., Any], case: Case) -> bool:
    """Whether an ordinary call returns something else."""
    ordinary = _plain(function(*fresh_args(case)))
    if ordinary is None or result is None or ordinary.shape != result.shape:
        return ordinary is not result
    both = ordinary.to(torch.complex128), result.to(torch.complex128)
    return not torch.allclose(*both, rtol=1e-4, atol=1e-5, equal_nan=True)


def _experiment(function: Callable[..., Any], case: Case, args: tuple[Value, ...]) -> Observation:
    before = _traits(args)
    try:
        result = EXPERIMENTS[case.experiment](function, args)
    except UnfitResultError as unfit:
        return Observation(case.id, returned=_in_words(unfit.result))
    return Observation(
        case.id,
        result=_plain(result),
        returned=_in_words(result),
        changed_input=_traits(args) != before,
    )


_RUN = {
    "call": _call,
    "shape": _call,
    "gradient": _gradient,
    "device": _device,
    "experiment": _experiment,
}


def _fresh(value: Value, case: Case) -> Value:
    """The student's own copy of an argument."""
    if isinstance(value, tuple):
        return tuple(_fresh(item, case) for item in value)
    if not isinstance(value, Tensor):
        return value
    value = repeated(value, case.repeats)
    if case.contiguous or value.dim() < 2:
        return value.clone()
    # Backwards: then no two axes can be merged without a copy.
    axes = tuple(reversed(range(value.dim())))
    return value.permute(axes).contiguous().permute(axes)


def _same(before: Value, after: Value) -> bool:
    if isinstance(before, tuple):
        return all(_same(b, a) for b, a in zip(before, after, strict=True))
    if isinstance(before, Tensor):
        after = Tensor.detach(after)
        if before.shape != after.shape:
            return False
        unchanged = (before == after) | (before.isnan() & after.isnan())
        return bool(unchanged.all())
    return True


def _traits(args: tuple[Value, ...]) -> list[object]:
    """What a call may not change about its arguments, besides their values."""
    tensors = list(_tensors(args))
    # The version counts changes in place: it tells of those that were undone, too.
    return [(t.shape, t.stride(), t.dtype, t.requires_grad, t.grad_fn, t._version) for t in tensors]


def _tensors(values: Iterable[Value]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple):
            yield from _tensors(value)


def _plain(result: object) -> Tensor | None:
    """The result's values as an ordinary CPU tensor of our own, or ``None``."""
    if isinstance(result, SealedTensor):
        result = Tensor.detach(result)  # kept from another case, whose seal is closed by now
    # The exact type: a subclass can answer every later call as it likes, and so can attributes.
    if type(result) not in (Tensor, nn.Parameter) or vars(result):
        return None
    assert isinstance(result, Tensor)
    if result.numel() > LARGEST_RESULT or result.layout != torch.strided:
        return None
    return Tensor.detach(result).to("cpu", copy=True).resolve_conj().resolve_neg()


def _in_words(result: object) -> str:
    if result is None:
        return "None"
    if isinstance(result, Tensor):
        ordinary = type(result) in (Tensor, nn.Parameter)
        kind = "a tensor" if ordinary else "a tensor of a class of its own"
        if ordinary and vars(result):
            kind = f"a tensor with attributes of its own ({', '.join(vars(result))[:60]})"
        return f"{kind} of shape {tuple(result.shape)} and dtype {_dtype(result)}"
    if type(result).__module__ == "torch.return_types":
        return "several tensors at once, such as values and indices"
    name = type(result).__name__
    if name == "coroutine":
        return "a coroutine, as functions that begin with `async def` do"
    article = "an" if name[:1] in "aeiou" or name == "ndarray" else "a"
    return f"{article} {name}"


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _one_line(error: BaseException) -> str:
    text = " ".join(_TERMINAL_CODES.sub("", str(error)).split())
    text = text if len(text) <= LONGEST_ERROR else f"{text[:LONGEST_ERROR]} …"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _failing_line(error: BaseException) -> str:
    """The innermost line of the student's code in the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith(LIBRARIES)]
    return f"line {theirs[-1].lineno}: {theirs[-1].line}" if theirs else ""


def _labelled(by_line: Counter[Line]) -> dict[str, int]:
    """Counts under labels that a person can read: ``line 7: for joint in ...``."""
    labelled: Counter[str] = Counter()
    for line, count in by_line.items():
        if line[0] == "<string>":
            labelled[f"line {line[1]} of the string that is executed"] += count
        elif source := definition_of(line):
            labelled[f"line {line[1]}: {source[:LONGEST_LINE]}"] += count
    return dict(labelled.most_common(MOST_LINES))


@contextlib.contextmanager
def _quiet(out: io.StringIO) -> Iterator[None]:
    """Within it, nothing is shown; what is printed goes elsewhere."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield
