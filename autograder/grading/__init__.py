"""From a folder of submissions to records: find, plan, run (here or on a cluster), score, keep.

One pipeline for all that is submitted; what differs is an evaluator for notebooks, another for
models.
"""
