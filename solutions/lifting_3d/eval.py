"""Measure a trained network: `python eval.py`, in the folder that has the two files.

* `liftModel`: the weights, and the four statistics that positions were normalised with
* `data_test_lift.pkl`: poses to measure it on, in the layout of the training file

It prints the average MPJPE and the average loss. Submit it beside `liftModel`.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from poselab.datasets.lifting import Statistics, load_lifting

WEIGHTS = "liftModel"
TEST_DATA = "data_test_lift.pkl"


class LiftModel(nn.Module):
    """Your network, as in the notebook."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 15 * 3,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.enter = nn.Linear(15 * 2, hidden_layer)
        self.blocks = nn.ModuleList()
        for _ in range(n_blocks):
            layers: list[nn.Module] = []
            for _ in range(2):
                layers += [nn.Linear(hidden_layer, hidden_layer), nn.BatchNorm1d(hidden_layer)]
                layers += [nn.ReLU(), nn.Dropout(dropout)]
            self.blocks.append(nn.Sequential(*layers))
        self.leave = nn.Linear(hidden_layer, output_nodes)
        ### END SOLUTION

    def forward(self, joint_2d: Tensor) -> Tensor:
        """(N, 30) to (N, output_nodes), both normalised."""
        ### BEGIN SOLUTION
        x = self.enter(joint_2d)
        for block in self.blocks:
            x = x + block(x)
        result: Tensor = self.leave(x)
        return result
        ### END SOLUTION


def cal_mpjpe(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """Your error, as in the notebook."""
    ### BEGIN SOLUTION
    difference = (pose_1 - pose_2).reshape(len(pose_1), -1, 3)
    error = torch.linalg.vector_norm(difference, dim=-1).mean(dim=1)
    return error.mean() if avg else error
    ### END SOLUTION


def load_model() -> tuple[LiftModel, Statistics, Statistics]:
    """The trained network in evaluation mode, and the statistics of 2D and of 3D positions.

    Both are on the CPU, wherever the network was trained: `map_location="cpu"`. The width has to be
    that of the saved network, not the default: read it from the shape of a saved weight. Take the
    four statistics out before `load_state_dict`.
    """
    ### BEGIN SOLUTION
    saved = torch.load(WEIGHTS, map_location="cpu", weights_only=True)
    statistics = [
        Statistics(saved.pop(f"mean_{name}"), saved.pop(f"std_{name}")) for name in ("2d", "3d")
    ]
    model = LiftModel(hidden_layer=len(saved["enter.weight"]))
    model.load_state_dict(saved)
    return model.eval(), statistics[0], statistics[1]
    ### END SOLUTION


def predict(joint_2d: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lift skeletons. The grader calls this function, with poses of its own.

    Args:
        joint_2d: (N, 15, 2), as they are in the file.

    Returns:
        (N, 15, 3), in the unit of the file.
    """
    ### BEGIN SOLUTION
    model, statistics_2d, statistics_3d = load_model()
    given = statistics_2d.normalise(torch.as_tensor(joint_2d).float().flatten(1))
    with torch.no_grad():
        poses = statistics_3d.restore(model(given))
    return poses.unflatten(1, (15, 3)).numpy()
    ### END SOLUTION


def main() -> None:
    """Print the average MPJPE and the average loss on the test file."""
    poses = load_lifting(TEST_DATA)
    ### BEGIN SOLUTION
    predicted = torch.from_numpy(predict(poses.joint_2d.numpy()))
    _, _, statistics = load_model()
    loss = mse_loss(statistics.normalise(predicted), statistics.normalise(poses.joint_3d))
    error = cal_mpjpe(predicted, poses.joint_3d)
    ### END SOLUTION
    print(f"average MPJPE {error:.5f}, average loss {loss:.5f} ({len(poses)} poses)")


if __name__ == "__main__":
    main()
