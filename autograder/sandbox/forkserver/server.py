"""The forkserver, or warm parent: imports everything once, then forks kernels on request.

It computes nothing itself and has one thread and no ZeroMQ context, because a fork takes neither
along. Its owner sends requests through one socket, and controls each kernel through another.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import json
import math
import os
import pkgutil
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest import mock

from . import linux
from .spawn import END, Handles, Order, spawn
from .watch import (
    Usage,
    broken_limit,
    held_by_sockets,
    look,
    main_thread_seconds,
    shared_out,
    used_by_others,
    waited,
)

_WATCH_EVERY = 0.2
_WATCH_CLOSELY_EVERY = 0.05
_GRACE = 1.0
_MEASURED_WITHIN = 2.0
_MEASURED_AGAIN_AFTER = 0.3
_LONGEST_MESSAGE = 1 << 16
_MOST_HANDLES = 3
_PRELOADED = (
    "numpy",
    "torch",
    "torch.nn.functional",
    "torch.utils.data",
    "h5py",
    "safetensors.torch",
    "ipywidgets",
    "matplotlib.pyplot",
    "matplotlib.animation",
    "matplotlib.backends.backend_agg",
    "matplotlib_inline.backend_inline",
    "IPython",
    "jaxtyping",
    "PIL.Image",
    "sqlite3",
    "multiprocessing",
    "unittest.mock",
)
_NOTEBOOK = SimpleNamespace(config={"IPKernelApp": {}})
_PRELOADED_PACKAGES = ("poselab", "data_stubs")


@dataclass
class _Kernel:
    order: Order
    control: socket.socket
    report: socket.socket
    init: int
    at_start: int = 0
    peak: int = 0
    helper_seconds: float = 0.0
    verdict: str | None = None
    measured_at: float = 0.0
    meter: socket.socket | None = None
    stopped: bool = False
    dead_by: float = 0.0
    seconds: float = 0.0
    pids: tuple[int, ...] = ()
    ended: int | None = None
    failed: str = ""

    def note_end(self, content: dict[str, Any]) -> None:
        """Keep what a message of process 1 says about the end, if anything."""
        self.ended = content.get("ended", self.ended)
        self.failed = content.get("failed", self.failed)


def preload() -> Any:
    """Import whatever a notebook is likely to, and prepare a kernel as far as that can be done.

    Returns:
        What :func:`kernel.prepare` made.

    Raises:
        RuntimeError: there are other threads, so that we must not be forked.
    """
    from . import kernel, rehearsal

    with mock.patch("IPython.get_ipython", lambda: _NOTEBOOK):
        _import("tqdm.auto")  # looks once, at its import, whether there is a notebook
    for name in _PRELOADED:
        _import(name)
    for package in _PRELOADED_PACKAGES:
        with contextlib.suppress(ImportError):
            _import_all_of(package)
    _await_single_thread()
    for name in rehearsal.missing_modules():
        _import(name)
    app = kernel.prepare()
    _await_single_thread()
    return app


def _import(name: str) -> None:
    # What cannot be imported here cannot be imported by a notebook either.
    with contextlib.suppress(Exception):
        importlib.import_module(name)


def _import_all_of(package: str) -> None:
    module = importlib.import_module(package)
    for found in pkgutil.walk_packages(module.__path__, f"{package}."):
        if not found.name.endswith("__main__"):
            _import(found.name)


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))


def _await_single_thread() -> None:
    deadline = time.monotonic() + 2.0
    while _threads() > 1:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the warm parent has {_threads()} threads and must not be forked")
        time.sleep(0.01)


class Forkserver:
    """Serves requests until the owner hangs up.

    Args:
        owner: the socket that requests come in by.
        app: what :func:`preload` returned.
    """

    def __init__(self, owner: socket.socket, app: Any) -> None:
        self.owner = owner
        self.app = app
        self.selector = selectors.DefaultSelector()
        self.kernels: dict[int, _Kernel] = {}

    def serve(self) -> None:
        """Serve."""
        linux.become_subreaper()
        wake, woken = socket.socketpair()
        for end in (wake, woken):
            end.setblocking(False)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.selector.register(self.owner, selectors.EVENT_READ, None)
        self.selector.register(wake, selectors.EVENT_READ, None)
        gc.collect()
        gc.freeze()
        self.owner.send(json.dumps({"warm": True, "resident": _own_resident()}).encode())
        next_look = 0.0
        while True:
            for key, _ in self.selector.select(_pause(self.kernels, next_look)):
                if key.fileobj is self.owner:
                    if not self._take_request():
                        return
                elif key.fileobj is wake:
                    with contextlib.suppress(BlockingIOError):
                        wake.recv(_LONGEST_MESSAGE)
                elif key.data in self.kernels:
                    self._receive(self.kernels[key.data], key.fileobj)
            self._reap()
            now = time.monotonic()
            if self.kernels and now >= next_look:
                next_look = now + self._watch()

    def _take_request(self) -> bool:
        try:
            message, ancillary, _, _ = self.owner.recvmsg(
                _LONGEST_MESSAGE, socket.CMSG_SPACE(_MOST_HANDLES * array.array("i").itemsize)
            )
        except ConnectionError:
            return False
        if not message:
            return False
        handles = array.array("i")
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                handles.frombytes(data[: len(data) - len(data) % handles.itemsize])
        control = socket.socket(fileno=handles[0])
        try:
            self._start(Order(**json.loads(message)), control, list(handles[1:]))
        except Exception as error:
            _tell(control, failed=f"{type(error).__name__}: {error}")
            control.close()
        finally:
            for handle in handles[1:]:
                os.close(handle)
        return True

    def _start(self, order: Order, control: socket.socket, handles: list[int]) -> None:
        if _threads() > 1:
            raise RuntimeError("the warm parent has more than one thread and must not be forked")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        helper = os.fork()
        if helper == 0:
            signal.set_wakeup_fd(-1)
            files = handles[1] if len(handles) > 1 else None
            spawn(order, Handles(theirs, handles[0], files), self._kernel_main)
        theirs.close()
        _, _, usage = os.wait4(helper, 0)
        for end in (control, ours):
            end.setblocking(False)
        # Where the machine is busy, the kernel may report before its helper does.
        told = list(_messages(ours))
        init = next((message["init"] for message in told if "init" in message), None)
        if init is None:
            ours.close()
            failures = [message["failed"] for message in told if "failed" in message]
            raise RuntimeError((failures or ["the kernel could not be started"])[0])
        kernel = _Kernel(order, control, ours, init)
        kernel.helper_seconds = usage.ru_utime + usage.ru_stime
        self.kernels[init] = kernel
        for end in (control, ours):
            self.selector.register(end, selectors.EVENT_READ, init)
        for message in told:
            self._take_report(kernel, message)

    def _kernel_main(self, order: Order, notes: int, on_bound: Callable[[], None]) -> None:
        from .kernel import run_warm

        run_warm(self.app, order.connection, notes, order.keys, order.output_bytes, on_bound)

    def _receive(self, kernel: _Kernel, source: object) -> None:
        """Handle a message to a kernel's control socket, or from its process 1."""
        assert isinstance(source, socket.socket)
        if source is kernel.meter:
            return self._take_measure(kernel)
        try:
            message = source.recv(_LONGEST_MESSAGE)
        except BlockingIOError:
            return
        except ConnectionError:
            message = b""
        if not message:
            self.selector.unregister(source)
            if source is kernel.control:
                self._kill(kernel, stopped=True)
            return
        content = json.loads(message)
        if source is kernel.control and "load" in content:
            # The last look is recent enough, and costs nothing.
            main = main_thread_seconds(kernel.pids[0]) if kernel.pids else math.nan
            _tell(kernel.control, load=[kernel.seconds, sum(map(waited, kernel.pids)), main])
        elif source is kernel.control and "signal" not in content:
            _tell(kernel.control, others=used_by_others(kernel.init))
        elif source is kernel.control:
            self._signal(kernel, content["signal"])
        else:
            self._take_report(kernel, content)

    def _take_report(self, kernel: _Kernel, content: dict[str, Any]) -> None:
        if "ready" in content:
            usage = look([kernel.init]).get(kernel.init, Usage())
            kernel.at_start = usage.resident
            _tell(kernel.control, ready=True)
        kernel.note_end(content)

    def _signal(self, kernel: _Kernel, number: int) -> None:
        if number == signal.SIGKILL:
            self._kill(kernel, stopped=True)
        else:
            with contextlib.suppress(ProcessLookupError):
                os.kill(kernel.init, number)

    def _kill(self, kernel: _Kernel, *, stopped: bool = False) -> None:
        kernel.stopped = kernel.stopped or stopped
        kernel.dead_by = kernel.dead_by or time.monotonic() + _GRACE
        with contextlib.suppress(ProcessLookupError):
            os.kill(kernel.init, END if kernel.at_start else signal.SIGKILL)

    def _watch(self) -> float:
        """Look after every kernel; returns when to look again."""
        pause = _WATCH_EVERY
        for init, usage in look(list(self.kernels)).items():
            kernel = self.kernels[init]
            kernel.seconds = max(kernel.seconds, usage.seconds)
            kernel.pids = usage.pids
            if kernel.dead_by and time.monotonic() > kernel.dead_by:
                os.kill(init, signal.SIGKILL)
            if not kernel.at_start or kernel.dead_by:
                continue
            usage.buffers = held_by_sockets(init)
            grown = usage.resident - kernel.at_start + usage.buffers
            kernel.peak = max(kernel.peak, grown)
            broken = broken_limit(usage, kernel.at_start, kernel.order)
            if broken == "out_of_memory" and not self._is_out_of_memory(kernel, usage):
                pause = _WATCH_CLOSELY_EVERY
            elif broken:
                kernel.verdict = broken
                self._kill(kernel)
            elif grown > kernel.order.memory_bytes // 4 or usage.processes > 8:
                pause = _WATCH_CLOSELY_EVERY
        return pause

    def _is_out_of_memory(self, kernel: _Kernel, usage: Usage) -> bool:
        """Whether a kernel that seems to have too much memory is known to; if not, find out.

        Another process measures, because a kernel can draw that out. If it takes too long, what
        was seen is believed.
        """
        if usage.largest - kernel.at_start + usage.buffers > kernel.order.memory_bytes:
            return True
        since = time.monotonic() - kernel.measured_at
        if kernel.meter is not None:
            return since > _MEASURED_WITHIN
        if since < _MEASURED_AGAIN_AFTER:
            return False
        kernel.measured_at = time.monotonic()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.fork() == 0:
            signal.set_wakeup_fd(-1)
            alone = shared_out(usage.pids) + usage.buffers
            with contextlib.suppress(OSError):
                theirs.send(json.dumps({"alone": alone}).encode())
            os._exit(0)
        theirs.close()
        ours.setblocking(False)
        self.selector.register(ours, selectors.EVENT_READ, kernel.init)
        kernel.meter = ours
        return False

    def _take_measure(self, kernel: _Kernel) -> None:
        """What the process that measures a kernel's memory has found."""
        assert kernel.meter is not None
        alone = next((message["alone"] for message in _messages(kernel.meter)), 0)
        self.selector.unregister(kernel.meter)
        kernel.meter.close()
        kernel.meter = None
        if alone > kernel.order.memory_bytes and not kernel.dead_by:
            kernel.verdict = "out_of_memory"
            self._kill(kernel)

    def _reap(self) -> None:
        while True:
            try:
                pid, _, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            kernel = self.kernels.pop(pid, None)
            if kernel is None:
                continue
            self._read_the_rest(kernel)
            _tell(
                kernel.control,
                fate=_fate(kernel),
                failed=kernel.failed,
                seconds=kernel.helper_seconds
                + max(usage.ru_utime + usage.ru_stime, kernel.seconds),
                peak=max(kernel.peak, (usage.ru_maxrss << 10) - kernel.at_start, 0),
            )
            for end in (kernel.control, kernel.report, kernel.meter):
                if end is not None:
                    with contextlib.suppress(KeyError):
                        self.selector.unregister(end)
                    end.close()

    def _read_the_rest(self, kernel: _Kernel) -> None:
        for content in _messages(kernel.report):
            kernel.note_end(content)


def _messages(report: socket.socket) -> Iterator[dict[str, Any]]:
    """What has been reported so far."""
    with contextlib.suppress(OSError):
        while message := report.recv(_LONGEST_MESSAGE):
            yield json.loads(message)


def _fate(kernel: _Kernel) -> str | None:
    if kernel.verdict:
        return kernel.verdict
    if kernel.stopped:
        return None
    if kernel.ended is None:
        return "signal 9"
    if kernel.ended == -signal.SIGXCPU:
        return "cpu_time"
    return f"signal {-kernel.ended}" if kernel.ended < 0 else f"exit {kernel.ended}"


def _pause(kernels: dict[int, _Kernel], next_look: float) -> float | None:
    return max(0.0, next_look - time.monotonic()) if kernels else None


def _tell(control: socket.socket, **message: Any) -> None:
    with contextlib.suppress(OSError):
        control.send(json.dumps(message).encode())


def _own_resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
