"""Halpe's 136 keypoints: the 26 of the body, 68 on the face, 21 on each hand.

Face and hands are named as in `coco_wholebody133`. To h36m17 the 26 of the body are used, in the way of
`halpe26`.
"""

from __future__ import annotations

from rtpca.skeletons import halpe26
from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.coco_wholebody133 import face_and_hands


def _parents() -> dict[str, str | None]:
    body = halpe26.SKELETON
    parents = (body.joints[parent] if parent >= 0 else None for parent in body.parents)
    return dict(zip(body.joints, parents, strict=True)) | face_and_hands()


SKELETON = Skeleton.from_parents("halpe136", _parents(), "Halpe full body, 136 keypoints: AlphaPose")

TO_H36M17 = halpe26.TO_H36M17
