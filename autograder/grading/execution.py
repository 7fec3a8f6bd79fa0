"""Running a submission in a kernel and putting the secret cases to it.

The notebook runs from top to bottom. In place of each check cell the kernel gets a message with
cases and sends one with observations; nothing that it says about right or wrong is trusted.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbclient.util import ensure_async
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.errors import CourseError
from autograder.grading.budget import Budget, needed_for_grading
from autograder.grading.deaths import Death, cause_of_death
from autograder.grading.folders import submission_folder
from autograder.grading.given import Given
from autograder.grading.notebook_client import SturdyClient
from autograder.grading.observations import observations_within_bounds
from autograder.grading.quoting import Quotable
from autograder.grading.reasons import defined_too_late
from autograder.grading.records import Status
from autograder.grading.settings import ENVIRONMENT, Limits
from autograder.grading.stops import STOPPED, describe_error, remarks_on_stopped_cells
from autograder.grading.trust import (
    MEASURED,
    NOTHING_MEASURED,
    ONLY_PUBLISHED,
    REACHED,
    UNUSUAL,
    believed,
    describe_cell,
    missed,
    passes,
    reported,
    suspicions,
)
from autograder.sandbox.audit_log import tells_of_tampering
from autograder.sandbox.choice import Sandbox
from autograder.sandbox.client import GRACE, Reply, run_cases, run_quietly
from autograder.sandbox.forkserver.tampering import TRACE_SET
from autograder.sandbox.manager import GradedKernelManager, kernel_config
from autograder.sandbox.own_time import Spent, Stopwatch
from autograder.sandbox.specs import COLD, SANDBOXED
from autograder.submissions.sanitise import sanitise_outputs, sanitise_text
from poselab.checks.cases import Suite, cases_as_bytes
from poselab.checks.judge import judge
from poselab.checks.runner import Observation

_MOST_NAMES = 20

MOST_RESTARTS = 20
"""Cells that may kill the kernel before the rest of the notebook is given up."""

MOST_STARTS = 2
"""How often the start of a kernel is tried: a busy machine may be too slow once."""

TIME_WENT_TO: dict[Spent, str] = {
    "main": "Does a loop never end, or compute far more than it needs?",
    "others": (
        "Most of that time went to other threads or processes, which the notebook has started: end "
        "each in the cell that starts it."
    ),
    "waiting": "Most of that time it waited: does it sleep, or wait for what never comes?",
}
"""What to say of a function that did not finish."""

BROKEN_OFF = (
    "A KeyboardInterrupt broke it off. It was not the grader's: does your code raise one, or has a "
    "cell started a thread that does?"
)

OUTPUT_WITHIN = 30
"""Seconds that a cell's output may come later than its end, on a busy machine."""

MOST_OUTPUT = 4
"""What all cells may show together, as a multiple of what one may."""


@dataclass
class Run:
    """The result of running a submission.

    Args:
        nb: the notebook with the outputs of its cells; check cells have none yet.
        observations: by exercise, what came back from its function.
        silent: by exercise, why there are no observations.
        status: what went wrong with the run as a whole, if anything did.
        notes: what the student and the instructor should know.
        instead: by note, what the student reads in its place.
        reasons: by exercise, what to add to the message of its first criterion that fails.
        skipped: the places of code cells for which no time was left.
        unfinished: by exercise that was stopped, what to say of the cases that never came back.
        processor_seconds: what its kernels used, where a sandbox measures it.
    """

    nb: NotebookNode
    observations: dict[str, list[Observation]] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    status: Status | None = None
    notes: list[str] = field(default_factory=list)
    instead: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    skipped: frozenset[int] = frozenset()
    unfinished: dict[str, str] = field(default_factory=dict)
    processor_seconds: float = 0.0


