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


class SturdyChannel(AsyncZMQSocketChannel):
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
            left = deadline - time.monotonic()
            wait = None if math.isinf(left) else max(0, math.ceil(1000 * left))
            if not await self.socket.poll(wait):
                raise Empty
            frames = await self.socket.recv_multipart()
            message = self._read(frames)
            if message is not None:
                return message
            if left <= 0:
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
