"""Virtual cameras: Human3.6M's four for evaluation, random ones for training.

Both look at motion in world coordinates (y up, metres) and return a `rtpca.geometry.Camera`. Projection
itself lives in `rtpca.geometry`.
"""

from __future__ import annotations

import math
from typing import Annotated

import torch
from pydantic import Field

from rtpca.errors import ShapeError
from rtpca.geometry import Camera, Intrinsics
from rtpca.options import Count, NotNegative, Positive, Range, Share, options

FULL_FRAME_DIAGONAL_MM = 43.267
"""Diagonal of a 36 x 24 mm picture: 35 mm-equivalent focal lengths are fractions of it."""

# Human3.6M's arrangement, averaged over its seven subjects S1, S5, S6, S7, S8, S9, S11 and turned to y-up
# axes (x, y, z) -> (x, z, -y). Horizontal positions are relative to the point that the four optical axes pass
# closest to (0.41 m above the floor), heights to the floor. Camera order: 54138969, 55011271, 58860488,
# 60457274.
_AIM_HEIGHT_M = 0.42
_CENTER_M = ((1.955, 1.568, -4.579), (1.934, 1.604, 5.442), (-1.755, 1.499, -4.842), (-1.730, 1.561, 4.186))
# Direction of sight: azimuth from +z towards +x, elevation above the horizon, roll (the image's right edge
# upwards).
_AZIMUTH_DEG = (-24.89, -157.80, 23.62, 156.13)
_ELEVATION_DEG = (-10.95, -12.23, -12.38, -15.04)
_ROLL_DEG = (1.41, 0.44, -3.21, 4.60)
_FOCAL_PX = ((1145.05, 1143.78), (1149.68, 1147.59), (1149.14, 1148.80), (1145.51, 1144.77))
_PRINCIPAL_PX = ((512.54, 515.45), (508.85, 508.06), (519.82, 501.40), (514.97, 501.88))
_IMAGE_SIZE = ((1000, 1002), (1000, 1000), (1000, 1000), (1000, 1002))

EVALUATION_MIN_DEPTH_M = 2.0
"""No joint comes closer than this to an evaluation camera."""


def evaluation_cameras(positions3d: torch.Tensor) -> Camera:
    """Place the four cameras of Human3.6M round a take.

    The arrangement is centred on the mean horizontal pelvis position of the take, its floor is at the level
    of the lowest joint of the take. A camera that a joint would come closer to than `EVALUATION_MIN_DEPTH_M`
    moves outwards on the straight line from the aim of the arrangement through its place, its direction
    unchanged. Lens distortion is left out: its polynomial holds only for the pictures that it was fitted to,
    and takes may be wider than Human3.6M's capture area.

    Args:
        positions3d: Joints of one take, (F, J, 3) with the pelvis first, world axes (y up), metres.

    Returns:
        A camera with batch axis 4, in the dtype and on the device of `positions3d`.

    Raises:
        ShapeError: If `positions3d` is not (F, J, 3) or has no frames.
    """
    if positions3d.ndim != 3 or positions3d.shape[-1] != 3 or positions3d.shape[0] == 0:
        raise ShapeError(
            f"positions3d has shape {tuple(positions3d.shape)}; evaluation cameras need (F, J, 3) with "
            "F >= 1: pass one take at a time"
        )

    def constant(values: object, scale: float = 1.0) -> torch.Tensor:
        return torch.as_tensor(values, dtype=positions3d.dtype, device=positions3d.device) * scale

    pelvis = positions3d[:, 0].mean(0)
    aim = torch.stack([pelvis[0], positions3d[..., 1].min() + _AIM_HEIGHT_M, pelvis[2]])
    out = constant(_CENTER_M) - constant((0.0, _AIM_HEIGHT_M, 0.0))  # (4, 3) from the aim to the camera
    degree = math.pi / 180
    forward = _direction(constant(_AZIMUTH_DEG, degree), constant(_ELEVATION_DEG, degree))
    rotation = _camera_axes(forward, constant(_ROLL_DEG, degree))

    depth = torch.einsum("fjc,kc->kfj", positions3d - aim, forward).amin(
        (1, 2)
    )  # from the aim, nearest joint
    gain = -(out * forward).sum(-1)  # depth that a step of one `out` adds
    stretch = ((EVALUATION_MIN_DEPTH_M - depth) / gain).clamp(min=1.0)
    intrinsics = Intrinsics(constant(_FOCAL_PX), constant(_PRINCIPAL_PX), constant(_IMAGE_SIZE))
    return Camera(intrinsics, rotation, aim + stretch[:, None] * out)