def run_notebook(
    nb: NotebookNode,
    suites: Mapping[str, Suite],
    limits: Limits,
    sandbox: Sandbox,
    published: Mapping[str, Suite] | None = None,
    right: Mapping[str, str] | None = None,
    skip: Collection[int] = (),
    given: Given | None = None,
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
        skip: the places of code cells that are not run.
        given: what the released notebook defines; it is there before the first cell runs.

    Returns:
        The executed notebook, the observations by exercise, and what went wrong.

    Raises:
        CourseError: no kernel can be started.
    """
    given = given or Given()
    runner = _Runner(nb, suites, limits, sandbox, published or {}, right or {}, skip, given)
    return asyncio.run(runner.run())


class _Runner:
    def __init__(
        self,
        nb: NotebookNode,
        suites: Mapping[str, Suite],
        limits: Limits,
        sandbox: Sandbox,
        published: Mapping[str, Suite],
        right: Mapping[str, str],
        skip: Collection[int],
        given: Given,
    ) -> None:
        self.nb = nb
        self.skip = frozenset(skip)
        self.given = given
        self.published = published
        self.right = right
        self.suites = {f"check_{name}": suite for name, suite in suites.items()}
        self.limits = limits
        self.kernel_name = SANDBOXED if sandbox == "bubblewrap" else COLD
        self.outcome = Run(nb)
        needed = needed_for_grading(nb, suites)
        self.budget = Budget(limits, needed, len(suites))
        self.deadly: set[int] = set()
        self.described: dict[str, int] = {}
        self.stopped_after = 0.0
        self.spent_on: Spent | None = None
        self.ran: set[int] = set()
        self.skipped: set[int] = set()
        self.doubt = self.doubt_here = ""
        self.doubt_of_counts = ""
        self.was_interrupted = False
        self.examined: set[str] = set()
        self.allowance = limits.cell
        sources = (cell.source for cell in nb.cells if cell.cell_type == "code")
        self.quotable = Quotable([*sources, *given.sources])

    async def run(self) -> Run:
        for _ in range(MOST_RESTARTS + 1):
            with submission_folder() as folder:
                if await self._run_once(folder):
                    break
        for suite in self.suites.values():
            if suite.id not in self.outcome.observations:
                reason = "The notebook was stopped before this exercise was reached."
                self.outcome.silent.setdefault(suite.id, reason)
        for suite in self.suites.values():
            if self._loses_points(suite):
                self._explain(suite)
        self.outcome.notes += self._remark_on_skipped()
        said = {index for name, index in self.described.items() if name in self.outcome.silent}
        said |= self.deadly
        self.outcome.notes += remarks_on_stopped_cells(self.nb, self.given.sources, said)
        sanitise_outputs(self.nb, MOST_OUTPUT * self.limits.kernel.output_bytes)
        for suspicion in suspicions(self.nb):
            self._keep_report(suspicion, UNUSUAL)
        if not self._measured_in_doubt():
            for note, instead in self.outcome.instead.items():
                if instead == MEASURED:
                    self.outcome.instead[note] = NOTHING_MEASURED
        self.outcome.notes = [sanitise_text(note) for note in dict.fromkeys(self.outcome.notes)]
        self.outcome.silent = {
            name: sanitise_text(why) for name, why in self.outcome.silent.items()
        }
        return self.outcome

    async def _run_once(self, folder: Path) -> bool:
        """One kernel's life. False if it died and the rest should be tried without that cell."""
        self.stopped_after, self.spent_on = 0.0, None
        self.examined = set()
        current = 0
        manager: GradedKernelManager | None = None
        forged = False
        try:
            async with self._kernel(folder) as client:
                assert isinstance(client.km, GradedKernelManager)
                manager = client.km
                if self.given.code:
                    await run_quietly(client.kc, manager, self.given.code, self.limits.cell)
                try:
                    for current, cell in enumerate(self.nb.cells):
                        left_out = current in self.deadly or current in self.skip
                        if cell.cell_type == "code" and not left_out:
                            await self._run_cell(client, current, cell)
                finally:
                    forged = client.forged
        except DeadKernelError:
            return self._reap(current, _fate(manager))
        finally:
            self._take_audit_log(manager)
            if forged:
                self._report("the code sent messages of its own to the grader.", MEASURED)
        return True

    @contextlib.asynccontextmanager
    async def _kernel(self, folder: Path) -> AsyncIterator[SturdyClient]:
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

    def _client(self, folder: Path) -> SturdyClient:
        return SturdyClient(
            self.nb,
            timeout=None,  # a watch of ours knows what time is the kernel's own
            iopub_timeout=OUTPUT_WITHIN,
            allow_errors=True,
            kernel_manager_class=GradedKernelManager,
            kernel_name=self.kernel_name,
            store_widget_state=False,
            config=kernel_config(self.limits.kernel),
            resources={"metadata": {"path": str(folder)}},
        )

    def _reap(self, current: int, fate: str | None) -> bool:
        """Note why a kernel died in a cell. True if there have been too many deaths."""
        where = describe_cell(self.nb, current)
        death = (
            Death("timed_out", f"did not stop after {_seconds(self.stopped_after)}")
            if self.stopped_after
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
            why = TIME_WENT_TO[self.spent_on] if self.spent_on else ""
            self.outcome.silent[suite.id] = (
                f"Python {death.sentence} when `{suite.id}` was called. {why}".strip()
            )
        return len(self.deadly) > MOST_RESTARTS

    def _report(self, what: str, to_its_author: str) -> None:
        self._keep_report(reported(what), to_its_author)

    def _keep_report(self, note: str, to_its_author: str) -> None:
        self.outcome.notes.append(note)
        self.outcome.instead[note] = to_its_author

    def _measured_in_doubt(self) -> bool:
        return any(one.not_believed for many in self.outcome.observations.values() for one in many)

    def _take_audit_log(self, manager: GradedKernelManager | None) -> None:
        """What the sandbox saw, in its own words."""
        box = manager.sandbox if manager is not None else None
        if box is None:
            return
        self.outcome.processor_seconds += box.cpu_seconds
        for entry in box.audit_entries:
            if TRACE_SET in entry and self.was_interrupted:
                continue  # the interrupt itself may have done it
            self._report(entry, MEASURED if tells_of_tampering(entry) else REACHED)

    async def _kill(self, client: NotebookClient) -> None:
        if client.km is not None:
            await ensure_async(client.km.signal_kernel(signal.SIGKILL))

    async def _run_cell(self, client: NotebookClient, index: int, cell: NotebookNode) -> None:
        allowance = self.budget.allowance(index)
        if allowance <= 0:
            self.skipped.add(index)
            return
        self.ran.add(index)
        own_time = Stopwatch(client.km)
        try:
            suite = self.suites.get(_grade_id(cell))
            if suite is not None:
                await self._examine(client, suite, allowance)
                return
            watch = asyncio.create_task(self._stop_when_due(client, own_time, allowance))
            try:
                await client.async_execute_cell(cell, index)
            finally:
                watch.cancel()
            if watch.done() and not watch.cancelled():
                await watch
        finally:
            self.budget.charge(index, own_time.seconds())
        if own_time.seconds() < allowance:
            return
        _add_error(cell, f"the cell ran longer than {_seconds(allowance)}")
        self.outcome.status = "timed_out"
        where = describe_cell(self.nb, index)
        self.outcome.notes.append(f"Stopped after {_seconds(allowance)}: {where}.")

    async def _stop_when_due(
        self, client: NotebookClient, own_time: Stopwatch, allowance: float
    ) -> None:
        """Interrupt a cell when its time is up; end a kernel that ignores the interrupt."""
        while await own_time.look() < allowance:
            await asyncio.sleep(own_time.pause)
        assert client.km is not None
        await ensure_async(client.km.interrupt_kernel())
        grace = Stopwatch(client.km)
        while await grace.look() < GRACE:
            await asyncio.sleep(grace.pause)
        self.stopped_after = allowance
        await self._kill(client)

    def _explain(self, suite: Suite) -> None:
        """Say what stands elsewhere in the notebook and was to be used."""
        reason = defined_too_late(self.nb, suite.id, self.outcome.observations.get(suite.id))
        if not reason:
            return
        self.outcome.notes.append(reason)
        if suite.id in self.outcome.silent:
            self.outcome.silent[suite.id] += f" {reason}"
        else:
            self.outcome.reasons[suite.id] = reason

    def _remark_on_skipped(self) -> list[str]:
        self.outcome.skipped = frozenset(self.skipped - self.ran)
        never = sorted(self.outcome.skipped)
        if not never:
            return []
        self.outcome.status = self.outcome.status or "timed_out"
        numbers = ", ".join(str(index + 1) for index in never[:_MOST_NAMES])
        if len(never) > _MOST_NAMES:
            numbers += f" and {len(never) - _MOST_NAMES} more"
        cells, them = ("cell", "it") if len(never) == 1 else ("cells", "them")
        return [
            f"Skipped for lack of time, because nothing that is graded needs {them}: {cells} "
            f"{numbers}."
        ]

    async def _give_up(self, client: NotebookClient) -> None:
        """End a kernel that ignores interrupts; the notebook goes on in another."""
        self.stopped_after = self.allowance
        await self._kill(client)
        raise DeadKernelError("it ignored the interrupt")

    async def _examine(self, client: NotebookClient, suite: Suite, allowance: float) -> None:
        if suite.id in self.examined:
            return
        self.examined.add(suite.id)
        self.allowance = allowance
        own_time = Stopwatch(client.km)
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
        left = allowance - await own_time.look()
        if left > 0:
            await self._check_published_suite(client, suite, stand_ins, left)

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
        self,
        client: NotebookClient,
        suite: Suite,
        stand_ins: Mapping[str, str],
        seconds: float | None = None,
    ) -> Reply:
        content = cases_as_bytes(suite.cases)
        timeout = self.allowance if seconds is None else seconds
        reply = await run_cases(client.kc, client.km, suite.id, content, timeout, stand_ins)
        if reply.status == "died":
            raise DeadKernelError("it died while a case ran")
        if reply.status == "timed_out":
            self.spent_on = reply.spent_on
            await self._give_up(client)
        incidents = list(reply.incidents)
        self.doubt_of_counts = ""
        if reply.status == "interrupted":
            self.was_interrupted = True
            if TRACE_SET in incidents:
                # The interrupt itself may have done it. It is the counts of this run that suffer.
                incidents.remove(TRACE_SET)
                self.doubt_of_counts = "was stopped, because its time was over"
        if reply.tampered:
            names = ", ".join(f"`{name}`" for name in reply.tampered[:_MOST_NAMES])
            incidents.insert(0, f"changed {names}, which the grader uses")
        for incident in incidents:
            self._report(f"the code {incident}.", MEASURED)
        # What was measured before and has arrived is out of its reach.
        lasting = [incident for incident in incidents if not passes(incident)]
        self.doubt = self.doubt or self._in_a_sentence(lasting)
        self.doubt_here = self.doubt or self._in_a_sentence(incidents)
        return reply

    def _in_a_sentence(self, incidents: list[str]) -> str:
        return self.quotable.words("; it also ".join(incidents[:3]))

    async def _check_published_suite(
        self,
        client: NotebookClient,
        suite: Suite,
        stand_ins: Mapping[str, str],
        seconds: float,
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
        passing = failing - await self._missed_of(client, known, failing, stand_ins, seconds)
        # What fails only the first time is no table.
        if passing and passing & await self._missed_of(client, suite, failing, stand_ins, seconds):
            self._report(
                f"`{suite.id}` passes the published cases but fails equivalent hidden ones.",
                ONLY_PUBLISHED.format(suite.id),
            )

    async def _missed_of(
        self,
        client: NotebookClient,
        suite: Suite,
        criteria: Collection[str],
        stand_ins: Mapping[str, str],
        seconds: float,
    ) -> set[str]:
        """The criteria about values that a function does not meet, of some and those before."""
        asked = {*criteria, *(rung.id for rung in suite.criteria if rung.blocks)}
        compared = [
            case
            for case in suite.cases
            if case.criterion in asked and case.kind not in ("count", "device")
        ]
        cases = replace(suite, cases=tuple(compared))
        reply = await self._run_cases(client, cases, stand_ins, seconds)
        # Trusted as little as the first time: only then the two compare.
        return missed(suite, self._observations_in(reply, suite) or [])

    def _take(self, suite: Suite, reply: Reply) -> None:
        """Keep the observations, or the reason why there are none."""
        if reply.status == "undefined":
            self.outcome.silent[suite.id] = self._why_undefined(suite)
            return
        if reply.status == "broken_off":
            self.outcome.unfinished[suite.id] = BROKEN_OFF
            self.outcome.notes.append(
                f"`{suite.id}` was broken off by the notebook's own code; what it had returned by "
                "then counts."
            )
        elif reply.status == "interrupted":
            self.outcome.status = "timed_out"
            why = TIME_WENT_TO[reply.spent_on or "main"]
            self.outcome.unfinished[suite.id] = (
                f"It was stopped in this call, when the {_seconds(self.allowance)} for all calls "
                f"together were over. {why}"
            )
            self.outcome.notes.append(
                f"`{suite.id}` did not finish within {_seconds(self.allowance)}; "
                "what it had returned by then counts."
            )
        elif reply.status != "ok":
            why = self.quotable.error(reply.error)
            self.outcome.silent[suite.id] = f"`{suite.id}` could not be called ({why})."
            return
        observations = self._observations_in(reply, suite)
        if observations is None:
            self.outcome.silent[suite.id] = f"The observations of `{suite.id}` arrived damaged."
            return
        self.outcome.observations[suite.id] = observations
        self.outcome.silent.pop(suite.id, None)

    def _observations_in(self, reply: Reply, suite: Suite) -> list[Observation] | None:
        """The observations that came back and are trusted; ``None`` if they are damaged."""
        if not reply.observations and reply.status in ("broken_off", "interrupted"):
            return []
        try:
            observations = observations_within_bounds(reply.observations, self.quotable)
        except Exception:  # the student's code may have written them
            return None
        return believed(suite, observations, self.doubt_here, self.doubt_of_counts)

    def _why_undefined(self, suite: Suite) -> str:
        """What kept a function from being defined: its own cell's error, if it had one."""
        for index, cell in enumerate(self.nb.cells):
            if _grade_id(cell) != suite.id:
                continue
            errors = [output for output in cell.outputs if output.output_type == "error"]
            if errors:
                self.described[suite.id] = index
                by_grader = next((error for error in errors if error.ename == STOPPED), None)
                if by_grader is not None:
                    # A forger can call an error of its own so.
                    why = self.quotable.words(by_grader.evalue)
                    return f"`{suite.id}` is not defined: its cell was stopped ({why})."
                what = describe_error(cell, errors[0], self.nb)
                return f"`{suite.id}` is not defined: its cell stopped with {what}."
        return f"`{suite.id}` is not defined when its check runs; is its cell below the check?"


def _add_error(cell: NotebookNode, sentence: str) -> None:
    """Say in the cell itself why it did not finish."""
    cell.outputs.append(new_output("error", ename=STOPPED, evalue=sentence, traceback=[sentence]))


def _seconds(number: float) -> str:
    return f"{round(number, 1):g} s"


def _fate(manager: GradedKernelManager | None) -> str | None:
    box = manager.sandbox if manager is not None else None
    return box.fate if box is not None else None


def _grade_id(cell: NotebookNode) -> str:
    grade_id: str = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    return grade_id
