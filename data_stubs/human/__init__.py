"""The one articulated 3D person of all synthetic data sets.

``anatomy``  bones, joint angles with their limits, forward kinematics;
``motion``   what the person does: smooth sequences of joint angles;
``flesh``    the volumes around the bones, as tapered capsules;
``clothing`` what those volumes are covered with.

Nothing in here knows a camera, a picture or a file.
"""
