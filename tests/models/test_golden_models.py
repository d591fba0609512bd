"""The public reference implementations' numbers, from their weights under our names."""

import pytest
import torch
from naive_mhformer import naive_mhformer, random_weights
from safetensors.torch import load_file

from rtpca.errors import CheckpointError
from rtpca.models import convert_state_dict, import_state_dict

FILES = {
    "mixste": "mixste",
    "rtpca-authors": "rtpca",
    "videopose3d": "videopose3d",
    "poseformer": "poseformer",
    "mhformer": "mhformer",
}
# What no shape tells: heads, and the window of VideoPose3D.
CASES = {arch: {"heads": 4} for arch in FILES} | {
    "videopose3d": {"frames": 35},
    "mhformer": {"heads": 8},
}
# 20 tensors of the pyramid in each spatial block of the authors' RTPCA; counters of BatchNorm.
DROPPED = {"rtpca-authors": 60, "videopose3d": 5, "mhformer": 4}
# A tensor of the head, and one that sizes are read off.
HEADS = {
    "videopose3d": ("layers_bn.1.weight", "shrink.weight"),
    "mhformer": ("regression.1.bias", "embedding_1.0.weight"),
}
MIXSTE_HEAD = ("head.1.weight", "Temporal_pos_embed")


@pytest.fixture(params=CASES, name="golden")
def _golden(request, shared_data):
    tensors = load_file(shared_data / "golden" / f"{FILES[request.param]}.safetensors")
    weights = {k.removeprefix("weight."): v for k, v in tensors.items() if k.startswith("weight.")}
    return request.param, weights, tensors


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
    converted = convert_state_dict(wrapped, arch, CASES[arch].get("heads", 8))
    assert set(converted.renamed) | set(converted.dropped) == set(weights)
    assert not set(converted.renamed) & set(converted.dropped)
    assert len(converted.dropped) == DROPPED.get(arch, 0)


def test_unknown_and_missing_tensors_are_refused(golden):
    arch, weights, _ = golden
    with pytest.raises(CheckpointError, match="unknown tensors extra.weight"):
        import_state_dict({**weights, "extra.weight": torch.zeros(1)}, arch=arch, **CASES[arch])
    renamed = convert_state_dict(weights, arch, CASES[arch].get("heads", 8)).renamed
    lost, telling = HEADS.get(arch, MIXSTE_HEAD)
    with pytest.raises(CheckpointError, match=f"missing for {renamed[lost]}"):
        import_state_dict({k: v for k, v in weights.items() if k != lost}, arch=arch, **CASES[arch])
    with pytest.raises(CheckpointError, match=f"not a state dict of this architecture, it has no {telling}"):
        import_state_dict({k: v for k, v in weights.items() if k != telling}, arch=arch, **CASES[arch])
    with pytest.raises(CheckpointError, match="not a state dict"):
        import_state_dict({"a": torch.zeros(1)}, arch=arch, **CASES[arch])
    with pytest.raises(CheckpointError, match="known: mixste"):
        import_state_dict(weights, arch="nonsense", **CASES[arch])


def test_every_missing_tensor_is_noticed(golden):
    arch, weights, _ = golden
    heads = CASES[arch].get("heads", 8)
    for lost in convert_state_dict(weights, arch, heads).renamed:
        rest = {key: tensor for key, tensor in weights.items() if key != lost}
        with pytest.raises(CheckpointError):
            convert_state_dict(rest, arch, heads)


def test_weights_without_counters_are_complete(golden):
    arch, weights, _ = golden
    heads = CASES[arch].get("heads", 8)
    rest = {key: tensor for key, tensor in weights.items() if not key.endswith("num_batches_tracked")}
    assert convert_state_dict(rest, arch, heads).state_dict.keys() == (
        convert_state_dict(weights, arch, heads).state_dict.keys()
    )


def test_one_architecture_is_not_read_as_another(golden):
    arch, weights, _ = golden
    for other in FILES:
        if other != arch:
            with pytest.raises(CheckpointError):
                import_state_dict(weights, arch=other, heads=4)


def test_only_videopose3d_fits_any_window(golden):
    arch, weights, tensors = golden
    if arch == "videopose3d":
        assert import_state_dict(weights, arch=arch).config.frames == 27  # one receptive field
    else:
        frames = tensors["input"].shape[1]
        with pytest.raises(CheckpointError, match=f"for windows of {frames} frames, not 999"):
            import_state_dict(weights, arch=arch, **CASES[arch] | {"frames": 999})


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
