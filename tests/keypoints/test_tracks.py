"""Detections become people: by the identities of a file, or by where bodies go."""

from __future__ import annotations

import numpy as np
import pytest

from _crossings.gaits import gait_of
from _crossings.identity import kept
from _crossings.scenes import OCCLUSIONS, WAYS, crossing
from rtpca.data.synthetic import generate_motion
from rtpca.errors import InputError
from rtpca.keypoints.tracks import Detection, build_tracks

FRAMES = 100
BODY = np.random.default_rng(0).uniform(-1, 1, (17, 2)) * (60, 200)


def body(x: float, y: float = 500, size: float = 1.0, score: float = 0.9) -> np.ndarray:
    return np.column_stack([size * BODY + (x, y), np.full(17, score)]).astype(np.float32)


def walk(start: float, end: float, frames: int = FRAMES, **look) -> list[np.ndarray]:
    return [body(x, **look) for x in np.linspace(start, end, frames)]


def detections(*people: list, names: tuple[str | None, ...] = (), skip=lambda person, frame: False):
    """Everybody's detections, the order of the people of a frame changing."""
    rng = np.random.default_rng(1)
    return [
        Detection(frame, people[person][frame], names[person] if names else None)
        for frame in range(len(people[0]))
        for person in rng.permutation(len(people))
        if not skip(person, frame)
    ]


def follows(track, person: list, frames=slice(None)) -> bool:
    joints = track.keypoints().keypoints_px[frames]
    shown = np.isfinite(joints).all(axis=(1, 2))
    return bool(shown.any()) and np.array_equal(joints[shown], np.stack(person)[frames][shown][..., :2])


def test_people_who_cross_stay_themselves_though_each_frame_lists_them_in_another_order():
    one, other = walk(100, 900), walk(900, 100, y=540, size=0.8)
    tracks = build_tracks(detections(one, other), FRAMES)
    assert len(tracks) == 2
    assert {follows(track, one) for track in tracks} == {True, False}
    assert {follows(track, other) for track in tracks} == {True, False}


def test_one_who_is_hidden_while_they_cross_comes_out_on_the_other_side():
    one, other = walk(100, 900), walk(900, 100, y=540, size=0.8)
    found = detections(one, other, skip=lambda person, frame: person == 1 and 38 <= frame < 62)
    tracks = build_tracks(found, FRAMES)
    assert [len(track.seen) for track in tracks] == [100, 76]
    assert follows(tracks[0], one)
    assert follows(tracks[1], other)
    assert tracks[1].notes == ()


def test_two_who_are_alike_and_both_vanish_are_told_to_be_doubtful():
    one, other = walk(500, 500), walk(540, 540)
    found = detections(one, other, skip=lambda person, frame: 30 <= frame < 70)
    tracks = build_tracks(found, FRAMES)
    assert len(tracks) == 2
    assert all("about frame 29 two people are so alike" in track.notes[-1] for track in tracks)


def test_somebody_who_leaves_for_a_while_is_the_same_one_and_who_comes_later_another():
    still, other = walk(200, 200), walk(700, 700)
    away = detections(still, other, skip=lambda person, frame: person == 1 and 40 <= frame < 65)
    assert len(build_tracks(away, FRAMES)) == 2
    long = detections(walk(200, 200, 400), walk(700, 700, 400), skip=lambda p, f: p == 1 and 100 <= f < 300)
    assert sorted(len(track.seen) for track in build_tracks(long, 400)) == [100, 100, 400]
    assert len(build_tracks(long, 400, fps=100)) == 2  # two seconds at that rate


def test_one_person_at_a_time_is_one_person_unless_they_leap_for_good():
    person = walk(100, 400)
    person[50] = body(900)  # an error of the detector
    assert [len(track.seen) for track in build_tracks(detections(person), FRAMES)] == [100]
    leaping = [*walk(100, 200, 50), *walk(1500, 1600, 50)]
    tracks = build_tracks(detections(leaping), FRAMES)
    assert [track.seen.tolist() for track in tracks] == [list(range(50)), list(range(50, 100))]
    back = detections(leaping, skip=lambda person, frame: 40 <= frame < 50)
    assert len(build_tracks(back, FRAMES, fps=2)) == 1  # after four seconds anybody may be anywhere


