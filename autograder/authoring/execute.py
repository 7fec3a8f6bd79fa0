"""Runs solution notebooks, and keeps outputs until something they derive from changes."""

from __future__ import annotations

import base64
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from PIL import Image
from tqdm import tqdm

from autograder.errors import CourseError

NotebookNode = Any
Execute = Callable[[NotebookNode, Path], None]

_WIDGET = "application/vnd.jupyter.widget-view+json"


def notebook_bytes(nb: NotebookNode) -> bytes:
    """The file of a notebook: sorted keys, so that equal notebooks are equal files."""
    nb.nbformat, nb.nbformat_minor = 4, 5
    nbformat.validate(nb)
    text: str = nbformat.writes(nb, indent=1, sort_keys=True, ensure_ascii=False)
    return text.rstrip("\n").encode() + b"\n"


def with_outputs(nb: NotebookNode, path: Path, fingerprint: str, execute: Execute) -> NotebookNode:
    """Give the notebook `nb` the outputs stored in `path`, or run it when those have grown old."""
    stored = _stored_outputs(path, fingerprint)
    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    if stored is not None and len(stored) == len(cells):
        for cell, old in zip(cells, stored, strict=True):
            cell.outputs, cell.execution_count = old.outputs, old.execution_count
    else:
        execute(nb, path)
    nb.metadata["poselab"] = {"fingerprint": fingerprint}
    return nb


def _stored_outputs(path: Path, fingerprint: str) -> list[Any] | None:
    try:
        stored = nbformat.read(path, as_version=4)
    except (FileNotFoundError, nbformat.reader.NotJSONError, nbformat.ValidationError):
        return None
    if stored.metadata.get("poselab", {}).get("fingerprint") != fingerprint:
        return None
    return [cell for cell in stored.cells if cell.cell_type == "code"]


def runner(root: Path) -> Execute:
    """What runs the notebooks of the course in the folder `root`, with that folder's packages."""

    def execute(nb: NotebookNode, path: Path) -> None:
        where = path.relative_to(root)
        # The notebook may write where it runs: that must not end up among the sources.
        cells = sum(cell.cell_type == "code" for cell in nb.cells)
        with tempfile.TemporaryDirectory() as folder, tqdm(total=cells, desc=str(where)) as bar:
            client = NotebookClient(
                nb,
                timeout=None,
                kernel_name="python3",
                record_timing=False,
                store_widget_state=False,
                extra_arguments=["--IPKernelApp.log_level=ERROR"],
                resources={"metadata": {"path": folder}},
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
            except CellExecutionError as error:
                raise CourseError(
                    f"{where} does not run: {error.ename} ({error.evalue}); mend {where.stem}.py."
                ) from None
            except DeadKernelError:
                raise CourseError(f"{where} does not run: its kernel died.") from None
        for cell in nb.cells:
            cell.metadata.pop("execution", None)
            if cell.cell_type == "code":
                cell.outputs = tidy_outputs(cell.outputs)
        nb.metadata["language_info"] = {"name": "python"}
        nb.metadata.pop("widgets", None)

    return execute


def tidy_outputs(outputs: list[Any]) -> list[Any]:
    """Outputs worth keeping: no progress bars (stderr), no widgets (they need a kernel)."""
    tidy: list[Any] = []
    for output in outputs:
        if output.output_type == "stream":
            if output.name == "stderr":
                continue
            if tidy and tidy[-1].output_type == "stream":
                tidy[-1].text += output.text
                continue
        elif _WIDGET in output.get("data", {}):
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
