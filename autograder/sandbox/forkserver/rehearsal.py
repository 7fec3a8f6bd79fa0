"""Finding out what a kernel imports when it starts and runs its first cells, by letting one do it.

A list kept by hand would be out of date with each update of a library.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path

_CELLS = (
    "import torch, numpy as np\nfrom torch import nn\n1",
    "torch.manual_seed(0)\n"
    "layer = nn.Linear(2, 2)\n"
    "optimiser = torch.optim.Adam(layer.parameters())\n"
    "layer(torch.ones(1, 2)).sum().backward()\n"
    "optimiser.step()\n"
    "layer",
    "import matplotlib.pyplot as plt\nplt.plot([0, 1], label='a')\nplt.legend()\nplt.show()",
    "from tqdm.auto import tqdm\nfor _ in tqdm(range(2)):\n    pass",
    "1 / 0",
    "%matplotlib inline\nlist(torch.utils.data.DataLoader([1, 2], batch_size=2))",
)


def missing_modules() -> list[str]:
    """The modules that a kernel imports and this process has not, in the order of their import."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(writer, "w") as file:
                json.dump(_rehearse(), file)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        text = file.read()
    os.waitpid(child, 0)
    names: list[str] = json.loads(text) if text else []
    return names


def _rehearse() -> list[str]:
    before = set(sys.modules)
    with contextlib.suppress(Exception):
        _play(Path(tempfile.mkdtemp()))
    return [name for name in sys.modules if name not in before and name != "__main__"]


def _play(folder: Path) -> None:
    from .kernel import prepare

    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    app = prepare()
    ports = {f"{name}_port": n for n, name in enumerate(("shell", "iopub", "stdin", "hb"), 1)}
    app.connection = {
        "transport": "ipc",
        "ip": str(folder / "s"),
        "key": "rehearsal",
        "signature_scheme": "hmac-sha256",
        "control_port": 5,
        **ports,
    }
    app.initialize([])  # type: ignore[no-untyped-call]
    assert app.shell is not None
    for cell in _CELLS:
        app.shell.run_cell(cell)
