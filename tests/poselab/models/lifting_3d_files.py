"""What students of lifting_3d submit: weights in closed form with the solution's script, or worse.

The weights are those of the best linear map on four thousand poses, put into the solution's
network: its blocks add 0. That is worth half of the points, and takes no training.
"""

from __future__ import annotations

import functools
import importlib.util
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from data_stubs.lifting.scenes import draw_poses
from poselab.datasets.lifting import Statistics

SCRIPTS = Path(__file__).parents[3] / "solutions" / "lifting_3d"
SCRIPT = (SCRIPTS / "eval.py").read_text(encoding="utf-8")
UNTOUCHED = (SCRIPTS.parents[1] / "assignments/lifting_3d/eval.py").read_text(encoding="utf-8")
WIDTH = 30

Numbers = dict[str, Tensor]


def network(hidden_layer: int = WIDTH) -> nn.Module:
    """The solution's network."""
    found = importlib.util.spec_from_file_location("solved", SCRIPTS / "eval.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    model: nn.Module = module.LiftModel(hidden_layer=hidden_layer)
    return model


@functools.cache
def _linear() -> tuple[Numbers, Numbers]:
    poses = draw_poses(4096, 0)
    statistics_2d, statistics_3d = Statistics.of(poses.joint_2d), Statistics.of(poses.joint_3d)
    x = statistics_2d.normalise(poses.joint_2d.flatten(1)).double()
    y = statistics_3d.normalise(poses.joint_3d.flatten(1)).double()
    weights = torch.linalg.solve(x.T @ x + 0.1 * torch.eye(WIDTH), x.T @ y)
    state = dict(network().state_dict())
    for name, values in state.items():
        if name.startswith("blocks") and "running" not in name:
            state[name] = torch.zeros_like(values)
    state["enter.weight"], state["enter.bias"] = torch.eye(WIDTH), torch.zeros(WIDTH)
    state["leave.weight"], state["leave.bias"] = weights.T.float(), y.mean(dim=0).float()
    numbers = {
        "mean_2d": statistics_2d.mean,
        "std_2d": statistics_2d.std,
        "mean_3d": statistics_3d.mean,
        "std_3d": statistics_3d.std,
    }
    return state, numbers


def content(**changes: Any) -> dict[str, Any]:
    """What `liftModel` holds, with changes."""
    state, numbers = _linear()
    return {**state, **numbers, **changes}


def mean_pose() -> dict[str, Any]:
    """What the laziest model's `liftModel` holds."""
    return content(**{"leave.weight": torch.zeros(45, WIDTH)})


def saved(holding: Any) -> bytes:
    """A file as `torch.save` writes it."""
    file = io.BytesIO()
    torch.save(holding, file)
    return file.getvalue()


def files(script: str = SCRIPT, **changes: Any) -> dict[str, bytes]:
    """Both files, right unless told otherwise."""
    return {"liftModel": saved(content(**changes)), "eval.py": script.encode()}


def changed(old: str, new: str) -> str:
    """The solution's script with a change."""
    assert SCRIPT.count(old) == 1, old
    return SCRIPT.replace(old, new)


def printing(what: str) -> str:
    """The solution's script, but it prints something else."""
    start = SCRIPT.index('    print(f"average MPJPE')
    end = SCRIPT.index("\n", start)
    return SCRIPT[:start] + f"    {what}" + SCRIPT[end:]


def returning(expression: str) -> str:
    """A script whose `predict` returns an expression of `joint_2d`."""
    return f"import numpy as np\nimport torch\n\ndef predict(joint_2d):\n    return {expression}\n"


class Hidden:
    """Whoever unpickles it runs a command that leaves a trace."""

    def __init__(self, trace: str) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.trace,)


def lay_out(folder: Path, content: Mapping[str, bytes]) -> Path:
    """Write files into a folder, which is created."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in content.items():
        (folder / name).write_bytes(data)
    return folder
