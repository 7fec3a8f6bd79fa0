"""Motion capture for lifting: ``.bvh`` files, whose skeletons differ, become the lab's files.

Two tables say where each joint is taken from. ``NAMES`` lists what different programs call it, and
``_RULES`` says where it is if a skeleton has no joint of any of these names: the thorax midway
between the shoulders, the spine halfway along the vertebrae. A skeleton from which a joint cannot
be derived is refused, with a sentence that names the joint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from data_stubs.blocks import block_generator
from data_stubs.human.anatomy import SIDES
from data_stubs.lifting.file import write_poses
from data_stubs.lifting.scenes import join
from data_stubs.lifting.views import film
from poselab.datasets.lifting import TwoViews
from poselab.skeletons import LIFTING

# A name that comes first is preferred. Where a skeleton has an "arm" its "shoulder" is the collar
# bone, and where it has an "upleg" its "leg" is the shin, so these two come last.
_LIMB_NAMES = {
    "shoulder": ("uparm", "upperarm", "shldr", "shldrbend", "arm", "shoulder"),
    "elbow": ("elbow", "forearm", "lowerarm", "lowarm", "forearmbend"),
    "wrist": ("wrist", "hand"),
    "hip": ("upleg", "upperleg", "thigh", "thighbend", "hip"),
    "knee": ("knee", "shin", "calf", "lowleg", "lowerleg", "leg"),
    "ankle": ("ankle", "foot"),
}

NAMES: dict[str, tuple[str, ...]] = {
    "thorax": ("lowerneck", "necklower", "neck", "neck0", "neck1", "neck01"),
    "neck": ("head", "skull"),
    "head-top": ("headtop", "headtopend", "headend", "headnub", "topofhead"),
    "nose": ("nose",),
    **{
        f"{side}-{joint}": tuple(
            form
            for name in names
            for form in (f"{side}{name}", f"{side[0]}{name}", f"{name}{side}", f"{name}{side[0]}")
        )
        for side in SIDES
        for joint, names in _LIMB_NAMES.items()
    },
}
"""What skeletons call the joints of ``LIFTING`` and ``HUMAN36M``: small letters and digits only.

The thorax is where the neck begins, which most programs call the neck, and the neck is where the
head begins, which they call the head. The pelvis and the spine are always derived by a rule,
because programs put joints of these names in different places.
"""

_LEG = 0.491 * 1.74
"""The length of thigh and shin of an average adult in metres; D. Winter, as in ``anatomy``."""
_HEAD_PER_SHIN = 0.116 / 0.246
"""The height of the head above the neck, as a multiple of the shin's length."""


def _shared_prefix(names: list[str]) -> str:
    """What all names begin with: whole words, since Hips and Head have no prefix in common."""
    first, last = min(names), max(names)
    n_same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), None)
    shared = first[:n_same]
    # The root of a biped is called what the other names begin with.
    return shared if shared in names else re.sub("[A-Za-z0-9]*$", "", shared)


class MotionCaptureError(ValueError):
    """The file is no motion capture, or a joint cannot be derived from its skeleton."""


@dataclass(frozen=True)
class Recording:
    """The motion of a skeleton.

    Args:
        path: the file that it is from.
        names: each node's name, as in the file; an end site's is empty.
        parents: each node's parent, or ``None`` for the root. A node comes after its parent.
        positions: each node's position in each frame, in the file's unit and axes.
        rest: each node's position if nothing is rotated.
        rotations: the rotation of each node's frame from the rest pose; an end site's is the unit.
    """

    path: Path
    names: tuple[str, ...]
    parents: tuple[int | None, ...]
    positions: Float64[np.ndarray, "frame node 3"]
    rest: Float64[np.ndarray, "node 3"]
    rotations: Float64[np.ndarray, "frame node 3 3"]

    @cached_property
    def _plain_names(self) -> dict[str, int]:
        """Each joint's name in small letters and digits, without a prefix that all of them have."""
        shared = _shared_prefix([name for name in self.names if name])
        plain: dict[str, int] = {}
        for node, name in enumerate(self.names):
            if name:
                short = name.removeprefix(shared).rpartition(":")[2]
                plain.setdefault(re.sub("[^a-z0-9]", "", short.lower()), node)
        return plain

    def find(self, joint: str) -> int | None:
        """The node that is called like ``joint``, or ``None``."""
        known = self._plain_names
        return next((known[name] for name in NAMES.get(joint, ()) if name in known), None)

    def above(self, node: int) -> list[int]:
        """The node and all that carry it, up to the root."""
        chain = [node]
        while (parent := self.parents[chain[-1]]) is not None:
            chain.append(parent)
        return chain

    def carrier(self, nodes: Iterable[int]) -> int:
        """The lowest node that carries all of ``nodes``, which may be one of them."""
        first, *others = (self.above(node) for node in nodes)
        return next(node for node in first if all(node in other for other in others))

    def fail(self, joint: str, reason: str) -> MotionCaptureError:
        """The error that says why a joint cannot be derived."""
        joints = ", ".join(name for name in self.names if name)
        return MotionCaptureError(
            f"{self.path}: the joint {joint} cannot be derived from this skeleton, because "
            f"{reason}; its joints are {joints}"
        )


