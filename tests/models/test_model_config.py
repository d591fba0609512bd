"""What a configuration refuses, and says."""

from __future__ import annotations

import re

import pytest

from rtpca.errors import ConfigError
from rtpca.models import RTPCA, RTPCAConfig, build_model, config_from_dict, model_config, preset_names


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frames": 0}, "model.frames=0 must be at least 1"),
        ({"frames": 27.0}, "frames=27.0 must be a whole number"),
        ({"depth": True}, "depth=True must be a whole number"),
        ({"joints": "17"}, "joints='17' must be a whole number"),
        ({"in_channels": 4}, "model.in_channels=4 must be at most 3"),
        ({"ratio": 1}, "model.ratio=1 must be at least 2"),
        ({"ratio": 2.5}, "model.ratio=2.5 must be a whole number"),
        ({"dim": 100}, "model.dim=100 is not a multiple of model.heads=8"),
        ({"mlp_ratio": 0}, "model.mlp_ratio=0 must be above 0"),
        ({"mlp_ratio": "2"}, "model.mlp_ratio='2' must be a number"),
        ({"mlp_ratio": float("nan")}, "model.mlp_ratio=nan must be a finite number"),
        ({"mlp_ratio": 1e-4}, "mlp_ratio=0.0001 leaves no hidden channels"),
        ({"dropout": 1.0}, "model.dropout=1.0 must be below 1"),
        ({"drop_path": -0.1}, "model.drop_path=-0.1 must be at least 0"),
        ({"drop_path": "much"}, "model.drop_path='much' must be a number"),
        ({"tpca": "yes"}, "tpca='yes' must be true or false"),
        ({"qkv_bias": 1}, "qkv_bias=1 must be true or false"),
        ({"cross_layer": "all"}, "model.cross_layer='all' must be 'none', 'adjacent' or 'pyramidal'"),
        ({"compression": ["pool"]}, "must be 'pool', 'conv' or 'pool+conv'"),
        ({"amplification": "conv"}, "must be 'none', 'linear' or 'trans-conv'"),
        ({"init": "zero"}, "model.init='zero' must be 'pytorch' or 'scaled'"),
        ({"query": "pyramidal", "block_residual": "previous"}, "use model.block_residual='none'"),
        (
            {"query": "pyramidal", "memory": "accumulated"},
            "'accumulated' needs model.query='constant'",
        ),
        ({"widht": 64}, "unknown option model.widht; known here: model.arch, model.frames"),
    ],
)
def test_errors_say_what_is_wrong(options, message) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        build_model("rtpca", **options)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"unknown name 'mixste'; known names: rtpca, ste, ste\+tpca"):
        build_model("mixste")


def test_the_default_is_the_paper() -> None:
    config = model_config("rtpca")
    assert config == RTPCAConfig()
    assert (config.frames, config.dim, config.depth, config.heads, config.mlp_ratio) == (243, 512, 8, 8, 2.0)
    assert (config.tpca, config.stages, config.ratio) == (True, 3, 2)
    assert (config.compression, config.amplification) == ("pool", "trans-conv")
    assert (config.cross_layer, config.memory, config.memory_frames(3)) == ("adjacent", "block", 30)
    assert config.block_residual == "none"
    assert config.drop_path == 0.1


def test_the_baseline_has_neither_part() -> None:
    config = model_config("ste", dim=64)
    assert (config.tpca, config.cross_layer, config.dim) == (False, "none", 64)
    parameters = dict(RTPCA(model_config("ste", frames=9, dim=8, depth=2, heads=2)).named_parameters())
    assert not any("refine" in name or "memory" in name for name in parameters)


@pytest.mark.parametrize("name", [name for name in preset_names() if model_config(name).arch == "rtpca"])
def test_presets_build_and_survive_plain_values(name) -> None:
    model = build_model(name, frames=9, joints=3, dim=8, depth=2, heads=2)
    assert config_from_dict(model.config.to_dict()) == model.config


def test_hidden_width_is_what_the_ratio_was_read_from() -> None:
    # hidden / dim * dim falls short of hidden in floating point for some sizes.
    for dim in range(1, 200):
        for hidden in range(1, 4 * dim, 13):
            assert RTPCAConfig(dim=dim, heads=1, mlp_ratio=hidden / dim).hidden == hidden
