"""Code that ends Python ends its cell, and nothing else.

`quit()` ends a notebook's kernel a moment after it has been answered, `os._exit()` at once, and the
cells that come next are lost. Here all of them raise `SystemExit`, as `sys.exit()` does. Processes
that the kernel has started may end themselves and each other as usual.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ipykernel import parentpoller

_ENDING = ("_exit", "abort", "execv", "execve")
_SIGNALLING = ("kill", "killpg")
_REPLACING = ("execv", "execve")

_PASSED_OVER = {"SIGALRM", "SIGVTALRM", "SIGPROF", "SIGUSR1", "SIGUSR2", "SIGHUP"}
"""What ends Python some time later, in the midst of another cell. Children may be sent the rest."""

_HARMLESS = {signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH, signal.SIGINT, 0}
"""What does not end a process, or raises `KeyboardInterrupt`."""


def keep_alive() -> Callable[[], None]:
    """Replace, for good, the functions that end the process.

    Returns:
        What is to be called in the kernel's process: from then on they raise `SystemExit` there.
    """
    kernel: list[int] = []
    own_pid, own_group = os.getpid, os.getpgrp
    handler_of, default = signal.getsignal, signal.SIG_DFL

    def in_kernel() -> bool:
        return kernel == [own_pid()]

    def ending(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        what = "replaced Python by another program" if name in _REPLACING else f"called os.{name}"

        def end(*args: Any, **options: Any) -> Any:
            if in_kernel():
                raise SystemExit(what)
            return function(*args, **options)

        return _named(end, name, function)

    def is_deadly(number: int) -> bool:
        if number in _HARMLESS:
            return False
        try:
            return handler_of(number) is default or number in (signal.SIGKILL, signal.SIGSTOP)
        except ValueError:
            return False  # there is no such signal

    def signalling(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def send(pid: int, number: int) -> Any:
            if in_kernel() and reaches_kernel(name, pid, number):
                raise SystemExit(f"called os.{name} with a signal that ends its own process")
            return function(pid, number)

        return _named(send, name, function)

    def reaches_kernel(name: str, pid: int, number: int) -> bool:
        if pid == 1 and name == "kill":
            return number not in _HARMLESS  # process 1 ends the kernel when it is told to
        own = (0, own_group()) if name == "killpg" else (own_pid(), 0, -1, -own_group())
        return pid in own and is_deadly(number)

    # What ends a kernel whose parent has gone goes on doing so.
    vars(parentpoller)["os"] = SimpleNamespace(**vars(os))
    for name in _ENDING:
        setattr(os, name, ending(name, getattr(os, name)))
    for name in _SIGNALLING:
        setattr(os, name, signalling(name, getattr(os, name)))
    raise_signal = signal.raise_signal

    def raising(number: int) -> None:
        if in_kernel() and is_deadly(number):
            raise SystemExit("sent its own process a signal")
        raise_signal(number)

    signal.raise_signal = _named(raising, "raise_signal", raise_signal)

    def begin() -> None:
        kernel[:] = [own_pid()]
        for name in _PASSED_OVER:
            number = getattr(signal, name)
            if handler_of(number) is default:
                signal.signal(number, signal.SIG_IGN)

    return begin


def _named(
    replacement: Callable[..., Any], name: str, function: Callable[..., Any]
) -> Callable[..., Any]:
    replacement.__name__ = replacement.__qualname__ = name
    replacement.__doc__ = function.__doc__
    return replacement
