"""The kernel that submissions run in: IPython's own, which can also run cases."""

from __future__ import annotations

import contextlib
import importlib
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import ipykernel.ipkernel
import zmq
from ipykernel.heartbeat import Heartbeat
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from IPython.core.application import BaseIPythonApplication
from traitlets import Type
from traitlets.config import Config

from . import no_debugger as _  # noqa: F401
from .absent import stand_in
from .leaving import keep_alive
from .output import BoundedIOPubThread, BoundedStream, budget
from .requests import REPLY, REQUEST, Examine
from .shell import GradedShell
from .tampering import CELL_ENDS
from .vault import Begin, make_runner

CONFIG = Config(
    {
        "HistoryManager": {"enabled": False},
        "IPKernelApp": {"log_level": "ERROR"},
        # Figures with their margins: to cut these off, each would be drawn twice.
        "InlineBackend": {"print_figure_kwargs": {"bbox_inches": None}},
    }
)


class GradedKernel(IPythonKernel):
    """IPython's kernel with one message more: ``run_cases``."""

    shell_class = Type(GradedShell)

    msg_types = [*IPythonKernel.msg_types, REQUEST]  # noqa: RUF012
    examine: Examine

    def __init__(self, **kwargs: Any) -> None:
        # It would note every module that there is for a debugger, and touch the memory of all.
        with mock.patch.object(ipykernel.ipkernel, "sys", SimpleNamespace(modules={})):
            super().__init__(**kwargs)  # type: ignore[no-untyped-call]

    async def execute_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Run a cell, which may print and show as much as any other."""
        budget.renew()
        await super().execute_request(stream, ident, parent)  # type: ignore[no-untyped-call]
        sys.audit(CELL_ENDS)

    told_to_end = False

    async def shutdown_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """End, as the host wishes."""
        self.told_to_end = True
        await super().shutdown_request(stream, ident, parent)  # type: ignore[no-untyped-call]

    def do_shutdown(self, restart: bool) -> dict[str, Any]:  # type: ignore[override]
        """End if the host has said so; a cell that says so ends itself."""
        if not self.told_to_end:
            raise SystemExit("restarted the kernel" if restart else "ended the kernel")
        return super().do_shutdown(restart)  # type: ignore[no-untyped-call]

    def run_cases(self, stream: Any, ident: Any, parent: Any) -> None:
        """Run cases with a function of the user's and send the observations back."""
        assert self.shell is not None and self.session is not None
        content = parent["content"]
        # Nobody sees what is shown meanwhile, and to send it would be another thread's work.
        budget.spend()
        outcome = self.examine(
            {**content, "names": self.shell.user_ns, "cases": bytes(parent["buffers"][0])}
        )
        reply = {
            "status": outcome.status,
            "error": outcome.error,
            "tampered": outcome.tampered,
            "incidents": outcome.incidents,
        }
        self.session.send(stream, REPLY, reply, parent, ident=ident, buffers=[outcome.observations])


