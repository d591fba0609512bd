"""Two or three people who cross, as a detector finds them in one camera, and who they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d

from _crossings.gaits import Gait
from rtpca.data.cameras import RandomCameraConfig, random_cameras
from rtpca.data.noise import DetectorNoise, detector_noise_of_clips
from rtpca.keypoints.tracks import Detection
from rtpca.skeletons import get_skeleton

WAYS = ("pass", "overtake", "stand", "turn back", "stop", "together")
"""What happens: two go past each other; one past the other in the same direction; one past somebody who
stands; both meet and turn back; both stop where they meet, then go on; both walk side by side for a while."""
OCCLUSIONS = ("none", "hidden", "vanish", "merged")
"""What the detector makes of joints that another body hides: it finds them; misses or guesses them; misses
the whole person where a third is hidden; puts them onto the other person."""
FPS = (10, 15, 25, 30, 60)

_CAMERAS = RandomCameraConfig(steep_share=0.1, roll_std_deg=2.0)
_NOISE = DetectorNoise(clean_share=0.0)
_SKELETON = get_skeleton("h36m17")
_LIMB_M = 0.07
_TRUNK = [1, 4, 11, 14]  # hips and shoulders
_DETECTION_DROPPED, _FRAME_DROPPED = 0.02, 0.01
_GONE_HIDDEN, _VANISHED_HIDDEN = 0.6, 0.33
_SEEN_S = 0.3


@dataclass(frozen=True, eq=False)
class Scene:
    """What a detector finds of people who cross.

    Attributes:
        detections: In the order of frames, of each frame in any order.
        people: (N,) whose each is.
        frames: Frames of the clip.
        fps: Frames per second.
        crossing: (first, last) frame in which two people overlap in the picture.
        closest_m: How far apart in depth the two are where they cross.
    """

    detections: list[Detection]
    people: np.ndarray
    frames: int
    fps: float
    crossing: tuple[int, int]
    closest_m: float

    @property
    def tells(self) -> bool:
        """Whether everybody is seen for a while before they overlap, and after that."""
        at = np.array([one.frame for one in self.detections])
        for person in range(int(self.people.max()) + 1):
            own = at[self.people == person]
            sides = (own < self.crossing[0]).sum(), (own > self.crossing[1]).sum()
            if min(sides) < _SEEN_S * self.fps:
                return False
        return True


def crossing(
    gaits: Sequence[Gait],
    rng: np.random.Generator,
    way: str,
    occlusion: str,
    *,
    people: int = 2,
    twins: bool = False,
) -> Scene:
    """A scene drawn at random.

    Args:
        gaits: Walks to draw from.
        rng: Source of randomness.
        way: One of `WAYS`; a third person goes past.
        occlusion: One of `OCCLUSIONS`.
        people: 2 or 3.
        twins: Everybody has the same body and walk; else sizes and walks differ.
    """
    fps = float(rng.choice(FPS))
    duration_s = rng.uniform(3.5, 6.0)
    times = np.arange(round(duration_s * fps)) / fps
    apart_m = rng.uniform(0.5, 2.0)
    places = _ways(rng, way, times, apart_m)
    if people == 3:
        third = _ways(rng, "pass", times, rng.uniform(0.5, 2.0))[0]
        third[:, 1] += rng.choice([-1, 1]) * (apart_m / 2 + rng.uniform(0.5, 1.5))
        places.append(third)
    same = gaits[rng.integers(len(gaits))]
    bodies = []
    for place in places:
        gait = same if twins else gaits[rng.integers(len(gaits))]
        bodies.append(_walker(rng, gait, place, times, 1.0 if twins else rng.uniform(0.88, 1.08)))
    joints = torch.from_numpy(np.stack(bodies)).float()  # (P, F, 17, 3)
    scene = _seen(rng, joints, fps, occlusion, apart_m)
    again = {"people": people, "twins": twins}
    return scene if scene.tells else crossing(gaits, rng, way, occlusion, **again)


def _ways(rng: np.random.Generator, way: str, times: np.ndarray, apart_m: float) -> list[np.ndarray]:
    """(F, 2) x and depth of two people on the floor, who meet at x = 0 about the middle of the time."""
    middle = times[-1] / 2 + rng.uniform(-0.4, 0.4)
    speeds = rng.uniform(0.7, 1.7, 2)
    since = times - middle
    if way == "together":
        apart = np.maximum(np.abs(since) - 0.4 * since[-1], 0)  # they come up to each other, and part
        beside = rng.uniform(-0.3, 0.3) + 0.15 * np.sin(since)
        ahead = [speeds[0] * since, speeds[0] * since + beside + rng.choice([-1, 1]) * 0.8 * apart]
    elif way == "overtake":
        speeds = np.array([rng.uniform(0.5, 0.8), rng.uniform(1.2, 1.8)])
        ahead = [speed * since for speed in speeds]
    elif way == "stand":
        ahead = [0 * since, rng.choice([-1, 1]) * speeds[1] * since]
    else:
        ahead = [speeds[0] * since, -speeds[1] * since]
    if way in ("turn back", "stop"):
        wait_s = rng.uniform(0.3, 1.2)
        reach = rng.uniform(-0.25, 0.1)  # where they stop: before or beyond the other
        late = np.maximum(since - wait_s, 0)
        back = -1 if way == "turn back" else 1
        ahead = [
            sign * (speed * np.minimum(since, 0) + reach + back * speed * late)
            for sign, speed in zip((1, -1), speeds, strict=True)
        ]
        smooth = max(1e-3, 0.15 / (times[1] - times[0]))
        ahead = [gaussian_filter1d(x, smooth, mode="nearest") for x in ahead]
    slopes = rng.uniform(-0.25, 0.25, 2) if way not in ("together", "stand") else np.zeros(2)
    depths = apart_m / 2 * np.array([1, -1]) * rng.choice([-1, 1])
    return [
        np.stack([x, depth + slope * x], axis=1)
        for x, depth, slope in zip(ahead, depths, slopes, strict=True)
    ]


def _walker(
    rng: np.random.Generator, gait: Gait, place: np.ndarray, times: np.ndarray, size: float
) -> np.ndarray:
    """(F, 17, 3) somebody who walks along `place` as fast as it asks for, and turns where it turns."""
    step_s = times[1] - times[0]
    velocity = np.gradient(place, step_s, axis=0)
    speed = np.linalg.norm(velocity, axis=1)
    walked_s = np.cumsum(speed / gait.speed_m_s) * step_s / size
    moving = speed > 0.1 * gait.speed_m_s
    heading = np.unwrap(np.arctan2(velocity[:, 1], velocity[:, 0]))
    if moving.any():  # who stands keeps looking where they went
        heading = np.interp(
            times, times[moving], np.unwrap(np.arctan2(velocity[:, 1], velocity[:, 0])[moving])
        )
    else:
        heading = np.full(len(times), rng.uniform(-np.pi, np.pi))
    heading = gaussian_filter1d(heading, 0.2 / step_s, mode="nearest")
    local = size * gait.at(walked_s + rng.uniform(0, len(gait.joints) / gait.fps))
    cos, sin = np.cos(heading)[:, None], np.sin(heading)[:, None]
    x, z = local[..., 0].copy(), local[..., 2].copy()
    local[..., 0] = cos * x - sin * z + place[:, :1]
    local[..., 2] = sin * x + cos * z + place[:, 1:]
    return local


def _seen(
    rng: np.random.Generator, joints: torch.Tensor, fps: float, occlusion: str, apart_m: float
) -> Scene:
    """A random camera across the way, projection, a detector's errors, and what bodies hide of each other."""
    seed = int(rng.integers(1 << 31))
    camera = None
    for _ in range(2):  # the draw is the same both times: the second scene is turned across its direction
        if camera is not None:
            away = camera.R_cam_from_world[2]
            turn = np.arctan2(float(away[0]), float(away[2])) + rng.uniform(-0.3, 0.3)
            cos, sin = np.cos(turn), np.sin(turn)
            joints = joints @ torch.tensor([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]]).float()
        window = joints.transpose(0, 1).flatten(1, 2)[None]  # (1, F, P J, 3)
        camera = random_cameras(window, _CAMERAS, torch.Generator().manual_seed(seed))[0]
    assert camera is not None
    joints_cam = camera.world_to_camera(joints)
    points = camera.project(joints_cam)
    size = camera.intrinsics.image_size.expand(len(points), 2)
    found, scores = detector_noise_of_clips(points, _NOISE, torch.Generator().manual_seed(seed), size)
    hidden = _hidden(points.numpy(), joints_cam.numpy(), float(camera.intrinsics.focal_px.mean()))
    keypoints, scores = found.numpy().copy(), scores.numpy().copy()
    gone = _occlude(rng, keypoints, scores, hidden, occlusion)
    overlapping = np.flatnonzero((hidden.any(axis=0).mean(axis=-1) > 0.1).any(axis=0))
    middle = points.shape[1] // 2
    span = (int(overlapping[0]), int(overlapping[-1])) if len(overlapping) else (middle, middle)
    gone |= rng.random(gone.shape) < _DETECTION_DROPPED
    gone[:, rng.random(gone.shape[1]) < _FRAME_DROPPED] = True
    detections: list[Detection] = []
    whose: list[int] = []
    for frame in range(points.shape[1]):
        for person in rng.permutation(len(points)):
            seen = scores[person, frame] > 0
            if seen.any() and not gone[person, frame]:
                both = np.column_stack([keypoints[person, frame], scores[person, frame]])
                both[~seen] = np.nan, np.nan, 0
                detections.append(Detection(frame, both.astype(np.float32)))
                whose.append(int(person))
    return Scene(detections, np.array(whose), points.shape[1], fps, span, apart_m)


