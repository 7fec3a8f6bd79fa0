"""Joints, bones and left/right pairs of the skeletons that the course's data sets use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise


@dataclass(frozen=True)
class Skeleton:
    """The names and the topology of one data set's joints.

    Args:
        name: the data set's name.
        joints: joint names in the order of the data set's arrays.
        bones: pairs of joint names that a drawing connects.

    A joint's side is given by the word ``left`` or ``right`` in its name.
    """

    name: str
    joints: tuple[str, ...]
    bones: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        """The index of ``joint`` in the data set's arrays.

        Args:
            joint: the joint's name.

        Returns:
            Its index.

        Raises:
            KeyError: the skeleton has no joint of that name.
        """
        try:
            return self.joints.index(joint)
        except ValueError:
            raise KeyError(
                f"{self.name} has no joint {joint!r}; it has {list(self.joints)}"
            ) from None

    @cached_property
    def bone_indices(self) -> tuple[tuple[int, int], ...]:
        """The bones as pairs of joint indices."""
        return tuple((self.index(start), self.index(end)) for start, end in self.bones)

    @cached_property
    def mirrored(self) -> tuple[int, ...]:
        """For each joint the index of its partner on the body's other side, or its own index.

        ``poses[:, skeleton.mirrored]`` swaps left and right, as a mirrored image requires.
        """
        return tuple(self.index(_other_side(joint)) for joint in self.joints)

    def side(self, joint: str) -> str:
        """``"left"``, ``"right"`` or ``"middle"``."""
        return next((side for side in ("left", "right") if side in joint), "middle")


def _other_side(joint: str) -> str:
    if "left" in joint:
        return joint.replace("left", "right")
    return joint.replace("right", "left")


def _limbs(side: str) -> tuple[tuple[str, str], ...]:
    arm = ("shoulder", "elbow", "wrist", "finger")
    leg = ("shoulder", "hip", "knee", "ankle", "toe")
    chains = (pairwise(arm), pairwise(leg))
    return (
        ("neck", f"{side}-shoulder"),
        *((f"{side}-{a}", f"{side}-{b}") for chain in chains for a, b in chain),
    )


EGOCAP = Skeleton(
    name="EgoCap",
    joints=(
        "head",
        "neck",
        *(f"left-{part}" for part in ("shoulder", "elbow", "wrist", "finger")),
        *(f"right-{part}" for part in ("shoulder", "elbow", "wrist", "finger")),
        *(f"left-{part}" for part in ("hip", "knee", "ankle", "toe")),
        *(f"right-{part}" for part in ("hip", "knee", "ankle", "toe")),
    ),
    bones=(
        ("head", "neck"),
        *_limbs("left"),
        *_limbs("right"),
        ("left-shoulder", "right-shoulder"),
        ("left-hip", "right-hip"),
    ),
)
"""The 18 joints and 19 bones of EgoCap, as in the UBC course's edition of the data set."""

UPPER_BODY = Skeleton(
    name="YouTube Pose",
    joints=(
        "head",
        *(
            f"{side}-{part}"
            for part in ("wrist", "elbow", "shoulder")
            for side in ("right", "left")
        ),
    ),
    bones=(
        *(("head", f"{side}-shoulder") for side in ("right", "left")),
        ("right-shoulder", "left-shoulder"),
        *(
            (f"{side}-{start}", f"{side}-{end}")
            for side in ("right", "left")
            for start, end in pairwise(("shoulder", "elbow", "wrist"))
        ),
    ),
)
"""The 7 joints of YouTube Pose, in the order of its arrays, and 7 bones."""

LIFTING = Skeleton(
    name="lifting",
    joints=(
        *(f"right-{part}" for part in ("ankle", "knee", "hip")),
        *(f"left-{part}" for part in ("hip", "knee", "ankle")),
        "thorax",
        "neck",
        "head-top",
        *(f"right-{part}" for part in ("wrist", "elbow", "shoulder")),
        *(f"left-{part}" for part in ("shoulder", "elbow", "wrist")),
    ),
    bones=(
        *(
            bone
            for side in ("right", "left")
            for bone in pairwise(("thorax", f"{side}-hip", f"{side}-knee", f"{side}-ankle"))
        ),
        ("right-hip", "left-hip"),
        ("thorax", "neck"),
        ("neck", "head-top"),
        *(
            bone
            for side in ("right", "left")
            for bone in pairwise(("thorax", f"{side}-shoulder", f"{side}-elbow", f"{side}-wrist"))
        ),
    ),
)
"""The 15 joints of the lifting lab, CS763 Lab 7: MPII's sixteen without the pelvis, and 15 bones.

The thorax is where the neck begins, and the neck is where the head begins, as in MPII. The pelvis,
the root, is not stored, so the trunk is drawn from the thorax to both hips.
"""

HUMAN36M = Skeleton(
    name="Human3.6M",
    joints=(
        "pelvis",
        *(f"{side}-{part}" for side in ("right", "left") for part in ("hip", "knee", "ankle")),
        "spine",
        "thorax",
        "nose",
        "head-top",
        *(
            f"{side}-{part}"
            for side in ("left", "right")
            for part in ("shoulder", "elbow", "wrist")
        ),
    ),
    bones=(
        *(
            bone
            for side in ("right", "left")
            for bone in pairwise(("pelvis", f"{side}-hip", f"{side}-knee", f"{side}-ankle"))
        ),
        *pairwise(("pelvis", "spine", "thorax", "nose", "head-top")),
        *(
            bone
            for side in ("left", "right")
            for bone in pairwise(("thorax", f"{side}-shoulder", f"{side}-elbow", f"{side}-wrist"))
        ),
    ),
)
"""The 17 joints of Human3.6M, in the order of its arrays, and 16 bones; the root comes first."""

COCO = Skeleton(
    name="COCO",
    joints=(
        "nose",
        *(
            f"{side}-{part}"
            for part in (
                *("eye", "ear", "shoulder", "elbow", "wrist"),
                *("hip", "knee", "ankle"),
            )
            for side in ("left", "right")
        ),
    ),
    bones=(
        *(
            bone
            for side in ("left", "right")
            for bone in (
                *pairwise((f"{side}-ankle", f"{side}-knee", f"{side}-hip")),
                (f"{side}-shoulder", f"{side}-hip"),
                *pairwise((f"{side}-shoulder", f"{side}-elbow", f"{side}-wrist")),
                *pairwise(("nose", f"{side}-eye", f"{side}-ear", f"{side}-shoulder")),
            )
        ),
        ("left-hip", "right-hip"),
        ("left-shoulder", "right-shoulder"),
        ("left-eye", "right-eye"),
    ),
)
"""The 17 keypoints of COCO, in the order of its arrays, and its 19 bones.

COCO's files write ``left_eye`` where this says ``left-eye``.
"""
