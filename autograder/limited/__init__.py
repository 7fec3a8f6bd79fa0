"""Calls with limits: what a student's file can do to the grader's own code stays in a process."""
