"""What runs on the student's side of the wall.

Mounted into the sandbox as a package of its own, so nothing in here imports the autograder.
"""
