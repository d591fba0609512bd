"""The public reference implementations' numbers, from their weights under our names."""

import pytest
import torch
from naive_mhformer import naive_mhformer, random_weights
from safetensors.torch import load_file

from rtpca.errors import CheckpointError
from rtpca.models import convert_state_dict, import_state_dict

FILES = {
    "mixste": "golden/mixste",
    "rtpca-authors": "golden/rtpca",
    "videopose3d": "golden/videopose3d",
    "poseformer": "golden/poseformer",
    "mhformer": "golden/mhformer",
    "motionagformer": "golden2/motionagformer",
    "dstformer": "golden2/dstformer",
    "tcpformer": "golden2/tcpformer",
    "poseformerv2": "golden2/poseformerv2",
    "hot-mixste": "golden2/hot_mixste",
}
# What no shape tells: heads, and windows where the weights fit several.
CASES = {arch: {"heads": 4} for arch in FILES} | {
    "videopose3d": {"frames": 35},
    "mhformer": {"heads": 8},
    "motionagformer": {"heads": 4, "neighbours": 2},
    "dstformer": {"heads": 4, "frames": 9},
    "tcpformer": {"heads": 4, "frames": 9},
    "poseformerv2": {"heads": 3, "frames": 27, "kept_frames": 3, "kept_coefficients": 3},
    "hot-mixste": {"heads": 8, "tokens": 9, "prune_after": 3},
}
SEVERAL_WINDOWS = ("videopose3d", "dstformer", "tcpformer", "poseformerv2")
# 20 tensors of the pyramid in each spatial block of the authors' RTPCA; counters of BatchNorm.
DROPPED = {"rtpca-authors": 60, "videopose3d": 5, "mhformer": 4, "motionagformer": 4}
# A tensor that is missed where it was, and one that sizes are read off.
HEADS = {
    "videopose3d": ("layers_bn.1.weight", "shrink.weight"),
    "mhformer": ("regression.1.bias", "embedding_1.0.weight"),
    "motionagformer": ("head.weight", "layers.0.graph_temporal.mixer.batch_norm.weight"),
    "dstformer": ("ts_attn.0.bias", "temp_embed"),
    "tcpformer": ("temporal_layers.1.cross_temporal.att_weight", "center_pose"),
    "poseformerv2": ("blocks.0.norm3.weight", "Temporal_pos_embed_"),
    "hot-mixste": ("cross_attention.linear_q.bias", "x_token"),
}
MIXSTE_HEAD = ("head.1.weight", "Temporal_pos_embed")


@pytest.fixture(params=CASES, name="golden")
def _golden(request, shared_data):
    tensors = load_file(shared_data / f"{FILES[request.param]}.safetensors")
    weights = {k.removeprefix("weight."): v for k, v in tensors.items() if k.startswith("weight.")}
    return request.param, weights, tensors


def convert(weights, arch):
    """With what no shape tells of the golden model."""
    return convert_state_dict(weights, arch, **{"heads": 8} | CASES[arch])


def test_output_in_float32_and_float64(golden):
    arch, weights, tensors = golden
    model = import_state_dict(weights, arch=arch, **CASES[arch])
    with torch.no_grad():
        torch.testing.assert_close(model(tensors["input"]), tensors["output"], atol=2e-5, rtol=0)
        precise = model.double()(tensors["input"].double())
    torch.testing.assert_close(precise, tensors["output_float64"], atol=1e-9, rtol=0)


def test_double_precision_weights_give_a_double_precision_model(golden):
    arch, weights, tensors = golden
    model = import_state_dict({k: v.double() for k, v in weights.items()}, arch=arch, **CASES[arch])
    with torch.no_grad():
        precise = model(tensors["input"].double())
    torch.testing.assert_close(precise, tensors["output_float64"], atol=1e-9, rtol=0)


def test_every_source_tensor_is_renamed_or_dropped(golden):
    arch, weights, _ = golden
    wrapped = {f"module.{k}": v for k, v in weights.items()}
    converted = convert(wrapped, arch)
    assert set(converted.renamed) | set(converted.dropped) == set(weights)
    assert not set(converted.renamed) & set(converted.dropped)
    assert len(converted.dropped) == DROPPED.get(arch, 0)


def test_unknown_and_missing_tensors_are_refused(golden):
    arch, weights, _ = golden
    with pytest.raises(CheckpointError, match="unknown tensors extra.weight"):
        import_state_dict({**weights, "extra.weight": torch.zeros(1)}, arch=arch, **CASES[arch])
    renamed = convert(weights, arch).renamed
    lost, telling = HEADS.get(arch, MIXSTE_HEAD)
    with pytest.raises(CheckpointError, match=f"missing for {renamed[lost]}"):
        import_state_dict({k: v for k, v in weights.items() if k != lost}, arch=arch, **CASES[arch])
    with pytest.raises(CheckpointError, match=f"not a state dict of this architecture, it has no {telling}"):
        import_state_dict({k: v for k, v in weights.items() if k != telling}, arch=arch, **CASES[arch])
    with pytest.raises(CheckpointError, match="not a state dict"):
        import_state_dict({"a": torch.zeros(1)}, arch=arch, **CASES[arch])
    with pytest.raises(CheckpointError, match="known: mixste"):
        import_state_dict(weights, arch="nonsense")


def test_every_missing_tensor_is_noticed(golden):
    arch, weights, _ = golden
    for lost in convert(weights, arch).renamed:
        rest = {key: tensor for key, tensor in weights.items() if key != lost}
        with pytest.raises(CheckpointError):
            convert(rest, arch)