def test_identities_of_the_file_win():
    one, other = walk(100, 900), walk(900, 100)
    swapped = [
        [a if f < 50 else b for f, (a, b) in enumerate(zip(*pair, strict=True))]
        for pair in ((one, other), (other, one))
    ]
    tracks = build_tracks(detections(*swapped, names=("7", "9")), FRAMES)
    assert [track.who for track in tracks] == [f"identity {n}, seen in 100 of 100 frames" for n in "79"]
    assert follows(tracks[0], swapped[0])


def test_detections_without_an_identity_go_to_whom_they_fit():
    one, other = walk(100, 500), walk(900, 500, y=700)
    found = detections(one, other, names=("1", "2"))
    found = [Detection(d.frame, d.joints, None if d.frame % 7 == 3 else d.identity) for d in found]
    tracks = build_tracks(found, FRAMES)
    assert [len(track.seen) for track in tracks] == [100, 100]
    assert follows(tracks[0], one) or follows(tracks[0], other)


def test_identities_that_take_turns_are_joined_where_one_goes_on_as_the_other():
    person = walk(100, 500)
    renamed = [Detection(f, joints, "3" if f < 40 else "8") for f, joints in enumerate(person)]
    (track,) = build_tracks(renamed, FRAMES)
    assert track.notes == ("2 identities, of which 1 go on as an earlier one",)
    elsewhere = [Detection(f, body(100 if f < 40 else 900), "3" if f < 40 else "8") for f in range(FRAMES)]
    assert len(build_tracks(elsewhere, FRAMES)) == 2


def test_a_person_seen_twice_is_one_person_and_two_who_stand_close_are_two():
    person = walk(100, 500)
    again = [joints + np.array([8, 0, 0.05], np.float32) for joints in person]
    (track,) = build_tracks(detections(person, again), FRAMES)
    assert follows(track, again)
    assert track.notes == ("100 detections that showed a person a second time were left out",)
    close = [joints + np.array([60, 0, 0], np.float32) for joints in person]
    assert len(build_tracks(detections(person, close), FRAMES)) == 2


def test_joints_that_a_detector_puts_onto_the_person_in_front_tell_of_neither():
    front, back = walk(100, 900), walk(900, 100, y=530)
    rng = np.random.default_rng(8)
    for ahead, behind in zip(front[44:57], back[44:57], strict=True):
        taken = rng.random(17) < 0.6
        behind[taken] = ahead[taken]
    tracks = build_tracks(detections(front, back), FRAMES)
    assert len(tracks) == 2
    for person in (front, back):
        assert sum(follows(track, person) for track in tracks) == 1


def test_a_short_clip_and_a_single_picture_keep_their_people():
    for frames in (1, 4):
        found = detections(walk(100, 110, frames), walk(600, 610, frames))
        assert len(build_tracks(found, frames)) == 2


def test_more_people_than_can_be_followed_are_refused_unless_they_have_names():
    crowd = [body(10.0 * i) for i in range(501)]
    with pytest.raises(InputError, match="a frame shows 501 people; at most 500 are followed at a time"):
        build_tracks([Detection(0, joints) for joints in crowd], 1)
    named = [Detection(0, joints, str(i)) for i, joints in enumerate(crowd)]
    assert len(build_tracks(named, 1)) == 501


@pytest.fixture(scope="module")
def gaits():
    walks = (gait_of(generate_motion("walk", 180, 30.0, seed), 30.0) for seed in range(12))
    return [gait for gait in walks if gait is not None]


@pytest.mark.parametrize("way", WAYS)
def test_crossings_seen_by_a_detector_keep_identities(gaits, way):
    """A part of `benchmarks/crossings.py`, with generated walks instead of recorded ones."""
    assert len(gaits) >= 3
    for number, occlusion in enumerate(OCCLUSIONS[:3]):
        rng = np.random.default_rng([WAYS.index(way), number])
        scene = crossing(gaits, rng, way, occlusion, twins=number == 1)
        assert kept(scene, build_tracks(scene.detections, scene.frames)), occlusion
