"""Spawning a kernel: namespaces, an empty file system of its own, limits, and no privileges.

The warm parent forks a helper, which moves into new namespaces and forks their process 1. That one
mounts the file system, forks the kernel, and then only waits for it: when it ends, the system ends
everything that the kernel ever started.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import random
import resource
import signal
import socket
import sys
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from . import linux
from .requests import SPARE_FILES
from .seccomp import refusing_filter

SOCKETS = "/run/kernel"
"""Where a kernel sees the one folder that it shares with the host."""

KERNEL_FOLDERS = "/run/kernels"
"""Where the warm parent sees the folders of all kernels."""

HOME = "/home/student"
ROOM = "/run/room"
MOUNT_POINTS = (SOCKETS, KERNEL_FOLDERS, HOME, ROOM)
"""Folders that the sandbox must have, for things to be mounted on."""

END = signal.SIGUSR1
"""Tells process 1 to end the kernel. Killed itself, it could not say what the kernel has used."""

_RESERVED_BY_THREADS = 2 << 30
_OWN_FOLDERS = {"HOME": HOME, "PWD": HOME, "TMPDIR": "/tmp", "IPYTHONDIR": f"{ROOM}/ipython"}

_NOT_FOR_PROGRAMS = linux.MS_NOSUID | linux.MS_NODEV
_SHARED_FACTS = ("cpuinfo", "meminfo", "stat", "loadavg", "uptime", "version", "filesystems")


@dataclass(frozen=True)
class Order:
    """What the host wants started.

    Args:
        folder: the kernel's folder in the kernel_folders.
        connection: what ipykernel calls connection info.
        environment: variables on top of the warm parent's.
        keys: one, which replies are sealed with. The kernel takes it out.
        memory_bytes, processes, open_files, disk_bytes, cpu_seconds: limits.
        output_bytes: what one cell may print and show.
    """

    folder: str
    connection: dict[str, Any]
    environment: dict[str, str] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    memory_bytes: int = 2 << 30
    processes: int = 64
    open_files: int = 256
    disk_bytes: int = 256 << 20
    cpu_seconds: int = 600
    output_bytes: int = 8 << 20


@dataclass(frozen=True)
class Handles:
    """File descriptors that a kernel and its process 1 keep; all others are closed."""

    report: socket.socket
    audit_log: int
    files: int | None = None


KernelMain = Callable[[Order, int, Callable[[], None]], None]
"""Runs a kernel, given its order, the audit log's socket, and what to call when it is ready."""


def spawn(order: Order, handles: Handles, kernel_main: KernelMain) -> NoReturn:
    """Run in a new child of the warm parent; ``kernel_main`` runs the kernel once it is set up.

    Reports ``{"init": pid}`` and later ``{"ready": true}``, ``{"ended": ...}`` or
    ``{"failed": why}``.
    """
    status = 1
    try:
        _close_all_but(handles)
        _unshare()
        init = os.fork()
        if init == 0:
            _be_process_one(order, handles, kernel_main)
        _report(handles.report, init=init)
        status = 0
    except BaseException as error:
        _report(handles.report, failed=_in_words(error))
    finally:
        os._exit(status)


def _unshare() -> None:
    linux.unshare_with_users(
        linux.CLONE_NEWNS
        | linux.CLONE_NEWPID
        | linux.CLONE_NEWNET
        | linux.CLONE_NEWIPC
        | linux.CLONE_NEWUTS
    )


def _be_process_one(order: Order, handles: Handles, kernel_main: KernelMain) -> NoReturn:
    status = 1
    try:
        _mount(order)
        ours, kernels = socket.socketpair()
        kernel = os.fork()
        if kernel == 0:
            ours.close()
            _be_kernel(order, handles, kernels, kernel_main)
        linux.refuse_inspection()
        kernels.close()
        os.close(handles.audit_log)
        if handles.files is not None:
            os.close(handles.files)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda n, _: _pass_on(kernel, n))
        signal.signal(END, lambda *_: os.kill(kernel, signal.SIGKILL))
        if ours.recv(1):
            _seal(SOCKETS)
            linux.drop_privileges()
            ours.send(b"s")
            ours.close()
            _report(handles.report, ready=True)
        while True:
            ended, result = os.wait()
            if ended == kernel:
                code = os.waitstatus_to_exitcode(result)
                _report(handles.report, ended=code)
                break
        status = 0
    except BaseException as error:
        _report(handles.report, failed=_in_words(error))
    finally:
        os._exit(status)


