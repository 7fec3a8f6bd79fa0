"""A trained network as one ONNX file that meets the specification.

What is exported here is a small network of the course's own, in which dropout and batch
normalisation tell training from evaluation.
"""

from __future__ import annotations

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder

TILES = (1, 1, 16, 16)
"""Frames of 64 x 64 pixels are made of squares of 16 x 16."""


def build_suite(suite: SuiteBuilder) -> None:
    """Two exports: of a network that is training, and of one that is not."""
    frames = suite.integers(5, 10, 4, 4, 3, high=256).byte()
    remark = "a network of the course's own, in training mode"
    first = suite.experiment(
        "shape", "exported", "export_form", (frames, True), remark=remark, repeats=TILES
    )
    suite.read("values", "export_free_batch", first)
    suite.read("values", "export_agrees", first)
    suite.read("edge_cases", "export_mode_kept", first)
    remark = "a network of the course's own, in evaluation mode"
    second = suite.experiment(
        "edge_cases",
        "exported",
        "export_mode_kept",
        (frames[:3], False),
        remark=remark,
        repeats=TILES,
    )
    suite.read("edge_cases", "export_agrees", second)


EXERCISE = ExerciseDefinition(
    parameters=(),
    result_axes=(),
    reference=None,
    build=build_suite,
    tolerance={"values": 1e-3, "edge_cases": 1e-3},
    advice={
        "shape": "The specification's table has the names, types and shapes; `verify_model` says "
        "what a file lacks.",
        "values": "`verify_model` and `agreement` show both on a file of yours: which batches it "
        "takes, and how far its poses are from the network's.",
        "edge_cases": "Remember `model.training` at the start, and restore that mode at the end.",
    },
    most_suites=1,
)
