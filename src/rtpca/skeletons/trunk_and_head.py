"""Human3.6M's trunk and head points out of those that 2D detectors have.

Detectors mark shoulders, hips, nose, eyes and ears. On a standing adult:

- `pelvis` is the middle of the hips. Detectors mark hips lower and less far apart than Human3.6M's, by a few
  centimetres; they are taken as they are.
- `thorax`, the base of the neck, lies 10 % of the trunk above the middle of the shoulders: about 5 cm.
- `spine` is 48 % of the way from pelvis to thorax.
- `neck`, at chin or nose height, is half way between the nose and the middle of the ears: 4-5 cm in front of
  the neck's axis.
- `head` continues from thorax through the middle of the ears by 60 % of that distance: about 8 cm above the
  ears.

Alternatives for what is not seen: one ear stands for both (profile), without ears the eyes or the nose are
raised along the trunk, without hips (half-length shots) the middle of the shoulders stands for the thorax.
"""

from __future__ import annotations

from rtpca.skeletons.combination import Combination, WeightedSum, alternatives, combine

SHOULDERS: WeightedSum = {"left_shoulder": 0.5, "right_shoulder": 0.5}
HIPS: WeightedSum = {"left_hip": 0.5, "right_hip": 0.5}
NECK_AND_HEAD_TOP: Combination = {
    "neck": {"head_top": 0.4, "neck": 0.6},
    "head": {"head_top": 0.8, "neck": 0.2},
}
"""Neck and head of sets that have a base of the neck and a top of the head, and no face."""
_NOSE: WeightedSum = {"nose": 1.0}
_LEFT_EAR: WeightedSum = {"left_ear": 1.0}
_RIGHT_EAR: WeightedSum = {"right_ear": 1.0}
_EARS: WeightedSum = {"left_ear": 0.5, "right_ear": 0.5}
_EYES: WeightedSum = {"left_eye": 0.5, "right_eye": 0.5}


def trunk_and_head(shoulders: WeightedSum = SHOULDERS, hips: WeightedSum = HIPS) -> Combination:
    """The entries for pelvis, spine, thorax, neck and head; all other joints go by their names.

    Args:
        shoulders: the middle of the shoulders, as a sum of the detector's joints.
        hips: the middle of the hips, likewise.

    Returns:
        The combination for h36m17.
    """
    thorax = combine((1.1, shoulders), (-0.1, hips))
    ears = (_EARS, _LEFT_EAR, _RIGHT_EAR)
    return {
        "pelvis": hips,
        "spine": combine((0.52, hips), (0.48, thorax)),
        "thorax": (thorax, shoulders),
        "neck": (
            *(combine((0.5, _NOSE), (0.5, ear)) for ear in ears),
            _NOSE,
            combine((0.85, _EARS), (0.15, shoulders)),
        ),
        "head": (
            *(combine((1.6, ear), (-0.6, thorax)) for ear in ears),
            combine((1.0, _EYES), (0.12, shoulders), (-0.12, hips)),
            combine((1.0, _NOSE), (0.2, shoulders), (-0.2, hips)),
            # The shoulders lie lower than the thorax: 45 % of the distance reach as high.
            *(combine((1.45, ear), (-0.45, shoulders)) for ear in ears),
        ),
    }


def with_middles(shoulders: str | None = None, hips: str | None = None) -> Combination:
    """`trunk_and_head` for sets that have the middle of shoulders or hips besides both sides.

    The sides count; where one of them is not seen, the middle stands for both.

    Args:
        shoulders: the detector's middle of the shoulders, or None.
        hips: its middle of the hips, or None.

    Returns:
        The combination for h36m17.
    """
    shoulder_choices = (SHOULDERS, {shoulders: 1.0}) if shoulders else (SHOULDERS,)
    hip_choices = (HIPS, {hips: 1.0}) if hips else (HIPS,)
    choices = [trunk_and_head(upper, lower) for upper in shoulder_choices for lower in hip_choices]
    merged: dict[str, list[WeightedSum]] = {joint: [] for joint in choices[0]}
    for joint, sums in merged.items():
        # The head as it is seen counts first: two ears and the middles before one ear and the sides.
        for alike in zip(*(alternatives(choice, joint) for choice in choices), strict=True):
            sums += [weighted_sum for weighted_sum in alike if weighted_sum not in sums]
    return merged
