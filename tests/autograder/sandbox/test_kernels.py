"""Sandboxed kernels behave as kernels do."""

from __future__ import annotations

import asyncio
from pathlib import Path

from jupyter_client.manager import KernelManager

from autograder.sandbox.limits import KernelLimits
from autograder.sandbox.specs import COLD, SANDBOXED, spec_manager
from autograder.sandbox.warm_parent import warm_parent
from tests.autograder.sandbox.running import Kernel, in_kernel, start, texts


def test_code_runs_and_says_what_it_returns() -> None:
    assert texts("x = 6", "print(x * 7)", "x * 7", "1 / 0") == [
        "",
        "42\n",
        "42",
        "ZeroDivisionError: division by zero",
    ]


def test_torch_computes_and_figures_are_pictures() -> None:
    async def use(kernel: Kernel) -> None:
        text = await kernel.text(
            "import torch\n"
            "w = torch.ones(3, requires_grad=True)\n"
            "(w * w).sum().backward()\n"
            "w.grad.tolist()"
        )
        assert text == "[2.0, 2.0, 2.0]"
        cell = await kernel.run("import matplotlib.pyplot as plt\nplt.plot([0, 1]);")
        assert "image/png" in cell.outputs[-1].data

    in_kernel(use)


def test_awaiting_and_widgets_and_shell_commands_work() -> None:
    awaited, widget, shell, command = texts(
        "import asyncio\nawait asyncio.sleep(0)\nprint('awaited')",
        "import ipywidgets\nipywidgets.IntSlider()",
        "!echo from a shell",
        "import os\nos.system('echo from a command')\nprint(end='', flush=True)",
    )
    assert awaited == "awaited\n"
    assert widget.startswith("IntSlider")
    assert shell.strip() == "from a shell"
    assert command == "from a command\n"


def test_data_loaders_may_have_workers() -> None:
    (text,) = texts(
        "import torch\n"
        "data = torch.utils.data.TensorDataset(torch.arange(4.0))\n"
        "loader = torch.utils.data.DataLoader(data, batch_size=2, num_workers=2)\n"
        "[float(batch.sum()) for (batch,) in loader]"
    )
    assert text == "[1.0, 5.0]"


def test_no_state_is_shared_between_kernels() -> None:
    texts("import torch, builtins\ntorch.stain = builtins.stain = 1")
    assert texts("import torch\n(hasattr(torch, 'stain'), 'stain' in dir(__builtins__))") == [
        "(False, False)"
    ]


def test_kernels_draw_different_random_numbers() -> None:
    source = (
        "import random, numpy, torch\n"
        "print(random.random(), numpy.random.rand(), torch.rand(()).item())"
    )
    one, other = texts(source)[0].split(), texts(source)[0].split()
    assert all(a != b for a, b in zip(one, other, strict=True))
    assert all(0 <= float(number) < 1 for number in one + other)
    seeded = "import torch\ntorch.manual_seed(0)\ntorch.rand(2).tolist()"
    assert texts(seeded) == texts(seeded)


def test_input_fails_at_once() -> None:
    assert texts("input()")[0].startswith("StdinNotImplementedError")


def test_the_environment_is_what_the_grader_passes() -> None:
    (text,) = texts("import os\nos.environ['POSELAB_PROFILE'], sorted(os.environ)")
    assert text.startswith("('smoke'")
    assert "PYTEST" not in text


def test_a_flood_of_output_is_cut_and_the_next_cell_may_speak() -> None:
    async def use(kernel: Kernel) -> None:
        limits = kernel.sandbox.limits["output_bytes"]
        flood = await kernel.text("for _ in range(300_000):\n    print('x' * 1000)")
        assert len(flood) < 2 * limits
        assert flood.count("Output stopped") == 1
        shown = await kernel.text(
            "from IPython.display import HTML, display\n"
            "for _ in range(300):\n    display(HTML('x' * 10_000))"
        )
        assert shown.count("Output stopped") == 1
        assert await kernel.text("print('calm')") == "calm\n"

    in_kernel(use, KernelLimits(output_bytes=1 << 20))


def test_a_restarted_kernel_is_a_new_one() -> None:
    async def use(kernel: Kernel) -> None:
        await kernel.run("x = 1")
        await kernel.client.km.restart_kernel(now=True)
        kernel.client.kc.stop_channels()
        await kernel.client.async_start_new_kernel_client()
        assert "NameError" in await kernel.text("x")

    in_kernel(use)


def test_an_interrupt_stops_a_cell_and_not_the_kernel() -> None:
    async def use(kernel: Kernel) -> None:
        cell = await kernel.run("x = 1\nwhile True:\n    pass", timeout=1)
        assert "KeyboardInterrupt" in {output.get("ename") for output in cell.outputs}
        assert await kernel.text("x") == "1"

    in_kernel(use)


def test_a_copy_of_the_working_folder_can_be_taken_along(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "numbers.txt").write_text("1 2 3")
    source = "open('data/numbers.txt').read()"
    assert texts(source, path=str(tmp_path), copy_working_folder=True) == ["'1 2 3'"]
    assert "FileNotFoundError" in texts(source, path=str(tmp_path))[0]


def test_several_kernels_run_at_once() -> None:
    async def one(number: int) -> str:
        async with start() as kernel:
            return await kernel.text(f"import time\ntime.sleep(0.2)\n{number}")

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(one(number) for number in range(4)))

    assert asyncio.run(all_of_them()) == ["0", "1", "2", "3"]


def test_a_dead_warm_parent_is_noticed_and_replaced() -> None:
    async def use(kernel: Kernel) -> str | None:
        parent = warm_parent()
        parent._process.kill()  # type: ignore[union-attr]
        return await kernel.dies("import time\ntime.sleep(20)")

    before = warm_parent()
    assert in_kernel(use) == "sandbox_gone"
    assert texts("1 + 1") == ["2"]
    assert warm_parent() is not before


def test_a_warm_kernel_is_like_a_cold_one() -> None:
    sources = (
        "import builtins, comm, sys, warnings\n"
        "import matplotlib, torch, ipywidgets, poselab.training.loop\n"
        "from tqdm.auto import tqdm\n"
        "import matplotlib.pyplot as plt\n"
        "print(tqdm.__mro__, type(get_ipython()).__name__, matplotlib.get_backend())\n"
        "plt.close(plt.figure())\n"
        "print(dict(matplotlib.rcParams))\n"
        "print(torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled())\n"
        "print(sorted(comm.get_comm_manager().targets), sorted(vars(builtins)))\n"
        "print(sys.getrecursionlimit(), sys.argv == [], sys.stdin)\n"
        "print(sorted(get_ipython().magics_manager.magics['line']))\n"
        "print(get_ipython().events.callbacks.keys(), __name__, sorted(globals()))",
        "from tqdm.auto import trange\nfor _ in trange(2): pass",
        "def f():\n    raise KeyError(1)\nf()",
    )
    env = {"OMP_NUM_THREADS": "1", "HOME": "/tmp"}
    one, other = (texts(*sources, kernel_name=name, env=env) for name in (SANDBOXED, COLD))
    assert one[0].splitlines() == other[0].splitlines()
    assert one[2] == other[2] == "KeyError: 1"
    assert one[1] == other[1] and "0/2" in one[1]


def test_a_client_that_blocks_can_use_it_too() -> None:
    manager = KernelManager(kernel_name=SANDBOXED, kernel_spec_manager=spec_manager())
    manager.start_kernel()
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=30)
        reply = client.execute_interactive("assert 6 * 7 == 42", timeout=30)
        assert reply["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    assert not manager.is_alive()
