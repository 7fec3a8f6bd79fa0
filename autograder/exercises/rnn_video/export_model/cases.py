"""A trained network as one ONNX file that meets the specification.

What is exported here are networks of the course's own, the first one made of the same layers as the
student's. What is asked of the file is asked by `verify_model`, as in grading.
"""

from __future__ import annotations

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder

TILES = (1, 1, 16, 16)
"""Frames of 64 x 64 pixels are made of squares of 16 x 16."""


def build_suite(suite: SuiteBuilder) -> None:
    """Two exports: of a network that is training, and of one that is not."""
    frames = suite.integers(5, 10, 4, 4, 3, high=256).byte()
    seed = int(suite.integers(1, high=1000))
    suite.says("Write a model of clips as ONNX, weights included, in one file.")
    made = suite.experiment(
        "shape",
        "exported",
        "export_form",
        (frames, seed, True),
        (frames, seed + 1, False),
        remark="networks of the course's own, one in training mode and one in evaluation mode",
        repeats=TILES,
    )
    suite.says("(batch, 10, 64, 64, 3), any batch")
    suite.read("values", "export_free_batch", made)
    suite.says("The file gives the same poses as the model in evaluation mode.")
    suite.read("values", "export_agrees", made)
    suite.says("left in the mode it was in")
    suite.read("edge_cases", "export_leaves_mode", made)
    suite.says("Nothing else about it is changed, nor are PyTorch's settings.")
    suite.read("edge_cases", "export_leaves_network", made)
    suite.says("An older one is replaced, and no other file is left.")
    suite.read("edge_cases", "export_leaves_one_file", made)


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
    meanwhile="Exporting two small networks; this takes a few seconds.",
)
