"""Kernels to try things in, through nbclient as grading does it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.sandbox.client import Reply, run_cases
from autograder.sandbox.limits import KernelLimits
from autograder.sandbox.manager import GradedKernelManager, kernel_config
from autograder.sandbox.provisioner import SandboxProvisioner
from autograder.sandbox.specs import SANDBOXED

Result = TypeVar("Result")


@dataclass
class Kernel:
    """A running kernel and its notebook client."""

    client: NotebookClient
    cells: list[NotebookNode] = field(default_factory=list)

    @property
    def sandbox(self) -> SandboxProvisioner:
        manager = self.client.km
        assert isinstance(manager, GradedKernelManager) and manager.sandbox is not None
        return manager.sandbox

    async def run(self, source: str, timeout: int = 30) -> NotebookNode:
        """Run a cell."""
        self.client.timeout = timeout
        self.client.nb.cells.append(new_code_cell(source))
        index = len(self.client.nb.cells) - 1
        return await self.client.async_execute_cell(self.client.nb.cells[index], index)

    async def text(self, source: str) -> str:
        """Run a cell; what it printed and what it returned."""
        cell = await self.run(source)
        return "".join(map(said, cell.outputs))

    async def dies(self, source: str) -> str | None:
        """Run a cell that kills the kernel; the kernel's fate."""
        with pytest.raises(DeadKernelError):
            await self.run(source)
        return self.sandbox.fate

    async def run_cases(self, function: str, cases: bytes, timeout: float = 20.0) -> Reply:
        """Put cases."""
        return await run_cases(self.client.kc, self.client.km, function, cases, timeout)


def said(output: NotebookNode) -> str:
    """An output as text."""
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return output.get("text") or output.get("data", {}).get("text/plain", "")


@asynccontextmanager
async def start(
    limits: KernelLimits | None = None, *, kernel_name: str = SANDBOXED, **traits: Any
) -> AsyncIterator[Kernel]:
    """A kernel for as long as the context lasts."""
    path = traits.pop("path", None)
    client = NotebookClient(
        new_notebook(),
        kernel_name=kernel_name,
        kernel_manager_class=GradedKernelManager,
        config=kernel_config(limits or KernelLimits(), **traits),
        allow_errors=True,
        interrupt_on_timeout=True,
        error_on_timeout={"ename": "TimeoutError", "evalue": "too long", "traceback": []},
        resources={"metadata": {"path": path}},
    )
    async with client.async_setup_kernel(env=traits.get("env", {"POSELAB_PROFILE": "smoke"})):
        yield Kernel(client)


def in_kernel(
    use: Callable[[Kernel], Awaitable[Result]], limits: KernelLimits | None = None, **options: Any
) -> Result:
    """Do something with a kernel of its own."""

    async def whole() -> Result:
        async with start(limits, **options) as kernel:
            return await use(kernel)

    return asyncio.run(whole())


def texts(*sources: str, limits: KernelLimits | None = None, **options: Any) -> list[str]:
    """What cells say, run in one kernel."""

    async def use(kernel: Kernel) -> list[str]:
        return [await kernel.text(source) for source in sources]

    return in_kernel(use, limits, **options)
