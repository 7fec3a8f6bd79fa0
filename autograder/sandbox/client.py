"""The host's side of a conversation with a graded kernel."""

from __future__ import annotations

import time
from dataclasses import dataclass
from queue import Empty
from typing import Any

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from traitlets import Type

from autograder.sandbox.channel import LARGEST_MESSAGE, SturdyChannel
from autograder.sandbox.forkserver.requests import REPLY, REQUEST

_LOOK_EVERY = 0.2
_GRACE = 2.0


class PromptClient(AsyncKernelClient):
    """A client that is ready as soon as the kernel is, and that forged messages do not upset.

    Name it as ``client_class`` of the kernel manager.
    """

    iopub_channel_class = Type(SturdyChannel)
    shell_channel_class = Type(SturdyChannel)
    control_channel_class = Type(SturdyChannel)
    stdin_channel_class = Type(SturdyChannel)

    def start_channels(
        self,
        shell: bool = True,
        iopub: bool = True,
        stdin: bool = True,
        hb: bool = False,
        control: bool = True,
    ) -> None:
        """Start listening, but not for a heartbeat: a forger can leave its thread hanging."""
        self.context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        super().start_channels(shell, iopub, stdin, hb=False, control=control)

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


@dataclass(frozen=True)
class Reply:
    """The result of running cases.

    Args:
        status: ``ok``; ``undefined``, if there is no such function; ``interrupted``, by us after
            the time was up, with the observations made until then; ``failed``; ``timed_out``, if
            it could not even be interrupted; or ``died``.
        observations: a safetensors file for ``poselab.checks.runner.observations_from_bytes``,
            or empty. Nothing that it says about right or wrong is trusted.
        error: why it failed.
        tampered: what the code had changed in the code that runs the cases; undone before.
    """

    status: str
    observations: bytes = b""
    error: str = ""
    tampered: tuple[str, ...] = ()


async def run_cases(
    client: Any, manager: Any, function: str, cases: bytes, timeout: float
) -> Reply:
    """Run cases with a function in a kernel.

    Args:
        client: an asynchronous kernel client, as a notebook client's ``kc``.
        manager: its kernel manager, ``km``; asked whether the kernel lives, and to interrupt it.
        function: the function's name.
        cases: a safetensors file as ``poselab.checks.cases.cases_as_bytes`` makes it.
        timeout: seconds until the kernel is interrupted.

    Returns:
        The kernel's reply, or why there is none.
    """
    message = client.session.send(
        client.shell_channel.socket, REQUEST, {"function": function}, buffers=[cases]
    )
    identity = message["header"]["msg_id"]
    reply = await _reply(client, manager, identity, timeout)
    if reply is None:
        await manager.interrupt_kernel()
        reply = await _reply(client, manager, identity, _GRACE)
    return reply or Reply("timed_out")


async def _reply(client: Any, manager: Any, identity: str, seconds: float) -> Reply | None:
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        try:
            message = await client.get_shell_msg(timeout=min(left, _LOOK_EVERY))
        except Empty:
            if not await manager.is_alive():
                return Reply("died")
            continue
        own = message["parent_header"].get("msg_id") == identity
        if own and message["msg_type"] == REPLY:
            return _from(message)
    return None


def _from(message: dict[str, Any]) -> Reply:
    content = message["content"]
    tampered = content.get("tampered")
    names = tampered if isinstance(tampered, list) else []
    return Reply(
        status=str(content.get("status", "failed")),
        observations=b"".join(bytes(buffer) for buffer in message.get("buffers", [])),
        error=str(content.get("error", "")),
        tampered=tuple(str(name)[:200] for name in names[:100]),
    )
