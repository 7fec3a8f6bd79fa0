"""One model in a process of its own, seen from outside; and its script, run by itself.

The process gets two open files, the order and the samples, and has a pipe to write to. What it
writes may come from anybody: checks are read as data, outputs are compared with targets that stay
here.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import io
import json
import math
import os
import pickletools
import random
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

import poselab.models
from autograder.errors import CourseError
from autograder.grading.inside.run_model import ALONE, agree, company, unpack
from autograder.grading.quoting import Quotable, source_of
from autograder.sandbox.choice import Sandbox
from autograder.sandbox.forkserver.spawn import KERNEL_FOLDERS, ROOM
from autograder.sandbox.policy import bubblewrap_arguments, find_bubblewrap, started_as
from poselab.models.examination import (
    Cause,
    Check,
    Report,
    check_names,
    failed,
    from_line,
    sanitised,
    unfinished,
)
from poselab.models.specification import Arrays, BrokenError, ModelSpec, count_of

HELD_OUT = "held_out"
"""The name of the check that the held-out data is: the last, and none of the specification's."""

ALIGNED = 64
"""Each array begins at a multiple of so many bytes."""

_INSIDE = Path(__file__).parent / "inside"
_OUTPUTS = b"outputs "
_SIZES = b"sizes "
_SECONDS = b"seconds "
_MOST_SAID = 1 << 20
_LONGEST_LINE = 1 << 16
_LONGEST_HEADER = 1 << 16
_ROOM_TO_SPARE = 1 << 20
_MOST_TOLD = 300
_MOST_PRINTED = 1 << 16
_NAMES_WITHIN = 1 << 16
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_MOST_PICKLES = 8
_SPARE_SECONDS = 30.0
_BEYOND_SHELL = 128

_Part = bytes | NDArray[Any]


@dataclass(frozen=True)
class Outcome:
    """The result of running a model.

    Args:
        report: the checks of the specification, as far as they got.
        outputs: what is kept of them by name, (sample, ...); ``None`` if there are none. They may
            be anything, finite or not.
        failure: why there are none.
        complaint: what the process said last, if it ended before the first check.
        answers: the outputs for the specification's own checks, by the checks' names.
        choice: which of the specification's choices the model is, by its index.
        seconds: processor time for the samples, as the process itself tells: a script could make it
            say anything, an ONNX file nothing.
    """

    report: Report
    outputs: Arrays | None = None
    failure: Check | None = None
    complaint: str = ""
    answers: Mapping[str, Arrays] = field(default_factory=dict)
    choice: int = 0
    seconds: float | None = None


class Samples:
    """Inputs that every model's process may read and none can change, in memory once for all.

    Args:
        *inputs: by name, (sample, ...), for each of the specification's choices; of each there are
            as many samples.
    """

    def __init__(self, *inputs: Arrays) -> None:
        self.count = count_of(inputs[0])
        groups = {f"{HELD_OUT} {n}": arrays for n, arrays in enumerate(inputs)}
        self.handle = _seal(_packed({}, groups))
        weakref.finalize(self, os.close, self.handle)

    def some(self, choice: int, which: Sequence[int]) -> Arrays:
        """Some of the inputs.

        Args:
            choice: which of the specification's choices.
            which: the samples' indices.

        Returns:
            The inputs by name, (sample, ...), in this order.
        """
        _, group = unpack(self.handle)
        return {name: array[list(which)] for name, array in group(f"{HELD_OUT} {choice}").items()}

    @property
    def packed(self) -> bytes:
        """What the processes read."""
        return os.pread(self.handle, os.fstat(self.handle).st_size, 0)


@dataclass(frozen=True)
class Said:
    """The result of running a script by itself.

    Args:
        printed: the beginning of its standard output; it may be anything.
        failure: why it did not come to its end, as a part of a sentence; empty if it did.
    """

    printed: str
    failure: str = ""


