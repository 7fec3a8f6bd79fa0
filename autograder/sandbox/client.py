"""The host's side of a conversation with a graded kernel."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from queue import Empty
from typing import TYPE_CHECKING, Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from traitlets import Type

from autograder.sandbox.audit_log import NOT_VOUCHED_FOR, AuditLog
from autograder.sandbox.channel import AttentiveChannel, SturdyChannel
from autograder.sandbox.forkserver.requests import REPLY, REQUEST
from autograder.sandbox.own_time import Spent, Stopwatch
from autograder.sandbox.zmtp import BoundedSocket

if TYPE_CHECKING:
    from autograder.sandbox.provisioner import SandboxProvisioner

_LOOK_EVERY = 0.2
GRACE = 3.0
"""Seconds of its own that an interrupted kernel has to stop in, before it is killed."""
_MOST_NAMES = 1000
_IDLE_SECONDS, _IDLE_SHARE = 0.005, 0.05

BUSY = "kept other processes busy while its cases ran"


class AttentiveClient(AsyncKernelClient):
    """A client that no reply gets past. Name it as ``client_class`` of the kernel manager."""

    shell_channel_class = Type(AttentiveChannel)


class PromptClient(AsyncKernelClient):
    """A client that is ready as soon as the kernel is, and that forged messages do not upset.

    Name it as ``client_class`` of the kernel manager.
    """

    iopub_channel_class = Type(SturdyChannel)  # type: ignore[assignment]
    shell_channel_class = Type(SturdyChannel)  # type: ignore[assignment]

    def connect_iopub(self, identity: bytes | None = None) -> Any:
        """The socket for what the kernel publishes."""
        return BoundedSocket("SUB", self._make_url("iopub"))

    def connect_shell(self, identity: bytes | None = None) -> Any:
        """The socket for requests and their replies."""
        return BoundedSocket("DEALER", self._make_url("shell"), identity or b"")

    def start_channels(
        self,
        shell: bool = True,
        iopub: bool = True,
        stdin: bool = False,
        hb: bool = False,
        control: bool = False,
    ) -> None:
        """Start listening to replies and to what is published, and to nothing else.

        Nobody types, interrupts are signals, and a forger can leave the heartbeat's thread hanging.
        """
        super().start_channels(shell, iopub, stdin=False, hb=False, control=False)

    def stop_channels(self) -> None:
        """Stop what was started; the base class would start the other channels first."""
        for channel in (self._shell_channel, self._iopub_channel):
            if channel is not None:
                channel.stop()

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        deadline = None if timeout is None else time.monotonic() + timeout
        # Wait until output is being heard as well: what is published before is lost.
        while not (await self._answers() and await self._is_heard()):
            if not await self._async_is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if deadline is not None and time.monotonic() > deadline:
                raise RuntimeError(f"Kernel didn't respond in {timeout:g} seconds")

    async def _answers(self) -> bool:
        self.kernel_info()
        try:
            message = await self.get_shell_msg(timeout=1.0)
        except Empty:
            return False
        if message["msg_type"] != "kernel_info_reply":
            return False
        self._handle_kernel_info_reply(message)
        return True

    async def _is_heard(self) -> bool:
        idle = False
        try:
            while not idle:
                message = await self.get_iopub_msg(timeout=0.1)
                idle = message["content"].get("execution_state") == "idle"
        except Empty:
            return False
        return True

    wait_for_ready = _async_wait_for_ready


CLIENT_CLASS = f"{PromptClient.__module__}.{PromptClient.__qualname__}"
ATTENTIVE = f"{AttentiveClient.__module__}.{AttentiveClient.__qualname__}"


@dataclass(frozen=True)
class Reply:
    """The result of running cases.

    Args:
        status: ``ok``; ``undefined``, if there is no such function; ``interrupted``, by us after
            the time was up, with the observations made until then; ``broken_off``, likewise, but
            by the notebook's own code; ``failed``; ``timed_out``, if it could not even be
            interrupted; or ``died``.
        observations: a safetensors file for ``poselab.checks.runner.observations_from_bytes``,
            or empty. Nothing that it says about right or wrong is trusted.
        error: why it failed.
        tampered: what the code had changed in the code that runs the cases; undone before.
        incidents: what else the code did, until now, to what is measured beside it.
        spent_on: what most of the time went to, if it was up.
    """

    status: str
    observations: bytes = b""
    error: str = ""
    tampered: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    spent_on: Spent | None = None


async def run_cases(
    client: Any,
    manager: Any,
    function: str,
    cases: bytes,
    timeout: float,
    stand_ins: Mapping[str, str] | None = None,
) -> Reply:
    """Run cases with a function in a kernel.

    Args:
        client: an asynchronous kernel client, as a notebook client's ``kc``.
        manager: its kernel manager, ``km``; asked whether the kernel lives, and to interrupt it.
        function: the function's name.
        cases: a safetensors file as ``poselab.checks.cases.cases_as_bytes`` makes it.
        timeout: seconds of its own until the kernel is interrupted.
        stand_ins: sources of functions and classes, by name, that take the place of the user's
            while the cases run.

    Returns:
        The kernel's reply, or why there is none.
    """
    content = {
        "function": function,
        "stand_ins": dict(stand_ins or {}),
        "nonce": secrets.token_hex(16),
    }
    box: SandboxProvisioner | None = getattr(manager, "sandbox", None)
    log = box.audit_log if box is not None else None
    if log is not None:
        log.read()  # room for what is to come
    before = await box.seconds_of_others() if box is not None else None
    started = time.monotonic()
    message = client.session.send(client.shell_channel.socket, REQUEST, content, buffers=[cases])
    identity = message["header"]["msg_id"]
    own_time = Stopwatch(manager)
    reply = await _reply(client, manager, identity, timeout, own_time)
    in_time = reply is not None
    spent_on = None if in_time else own_time.spent_on
    if reply is None:
        await manager.interrupt_kernel()
        reply = await _reply(client, manager, identity, GRACE, Stopwatch(manager))
    if reply is None:
        return Reply("timed_out", spent_on=spent_on)
    reply = _with_incidents(reply, log, {**content, "cases": cases})
    reply = replace(reply, spent_on=spent_on)
    if in_time and reply.status == "interrupted":
        reply = replace(reply, status="broken_off")
    after = await box.seconds_of_others() if box is not None else None
    if before is None or after is None:
        return reply
    # What waits for something to do looks around now and then.
    idle = _IDLE_SECONDS + _IDLE_SHARE * (time.monotonic() - started)
    if after - before > idle:
        return replace(reply, incidents=(*reply.incidents, BUSY))
    return reply


def _with_incidents(reply: Reply, log: AuditLog | None, demand: dict[str, Any]) -> Reply:
    """What was said beside the reply, too; and whether it is the grader's own."""
    if log is None or reply.status == "died":
        return reply
    said = {
        "status": reply.status,
        "error": reply.error,
        "tampered": reply.tampered,
        "incidents": reply.incidents,
    }
    incidents = [*reply.incidents, *log.tampering()]
    if not log.vouches_for(demand, said, reply.observations):
        incidents.append(NOT_VOUCHED_FOR)
    return replace(reply, incidents=tuple(dict.fromkeys(incidents)))


