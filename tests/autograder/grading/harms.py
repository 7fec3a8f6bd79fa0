"""What a hostile submission does to its machine and its neighbours, beside what is tested alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nbformat import NotebookNode

from tests.autograder.grading.quick import compact


@dataclass(frozen=True)
class Harm:
    """One kind.

    Args:
        cell: what a cell of a submission does, before its answers.
        bodies: what its functions do, by name; the others are right.
    """

    cell: str = ""
    bodies: Mapping[str, str] = field(default_factory=dict)

    def notebook(self) -> NotebookNode:
        """A submission that does it, and is right apart from that."""
        return compact(*filter(None, [self.cell]), **self.bodies)


LOOP = "while True:\n    pass"
LOOP_IN_C = "import collections, itertools\ncollections.deque(itertools.count(), 0)"

ENDLESS = {
    "a cell": Harm(LOOP),
    "a function": Harm(bodies={"joint_error": LOOP}),
    "a cell, in C": Harm(LOOP_IN_C),
    "a function, in C": Harm(bodies={"heatmap_argmax": LOOP_IN_C}),
    "deaf": Harm(f"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{LOOP}"),
    "deaf function": Harm(
        bodies={"joint_error": "while True:\n    try:\n        while True:\n            pass\n"
                "    except BaseException:\n        pass"}
    ),
    "asleep": Harm("import time\nwhile True:\n    time.sleep(1000)"),
    "other processes": Harm("import os\nos.fork()\nos.fork()\n" + LOOP),
    "in torch": Harm("ones = torch.ones(1000, 1000)\nwhile True:\n    ones @ ones"),
}  # fmt: skip
"""What never ends; all are stopped when their time is up."""

OUTPUT = {
    "printed": Harm("while True:\n    print('x' * 1000)"),
    "printed by a function": Harm(bodies={"joint_error": "while True:\n    print('x' * 1000)"}),
    "printed by a program": Harm("import os\nos.system('yes')"),
    "shown": Harm("from IPython.display import display\nwhile True:\n    display('x' * 1000)"),
}
"""What never ends either, and is told all the time."""

HIDDEN = """
import mmap, os, time
kept = []
for place in (None, "/dev/zero", "/dev/shm/hidden", "/tmp/hidden"):
    try:
        handle = -1 if place is None else os.open(place, os.O_RDWR | os.O_CREAT)
        if place not in (None, "/dev/zero"):
            os.ftruncate(handle, 100 << 20)
        for _ in range(60):
            mapping = mmap.mmap(handle, 100 << 20)
            mapping.write(bytes(b"x") * (100 << 20))
            mapping.madvise(mmap.MADV_DONTNEED)
            kept.append(mapping)
    except OSError as error:
        print(error)
time.sleep(3)
"""
"""Shared mappings: of no file, which would belong to no process, and of files."""

MANY_PROCESSES = "import os\nfor _ in range(20):\n    if os.fork() == 0:\n        break\n"
"""What follows happens in all of them."""

IN_FLIGHT = """
import array, socket, time
one, other = socket.socketpair()
descriptors = array.array("i", [one.fileno()] * 250)
for _ in range(5):
    one.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
time.sleep(15)
"""
"""1,250 descriptors on their way, as many as a kernel can have: the system counts them by user."""

DISK = """
for place in ("/tmp", "/dev/shm", "/home/student"):
    try:
        with open(f"{place}/large", "wb") as file:
            while True:
                file.write(bytes(1 << 20))
    except OSError as error:
        print(error)
    try:
        for number in range(1_000_000):
            open(f"{place}/{number}", "w").close()
    except OSError as error:
        print(error)
"""

MARK = "864213579"
"""Seconds that something sleeps, by which it is found."""

OUTLIVE = f"""
import os, signal, time
for number in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for known in signal.valid_signals() - {{signal.SIGKILL, signal.SIGSTOP}}:
                signal.signal(known, signal.SIG_IGN)
            if number:
                os.execvp("sleep", ["sleep", "{MARK}"])
            while True:
                pass
        os._exit(0)
"""
"""Processes without a parent, deaf to all signals: one computes, two sleep."""

SIGNALS = """
import os, signal
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGSTOP, signal.SIGKILL):
    for process in (os.getppid(), *range(1, 3000), -1):
        if process != os.getpid():
            try:
                os.kill(process, number)
            except OSError:
                pass
"""

TELLTALE = "wpqzk"
TELLS = f"""
import sys
from IPython.display import HTML, display
inputs = "{TELLTALE[::-1]}"[::-1] + str(predicted.tolist())
print(inputs)
print(inputs, file=sys.stderr)
display(HTML(inputs))
open("/tmp/" + inputs[:100], "w").write(inputs)
__import__("os").system(f"echo '{{inputs}}'")
raise type(inputs[:20], (ValueError,), {{}})(inputs)
"""
"""A function that tells what it was given, in every way there is."""
