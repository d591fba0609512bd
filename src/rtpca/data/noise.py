"""Errors like those of a 2D keypoint detector, and plain Gaussian noise for tests.

The model behind `detector_noise`: every joint has an expected error that drifts over time (moments that are
hard for the whole person, blur, occlusion). The actual error is Gaussian with that deviation, correlated over
time, so over many frames its distribution has heavy tails. A score follows the expected error, as the
confidence of a detector does. On top come stretches in which left and right of limbs are confused, single
wild points, and joints that are not found at all. `benchmarks/detector_errors.py` measures most of it on a
video; docs/augmentation.md compares.
"""

from __future__ import annotations

import torch

from rtpca.errors import ConfigError, ShapeError
from rtpca.options import BelowOne, Count, NotNegative, Positive, Range, Share, options
from rtpca.skeletons import get_skeleton

_JOINTS = 17
_HIPS, _OUTER_LEGS = (1, 4), (2, 3, 5, 6)
_SHOULDERS, _OUTER_ARMS = (11, 14), (12, 13, 15, 16)
# What can be lost together: each arm below the shoulder, each leg below the hip, everything from the knees
# down, everything below the waist.
_PARTS = ((12, 13), (15, 16), (5, 6), (2, 3))
_BELOW_KNEES = (2, 3, 5, 6)
_BELOW_WAIST = (0, 1, 2, 3, 4, 5, 6)
# h36m17: pelvis, right leg, left leg, spine, thorax, neck, head, left arm, right arm.
_JOINT_FACTORS = (1.0, 1.2, 1.2, 1.3, 1.2, 1.2, 1.3, 0.7, 0.7, 0.7, 0.8, 0.85, 1.1, 1.3, 0.85, 1.1, 1.3)


@options("augment.noise")
class DetectorNoise:
    """How wrong the 2D keypoints are. Lengths are fractions of the person's size in the image.

    The person's size is the larger side of the box round the joints, median over the window: about the height
    of somebody upright. 0.01 is 4.5 px on a person 450 px tall. All `*_share` and `*_rate` values are
    probabilities.
    """

    clean_share: Share = 0.25
    """Windows left exactly as they are, with score 1."""
    sigma_range: Range[NotNegative] = (0.002, 0.015)
    """Log-uniform per window: standard deviation per axis of a joint with factor 1, at median difficulty."""
    joint_factors: tuple[NotNegative, ...] = _JOINT_FACTORS
    """Multiplies the deviation of each h36m17 joint."""
    correlation_range: Range[BelowOne] = (0.0, 0.95)
    """Uniform per window: correlation of the error from one frame to the next, first-order autoregressive."""
    bias_share: Share = 0.3
    """Part of the variance that stays constant over the window: a detector's own idea of where a joint is."""
    tail: NotNegative = 0.4
    """Standard deviation of the log difficulty of each joint."""
    frame_tail: NotNegative = 0.8
    """The same of whatever makes a frame hard for all joints. Without both, errors are Gaussian; else the
    kurtosis is 3 exp(4 (tail^2 + frame_tail^2))."""
    tail_correlation: BelowOne = 0.6
    """Correlation of the difficulty from one frame to the next."""
    spike_rate: Share = 0.006
    """Joints per frame that are found somewhere else entirely."""
    spike_size: NotNegative = 0.12
    """Standard deviation of those errors per axis."""
    swap_share: Share = 0.25
    """Windows with a stretch in which the detector confuses left and right of legs, arms or both."""
    swap_kinds: tuple[Share, Share, Share] = (0.6, 0.2, 0.2)
    """How often it is the legs, the arms, or both; they sum to 1."""
    swap_frames: Range[Count] = (1, 60)
    """How long the stretch is, log-uniform, before it is cut off at the window's ends."""
    swap_steady_share: Share = 0.5
    """Stretches in which the sides stay exchanged; in the others they change from frame to frame."""
    swap_apart: Positive = 0.1
    """A steady exchange begins or ends at a frame with left and right close together: frames in which they
    are so far apart are less likely by a factor of e."""
    swap_exchanged_share: Share = 0.15
    """Frames of an unsteady stretch in which the sides are exchanged."""
    swap_between_share: Share = 0.25
    """Frames of it in which both joints of a pair lie somewhere on the line between the two."""
    drop_share: Share = 0.6
    """Windows in which joints go missing at all; the rates and shares of what is dropped hold inside them."""
    joint_drop_rate: Share = 0.01
    """Joints per frame that are missing on their own."""
    frame_drop_rate: Share = 0.01
    """Frames in which nobody is found."""
    stretch_drop_share: Share = 0.02
    """Joints of a window that are missing for a stretch of it, of any length."""
    limb_drop_share: Share = 0.03
    """Limbs of a window that are missing, without their shoulder or hip, for a stretch of it."""
    limb_whole_share: Share = 0.0
    """Of the limbs that are missing, those that are so for the whole window, as behind a table."""
    lower_body_drop_share: Share = 0.04
    """Windows in which the person is seen from the waist or from the knees upwards only."""
    outside_drop_share: Share = 0.5
    """Windows in which joints outside the picture are missing; in the others a detector guesses them."""
    score_half: Positive = 0.025
    """Expected error at which the score is one half."""
    score_jitter: NotNegative = 1.0
    """Standard deviation that is added to the logarithm of score odds per joint and frame."""
    score_power_range: Range[Positive] = (0.1, 2.0)
    """Log-uniform per window: scores are raised to this power; no two detectors mean the same by a score."""
    unscored_share: Share = 0.0
    """Windows whose scores tell nothing: 1 for all that is found, as where a file has none."""

    def __post_init__(self) -> None:
        if len(self.joint_factors) != _JOINTS:
            raise ConfigError(
                f"augment.noise.joint_factors has {len(self.joint_factors)} numbers; give 17, as in h36m17"
            )
        if self.swap_exchanged_share + self.swap_between_share > 1:
            raise ConfigError(
                "augment.noise: swap_exchanged_share and swap_between_share must not sum to more than 1"
            )
        if abs(sum(self.swap_kinds) - 1) > 1e-6:
            raise ConfigError(
                f"augment.noise.swap_kinds={list(self.swap_kinds)}: give shares of legs, arms and both that "
                "sum to 1"
            )

    @classmethod
    def none(cls) -> DetectorNoise:
        """Perfect keypoints: nothing is changed and every score is 1."""
        return cls(clean_share=1.0)


