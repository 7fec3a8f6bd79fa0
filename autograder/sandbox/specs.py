"""Names for our kernels, so that anything that takes a kernel's name can use them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager

SANDBOXED = "poselab-sandbox"
"""Warm and sandboxed."""

COLD = "poselab-cold"
"""The same kernel in a process of its own, without a sandbox: for machines that have none."""

SPECS = Path(__file__).parent / "kernelspecs"
"""Where the kernelspecs lie; a ``kernel_dirs`` entry for those who do not install them."""


def spec_manager() -> KernelSpecManager:
    """A manager that knows our kernels besides all that are installed."""
    manager = KernelSpecManager()
    manager.kernel_dirs = [str(SPECS), *manager.kernel_dirs]
    return manager


def install_kernelspec(prefix: Path | str = sys.prefix) -> Path:
    """Make the sandboxed kernel known to Jupyter; returns where its kernelspec lies now."""
    target = Path(prefix) / "share" / "jupyter" / "kernels" / SANDBOXED
    shutil.copytree(SPECS / SANDBOXED, target, dirs_exist_ok=True)
    return target
