"""Running a hand-in in a kernel and putting the secret questions to it.

The notebook runs from top to bottom. In place of each check cell the kernel gets a file of
questions and writes a file of answers; nothing that it says about right or wrong is believed.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbclient.util import ensure_async
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from traitlets.config import Config

from poselab.checks.paper import Exercise, write_questions
from poselab.checks.probe import Answer, read_answers

MOST_RESTARTS = 3
"""Cells that may kill the kernel before the rest of the notebook is given up."""


@dataclass(frozen=True)
class Limits:
    """How long a hand-in may take, in seconds: for one cell, and for everything."""

    cell: float = 120.0
    total: float = 300.0


@dataclass
class Run:
    """What came of running a hand-in.

    Args:
        nb: the notebook with the outputs of its cells; check cells have none yet.
        answers: by exercise, what its function answered.
        silent: by exercise, why there are no answers.
        status: what went wrong with the run as a whole, if anything did.
        notes: what the student should know.
    """

    nb: NotebookNode
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    status: Literal["timed_out", "crashed"] | None = None
    notes: list[str] = field(default_factory=list)


def run_notebook(
    nb: NotebookNode,
    papers: Mapping[str, Exercise],
    limits: Limits,
    environment: Mapping[str, str],
) -> Run:
    """Run a repaired hand-in and collect the answers of its functions.

    Args:
        nb: the notebook; it is executed in place.
        papers: the exercises to ask about, by id.
        limits: cells and hand-ins that take longer are stopped.
        environment: variables for the kernel, on top of our own.
    """
    return asyncio.run(_Runner(nb, papers, limits, environment).run())


class _Runner:
    def __init__(
        self,
        nb: NotebookNode,
        papers: Mapping[str, Exercise],
        limits: Limits,
        environment: Mapping[str, str],
    ) -> None:
        self.nb = nb
        self.papers = {f"check_{name}": paper for name, paper in papers.items()}
        self.limits = limits
        self.environment = {**os.environ, **environment}
        self.outcome = Run(nb)
        self.deadline = time.monotonic() + limits.total
        self.deadly: set[int] = set()

    async def run(self) -> Run:
        for _ in range(MOST_RESTARTS + 1):
            folder = Path(tempfile.mkdtemp(prefix="hand-in-"))
            try:
                if await self._run_once(folder):
                    break
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        for paper in self.papers.values():
            if paper.id not in self.outcome.answers:
                reason = "The notebook was stopped before this exercise was reached."
                self.outcome.silent.setdefault(paper.id, reason)
        return self.outcome

    async def _run_once(self, folder: Path) -> bool:
        """One kernel's life. False if it died and the notebook should be tried without that cell."""
        client = NotebookClient(
            self.nb,
            timeout=self.limits.cell,
            interrupt_on_timeout=True,
            error_on_timeout={
                "ename": "TimeoutError",
                "evalue": f"the cell ran longer than {self.limits.cell:g} s",
                "traceback": [],
            },
            allow_errors=True,
            kernel_name="python3",
            store_widget_state=False,
            # Sockets in the file system: nobody else on the machine can speak to the kernel.
            config=Config({"KernelManager": {"transport": "ipc", "ip": str(folder / "kernel")}}),
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            resources={"metadata": {"path": str(folder)}},
        )
        current = 0
        try:
            async with client.async_setup_kernel(env=self.environment):
                watch = asyncio.create_task(self._kill_when_due(client))
                try:
                    for current, cell in enumerate(self.nb.cells):
                        if cell.cell_type == "code" and current not in self.deadly:
                            await self._run_cell(client, current, cell, folder)
                finally:
                    watch.cancel()
        except DeadKernelError:
            where = _named(self.nb, current)
            if time.monotonic() >= self.deadline:
                self.outcome.status = "timed_out"
                self.outcome.notes.append(f"Stopped after {self.limits.total:g} s, in {where}.")
                return True
            self.deadly.add(current)
            self.outcome.status = "crashed"
            self.outcome.notes.append(
                f"Python died in {where}; the rest was run without that cell."
            )
            paper = self.papers.get(_grade_id(self.nb.cells[current]))
            if paper is not None:
                self.outcome.silent[paper.id] = f"Python died when `{paper.id}` was called."
            return len(self.deadly) > MOST_RESTARTS
        return True

    async def _kill_when_due(self, client: NotebookClient) -> None:
        """Code can ignore an interrupt; it cannot ignore this."""
        await asyncio.sleep(max(0.0, self.deadline - time.monotonic()))
        if client.km is not None:
            await ensure_async(client.km.signal_kernel(signal.SIGKILL))

    async def _run_cell(
        self, client: NotebookClient, index: int, cell: NotebookNode, folder: Path
    ) -> None:
        paper = self.papers.get(_grade_id(cell))
        if paper is not None:
            await self._ask(client, index, paper, folder)
            return
        started = time.monotonic()
        await client.async_execute_cell(cell, index)
        if time.monotonic() - started >= self.limits.cell:
            self.outcome.status = "timed_out"
            where = _named(self.nb, index)
            self.outcome.notes.append(f"Stopped after {self.limits.cell:g} s: {where}.")

    async def _ask(
        self, client: NotebookClient, index: int, paper: Exercise, folder: Path
    ) -> None:
        questions, answers = folder / "questions.safetensors", folder / "answers.safetensors"
        write_questions(questions, paper.questions)
        answers.unlink(missing_ok=True)
        code = (
            '__import__("poselab.checks.probe", fromlist=["probe"])'
            f".answer_file({paper.id}, {str(questions)!r}, {str(answers)!r})"
        )
        cell = new_code_cell(code)
        check_cell = self.nb.cells[index]
        started = time.monotonic()
        try:
            await client.async_execute_cell(cell, index, store_history=False)
        finally:
            self.nb.cells[index] = check_cell  # nbclient puts the cell it ran into the notebook
        silent, given = self._read(paper, cell, answers, time.monotonic() - started)
        if silent:
            self.outcome.silent[paper.id] = silent
        else:
            self.outcome.answers[paper.id] = given

    def _read(
        self, paper: Exercise, cell: NotebookNode, answers: Path, seconds: float
    ) -> tuple[str, list[Answer]]:
        if seconds >= self.limits.cell:
            self.outcome.status = "timed_out"
            return f"`{paper.id}` did not finish within {self.limits.cell:g} s.", []
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if answers.is_file() and not errors:
            try:
                return "", read_answers(answers)
            except ValueError:
                return f"The answers of `{paper.id}` came back damaged.", []
        if errors and errors[0].ename == "NameError" and f"'{paper.id}'" in errors[0].evalue:
            return self._why_undefined(paper), []
        what = f" ({errors[0].ename}: {errors[0].evalue})" if errors else ""
        return f"`{paper.id}` could not be called{what}.", []


    def _why_undefined(self, paper: Exercise) -> str:
        """What kept a function from being defined: its own cell's error, if it had one."""
        for cell in self.nb.cells:
            if _grade_id(cell) == paper.id:
                for output in cell.outputs:
                    if output.output_type == "error":
                        what = f"{output.ename}: {output.evalue}"
                        return f"`{paper.id}` is not defined: its cell stopped with {what}."
        return f"`{paper.id}` is not defined when its check runs; is its cell below the check?"


def _named(nb: NotebookNode, index: int) -> str:
    """A cell as its author would find it: by its number and first line."""
    lines = [line for line in nb.cells[index].source.splitlines() if line.strip()]
    return f"cell {index + 1} (`{lines[0].strip()[:60]}`)" if lines else f"cell {index + 1}"


def _grade_id(cell: NotebookNode) -> str:
    grade_id: str = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    return grade_id
