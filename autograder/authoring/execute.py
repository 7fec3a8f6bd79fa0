"""Runs solution notebooks, and keeps outputs until something they derive from changes."""

from __future__ import annotations

import atexit
import base64
import copy
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat.v4 import new_notebook
from PIL import Image
from tqdm import tqdm
from traitlets.config import Config

from autograder.authoring.fingerprint import Fingerprint, checks_something
from autograder.errors import CourseError
from autograder.needed_cells import needed_cells
from autograder.sandbox.client import ATTENTIVE

NotebookNode = Any
Execute = Callable[[NotebookNode, Path], bool]
"""Runs a notebook, given its place in the course; False if it leaves the notebook as it is."""

_WIDGET = "application/vnd.jupyter.widget-view+json"


def notebook_bytes(nb: NotebookNode) -> bytes:
    """The file of a notebook: sorted keys, so that equal notebooks are equal files."""
    nb.nbformat, nb.nbformat_minor = 4, 5
    nbformat.validate(nb)
    text: str = nbformat.writes(nb, indent=1, sort_keys=True, ensure_ascii=False)
    return text.rstrip("\n").encode() + b"\n"


def with_outputs(
    nb: NotebookNode, path: Path, derived_from: Fingerprint, execute: Execute
) -> NotebookNode:
    """Give a notebook its stored outputs, and new ones in place of those that are stale.

    If only the judging changed, only the cells that check and what they need are run. A notebook
    that `execute` leaves as it is gets the stored outputs that still fit, and stays stale.

    Args:
        nb: the notebook, without outputs.
        path: where it is stored, or will be.
        derived_from: what its outputs should derive from.
        execute: runs the notebook, or a part of it.

    Returns:
        The notebook `nb`, with outputs and with the fingerprint of what they do derive from.
    """
    stored = _stored(path)
    kept_from = stored.metadata.get("poselab", {})
    new, old = _code_cells(nb), _code_cells(stored)
    if kept_from.get("run") == derived_from.run and len(new) == len(old):
        _keep(zip(new, old, strict=True))
        fresh = kept_from.get("checks") == derived_from.checks or _run_checks(new, path, execute)
    elif not (fresh := execute(nb, path)):
        by_id = {cell.id: cell for cell in old}
        _keep((cell, by_id[cell.id]) for cell in new if cell.id in by_id)
        kept_from = {}  # the outputs of other cells are lost, even if their code comes back
    nb.metadata["poselab"] = asdict(derived_from) if fresh else kept_from
    return nb


def _stored(path: Path) -> NotebookNode:
    try:
        return nbformat.read(path, as_version=4)
    except (FileNotFoundError, nbformat.reader.NotJSONError, nbformat.ValidationError):
        return new_notebook()


def _code_cells(nb: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def _keep(pairs: Iterable[tuple[NotebookNode, NotebookNode]]) -> None:
    for cell, old in pairs:
        cell.outputs, cell.execution_count = old.outputs, old.execution_count


def _run_checks(cells: list[NotebookNode], path: Path, execute: Execute) -> bool:
    """Give the cells that check new outputs; run them and what they need, and no training."""
    checks = [index for index, cell in enumerate(cells) if checks_something(cell)]
    needed = needed_cells([cell.source for cell in cells], checks)
    part = new_notebook(cells=[copy.deepcopy(cells[index]) for index in needed])
    if not execute(part, path):
        return False
    for index in checks:
        cells[index].outputs = part.cells[needed.index(index)].outputs
        for output in cells[index].outputs:
            if output.output_type == "execute_result":
                output.execution_count = cells[index].execution_count
    return True


def runner(root: Path, files: Mapping[str, Iterable[str]] | None = None) -> Execute:
    """What runs the notebooks of a course.

    Args:
        root: the course's folder, whose packages the notebooks import.
        files: by assignment, the files that lie beside a notebook when it runs.

    Returns:
        A function that runs a notebook in place.
    """

    def execute(nb: NotebookNode, path: Path) -> bool:
        where = path.relative_to(root)
        beside = [path.with_name(name) for name in (files or {}).get(path.parent.name, ())]
        try:
            if _run(nb, root, where, beside) and (reason := _run(nb, root, where, beside)):
                raise CourseError(
                    f"{where} was not run: twice, no kernel started ({reason}); the machine may be "
                    "too busy, so run the same command again later."
                )
        except CellExecutionError as error:
            raise CourseError(
                f"{where} does not run: {error.ename} ({error.evalue}); fix {where.stem}.py."
            ) from None
        except DeadKernelError:
            raise CourseError(f"{where} does not run: its kernel died.") from None
        for cell in nb.cells:
            cell.metadata.pop("execution", None)
            if cell.cell_type == "code":
                cell.outputs = tidy_outputs(cell.outputs)
        nb.metadata["language_info"] = {"name": "python"}
        nb.metadata.pop("widgets", None)
        return True

    return execute


def _run(nb: NotebookNode, root: Path, where: Path, files: Iterable[Path]) -> str | None:
    """Run all cells of a notebook in a kernel of its own; say why none started, if so."""
    begun = False

    def begin(**_: object) -> None:
        nonlocal begun
        begun = True

    # The notebook may write where it runs: that must not end up among the sources.
    with (
        tempfile.TemporaryDirectory() as folder,
        tqdm(total=len(_code_cells(nb)), desc=str(where)) as bar,
    ):
        for file in files:
            shutil.copy(file, folder)
        client = NotebookClient(
            nb,
            timeout=None,
            # On a busy machine outputs come late; after 4 seconds nbclient would drop them.
            iopub_timeout=600,
            raise_on_iopub_timeout=True,
            kernel_name="python3",
            record_timing=False,
            store_widget_state=False,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            resources={"metadata": {"path": folder}},
            config=Config({"AsyncKernelManager": {"client_class": ATTENTIVE}}),
            on_cell_start=begin,
            on_cell_executed=lambda **_: bar.update(),
        )
        environment = {
            **os.environ,
            "POSELAB_PROFILE": "cpu",
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")]),
        }
        try:
            client.execute(env=environment)
        except (RuntimeError, TimeoutError) as error:
            # "Kernel died before replying to kernel_info", "Kernel didn't respond in 60 seconds".
            if begun:
                raise
            atexit.unregister(client._cleanup_kernel)  # at exit it would fail on no kernel
            return str(error) or type(error).__name__
    return None


def tidy_outputs(outputs: list[Any]) -> list[Any]:
    """Outputs worth keeping: no progress bars (stderr), and of a widget only its picture."""
    tidy: list[Any] = []
    for output in outputs:
        if output.output_type == "stream":
            if output.name == "stderr":
                continue
            if tidy and tidy[-1].output_type == "stream":
                tidy[-1].text += output.text
                continue
        elif output.get("data", {}).pop(_WIDGET, None) and "image/png" not in output.data:
            continue
        output.pop("transient", None)
        if "image/png" in output.get("data", {}):
            output.data["image/png"] = smaller_png(output.data["image/png"])
        tidy.append(output)
    return tidy


def smaller_png(picture: str) -> str:
    """A PNG in base64 with 256 colours, if that is smaller: each build is kept in git for ever."""
    file = io.BytesIO()
    opened = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
    opened.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(file, "PNG", optimize=True)
    smaller = base64.b64encode(file.getvalue()).decode()
    return smaller if len(smaller) < len(picture) else picture
