"""Settings for all tests."""

from hypothesis import settings

# Examples take as long as a busy machine makes them take: no test here is about time.
settings.register_profile("course", deadline=None)
settings.load_profile("course")
