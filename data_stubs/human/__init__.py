"""The articulated 3D person that all synthetic data sets share.

``anatomy``  bones, joint angles with their limits, forward kinematics;
``motion``   what the person does: smooth sequences of joint angles;
``repertoire`` all that a person may do whose whole body is seen;
``flesh``    the volumes around the bones, as tapered capsules;
``clothing`` what those volumes are covered with.

Nothing in here depends on a camera, an image or a file.
"""
