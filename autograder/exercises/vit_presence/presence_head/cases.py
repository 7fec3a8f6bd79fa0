from poselab.checks.criteria import Criterion

C = (
    Criterion("pooling", "pooling"),
    Criterion("training", "training mode"),
    Criterion("options", "options and sizes"),
)