def run_model(
    files: Mapping[str, bytes],
    samples: Samples,
    spec: ModelSpec,
    sandbox: Sandbox,
    beside: Mapping[str, bytes] | None = None,
) -> Outcome:
    """Check a model, and run it on samples, in a process that can reach nothing else.

    Args:
        files: what was submitted.
        samples: what to run it on.
        spec: what the model has to be; its limits hold.
        sandbox: the process's.
        beside: more files that lie where a script is run.

    Returns:
        The report on the checks, and the outputs for the samples or why there are none.

    Raises:
        CourseError: there is no bubblewrap.
    """
    outcome = _examined(files, samples, spec, sandbox, beside or {})
    outputs = outcome.outputs
    # An ONNX file cannot lie about itself; a script rules the process that runs it.
    if spec.kind == "onnx" or outputs is None or not all_finite(outputs):
        return outcome
    which = random.SystemRandom().sample(range(samples.count), min(ALONE, samples.count))
    some = Samples(samples.some(outcome.choice, which))
    apart = replace(spec.at(spec.choices[outcome.choice]), at_once=1, checks=())
    alone = _examined(files, some, apart, sandbox, beside or {}, again=True)
    failure = alone.failure
    if alone.outputs is not None:
        together = {name: array[which] for name, array in outputs.items()}
        same = agree(apart, alone.outputs, together)
        failure = None if same else failed(HELD_OUT, company(spec))
    return outcome if failure is None else replace(outcome, outputs=None, failure=failure)


def all_finite(outputs: Arrays) -> bool:
    """Whether no number is NaN or infinite."""
    return all(np.isfinite(array).all() for array in outputs.values())


def _examined(
    files: Mapping[str, bytes],
    samples: Samples,
    spec: ModelSpec,
    sandbox: Sandbox,
    beside: Mapping[str, bytes],
    again: bool = False,
) -> Outcome:
    """Check a model in a process of its own, unless it was checked before, and run it."""
    groups = {"files": _bytes(files), "beside": _bytes(beside)}
    counts: dict[str, int] = {}
    for n, sizes in enumerate(spec.choices):
        chosen = spec.at(sizes)
        groups[f"examples {n}"] = chosen.examples(max(spec.batches))
        for check in chosen.checks:
            groups[f"check {n} {check.name}"] = inputs = check.inputs()
            counts[check.name] = count_of(inputs)
    most = _MOST_SAID + _size(spec, samples.count) + 2 * _size(spec, sum(counts.values()))
    seconds = spec.limits.seconds + spec.limits.seconds_a_sample * samples.count
    head = {**spec.as_data(), "own": list(counts), "again": again, "room": _room(files, beside)}
    with _sealed(_packed(head, groups)) as order:
        ended = _run("run_model.py", (order, samples.handle), sandbox, most, seconds)
    said, separator, file = ended.written.partition(b"\n\n")
    if not separator:
        said = said.rpartition(b"\n")[0]  # the last line may be half a line
    words = _words_in(files, beside, spec.script) if spec.kind == "script" else ()
    told = _Told(spec, counts, () if again else check_names(spec), words)
    # What cannot be read is the end of it.
    with contextlib.suppress(ValueError, KeyError):
        for line in io.BytesIO(said):
            told.read(line.rstrip())
    outputs = _outputs(file, told.spec, samples.count) if separator else None
    outcome = _outcome(spec, told, outputs, _end(ended), ended.complaint)
    return replace(outcome, answers=told.answers, choice=told.choice, seconds=told.seconds)


def run_script(
    files: Mapping[str, bytes], beside: Mapping[str, bytes], spec: ModelSpec, sandbox: Sandbox
) -> Said:
    """Run a submitted script by itself, in a process that can reach nothing else.

    Args:
        files: what was submitted.
        beside: more files that lie where the script runs.
        spec: which of them is the script; its limits hold.
        sandbox: the process's.

    Returns:
        What the script prints, and why it failed, if it did.

    Raises:
        CourseError: there is no bubblewrap.
    """
    limits = spec.limits
    head = {
        "script": spec.script,
        "seconds": limits.seconds,
        "memory_bytes": limits.memory_bytes,
        "room": _room(files, beside),
    }
    with _sealed(_packed(head, {"files": _bytes({**beside, **files})})) as order:
        ended = _run("run_script.py", (order,), sandbox, _MOST_PRINTED, limits.seconds)
    written, _, reason = ended.written.partition(b"\0")
    printed, why = (part.decode(errors="replace") for part in (written, reason))
    if len(ended.written) >= _MOST_PRINTED:
        return Said(printed, f"it prints more than {_MOST_PRINTED >> 10} KB")
    cause, detail = _end(ended)
    if cause == "timed_out":
        return Said(printed, f"it takes more than {limits.seconds:g} s")
    if cause == "out_of_memory" or why.startswith("MemoryError"):
        return Said(printed, f"it takes more than {limits.memory_bytes >> 20} MB of memory")
    if ended.status == 0:
        return Said(printed)
    return Said(printed, sanitised(why or detail, _MOST_TOLD).rstrip("."))


