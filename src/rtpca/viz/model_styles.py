"""One colour, marker and printed name for each network, the same in all figures.

The colours are Okabe and Ito's, which stay apart for the common kinds of colour blindness; markers differ as
well.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelStyle:
    """How a network is drawn and called.

    Attributes:
        label: Its printed name.
        color: As "#rrggbb".
        marker: Of matplotlib.
    """

    label: str
    color: str
    marker: str


_STYLES = {
    "rtpca": ModelStyle("RTPCA", "#0072b2", "o"),
    "ste": ModelStyle("STE (MixSTE)", "#d55e00", "s"),
    "videopose3d": ModelStyle("VideoPose3D", "#009e73", "^"),
    "poseformer": ModelStyle("PoseFormer", "#cc79a7", "D"),
    "mhformer": ModelStyle("MHFormer", "#b08900", "v"),
}
_OTHERS = ("#56b4e9", "#3c4650", "#999999")


def model_style(name: str, index: int = 0) -> ModelStyle:
    """The style of a network.

    Args:
        name: As the registry calls it; other names are drawn as they are.
        index: Which of the other names it is, so that two of them differ.
    """
    return _STYLES.get(name) or ModelStyle(name, _OTHERS[index % len(_OTHERS)], "PX*"[index % 3])