def test_weights_without_counters_are_complete(golden):
    arch, weights, _ = golden
    rest = {key: tensor for key, tensor in weights.items() if not key.endswith("num_batches_tracked")}
    assert convert(rest, arch).state_dict.keys() == convert(weights, arch).state_dict.keys()


def test_one_architecture_is_not_read_as_another(golden):
    arch, weights, _ = golden
    for other in FILES:
        if other != arch:
            with pytest.raises(CheckpointError):
                import_state_dict(weights, arch=other, heads=4)


def test_windows_are_those_that_the_weights_fit(golden):
    arch, weights, tensors = golden
    frames = tensors["input"].shape[1]
    if arch not in SEVERAL_WINDOWS:
        with pytest.raises(CheckpointError, match=f"for windows of {frames} frames, not 999"):
            import_state_dict(weights, arch=arch, **CASES[arch] | {"frames": 999})
        return
    options = {key: value for key, value in CASES[arch].items() if key != "frames"}
    if arch == "poseformerv2":
        with pytest.raises(CheckpointError, match="no shape tells the window .* give `frames`"):
            import_state_dict(weights, arch=arch, **options)
    else:
        usual = {"videopose3d": 27, "dstformer": 12, "tcpformer": 9}[arch]
        assert import_state_dict(weights, arch=arch, **options).config.frames == usual
    if arch == "dstformer":
        with pytest.raises(CheckpointError, match="for windows of at most 12 frames, not 13"):
            import_state_dict(weights, arch=arch, **options, frames=13)
    else:
        model = import_state_dict(weights, arch=arch, **options, frames=36)
        assert model(tensors["input"][:, :1].expand(-1, 36, -1, -1)).isfinite().all()


def test_an_option_of_another_architecture_is_refused(golden):
    arch, weights, _ = golden
    other = "neighbours" if arch != "motionagformer" else "tokens"
    with pytest.raises(CheckpointError, match=f"{arch} has no option `{other}`; it has heads, frames"):
        import_state_dict(weights, arch=arch, **CASES[arch], **{other: 3})


@pytest.mark.parametrize(
    ("arch", "option", "found"),
    [
        ("hot-mixste", "tokens", 9),
        ("poseformerv2", "kept_frames", 3),
        ("poseformerv2", "kept_coefficients", 3),
    ],
)
def test_a_given_size_that_is_not_that_of_the_shapes_is_refused(shared_data, arch, option, found):
    tensors = load_file(shared_data / f"{FILES[arch]}.safetensors")
    weights = {k.removeprefix("weight."): v for k, v in tensors.items() if k.startswith("weight.")}
    options = {key: value for key, value in CASES[arch].items() if key != option}
    assert import_state_dict(weights, arch=arch, **options).config == (
        import_state_dict(weights, arch=arch, **options, **{option: found}).config
    )
    with pytest.raises(CheckpointError, match=f"`{option}` 5 was given, the shapes tell {found}"):
        import_state_dict(weights, arch=arch, **options, **{option: 5})


def test_the_local_scales_of_tcpformer_stand_where_they_began(shared_data):
    tensors = load_file(shared_data / "golden2" / "tcpformer.safetensors")
    weights = {k.removeprefix("weight."): v for k, v in tensors.items() if k.startswith("weight.")}
    model = import_state_dict(weights, arch="tcpformer", heads=4, layer_scale=0.5)
    with torch.no_grad():
        output, precise = model(tensors["input"]), model.double()(tensors["input"].double())
    torch.testing.assert_close(output, tensors["output_local_scale_half"], atol=2e-5, rtol=0)
    torch.testing.assert_close(precise, tensors["output_local_scale_half_float64"], atol=1e-9, rtol=0)


@pytest.fixture(name="mhformer")
def _mhformer(shared_data):
    tensors = load_file(shared_data / "golden" / "mhformer.safetensors")
    return {k.removeprefix("weight."): v for k, v in tensors.items() if k.startswith("weight.")}, tensors


def test_mhformer_written_out_again_gives_the_golden_numbers(mhformer):
    weights, tensors = mhformer
    precise = {key: tensor.double() for key, tensor in weights.items()}
    output = naive_mhformer(precise, tensors["input"].double(), heads=8)
    torch.testing.assert_close(output, tensors["output_float64"], atol=1e-9, rtol=0)


@pytest.mark.parametrize("frames", [9, 27, 36, 81])
def test_mhformer_of_any_length_gives_the_numbers_of_its_description(mhformer, frames):
    """Above 27 frames the embedding is the convolution alone, and its key has no index."""
    weights = random_weights(mhformer[0], frames, plain=frames > 27)
    assert ("embedding_1.weight" in weights) == (frames > 27)
    keypoints = torch.randn(2, frames, 17, 2, generator=torch.Generator().manual_seed(1)).double()
    model = import_state_dict(weights, arch="mhformer", heads=8)
    assert model.config.frames == frames
    with torch.no_grad():
        output = model(keypoints)
    assert output.std() > 0.1
    torch.testing.assert_close(output, naive_mhformer(weights, keypoints, heads=8), atol=1e-9, rtol=0)


@pytest.mark.parametrize(("frames", "telling"), [(27, "embedding_1.0.weight"), (81, "embedding_1.weight")])
def test_mhformer_with_the_embedding_of_the_other_length_is_refused(mhformer, frames, telling):
    weights = random_weights(mhformer[0], frames, plain=frames == 27)
    with pytest.raises(CheckpointError, match=f"it has no {telling}"):
        import_state_dict(weights, arch="mhformer", heads=8)
