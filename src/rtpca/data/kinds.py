"""Kinds of motion: what a recording shows, by the words of its action.

Collections have much of one kind and a minute of another, so training may draw by kind (`data.kind_power`).
"""

from __future__ import annotations

import re

OTHER = "other"
"""The kind of actions that no line of the table knows."""

KINDS: tuple[tuple[str, str], ...] = (
    ("rehabilitation", r"deep squat|hurdle step|inline lunge|sit to stand|standing (active|shoulder)"),
    ("slopes", r"slope"),
    ("idle", r"^idle|^stand$|look around|sway"),
    ("gestures", r"signal|traffic|vacation|nursery|quarrel|posing|blame|^bow$|laugh|^light$"),
    ("animals", r"^acting"),
    ("tennis", r"tennis"),
    ("basketball", r"^basketball"),
    ("soccer", r"soccer"),
    ("two people", r"two people:|shake hand|high five"),
    (
        "carrying",
        r"\bpass\b|\bmove\b|throw|give|receive|pull push|open door|pick|\bbox$|put down|pitch|with hand|"
        r"grab from",
    ),
    ("pushed", r"push|stumble$|^slip|falling down|limp"),
    ("fighting", r"box|martial|karate|kick|punch|slap|beat|\bhit\b|shot|sword|avoid|^duck$"),
    ("gymnastics", r"breakdance|cartwheel|acrobatics|flip|balance on|jump twist"),
    ("dance", r"salsa|dance|michael jackson"),
    ("climbing", r"playground|climb"),
    ("household", r"wash|mop|drink"),
    (
        "exercise",
        r"jumping jacks|stretch|elbow to knee|rotate arms|squat|swing arms|tiptoe|reach|^bending|, arms$",
    ),
    ("floor", r"\bsit|chair|crouch|kneel|\blie\b|crawl|get up|duck|huddle"),
    ("jump", r"jump|hop|leap|skip|rabbit|cancan"),
    ("run", r"\brun|torun|jog"),
    ("walk", r"^walk(ing)?$"),
    ("walk in styles", r"walk|step|march|sneak|spin"),
    ("assorted", r"assorted"),
)
"""Kind and the words of its actions; the first line that fits decides."""

REPEATS = {"rehabilitation": 10}
"""How often recordings of a kind show the same again: their time counts for that much less."""

_OF_TAKES = (  # sources whose files do not say what is done
    ("dance", r"cmu05_iclone/|mass/(dance|pirouette)"),
    ("jump", r"/86_01\b"),
    ("floor", r"/86_09\b"),
    ("gymnastics", r"mass/(backflip|balance|cart)"),
    ("fighting", r"mass/kick"),
    ("run", r"mass/run"),
    ("walk", r"mass/walk"),
)
_UNKNOWN = "unknown"


def kind_of(action: str, name: str = "") -> str:
    """The kind of a recording.

    Args:
        action: Its action, as the prepared file has it.
        name: Its name, which is looked at where the action is not known.
    """
    table, text = (_OF_TAKES, name) if action == _UNKNOWN else (KINDS, action.lower())
    return next((kind for kind, words in table if re.search(words, text)), OTHER)
