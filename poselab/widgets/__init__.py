"""Sliders above figures, one module a subject."""