def _hidden(points: np.ndarray, joints_cam: np.ndarray, focal_px: float) -> np.ndarray:
    """(P, P, F, 17) joints of the second that the first hides: limbs are thick lines, the trunk a hull."""
    people, frames = points.shape[:2]
    result = np.zeros((people, people, frames, 17), dtype=bool)
    depth = joints_cam[..., 2].mean(axis=-1)  # (P, F)
    bones = [*_SKELETON.bones, *((a, b) for a in _TRUNK for b in _TRUNK if a < b)]
    for front in range(people):
        for back in range(people):
            nearer = depth[front] < depth[back]
            for a, b in bones:
                start, along = points[front, :, a], points[front, :, b] - points[front, :, a]
                to = points[back] - start[:, None]
                part = (to * along[:, None]).sum(-1) / np.maximum((along**2).sum(-1), 1e-6)[:, None]
                off = np.linalg.norm(to - np.clip(part, 0, 1)[..., None] * along[:, None], axis=-1)
                width = (1.6 if {a, b} <= set(_TRUNK) else 1.0) * _LIMB_M * focal_px / depth[front]
                result[front, back] |= nearer[:, None] & (off < width[:, None])
    return result


def _occlude(
    rng: np.random.Generator, keypoints: np.ndarray, scores: np.ndarray, hidden: np.ndarray, occlusion: str
) -> np.ndarray:
    """(P, F) who is not found; keypoints (P, F, 17, 2) and scores of hidden joints change in place."""
    covered = hidden.any(axis=0)  # (P, F, 17)
    share = covered.mean(axis=-1)
    nobody = np.zeros(share.shape, dtype=bool)
    if occlusion == "none":
        return nobody
    if occlusion == "vanish":
        return share > _VANISHED_HIDDEN
    if occlusion == "hidden":
        guessed = rng.random(covered.shape) < 0.3
        scores[covered & ~guessed] = 0
        size = np.nanmax(np.ptp(keypoints, axis=2), axis=-1)[..., None, None]
        wrong = keypoints + 0.08 * size * rng.standard_normal(keypoints.shape)
        keypoints[covered & guessed] = wrong[covered & guessed]
        scores[covered & guessed] *= 0.3
        return (share > _GONE_HIDDEN) & (rng.random(share.shape) < 0.8)
    for front in range(len(keypoints)):
        for back in range(len(keypoints)):
            taken = hidden[front, back] & (rng.random(hidden[front, back].shape) < 0.6)
            keypoints[back][taken], scores[back][taken] = keypoints[front][taken], scores[front][taken]
    return (share > _GONE_HIDDEN) & (rng.random(share.shape) < 0.5)
