"""What the golden vectors do not show of VideoPose3D, PoseFormer and MHFormer: options, gradients, limits."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch

from rtpca.errors import ConfigError
from rtpca.models import build, build_model, config_from_dict, convert_state_dict, model_config
from rtpca.models.cost import count_parameters
from rtpca.models.videopose3d import VideoPose3DConfig

SMALL = {
    "videopose3d": {"frames": 15, "filter_widths": [3, 5], "channels": 8},
    "poseformer": {"frames": 9, "joint_dim": 4, "depth": 2, "heads": 2},
    "mhformer": {"frames": 9, "dim": 8, "hidden": 12, "layers": 2, "heads": 2},
}
# Parameters that cannot change the output, by the facts of the reference implementations.
INERT = {
    "videopose3d": (),
    "poseformer": ("weighted_sum.bias",),
    "mhformer": tuple(
        f"interaction.attentions.{i}.{name}.bias" for i in range(3) for name in ("key", "key_norm")
    ),
}


def small(arch: str, **options):
    return config_from_dict({"arch": arch, **SMALL[arch], **options})


@pytest.mark.parametrize(
    ("name", "options", "parameters"),
    [
        ("videopose3d", {}, 16_952_371),
        ("poseformer", {}, 9_602_885),
        ("mhformer", {}, 31_516_125),
        ("mhformer", {"frames": 243}, 25_165_077),
        ("mhformer", {"frames": 81}, 19_837_545),
        ("mhformer", {"frames": 27}, 19_184_517),
    ],
)
def test_parameters_at_the_published_sizes(name, options, parameters) -> None:
    assert count_parameters(model_config(name, **options)) == parameters


def test_presets_are_the_published_models() -> None:
    assert (model_config("videopose3d").receptive_field, model_config("videopose3d").out_frames) == (243, 1)
    assert (model_config("poseformer").frames, model_config("poseformer").out_frames) == (81, 1)
    assert (model_config("mhformer").frames, model_config("mhformer").out_frames) == (351, 351)


@pytest.mark.parametrize("arch", SMALL)
def test_every_parameter_that_matters_gets_a_gradient(arch) -> None:
    torch.manual_seed(0)
    network = build(small(arch, in_channels=3)).double()
    for parameter in network.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)  # away from zero positions and unit scales
    network.train()
    poses = network(torch.randn(4, network.config.frames, 17, 3, dtype=torch.float64))
    (poses * torch.randn_like(poses)).sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        # A bias in front of BatchNorm does nothing while BatchNorm takes its mean from the batch.
        normalised = arch == "mhformer" and re.fullmatch(r"embeddings\.\d\.0\.bias|norm\.bias", name)
        assert (parameter.grad.abs().max() > 1e-9) != (name in INERT[arch] or bool(normalised)), name


@pytest.mark.parametrize("arch", ["poseformer", "mhformer"])
def test_training_and_evaluation_compute_the_same_attention(arch) -> None:
    network = build(small(arch, dropout=0.0, drop_path=0.0)).eval()
    keypoints = torch.randn(2, 9, 17, 2)
    with torch.no_grad():
        fused = network(keypoints)
    torch.testing.assert_close(network(keypoints), fused, atol=1e-5, rtol=0)


@pytest.mark.parametrize("widths", [(3,), (1, 3), (3, 3, 3), (3, 5), (5, 1, 3)])
def test_strides_give_the_numbers_of_dilations(widths) -> None:
    torch.manual_seed(0)
    short = VideoPose3DConfig(filter_widths=widths, channels=6, frames=torch.tensor(widths).prod().item())
    long = replace(short, frames=short.frames + 4)
    strided, dilated = build(short).double().eval(), build(long).double().eval()
    for tensor in strided.buffers():
        if tensor.is_floating_point():
            tensor.uniform_(0.5, 2.0)
    dilated.load_state_dict(strided.state_dict())
    clip = torch.randn(2, long.frames, 17, 2, dtype=torch.float64)
    assert (short.strided, long.strided, long.out_frames) == (True, False, 5)
    with torch.no_grad():
        together = dilated(clip)
        for first in range(5):
            alone = strided(clip[:, first : first + short.frames])
            torch.testing.assert_close(alone, together[:, first : first + 1], atol=1e-12, rtol=0)


def test_videopose3d_sees_its_receptive_field_and_no_more() -> None:
    torch.manual_seed(0)
    network = build(small("videopose3d", frames=19)).eval()
    clip = torch.randn(1, 19, 17, 2, requires_grad=True)
    network(clip)[0, 1].sum().backward()
    assert clip.grad.abs().sum((0, 2, 3)).gt(0).tolist() == [False] + [True] * 15 + [False] * 3


def test_the_cross_interaction_is_sequential() -> None:
    """A change of the third hypothesis reaches the first by its key, and the second by key and the first."""
    block = build(small("mhformer")).interaction.eval()
    block.joint.mlp.contract.weight.data.zero_()
    block.joint.mlp.contract.bias.data.zero_()
    first, second, third = (torch.randn(1, 9, 8) for _ in range(3))
    one, two, three = block([first, second, third])
    with torch.no_grad():
        attentions = block.attentions
        expected_one = first + attentions[0](second, third, first)
        expected_two = second + attentions[1](expected_one, third, second)
        expected_three = third + attentions[2](expected_one, expected_two, third)
    for given, expected in ((one, expected_one), (two, expected_two), (three, expected_three)):
        torch.testing.assert_close(given, expected)


def test_the_embedding_of_mhformer_is_normalised_up_to_27_frames() -> None:
    def norms(frames: int) -> int:
        network = build(small("mhformer", frames=frames))
        return sum(isinstance(module, torch.nn.BatchNorm1d) for module in network.modules())

    assert (norms(27), norms(36)) == (4, 1)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("mhformer", {"frames": 100}, "model.frames=100 is not a multiple of 9, which mhformer needs"),
        ("mhformer", {"dim": 100}, "model.dim=100 is not a multiple of model.heads=8"),
        ("mhformer", {"layers": 0}, "model.layers=0 must be at least 1"),
        ("mhformer", {"hidden": 2.5}, "hidden=2.5 must be a whole number"),
        ("mhformer", {"drop_path": 1.0}, "model.drop_path=1.0 must be below 1"),
        ("mhformer", {"tpca": True}, "unknown option model.tpca; known here: model.arch, model.frames"),
        ("poseformer", {"joint_dim": 30}, "model.joint_dim=30 is not a multiple of model.heads=8"),
        ("poseformer", {"in_channels": 5}, "model.in_channels=5 must be at most 3"),
        ("poseformer", {"mlp_ratio": -1}, "model.mlp_ratio=-1 must be above 0"),
        ("poseformer", {"qkv_bias": "no"}, "qkv_bias='no' must be true or false"),
        ("videopose3d", {"frames": 100}, "frames=100 is less than the receptive field of 243"),
        ("videopose3d", {"filter_widths": [3, 4]}, "must be a list of odd whole numbers, e.g. [3, 3, 3]"),
        ("videopose3d", {"filter_widths": []}, "must be a list of odd whole numbers"),
        ("videopose3d", {"filter_widths": 3}, "model.filter_widths=3 must be a list"),
        ("videopose3d", {"filter_widths": [3, "3"]}, "model.filter_widths[1]='3' must be a whole number"),
        ("videopose3d", {"filter_widths": [3, -3]}, "model.filter_widths[1]=-3 must be at least 1"),
        ("videopose3d", {"channels": 0}, "model.channels=0 must be at least 1"),
        ("videopose3d", {"dropout": -0.1}, "model.dropout=-0.1 must be at least 0"),
    ],
)
def test_errors_say_what_is_wrong(name, options, message) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        build_model(name, **options)


@pytest.mark.parametrize("arch", SMALL)
@pytest.mark.parametrize("in_channels", [2, 3])
def test_sizes_are_read_off_the_shapes(arch, in_channels) -> None:
    """Through the reference's names: what an import makes of weights is the network they were."""
    config = small(arch, joints=5, in_channels=in_channels)
    network = build(config)
    theirs = FOREIGN_NAMES[arch](network)
    heads = getattr(config, "heads", 8)
    converted = convert_state_dict({f"module.{k}": v for k, v in theirs.items()}, arch, heads)
    defaults = {
        key: getattr(converted.config, key) for key in ("dropout", "drop_path") if hasattr(config, key)
    }
    assert converted.config == replace(config, **defaults)
    for key, tensor in network.state_dict().items():
        assert torch.equal(converted.state_dict[key], tensor), key


