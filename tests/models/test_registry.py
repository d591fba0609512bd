"""From plain values to the right architecture, and old values to RTPCA."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from rtpca.errors import CheckpointError, ConfigError, ShapeError
from rtpca.models import (
    InputSpec,
    LiftingNetwork,
    RTPCAConfig,
    build,
    build_model,
    config_from_dict,
    load_checkpoint,
    model_config,
    preset_names,
    save_checkpoint,
)
from rtpca.models.registry import ARCHITECTURES

SMALL = {
    "rtpca": {"frames": 9, "dim": 8, "depth": 2, "heads": 2},
    "videopose3d": {"frames": 11, "filter_widths": [3, 3], "channels": 8},
    "poseformer": {"frames": 9, "joint_dim": 4, "depth": 2, "heads": 2},
    "mhformer": {"frames": 9, "dim": 8, "hidden": 12, "layers": 2, "heads": 2},
    "motionagformer": {"frames": 9, "dim": 8, "depth": 2, "heads": 2, "representation": 6},
    "dstformer": {"frames": 9, "dim": 8, "depth": 2, "heads": 2, "representation": 6},
    "tcpformer": {"frames": 9, "dim": 8, "depth": 2, "heads": 2, "representation": 6},
    "poseformerv2": {
        "frames": 9,
        "kept_frames": 3,
        "kept_coefficients": 2,
        "joint_dim": 4,
        "depth": 2,
        "heads": 2,
    },
}


def small_config(arch: str, **options):
    """An architecture at a size that costs nothing."""
    return config_from_dict({"arch": arch, "in_channels": 2, **SMALL[arch], **options})


def test_every_architecture_has_a_small_configuration_here() -> None:
    assert SMALL.keys() == ARCHITECTURES.keys()


@pytest.mark.parametrize("arch", SMALL)
def test_the_middle_frames_are_predicted(arch) -> None:
    joints = 15 if arch == "motionagformer" else 5  # the bones of a joint set are its graph
    config = small_config(arch, joints=joints, in_channels=3)
    network = build(config)
    assert isinstance(network, LiftingNetwork)
    assert network.config is config
    poses = network(torch.randn(2, config.frames, joints, 3))
    assert poses.shape == (2, config.out_frames, joints, 3)
    after = config.frames - config.out_frames - config.first_out_frame
    assert after - config.first_out_frame in (0, 1)


@pytest.mark.parametrize("arch", SMALL)
def test_another_shape_is_refused_with_both_shapes(arch) -> None:
    config = small_config(arch)
    with pytest.raises(ShapeError, match=rf"\(B, {config.frames}, 17, 2\), got \(1, 4, 17, 2\)"):
        build(config)(torch.zeros(1, 4, 17, 2))


@pytest.mark.parametrize("arch", SMALL)
def test_plain_values_name_the_architecture_and_come_back(arch) -> None:
    config = small_config(arch)
    values = json.loads(json.dumps(config.to_dict()))
    assert values["arch"] == arch
    assert config_from_dict(values) == config


def test_values_without_an_architecture_are_rtpca_s() -> None:
    values = RTPCAConfig(dim=64).to_dict()
    del values["arch"]
    assert config_from_dict(values) == config_from_dict({"arch": "rtpca", "dim": 64}) == RTPCAConfig(dim=64)


@pytest.mark.parametrize("arch", ["gpt", None, 3, ["rtpca"]])
def test_an_unknown_architecture_lists_the_known_ones(arch) -> None:
    with pytest.raises(ConfigError, match=r"model.arch=.* must be one of 'rtpca'"):
        config_from_dict({"arch": arch})


def test_a_configuration_refuses_the_values_of_another_architecture() -> None:
    with pytest.raises(ConfigError, match="model.arch='mhformer' must be 'rtpca'"):
        RTPCAConfig(arch="mhformer")


@pytest.mark.parametrize("name", preset_names())
def test_presets_have_the_options_given_on_top(name) -> None:
    config = model_config(name, joints=15)
    assert config.joints == 15
    assert config_from_dict(config.to_dict()) == config


@pytest.mark.parametrize("arch", SMALL)
def test_a_checkpoint_of_any_architecture_comes_back(arch, tmp_path) -> None:
    torch.manual_seed(0)
    network = build(small_config(arch))
    path = tmp_path / "weights.safetensors"
    save_checkpoint(path, network, InputSpec())
    checkpoint = load_checkpoint(path)
    assert checkpoint.config == network.config
    keypoints = torch.randn(2, network.config.frames, 17, 2)
    with torch.no_grad():
        assert torch.equal(checkpoint.model(keypoints), network.eval()(keypoints))


def test_a_checkpoint_without_an_architecture_is_rtpca_s(tmp_path) -> None:
    path = tmp_path / "weights.safetensors"
    model = build_model("rtpca", **SMALL["rtpca"])
    save_checkpoint(path, model, InputSpec())
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    config = json.loads(metadata["config"])
    assert config.pop("arch") == "rtpca"
    save_file(load_file(path), path, metadata | {"config": json.dumps(config)})
    assert load_checkpoint(path).config == model.config


_BEYOND = r"its metadata cannot be read: .* must be at most"
_NO_SUCH_SHAPE = "its tensors do not fit its configuration: .* needs shape"


@pytest.mark.parametrize(
    ("arch", "lie", "message"),
    [
        ("rtpca", {"dim": 800_000_000}, _BEYOND),
        ("rtpca", {"frames": 10**12}, _BEYOND),
        ("rtpca", {"frames": 65_000}, _NO_SUCH_SHAPE),
        ("rtpca", {"depth": 10**9}, _BEYOND),
        ("videopose3d", {"channels": 10**9}, _BEYOND),
        ("videopose3d", {"channels": 65_000}, _NO_SUCH_SHAPE),
        ("videopose3d", {"filter_widths": [3, 3, 10**9 + 1], "frames": 10**12}, _BEYOND),
        ("videopose3d", {"filter_widths": [3, 3, 3], "frames": 100}, _NO_SUCH_SHAPE),
        ("poseformer", {"joint_dim": 10**8}, _BEYOND),
        ("poseformer", {"frames": 65_000}, _NO_SUCH_SHAPE),
        ("poseformer", {"frames": 10**9}, _BEYOND),
        ("poseformer", {"depth": 10**9}, _BEYOND),
        ("poseformer", {"mlp_ratio": 1e9}, _BEYOND),
        ("mhformer", {"frames": 9 * 10**8}, _BEYOND),
        ("mhformer", {"hidden": 10**10}, _BEYOND),
        ("mhformer", {"hidden": 65_000}, _NO_SUCH_SHAPE),
        ("mhformer", {"layers": 10**9}, _BEYOND),
        ("mhformer", {"joints": 10**9}, _BEYOND),
        ("motionagformer", {"frames": 65_000}, _NO_SUCH_SHAPE),
        ("motionagformer", {"dim": 10**9}, _BEYOND),
        ("motionagformer", {"representation": 10**10}, _BEYOND),
        ("motionagformer", {"representation": 65_000}, _NO_SUCH_SHAPE),
        ("motionagformer", {"skeleton": "h36m18"}, "its metadata cannot be read"),
        ("dstformer", {"frames": 65_000}, _NO_SUCH_SHAPE),
        ("dstformer", {"depth": 10**9}, _BEYOND),
        ("dstformer", {"mlp_ratio": 1e9}, _BEYOND),
        ("tcpformer", {"proxies": 65_000}, _NO_SUCH_SHAPE),
        ("tcpformer", {"frames": 65_000}, _NO_SUCH_SHAPE),
        ("tcpformer", {"depth": 1000}, _NO_SUCH_SHAPE),
        ("poseformerv2", {"kept_frames": 65_001, "frames": 65_001}, _NO_SUCH_SHAPE),
        ("poseformerv2", {"kept_coefficients": 65_000, "frames": 65_000}, _NO_SUCH_SHAPE),
        ("poseformerv2", {"joint_dim": 10**8}, _BEYOND),
        ("poseformerv2", {"depth": 10**9}, _BEYOND),
    ],
)
def test_a_lying_configuration_is_refused_before_memory_is_taken(arch, lie, message, tmp_path) -> None:
    path = tmp_path / "weights.safetensors"
    network = build(small_config(arch))
    save_checkpoint(path, network, InputSpec())
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    config = json.dumps(network.config.to_dict() | lie)
    save_file(load_file(path), path, metadata | {"config": config})
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(path)


@pytest.mark.parametrize("arch", SMALL)
def test_the_main_shapes_are_those_of_the_network(arch) -> None:
    config = small_config(arch)
    tensors = build(config).state_dict()
    shapes = config.main_shapes()
    assert {key: tuple(tensors[key].shape) for key in shapes} == shapes