@torch.no_grad()
def detector_noise(
    keypoints_px: torch.Tensor,
    config: DetectorNoise,
    generator: torch.Generator,
    image_size: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Turn true 2D keypoints into what a detector might have found.

    Args:
        keypoints_px: True keypoints, (B, F, 17, 2), h36m17, pixels, finite.
        config: Kind and amount of errors.
        generator: Source of randomness, on the device of `keypoints_px`.
        image_size: (B, 2) pixels, needed for joints outside the picture to go missing; None leaves them.

    Returns:
        Keypoints (B, F, 17, 2), NaN where missing, and scores (B, F, 17): 0 where missing, else in [0.02, 1].

    Raises:
        ShapeError: If `keypoints_px` is not (B, F, 17, 2).
    """
    _check(keypoints_px)
    batch, dtype, device = keypoints_px.shape[0], keypoints_px.dtype, keypoints_px.device
    draw = _Draw(keypoints_px, generator)
    clean = draw.uniform(batch) < config.clean_share  # (B,)

    person_px = person_size_px(keypoints_px)
    found = _swap_sides(keypoints_px, person_px, config, draw)
    sigma = draw.log_uniform(*config.sigma_range)[:, None, None] * torch.tensor(
        config.joint_factors, dtype=dtype, device=device
    )  # (B, 1, J) of the person's size
    hard = draw.autoregressive(config.tail_correlation, draw.joints + 1)
    sigma = sigma * (config.tail * hard[..., 1:] + config.frame_tail * hard[..., :1]).exp()  # (B, F, J)
    spike = draw.frames() < config.spike_rate
    expected = sigma + spike * config.spike_size
    error = _unit_error(config, draw) * torch.where(spike, config.spike_size, sigma)[..., None]
    found = found + error * person_px[:, None, None, None]
    scores = _scores(expected, config, draw)

    missing = _missing(config, draw)
    if image_size is not None:
        outside = ((found < 0) | (found > image_size[:, None, None])).any(-1)
        missing = missing | (outside & (draw.uniform(batch, 1, 1) < config.outside_drop_share))
    missing = missing & ~clean[:, None, None]
    keypoints = torch.where(clean[:, None, None, None], keypoints_px, found)
    keypoints = keypoints.masked_fill(missing[..., None], torch.nan)
    untold = clean
    if config.unscored_share:  # without it the other draws stay what they were
        untold = clean | (draw.uniform(batch) < config.unscored_share)
    scores = torch.where(untold[:, None, None], torch.ones_like(scores), scores).masked_fill(missing, 0.0)
    return keypoints, scores


_STRETCH = 60


def detector_noise_of_clips(
    keypoints_px: torch.Tensor, config: DetectorNoise, generator: torch.Generator, image_size: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """`detector_noise` for clips of any length: kind and amount of errors change every 60 frames.

    Args:
        keypoints_px: True keypoints, (V, F, 17, 2), pixels, finite.
        config: As for `detector_noise`.
        generator: As for `detector_noise`.
        image_size: Image sizes, (V, 2).

    Returns:
        As `detector_noise`.
    """
    parts = [
        detector_noise(part, config, generator, image_size) for part in keypoints_px.split(_STRETCH, dim=1)
    ]
    keypoints, scores = zip(*parts, strict=True)
    return torch.cat(keypoints, dim=1), torch.cat(scores, dim=1)


@torch.no_grad()
def gaussian_noise(keypoints_px: torch.Tensor, sigma_px: float, generator: torch.Generator) -> torch.Tensor:
    """Add independent Gaussian noise to every coordinate: the usual robustness test.

    Args:
        keypoints_px: Keypoints, (..., 2), pixels.
        sigma_px: Standard deviation per axis in pixels.
        generator: Source of randomness, on the device of `keypoints_px`.

    Returns:
        Noisy keypoints of the same shape.

    Raises:
        ConfigError: If `sigma_px` is negative.
    """
    if sigma_px < 0:
        raise ConfigError(f"sigma_px is {sigma_px}; give a standard deviation of 0 pixels or more")
    noise = torch.randn(
        keypoints_px.shape, generator=generator, dtype=keypoints_px.dtype, device=keypoints_px.device
    )
    return keypoints_px + sigma_px * noise


def person_size_px(keypoints_px: torch.Tensor) -> torch.Tensor:
    """Larger side of the joints' box, median over the window: (B, F, J, 2) -> (B,)."""
    low, high = torch.aminmax(keypoints_px, dim=-2)
    return (high - low).amax(-1).median(-1).values


class _Draw:
    """Random numbers for one batch of windows, all from one generator."""

    def __init__(self, like: torch.Tensor, generator: torch.Generator) -> None:
        self.batch, self.num_frames, self.joints = like.shape[:3]
        self.dtype, self.device, self.generator = like.dtype, like.device, generator

    def uniform(self, *shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=self.generator, dtype=self.dtype, device=self.device)

    def normal(self, *shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=self.generator, dtype=self.dtype, device=self.device)

    def frames(self) -> torch.Tensor:
        """Uniform (B, F, J)."""
        return self.uniform(self.batch, self.num_frames, self.joints)

    def log_uniform(self, low: float, high: float) -> torch.Tensor:
        """(B,), all zero where `high` is."""
        if low <= 0.0:
            return self.uniform(self.batch) * high
        return low * (high / low) ** self.uniform(self.batch)

    def autoregressive(self, correlation: torch.Tensor | float, tracks: int) -> torch.Tensor:
        """Stationary first-order autoregressive noise (B, F, tracks) of unit variance."""
        white = self.normal(self.batch, self.num_frames, tracks)
        rho = torch.as_tensor(correlation, dtype=self.dtype, device=self.device).reshape(-1, 1, 1)
        frame = torch.arange(self.num_frames, device=self.device)
        lag = frame[:, None] - frame
        # x_f = rho x_(f-1) + sqrt(1 - rho^2) white_f from a stationary start, written as one matrix per
        # window.
        mixer = torch.where(lag >= 0, rho ** lag.clamp(min=0), 0.0)
        gain = torch.where(frame == 0, 1.0, (1 - rho.square()).sqrt())  # (B or 1, 1, F)
        return (mixer * gain).expand(self.batch, -1, -1) @ white

    def member(self, joints: tuple[int, ...]) -> torch.Tensor:
        """(J,) true for these joints."""
        found = torch.zeros(self.joints, dtype=torch.bool, device=self.device)
        found[list(joints)] = True
        return found

    def stretches(self, probability: float, tracks: int) -> torch.Tensor:
        """(B, F, tracks) true in one random stretch of the tracks that are hit, one frame to all."""
        hit = self.uniform(self.batch, 1, tracks) < probability
        length = (
            self.uniform(self.batch, 1, tracks) * self.num_frames + 1
        )  # before it is cut at the window's ends
        start = self.uniform(self.batch, 1, tracks) * (self.num_frames + length) - length
        frame = torch.arange(self.num_frames, dtype=self.dtype, device=self.device)[:, None]
        return hit & (frame >= start) & (frame < start + length)


def _check(keypoints_px: torch.Tensor) -> None:
    if keypoints_px.ndim != 4 or keypoints_px.shape[2:] != (_JOINTS, 2):
        raise ShapeError(
            f"keypoints_px has shape {tuple(keypoints_px.shape)}; detector noise needs (B, F, 17, 2) in "
            "h36m17 order: convert the skeleton first"
        )


def _unit_error(config: DetectorNoise, draw: _Draw) -> torch.Tensor:
    """Errors of unit variance (B, F, J, 2): a constant part per joint and a correlated one."""
    low, high = config.correlation_range
    rho = low + (high - low) * draw.uniform(draw.batch)
    moving = draw.autoregressive(rho, 2 * draw.joints).unflatten(-1, (draw.joints, 2))
    constant = draw.normal(draw.batch, 1, draw.joints, 2)
    return config.bias_share**0.5 * constant + (1 - config.bias_share) ** 0.5 * moving


def _swap_sides(
    keypoints_px: torch.Tensor, person_px: torch.Tensor, config: DetectorNoise, draw: _Draw
) -> torch.Tensor:
    """Confuse left and right of limbs in one stretch of some windows.

    Some detectors exchange the sides where limbs cross or hide each other, and stay wrong until they do so
    again. Others cannot tell the sides for a while and change their mind from frame to frame, or put both
    joints of a pair between the two places.
    """
    batch, frames = draw.batch, draw.num_frames
    legs_only, arms_only, _ = config.swap_kinds
    kind = draw.uniform(batch, 1)
    legs, arms = (kind < legs_only) | (kind >= legs_only + arms_only), kind >= legs_only
    outer = (legs & draw.member(_OUTER_LEGS)) | (arms & draw.member(_OUTER_ARMS))  # (B, J)
    inner = (legs & draw.member(_HIPS)) | (arms & draw.member(_SHOULDERS))
    affected = outer | (inner & (draw.uniform(batch, 1) < 0.5))

    partner = torch.tensor(get_skeleton("h36m17").mirror, device=draw.device)
    way = keypoints_px.index_select(2, partner) - keypoints_px  # (B, F, J, 2)
    apart = (way.norm(dim=-1) @ outer.to(draw.dtype)[..., None])[..., 0]  # (B, F)
    apart = apart / (outer.sum(-1) * person_px)[:, None]
    steady = draw.uniform(batch, 1) < config.swap_steady_share
    likely = torch.where(steady, (-(apart / config.swap_apart).square()).exp() + 1e-6, 1.0)
    place = torch.searchsorted(likely.cumsum(1), draw.uniform(batch, 1) * likely.sum(1, keepdim=True))
    shortest, longest = config.swap_frames
    length = (shortest * ((longest + 1) / shortest) ** draw.uniform(batch, 1)).floor().clamp(max=longest)
    first = torch.where(draw.uniform(batch, 1) < 0.5, place, place - length + 1)
    frame = torch.arange(frames, device=draw.device)
    during = (frame >= first) & (frame < first + length)  # (B, F)
    during = during & (draw.uniform(batch, 1) < config.swap_share)

    mood, between = draw.uniform(2, batch, frames)
    exchanged, mixed = config.swap_exchanged_share, config.swap_exchanged_share + config.swap_between_share
    part = torch.where(mood < exchanged, 1.0, torch.where(mood < mixed, between, 0.0))
    part = torch.where(steady, 1.0, part) * during
    moved = keypoints_px + (part[..., None] * affected[:, None])[..., None] * way
    # Exactly the other joint's place, not nearly.
    whole = (part == 1.0)[..., None] & affected[:, None]
    return torch.where(whole[..., None], keypoints_px.index_select(2, partner), moved)


def _missing(config: DetectorNoise, draw: _Draw) -> torch.Tensor:
    """Joints that are not found, (B, F, J)."""
    concerned = draw.uniform(draw.batch, 1, 1) < config.drop_share
    missing = draw.frames() < config.joint_drop_rate
    missing = missing | (draw.uniform(draw.batch, draw.num_frames, 1) < config.frame_drop_rate)
    missing = missing | draw.stretches(config.stretch_drop_share, draw.joints)
    limbs = draw.stretches(config.limb_drop_share, len(_PARTS))
    if config.limb_whole_share:  # without it the other draws stay what they were
        whole = draw.uniform(draw.batch, 1, len(_PARTS)) < config.limb_whole_share
        limbs = limbs | (limbs.any(1, keepdim=True) & whole)
    lower = draw.uniform(draw.batch, 1) < config.lower_body_drop_share
    from_waist = lower & (draw.uniform(draw.batch, 1) < 0.5)
    for column, joints in enumerate(_PARTS):
        missing[:, :, list(joints)] |= limbs[:, :, column, None]
    missing[:, :, list(_BELOW_KNEES)] |= lower[:, :, None]
    missing[:, :, list(_BELOW_WAIST)] |= from_waist[:, :, None]
    return missing & concerned


def _scores(expected: torch.Tensor, config: DetectorNoise, draw: _Draw) -> torch.Tensor:
    """Scores (B, F, J): 1 for no expected error, one half at `score_half`, before jitter and power."""
    odds = config.score_half / expected.clamp(min=1e-6)
    odds = odds * (config.score_jitter * draw.normal(*expected.shape)).exp()
    power = draw.log_uniform(*config.score_power_range)[:, None, None]
    return (odds / (1 + odds)).pow(power).clamp(0.02, 1.0)
