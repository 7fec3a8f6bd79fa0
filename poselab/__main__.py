"""The command ``poselab``: check a model before it is handed in."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from poselab.models.contract import (
    SECONDS,
    Check,
    MissingPackageError,
    Report,
    as_line,
    examine,
    from_line,
    limit_memory,
    read_model,
    require_packages,
    unfinished,
)

_EXAMINE = "examine"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 if the model keeps the contract, else 1."""
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.command == _EXAMINE:
            return _examine(chosen.file)
        report = verify_apart(chosen.file)
    except MissingPackageError as error:
        print(error, file=sys.stderr)
        return 1
    print(report)
    return 0 if report.passed else 1


def verify_apart(path: Path, seconds: float = SECONDS) -> Report:
    """:func:`poselab.models.contract.verify_model` in a process of its own, with the grader's limits.

    A model that never ends, or takes Python down with it, costs that process and is reported.

    Args:
        path: the file.
        seconds: after which the process is ended.

    Raises:
        MissingPackageError: onnx or onnxruntime is not installed.
    """
    require_packages()
    try:
        read_model(path)
    except ValueError as error:
        return Report((Check("file", False, str(error)),))
    command = [sys.executable, "-m", "poselab", _EXAMINE, str(path)]
    process = subprocess.Popen(
        command, bufsize=0, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    # Importing what it takes is not the model's fault: the clock starts with the first check.
    first = process.stdout.readline()
    timed_out = False
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        timed_out = True
    # The last line may have been cut off in the middle.
    checks = tuple(from_line(line) for line in (first + output).split(b"\n")[:-1])
    if timed_out:
        return Report((*checks, unfinished(checks, "timed_out")))
    if process.returncode:
        return Report((*checks, unfinished(checks, "crashed", _how(process.returncode))))
    return Report(checks)


def _examine(path: Path) -> int:
    """The process that runs the model: prints each check as a line, as soon as it is made."""
    require_packages()
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    limit_memory()
    for check in examine(read_model(path)):
        print(as_line(check), file=lines, flush=True)
    return 0


def _how(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="poselab", description="Tools for the course's students.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    verify = commands.add_parser(
        "verify", help="check a model file as the grader will", allow_abbrev=False
    )
    verify.add_argument("file", type=Path, help="the exported model, such as my_model.onnx")
    commands.add_parser(_EXAMINE).add_argument("file", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
