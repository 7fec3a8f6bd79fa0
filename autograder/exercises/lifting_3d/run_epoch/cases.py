"""One pass over a data set, to train or to measure.

The network, the optimiser and the scheduler are the course's own: they note what is done with them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder
from poselab.checks.criteria import Criterion
from poselab.checks.experiments.lifting_3d.epochs import WITHOUT_TOOLS


def build_suite(suite: SuiteBuilder) -> None:
    """Few poses, whose number is no multiple of the batch size."""

    def poses(number: int) -> tuple[Tensor, Tensor]:
        # Coordinates of very different spread: normalised and restored errors are nothing alike.
        joint_3d = suite.normal(number, 15, 3) * suite.uniform(15, 3, low=0.2, high=0.9)
        # The last ones are far from all others: a small last batch that counts for more shows.
        joint_3d[-3:] *= 3
        joint_3d = joint_3d + torch.tensor([0.0, 0.0, -1.0])
        return suite.normal(number, 15, 2), joint_3d

    def seed() -> int:
        return int(suite.integers(1, high=1_000_000))

    def size() -> int:
        # Of 31 poses, 3 or 4 are left for the last batch.
        return 7 + 2 * int(suite.integers(1, high=2))

    number = 31
    measured = (*poses(number), seed(), size(), "validation", False)
    suite.says("Return them as two plain numbers, loss and MPJPE.")
    made = suite.experiment(
        "shape", "epochs", "epoch_returns", measured,
        remark="a data set of 31 poses, split='validation'",
    )  # fmt: skip
    suite.says("Both results are means over all poses, not over batches.")
    suite.read("values", "epoch_means", made)

    one = (*poses(number), seed(), size(), "train", False)
    suite.says("in a random order, a new one in each epoch")
    made = suite.experiment(
        "training", "epochs", "epoch_covers", one, one, one,
        remark="a data set of 31 poses, split='train', three epochs",
    )  # fmt: skip
    suite.says("Each batch makes one step of `optimiser`, against the gradient of its own loss")
    suite.read("training", "epoch_steps", made)
    suite.says("Loss and MPJPE of a batch are those of the prediction that its step is made from.")
    suite.read("training", "epoch_means", made)
    suite.says('split: str = "train"')
    suite.experiment(
        "training", "epochs", "epoch_covers", (*poses(70), seed(), 0, "train", True),
        remark="a data set of 70 poses, no batch size and no split given",
    )  # fmt: skip

    suite.says("Nothing of the model, the optimiser or the scheduler changes")
    suite.experiment(
        "validation", "epochs", "epoch_leaves",
        (*poses(number), seed(), size(), "validation", True),
        remark="split='validation', a model in training mode",
    )  # fmt: skip
    suite.says("any other name to measure only")
    suite.experiment(
        "validation", "epochs", "epoch_leaves",
        (*poses(number), seed(), size(), "held-out", False),
        remark="split='held-out', a model in evaluation mode",
    )  # fmt: skip
    suite.says("your caller may pass `None` for them")
    suite.experiment(
        "validation", "epochs", "epoch_leaves",
        (*poses(number), seed(), size(), WITHOUT_TOOLS, True),
        remark="split='test', neither an optimiser nor a scheduler",
    )  # fmt: skip


EXERCISE = ExerciseDefinition(
    parameters=(),
    result_axes=(),
    reference=None,
    build=build_suite,
    tolerance={"values": 2e-5, "training": 1e-3},
    criteria=(Criterion("training", "training"), Criterion("validation", "measuring only")),
    advice={
        "shape": "Return a tuple of two numbers of type `float`.",
        "values": "Add up each batch's mean times the number of its poses, and divide by "
        "`len(data)` once, at the end.",
        "training": "For each batch: predict, clear the gradients, go backward, step. Behind the "
        "loop, the scheduler steps once.",
        "validation": "Remember `model.training`, measure in evaluation mode and without "
        "gradients, and restore the mode.",
    },
    needs=("cal_mpjpe",),
    most_suites=3,
)
