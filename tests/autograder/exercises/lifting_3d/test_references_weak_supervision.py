"""References and solutions of weak supervision agree with formulas that are written a third way."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.exercises.catalogue import solution_functions
from autograder.exercises.lifting_3d.multiview_consistency import cases as multiview_consistency
from autograder.exercises.lifting_3d.project import cases as project
from autograder.exercises.lifting_3d.reprojection_loss import cases as reprojection_loss
from autograder.exercises.lifting_3d.two_cameras import draw_rotation, draw_turn, quarter_turns
from autograder.exercises.suite_builder import SuiteBuilder
from autograder.manifest import load_manifest
from data_stubs.lifting.scenes import draw_two_views
from poselab.datasets.lifting import TwoViews

SOURCE = load_manifest().root / "solutions" / "lifting_3d" / "weak_supervision.py"
SOLUTIONS = solution_functions(SOURCE)
SEEDS = st.integers(0, 2**31 - 1)
PROJECTIONS = (project.reference, SOLUTIONS["project"])
LOSSES = (reprojection_loss.reference, SOLUTIONS["reprojection_loss"])
CONSISTENCIES = (multiview_consistency.reference, SOLUTIONS["multiview_consistency"])


def scene(seed: int, poses: int, joints: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(random.normal(size=(poses, 3, 3)))
    turn *= np.sign(np.linalg.det(turn))[:, None, None]
    place = random.normal(0, 0.5, (poses, joints, 3)) + np.array([0, 0, -4])
    # Wherever it is turned to, the second camera has it in front of itself.
    moved = np.stack([rows @ one.T for rows, one in zip(place, turn, strict=True)])
    shift = random.normal(0, 0.2, (poses, 3)) + np.array([0, 0, -6]) - moved.mean(axis=1)
    return {
        "joints": place,
        "focal_1": random.uniform(1, 3, (poses, 2)),
        "focal_2": random.uniform(1, 3, (poses, 2)),
        "rotation": turn,
        "translation": shift,
        "observed_1": random.normal(0, 1, (poses, joints, 2)),
        "observed_2": random.normal(0, 1, (poses, joints, 2)),
    }


def camera_matrix(
    focal: np.ndarray, rotation: np.ndarray | None = None, translation: np.ndarray | None = None
) -> np.ndarray:
    """The 3 x 4 matrix K (R | t) of textbooks, of a camera that looks down -z."""
    rotation = np.eye(3) if rotation is None else rotation
    translation = np.zeros(3) if translation is None else translation
    return np.diag([*focal, -1.0]) @ np.column_stack((rotation, translation))


def textbook(place: np.ndarray, matrices: list[np.ndarray]) -> np.ndarray:
    images = []
    for joints, matrix in zip(place, matrices, strict=True):
        x, y, w = matrix @ np.column_stack((joints, np.ones(len(joints)))).T
        images.append(np.column_stack((x / w, y / w)))
    return np.stack(images)


def tensors(*arrays: np.ndarray) -> list[torch.Tensor]:
    return [torch.from_numpy(array) for array in arrays]


@given(SEEDS, st.integers(1, 4), st.integers(1, 5), st.booleans(), st.booleans())
def test_projection_is_that_of_a_camera_matrix(
    seed: int, poses: int, joints: int, turned: bool, shifted: bool
) -> None:
    made = scene(seed, poses, joints)
    # Turned alone, joints would be behind the camera: any small turn serves here.
    turn = np.broadcast_to(np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1.0]]), (poses, 3, 3)).copy()
    shift = np.array([0.3, -0.2, -0.5]) + np.zeros((poses, 3))
    matrices = [
        camera_matrix(
            made["focal_1"][i], turn[i] if turned else None, shift[i] if shifted else None
        )
        for i in range(poses)
    ]
    expected = torch.from_numpy(textbook(made["joints"], matrices))
    rotation, translation = tensors(turn, shift)
    for function in PROJECTIONS:
        found = function(
            *tensors(made["joints"], made["focal_1"]),
            rotation if turned else None,
            translation if shifted else None,
        )
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


@given(SEEDS, st.integers(1, 4), st.integers(1, 5))
def test_reprojection_loss_is_the_mean_of_two_mean_distances(
    seed: int, poses: int, joints: int
) -> None:
    made = scene(seed, poses, joints)
    first = textbook(made["joints"], [camera_matrix(focal) for focal in made["focal_1"]])
    motion = zip(made["focal_2"], made["rotation"], made["translation"], strict=True)
    second = textbook(made["joints"], [camera_matrix(*one) for one in motion])
    off = [np.hypot(*(first - made["observed_1"]).T), np.hypot(*(second - made["observed_2"]).T)]
    names = ("joints", "observed_1", "focal_1", "observed_2", "focal_2", "rotation", "translation")
    for function in LOSSES:
        found = function(*tensors(*(made[name] for name in names)))
        np.testing.assert_allclose(float(found), np.mean(off), rtol=1e-9)


@given(SEEDS, st.integers(1, 4), st.integers(1, 5))
def test_consistency_is_the_same_in_the_first_frame(seed: int, poses: int, joints: int) -> None:
    made = scene(seed, poses, joints)
    other = np.random.default_rng(seed + 1).normal(0, 1, made["joints"].shape)
    back = [
        np.linalg.solve(turn, (rows - shift).T).T
        for rows, turn, shift in zip(other, made["rotation"], made["translation"], strict=True)
    ]
    expected = np.sqrt(((np.stack(back) - made["joints"]) ** 2).sum(-1)).mean()
    for function in CONSISTENCIES:
        found = function(*tensors(made["joints"], other, made["rotation"], made["translation"]))
        np.testing.assert_allclose(float(found), expected, rtol=1e-9)


def views(poses: int = 64) -> TwoViews:
    return draw_two_views(poses, seed=0)


def test_the_data_sets_images_are_the_projections_of_its_poses() -> None:
    data = views()
    solution = SOLUTIONS["project"]
    first = solution(data.joint_3d, data.focal_1)
    second = solution(data.joint_3d, data.focal_2, data.rotation, data.translation)
    torch.testing.assert_close(first, data.joint_2d_1, rtol=0, atol=1e-5)
    torch.testing.assert_close(second, data.joint_2d_2, rtol=0, atol=1e-5)


def test_collapsed_predictions_are_consistent_but_not_reprojected() -> None:
    data = views()
    root_1 = torch.tensor([0.0, 0.0, -1.0]).expand(len(data), 15, 3)
    root_2 = root_1 @ data.rotation.mT + data.translation[:, None]
    consistent = SOLUTIONS["multiview_consistency"](root_1, root_2, data.rotation, data.translation)
    assert float(consistent) == 0

    def loss(joints: torch.Tensor) -> float:
        return float(
            SOLUTIONS["reprojection_loss"](
                joints,
                data.joint_2d_1,
                data.focal_1,
                data.joint_2d_2,
                data.focal_2,
                data.rotation,
                data.translation,
            )
        )

    assert loss(data.joint_3d) < 1e-6
    assert loss(root_1) > 0.1


def test_the_suites_rotations_are_rotations() -> None:
    suite = SuiteBuilder("project", (), seed=0)
    for made in (draw_rotation(suite, 20).double(), draw_turn(suite, 20), quarter_turns(3)):
        identity = torch.eye(3, dtype=made.dtype).expand_as(made)
        torch.testing.assert_close(made @ made.mT, identity, rtol=0, atol=1e-6)
        assert bool((torch.linalg.det(made) > 0.99).all())
