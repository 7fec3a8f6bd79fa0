"""Experiments with the exercises of `vit_presence`."""
