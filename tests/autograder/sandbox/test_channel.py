"""What arrives while something is sent is heard."""

from __future__ import annotations

import asyncio
import time

import zmq
import zmq.asyncio
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.session import Session
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from traitlets.config import Config

from autograder.sandbox.channel import AttentiveChannel
from autograder.sandbox.client import ATTENTIVE, AttentiveClient


async def _heard(kind: type[AsyncZMQSocketChannel]) -> bool:
    """Whether a message is heard that arrives while the channel is about to send."""
    session, context = Session(key=b"key"), zmq.asyncio.Context()
    with context, zmq.Context() as other, other.socket(zmq.ROUTER) as kernel:
        port = kernel.bind_to_random_port("tcp://127.0.0.1")
        socket = context.socket(zmq.DEALER)
        socket.identity = b"us"
        socket.connect(f"tcp://127.0.0.1:{port}")
        channel = kind(socket, session)
        channel.send(session.msg("hello"))
        kernel.recv_multipart()
        listening = asyncio.create_task(channel.get_msg())
        await asyncio.sleep(0.05)
        session.send(kernel, "reply", {}, ident=b"us")
        time.sleep(0.1)  # the event loop stands still, as while an output is taken in
        channel.send(session.msg("comm_msg"))
        try:
            message = await asyncio.wait_for(listening, 2)
        except TimeoutError:
            return False
        finally:
            channel.close()
        return bool(message["msg_type"] == "reply")


def test_what_arrives_while_something_is_sent_is_heard() -> None:
    assert asyncio.run(_heard(AttentiveChannel))


def test_jupyter_client_still_does_not_hear_it() -> None:
    # Where this fails, the library is mended, and our channel need not look again.
    assert not asyncio.run(_heard(AsyncZMQSocketChannel))


def test_the_client_by_name_is_the_one_that_notebooks_are_built_with() -> None:
    client = NotebookClient(
        new_notebook(cells=[new_code_cell("1")]),
        config=Config({"AsyncKernelManager": {"client_class": ATTENTIVE}}),
    )
    assert issubclass(client.create_kernel_manager().client_factory, AttentiveClient)
