"""Trained models that are submitted: their specifications, and whether a file meets one.

A specification (:mod:`poselab.models.specification`) is data. An assignment with a model has one:
``SPEC`` in the module of the assignment's name.
"""