Elevation = Annotated[float, Field(ge=-89, le=89)]


@options("augment.camera")
class RandomCameraConfig:
    """How cameras for training are drawn; azimuth is always uniform.

    The distance is a wish: a camera moves away until the whole window lies in front of it and inside its
    picture.
    """

    elevation_mean_deg: float = 8.0
    """Mean of the usual elevations: positive means that the camera looks down."""
    elevation_std_deg: NotNegative = 10.0
    steep_share: Share = 0.25
    """Share of cameras whose elevation is uniform over `elevation_range_deg` instead."""
    elevation_range_deg: Range[Elevation] = (-20.0, 65.0)
    """Bounds of every elevation."""
    distance_range_m: Range[Annotated[float, Field(ge=1e-3)]] = (2.0, 10.0)
    """Log-uniform distance from the middle of the window."""
    focal_range_mm: Range[Annotated[float, Field(ge=1)]] = (20.0, 70.0)
    """Log-uniform focal length in 35 mm-equivalent terms: 43.27 mm is the image diagonal."""
    roll_std_deg: NotNegative = 4.0
    rolled_share: Share = 0.0
    """Share of cameras whose roll is uniform up to `rolled_most_deg` to either side instead."""
    rolled_most_deg: Annotated[float, Field(ge=0, le=180)] = 45.0
    aim_std: NotNegative = 0.15
    """How far off the image centre the middle of the window lies: deviation in half image sizes."""
    principal_std: NotNegative = 0.01
    """Standard deviation of the principal point about the image centre, in image diagonals."""
    framing_range: Range[Annotated[float, Field(ge=0.05)]] = (0.75, 1.15)
    """Uniform: the window fits into this multiple of the picture; above 1 parts of it may be outside."""
    min_depth_m: Positive = 1.0
    """No joint of the window comes closer to the camera plane than this."""
    image_sizes: Annotated[tuple[tuple[Count, Count], ...], Field(min_length=1)] = (
        (1920, 1080),
        (1280, 720),
        (1080, 1920),
        (720, 1280),
        (1000, 1000),
        (640, 480),
        (480, 640),
    )
    """Image sizes, all equally likely."""


