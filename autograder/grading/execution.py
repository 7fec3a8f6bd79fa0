"""Running a hand-in in a kernel and putting the secret questions to it.

The notebook runs from top to bottom. In place of each check cell the kernel gets a message with
questions and sends one with answers; nothing that it says about right or wrong is believed.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbclient.util import ensure_async
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.grading.results import Status
from autograder.grading.tidying import tidy_answer, tidy_outputs, tidy_text
from autograder.kernels.client import Reply, ask
from autograder.kernels.limits import KernelLimits
from autograder.kernels.manager import GradedKernelManager, kernel_config
from autograder.kernels.specs import COLD, SANDBOXED
from poselab.checks.judge import judge
from poselab.checks.paper import Exercise, write_questions
from poselab.checks.probe import Answer, read_answers

Sandbox = Literal["bubblewrap", "none"]
"""What stands around a kernel: a wall, or nothing but a process of its own."""

MOST_RESTARTS = 3
"""Cells that may kill the kernel before the rest of the notebook is given up."""

MOST_OUTPUT = 4
"""What all cells may show together, as a multiple of what one may."""

_CALLERS = re.compile(
    r"\b(?:f_back|f_locals|tb_frame|gi_frame|currentframe|_getframe|get_referrers)\b"
)

_SUSPICIOUS = {
    "looks into the course's own checks": re.compile(
        r"poselab[./]checks[./](?:judge|paper|probe)|poselab[./]papers"
    ),
    "looks into its callers": _CALLERS,
    "makes tensors of a class of its own": re.compile(
        r"__torch_(?:function|dispatch)__|\b(?:_make_(?:wrapper_)?subclass|as_subclass)\b"
    ),
}
"""What no exercise needs, as it is written."""

_MEASURED_INSIDE = ("count", "device", "random_state", "reach", "exported")
"""Questions and experiments that are measured by code which shares a process with the student's."""

_REPORTED = "Reported to the instructor: "

SOON = 5.0
"""Seconds. Who took longer to answer is not asked the questions that students have as well."""

GRACE = 3.0
"""Seconds that an interrupted cell has to stop in, before its kernel is killed."""


@dataclass(frozen=True)
class Limits:
    """What a hand-in may use.

    Args:
        cell: seconds for one cell, and for the questions about one exercise.
        total: seconds for everything.
        kernel: memory, processes, disk and output.
    """

    cell: float = 120.0
    total: float = 300.0
    kernel: KernelLimits = field(default_factory=KernelLimits)


@dataclass
class Run:
    """What came of running a hand-in.

    Args:
        nb: the notebook with the outputs of its cells; check cells have none yet.
        answers: by exercise, what its function answered.
        silent: by exercise, why there are no answers.
        status: what went wrong with the run as a whole, if anything did.
        notes: what the student should know.
        processor_seconds: what its kernels used, where a sandbox measures it.
    """

    nb: NotebookNode
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    status: Status | None = None
    notes: list[str] = field(default_factory=list)
    processor_seconds: float = 0.0


def run_notebook(
    nb: NotebookNode,
    papers: Mapping[str, Exercise],
    limits: Limits,
    environment: Mapping[str, str],
    sandbox: Sandbox,
    published: Mapping[str, Exercise] | None = None,
) -> Run:
    """Run a repaired hand-in and collect the answers of its functions.

    Args:
        nb: the notebook; it is executed in place.
        papers: the exercises to ask about, by id.
        limits: cells and hand-ins that take more are stopped.
        environment: variables for the kernel.
        sandbox: what stands around the kernel.
        published: the papers that students have. Who is right about those alone is reported.
    """
    return asyncio.run(_Runner(nb, papers, limits, environment, sandbox, published or {}).run())


