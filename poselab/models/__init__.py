"""Trained models that are handed in: their specification, and whether a file meets it."""