@dataclass(frozen=True)
class _Ended:
    """What became of a process.

    Args:
        written: what it wrote, up to the most that it may.
        finished: whether it ended by itself, and in time.
        status: its exit status.
        complaint: the beginning of what it wrote to the standard error.
    """

    written: bytes
    finished: bool
    status: int
    complaint: str


def _run(script: str, orders: Sequence[int], sandbox: Sandbox, most: int, seconds: float) -> _Ended:
    """Run a script of :data:`_INSIDE`, with open files that tell it what to do."""
    with (
        tempfile.TemporaryDirectory(prefix="model-") as room,
        tempfile.TemporaryFile() as complaints,
    ):
        process = subprocess.Popen(
            [*_command(script, sandbox, Path(room)), sandbox, *map(str, orders)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            pass_fds=orders,
            cwd=room,
            env=_environment(),
            # Ctrl-C is for us: a model that it ends would be taken for one that crashed.
            start_new_session=True,
            **(started_as() if sandbox == "bubblewrap" else {}),
        )
        try:
            # A busy machine gives a process less than all of a processor.
            written, finished = _listen(process, most, 2 * seconds + _SPARE_SECONDS)
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
        complaints.seek(0)
        complaint = complaints.read(1 << 16).decode(errors="replace").strip()
    return _Ended(written, finished, process.returncode, complaint)


def _room(files: Mapping[str, bytes], beside: Mapping[str, bytes]) -> int:
    """Bytes of the folder that a script runs in; it lies in memory."""
    return sum(map(len, [*files.values(), *beside.values()])) + _ROOM_TO_SPARE


def _bytes(files: Mapping[str, bytes]) -> Arrays:
    return {name: np.frombuffer(content, np.uint8) for name, content in files.items()}


def _size(spec: ModelSpec, count: int) -> int:
    """The most bytes that are kept of the outputs for so many samples."""
    return count * max(_sample_size(spec.at(sizes)) for sizes in spec.choices)


def _sample_size(spec: ModelSpec) -> int:
    """The most bytes that are kept of one sample's outputs, once the inputs' sizes are known."""
    most = {size.name: max(size.choices) for size in spec.sizes}
    return sum(kept.size * kept.itemsize for kept in (t.given(most).empty(1) for t in spec.outputs))


def _command(script: str, sandbox: Sandbox, room: Path) -> list[str]:
    if sandbox == "none":
        return [sys.executable, str(_INSIDE / script)]
    bubblewrap = find_bubblewrap()
    if bubblewrap is None:
        raise CourseError(
            "bubblewrap is not installed, so models cannot be sandboxed: "
            "`apt install bubblewrap`, or evaluate with `--sandbox none`."
        )
    policy = [
        *bubblewrap_arguments(room),
        *("--remount-ro", KERNEL_FOLDERS, "--remount-ro", "/dev/shm"),
        "--ro-bind",
        str(_INSIDE),
        ROOM,
    ]
    return [bubblewrap, *policy, "--", sys.executable, f"{ROOM}/{script}"]


def _environment() -> Mapping[str, str]:
    """For a process without a sandbox; those within get theirs from bubblewrap."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _packed(head: Mapping[str, Any], groups: Mapping[str, Arrays]) -> Iterator[_Part]:
    """Arrays, behind a head in JSON that says what is where, and its length.

    Yields:
        One part after the other, for none of it to be in memory twice.
    """
    arrays: list[Any] = []
    parts: list[NDArray[Any]] = []
    start = 0
    for group, by_name in groups.items():
        for name, array in by_name.items():
            arrays.append([group, name, array.dtype.str, array.shape, start])
            parts.append(array)
            start += array.nbytes + _gap(array.nbytes)
    said = json.dumps({"head": head, "arrays": arrays}).encode()
    said = len(said).to_bytes(8, "little") + said
    yield said + bytes(_gap(len(said)))
    for array in parts:
        yield np.ascontiguousarray(array)
        yield bytes(_gap(array.nbytes))


def _gap(size: int) -> int:
    """Bytes from the end of something to where the next may begin."""
    return -size % ALIGNED


@contextmanager
def _sealed(content: Iterable[_Part]) -> Iterator[int]:
    handle = _seal(content)
    try:
        yield handle
    finally:
        os.close(handle)


def _seal(content: Iterable[_Part]) -> int:
    """Bytes as an open file that no process can write to, not even the superuser's."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("sealed", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    else:  # not Linux, and so without a sandbox
        handle, name = tempfile.mkstemp()
        os.unlink(name)
        seals = 0
    try:
        with os.fdopen(os.dup(handle), "wb") as file:
            for part in content:
                file.write(part if isinstance(part, bytes) else part.data)
        if seals:
            fcntl.fcntl(handle, fcntl.F_ADD_SEALS, seals)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _listen(process: subprocess.Popen[bytes], most: int, seconds: float) -> tuple[bytes, bool]:
    """What a process writes, up to so many bytes, and whether it finished in time."""
    assert process.stdout is not None
    handle = process.stdout.fileno()
    deadline = time.monotonic() + seconds
    written = bytearray()
    while most > 0 and (left := deadline - time.monotonic()) > 0:
        readable, _, _ = select.select([handle], [], [], left)
        part = os.read(handle, min(most, 1 << 16)) if readable else b""
        if readable and not part:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(left, 1.0))
                return bytes(written), True
            break
        most -= len(part)
        written += part
    return bytes(written), False


