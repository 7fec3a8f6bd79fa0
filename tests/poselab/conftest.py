from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from poselab.coordinates import to_pixels
from poselab.datasets import DeviceDict
from poselab.profiles import Profile

N_IMAGES = 31


def egocap_arrays(n_images: int = N_IMAGES) -> dict[str, np.ndarray]:
    """Arrays in EgoCap's layout: smooth colours, so that a network can learn where they are."""
    random = np.random.default_rng(0)
    pose_2d = random.uniform(0.1, 0.9, (n_images, 18, 2)).astype(np.float32)
    rows, columns = np.mgrid[:128, :160] / 160
    img = np.empty((n_images, 3, 128, 160), dtype=np.uint8)
    for image, pose in zip(img, pose_2d, strict=True):
        for channel, (x, y) in zip(image, pose[:3], strict=True):
            channel[:] = 255 / (1 + 4 * np.hypot(columns - x, rows - y))
    return {"img": img, "pose_2d": pose_2d, "pose_3d": random.normal(size=(n_images, 18, 3))}


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name] = values
    return path


@pytest.fixture(scope="session")
def egocap_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_arrays(tmp_path_factory.mktemp("egocap") / "EgoCap_nth10.hdf5", egocap_arrays())


@pytest.fixture
def make_profile() -> Callable[..., Profile]:
    def make(**settings: Any) -> Profile:
        standard = {"batch_size": 8, "epochs": 3, "learning_rate": 0.01, "n_images": N_IMAGES}
        return Profile(
            name="cpu",
            device=torch.device("cpu"),
            seed=settings.pop("seed", 5),
            settings=MappingProxyType({**standard, **settings}),
        )

    return make


class TinyNetwork(nn.Module):
    """Colours of a coarse grid -> a pose.

    With dropout, so that a training draws random numbers, and with a convolution for Muon.
    """

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(
            nn.AdaptiveAvgPool2d((4, 5)),
            nn.Conv2d(3, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.Conv2d(4, 4, 3, padding=1),
            nn.Flatten(),
            nn.Dropout(0.1),
            nn.Linear(80, 36),
        )

    def forward(self, img: Tensor) -> Tensor:
        return self.layers(img).reshape(-1, 18, 2) + 0.5


def squared_error(network: nn.Module, batch: DeviceDict) -> Tensor:
    return (network(batch["img"]) - batch["pose_2d"]).square().mean()


def read_pose(network: nn.Module, batch: DeviceDict) -> Tensor:
    return network(batch["img"])


def mean_distance(predicted: Tensor, target: Tensor) -> Tensor:
    return (predicted - target).norm(dim=-1).mean()


def error_px(predicted_01: Tensor, target_01: Tensor) -> Tensor:
    """The error in pixels of EgoCap's images."""
    return mean_distance(to_pixels(predicted_01, (128, 160)), to_pixels(target_01, (128, 160)))
