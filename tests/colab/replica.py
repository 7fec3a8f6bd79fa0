"""Builds an environment with Colab's versions of everything that the course touches.

Run by the Python that Colab has, with the standard library alone::

    python3.13 tests/colab/replica.py build/colab torch==2.11.0
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import venv
from pathlib import Path

FREEZE = Path(__file__).with_name("freeze.txt")

TOUCHED = [
    # What the notebooks import and Colab has.
    *("numpy", "matplotlib", "ipywidgets", "h5py", "tqdm", "safetensors", "pillow"),
    *("pycocotools", "transformers", "timm", "scipy"),
    # What runs them.
    *("ipykernel", "ipython", "notebook", "jupyter_client", "nbclient", "nbformat", "traitlets"),
    # What the packages that Colab lacks ask for.
    *("protobuf", "flatbuffers", "ml_dtypes", "sympy", "packaging", "typing_extensions"),
    # What the judge's tests ask for.
    *("pytest", "pydantic", "PyYAML", "jupytext", "bleach", "filelock", "python-dateutil"),
    *("typer", "rich", "networkx", "pandas"),
]
"""All that is named in `freeze.txt` and may be moved by an installation of the course."""

CUDA = ("cuda", "nvidia", "triton")
"""What the names of torch's own requirements begin with."""

HAS_COLAB = """\
# What a kernel of Colab's has done before the first cell runs: protobuf is loaded already.
import sys
from types import ModuleType

import google.protobuf.message

sys.modules["google.colab"] = ModuleType("google.colab")
"""


def build(folder: Path, torch: str) -> None:
    """Make the environment in ``folder/venv``, or take out what was added to it since.

    Args:
        folder: where everything is kept; ``installed.json`` lists the packages.
        torch: the requirement for PyTorch, which Colab builds itself.
    """
    python = folder / "venv" / "bin" / "python"
    listed = folder / "installed.json"
    wanted = [torch, *TOUCHED]
    known = json.loads(listed.read_text(encoding="utf-8")) if listed.is_file() else {}
    if known.get("wanted") == wanted and python.is_file():
        added = sorted(set(packages(python)) - set(known["packages"]))
        if added:
            _run(python, "-m", "pip", "uninstall", "--quiet", "--yes", *added)
        if packages(python) == known["packages"]:
            return
    venv.create(folder / "venv", clear=True, with_pip=True)
    # Colab builds torch itself: the one that others can have asks for other libraries of CUDA.
    pins = [f"{name}=={version}" for name, version in frozen().items() if not name.startswith(CUDA)]
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(pins), encoding="utf-8")
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", str(constraints))
    _run(python, *pip, "pip", "setuptools")
    _run(python, *pip, *wanted)
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "00-colab.py").write_text(HAS_COLAB, encoding="utf-8")
    content = {"wanted": wanted, "packages": packages(python)}
    listed.write_text(json.dumps(content, indent=1), encoding="utf-8")


def packages(python: Path | str = sys.executable) -> dict[str, str]:
    """The packages of an environment and their versions."""
    command = [str(python), "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    return {package["name"]: package["version"] for package in json.loads(listed.stdout)}


def frozen() -> dict[str, str]:
    """The packages that Colab has and their versions."""
    lines = FREEZE.read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    return {name: version for name, version in pins}


def _run(python: Path, *arguments: str) -> None:
    subprocess.run([str(python), *arguments], check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Build an environment like Colab's.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("torch", help="such as torch==2.11.0")
    chosen = parser.parse_args()
    build(chosen.folder.resolve(), chosen.torch)
