"""Kinds of motion: every action of the table's collections has the kind that a reader would give it."""

from __future__ import annotations

import re

import pytest

from rtpca.data.kinds import KINDS, OTHER, REPEATS, kind_of


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("sit to stand", "rehabilitation"),
        ("walk on a slope", "slopes"),
        ("idle_acted", "idle"),
        ("basketball_signal", "gestures"),
        ("basketball, two against two", "basketball"),
        ("quarrel with angry gestures (two people, A)", "gestures"),
        ("two people: box 2", "two people"),
        ("table tennis: serve", "tennis"),
        ("walk to pick up box", "carrying"),
        ("boxing: ducking dir", "fighting"),
        ("pushed, stumble", "pushed"),
        ("stumbling walk", "walk in styles"),
        ("start, hop, stop (Michael Jackson style)", "dance"),
        ("jumping jacks, side twists, bend over, squats", "exercise"),
        ("sit on stepstool, chin in hand", "floor"),
        ("walk to crouch", "floor"),
        ("run with jumps, rolls, stoops", "jump"),
        ("walktorun", "run"),
        ("walk trun change", "walk in styles"),
        ("walking", "walk"),
        ("knitting", OTHER),
    ],
)
def test_an_action_has_its_kind(action, kind) -> None:
    assert kind_of(action) == kind_of(action.upper()) == kind


def test_the_name_decides_only_where_the_action_is_unknown() -> None:
    name = "cmu_more_bvh.zip:cmu05_iclone/05_10.bvh@0-99"
    assert kind_of("unknown", name) == "dance"
    assert kind_of("walking", name) == "walk"
    assert kind_of("unknown", "mine/1.bvh") == OTHER


def test_the_table_is_sound() -> None:
    kinds = [kind for kind, _ in KINDS]
    assert len(set(kinds)) == len(kinds)
    assert set(REPEATS) <= set(kinds)
    for _, words in KINDS:
        re.compile(words)
