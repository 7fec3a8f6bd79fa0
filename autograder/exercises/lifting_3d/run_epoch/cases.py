from poselab.checks.criteria import Criterion
C = (Criterion("training", "training"), Criterion("validation", "validation"))