def read_bvh(path: str | Path) -> Recording:
    """Read a ``.bvh`` file.

    Args:
        path: the file.

    Returns:
        Its skeleton and motion.

    Raises:
        FileNotFoundError: there is no file at ``path``.
        MotionCaptureError: the file cannot be read as motion capture.
        ModuleNotFoundError: pybvh is not installed.
    """
    try:
        import pybvh
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "Reading a .bvh file needs pybvh, which is not installed: run `pip install pybvh`."
        ) from None
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file at {path}: give the path of a .bvh file.")
    try:
        # What is up is found later, from the joints.
        content = pybvh.read_bvh_file(path, world_up="+y")
    except (ValueError, IndexError) as error:
        raise MotionCaptureError(f"{path} cannot be read as motion capture: {error}") from error
    nodes = list(content.nodes)
    ends = [node.is_end_site() for node in nodes]
    number = {id(node): index for index, node in enumerate(nodes)}
    parents = tuple(None if node.parent is None else number[id(node.parent)] for node in nodes)
    positions = content.node_positions()
    if not np.isfinite(positions).all():
        raise MotionCaptureError(f"{path} holds numbers that are not finite in its motion")
    local = iter(content.to_rotmat()[1].swapaxes(0, 1))
    rotations = np.empty((len(nodes), content.frame_count, 3, 3))
    for index, parent in enumerate(parents):
        turn = np.eye(3) if ends[index] else next(local)
        rotations[index] = turn if parent is None else rotations[parent] @ turn
    return Recording(
        path=path,
        names=tuple("" if end else node.name for node, end in zip(nodes, ends, strict=True)),
        parents=parents,
        positions=positions,
        rest=content.rest_pose_positions(),
        rotations=rotations.swapaxes(0, 1),
    )


Positions = Float64[np.ndarray, "frame 3"]


class _Body:
    """The joints of a recording, by name or by rule."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording

    def __getitem__(self, joint: str) -> Positions:
        node = self.recording.find(joint)
        if node is not None:
            return self.recording.positions[:, node]
        if joint in _RULES:
            return _RULES[joint](self)
        raise self.missing(joint)

    def missing(self, joint: str) -> MotionCaptureError:
        """The error for a joint that is there under none of its names, and has no rule."""
        known = NAMES[joint]
        side = next((side for side in SIDES if joint.startswith(side)), "")
        # Of each name one form is enough to be understood.
        forms = [name for name in known if name.startswith(side)]
        return self.recording.fail(joint, f"none is called {' or '.join(forms)}")

    def node(self, joint: str) -> int:
        """The node of a joint that has to be there by name."""
        node = self.recording.find(joint)
        if node is None:
            raise self.missing(joint)
        return node

    def at_rest(self, joint: str) -> Float64[np.ndarray, "3"]:
        """A named joint in the rest pose."""
        return self.recording.rest[self.node(joint)]

    def check_limbs(self) -> None:
        """Raise an error if a limb's joints do not carry each other."""
        for side in SIDES:
            for limb in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")):
                for upper, lower in pairwise(limb):
                    joints = f"{side}-{upper}", f"{side}-{lower}"
                    carrier, carried = map(self.node, joints)
                    if carried == carrier or carrier not in self.recording.above(carried):
                        names = self.recording.names
                        raise self.recording.fail(
                            joints[1], f"{names[carried]} does not hang from {names[carrier]}"
                        )


