"""What the gallery shows of `exercise_name`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

from autograder.exercises.new import fill_in

fill_in(__file__, "four or more wrong answers, one for each kind of message")

SHOWN = ("doubled",)
