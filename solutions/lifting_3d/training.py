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
    ### BEGIN SOLUTION
    is_training, was_training = split == "train", model.training
    order = torch.randperm(len(data)) if is_training else torch.arange(len(data))
    total_loss = total_error = 0.0
    model.train(is_training)
    with torch.set_grad_enabled(is_training):
        for indices in order.split(batch_size):
            batch = data.batch(indices)
            predicted = model(batch["joint_2d"])
            loss = mse_loss(predicted, batch["joint_3d"])
            if is_training:
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            restored = data.statistics_3d.restore(predicted.detach())
            error = cal_mpjpe(restored, data.statistics_3d.restore(batch["joint_3d"]))
            total_loss += loss.item() * len(indices)
            total_error += error.item() * len(indices)
    if is_training:
        scheduler.step()
    else:
        model.train(was_training)
    return total_loss / len(data), total_error / len(data)
    ### END SOLUTION


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
    ### BEGIN SOLUTION
    model = LiftModel(hidden_layer=chosen.hidden_layer)
    optimiser = AdamW(model.parameters(), lr=chosen.learning_rate)
    scheduler = CosineAnnealingLR(optimiser, chosen.epochs)
    best = float("inf")
    for epoch in range(chosen.epochs):
        common = (model, optimiser, scheduler, chosen.batch_size)
        loss, _ = run_epoch(epoch, train_set, *common)
        _, error = run_epoch(epoch, validation_set, *common, "validation")
        print(f"epoch {epoch + 1}: training loss {loss:.4f}, validation MPJPE {error:.5f}")
        if error < best:
            best = error
            torch.save(model.state_dict() | numbers, WEIGHTS)
    ### END SOLUTION


if __name__ == "__main__":
    main()