async def _reply(
    client: Any, manager: Any, identity: str, seconds: float, own_time: Stopwatch
) -> Reply | None:
    while await own_time.look() < seconds:
        left = seconds - own_time.seconds()
        try:
            message = await client.get_shell_msg(timeout=min(max(left, 0.0), _LOOK_EVERY))
        except Empty:
            if not await manager.is_alive():
                return Reply("died")
            continue
        own = message["parent_header"].get("msg_id") == identity
        if own and message["msg_type"] == REPLY:
            return _from(message)
    return None


async def run_quietly(client: Any, manager: Any, source: str, timeout: float) -> None:
    """Run the course's own code in a kernel, before a cell has run; nothing is shown.

    Args:
        client: an asynchronous kernel client.
        manager: its kernel manager.
        source: the code.
        timeout: seconds of its own until it is no longer waited for.
    """
    identity = client.execute(source, silent=True, store_history=False, stop_on_error=False)
    own_time = Stopwatch(manager)
    while await own_time.look() < timeout:
        try:
            message = await client.get_shell_msg(timeout=_LOOK_EVERY)
        except Empty:
            if not await manager.is_alive():
                return
            continue
        if message["parent_header"].get("msg_id") == identity:
            return


def _from(message: dict[str, Any]) -> Reply:
    content = message["content"]
    return Reply(
        status=str(content.get("status", "failed")),
        observations=b"".join(bytes(buffer) for buffer in message.get("buffers", [])),
        error=str(content.get("error", "")),
        tampered=_strings(content.get("tampered")),
        incidents=_strings(content.get("incidents")),
    )


def _strings(given: Any) -> tuple[str, ...]:
    several = given if isinstance(given, list) else []
    return tuple(str(one) for one in several[:_MOST_NAMES])
