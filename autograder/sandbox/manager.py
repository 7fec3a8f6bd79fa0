"""A kernel manager that knows our kernels: what to give nbclient as ``kernel_manager_class``."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets import DottedObjectName, Type, Unicode, default
from traitlets.config import Config

from autograder.sandbox.client import CLIENT_CLASS, PromptClient
from autograder.sandbox.limits import KernelLimits
from autograder.sandbox.provisioner import SandboxProvisioner
from autograder.sandbox.specs import SANDBOXED, spec_manager
from autograder.sandbox.warm_parent import warm_parent


class GradedKernelManager(AsyncKernelManager):
    """Starts sandboxed kernels unless told otherwise, and talks to them without delay."""

    kernel_name = Unicode(SANDBOXED)
    client_class = DottedObjectName(CLIENT_CLASS, config=True)
    client_factory = Type(PromptClient, config=True)

    @default("kernel_spec_manager")
    def _our_kernelspecs(self) -> KernelSpecManager:
        return spec_manager()

    def _connect_control_socket(self) -> None:
        """Connect to cold kernels only: others are ended by signals, and may send without end."""
        if self.sandbox is None:
            super()._connect_control_socket()

    @property
    def sandbox(self) -> SandboxProvisioner | None:
        """The sandbox around the kernel, which can tell why it died; ``None`` for a cold one."""
        return self.provisioner if isinstance(self.provisioner, SandboxProvisioner) else None


def kernel_config(limits: KernelLimits, **traits: Any) -> Config:
    """A configuration for nbclient that gives sandboxed kernels these limits.

    Args:
        limits: what each kernel may use.
        traits: further ones of the provisioner, as ``copy_working_folder=True``.

    Returns:
        The configuration; its only section is ``SandboxProvisioner``.
    """
    return Config({"SandboxProvisioner": {"limits": vars(limits), **traits}})


async def warm_up() -> None:
    """Start the warm parent now, so that the first kernel does not have to wait for it."""
    await asyncio.to_thread(warm_parent)