class _SturdyClient(NotebookClient):
    """A client that passes over what a forged message makes it stumble on."""

    forged = False

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Take in one message of the kernel."""
        try:
            return super().process_message(msg, cell, cell_index)
        except CellControlSignal:
            raise
        except Exception:  # a forger chooses which
            self.forged = True
            return None


@dataclass(frozen=True)
class _Death:
    """Why a kernel is no more: the status that follows, and what to say after "Python ..."."""

    status: Status
    sentence: str


class _Runner:
    def __init__(
        self,
        nb: NotebookNode,
        papers: Mapping[str, Exercise],
        limits: Limits,
        environment: Mapping[str, str],
        sandbox: Sandbox,
        published: Mapping[str, Exercise],
    ) -> None:
        self.nb = nb
        self.published = published
        self.papers = {f"check_{name}": paper for name, paper in papers.items()}
        self.limits = limits
        self.environment = dict(environment)
        self.kernel_name = SANDBOXED if sandbox == "bubblewrap" else COLD
        self.outcome = Run(nb)
        self.deadline = time.monotonic() + limits.total
        self.deadly: set[int] = set()
        self.stopped = False

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
        tidy_outputs(self.nb, MOST_OUTPUT * self.limits.kernel.output_bytes)
        self.outcome.notes += _suspicions(self.nb)
        self.outcome.notes = [tidy_text(note) for note in dict.fromkeys(self.outcome.notes)]
        self.outcome.silent = {name: tidy_text(why) for name, why in self.outcome.silent.items()}
        return self.outcome

    async def _run_once(self, folder: Path) -> bool:
        """One kernel's life. False if it died and the rest should be tried without that cell."""
        self.stopped = False
        client = _SturdyClient(
            self.nb,
            timeout=self.limits.cell,
            interrupt_on_timeout=True,
            error_on_timeout={
                "ename": "TimeoutError",
                "evalue": f"the cell ran longer than {self.limits.cell:g} s",
                "traceback": [],
            },
            allow_errors=True,
            kernel_manager_class=GradedKernelManager,
            kernel_name=self.kernel_name,
            store_widget_state=False,
            config=kernel_config(self.limits.kernel),
            resources={"metadata": {"path": str(folder)}},
        )
        current = 0
        manager: GradedKernelManager | None = None
        try:
            async with client.async_setup_kernel(env=self.environment):
                assert isinstance(client.km, GradedKernelManager)
                manager = client.km
                watch = asyncio.create_task(self._kill_when_due(client))
                try:
                    for current, cell in enumerate(self.nb.cells):
                        if cell.cell_type == "code" and current not in self.deadly:
                            await self._run_cell(client, current, cell, folder)
                finally:
                    watch.cancel()
        except DeadKernelError:
            return self._bury(current, _fate(manager))
        finally:
            self._take_incidents(manager)
            if client.forged:
                self._report("the code sent messages of its own to the grader.")
        return True

    def _bury(self, current: int, fate: str | None) -> bool:
        """Note why a kernel died in a cell. True if the hand-in's time is up, too."""
        where = _named(self.nb, current)
        if time.monotonic() >= self.deadline:
            self.outcome.status = "timed_out"
            self.outcome.notes.append(f"Stopped after {self.limits.total:g} s, in {where}.")
            _add_error(self.nb.cells[current], f"the notebook's {self.limits.total:g} s were over")
            return True
        death = self._cause(fate)
        self.deadly.add(current)
        _add_error(self.nb.cells[current], f"Python {death.sentence}")
        self.outcome.status = death.status
        self.outcome.notes.append(
            f"Python {death.sentence} in {where}; the rest was run without that cell."
        )
        paper = self.papers.get(_grade_id(self.nb.cells[current]))
        # What was answered before counts: some questions bear no points.
        if paper is not None and paper.id not in self.outcome.answers:
            self.outcome.silent[paper.id] = f"Python {death.sentence} when `{paper.id}` was called."
        return len(self.deadly) > MOST_RESTARTS

    def _cause(self, fate: str | None) -> _Death:
        kernel = self.limits.kernel
        if self.stopped:
            return _Death("timed_out", f"did not stop after {self.limits.cell:g} s")
        if fate == "out_of_memory":
            most = f"{kernel.memory_bytes / (1 << 30):.2g} GB"
            return _Death("out_of_memory", f"took more than {most} of memory")
        if fate == "too_many_processes":
            return _Death("crashed", f"started more than {kernel.processes} processes")
        if fate == "cpu_time":
            return _Death("timed_out", f"took more than {kernel.cpu_seconds} s of processor time")
        if fate and fate.startswith("signal"):
            number = int(fate.split()[1])
            return _Death("crashed", f"died of signal {number} ({_signal_name(number)})")
        if fate and fate.startswith("exit"):
            return _Death("crashed", "was ended by the code")
        return _Death("crashed", "died")

    def _report(self, what: str) -> None:
        self.outcome.notes.append(f"{_REPORTED}{what}")

    def _take_incidents(self, manager: GradedKernelManager | None) -> None:
        """What the sandbox saw, in its own words."""
        box = manager.sandbox if manager is not None else None
        if box is None:
            return
        self.outcome.processor_seconds += box.cpu_seconds
        for incident in box.incidents:
            self._report(incident)

    async def _kill_when_due(self, client: NotebookClient) -> None:
        """Code can ignore an interrupt; it cannot ignore this."""
        await asyncio.sleep(max(0.0, self.deadline - time.monotonic()))
        await self._kill(client)

    async def _kill(self, client: NotebookClient) -> None:
        if client.km is not None:
            await ensure_async(client.km.signal_kernel(signal.SIGKILL))

    async def _run_cell(
        self, client: NotebookClient, index: int, cell: NotebookNode, folder: Path
    ) -> None:
        paper = self.papers.get(_grade_id(cell))
        if paper is not None:
            await self._ask(client, paper, folder)
            return
        started = time.monotonic()
        await client.async_execute_cell(cell, index)
        if time.monotonic() - started < self.limits.cell:
            return
        if not await self._responds(client):
            await self._give_up(client)
        self.outcome.status = "timed_out"
        where = _named(self.nb, index)
        self.outcome.notes.append(f"Stopped after {self.limits.cell:g} s: {where}.")

    async def _responds(self, client: NotebookClient) -> bool:
        """Whether an interrupted kernel has become idle."""
        assert client.kc is not None
        try:
            await client.kc._async_wait_for_ready(timeout=GRACE)
        except RuntimeError:
            return False
        return True

    async def _give_up(self, client: NotebookClient) -> None:
        """End a kernel that ignores interrupts; the notebook goes on in another."""
        self.stopped = True
        await self._kill(client)
        raise DeadKernelError("it ignored the interrupt")

    async def _ask(self, client: NotebookClient, paper: Exercise, folder: Path) -> None:
        started = time.monotonic()
        reply = await self._put(client, paper, folder)
        if reply.tampered:
            names = ", ".join(f"`{name}`" for name in reply.tampered)
            self._report(
                f"the code changed {names}, which the grader uses; "
                "that was undone before the questions were put."
            )
        self._take(paper, reply, folder)
        if time.monotonic() - started < SOON:
            await self._ask_what_is_known(client, paper, folder)

    async def _put(self, client: NotebookClient, paper: Exercise, folder: Path) -> Reply:
        questions = folder / "questions.safetensors"
        write_questions(questions, paper.questions)
        reply = await ask(client.kc, client.km, paper.id, questions.read_bytes(), self.limits.cell)
        if reply.status == "died":
            raise DeadKernelError("it died of a question")
        if reply.status == "timed_out":
            await self._give_up(client)
        return reply

    async def _ask_what_is_known(
        self, client: NotebookClient, paper: Exercise, folder: Path
    ) -> None:
        """Report who has the right answers to the questions that all students have, and no others.

        No points depend on it: a table of stored answers earns nothing as it is.
        """
        known, answered = self.published.get(paper.id), self.outcome.answers.get(paper.id)
        if known is None or answered is None:
            return
        missed = _missed(paper, answered)
        if not missed:
            return
        compared = [q for q in known.questions if q.kind not in ("count", "device")]
        reply = await self._put(client, replace(known, questions=tuple(compared)), folder)
        # Believed as little as the first time: only then the two compare.
        answers = self._answers_in(reply, known, folder) or []
        if missed - _missed(known, answers):
            self._report(
                f"`{paper.id}` answers the questions that every student has, "
                "and not others like them."
            )

    def _take(self, paper: Exercise, reply: Reply, folder: Path) -> None:
        """Keep the answers, or the reason why there are none."""
        if reply.status == "undefined":
            self.outcome.silent[paper.id] = self._why_undefined(paper)
            return
        if reply.status == "interrupted":
            self.outcome.status = "timed_out"
            self.outcome.notes.append(
                f"`{paper.id}` did not finish within {self.limits.cell:g} s; what it had answered "
                "by then counts."
            )
        elif reply.status != "ok":
            self.outcome.silent[paper.id] = f"`{paper.id}` could not be called ({reply.error})."
            return
        answers = self._answers_in(reply, paper, folder)
        if answers is None:
            self.outcome.silent[paper.id] = f"The answers of `{paper.id}` came back damaged."
            return
        self.outcome.answers[paper.id] = answers
        self.outcome.silent.pop(paper.id, None)

    def _answers_in(self, reply: Reply, paper: Exercise, folder: Path) -> list[Answer] | None:
        """The answers that came back, those that are believed; ``None`` if they are damaged."""
        path = folder / "answers.safetensors"
        path.write_bytes(reply.answers)
        try:
            answers = read_answers(path)
        except Exception:  # whoever wrote them chooses which
            return None
        believed = self._believed(paper)
        return [tidy_answer(a) for a in answers if a.question in believed]

    def _believed(self, paper: Exercise) -> set[str]:
        """The questions whose answers count: who looks into the code that counts may have written
        there, too."""
        looks = any(c.cell_type == "code" and _CALLERS.search(c.source) for c in self.nb.cells)
        return {
            q.id
            for q in paper.questions
            if not (looks and {q.kind, q.experiment} & set(_MEASURED_INSIDE))
        }

    def _why_undefined(self, paper: Exercise) -> str:
        """What kept a function from being defined: its own cell's error, if it had one."""
        for cell in self.nb.cells:
            if _grade_id(cell) == paper.id:
                for output in cell.outputs:
                    if output.output_type == "error":
                        what = f"{output.ename}: {output.evalue}"
                        return f"`{paper.id}` is not defined: its cell stopped with {what}."
        return f"`{paper.id}` is not defined when its check runs; is its cell below the check?"