class _PunctualHeartbeat(Heartbeat):
    """A heartbeat that says when its socket is there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.bound = threading.Event()
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _bind_socket(self) -> None:
        super()._bind_socket()  # type: ignore[no-untyped-call]
        self.bound.set()


class _InTwoSteps(BaseIPythonApplication):
    """An application whose configuration can be done with before the fork."""

    prepared = False

    def initialize(self, argv: Any = None) -> None:
        """Read the configuration, once."""
        if not self.prepared:
            super().initialize(argv)  # type: ignore[no-untyped-call]
            self.prepared = True


class GradedApp(IPKernelApp, _InTwoSteps):
    """Starts a kernel: cold, from a connection file, or warm, from what a parent was told."""

    kernel_class = GradedKernel
    outstream_class = f"{BoundedStream.__module__}.{BoundedStream.__qualname__}"
    connection: dict[str, Any] | None = None
    on_bound: Callable[[], None] | None = None
    begin: Begin | None = None
    survive: Callable[[], None]
    notes: int | None = None
    keys: list[str]

    def init_connection_file(self) -> None:
        """Take the connection from the parent, if there is one."""
        if self.connection is None:
            super().init_connection_file()  # type: ignore[no-untyped-call]
        else:
            self.load_connection_info(self.connection)  # type: ignore[arg-type]

    def write_connection_file(self, **kwargs: Any) -> None:
        """Write the connection file, unless the host knows the connection already."""
        if self.connection is None:
            super().write_connection_file(**kwargs)

    def log_connection_info(self) -> None:
        """Print nothing: there is no terminal."""

    def init_iopub(self, context: Any) -> None:
        """Set up the channel for output, with bounds."""
        self.iopub_socket = context.socket(zmq.XPUB)
        self.iopub_socket.linger = 1000
        self._apply_curve_server_options(self.iopub_socket)
        self.iopub_port = self._bind_socket(self.iopub_socket, self.iopub_port)  # type: ignore[no-untyped-call]
        self.configure_tornado_logger()  # type: ignore[no-untyped-call]
        self.iopub_thread = BoundedIOPubThread(  # type: ignore[no-untyped-call]
            self.iopub_socket, pipe=True, session=self.session
        )
        self.iopub_thread.start()  # type: ignore[no-untyped-call]
        self.iopub_socket = self.iopub_thread.background_socket

    def init_heartbeat(self) -> None:
        """Start the heartbeat, the last of the sockets, and say that all are there."""
        address = (self.transport, self.ip, self.hb_port)
        self.heartbeat = _PunctualHeartbeat(
            zmq.Context(),
            address,
            curve_publickey=self.curve_publickey,
            curve_secretkey=self.curve_secretkey,
        )
        self.hb_port = self.heartbeat.port
        self.heartbeat.start()
        self.heartbeat.bound.wait(10)
        if self.on_bound:
            self.on_bound()

    def init_io(self) -> None:
        """Redirect the streams, and let the channel for output know where to complain."""
        super().init_io()  # type: ignore[no-untyped-call]
        self.iopub_thread.stdout = sys.stdout

    def init_pdb(self) -> None:
        """Pass over breakpoints that were left behind: nobody is there to answer a debugger."""
        super().init_pdb()  # type: ignore[no-untyped-call]
        for module in ("pdb", "IPython.core.debugger"):
            sys.modules[module].set_trace = _pass_over  # type: ignore[attr-defined]

    def init_gui_pylab(self) -> None:
        """Connect figures and widgets with the shell, if they were imported when there was none."""
        super().init_gui_pylab()  # type: ignore[no-untyped-call]
        for module, connect in (
            ("matplotlib_inline.backend_inline", "_enable_matplotlib_integration"),
            ("ipywidgets", "_handle_ipython"),
        ):
            if module in sys.modules:
                getattr(sys.modules[module], connect, lambda: None)()

    def start(self) -> None:
        """Serve, and watch from now on what cells do."""
        assert self.begin is not None
        # The key is nowhere else any more; where nobody listens there is none.
        key = bytes.fromhex(self.keys.pop()) if self.keys else b""
        self.kernel.examine, hook = self.begin(self.notes, key, str(Path(__file__).parent))
        self.begin = None
        sys.addaudithook(hook)
        del hook, key
        self.survive()
        start = super().start
        while not self.kernel.told_to_end:
            # What a cell has left behind may stop the loop that serves the kernel, or leave it.
            with contextlib.suppress(SystemExit, KeyboardInterrupt):
                start()  # type: ignore[no-untyped-call]
            start = self.io_loop.start


def _pass_over(*args: Any, **options: Any) -> None:
    """Stand in for a breakpoint."""


def _without_monitors() -> None:
    """Let progress bars do without the thread that watches over them."""
    with contextlib.suppress(ImportError):
        importlib.import_module("tqdm").tqdm.monitor_interval = 0


def prepare() -> GradedApp:
    """An application with all that can be done before there is a kernel of its own."""
    _without_monitors()
    app = GradedApp.instance(config=CONFIG)
    stand_in()
    app.survive = keep_alive()
    app.begin = make_runner()
    _InTwoSteps.initialize(app, [])
    return app


def run_warm(
    app: GradedApp,
    connection: dict[str, Any],
    notes: int,
    keys: list[str],
    output_bytes: int,
    on_bound: Callable[[], None],
) -> None:
    """Be a kernel, in a process that has just been forked.

    Args:
        app: what :func:`prepare` made.
        connection: ipykernel's connection info.
        notes: the descriptor of the audit log's socket.
        keys: what replies are sealed with; taken out.
        output_bytes: what a cell may print and show.
        on_bound: called when all sockets are bound.
    """
    budget.size = output_bytes
    app.connection = connection
    app.on_bound = on_bound
    app.notes, app.keys = notes, keys
    app.initialize([])  # type: ignore[no-untyped-call]
    app.start()


def run_cold(arguments: list[str]) -> None:
    """Be a kernel, in a process that was started for it and is not sandboxed."""
    app = GradedApp.instance(config=CONFIG)
    # It replaces functions of torch's when it is imported, which torch does as late as it can; a
    # kernel that is forked warm has it from the rehearsal. That is not tampering.
    importlib.import_module("torch._dynamo")
    _without_monitors()
    stand_in()
    app.survive = keep_alive()
    app.begin, app.keys = make_runner(), []
    app.initialize(arguments)  # type: ignore[no-untyped-call]
    app.start()
