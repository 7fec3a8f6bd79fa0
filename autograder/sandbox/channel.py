"""Listening to a kernel that may send anything: garbage, nonsense, or far too much."""

from __future__ import annotations

import math
import time
from queue import Empty
from typing import Any

from jupyter_client.channels import AsyncZMQSocketChannel

LARGEST_MESSAGE = 64 << 20
"""Bytes. A kernel that sends a larger one is cut off."""

MOST_HEARD = 256 << 20
"""Bytes that one kernel may send in all; after that only short messages get through."""

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


class SturdyChannel(AttentiveChannel):
    """A channel that passes over what is no proper message."""

    heard = 0

    async def get_msg(  # type: ignore[override]
        self, timeout: float | None = None
    ) -> dict[str, Any]:
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
            await self._wait_until(deadline)
            frames = await self.socket.recv_multipart()
            message = self._read(frames)
            if message is not None:
                return message
            if time.monotonic() >= deadline:
                raise Empty

    def _read(self, frames: list[bytes]) -> dict[str, Any] | None:
        size = sum(map(len, frames))
        self.heard += size
        if self.heard > MOST_HEARD and size > _SHORT:
            return None
        try:
            _, rest = self.session.feed_identities(frames)
            message = self.session.deserialize(rest)
        except Exception:  # a forger chooses which
            return None
        return message if _is_proper(message) else None


def _is_proper(message: Any) -> bool:
    parts = ("header", "parent_header", "content", "metadata")
    if not all(isinstance(message.get(part), dict) for part in parts):
        return False
    kind = message.get("msg_type")
    if not isinstance(kind, str):
        return False
    content = message["content"]
    return all(isinstance(content.get(n), form) for n, form in _NEEDED.get(kind, {}).items())