def _missed(paper: Exercise, answers: list[Answer]) -> set[str]:
    """The criteria about values that the answers do not meet."""
    return {
        criterion.id
        for criterion in judge(paper, answers).criteria
        if criterion.id in ("values", "edge_cases") and not criterion.passed
    }


def _suspicions(nb: NotebookNode) -> list[str]:
    """Cells in which is written what no exercise needs."""
    return [
        f"{_REPORTED}{_named(nb, index)} {what} (`{found.group()}`)."
        for index, cell in enumerate(nb.cells)
        if cell.cell_type == "code"
        for what, pattern in _SUSPICIOUS.items()
        if (found := pattern.search(cell.source))
    ]


def _add_error(cell: NotebookNode, sentence: str) -> None:
    """Say in the cell itself why it came to no end."""
    cell.outputs.append(new_output("error", ename="Stopped", evalue=sentence, traceback=[sentence]))


def _fate(manager: GradedKernelManager | None) -> str | None:
    box = manager.sandbox if manager is not None else None
    return box.fate if box is not None else None


def _signal_name(number: int) -> str:
    try:
        return signal.strsignal(number) or "unknown"
    except ValueError:
        return "unknown"


def _named(nb: NotebookNode, index: int) -> str:
    """A cell as its author would find it: by its number and first line."""
    lines = [line for line in nb.cells[index].source.splitlines() if line.strip()]
    return f"cell {index + 1} (`{lines[0].strip()[:60]}`)" if lines else f"cell {index + 1}"


def _grade_id(cell: NotebookNode) -> str:
    grade_id: str = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    return grade_id
