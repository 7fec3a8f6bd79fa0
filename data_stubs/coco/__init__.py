"""Synthetic COCO keypoints: annotations and images in the layout of the real data set."""

from data_stubs.coco.file import CocoFiles, CocoPart, ensure_coco, ensure_held_out

__all__ = ["CocoFiles", "CocoPart", "ensure_coco", "ensure_held_out"]
