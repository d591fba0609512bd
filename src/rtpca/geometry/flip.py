"""Mirroring of keypoints and poses: left becomes right."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from rtpca.checks import check_axes


def flip_points(points: Tensor, mirror: Sequence[int]) -> Tensor:
    """Negate x and swap left with right joints.

    Works for keypoints in screen or person units (whose middle is x = 0) and for root-relative poses; not for
    pixels.

    Args:
        points: (..., J, C) points, x first.
        mirror: (J,) index of each joint's partner, as in `Skeleton.mirror`.

    Returns:
        (..., J, C) mirrored points. Twice is the identity.

    Raises:
        ShapeError: the number of joints does not fit `mirror`.
    """
    check_axes("points", points, ("J", len(mirror)), "C", leading=True)
    flipped = points[..., list(mirror), :].clone()
    flipped[..., 0] = -flipped[..., 0]
    return flipped
