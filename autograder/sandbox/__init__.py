"""Kernels for submissions: forked from a warm parent, sandboxed, limited and watched."""