def _in_the_reference_s_names(rules):
    def rename(network) -> dict[str, torch.Tensor]:
        tensors = dict(network.state_dict())
        theirs = {}
        for key, tensor in tensors.items():
            new = key
            for pattern, replacement in rules:
                new = re.sub(pattern, replacement, new)
            theirs[new] = tensor[..., None] if new == "weighted_mean.weight" else tensor
        return theirs

    return rename


def _next(number: str) -> int:
    return int(number) + 1


BLOCK_RULES = [
    (r"mlp\.expand", "mlp.fc1"),
    (r"mlp\.contract", "mlp.fc2"),
    (r"attention\.(qkv|proj)", r"attn.\1"),
]
FOREIGN_NAMES = {
    "videopose3d": _in_the_reference_s_names(
        [
            (r"^expand\.", "expand_conv."),
            (r"^norm\.", "expand_bn."),
            (r"^blocks\.(\d+)\.over_time", lambda m: f"layers_conv.{2 * int(m[1])}"),
            (r"^blocks\.(\d+)\.over_channels", lambda m: f"layers_conv.{2 * int(m[1]) + 1}"),
            (r"^blocks\.(\d+)\.norm1", lambda m: f"layers_bn.{2 * int(m[1])}"),
            (r"^blocks\.(\d+)\.norm2", lambda m: f"layers_bn.{2 * int(m[1]) + 1}"),
        ]
    ),
    "poseformer": _in_the_reference_s_names(
        [
            (r"^embed\.", "Spatial_patch_to_embedding."),
            (r"^spatial_position", "Spatial_pos_embed"),
            (r"^temporal_position", "Temporal_pos_embed"),
            (r"^spatial_(blocks|norm)", r"Spatial_\1"),
            (r"^temporal_blocks", "blocks"),
            (r"^temporal_norm", "Temporal_norm"),
            (r"^weighted_sum", "weighted_mean"),
            (r"^head\.", "head.1."),
            (r"^head_norm", "head.0"),
            *BLOCK_RULES,
        ]
    ),
    "mhformer": _in_the_reference_s_names(
        [
            *BLOCK_RULES[:2],
            (r"^norm\.", "Transformer_hypothesis.norm."),
            (r"^generators\.(\d)\.norm_in", lambda m: f"norm_{_next(m[1])}"),
            (r"^generators\.(\d)\.position", lambda m: f"Transformer_encoder_{_next(m[1])}.pos_embed"),
            (r"^generators\.(\d)", lambda m: f"Transformer_encoder_{_next(m[1])}"),
            (r"^(Transformer_encoder.*)attention\.", r"\1attn."),
            (r"^embeddings\.(\d)", lambda m: f"embedding_{_next(m[1])}"),
            (r"^positions\.(\d)", lambda m: f"Transformer_hypothesis.pos_embed_{_next(m[1])}"),
            (r"^(refinement\.\d|interaction)\.joint\.norm", r"\1.norm2"),
            (r"^(refinement\.\d|interaction)\.joint\.mlp", r"\1.mlp"),
            (r"^(refinement\.\d)\.norms\.(\d)", lambda m: f"{m[1]}.norm1_{_next(m[2])}"),
            (r"^(refinement\.\d|interaction)\.attentions\.(\d)", lambda m: f"{m[1]}.attn_{_next(m[2])}"),
            (r"attn_(\d)\.query_norm", r"norm3_\g<1>1"),
            (r"attn_(\d)\.key_norm", r"norm3_\g<1>2"),
            (r"attn_(\d)\.value_norm", r"norm3_\g<1>3"),
            (r"attn_(\d)\.(q|k|v)(uery|ey|alue)\.", r"attn_\1.linear_\2."),
            (r"^refinement\.", "Transformer_hypothesis.SHR_blocks."),
            (r"^interaction\.", "Transformer_hypothesis.CHI_blocks.0."),
            (r"^regression\.", "regression.1."),
            (r"^regression_norm\.", "regression.0."),
        ]
    ),
}
