"""The course's data sets, read from the files that the original courses distribute."""

from poselab.datasets.device_dict import DeviceDict
from poselab.datasets.egocap import EgoCapDataset
from poselab.datasets.errors import DatasetError

__all__ = ["DatasetError", "DeviceDict", "EgoCapDataset"]
