"""The colours of a skeleton: one for each side of the person, one for the middle.

Everybody's left is a cool colour and their right a warm one; with several people the shades tell who is who.
Blue and orange stay apart for the common kinds of colour blindness.
"""

from __future__ import annotations

from dataclasses import dataclass

from rtpca.skeletons import Skeleton


@dataclass(frozen=True)
class Palette:
    """The colours of one person, as "#rrggbb".

    Attributes:
        left: The person's own left: cool.
        right: The person's own right: warm.
        middle: Trunk and head, and the person's name.
    """

    left: str
    right: str
    middle: str


LEFT = "#1f77b4"
RIGHT = "#e6701c"
MIDDLE = "#3c4650"
TRUTH = "#a7b0b8"
FLOOR = "#d9dee2"
PAPER = "#f6f7f8"

PALETTES = (
    Palette(LEFT, RIGHT, MIDDLE),
    Palette("#12a594", "#d6336c", "#8e4ec6"),
    Palette("#6e56cf", "#c99700", "#7a5c3e"),
    Palette("#2f9e44", "#ff6369", "#0b7285"),
    Palette("#4cc3f0", "#a6401b", "#5c7c2f"),
)
"""One for each person; after the last it starts over."""

SIDE_COLORS = {"person's left": LEFT, "person's right": RIGHT, "middle": MIDDLE}
"""Legend entries: label -> colour."""


def palette_of(person: int) -> Palette:
    """The colours of a person.

    Args:
        person: Index, from 0.
    """
    return PALETTES[person % len(PALETTES)]


def joint_colors(skeleton: Skeleton, palette: Palette = PALETTES[0]) -> tuple[str, ...]:
    """The colour of each joint.

    Args:
        skeleton: Joints and their sides.
        palette: The person's colours.

    Returns:
        (J,) colours as "#rrggbb".
    """
    colors = [palette.middle] * skeleton.num_joints
    for index in skeleton.left:
        colors[index] = palette.left
    for index in skeleton.right:
        colors[index] = palette.right
    return tuple(colors)


def bone_colors(skeleton: Skeleton, palette: Palette = PALETTES[0]) -> tuple[str, ...]:
    """The colour of each bone of `skeleton.bones`: that of the joint at its far end.

    Args:
        skeleton: Joints, bones and their sides.
        palette: The person's colours.

    Returns:
        One colour per bone, as "#rrggbb".
    """
    of_joint = joint_colors(skeleton, palette)
    return tuple(of_joint[child] for _, child in skeleton.bones)
