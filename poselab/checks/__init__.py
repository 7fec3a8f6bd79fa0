"""Checking a student's function: suites of cases, a runner that calls it, and a judge."""
