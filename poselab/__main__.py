"""The command ``poselab``: check a model before it is submitted."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from poselab.models.predictor import MissingPackageError
from poselab.models.verify import EXAMINE, print_checks, verify_apart


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 if the model passes, else 1."""
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.command == EXAMINE:
            print_checks(chosen.file, chosen.assignment)
            return 0
        report = verify_apart(chosen.file, chosen.assignment)
    except (MissingPackageError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(report)
    return 0 if report.passed else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="poselab", description="Tools for the course's students.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    verify = commands.add_parser(
        "verify", help="check a model file as the grader will", allow_abbrev=False
    )
    for command in (verify, commands.add_parser(EXAMINE)):
        command.add_argument("file", type=Path, help="the exported model, such as my_model.onnx")
        command.add_argument(
            "--assignment", help="the assignment's id, if the file's name does not tell it"
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
