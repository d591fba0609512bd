"""The conditions that are measured: each a row of the table, and what is done to windows or clips for it.

A new row is one more `Condition` in `CONDITIONS`, or one more `ClipCondition` in `CLIP_CONDITIONS`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rtpca.data.augment import AugmentConfig
from rtpca.data.body import BodyProportions
from rtpca.data.cameras import RandomCameraConfig
from rtpca.data.landmarks import LandmarkOffsets
from rtpca.data.noise import DetectorNoise

SEED = 0
"""Of the random numbers of each condition."""
CLEAN = AugmentConfig.none()


@dataclass(frozen=True)
class Condition:
    """What is done to windows before the network sees them; by default nothing.

    Attributes:
        group: Heading in the table.
        label: Row of the table.
        camera: A random camera for each window instead of one of the four fixed ones.
        change: What is done to body, landmarks and keypoints; its camera is not used.
        gaussian_px: Standard deviation of independent Gaussian noise on top, scores left at 1.
        hidden: Joints that are missing throughout; the row is given over all joints and over the seen ones.
        focal_known: Whether the network is told the focal length, or that which `rtpca lift` assumes.
    """

    group: str
    label: str
    camera: RandomCameraConfig | None = None
    change: AugmentConfig = CLEAN
    gaussian_px: float = 0.0
    hidden: tuple[int, ...] = ()
    focal_known: bool = True


@dataclass(frozen=True)
class ClipCondition:
    """A clip as a user's, through the lifter.

    Attributes:
        label: Row of the table.
        fps: Frame rate of the clip.
        noise: Errors of its keypoints.
        repair: Whether the lifter puts exchanged sides right and drops jumps.
    """

    label: str
    fps: float
    noise: DetectorNoise = field(default_factory=DetectorNoise.none)
    repair: bool = True


# As somebody films with a phone: from a little above the hips, a usual lens, the person filling the picture.
USUAL = RandomCameraConfig(
    steep_share=1.0,
    elevation_range_deg=(8.0, 8.0),
    distance_range_m=(4.0, 4.0),
    focal_range_mm=(35.0, 35.0),
    framing_range=(0.9, 0.9),
    roll_std_deg=0.0,
    principal_std=0.0,
    image_sizes=((1920, 1080),),
)
NOISY = DetectorNoise(clean_share=0.0)
EXCHANGED = replace(
    NOISY,
    sigma_range=(0.0, 0.0),
    score_jitter=0.0,
    spike_rate=0.0,
    drop_share=0.0,
    outside_drop_share=0.0,
    swap_share=1.0,
    swap_steady_share=1.0,
    swap_kinds=(1.0, 0.0, 0.0),
    swap_frames=(10, 10),
)


# The whole window may be larger than the picture; no joint comes nearer than 1 m.
NEAR = replace(USUAL, distance_range_m=(2.0, 2.0), focal_range_mm=(24.0, 24.0), framing_range=(9.0, 9.0))


def _elevation(degrees: float) -> RandomCameraConfig:
    return replace(USUAL, elevation_range_deg=(degrees, degrees))


def _lens(focal_mm: float) -> RandomCameraConfig:
    """The photographer steps back until the person fits."""
    return replace(USUAL, focal_range_mm=(focal_mm, focal_mm), distance_range_m=(1.0, 1.0))


# h36m17
BELOW_HIPS, ANKLES, RIGHT_ARM = (2, 3, 5, 6), (3, 6), (15, 16)
CONDITIONS = (
    Condition("noise", "clean, the windows of the rows below"),
    Condition("noise", "Gaussian, 5 px", gaussian_px=5.0),
    Condition("noise", "detector-like", change=replace(CLEAN, noise=NOISY)),
    Condition("noise", "legs exchanged for up to 10 frames", change=replace(CLEAN, noise=EXCHANGED)),
    Condition("persons", "other bodies", change=replace(CLEAN, body=BodyProportions())),
    Condition("persons", "other landmarks", change=replace(CLEAN, landmarks=LandmarkOffsets(share=1.0))),
    Condition("cameras", "usual: 8° down, 35 mm, 4 m", USUAL),
    Condition("cameras", "20° up", _elevation(-20)),
    Condition("cameras", "level", _elevation(0)),
    Condition("cameras", "20° down", _elevation(20)),
    Condition("cameras", "45° down", _elevation(45)),
    Condition("cameras", "65° down", _elevation(65)),
    Condition("cameras", "near: 2 m, 24 mm", NEAR),
    Condition("cameras", "portrait picture", replace(USUAL, image_sizes=((1080, 1920),))),
    Condition("lenses", "24 mm, known", _lens(24)),
    Condition("lenses", "24 mm, assumed 35 mm", _lens(24), focal_known=False),
    Condition("lenses", "28 mm, known", _lens(28)),
    Condition("lenses", "28 mm, assumed 35 mm", _lens(28), focal_known=False),
    Condition("lenses", "50 mm, known", _lens(50)),
    Condition("lenses", "50 mm, assumed 35 mm", _lens(50), focal_known=False),
    Condition("lenses", "85 mm, known", _lens(85)),
    Condition("lenses", "85 mm, assumed 35 mm", _lens(85), focal_known=False),
    Condition("partial bodies", "nothing below the waist", hidden=(0, 1, 4, *BELOW_HIPS)),
    Condition("partial bodies", "nothing below the knees", hidden=ANKLES),
    Condition("partial bodies", "one arm missing", hidden=RIGHT_ARM),
)
CLIP_CONDITIONS = (
    ClipCondition("20 fps", 20.0),
    ClipCondition("24 fps", 24.0),
    ClipCondition("25 fps", 25.0),
    ClipCondition("30 fps", 30.0),
    ClipCondition("50 fps", 50.0),
    ClipCondition("60 fps", 60.0),
    ClipCondition("30 fps, detector-like noise", 30.0, NOISY),
    ClipCondition("30 fps, detector-like noise, no repair", 30.0, NOISY, repair=False),
)
