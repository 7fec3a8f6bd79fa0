"""Settings for all tests."""

import os

from hypothesis import settings

from poselab.profiles import VARIABLE

# Who runs the notebooks in a profile of their choice gets the same tests as everybody else.
os.environ.pop(VARIABLE, None)

# Examples take as long as a busy machine makes them take: no test here is about time.
settings.register_profile("course", deadline=None)
settings.load_profile("course")
