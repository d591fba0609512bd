"""Joint names as other programs spell them: which point of the body a name means.

`left_knee`, `LKnee`, `L_Knee`, `kneeLeft`, "left knee" and `Knee.L` are one point. What a point that several
sets call alike means exactly (a neck may be the middle of the shoulders or the base of the neck) is up to the
set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SIDES = {
    "left": "left",
    "l": "left",
    "lft": "left",
    "lt": "left",
    "right": "right",
    "r": "right",
    "rgt": "right",
    "rt": "right",
}
_WITHOUT_MEANING = frozenset(
    {"joint", "joints", "keypoint", "keypoints", "kpt", "kp", "landmark", "marker", "point", "body", "human"}
)
# Points on both sides: the name of ours, then other words for it, written together.
_SIDED: Mapping[str, str] = {
    "shoulder": "shldr shoulder1",
    "elbow": "elb",
    "wrist": "wri carpus",
    "hip": "",
    "knee": "",
    "ankle": "ank",
    "foot": "",
    "hand": "palm",
    "eye": "",
    "eye_inner": "innereye eyeinner",
    "eye_outer": "outereye eyeouter",
    "ear": "",
    "mouth": "mouthcorner",
    "heel": "calc calcaneus",
    "big_toe": "bigtoe hallux footindex",
    "small_toe": "smalltoe littletoe pinkytoe",
    "toe": "toes toetip toebase toeend foottip",
    "thumb": "",
    "index": "indexfinger",
    "pinky": "pinkyfinger littlefinger",
    "hand_tip": "handtip fingertip",
    "clavicle": "collar collarbone",
    "up_leg": "upperleg thigh",
    "leg": "lowerleg shin calf",
    "arm": "upperarm",
    "forearm": "lowerarm",
}
_IN_THE_MIDDLE: Mapping[str, str] = {
    "nose": "",
    "neck": "neckbase baseneck baseofneck midneck neckmid",
    "upper_neck": "upperneck headbottom bottomhead necktop",
    "neck_nose": "necknose",
    "head": "",
    "head_top": "headtop tophead topofhead crown vertex",
    "chin": "jaw",
    "mid_shoulder": "midshoulder shouldermid shouldercenter centershoulder spineshoulder uppertorso "
    "shouldersmid midshoulders",
    "thorax": "",
    "chest": "sternum spinechest",
    "spine_1": "",
    "spine_2": "",
    "spine_3": "",
    "spine": "spinemid midspine torso trunk spinenavel spinenaval navel belly abdomen",
    "pelvis": "midhip hipmid hipcenter centerhip midhips hips hip root spinebase sacrum waist bottomtorso "
    "hipscenter centerhips bodycenter",
}


def _words(table: Mapping[str, str]) -> dict[str, str]:
    words = {ours.replace("_", ""): ours for ours in table}
    return words | {word: ours for ours, others in table.items() for word in others.split()}


_SIDED_WORDS, _MIDDLE_WORDS = _words(_SIDED), _words(_IN_THE_MIDDLE)


def point_of(name: str) -> str | None:
    """The point of the body that a joint's name means, in our spelling; None where it is not known.

    Args:
        name: As a file writes it.

    Returns:
        A name in lower case with the side first, as in `left_knee`, `pelvis` or `head_top`.

    Example:
        >>> [point_of(name) for name in ("LKnee", "kneeLeft", "R.HIP", "MidHip", "tail")]
        ['left_knee', 'left_knee', 'right_hip', 'pelvis', None]
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name.strip())
    words = [word.lower().replace("centre", "center") for word in re.split(r"[\W_]+", apart) if word]
    words = [word for word in words if word not in _WITHOUT_MEANING]
    sides = [_SIDES[word] for word in words if word in _SIDES]
    together = "".join(word for word in words if word not in _SIDES)
    if len(sides) == 1:
        part = _SIDED_WORDS.get(together)
        return f"{sides[0]}_{part}" if part else None
    if sides:
        return None
    return _MIDDLE_WORDS.get(together) or _with_side_attached(together)


def _with_side_attached(word: str) -> str | None:
    """What `lknee`, `leftknee` and `kneeleft` mean."""
    for mark, side in (("left", "left"), ("right", "right"), ("l", "left"), ("r", "right")):
        if word.startswith(mark) and word[len(mark) :] in _SIDED_WORDS:
            return f"{side}_{_SIDED_WORDS[word[len(mark) :]]}"
        if len(mark) > 1 and word.endswith(mark) and word[: -len(mark)] in _SIDED_WORDS:
            return f"{side}_{_SIDED_WORDS[word[: -len(mark)]]}"
    return None
