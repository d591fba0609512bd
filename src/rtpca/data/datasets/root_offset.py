"""Whether the positions of a BVH's root are added to its OFFSET, or are its place: programs disagree.

The format's first description adds them; MotionBuilder, Mixamo, Rokoko and newer exports of Blender write the
rest place as OFFSET and absolute positions. Where the OFFSET is not zero the two differ by the height of the
hips, and the data tell them apart: feet stand on the floor, and a take begins near the rest pose.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from rtpca.arrays import DoubleArray
from rtpca.skeletons import Skeleton

_ANKLE = 0.1
"""Height of a standing ankle over the length of the leg."""
_TELLS_APART = 0.15
"""An OFFSET that is lower than this, over the length of the leg, makes no difference that could be seen."""
_DECIDES = 0.5


class RootOffset:
    """Decides take by take; one whose data say little goes with those before it.

    Attributes:
        evidence: of the takes so far, above zero for positions that replace the OFFSET.
    """

    def __init__(self) -> None:
        """Nothing is seen yet."""
        self.evidence = 0.0

    def decide(
        self, positions: DoubleArray, skeleton: Skeleton, root: DoubleArray, offset: DoubleArray
    ) -> Literal["add", "replace", "unknown", "same"]:
        """Whether the positions of the root are added to its OFFSET or replace it.

        Args:
            positions: `(F, J, 3)` joints of a take, y up, in any unit, the OFFSET added.
            skeleton: their joints.
            root: `(3,)` place of the root in the first frame, likewise.
            offset: `(3,)` what the OFFSET added to all of it.

        Returns:
            What they are; `"unknown"` where neither this take nor those before it say, `"same"` where it
            makes no difference to the height.
        """
        at = {name: positions[:, index] for index, name in enumerate(skeleton.joints)}
        leg = float(
            np.median(
                np.linalg.norm(at["left_knee"] - at["left_hip"], axis=-1)
                + np.linalg.norm(at["left_ankle"] - at["left_knee"], axis=-1)
            )
        )
        if not leg > 0 or abs(offset[1]) < _TELLS_APART * leg:
            return "same"
        lowest = float(np.percentile(np.minimum(at["left_ankle"][:, 1], at["right_ankle"][:, 1]), 2))
        floor = abs(lowest / leg - _ANKLE) - abs((lowest - offset[1]) / leg - _ANKLE)
        # Added positions begin at about zero, absolute ones at about the rest place.
        first = root[1] - offset[1]
        rest = (abs(first) - abs(first - offset[1])) / abs(offset[1])
        own = float(np.clip(floor / (2 * _DECIDES), -1, 1) + np.clip(rest, -1, 1))
        decided = own if abs(own) >= _DECIDES else self.evidence + own
        self.evidence += own
        if abs(decided) < _DECIDES:
            return "unknown"
        return "replace" if decided > 0 else "add"
