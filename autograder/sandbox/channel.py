"""Listening to a kernel that may send anything: garbage, nonsense, or far too much."""

from __future__ import annotations

import asyncio
import math
import re
import time
from queue import Empty
from typing import Any

from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.channelsabc import ChannelABC
from jupyter_client.session import Session

from autograder.sandbox.zmtp import BoundedSocket

MOST_HEARD = 256 << 20
"""Bytes that one kernel may send in all; after that only short messages get through."""

MOST_MESSAGES = 200_000
"""Messages that one kernel may send in all."""

MOST_VALUES = 50_000
"""Values in the JSON of one message. Each takes up to 240 bytes, however short it is written."""

_SHORT = 4096

_LOOK_AGAIN = 0.1
"""Seconds after which a channel is asked anew. jupyter_client sends past the event loop, and what
arrives while it does so wakes nobody: nbclient sends so for widgets that show output."""

_NEEDED: dict[str, dict[str, type]] = {
    "status": {"execution_state": str},
    "stream": {"name": str, "text": str},
    "error": {"ename": str, "evalue": str, "traceback": list},
    "execute_result": {"data": dict, "metadata": dict},
    "display_data": {"data": dict, "metadata": dict},
    "update_display_data": {"data": dict, "metadata": dict, "transient": dict},
    "clear_output": {"wait": bool},
    "execute_input": {"code": str},
    "execute_reply": {"status": str},
    "comm_open": {"comm_id": str, "target_name": str, "data": dict},
    "comm_msg": {"comm_id": str, "data": dict},
    "comm_close": {"comm_id": str},
}


class AttentiveChannel(AsyncZMQSocketChannel):
    """A channel that hears what arrives while something is sent."""

    async def get_msg(  # type: ignore[override]
        self, timeout: float | None = None
    ) -> dict[str, Any]:
        """The next message.

        Args:
            timeout: in seconds; ``None`` waits for ever.

        Returns:
            The message, with its ``header``, ``parent_header``, ``metadata`` and ``content``.

        Raises:
            Empty: there is none within ``timeout`` seconds.
        """
        await self._wait_until(math.inf if timeout is None else time.monotonic() + timeout)
        message: dict[str, Any] = await self._recv()
        return message

    async def _wait_until(self, deadline: float) -> None:
        while True:
            left = max(0.0, deadline - time.monotonic())
            if await self.socket.poll(math.ceil(1000 * min(left, _LOOK_AGAIN))):
                return
            if left <= 0:
                raise Empty


class SturdyChannel(ChannelABC):
    """A channel that passes over what is no proper message, or too much.

    Args:
        socket: what the kernel writes to.
        session: takes messages apart, and knows the key.
        loop: not used; part of the interface of jupyter_client.
    """

    def __init__(self, socket: BoundedSocket, session: Session, loop: object = None) -> None:
        self.socket = socket
        self.session = session
        self.heard = 0
        self.messages = 0

    def start(self) -> None:
        """Do nothing: the socket has been listening since it was made."""

    def stop(self) -> None:
        """Close the socket."""
        self.socket.close()

    def is_alive(self) -> bool:
        """Whether it has not been stopped."""
        return not self.socket.closed

    def send(self, msg: dict[str, Any]) -> None:
        """Send a message.

        Args:
            msg: as the session makes it.
        """
        self.session.send(self.socket, msg)  # type: ignore[arg-type]

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """The next proper message.

        Args:
            timeout: in seconds; ``None`` waits for ever.

        Returns:
            The message, with its ``header``, ``parent_header``, ``metadata`` and ``content``.

        Raises:
            Empty: there is none within ``timeout`` seconds.
        """
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while True:
            message = self._read(await self._frames(deadline))
            if message is not None:
                return message
            if time.monotonic() >= deadline:
                raise Empty

    async def _frames(self, deadline: float) -> list[bytes]:
        if self.socket.has_message:
            return await self.socket.recv_multipart()
        left = None if deadline == math.inf else max(0.0, deadline - time.monotonic())
        try:
            return await asyncio.wait_for(self.socket.recv_multipart(), left)
        except TimeoutError:
            raise Empty from None

    def _read(self, frames: list[bytes]) -> dict[str, Any] | None:
        size = sum(map(len, frames))
        self.heard += size
        self.messages += 1
        too_much = self.heard > MOST_HEARD or self.messages > MOST_MESSAGES
        if too_much and size > _SHORT:
            return None
        try:
            rest: list[Any] = self.session.feed_identities(frames)[1]
            if sum(values_in(part) for part in rest[1:5]) > MOST_VALUES:
                return None
            message = self.session.deserialize(rest)
        except Exception:  # a forger chooses which
            return None
        return message if _is_proper(message) else None


_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)


def values_in(text: bytes) -> int:
    """At most how many values a JSON text has, found without making them."""
    return 1 + signs_in(_STRING.sub(b"", text))


def signs_in(text: bytes) -> int:
    """The signs of a text that may each begin a value of JSON, those within strings as well."""
    return sum(text.count(sign) for sign in (b",", b":", b"[", b"{"))


def _is_proper(message: Any) -> bool:
    parts = ("header", "parent_header", "content", "metadata")
    if not all(isinstance(message.get(part), dict) for part in parts):
        return False
    kind = message.get("msg_type")
    if not isinstance(kind, str):
        return False
    content = message["content"]
    return all(isinstance(content.get(n), form) for n, form in _NEEDED.get(kind, {}).items())