def _middle(*joints: str) -> Callable[[_Body], Positions]:
    return lambda body: np.mean([body[joint] for joint in joints], axis=0)


def _spine(body: _Body) -> Positions:
    """Halfway along the vertebrae from the pelvis to the thorax."""
    recording = body.recording
    neck = recording.find("thorax")
    shoulders = [body.node(f"{side}-shoulder") for side in SIDES]
    hips = [body.node(f"{side}-hip") for side in SIDES]
    top = recording.carrier(shoulders) if neck is None else neck
    bottom = recording.carrier((*hips, top))
    chain = [node for node in recording.above(top) if bottom in recording.above(node)]
    # The joint that carries the legs is where the pelvis is, and the neck is the thorax.
    between = [node for node in reversed(chain) if node not in (bottom, neck)]
    points = [body["pelvis"], *(recording.positions[:, node] for node in between), body["thorax"]]
    line = np.stack(points)
    lengths = np.linalg.norm(np.diff(line, axis=0), axis=-1)
    reached = np.cumsum(np.concatenate((np.zeros((1, lengths.shape[1])), lengths)), axis=0)
    half = reached[-1] / 2
    piece = (reached[1:-1] <= half).sum(axis=0)
    frame = np.arange(len(half))
    length = lengths[piece, frame]
    part = np.divide(
        half - reached[piece, frame], length, out=np.zeros_like(length), where=length > 0
    )
    start, end = line[piece, frame], line[piece + 1, frame]
    return start + part[:, None] * (end - start)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _head_top(body: _Body) -> Positions:
    """The head's end site, or else as high above the neck as a head is for this shin."""
    recording = body.recording
    head = body.node("neck")
    for node, (name, parent) in enumerate(zip(recording.names, recording.parents, strict=True)):
        if not name and parent == head and (recording.rest[node] != recording.rest[head]).any():
            return recording.positions[:, node]
    up = body["neck"] - body["thorax"]
    if not np.linalg.norm(up, axis=-1).all():
        raise recording.fail("head-top", "the head has no end and no neck to tell where up is")
    shin = np.linalg.norm(body["left-knee"] - body["left-ankle"], axis=-1, keepdims=True)
    return body["neck"] + _HEAD_PER_SHIN * shin * _unit(up)


def _nose(body: _Body) -> Positions:
    """In front of the head: it turns as the head does, and looks ahead in the rest pose."""
    head = body.node("neck")
    left = sum(
        body.at_rest(f"left-{joint}") - body.at_rest(f"right-{joint}")
        for joint in ("hip", "shoulder")
    )
    hips = (body.at_rest("left-hip") + body.at_rest("right-hip")) / 2
    up = body.at_rest("neck") - hips
    ahead = np.cross(left, up)
    if np.linalg.norm(ahead) < 1e-6 * np.linalg.norm(left) * np.linalg.norm(up) or not up.any():
        raise body.recording.fail("nose", "its rest pose does not tell where ahead is")
    turned = body.recording.rotations[:, head] @ _unit(ahead)
    above = body["head-top"] - body["neck"]
    height = np.linalg.norm(above, axis=-1, keepdims=True)
    # Proportions of the common synthetic human's head.
    return body["neck"] + 0.32 * above + 0.53 * height * turned


_RULES: dict[str, Callable[[_Body], Positions]] = {
    "pelvis": _middle("left-hip", "right-hip"),
    "spine": _spine,
    "thorax": _middle("left-shoulder", "right-shoulder"),
    "head-top": _head_top,
    "nose": _nose,
}
"""Where joints are that a skeleton does not have by name."""


