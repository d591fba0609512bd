"""Networks and keypoints for the lifting tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.synthetic import generate_motion
from rtpca.inference import Lifter
from rtpca.models import Checkpoint, InputSpec, RTPCAConfig, build_model, save_checkpoint


class Echo(nn.Module):
    """Gives back (x, y, 0) of its normalised input: what a lifter does around the network becomes visible."""

    def __init__(self, frames: int, in_channels: int = 3) -> None:
        super().__init__()
        self.config = RTPCAConfig(frames=frames, in_channels=in_channels, dim=8, depth=1, heads=1)
        self.inputs: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[1:] == (self.config.frames, 17, self.config.in_channels)
        assert x.isfinite().all()
        self.inputs.append(x)
        return torch.cat([x[..., :2], torch.zeros_like(x[..., :1])], dim=-1)


class Statue(Echo):
    """Gives the same pose for every frame."""

    def __init__(self, frames: int, pose: Tensor) -> None:
        super().__init__(frames)
        self.pose = pose

    def forward(self, x: Tensor) -> Tensor:
        return self.pose.expand(*x.shape[:2], 17, 3)


@pytest.fixture
def lifter_of() -> Callable[..., Lifter]:
    """Makes a lifter out of any network; such a network is no judge of sides."""

    def make(network: nn.Module, normalisation="screen", fps=20.0, **options) -> Lifter:
        options = {"flip": False, "average_phases": False, "device": "cpu", "repair": False} | options
        return Lifter(Checkpoint(network, InputSpec(normalisation=normalisation, fps=fps)), **options)

    return make


@pytest.fixture
def echo() -> type[Echo]:
    return Echo


@pytest.fixture
def statue() -> type[Statue]:
    return Statue


@pytest.fixture(scope="session")
def weights(tmp_path_factory) -> Callable[..., Path]:
    """Writes random weights of a tiny network and gives their path."""
    folder = tmp_path_factory.mktemp("weights")

    def write(normalisation="person", in_channels=3, frames=27, fps=20.0) -> Path:
        path = folder / f"{normalisation}-{in_channels}-{frames}.safetensors"
        if not path.exists():
            torch.manual_seed(0)
            model = build_model(
                "rtpca", frames=frames, joints=17, dim=16, depth=2, heads=2, in_channels=in_channels
            )
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.add_(0.1 * torch.randn_like(parameter))
            save_checkpoint(path, model, InputSpec(normalisation=normalisation, fps=fps))
        return path

    return write


@pytest.fixture(scope="session")
def walk() -> np.ndarray:
    """(120, 17, 2) pixels of somebody walking at 50 frames per second, in an image of 1000 x 1002."""
    world = torch.as_tensor(generate_motion("walk", frames=120, fps=50, seed=3))
    camera = evaluation_cameras(world)
    points = camera.project(camera.world_to_camera(world.expand(4, -1, -1, -1)))
    return points[0].numpy()
