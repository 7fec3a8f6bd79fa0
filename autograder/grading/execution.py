"""Running a submission in a kernel and putting the secret cases to it.

The notebook runs from top to bottom. In place of each check cell the kernel gets a message with
cases and sends one with observations; nothing that it says about right or wrong is trusted.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbclient.util import ensure_async
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.errors import CourseError
from autograder.grading.deaths import Death, cause_of_death
from autograder.grading.folders import submission_folder
from autograder.grading.records import Status
from autograder.grading.settings import ENVIRONMENT, Limits
from autograder.grading.trust import believed, describe_cell, missed, reported, suspicions
from autograder.sandbox.choice import Sandbox
from autograder.sandbox.client import Reply, run_cases
from autograder.sandbox.forkserver.tampering import TRACE_SET
from autograder.sandbox.manager import GradedKernelManager, kernel_config
from autograder.sandbox.specs import COLD, SANDBOXED
from autograder.submissions.sanitise import sanitise_observation, sanitise_outputs, sanitise_text
from poselab.checks.cases import Suite, cases_as_bytes
from poselab.checks.judge import judge
from poselab.checks.runner import Observation, observations_from_bytes

_MOST_NAMES = 20

MOST_RESTARTS = 3
"""Cells that may kill the kernel before the rest of the notebook is given up."""

MOST_STARTS = 2
"""How often the start of a kernel is tried: a busy machine may be too slow once."""

MOST_OUTPUT = 4
"""What all cells may show together, as a multiple of what one may."""

SOON = 5.0
"""Seconds. A function that took longer is not called with the cases that students have as well."""

GRACE = 3.0
"""Seconds that an interrupted cell has to stop in, before its kernel is killed."""


@dataclass
class Run:
    """The result of running a submission.

    Args:
        nb: the notebook with the outputs of its cells; check cells have none yet.
        observations: by exercise, what came back from its function.
        silent: by exercise, why there are no observations.
        status: what went wrong with the run as a whole, if anything did.
        notes: what the student should know.
        processor_seconds: what its kernels used, where a sandbox measures it.
    """

    nb: NotebookNode
    observations: dict[str, list[Observation]] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    status: Status | None = None
    notes: list[str] = field(default_factory=list)
    processor_seconds: float = 0.0


def run_notebook(
    nb: NotebookNode,
    suites: Mapping[str, Suite],
    limits: Limits,
    sandbox: Sandbox,
    published: Mapping[str, Suite] | None = None,
    right: Mapping[str, str] | None = None,
) -> Run:
    """Run a repaired submission and collect the observations of its functions.

    Args:
        nb: the notebook; it is executed in place.
        suites: the cases to run, by exercise.
        limits: cells and submissions that take more are stopped.
        sandbox: the kernel's.
        published: the suites that students have. A function that passes only those is reported.
        right: sources of right answers to exercises that others need, by exercise. One takes the
            place of the student's where that has lost points, so that it costs points only once.

    Returns:
        The executed notebook, the observations by exercise, and what went wrong.

    Raises:
        CourseError: no kernel can be started.
    """
    return asyncio.run(_Runner(nb, suites, limits, sandbox, published or {}, right or {}).run())


class _SturdyClient(NotebookClient):
    """A client that passes over what a forged message makes it stumble on."""

    forged = False

    def register_output_hook(self, msg_id: str, hook: Any) -> None:
        """Make room for what an output widget shows; the base class forgets to."""
        self.widget_state.setdefault(hook.comm_id, {})
        super().register_output_hook(msg_id, hook)

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


class _Runner:
    def __init__(
        self,
        nb: NotebookNode,
        suites: Mapping[str, Suite],
        limits: Limits,
        sandbox: Sandbox,
        published: Mapping[str, Suite],
        right: Mapping[str, str],
    ) -> None:
        self.nb = nb
        self.published = published
        self.right = right
        self.suites = {f"check_{name}": suite for name, suite in suites.items()}
        self.limits = limits
        self.kernel_name = SANDBOXED if sandbox == "bubblewrap" else COLD
        self.outcome = Run(nb)
        self.deadline = time.monotonic() + limits.total
        self.deadly: set[int] = set()
        self.stopped = False
        self.doubt = ""
        self.doubt_of_counts = ""
        self.examined: set[str] = set()

    async def run(self) -> Run:
        for _ in range(MOST_RESTARTS + 1):
            with submission_folder() as folder:
                if await self._run_once(folder):
                    break
        for suite in self.suites.values():
            if suite.id not in self.outcome.observations:
                reason = "The notebook was stopped before this exercise was reached."
                self.outcome.silent.setdefault(suite.id, reason)
        sanitise_outputs(self.nb, MOST_OUTPUT * self.limits.kernel.output_bytes)
        self.outcome.notes += suspicions(self.nb)
        self.outcome.notes = [sanitise_text(note) for note in dict.fromkeys(self.outcome.notes)]
        self.outcome.silent = {
            name: sanitise_text(why) for name, why in self.outcome.silent.items()
        }
        return self.outcome

    async def _run_once(self, folder: Path) -> bool:
        """One kernel's life. False if it died and the rest should be tried without that cell."""
        self.stopped = False
        self.examined = set()
        current = 0
        manager: GradedKernelManager | None = None
        forged = False
        try:
            async with self._kernel(folder) as client:
                assert isinstance(client.km, GradedKernelManager)
                manager = client.km
                watch = asyncio.create_task(self._kill_when_due(client))
                try:
                    for current, cell in enumerate(self.nb.cells):
                        if cell.cell_type == "code" and current not in self.deadly:
                            await self._run_cell(client, current, cell)
                finally:
                    watch.cancel()
                    forged = client.forged
        except DeadKernelError:
            return self._reap(current, _fate(manager))
        finally:
            self._take_audit_log(manager)
            if forged:
                self._report("the code sent messages of its own to the grader.")
        return True

    @contextlib.asynccontextmanager
    async def _kernel(self, folder: Path) -> AsyncIterator[_SturdyClient]:
        """A kernel that has started, and its client.

        Raises:
            CourseError: it does not start, tried more than once.
        """
        async with contextlib.AsyncExitStack() as stack:
            for tried in range(1, MOST_STARTS + 1):
                client = self._client(folder)
                kernel = client.async_setup_kernel(env=dict(ENVIRONMENT))
                try:
                    await stack.enter_async_context(kernel)
                except (RuntimeError, CourseError) as error:
                    if tried == MOST_STARTS:
                        reason = " ".join(str(error).split()).rstrip(".")
                        raise CourseError(
                            f"No kernel could be started ({reason}); is the machine too busy?"
                        ) from None
                else:
                    break
            yield client

    def _client(self, folder: Path) -> _SturdyClient:
        return _SturdyClient(
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

    def _reap(self, current: int, fate: str | None) -> bool:
        """Note why a kernel died in a cell. True if the submission's time is up, too."""
        where = describe_cell(self.nb, current)
        if time.monotonic() >= self.deadline:
            self.outcome.status = "timed_out"
            self.outcome.notes.append(f"Stopped after {self.limits.total:g} s, in {where}.")
            _add_error(
                self.nb.cells[current], f"the notebook's {self.limits.total:g} s limit was reached"
            )
            return True
        death = (
            Death("timed_out", f"did not stop after {self.limits.cell:g} s")
            if self.stopped
            else cause_of_death(fate, self.limits.kernel)
        )
        self.deadly.add(current)
        _add_error(self.nb.cells[current], f"Python {death.sentence}")
        self.outcome.status = death.status
        self.outcome.notes.append(
            f"Python {death.sentence} in {where}; the rest was run without that cell."
        )
        suite = self.suites.get(_grade_id(self.nb.cells[current]))
        # What came back before counts: some cases carry no points.
        if suite is not None and suite.id not in self.outcome.observations:
            self.outcome.silent[suite.id] = f"Python {death.sentence} when `{suite.id}` was called."
        return len(self.deadly) > MOST_RESTARTS

    def _report(self, what: str) -> None:
        self.outcome.notes.append(reported(what))

    def _take_audit_log(self, manager: GradedKernelManager | None) -> None:
        """What the sandbox saw, in its own words."""
        box = manager.sandbox if manager is not None else None
        if box is None:
            return
        self.outcome.processor_seconds += box.cpu_seconds
        for entry in box.audit_entries:
            self._report(entry)

    async def _kill_when_due(self, client: NotebookClient) -> None:
        """Code can ignore an interrupt; it cannot ignore this."""
        await asyncio.sleep(max(0.0, self.deadline - time.monotonic()))
        await self._kill(client)

    async def _kill(self, client: NotebookClient) -> None:
        if client.km is not None:
            await ensure_async(client.km.signal_kernel(signal.SIGKILL))

    async def _run_cell(self, client: NotebookClient, index: int, cell: NotebookNode) -> None:
        suite = self.suites.get(_grade_id(cell))
        if suite is not None:
            await self._examine(client, suite)
            return
        started = time.monotonic()
        await client.async_execute_cell(cell, index)
        if time.monotonic() - started < self.limits.cell:
            return
        if not await self._responds(client):
            await self._give_up(client)
        self.outcome.status = "timed_out"
        where = describe_cell(self.nb, index)
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

    async def _examine(self, client: NotebookClient, suite: Suite) -> None:
        if suite.id in self.examined:
            return
        self.examined.add(suite.id)
        started = time.monotonic()
        stand_ins: dict[str, str] = {}
        self._take(suite, await self._run_cases(client, suite, stand_ins))
        if self._loses_points(suite):
            stand_ins = {
                name: self.right[name]
                for name in suite.needs
                if name in self.right
                # The code that runs here could keep what it sees, and hand it in later.
                and name in self.examined
                and self._loses_points(self.suites[f"check_{name}"])
            }
        if stand_ins:
            await self._examine_again(client, suite, stand_ins)
        if time.monotonic() - started < SOON:
            await self._check_published_suite(client, suite, stand_ins)

    async def _examine_again(
        self, client: NotebookClient, suite: Suite, stand_ins: Mapping[str, str]
    ) -> None:
        """Try again with right answers to the exercises before, and keep the better attempt."""
        first = self.outcome.observations.get(suite.id)
        self._take(suite, await self._run_cases(client, suite, stand_ins))
        second = self.outcome.observations.get(suite.id)
        if first and (not second or self._no_better(suite, first, second)):
            self.outcome.observations[suite.id] = first
            self.outcome.silent.pop(suite.id, None)
            return
        names = " and ".join(f"`{name}`" for name in stand_ins)
        self.outcome.notes.append(
            f"`{suite.id}` was judged with a right {names} in place of yours, which has lost its "
            "points already."
        )

    def _no_better(self, suite: Suite, first: list[Observation], second: list[Observation]) -> bool:
        """Whether right answers to the exercises before helped nothing.

        Where both earn the same, the second tells of this exercise's own mistakes; unless nothing
        was written, of which there is nothing to tell.
        """
        if any(observation.not_written for observation in second):
            return True
        return judge(suite, first).score > judge(suite, second).score

    def _loses_points(self, suite: Suite) -> bool:
        observations = self.outcome.observations.get(suite.id)
        if observations is None:
            return True
        verdict = judge(suite, observations)
        return verdict.score < verdict.max_score

    async def _run_cases(
        self, client: NotebookClient, suite: Suite, stand_ins: Mapping[str, str]
    ) -> Reply:
        content = cases_as_bytes(suite.cases)
        reply = await run_cases(
            client.kc, client.km, suite.id, content, self.limits.cell, stand_ins
        )
        if reply.status == "died":
            raise DeadKernelError("it died while a case ran")
        if reply.status == "timed_out":
            await self._give_up(client)
        incidents = list(reply.incidents)
        self.doubt_of_counts = ""
        if reply.status == "interrupted" and TRACE_SET in incidents:
            # The interrupt itself may have done it. It is the counts of this run that suffer.
            incidents.remove(TRACE_SET)
            self.doubt_of_counts = "was interrupted"
        if reply.tampered:
            names = ", ".join(f"`{name}`" for name in reply.tampered[:_MOST_NAMES])
            incidents.insert(0, f"changed {names}, which the grader uses")
        for incident in incidents:
            self._report(f"the code {incident}.")
        # What was measured before and has arrived is out of its reach.
        self.doubt = self.doubt or sanitise_text("; it ".join(incidents[:3]))
        return reply

    async def _check_published_suite(
        self, client: NotebookClient, suite: Suite, stand_ins: Mapping[str, str]
    ) -> None:
        """Report a function that passes the cases that all students have, and not others.

        No points depend on it: a table of stored results earns nothing as it is.
        """
        known, answered = self.published.get(suite.id), self.outcome.observations.get(suite.id)
        if known is None or answered is None:
            return
        failing = missed(suite, answered)
        if not failing:
            return
        compared = [case for case in known.cases if case.kind not in ("count", "device")]
        cases = replace(known, cases=tuple(compared))
        reply = await self._run_cases(client, cases, stand_ins)
        # Trusted as little as the first time: only then the two compare.
        observations = self._observations_in(reply, known) or []
        if failing - missed(known, observations):
            self._report(
                f"`{suite.id}` passes the published cases but fails equivalent hidden ones."
            )

    def _take(self, suite: Suite, reply: Reply) -> None:
        """Keep the observations, or the reason why there are none."""
        if reply.status == "undefined":
            self.outcome.silent[suite.id] = self._why_undefined(suite)
            return
        if reply.status == "interrupted":
            self.outcome.status = "timed_out"
            self.outcome.notes.append(
                f"`{suite.id}` did not finish within {self.limits.cell:g} s; what it had returned "
                "by then counts."
            )
        elif reply.status != "ok":
            self.outcome.silent[suite.id] = f"`{suite.id}` could not be called ({reply.error})."
            return
        observations = self._observations_in(reply, suite)
        if observations is None:
            self.outcome.silent[suite.id] = f"The observations of `{suite.id}` arrived damaged."
            return
        self.outcome.observations[suite.id] = observations
        self.outcome.silent.pop(suite.id, None)

    def _observations_in(self, reply: Reply, suite: Suite) -> list[Observation] | None:
        """The observations that came back and are trusted; ``None`` if they are damaged."""
        try:
            observations = observations_from_bytes(reply.observations)
        except Exception:  # the student's code may have written them
            return None
        counted = believed(suite, observations, self.doubt, self.doubt_of_counts)
        return [sanitise_observation(one) for one in counted]

    def _why_undefined(self, suite: Suite) -> str:
        """What kept a function from being defined: its own cell's error, if it had one."""
        for cell in self.nb.cells:
            if _grade_id(cell) == suite.id:
                for output in cell.outputs:
                    if output.output_type == "error":
                        what = f"{output.ename}: {output.evalue}"
                        return f"`{suite.id}` is not defined: its cell stopped with {what}."
        return f"`{suite.id}` is not defined when its check runs; is its cell below the check?"


def _add_error(cell: NotebookNode, sentence: str) -> None:
    """Say in the cell itself why it did not finish."""
    cell.outputs.append(new_output("error", ename="Stopped", evalue=sentence, traceback=[sentence]))


def _fate(manager: GradedKernelManager | None) -> str | None:
    box = manager.sandbox if manager is not None else None
    return box.fate if box is not None else None


def _grade_id(cell: NotebookNode) -> str:
    grade_id: str = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    return grade_id
