"""What lifted motion says about how somebody moves."""

from __future__ import annotations

from rtpca.motion.gait import Gait, Step, find_gait

__all__ = ["Gait", "Step", "find_gait"]
