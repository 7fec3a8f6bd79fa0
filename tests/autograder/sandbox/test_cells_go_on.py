"""What a cell lacks or ends costs that line, and neither the cell below it nor the kernel."""

from __future__ import annotations

import pytest

from tests.autograder.sandbox.running import Kernel, in_kernel

pytestmark = pytest.mark.needs_sandbox

LACKING = [
    "import seaborn_of_nowhere as sns",
    "sns.set_theme()",
    "%matplotlib widget",
    "%load_ext tensorboard_of_nowhere",
    "%no_such_magic",
    "from poselab.plots import no_such_plot",
    "data = open('/content/drive/MyDrive/data.h5')",
    "torch.zeros(1).cuda()",
    "import subprocess; subprocess.run(['no-such-program'], check=True)",
    "1 / 0",
]
ENDING = [
    "quit()",
    "exit()",
    "sys.exit(3)",
    "raise SystemExit",
    "os._exit(1)",
    "os.abort()",
    "os.kill(os.getpid(), 9)",
    "os.kill(os.getpid(), signal.SIGTERM)",
    "os.kill(os.getppid(), signal.SIGUSR1)",
    "os.killpg(os.getpgrp(), 9)",
    "signal.raise_signal(signal.SIGKILL)",
    "os.execv(sys.executable, ['python'])",
    "get_ipython().kernel.do_shutdown(True)",
    "get_ipython().ask_exit()",
    "import IPython; IPython.get_ipython().kernel.do_shutdown(restart=False)",
]
LATER = [
    "get_ipython().exit_now = True",
    "async def leave():\n    sys.exit()\ntask = asyncio.ensure_future(leave())",
    "asyncio.get_event_loop().stop()",
    "threading.Timer(0.1, lambda: os._exit(1)).start()",
    "threading.Timer(0.1, os.kill, [os.getpid(), 9]).start()",
    "threading.Timer(0.1, quit).start()",
    "signal.setitimer(signal.ITIMER_REAL, 0.1)",
]
IMPORTS = "import asyncio, os, signal, sys, threading, time, torch"


def test_a_cell_goes_on_below_what_it_lacks() -> None:
    async def use(kernel: Kernel) -> None:
        await kernel.run(IMPORTS)
        for number, line in enumerate(LACKING):
            await kernel.run(f"{line}\nafter = {number}\nimport math, numpy as np")
            assert await kernel.text("after, math.pi, np.e") == await kernel.text(
                f"({number}, 3.141592653589793, 2.718281828459045)"
            ), line
        said = await kernel.text("\n".join(["import x_of_nowhere", "y_of_nowhere", "z = 1", "z"]))
        assert "x_of_nowhere" in said and "y_of_nowhere" in said and said.endswith("1")

    in_kernel(use)


@pytest.mark.parametrize("told", ["raise ValueError('stop')", "assert False", "return 3"])
def test_a_cell_that_is_told_to_end_ends(told: str) -> None:
    async def use(kernel: Kernel) -> str:
        await kernel.run(f"before = 1\n{told}\nafter = 1")
        return await kernel.text("'after' in globals()")

    assert in_kernel(use) == "False"


def test_nothing_ends_the_kernel() -> None:
    async def use(kernel: Kernel) -> None:
        await kernel.run(f"{IMPORTS}\nkept = 'kept'")
        for line in ENDING:
            said = await kernel.text(f"{line}\nkept = 'lost'")
            assert "SystemExit" in said, line
            assert await kernel.text("kept") == "'kept'", line
        for line in LATER:
            await kernel.run(line)
            assert await kernel.text("time.sleep(0.3)\nkept") == "'kept'", line

    in_kernel(use)


def test_processes_of_its_own_may_end_as_usual() -> None:
    async def use(kernel: Kernel) -> list[str]:
        await kernel.run(f"{IMPORTS}, subprocess, multiprocessing")
        return [
            await kernel.text(source)
            for source in (
                "pid = os.fork()\nif pid == 0:\n    os._exit(7)\n"
                "os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])",
                "sleeper = subprocess.Popen(['sleep', '60'])\nsleeper.kill()\nsleeper.wait()",
                "with multiprocessing.Pool(2) as pool:\n    print(pool.map(abs, [-1, 2]))",
                "len(list(torch.utils.data.DataLoader([1, 2, 3], num_workers=2)))",
                "child = multiprocessing.Process(target=sys.exit, args=(4,))\n"
                "child.start()\nchild.join()\nchild.exitcode",
                "child = multiprocessing.Process(target=time.sleep, args=(60,))\n"
                "child.start()\nchild.terminate()\nchild.join()\nchild.exitcode",
            )
        ]

    assert in_kernel(use) == ["7", "-9", "[1, 2]\n", "3", "4", "-15"]


HOSTED = """
from google.colab import auth, drive, files, output, userdata
from google.colab.patches import cv2_imshow
import google.colab.data_table as table
import google.colab
from kaggle_secrets import UserSecretsClient
drive.mount("/content/drive", force_remount=True)
for name in files.upload():
    print(name)
files.download("weights.pt")
try:
    key = userdata.get("KEY")
except userdata.SecretNotFoundError:
    key = ""
with output.use_tags("plot"):
    cv2_imshow(None)
auth.authenticate_user()
secret = UserSecretsClient().get_secret("KEY")
@output.register_callback
def called(): return 3
"done", str(key), str(secret), called()
"""


def test_what_exists_only_in_a_hosted_notebook_does_nothing() -> None:
    async def use(kernel: Kernel) -> tuple[str, str, str]:
        hosted = await kernel.text("import sys\n'google.colab' in sys.modules")
        done = await kernel.text(HOSTED)
        return hosted, done, await kernel.text("import google.protobuf\n'protobuf'")

    hosted, done, protobuf = in_kernel(use)
    assert hosted == "False"
    assert done == "('done', '', '', 3)"
    assert "'protobuf'" in protobuf
