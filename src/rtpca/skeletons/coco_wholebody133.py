"""COCO-WholeBody's 133 keypoints: COCO's 17, six on the feet, 68 on the face, 21 on each hand.

Face points carry their side, and a left one the number of its right partner: `right_face_00` and
`left_face_00` are the two ends of the jaw. Hands count from the wrist (0) over thumb, index, middle, ring and
little finger, four points each.

To h36m17 the body's 17 keypoints are used, in the way of `coco17`; feet, face and hands are not.
"""

from __future__ import annotations

from rtpca.skeletons import coco17
from rtpca.skeletons.base import Skeleton

# Mirror partners among the 68 face points, the person's right first: jaw, brows, nostrils, eyes, lips.
_FACE_PAIRS = (
    *((i, 16 - i) for i in range(8)),
    *((17 + i, 26 - i) for i in range(5)),
    *((31 + i, 35 - i) for i in range(2)),
    *((36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46)),
    *((48, 54), (49, 53), (50, 52), (59, 55), (58, 56)),
    *((60, 64), (61, 63), (67, 65)),
)


def _parents() -> dict[str, str | None]:
    body = coco17.SKELETON
    parents: dict[str, str | None] = {
        joint: body.joints[parent] if parent >= 0 else None
        for joint, parent in zip(body.joints, body.parents, strict=True)
    }
    for side in ("left", "right"):
        parents |= {f"{side}_{point}": f"{side}_ankle" for point in ("big_toe", "small_toe", "heel")}
    return parents | face_and_hands()


def face_and_hands() -> dict[str, str]:
    """The 68 points of the face and 21 of each hand, each with its parent, in the order of the data set."""
    face = {i: f"face_{i:02d}" for i in range(68)}
    for right, left in _FACE_PAIRS:
        face[right], face[left] = f"right_face_{right:02d}", f"left_face_{right:02d}"
    parents = dict.fromkeys(face.values(), "nose")
    for side in ("left", "right"):
        parents[f"{side}_hand_00"] = f"{side}_wrist"
        for i in range(1, 21):
            starts_finger = i % 4 == 1
            parents[f"{side}_hand_{i:02d}"] = f"{side}_hand_{0 if starts_finger else i - 1:02d}"
    return parents


SKELETON = Skeleton.from_parents("coco_wholebody133", _parents(), "COCO-WholeBody, 133 keypoints")

TO_H36M17 = coco17.TO_H36M17
