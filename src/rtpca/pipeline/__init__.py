"""From a file to 3D poses and the files that come of them; what every face of the program calls."""

from __future__ import annotations

from rtpca.pipeline.events import Events, Silence
from rtpca.pipeline.lift import LiftedClip, lift_input, lift_path
from rtpca.pipeline.options import LiftOptions
from rtpca.pipeline.outputs import Outputs

__all__ = ["Events", "LiftOptions", "LiftedClip", "Outputs", "Silence", "lift_input", "lift_path"]
