"""``serve FD`` is the warm parent; anything else is a kernel of its own, started cold."""

from __future__ import annotations

import contextlib
import os
import socket
import sys

NOBODY = 65534


def main() -> None:
    """Choose."""
    if sys.argv[1:2] == ["serve"]:
        _serve(int(sys.argv[2]))
    else:
        # Before matplotlib is imported, which ours does sooner than ipykernel expects.
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
        from .kernel import run_cold

        run_cold(sys.argv[1:])


def _serve(handle: int) -> None:
    if os.geteuid() == 0:
        _become_nobody(handle)
    from .server import Forkserver, preload

    owner = socket.socket(fileno=handle)
    os.set_inheritable(handle, False)
    Forkserver(owner, preload()).serve()
    # The system ends all kernels with us; nothing is left to clean up.
    os._exit(0)


def _become_nobody(handle: int) -> None:
    """No limit on processes holds for the superuser."""
    # In some containers there is no such user; then the watch alone has to do.
    with contextlib.suppress(OSError):
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    if os.geteuid() != 0:
        os.set_inheritable(handle, True)
        os.execv(sys.executable, [sys.executable, "-m", __package__, *sys.argv[1:]])


if __name__ == "__main__":
    main()
