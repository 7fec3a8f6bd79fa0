"""Kernels for hand-ins: forked from a warm parent, walled in, counted and watched."""