@torch.no_grad()
def random_cameras(
    points_world: torch.Tensor, config: RandomCameraConfig, generator: torch.Generator
) -> Camera:
    """Draw one camera for every window, with the window in front of it and mostly inside its picture.

    Args:
        points_world: Windows of joints, (B, F, J, 3), world axes (y up), metres, finite.
        config: Ranges to draw from.
        generator: Source of randomness, on the device of `points_world`.

    Returns:
        A camera with batch axis B, in the dtype and on the device of `points_world`.

    Raises:
        ShapeError: If `points_world` is not (B, F, J, 3).
    """
    if points_world.ndim != 4 or points_world.shape[-1] != 3:
        raise ShapeError(
            f"points_world has shape {tuple(points_world.shape)}; random cameras need (B, F, J, 3): "
            "add a batch axis to a single window"
        )
    batch, dtype, device = points_world.shape[0], points_world.dtype, points_world.device

    def uniform(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(batch, generator=generator, dtype=dtype, device=device)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=dtype, device=device)

    low, high = config.elevation_range_deg
    usual = (config.elevation_mean_deg + config.elevation_std_deg * normal(batch)).clamp(low, high)
    elevation = torch.where(uniform(0, 1) < config.steep_share, uniform(low, high), usual)
    azimuth = uniform(-math.pi, math.pi)
    forward = _direction(azimuth, -torch.deg2rad(elevation))
    roll_deg = config.roll_std_deg * normal(batch)
    if config.rolled_share:  # without it the other draws stay what they were
        rolled = uniform(0, 1) < config.rolled_share
        roll_deg = torch.where(rolled, uniform(-config.rolled_most_deg, config.rolled_most_deg), roll_deg)
    rotation = _camera_axes(forward, torch.deg2rad(roll_deg))

    choice = torch.randint(len(config.image_sizes), (batch,), generator=generator, device=device)
    size = torch.tensor(config.image_sizes, dtype=dtype, device=device)[choice]  # (B, 2)
    diagonal = size.square().sum(-1, keepdim=True).sqrt()  # (B, 1)
    focal_mm = uniform(*map(math.log, config.focal_range_mm)).exp()
    focal = focal_mm[:, None] / FULL_FRAME_DIAGONAL_MM * diagonal  # (B, 1), the same for both axes
    principal = size / 2 + config.principal_std * diagonal * normal(batch, 2)

    # Where the middle of the window shall appear, as a tangent; kept well inside the frame that it must fit
    # into.
    half = uniform(*config.framing_range)[:, None] * size / 2  # (B, 2)
    shift = (config.aim_std * normal(batch, 2)).clamp(-0.5, 0.5) * half / focal  # (B, 2)

    points = points_world.flatten(1, 2)  # (B, F J, 3)
    low_corner, high_corner = torch.aminmax(points, dim=1)
    middle = (low_corner + high_corner) / 2  # (B, 3)
    local = (points - middle[:, None]) @ rotation.mT  # camera axes
    sight = local[..., 2:]  # depth relative to the middle
    # A point at `local` is seen at tangent (xy + shift d) / (z + d) from distance d, so each edge of the
    # frame is one linear inequality in d; the distance is the smallest that fulfils them all.
    edge = half / focal
    reach = edge[:, None] * sight
    need_right = (local[..., :2] - reach).max(1).values / (edge - shift)  # (B, 2): right, bottom
    need_left = (-local[..., :2] - reach).max(1).values / (edge + shift)  # (B, 2): left, top
    need_front = config.min_depth_m - sight.min(1).values[..., 0]
    wish = uniform(*map(math.log, config.distance_range_m)).exp()
    distance = torch.stack([wish, need_front, *need_right.unbind(-1), *need_left.unbind(-1)]).amax(0)  # (B,)

    offset_cam = torch.cat([shift * distance[:, None], distance[:, None]], -1)  # the middle in camera axes
    center = middle - torch.einsum("bij,bi->bj", rotation, offset_cam)
    return Camera(Intrinsics(focal.expand(-1, 2).contiguous(), principal, size), rotation, center)


def _direction(azimuth: torch.Tensor, elevation: torch.Tensor) -> torch.Tensor:
    """Unit vectors (..., 3): azimuth from +z towards +x, elevation above the horizon, radians."""
    level = elevation.cos()
    return torch.stack([level * azimuth.sin(), elevation.sin(), level * azimuth.cos()], -1)


def _camera_axes(forward: torch.Tensor, roll: torch.Tensor) -> torch.Tensor:
    """R_cam_from_world (..., 3, 3) of a look along `forward`; positive roll lifts the image's right edge."""
    up = torch.zeros_like(forward)
    up[..., 1] = 1.0
    right = torch.linalg.cross(forward, up)
    right = right / right.norm(dim=-1, keepdim=True)
    down = torch.linalg.cross(forward, right)
    cos, sin = roll.cos()[..., None], roll.sin()[..., None]
    return torch.stack([cos * right - sin * down, cos * down + sin * right, forward], -2)
