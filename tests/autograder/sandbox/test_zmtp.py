"""Our own client of ZeroMQ, against the real library as its peer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st
from jupyter_client.session import Session

from autograder.sandbox.channel import MOST_VALUES, SturdyChannel, values_in
from autograder.sandbox.zmtp import MOST_FRAMES, BoundedSocket

Result = TypeVar("Result")
LARGEST = 1 << 20


@pytest.fixture(params=["ipc", "tcp"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "ipc":
        return f"ipc://{tmp_path}/s-1"
    with zmq.Context() as context, context.socket(zmq.ROUTER) as probe:
        port = probe.bind_to_random_port("tcp://127.0.0.1")
    return f"tcp://127.0.0.1:{port}"


@pytest.fixture
def context() -> Iterator[zmq.Context[Any]]:
    with zmq.Context() as context:
        yield context


def talk(
    url: str, use: Callable[[BoundedSocket], Awaitable[Result]], kind: Any = "DEALER"
) -> Result:
    async def whole() -> Result:
        socket = BoundedSocket(kind, url, b"us", LARGEST)
        try:
            return await asyncio.wait_for(use(socket), 20)
        finally:
            socket.close()

    return asyncio.run(whole())


def test_messages_go_both_ways_whatever_their_length(url: str, context: zmq.Context[Any]) -> None:
    sent = [[b"a"], [b"", b"x" * 255, b"y" * 256, bytes(70_000)], [b"last"]]
    with context.socket(zmq.ROUTER) as peer:
        peer.bind(url)

        async def use(socket: BoundedSocket) -> list[list[bytes]]:
            for message in sent:
                socket.send_multipart(message)
            for _ in sent:
                await asyncio.to_thread(lambda: peer.send_multipart(peer.recv_multipart()))
            return [await socket.recv_multipart() for _ in sent]

        assert talk(url, use) == sent


def test_what_is_published_is_heard_once_there_is_a_publisher(
    url: str, context: zmq.Context[Any]
) -> None:
    with context.socket(zmq.XPUB) as peer:

        async def use(socket: BoundedSocket) -> list[bytes]:
            await asyncio.sleep(0.1)  # nobody listens yet
            peer.bind(url)
            assert await asyncio.to_thread(peer.recv) == b"\x01"
            peer.send_multipart([b"topic", b"content"])
            return await socket.recv_multipart()

        assert talk(url, use, "SUB") == [b"topic", b"content"]


@pytest.mark.parametrize(
    "message",
    [[bytes(LARGEST + 1)], [bytes(LARGEST // 3)] * 4, [b"x"] * (MOST_FRAMES + 1)],
    ids=["one frame", "together", "many frames"],
)
def test_what_is_too_large_is_passed_over(
    message: list[bytes], url: str, context: zmq.Context[Any]
) -> None:
    with context.socket(zmq.ROUTER) as peer:
        peer.bind(url)

        async def use(socket: BoundedSocket) -> tuple[list[bytes], int]:
            socket.send_multipart([b"hello"])
            await asyncio.to_thread(peer.recv_multipart)
            for one in (message, [b"after"]):
                peer.send_multipart([b"us", *one])
            return await socket.recv_multipart(), socket.passed_over

        assert talk(url, use) == ([b"after"], 1)


def test_a_peer_that_is_not_heard_has_to_wait(url: str, context: zmq.Context[Any]) -> None:
    count = 200
    with context.socket(zmq.DEALER) as peer:
        peer.bind(url)

        def send_all() -> None:
            for number in range(count):
                peer.send_multipart([number.to_bytes(2, "big"), bytes(LARGEST // 4)])

        async def use(socket: BoundedSocket) -> tuple[int, list[int]]:
            await asyncio.to_thread(send_all)
            await asyncio.sleep(0.5)
            kept = sum(sum(map(len, frames)) for frames in socket._received)
            heard = [await socket.recv_multipart() for _ in range(count)]
            return kept, [int.from_bytes(frames[0], "big") for frames in heard]

        kept, heard = talk(url, use)
    assert kept <= 2 * LARGEST
    assert heard == list(range(count))


@pytest.mark.parametrize("greeting", [b"GET / HTTP/1.1\r\n" * 8, b"\xff" + bytes(70), bytes(500)])
def test_who_speaks_another_protocol_is_not_heard(greeting: bytes, tmp_path: Path) -> None:
    async def whole() -> None:
        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(greeting)
            await writer.drain()

        path = str(tmp_path / "s-1")
        async with await asyncio.start_unix_server(answer, path):
            socket = BoundedSocket("DEALER", f"ipc://{path}")
            await asyncio.wait_for(socket._task, 5)
            assert not socket.has_message
            socket.close()

    asyncio.run(whole())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def _count(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + len(value) + sum(map(_count, value.values()))
    return 1 + sum(map(_count, value)) if isinstance(value, list) else 1


@given(JSON)
def test_values_are_never_counted_too_low(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        count = values_in(text.encode("utf-8", "surrogatepass"))
        assert _count(value) <= 2 * count and count <= 2 * _count(value) + 1


def test_strings_do_not_count_and_broken_ones_take_no_time() -> None:
    assert values_in(b'"[[[[,,,{{{\\"[[[,,"') == 1
    started = time.process_time()
    values_in(b'"\\' * 2_000_000)
    values_in(b'"a' * 2_000_000)
    assert time.process_time() - started < 5  # what grows with the square takes hours


def test_a_message_of_too_many_values_is_never_made() -> None:
    session = Session(key=b"key")

    async def use() -> tuple[bool, bool]:
        channel = SturdyChannel(BoundedSocket("DEALER", "ipc:///nowhere"), session)
        few, many = (
            session.serialize(session.msg("pie", {"data": [[]] * count}))
            for count in (MOST_VALUES // 4, MOST_VALUES)
        )
        heard = channel._read(few) is not None, channel._read(many) is not None
        channel.stop()
        return heard

    assert asyncio.run(use()) == (True, False)
