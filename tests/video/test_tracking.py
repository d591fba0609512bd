from __future__ import annotations

import numpy as np
from people import person, walker

from rtpca.video.tracking import PersonTracker, without_duplicates

FRAMES = 100
ONE = walker(FRAMES, seed=1)
OTHER = walker(FRAMES, seed=2, shift_px=(350, 40))


def tracks_of(detections, rate=25.0, frames=FRAMES):
    tracker = PersonTracker(rate)
    for frame, found in enumerate(detections):
        tracker.update(frame, found)
    tracks, notes = tracker.finish(frames)
    return [track.keypoints() for track in tracks], notes


def follows(track, points, frames) -> bool:
    return np.array_equal(track.keypoints_px[frames], points[frames])


def test_two_people_are_two_tracks_the_more_complete_one_first(rng):
    found = []
    for frame in range(FRAMES):
        both = [person(ONE[frame])] if frame < 60 else []
        both.append(person(OTHER[frame]))
        found.append([both[i] for i in rng.permutation(len(both))])
    tracks, notes = tracks_of(found)
    assert len(tracks) == 2
    assert notes == []
    assert follows(tracks[0], OTHER, slice(1, FRAMES))
    assert follows(tracks[1], ONE, slice(1, 60))
    assert (tracks[1].scores[60:] == 0).all()
    assert np.isnan(tracks[1].keypoints_px[60:]).all()
    assert tracks[0].who == "seen in 100 of 100 frames"


def test_people_who_cross_stay_themselves():
    frames = 80
    pose = ONE[0] - ONE[0].mean(axis=0)
    steps = np.linspace(-400, 400, frames)
    rightwards = pose + np.stack([500 + steps, np.full(frames, 500)], axis=1)[:, None]
    leftwards = pose + np.stack([500 - steps, np.full(frames, 560)], axis=1)[:, None]
    tracks, _ = tracks_of(
        [[person(rightwards[f]), person(leftwards[f])] for f in range(frames)], frames=frames
    )
    assert len(tracks) == 2
    ends = sorted((track.keypoints_px[2, 0, 0], track.keypoints_px[-1, 0, 0]) for track in tracks)
    assert ends[0][0] < 200 < 800 < ends[0][1]
    assert ends[1][0] > 800 > 200 > ends[1][1]


def test_a_gap_is_bridged_and_a_leap_is_not():
    found = [[] if 40 <= f < 65 else [person(ONE[f])] for f in range(FRAMES)]
    tracks, _ = tracks_of(found)
    assert len(tracks) == 1
    assert follows(tracks[0], ONE, slice(65, FRAMES))
    leap = [[person(ONE[f] + (1500 if f >= 65 else 0))] if not 40 <= f < 65 else [] for f in range(FRAMES)]
    assert len(tracks_of(leap)[0]) == 2


def test_a_person_seen_twice_is_one_person():
    again = [[person(ONE[f], 0.7), person(ONE[f] + 8, 0.9)] for f in range(FRAMES)]
    tracks, notes = tracks_of(again)
    assert len(tracks) == 1
    assert follows(tracks[0], ONE + 8, slice(0, FRAMES))
    assert notes == [f"{FRAMES} detections that showed a person a second time were left out"]


def test_duplicates_are_those_of_like_joints_or_of_one_box():
    one = person(ONE[0])
    turned = person(2 * ONE[0].mean(axis=0) - ONE[0])  # upside down in the same place
    beside = person(ONE[0] + np.array([250, 0]))
    assert without_duplicates([one, beside]) == [one, beside]
    assert without_duplicates([turned, one]) == [turned]
    half = ONE[0].copy()
    half[[1, 2, 3, 4, 5, 6]] = np.nan
    assert without_duplicates([person(half + 5), one]) == [one]


def test_what_is_seen_for_moments_is_dropped_with_a_note():
    ghost = OTHER[0] + np.array([100, 0])
    found = [[person(ONE[f]), *([person(ghost)] if 30 <= f < 38 else [])] for f in range(FRAMES)]
    tracks, notes = tracks_of(found)
    assert len(tracks) == 1
    assert notes == ["1 track of less than 0.5 s dropped: hardly people"]


def test_a_short_clip_and_a_single_picture_keep_their_people():
    for frames in (1, 4):
        tracks, _ = tracks_of([[person(ONE[f]), person(OTHER[f])] for f in range(frames)], frames=frames)
        assert len(tracks) == 2


def test_nobody_gives_no_tracks():
    assert tracks_of([[] for _ in range(5)], frames=5) == ([], [])
