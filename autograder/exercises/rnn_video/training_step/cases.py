"""One step of a training.

The model, the optimiser and the loss function are the course's own: they note what is done with
them. Each criterion has steps of its own, so that a fault costs its own criterion alone.
"""

from __future__ import annotations

from typing import Any

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder
from poselab.checks.criteria import Criterion
from poselab.checks.experiments.rnn_video.training_steps import CLEARED, KEPT, STALE


def build_suite(suite: SuiteBuilder) -> None:
    """A few steps with batches of different numbers of clips."""

    def step(clips: int, seed: int, loss: str, training: bool, gradients: str) -> tuple[Any, ...]:
        patches = suite.integers(clips, 10, 4, 4, 3, high=256).byte()
        poses = suite.uniform(clips, 10, 7, 2, low=4.0, high=60.0)
        return patches, poses, seed, loss, training, gradients

    def seed() -> int:
        return int(suite.integers(1, high=1_000_000))

    made_with = seed()
    many = int(suite.integers(1, low=4, high=7))
    suite.says("`optimiser.step()` is called once, and moves the weights against the gradient of")
    made = suite.experiment(
        "step", "training_steps", "step_moves",
        step(many, made_with, "even", True, CLEARED),
        step(2, made_with, "even", True, CLEARED),
        remark=f"batches of {many} and of 2 clips, a model in training mode",
    )  # fmt: skip
    suite.says("The batch stays as it is.")
    suite.read("arguments", "step_keeps", made)

    made_with = seed()
    suite.says("as a plain number of type `float`")
    suite.experiment(
        "loss", "training_steps", "step_returns",
        step(many, made_with, "uneven", True, CLEARED),
        step(3, made_with, "uneven", True, CLEARED),
        remark=f"batches of {many} and of 3 clips",
    )  # fmt: skip

    made_with = seed()
    suite.says("`backward()` does not replace the gradients of the weights, it *adds* to them.")
    suite.experiment(
        "gradients", "training_steps", "step_clears",
        step(3, made_with, "even", True, STALE),
        step(3, made_with, "even", True, KEPT),
        step(2, made_with, "even", True, KEPT),
        remark="three steps, and gradients of somebody else before the first",
    )  # fmt: skip

    made_with = seed()
    suite.says("Every layer is in training mode when the model predicts")
    suite.experiment(
        "mode", "training_steps", "step_trains",
        step(2, made_with, "even", False, CLEARED),
        step(2, made_with, "even", True, CLEARED),
        step(3, made_with, "even", False, CLEARED),
        remark="a model that comes in evaluation mode, then in training mode",
    )  # fmt: skip


EXERCISE = ExerciseDefinition(
    parameters=(),
    result_axes=(),
    reference=None,
    build=build_suite,
    tolerance={"step": 1e-3, "loss": 1e-5, "gradients": 1e-3},
    criteria=(
        Criterion("step", "one step", blocks=True),
        Criterion("loss", "the loss that is returned"),
        Criterion("gradients", "gradients of this batch alone"),
        Criterion("mode", "training mode"),
        # Here the batch is looked at by the experiment, which makes it.
        Criterion("arguments", "the batch left alone"),
    ),
    advice={
        "step": "Predict, compare, go backward, step: each once.",
        "loss": "Return what `loss_function` has returned, as a number.",
        "gradients": "Clear the gradients before `backward()` adds to them, in each call.",
        "mode": "Put the model into training mode before it predicts.",
        "arguments": "Put nothing into the batch, and overwrite none of its tensors.",
    },
)
