"""A kernel provisioner that forks kernels, warm and sandboxed, for anything that speaks Jupyter."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from fnmatch import fnmatch
from pathlib import Path
from typing import IO, Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase
from traitlets import Bool, Dict, List, Unicode

from autograder.errors import CourseError
from autograder.sandbox.audit_log import AuditLog
from autograder.sandbox.forkserver.spawn import SOCKETS
from autograder.sandbox.forkserver.watch import Load
from autograder.sandbox.limits import KernelLimits
from autograder.sandbox.warm_parent import WarmParent, warm_parent

_READY_WITHIN = 30.0
_ANSWERS_WITHIN = 2.0
_LONGEST_MESSAGE = 1 << 16
_SOCKET_NAME = "s"


class SandboxProvisioner(KernelProvisionerBase):
    """Starts kernels as children of a warm parent, each in a sandbox of its own.

    After a kernel's end, ``fate``, ``cpu_seconds``, ``peak_memory_bytes`` and ``audit_entries`` say
    how it ended and what it used.
    """

    limits = Dict(help="What a kernel may use; the names are those of KernelLimits.").tag(
        config=True
    )
    passed_environment = List(
        Unicode(),
        ["POSELAB_*", "OMP_NUM_THREADS", "TZ"],
        help="Patterns of the environment variables that a kernel gets to see.",
    ).tag(config=True)
    copy_working_folder = Bool(
        False, help="Whether a kernel starts with a copy of the files in its working folder."
    ).tag(config=True)

    fate: str | None = None
    """Why the kernel died, unless it was told to: ``out_of_memory``, ``too_many_processes``,
    ``cpu_time``, ``signal 11``, ``exit 3``, ``sandbox_gone``."""
    cpu_seconds: float = 0.0
    """Processor time, of the kernel and what it started, its fork and its end included."""
    peak_memory_bytes: int = 0
    """The most memory it had, beyond what a kernel has when it starts."""

    _parent: WarmParent | None = None
    _control: socket.socket | None = None
    _audit_log: AuditLog | None = None
    _folder: Path | None = None
    _exit_code: int | None = None
    _others: float | None = None
    _load: Load | None = None
    _earlier_entries: tuple[str, ...] = ()

    @property
    def audit_entries(self) -> list[str]:
        """What the code tried that no exercise asks for, a sentence for each."""
        now = self._audit_log.read() if self._audit_log else []
        return list(dict.fromkeys([*self._earlier_entries, *now]))

    @property
    def audit_log(self) -> AuditLog | None:
        """What the kernel has said until now beside its replies; ``None`` before and after."""
        return self._audit_log

    @property
    def has_process(self) -> bool:
        """Whether a kernel was started and has not been waited for."""
        return self._control is not None

    async def poll(self) -> int | None:
        """``None`` while the kernel lives, then its exit code."""
        if self._control is None:
            return 0 if self._exit_code is None else self._exit_code
        self._read_end()
        return self._exit_code

    async def wait(self) -> int | None:
        """Wait until the kernel has ended."""
        while await self.poll() is None:
            await asyncio.sleep(0.005)
        self._release()
        return self._exit_code

    async def send_signal(self, signum: int) -> None:
        """Signal the kernel's process group; SIGKILL ends everything that it ever started."""
        if self._control is not None:
            with contextlib.suppress(OSError):
                self._control.send(json.dumps({"signal": int(signum)}).encode())

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and everything that it started."""
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """End the kernel: it leaves nothing behind that it would have to clean up."""
        await self.kill(restart)

    async def shutdown_requested(self, restart: bool = False) -> None:
        """End the kernel right away instead of waiting until it has shut itself down."""
        await self.kill(restart)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._await_end(), 5.0)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove what the kernel left behind."""
        if self._control is not None and await self.poll() is None:
            await self.kill()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._await_end(), 5.0)
        self._release()

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose the kernel's sockets: files in a folder that only we and it can see."""
        kwargs.pop("extra_arguments", None)
        kwargs = await super().pre_launch(cmd=["sandbox"], **kwargs)
        parent = await asyncio.to_thread(warm_parent)
        self._parent = parent
        self._folder = parent.new_folder()
        manager: Any = self.parent
        manager.transport = "ipc"
        manager.ip = str(self._folder / _SOCKET_NAME)
        for number, name in enumerate(("shell", "iopub", "stdin", "hb", "control"), start=1):
            setattr(manager, f"{name}_port", number)
        manager.cleanup_connection_file()
        manager.write_connection_file()
        self.connection_info = manager.get_connection_info()
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Have a kernel forked, and wait until it is ready.

        Args:
            cmd: not used; the warm parent knows what to run.
            kwargs: ``env``, of which the kernel sees a part, and ``cwd``, the folder that may be
                copied.

        Returns:
            The kernel's connection info: its sockets and its key.

        Raises:
            CourseError: it could not be started, or a limit is not valid.
        """
        assert self._parent is not None and self._folder is not None
        self.fate, self._exit_code = None, None
        limits = KernelLimits.from_config(self.limits)
        key = secrets.token_bytes(16)
        order = {
            "folder": self._folder.name,
            "connection": self._connection_inside(),
            "environment": self._passed(kwargs.get("env", {})),
            "keys": [key.hex()],
            **asdict(limits),
        }
        control, their_control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        notes, notes_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        notes_end.shutdown(socket.SHUT_RD)
        with their_control, notes_end, contextlib.ExitStack() as stack:
            handles = [their_control.fileno(), notes_end.fileno()]
            if self.copy_working_folder and kwargs.get("cwd"):
                archive = stack.enter_context(_packed(Path(kwargs["cwd"])))
                handles.append(archive.fileno())
            control.setblocking(False)
            self._control, self._audit_log = control, AuditLog(notes, key)
            self._parent.request(order, handles)
        await self._await_ready()
        return self.connection_info

    async def seconds_of_others(self) -> float | None:
        """Processor time of what the kernel has started and has not ended; ``None`` if unknown."""
        self._others = None
        await self._ask("others", lambda: self._others is not None, every=0.0005)
        return self._others

    async def load(self) -> Load | None:
        """What the kernel and all that it started have used until now; ``None`` if unknown."""
        self._load = None
        await self._ask("load", lambda: self._load is not None, every=0.005)
        return self._load

    async def _ask(self, what: str, answered: Callable[[], bool], every: float) -> None:
        """Ask the warm parent, and wait for its answer, but not for ever."""
        if self._control is None:
            return
        try:
            self._control.send(json.dumps({what: True}).encode())
        except OSError:
            return
        deadline = time.monotonic() + _ANSWERS_WITHIN
        while not answered() and time.monotonic() < deadline:
            if await self.poll() is not None:
                return
            await asyncio.sleep(every)

    def get_shutdown_wait_time(self, recommended: float = 5.0) -> float:
        """How long a shutdown may take."""
        return recommended

    async def get_provisioner_info(self) -> dict[str, Any]:
        """What is known about the kernel. It ends with us, so it cannot be resumed."""
        info: dict[str, Any] = await super().get_provisioner_info()
        return {**info, "fate": self.fate, "audit_entries": self.audit_entries}

    def _connection_inside(self) -> dict[str, Any]:
        info = dict(self.connection_info)
        key = info["key"]
        info["key"] = key.decode() if isinstance(key, bytes) else key
        return {**info, "ip": f"{SOCKETS}/{_SOCKET_NAME}"}

    def _passed(self, environment: dict[str, str]) -> dict[str, str]:
        own = self.kernel_spec.env if self.kernel_spec else {}
        return {
            name: value
            for name, value in environment.items()
            if name in own or any(fnmatch(name, pattern) for pattern in self.passed_environment)
        }

    async def _await_ready(self) -> None:
        loop = asyncio.get_running_loop()
        assert self._control is not None
        try:
            message = await asyncio.wait_for(
                loop.sock_recv(self._control, _LONGEST_MESSAGE), _READY_WITHIN
            )
            content = json.loads(message or "{}")
        except (TimeoutError, ConnectionError):
            content = {}
        if not content.get("ready"):
            self._release()
            reason = content.get("failed") or content.get("fate") or "it did not get ready in time"
            raise CourseError(f"A kernel could not be started in the sandbox: {reason}.")

    async def _await_end(self) -> None:
        while await self.poll() is None:
            await asyncio.sleep(0.002)

    def _read_end(self) -> None:
        """Read the message about the kernel's end, if there is one."""
        if self._control is None or self._exit_code is not None:
            return
        try:
            message = self._control.recv(_LONGEST_MESSAGE)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if not message:
            self.fate, self._exit_code = "sandbox_gone", -signal.SIGKILL
            return
        content = json.loads(message)
        if "others" in content:
            self._others = content["others"]
            return
        if "load" in content:
            self._load = Load(*content["load"])
            return
        self.fate = content.get("fate")
        self.cpu_seconds += content.get("seconds", 0.0)
        self.peak_memory_bytes = max(self.peak_memory_bytes, content.get("peak", 0))
        self._exit_code = _exit_code(self.fate)

    def _release(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._audit_log is not None:
            self._earlier_entries = tuple(self.audit_entries)
            self._audit_log.close()
            self._audit_log = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _exit_code(fate: str | None) -> int:
    kind, _, number = (fate or "").partition(" ")
    if number.isdigit():
        return int(number) if kind == "exit" else -int(number)
    return -signal.SIGKILL


def _packed(folder: Path) -> IO[bytes]:
    """The files of a folder as an archive in a file that has no name."""
    file = tempfile.TemporaryFile()  # noqa: SIM115
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.add(folder, arcname=".", filter=_plain)
    file.seek(0)
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    return file


def _plain(item: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return item if item.isfile() or item.isdir() else None