class _Told:
    """What a process wrote that may have run anything; our own checks are judged here.

    Args:
        spec: what the model has to be.
        counts: how many samples each of our own checks has.
        names: of the checks that it makes before it runs the model on the samples.
        words: texts whose words may be quoted, if the model is a script.
    """

    def __init__(
        self,
        spec: ModelSpec,
        counts: Mapping[str, int],
        names: tuple[str, ...],
        words: Sequence[str],
    ) -> None:
        self.spec = spec
        self.words = words
        self.counts = counts
        self.names = names
        self._due = [*names, HELD_OUT]
        self.choice = 0
        self.seconds: float | None = None
        self.checks: list[Check] = []
        self.answers: dict[str, Arrays] = {}

    def read(self, line: bytes) -> None:
        """Take one line: a check, the outputs that one of ours is judged by, sizes, or a time.

        Args:
            line: without its end.

        Raises:
            ValueError: it is none of these, is too long, or is not the check's turn.
            KeyError: it is about a check that there is not, or whose outputs are missing.
        """
        own = {check.name: check for check in self.spec.checks}
        if len(line) > _LONGEST_LINE and not line.startswith(_OUTPUTS):
            raise ValueError("no line of ours")
        if line.startswith(_SIZES):
            self.choose(line.removeprefix(_SIZES))
        elif line.startswith(_SECONDS):
            seconds = float(line.removeprefix(_SECONDS))
            self.seconds = seconds if 0 <= seconds < math.inf else None
        elif line.startswith(_OUTPUTS):
            name, _, packed = line.removeprefix(_OUTPUTS).partition(b" ")
            check = own[name.decode()]
            outputs = _outputs(base64.b64decode(packed), self.spec, self.counts[check.name])
            if outputs is not None:
                self.answers[check.name] = outputs
        else:
            said = self._quotable(from_line(line))
            # Some may be missing, none comes twice.
            self._due = self._due[self._due.index(said.name) + 1 :]
            if said.passed and said.name in own:
                said = _judged(own[said.name].judge, said, self.answers)
            self.checks.append(said)

    def _quotable(self, said: Check) -> Check:
        """A check in words that may be quoted, where a script may have chosen them."""
        if self.spec.kind != "script":
            return said
        return replace(said, sentence=self._known.words(said.sentence))

    @cached_property
    def _known(self) -> Quotable:
        return Quotable([*self.words, *source_of(poselab.models)])

    def choose(self, said: bytes) -> None:
        """Take the sizes of the model's inputs, once.

        Args:
            said: them, as JSON.

        Raises:
            ValueError: there is nothing to choose, or these cannot be chosen.
        """
        choices = self.spec.choices
        try:
            choice = choices.index(json.loads(said))
        except RecursionError:
            raise ValueError("no sizes") from None
        if not choices[choice]:
            raise ValueError("there is nothing to choose")
        self.choice = choice
        self.spec = self.spec.at(choices[choice])


