"""Cameras, backgrounds and the renderer."""
