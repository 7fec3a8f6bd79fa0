"""Train the network: `python training.py`, in the folder of `data_train_lift.pkl`.

It writes `liftModel`, which `eval.py` reads: the weights, and the four statistics that positions
are normalised with. `python training.py --help` lists the settings.
"""

from __future__ import annotations

import argparse

import torch
from eval import WEIGHTS, LiftModel, cal_mpjpe
from torch import nn
from torch.nn.functional import mse_loss
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler

from poselab.datasets.lifting import NormalisedPoses, Statistics, load_lifting

TRAINING_DATA = "data_train_lift.pkl"


def run_epoch(
    epoch_no: int,
    data: NormalisedPoses,
    model: nn.Module,
    optimiser: Optimizer,
    scheduler: LRScheduler,
    batch_size: int = 64,
    split: str = "train",
) -> tuple[float, float]:
    """Your epoch, as in the notebook."""
    # TODO
    raise NotImplementedError("Write your solution here.")


def settings() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description="Train a network that lifts 2D skeletons to 3D.")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--hidden-layer", type=int, default=256)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Train on nine tenths of the file, validate on the last one, and save the best weights."""
    chosen = settings()
    torch.manual_seed(chosen.seed)
    poses = load_lifting(TRAINING_DATA)
    n_train = len(poses) * 9 // 10
    statistics_2d = Statistics.of(poses.joint_2d[:n_train])
    statistics_3d = Statistics.of(poses.joint_3d[:n_train])
    train_set = NormalisedPoses(poses[:n_train], statistics_2d, statistics_3d)
    validation_set = NormalisedPoses(poses[n_train:], statistics_2d, statistics_3d)
    numbers = {
        "mean_2d": statistics_2d.mean,
        "std_2d": statistics_2d.std,
        "mean_3d": statistics_3d.mean,
        "std_3d": statistics_3d.std,
    }
    # TODO
    raise NotImplementedError("Write your solution here.")


if __name__ == "__main__":
    main()
