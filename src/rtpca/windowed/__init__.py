"""One way through a network: cut into windows, predict with mirror averaging, put together again.

Evaluation takes consecutive windows, lifting takes overlapping ones and blends them, live poses take single
windows. Nobody else gives keypoints to a network for poses, but training.
"""

from rtpca.windowed.clip import lift_clip
from rtpca.windowed.consecutive import cover, lift_consecutive, reference_cover
from rtpca.windowed.predict import Lifted, lift_windows

__all__ = ["Lifted", "cover", "lift_clip", "lift_consecutive", "lift_windows", "reference_cover"]
