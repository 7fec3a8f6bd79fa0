"""What runs inside the sandbox.

Mounted into the sandbox as a package of its own, so nothing in here imports the autograder.
"""
