"""The exercise `exercise_name`."""
