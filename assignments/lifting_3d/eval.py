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
        # TODO
        raise NotImplementedError("Write your solution here.")

    def forward(self, joint_2d: Tensor) -> Tensor:
        """(N, 30) to (N, output_nodes), both normalised."""
        # TODO
        raise NotImplementedError("Write your solution here.")


def cal_mpjpe(pose_1: Tensor, pose_2: Tensor, avg: bool = True) -> Tensor:
    """Your error, as in the notebook."""
    # TODO
    raise NotImplementedError("Write your solution here.")


def load_model() -> tuple[LiftModel, Statistics, Statistics]:
    """The trained network in evaluation mode, and the statistics of 2D and of 3D positions.

    Both are on the CPU, wherever the network was trained: `map_location="cpu"`. The width has to be
    that of the saved network, not the default: read it from the shape of a saved weight. Take the
    four statistics out before `load_state_dict`.
    """
    # TODO
    raise NotImplementedError("Write your solution here.")


def predict(joint_2d: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lift skeletons. The grader calls this function, with poses of its own.

    Args:
        joint_2d: (N, 15, 2), as they are in the file.

    Returns:
        (N, 15, 3), in the unit of the file.
    """
    # TODO
    raise NotImplementedError("Write your solution here.")


def main() -> None:
    """Print the average MPJPE and the average loss on the test file."""
    poses = load_lifting(TEST_DATA)
    # TODO
    raise NotImplementedError("Write your solution here.")
    print(f"average MPJPE {error:.5f}, average loss {loss:.5f} ({len(poses)} poses)")


if __name__ == "__main__":
    main()
