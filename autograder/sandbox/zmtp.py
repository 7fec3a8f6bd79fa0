"""ZeroMQ's wire protocol, as far as a kernel's client speaks it, read within bounds.

libzmq sets aside what a peer announces and joins any number of frames into one message, so that
nothing that it can be told bounds the memory that a hostile peer takes. Here a message that is too
large is passed over as it arrives, and a peer that sends faster than it is heard has to wait.

The protocol is ZMTP 3.0 without encryption, https://rfc.zeromq.org/spec/23/.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlsplit

LARGEST_MESSAGE = 16 << 20
"""Bytes. What is larger is passed over: a suite's observations have at most half as many."""

MOST_FRAMES = 64
"""Frames of one message; a kernel's have six or seven."""

_MOST_WAITING = 64
_PIECE = 1 << 16
_AGAIN_AFTER = 0.02

_MORE, _LONG, _COMMAND = 1, 2, 4
_GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
_SUBSCRIBE_TO_ALL = b"\x01"


class ProtocolError(Exception):
    """What came is not ZMTP."""


class BoundedSocket:
    """A client's socket. Made, used and closed within one event loop.

    Args:
        kind: ``DEALER`` sends and receives, ``SUB`` receives all that is published.
        url: where the peer listens, ``ipc://PATH`` or ``tcp://HOST:PORT``; it may do so later.
        identity: the name by which the peer answers us.
        largest: the bytes of a message that is taken in; as many may wait to be received.
    """

    def __init__(
        self,
        kind: Literal["DEALER", "SUB"],
        url: str,
        identity: bytes = b"",
        largest: int = LARGEST_MESSAGE,
    ) -> None:
        self.passed_over = 0
        self.closed = False
        self._kind, self._url, self._identity, self._largest = kind, url, identity, largest
        self._received: deque[list[bytes]] = deque()
        self._waiting_bytes = 0
        self._changed = asyncio.Event()
        self._to_send: list[bytes] = []
        self._writer: asyncio.StreamWriter | None = None
        self._greeted = False
        self._task = asyncio.get_running_loop().create_task(self._converse())

    def send_multipart(self, frames: Sequence[bytes], copy: bool = True) -> None:
        """Send a message, as soon as there is a connection.

        Args:
            frames: its parts.
            copy: not used; part of pyzmq's interface.
        """
        last = len(frames) - 1
        message = b"".join(
            _frame(bytes(frame), _MORE if number < last else 0)
            for number, frame in enumerate(frames)
        )
        if self._writer is None or not self._greeted:
            self._to_send.append(message)
        elif not self._writer.is_closing():
            self._writer.write(message)

    @property
    def has_message(self) -> bool:
        """Whether a message can be received without waiting."""
        return bool(self._received)

    async def recv_multipart(self) -> list[bytes]:
        """The next message; waits for ever if there is none."""
        while not self._received:
            self._changed.clear()
            await self._changed.wait()
        frames = self._received.popleft()
        self._waiting_bytes -= sum(map(len, frames))
        self._changed.set()
        return frames

    def close(self) -> None:
        """End the connection; what has not been received is lost."""
        self.closed = True
        self._task.cancel()
        if self._writer is not None:
            self._writer.close()

    async def _converse(self) -> None:
        """Connect, and take messages in until the peer ends the connection or breaks the rules."""
        reader, self._writer = await self._connected()
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ProtocolError):
            await self._shake_hands(reader, self._writer)
            while True:
                frames = await self._message(reader)
                while frames and self._is_full():
                    self._changed.clear()
                    await self._changed.wait()
                if frames:
                    self._received.append(frames)
                    self._waiting_bytes += sum(map(len, frames))
                    self._changed.set()
        self._writer.close()

    def _is_full(self) -> bool:
        return len(self._received) >= _MOST_WAITING or self._waiting_bytes >= self._largest

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        where = urlsplit(self._url)
        while True:
            try:
                if where.scheme == "ipc":
                    path = self._url.removeprefix("ipc://")
                    return await asyncio.open_unix_connection(path, limit=_PIECE)
                return await asyncio.open_connection(where.hostname, where.port, limit=_PIECE)
            except OSError:
                # A cold kernel listens only after a while.
                await asyncio.sleep(_AGAIN_AFTER)

    async def _shake_hands(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        ready = b"\x05READY" + _property(b"Socket-Type", self._kind.encode())
        writer.write(_GREETING + _frame(ready + _property(b"Identity", self._identity), _COMMAND))
        greeting = await reader.readexactly(len(_GREETING))
        if greeting[0] != 0xFF or greeting[9] != 0x7F or greeting[10] < 3:
            raise ProtocolError("no ZMTP 3")
        flags, length = await _head(reader)
        if not flags & _COMMAND or length > _PIECE:
            raise ProtocolError("no handshake")
        if not (await reader.readexactly(length)).startswith(b"\x05READY"):
            raise ProtocolError("the handshake was refused")
        if self._kind == "SUB":
            writer.write(_frame(_SUBSCRIBE_TO_ALL, 0))
        writer.write(b"".join(self._to_send))
        self._to_send.clear()
        self._greeted = True

    async def _message(self, reader: asyncio.StreamReader) -> list[bytes]:
        """The next message, or an empty list for one that is not taken in."""
        frames: list[bytes] = []
        size = number = 0
        more = True
        while more:
            flags, length = await _head(reader)
            if flags & _COMMAND:
                await _skip(reader, length)
                continue
            size, number, more = size + length, number + 1, bool(flags & _MORE)
            if size > self._largest or number > MOST_FRAMES:
                frames.clear()
                await _skip(reader, length)
            else:
                frames.append(await reader.readexactly(length))
        self.passed_over += size > self._largest or number > MOST_FRAMES
        return frames


def _frame(body: bytes, flags: int) -> bytes:
    if len(body) > 0xFF:
        return bytes([flags | _LONG]) + len(body).to_bytes(8, "big") + body
    return bytes([flags, len(body)]) + body


def _property(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + len(value).to_bytes(4, "big") + value


async def _head(reader: asyncio.StreamReader) -> tuple[int, int]:
    """The flags and the length of the next frame."""
    flags = (await reader.readexactly(1))[0]
    if flags & ~(_MORE | _LONG | _COMMAND):
        raise ProtocolError("unknown flags")
    length = await reader.readexactly(8 if flags & _LONG else 1)
    return flags, int.from_bytes(length, "big")


async def _skip(reader: asyncio.StreamReader, length: int) -> None:
    while length:
        length -= len(await reader.readexactly(min(length, _PIECE)))