def locate_recorded(recording: Recording, names: Iterable[str]) -> Float[Tensor, "frame joint 3"]:
    """Return the positions of joints of ``LIFTING`` and ``HUMAN36M`` in a recording.

    Args:
        recording: what :func:`read_bvh` returned.
        names: joints of the two skeletons.

    Returns:
        Positions (frame, joint, 3) in the file's unit and axes, float64, in the order of ``names``.

    Raises:
        MotionCaptureError: a joint cannot be derived from the skeleton.
    """
    body = _Body(recording)
    body.check_limbs()
    return torch.from_numpy(np.stack([body[name] for name in names], axis=1))


def stand_up(
    joints: Float[Tensor, "frame joint 3"], names: Sequence[str]
) -> Float[Tensor, "frame joint 3"]:
    """Turn a recording so that y is up, and scale it to metres.

    Files do not say which axis is up, nor their unit. Up is the axis along which the trunk is
    longest, all frames together; the leg has the length of an average adult's.

    Args:
        joints: positions in the file's unit and axes.
        names: the joints, with pelvis, thorax, hips, knees and ankles among them.

    Returns:
        Positions in metres, y up.

    Raises:
        ValueError: the legs have no length.
    """

    def at(name: str) -> Tensor:
        return joints[:, names.index(name)]

    legs = [
        (at(f"{side}-{upper}") - at(f"{side}-{lower}")).norm(dim=-1)
        for side in SIDES
        for upper, lower in (("hip", "knee"), ("knee", "ankle"))
    ]
    leg = torch.stack(legs).sum(dim=0).mean() / len(SIDES)
    if leg == 0:
        raise ValueError("the legs of this skeleton have no length")
    trunk = (at("thorax") - at("pelvis")).mean(dim=0)
    axis = int(trunk.abs().argmax())
    # Axes in a cycle, so that nothing is mirrored: after up come the next one and the next.
    order = [(axis + 2) % 3, axis, (axis + 1) % 3]
    upright = joints[..., order]
    if trunk[axis] < 0:
        # Half a turn about what has become z.
        upright = upright * joints.new_tensor([-1, -1, 1])
    return upright * (_LEG / leg)


def film_recording(path: str | Path, generator: torch.Generator, every: int = 1) -> TwoViews:
    """Film the poses of a ``.bvh`` file, each with two cameras of its own.

    Args:
        path: the file.
        generator: the only source of randomness.
        every: take one frame in ``every``; motion capture often has a hundred a second.

    Returns:
        The poses as the cameras see them.

    Raises:
        FileNotFoundError: there is no file at ``path``.
        MotionCaptureError: the file is no motion capture, or a joint cannot be derived.
        ModuleNotFoundError: pybvh is not installed.
    """
    names = ("pelvis", *LIFTING.joints)
    joints = locate_recorded(read_bvh(path), names)[::every]
    try:
        joints = stand_up(joints, names)
    except ValueError as error:
        raise MotionCaptureError(f"{path}: {error}") from None
    return film(joints[:, 1:], joints[:, 0], generator)


def convert_motion_capture(
    recordings: Sequence[str | Path],
    path: str | Path,
    *,
    every: int = 1,
    two_views: bool = False,
    seed: int = 0,
) -> int:
    """Write the poses of ``.bvh`` files in the lab's layout, replacing what is at ``path``.

    Args:
        recordings: the ``.bvh`` files; their poses follow each other in this order.
        path: the file to write.
        every: take one frame in ``every``.
        two_views: whether two cameras see each pose.
        seed: another number gives other cameras.

    Returns:
        How many poses were written.

    Raises:
        FileNotFoundError: one of ``recordings`` is not there.
        MotionCaptureError: a file is no motion capture, or a joint cannot be derived.
        ModuleNotFoundError: pybvh is not installed.
        ValueError: there is no recording, ``every`` is below 1 or ``seed`` is negative.
    """
    if not recordings:
        raise ValueError("there is no recording to convert; give the path of a .bvh file")
    for name, number, lowest in (("every", every, 1), ("seed", seed, 0)):
        if number < lowest:
            raise ValueError(f"{name} is {number}; it must be at least {lowest}")
    generators = [block_generator(seed, 0, number) for number in range(len(recordings))]
    poses = join([film_recording(*one, every) for one in zip(recordings, generators, strict=True)])
    note = {"recordings": [Path(file).name for file in recordings], "every": every, "seed": seed}
    write_poses(path, poses, two_views, note)
    return len(poses)
