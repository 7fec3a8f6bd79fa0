"""Suites of cases: drawn from a seed, stored for students, kept secret for grading."""