def _pass_on(kernel: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(kernel, number)


def _mount(order: Order) -> None:
    """Mount folders that are empty, small, and out of other kernels' sight."""
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    linux.bring_loopback_up()
    linux.mount(f"{KERNEL_FOLDERS}/{order.folder}", SOCKETS, flags=linux.MS_BIND)
    size = f"mode=0755,size={order.disk_bytes},nr_inodes=65536"
    linux.mount("tmpfs", ROOM, "tmpfs", _NOT_FOR_PROGRAMS, size)
    for name, place in {"home": HOME, "tmp": "/tmp", "shm": "/dev/shm"}.items():
        os.mkdir(f"{ROOM}/{name}", 0o700)
        linux.mount(f"{ROOM}/{name}", place, flags=linux.MS_BIND)
    linux.mount("tmpfs", KERNEL_FOLDERS, "tmpfs", linux.MS_RDONLY, "size=4k")
    # Mapped and shared, it is memory of which nobody keeps count.
    linux.mount(os.devnull, "/dev/zero", flags=linux.MS_BIND)


def _show_own_processes_only() -> None:
    """Replace /proc by what concerns this process. A fresh one may not be mounted in here."""
    place = f"{ROOM}/proc"
    os.mkdir(place)
    linux.mount("tmpfs", place, "tmpfs", _NOT_FOR_PROGRAMS, "mode=0755,size=64k")
    os.mkdir(f"{place}/self")
    linux.mount(f"/proc/{os.readlink('/proc/self')}", f"{place}/self", flags=linux.MS_BIND)
    linux.mount("none", f"{place}/self", None, _seal_flags() | linux.MS_NOEXEC, None)
    os.symlink("self", f"{place}/{os.getpid()}")
    os.symlink("self/mounts", f"{place}/mounts")
    os.symlink("self/net", f"{place}/net")
    for name in _SHARED_FACTS:
        Path(place, name).touch()
        linux.mount(f"/proc/{name}", f"{place}/{name}", flags=linux.MS_BIND)
    linux.mount(place, "/proc", flags=linux.MS_MOVE)
    linux.mount("none", "/proc", None, _seal_flags(), None)
    os.rmdir(place)


def _seal(place: str) -> None:
    # Refused while a thread is just writing there, as zmq's is when it has bound a socket.
    for pause in (0.001, 0.01, 0.1, 1.0):
        try:
            return linux.mount("none", place, None, _seal_flags(), None)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
        time.sleep(pause)
    linux.mount("none", place, None, _seal_flags(), None)


def _seal_flags() -> int:
    return linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | _NOT_FOR_PROGRAMS


def _be_kernel(
    order: Order,
    handles: Handles,
    seal: socket.socket,
    kernel_main: KernelMain,
) -> NoReturn:
    status = 1
    try:
        handles.report.close()
        os.setsid()
        _be_the_first_to_go()
        _show_own_processes_only()
        _redirect_standard_streams()
        os.environ.update({**_OWN_FOLDERS, **order.environment})
        os.chdir(HOME)
        if handles.files is not None:
            _unpack(handles.files)
        _limit(order)
        linux.drop_privileges()
        program = refusing_filter()
        if program is not None:
            linux.forbid(program)
        _restore_signals()
        reseed()

        def seal_sockets() -> None:
            seal.send(b"b")
            seal.recv(1)
            seal.close()

        kernel_main(order, handles.audit_log, seal_sockets)
        status = 0
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 0
    except BaseException:
        import traceback

        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(status)


def _redirect_standard_streams() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.close(nothing)


def _unpack(files: int) -> None:
    with os.fdopen(files, "rb") as file, tarfile.open(fileobj=file) as archive:
        archive.extractall(HOME, filter="data")


def _be_the_first_to_go() -> None:
    """Where the machine's memory runs out. It cannot be taken back: its files become read-only."""
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def _limit(order: Order) -> None:
    with open("/proc/self/statm") as file:
        size = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    # Half as much again: one allocation far too large fails by itself, and what creeps up to the
    # limit is stopped by the watch, which can say why. Threads reserve a lot that they never use.
    limits = {
        resource.RLIMIT_AS: size + order.memory_bytes * 3 // 2 + _RESERVED_BY_THREADS,
        resource.RLIMIT_NOFILE: order.open_files + SPARE_FILES,
        resource.RLIMIT_FSIZE: order.disk_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if linux.counts_processes_by_namespace():
        # Threads count as well. The watch steps in long before this does.
        limits[resource.RLIMIT_NPROC] = 4 * order.processes
    for which, value in limits.items():
        _, hard = resource.getrlimit(which)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(which, (value, value))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(order.open_files, most), most))
    # The softer limit's signal can be told from a kill.
    resource.setrlimit(resource.RLIMIT_CPU, (order.cpu_seconds, order.cpu_seconds + 5))


def _restore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def reseed() -> None:
    """Give every generator of random numbers a state of its own."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(int.from_bytes(os.urandom(4), "little"))
    if "torch" in sys.modules:
        # Not torch.manual_seed, which looks for every kind of accelerator first.
        generator = sys.modules["torch"].default_generator
        generator.manual_seed(int.from_bytes(os.urandom(8), "little"))


def _close_all_but(handles: Handles) -> None:
    kept = {0, 1, 2, handles.report.fileno(), handles.audit_log}
    if handles.files is not None:
        kept.add(handles.files)
    for number in {int(name) for name in os.listdir("/proc/self/fd")} - kept:
        with contextlib.suppress(OSError):
            os.close(number)


def _report(report: socket.socket, **message: Any) -> None:
    with contextlib.suppress(OSError):
        report.send(json.dumps(message).encode())


def _in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
