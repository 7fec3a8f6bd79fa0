"""Collecting: from what a learning platform gives to STUDENT/ASSIGNMENT/FILE."""
