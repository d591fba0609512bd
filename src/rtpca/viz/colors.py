"""The colours of a skeleton: one for each side of the person, one for the middle.

Blue and orange stay apart for the common kinds of colour blindness.
"""

from __future__ import annotations

from rtpca.skeletons import Skeleton

LEFT = "#1f77b4"
RIGHT = "#e6701c"
MIDDLE = "#3c4650"
TRUTH = "#a7b0b8"
FLOOR = "#d9dee2"
PAPER = "#f6f7f8"

SIDE_COLORS = {"person's left": LEFT, "person's right": RIGHT, "middle": MIDDLE}
"""Legend entries: label -> colour."""


def joint_colors(skeleton: Skeleton) -> tuple[str, ...]:
    """The colour of each joint.

    Args:
        skeleton: Joints and their sides.

    Returns:
        (J,) colours as "#rrggbb".
    """
    colors = [MIDDLE] * skeleton.num_joints
    for index in skeleton.left:
        colors[index] = LEFT
    for index in skeleton.right:
        colors[index] = RIGHT
    return tuple(colors)


def bone_colors(skeleton: Skeleton) -> tuple[str, ...]:
    """The colour of each bone of `skeleton.bones`: that of the joint at its far end.

    Args:
        skeleton: Joints, bones and their sides.

    Returns:
        One colour per bone, as "#rrggbb".
    """
    of_joint = joint_colors(skeleton)
    return tuple(of_joint[child] for _, child in skeleton.bones)
