"""Runs one model on some samples, in the sandbox. A script: nothing of the autograder is in sight.

    run_model.py SANDBOX ORDER SAMPLES

``SANDBOX`` is ``bubblewrap`` or ``none``; ``ORDER`` and ``SAMPLES`` are open files, by their
numbers, as ``autograder.grading.model_process`` packs them: the specification, what was submitted,
and the samples that the checks need; and the samples to run the model on. A model that was checked
before is only run.

Written to the standard output are the checks of ``poselab.models.examination`` as lines of JSON.
The specification's own checks are judged by the reader: before each is a line with what is kept of
the outputs. Where inputs have sizes to choose from, a line says which the model has chosen. If all
passed, a line with the processor time that the samples took, an empty line and what is kept of the
outputs for the samples follow, as a safetensors file, or else one more check that failed and says
why there are none.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import math
import mmap
import os
import random
import resource
import sys
import time
import types
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poselab.models.specification import BrokenError, ModelSpec

_ALIGNED = 64
ALONE = 24
"""Samples that are run one by one as well, so that a model cannot be another one in batches."""
_RELATIVE = 1e-4
_UNDECIDED = 0.1
"""Of the places of maxima, so many may differ: rounding decides between two that are as high."""
_MOST_INODES = 1024


def main(sandbox: str, order: int, samples: int) -> None:
    """Import, confine, check, run."""
    head, groups = unpack(order)
    # Its import takes torch along, for two seconds that only a script needs.
    if head["kind"] == "onnx":
        replace_package("poselab")
    from poselab.models.examination import Check, as_line, examine, failed, failure
    from poselab.models.predictor import Predictor, require_packages
    from poselab.models.specification import BrokenError, ModelSpec, NamedCheck
    from poselab.models.verify import limit_memory

    own, again, room = head.pop("own"), head.pop("again"), head.pop("room")
    choices = ModelSpec.from_data({**head, "checks": ()}).choices
    examples = [groups(f"examples {n}") for n in range(len(choices))]

    def inputs_of(check: str, **sizes: int) -> Any:
        return groups(f"check {choices.index(sizes)} {check}")

    checks = tuple(NamedCheck(name, partial(inputs_of, name), lambda _: "") for name in own)
    spec = ModelSpec.from_data({**head, "checks": checks}, *examples)
    limits = spec.limits
    require_packages(spec)
    import safetensors.numpy

    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    files = {name: content.tobytes() for name, content in groups("files").items()}
    if spec.kind == "script":
        if sandbox == "bubblewrap":
            enter_room(room)
        beside = {name: content.tobytes() for name, content in groups("beside").items()}
        for name, content in {**beside, **files}.items():
            Path(name).write_bytes(content)
        prepare_for_script()
    _, held_out = unpack(samples)
    count = len(next(iter(held_out("held_out 0").values())))
    in_all = math.ceil(limits.seconds + limits.seconds_a_sample * count)
    if sandbox == "bubblewrap":
        confine()
    limit_memory(limits.memory_bytes)
    limit(in_all)
    limit_seconds(math.ceil(limits.seconds))

    def say(line: bytes) -> None:
        replies.write(line)
        replies.flush()

    def answer(name: str, outputs: Any) -> None:
        packed = base64.b64encode(safetensors.numpy.save(dict(outputs)))
        say(b"outputs " + name.encode() + b" " + packed + b"\n")

    def tell(check: Check) -> bool:
        say(as_line(check).encode() + b"\n")
        return check.passed

    sizes: dict[str, int] = {}

    def choose(chosen: Any) -> None:
        sizes.update(chosen)
        say(b"sizes " + json.dumps(sizes).encode() + b"\n")

    if not again and not all(
        [tell(check) for check in examine(files, spec, answer=answer, chosen=choose)]
    ):
        return
    limit_seconds(in_all)
    inputs = held_out(f"held_out {choices.index(sizes)}")
    try:
        predictor = Predictor(files, spec.at(sizes))
        start = time.process_time()
        outputs = predictor.predict(inputs, whole=False)
        seconds = time.process_time() - start
        # A script's are compared by somebody whom it cannot deceive.
        if spec.kind == "onnx":
            some = sorted(random.SystemRandom().sample(range(count), min(ALONE, count)))
            chosen = {name: array[some] for name, array in inputs.items()}
            alone = predictor.predict(chosen, at_once=1, whole=False)
            together = {name: array[some] for name, array in outputs.items()}
            if not agree(spec, alone, together):
                raise company(spec)
    except BrokenError as broken:
        tell(failed("held_out", broken))
    except Exception as error:  # onnxruntime's have no common ancestor
        what = f"The model fails with the held-out {spec.sample}s"
        what += ", each alone in its batch" if again else ""
        tell(failed("held_out", failure(spec, what, error)))
    else:
        say(f"seconds {seconds:.3f}\n".encode())
        say(b"\n" + safetensors.numpy.save(outputs))


def agree(spec: ModelSpec, alone: Any, together: Any) -> bool:
    """Whether samples have the same outputs alone as in batches, up to rounding.

    Args:
        spec: what the model has to be.
        alone: what is kept of the outputs, by name.
        together: the same, from batches. What is NaN or infinite here is not compared: it is
            refused anyway.

    Returns:
        Whether they have.
    """
    import numpy as np

    for tensor in spec.outputs:
        one, other = alone[tensor.name], together[tensor.name]
        same = np.isclose(one, other, _RELATIVE, spec.tolerance) | ~np.isfinite(other)
        if 1 - same.mean() > (_UNDECIDED if tensor.kept == "peaks" else 0):
            return False
    return True


def company(spec: ModelSpec) -> BrokenError:
    """Why a model is refused whose outputs do not :func:`agree`."""
    from poselab.models.specification import BrokenError

    return BrokenError(
        f"The outputs for a held-out {spec.sample} are others when it is alone in its batch: they "
        f"may depend on that {spec.sample} only."
    )


def unpack(handle: int) -> tuple[Any, Any]:
    """What is packed in an open file, in no memory of ours: the head, and the arrays by group."""
    import numpy as np

    content = mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
    length = 8 + int.from_bytes(content[:8], "little")
    head = json.loads(content[8:length])
    first = -(-length // _ALIGNED) * _ALIGNED

    def group(wanted: str) -> dict[str, Any]:
        return {
            name: np.frombuffer(content, dtype, math.prod(shape), first + start).reshape(shape)
            for of, name, dtype, shape, start in head["arrays"]
            if of == wanted
        }

    return head["head"], group


def replace_package(name: str) -> None:
    """Put an empty package in the place of one, for its modules to be imported without it."""
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.submodule_search_locations is not None
    package = types.ModuleType(name)
    package.__path__ = list(spec.submodule_search_locations)
    sys.modules[name] = package


def prepare_for_script() -> None:
    """Let a script do what is harmless at home, and would end it here."""
    import torch

    # The standard error is a file, and nothing may be written to files: not even a progress bar.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    # Asking for threads that may not be started would end the process.
    for name in ("set_num_threads", "set_num_interop_threads"):
        setattr(torch, name, lambda _: None)


def become_nobody() -> None:
    """Be the superuser no longer, for good."""
    from forkserver.__main__ import NOBODY

    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def enter_room(size: int) -> None:
    """Become nobody, in an empty folder of one's own; no thread may have been started.

    Args:
        size: bytes that it has room for, names included: a link's name takes a page of memory.
    """
    from forkserver import linux

    become_nobody()
    linux.allow_inspection()  # or the files that say who we are would not be ours
    room = os.getcwd()
    linux.unshare_with_users(linux.CLONE_NEWNS)
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    linux.mount("tmpfs", room, "tmpfs", flags, f"mode=0755,size={size},nr_inodes={_MOST_INODES}")
    os.chdir(room)


def confine() -> None:
    """Become nobody, and give up the system calls that escapes start with."""
    from forkserver import linux
    from forkserver.seccomp import refusing_filter

    become_nobody()
    linux.drop_privileges()
    program = refusing_filter()
    if program is not None:
        linux.forbid(program)


def limit(seconds: int) -> None:
    """Set the limits that hold for good."""
    limits = {
        resource.RLIMIT_CPU: seconds + 5,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
        # Whatever threads there have to be are there: nothing is to be started from now on.
        resource.RLIMIT_NPROC: 0,
    }
    for which, value in limits.items():
        resource.setrlimit(which, (value, value))


def limit_seconds(seconds: int) -> None:
    """Set the softer limit, which can be raised again; its signal can be told from a kill."""
    used = int(time.process_time()) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (min(used + seconds, hard), hard))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
