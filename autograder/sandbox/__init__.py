"""Kernels for submissions: forked from a warm parent, sandboxed, counted and watched."""
