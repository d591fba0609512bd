"""Turn keypoints of a detector's joint set into Human3.6M's 17 joints, by name.

    python examples/01_convert_skeletons.py

Shows: known joint sets, conversion with scores, what cannot be known. The lifter does
this by itself when it is told `skeleton="coco17"`.
"""

from __future__ import annotations

import numpy as np

from rtpca.skeletons import convert_keypoints, get_skeleton, skeleton_names, unknown_joints


def main() -> None:
    """Convert one made-up COCO frame whose left wrist was not seen."""
    print("known:", ", ".join(skeleton_names()))

    coco = get_skeleton("coco17")
    rng = np.random.default_rng(0)
    keypoints_px = rng.uniform(0, 1000, (1, coco.num_joints, 2))
    scores = np.full((1, coco.num_joints), 0.9)
    unseen = coco.index("left_wrist")
    keypoints_px[0, unseen], scores[0, unseen] = np.nan, 0.0

    print("cannot be known:", ", ".join(unknown_joints("coco17", "h36m17")) or "none")
    converted_px, converted_scores = convert_keypoints(keypoints_px, scores, "coco17", "h36m17")
    for index, joint in enumerate(get_skeleton("h36m17").joints):
        x, y = converted_px[0, index]
        print(f"  {joint:<15} {x:7.1f} {y:7.1f}  score {converted_scores[0, index]:.1f}")


if __name__ == "__main__":
    main()
