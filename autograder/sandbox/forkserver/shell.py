"""The shell that cells run in: IPython's, which a line that fails or ends Python does not end."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ipykernel.zmqshell import ZMQInteractiveShell
from traitlets import observe

MOST_FAILURES = 20
"""Statements of one cell that may fail before the rest of it is given up."""


class GradedShell(ZMQInteractiveShell):
    """IPython's shell, with what grading needs.

    A cell is carried on with after a statement that failed: where a package or a file is missing on
    this machine, what stands below it in the cell is there all the same. And it does not keep what
    is printed, because that would fill the memory.
    """

    @contextmanager
    def _tee(self, channel: str) -> Iterator[None]:
        yield

    def ask_exit(self) -> None:
        """End the cell that calls `quit()` or `exit()`, and not the kernel."""
        raise SystemExit("ended Python")

    @observe("exit_now")
    def _update_exit_now(self, change: Any) -> None:
        """Nothing: the kernel ends when the host says so."""

    async def run_ast_nodes(
        self,
        nodelist: list[ast.stmt],
        cell_name: str,
        interactivity: str = "last_expr",
        compiler: Any = compile,
        result: Any = None,
    ) -> bool:
        """Run a cell's statements, also those after one that failed.

        Args:
            nodelist: the statements.
            cell_name: the file name of their code.
            interactivity: which of them display their value.
            compiler: makes code of them.
            result: takes the exception.

        Returns:
            Whether any of them failed.
        """
        failures = 0
        for place, node in enumerate(nodelist, start=1):
            shown = interactivity if place == len(nodelist) or interactivity == "all" else "none"
            failed = await super().run_ast_nodes([node], cell_name, shown, compiler, result)
            if not failed:
                continue
            failures += 1
            if failures == MOST_FAILURES or not _is_a_mishap(node, result):
                return True
        return failures > 0


def _is_a_mishap(node: ast.stmt, result: Any) -> bool:
    """Whether a statement failed, other than by being told to: then the cell was to end there."""
    error = getattr(result, "error_in_exec", None)
    return isinstance(error, Exception) and not isinstance(node, ast.Raise | ast.Assert)
