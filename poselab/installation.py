"""What the first cell of a notebook leaves to poselab on Colab: missing packages, and the GPU.

The first cell installs poselab alone, without the packages that it needs. They are installed from
here, so that no package that Colab has is moved: some of them are loaded already, and a package
whose files change below a running kernel can no longer be imported.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distributions, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

_OFFLINE = ("connection broken", "could not resolve", "name resolution", "unreachable", "timed out")
"""What pip says, in lower case, when it reaches no server."""


def complete_installation(package: str = "poselab", extra: str = "onnx") -> None:
    """Install what `package` needs and is not there; say so, and whether there is a GPU.

    Args:
        package: an installed package.
        extra: its extra whose requirements are needed as well.

    Raises:
        RuntimeError: something is missing, and there is no network.
    """
    for requirement in install(missing_requirements(package, extra)):
        print(
            f"{Requirement(requirement).name} cannot be installed without changing a package that "
            "is already here, so cells that import it fail: tell your instructor."
        )
    print("The course is installed.", describe_gpu())


def missing_requirements(package: str, extra: str) -> list[str]:
    """What an installed package and its extra require and this environment does not have."""
    missing = []
    for text in requires(package) or ():
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            found = None
        if found is None or not requirement.specifier.contains(found, prereleases=True):
            missing.append(f"{requirement.name}{requirement.specifier}")
    return missing


def install(requirements: list[str]) -> list[str]:
    """Install packages without moving one that is there.

    Args:
        requirements: what pip is asked for.

    Returns:
        Those of `requirements` that cannot be installed so; all others are.

    Raises:
        RuntimeError: there is no network.
    """
    if not requirements:
        return []
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "installed.txt"
        constraints.write_text("\n".join(installed_versions()), encoding="utf-8")
        refused = [] if _pip(requirements, constraints) else requirements
        if len(refused) > 1:  # one of them stands in the way of the others
            refused = [one for one in requirements if not _pip([one], constraints)]
    importlib.invalidate_caches()
    return refused


def installed_versions(paths: Iterable[str] | None = None) -> list[str]:
    """Every package that can be imported, pinned to its version, as pip's constraints.

    Args:
        paths: the folders to search, the first first; `sys.path` if not given.

    Returns:
        Lines such as ``numpy==2.1.3``, sorted.
    """
    versions: dict[str, str] = {}
    for found in distributions(path=list(sys.path if paths is None else paths)):
        try:
            Version(found.version)
        except (InvalidVersion, TypeError):
            # A package of the operating system, or half removed: pip could not read the line.
            continue
        # Of a package that is there twice, the first is imported.
        versions.setdefault(canonicalize_name(found.name), found.version)
    return sorted(f"{name}=={number}" for name, number in versions.items())


def describe_gpu() -> str:
    """One sentence on the GPU of this Colab runtime, found without importing torch."""
    if shutil.which("nvidia-smi") is not None:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
        if listed.returncode == 0 and listed.stdout.startswith("GPU 0: "):
            name = listed.stdout.splitlines()[0].removeprefix("GPU 0: ").partition(" (")[0]
            return f"The trainings run on its GPU, {name}."
    return (
        "There is no GPU, so trainings are short ones on the CPU; "
        "switch a GPU on under Runtime > Change runtime type, then run this cell again."
    )


def _pip(requirements: list[str], constraints: Path) -> bool:
    """Whether pip could install all of `requirements`."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--retries", "1"]
    command += ["-c", str(constraints), *requirements]
    pip = subprocess.run(command, capture_output=True, text=True, check=False)
    if pip.returncode and any(words in pip.stderr.lower() for words in _OFFLINE):
        raise RuntimeError(
            f"{', '.join(Requirement(one).name for one in requirements)} cannot be installed: "
            "there is no network. Connect this runtime again, then run this cell again."
        )
    return pip.returncode == 0