def _words_in(
    files: Mapping[str, bytes], beside: Mapping[str, bytes], script: str
) -> tuple[str, ...]:
    """The texts with a submission's words: its script, its files' names, its weights' names."""
    names = (name for content in files.values() for name in _names_in(content[:_NAMES_WITHIN]))
    return (files.get(script, b"").decode(errors="replace"), *files, *beside, *names)


def _names_in(start: bytes) -> Iterator[str]:
    """What the pickles name with which a file of ``torch.save`` begins; nothing of them is run."""
    for found in islice(_PICKLE.finditer(start), _MOST_PICKLES):
        with contextlib.suppress(ValueError):  # that is what follows after the last
            for _, argument, _ in pickletools.genops(start[found.start() :]):
                if isinstance(argument, str):
                    yield argument


def _judged(judge: Any, check: Check, found: Mapping[str, Arrays]) -> Check:
    """A check of the specification's own.

    Raises:
        KeyError: there are no outputs for it.
    """
    try:
        return Check(check.name, True, judge(found[check.name]))
    except BrokenError as error:
        return failed(check.name, error)


def _outcome(
    spec: ModelSpec,
    told: _Told,
    outputs: Arrays | None,
    end: tuple[Cause, str],
    complaint: str,
) -> Outcome:
    """Make sense of checks, outputs and how the process ended."""
    names, checks = told.names, told.checks
    report = Report(tuple(check for check in checks if check.name != HELD_OUT), names)
    if report.passed and outputs is not None:
        return Outcome(report, outputs)
    failure = next((check for check in checks if not check.passed), None)
    if failure is not None:
        return Outcome(report, failure=failure)
    if report.passed:
        return Outcome(report, failure=_failed_on_held_out(spec, *end))
    failure = unfinished(spec, checks, *end)
    last = complaint.splitlines()[-1][:_MOST_TOLD] if complaint and not checks else ""
    return Outcome(Report((*report.checks, failure), names), failure=failure, complaint=last)


def _end(ended: _Ended) -> tuple[Cause, str]:
    """Why a process ended, and how exactly."""
    if not ended.finished:
        return "timed_out", ""
    status = ended.status
    # bubblewrap passes on how the process within it ended, as shells do.
    number = -status if status < 0 else status - _BEYOND_SHELL
    if number == signal.SIGXCPU:
        return "timed_out", ""
    if number == signal.SIGKILL:  # by the system, when there is no memory left
        return "out_of_memory", ""
    if number in signal.valid_signals():
        return "crashed", f"signal {signal.Signals(number).name}"
    return "crashed", f"exit status {status}"


def _failed_on_held_out(spec: ModelSpec, cause: Cause, detail: str) -> Check:
    data = f"With the held-out {spec.sample}s the model"
    sentences = {
        "timed_out": f"The model takes more than the {spec.limits.seconds_a_sample:g} s that "
        f"{spec.a_sample} may take; use a smaller network, and no loops.",
        "out_of_memory": f"{data} asks for more memory than it may; use a smaller network.",
    }
    otherwise = f"{data} ended the process that ran it ({detail})."
    return Check(HELD_OUT, False, sentences.get(cause, otherwise), cause)


def _outputs(file: bytes, spec: ModelSpec, count: int) -> dict[str, NDArray[Any]] | None:
    """What is kept of outputs, if that is what a safetensors file holds."""
    if int.from_bytes(file[:8], "little") > _LONGEST_HEADER:
        return None
    try:
        tensors = safetensors.numpy.load(file)
    except (SafetensorError, KeyError, ValueError, TypeError, AttributeError):
        return None
    for index in range(len(spec.outputs)):
        tensor = spec.outputs[index]
        found = tensors.get(tensor.name)
        if found is None or found.dtype != tensor.dtype or found.shape[:1] != (count,):
            return None
        fitted = spec.fitted(replace(tensor, shape=tensor.kept_shape), found.shape[1:])
        if fitted is None:
            return None
        spec = fitted
    return {tensor.name: tensors[tensor.name] for tensor in spec.outputs}
