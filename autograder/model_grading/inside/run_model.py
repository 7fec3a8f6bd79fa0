"""Runs one model on some clips, within walls. A script: nothing of the autograder is in sight.

    run_model.py WALLS MODEL FRAMES MEMORY SECONDS SECONDS_IN_ALL

``WALLS`` is ``bubblewrap`` or ``none``; ``MODEL`` and ``FRAMES`` are open files, by their numbers:
the model, and (clip, 10, 64, 64, 3) bytes. The checks may take ``SECONDS`` of processor time.
Written to the standard output are the checks of ``poselab.models.contract`` as lines of JSON; after
them, if all passed, an empty line and the poses as a safetensors file, or one more check that
failed and says why there are none.
"""

from __future__ import annotations

import importlib.util
import mmap
import os
import resource
import sys
import time
import types
from typing import Any


def main(walls: str, model: int, frames: int, memory: int, seconds: int, in_all: int) -> None:
    """Import, confine, check, run."""
    contract = _import_contract()
    import numpy as np
    import safetensors.numpy

    contract.require_packages()
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if walls == "bubblewrap":
        _confine()
    contract.limit_memory(memory)
    _limit(in_all)
    _limit_seconds(seconds)
    content = _read(model)[:]
    passed = True
    for check in contract.examine(content):
        passed = passed and check.passed
        replies.write(contract.as_line(check).encode() + b"\n")
        replies.flush()
    if not passed:
        return
    _limit_seconds(in_all)
    clips = np.frombuffer(_read(frames), np.uint8).reshape(-1, *contract.CLIP)
    try:
        poses = contract.Predictor(content).predict(clips)
    except Exception as error:  # onnxruntime's have no common ancestor
        failure = contract.failure("clips", "The model fails with the held_out clips", error)
        replies.write(contract.as_line(failure).encode() + b"\n")
    else:
        replies.write(b"\n" + safetensors.numpy.save({"poses": poses}))
    replies.flush()


def _import_contract() -> Any:
    """``poselab.models.contract`` without ``poselab`` itself, which would import torch for two seconds."""
    spec = importlib.util.find_spec("poselab")
    assert spec is not None and spec.submodule_search_locations is not None
    package = types.ModuleType("poselab")
    package.__path__ = list(spec.submodule_search_locations)
    sys.modules["poselab"] = package
    return importlib.import_module("poselab.models.contract")


def _read(handle: int) -> Any:
    """An open file's content, in no memory of ours."""
    return mmap.mmap(handle, 0, access=mmap.ACCESS_READ)


def _confine() -> None:
    """Become nobody, for good, and give up the system calls that escapes start with."""
    from forkserver import linux
    from forkserver.__main__ import NOBODY
    from forkserver.seccomp import refusing_filter

    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    linux.drop_privileges()
    program = refusing_filter()
    if program is not None:
        linux.forbid(program)


def _limit(seconds: int) -> None:
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


def _limit_seconds(seconds: int) -> None:
    """The softer limit, which can be raised again; its signal can be told from a kill."""
    used = int(time.process_time()) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (min(used + seconds, hard), hard))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
