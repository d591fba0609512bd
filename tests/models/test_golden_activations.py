"""Intermediate activations of the public reference implementations: where a difference would begin."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from rtpca.models import import_state_dict
from rtpca.models.hourglass import FramePruning
from rtpca.models.motionagformer import NearestFrames


def run(
    shared_data, name: str, arch: str, heads: int = 4, **options: int
) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """The golden tensors, and inputs and outputs of every module of our model on the same input."""
    tensors = load_file(shared_data / name)
    weights = {k.removeprefix("weight."): v for k, v in tensors.items() if k.startswith("weight.")}
    model = import_state_dict(weights, arch=arch, heads=heads, **options)
    seen: dict[str, torch.Tensor] = {}

    def remember(name: str):
        def hook(module, inputs, output) -> None:
            if not isinstance(inputs[0], torch.Tensor):  # hypotheses
                for i, hypothesis in enumerate(output, start=1):
                    seen[f"{name} {i}"] = hypothesis.clone()
                return
            first = output[0] if isinstance(output, tuple) else output
            # A norm shared over depth runs several times: the first one counts.
            seen.setdefault(f"{name} in", inputs[0].clone())
            seen.setdefault(name, first.clone())
            if name.endswith(".attention") and isinstance(output, tuple):
                seen[f"{name} handed on"] = output[2].clone()

        return hook

    for name, module in model.named_modules():
        module.register_forward_hook(remember(name))
    with torch.no_grad():
        model(tensors["input"])
    return tensors, seen


@pytest.fixture(scope="module")
def mixste(shared_data):
    return run(shared_data, "golden/mixste.safetensors", "mixste")


@pytest.fixture(scope="module")
def rtpca(shared_data):
    return run(shared_data, "golden/rtpca.safetensors", "rtpca-authors")


def check(seen: torch.Tensor, golden: torch.Tensor) -> None:
    """Goldens hold the first rows only; their joined axes are batch-major, as ours."""
    torch.testing.assert_close(seen[: len(golden)], golden, atol=3e-5, rtol=0)


@pytest.mark.parametrize(
    ("golden", "ours"),
    [
        ("attn_ste0", "spatial_blocks.0.attention"),
        ("ste0", "spatial_blocks.0"),
        ("attn_tte0", "temporal_blocks.0.attention"),
        ("tte0", "temporal_blocks.0"),
        ("tte1", "temporal_blocks.1"),
        ("head_norm", "head_norm"),
    ],
)
def test_mixste(mixste, golden, ours) -> None:
    tensors, seen = mixste
    check(seen[ours], tensors[f"act.{golden}"])


def test_mixste_shared_norm(mixste) -> None:
    tensors, seen = mixste
    check(seen["spatial_norm"].flatten(0, -3), tensors["act.ste0_norm"])


PYRAMID = "temporal_blocks.0.attention.refine"


@pytest.mark.parametrize(
    ("golden", "ours"),
    [
        ("ste0", "spatial_blocks.0"),
        ("tte0_in", "temporal_blocks.0 in"),
        ("tte0_pool1", f"{PYRAMID}.compress.0.resample"),
        ("tte0_act1", f"{PYRAMID}.compress.0"),
        ("tte0_act2", f"{PYRAMID}.compress.1"),
        ("tte0_act3", f"{PYRAMID}.compress.2"),
        ("tte0_upact1", f"{PYRAMID}.amplify.0"),
        ("tte0_upact2", f"{PYRAMID}.amplify.1"),
        ("tte0_upact3", f"{PYRAMID}.amplify.2"),
        ("tte0_kvsrc", PYRAMID),
        ("tte0", "temporal_blocks.0"),
        ("ste1_in", "spatial_blocks.1 in"),
        ("tte1", "temporal_blocks.1"),
        ("ste2_in", "spatial_blocks.2 in"),
        ("tte2", "temporal_blocks.2"),
    ],
)
def test_rtpca(rtpca, golden, ours) -> None:
    tensors, seen = rtpca
    check(seen[ours], tensors[f"act.{golden}"])


def test_rtpca_head_input(rtpca) -> None:
    tensors, seen = rtpca
    check(seen["head_norm in"][0], tensors["act.head_in"])


@pytest.mark.parametrize("block", [0, 1, 2])
def test_rtpca_handed_on_keys_and_values(rtpca, block) -> None:
    tensors, seen = rtpca
    handed_on = seen[f"temporal_blocks.{block}.attention handed on"].unflatten(-1, (2, 4, 4))
    keys, values = handed_on.permute(2, 0, 3, 1, 4)  # (2, N, H, L, D)
    check(keys, tensors[f"act.tte{block}_k"])
    check(values, tensors[f"act.tte{block}_v"])


@pytest.mark.parametrize(
    ("golden", "ours"),
    [("expand", "norm"), ("block0_conv", "blocks.0.over_time"), ("shrink_in", "shrink in")],
)
def test_videopose3d(shared_data, golden, ours) -> None:
    tensors, seen = run(shared_data, "golden/videopose3d.safetensors", "videopose3d", frames=35)
    check(seen[ours], tensors[f"act.{golden}"])


@pytest.mark.parametrize(
    ("golden", "ours"),
    [
        ("spatial0", "spatial_blocks.0"),
        ("spatial_norm", "spatial_norm"),
        ("temporal0", "temporal_blocks.0"),
        ("weighted_mean", "head_norm in"),
    ],
)
def test_poseformer(shared_data, golden, ours) -> None:
    tensors, seen = run(shared_data, "golden/poseformer.safetensors", "poseformer")
    check(seen[ours], tensors[f"act.{golden}"])


@pytest.mark.parametrize(
    ("golden", "ours"),
    [
        *((f"mhg{i}", f"generators.{i - 1}") for i in (1, 2, 3)),
        *((f"embed{i}", f"embeddings.{i - 1}") for i in (1, 2, 3)),
        *((f"shr0_{i}", f"refinement.0 {i}") for i in (1, 3)),
        *((f"chi_{i}", f"interaction {i}") for i in (1, 2, 3)),
        ("hypothesis_norm", "norm"),
    ],
)
def test_mhformer(shared_data, golden, ours) -> None:
    tensors, seen = run(shared_data, "golden/mhformer.safetensors", "mhformer", heads=8)
    assert seen[ours].shape == tensors[f"act.{golden}"].shape
    check(seen[ours], tensors[f"act.{golden}"])


def check_frames(seen: torch.Tensor, golden: torch.Tensor) -> None:
    """Goldens hold the first frames of the first window; ours are (B, F, J, C)."""
    golden = golden.reshape(-1, *golden.shape[-2:])
    torch.testing.assert_close(seen[0, : len(golden)], golden, atol=3e-5, rtol=0)


def unfolded(seen: torch.Tensor, golden: torch.Tensor) -> torch.Tensor:
    """(2 F, J, C) or (2 J, F, C) to (2, F, J, C)."""
    joints = golden.shape[-2]
    return (
        seen.unflatten(0, (2, -1))
        if seen.shape[1] == joints
        else (seen.unflatten(0, (2, joints)).transpose(1, 2))
    )


@pytest.mark.parametrize(
    ("golden", "ours"),
    [
        ("embed", "layers.0 in"),
        ("att_spatial0", "layers.0.first.spatial"),
        ("att_temporal0", "layers.0.first.temporal"),
        ("gcn_spatial0", "layers.0.second.spatial.mixing.branch"),
        ("graph_spatial0", "layers.0.second.spatial"),
        ("gcn_temporal0", "layers.0.second.temporal.mixing.branch"),
        ("graph_temporal0", "layers.0.second.temporal"),
        ("layer0", "layers.0"),
        ("norm", "head.norm"),
    ],
)
def test_motionagformer(shared_data, golden, ours) -> None:
    tensors, seen = run(shared_data, "golden2/motionagformer.safetensors", "motionagformer")
    expected, found = tensors[f"act.{golden}"], seen[ours]
    check_frames(unfolded(found, expected) if found.dim() == 3 else found, expected)


def test_the_frames_that_are_linked_in_motionagformer(shared_data) -> None:
    tensors, seen = run(shared_data, "golden2/motionagformer.safetensors", "motionagformer")
    graph = NearestFrames(2).adjacency(seen["layers.0.second.temporal.mixing.branch in"])
    assert torch.equal(graph[:3].byte(), tensors["act.temporal_adjacency0"])


@pytest.mark.parametrize(
    ("golden", "ours"),
    [
        ("embed", "layers.0 in"),
        ("attn_s_st0", "layers.0.first.spatial.mixing.branch"),
        ("st0", "layers.0.first"),
        ("ts0", "layers.0.second"),
        ("fusion_logits0", "layers.0.fusion"),
        ("layer0", "layers.0"),
        ("norm", "head.norm"),
    ],
)
def test_dstformer(shared_data, golden, ours) -> None:
    tensors, seen = run(shared_data, "golden2/dstformer.safetensors", "dstformer", frames=9)
    expected, found = tensors[f"act.{golden}"], seen[ours]
    check_frames(unfolded(found, expected) if found.dim() == 3 else found, expected)


@pytest.mark.parametrize(
    ("golden", "ours"),
    [
        ("st0", "layers.0.first"),
        ("ts0", "layers.0.second"),
        ("layer0", "layers.0"),
        ("temporal0", "proxy_blocks.0"),
        ("proxy_attention0", "proxy_blocks.0.proxy_attention.mixing.branch"),
        ("proxy0", "proxy_blocks.0.update_mlp"),
        ("norm", "head.norm"),
    ],
)
def test_tcpformer(shared_data, golden, ours) -> None:
    tensors, seen = run(shared_data, "golden2/tcpformer.safetensors", "tcpformer")
    expected, found = tensors[f"act.{golden}"], seen[ours]
    check_frames(unfolded(found, expected) if found.dim() == 3 else found, expected)


@pytest.mark.parametrize(
    ("golden", "ours"),
    [
        ("spatial_norm", "spatial_norm"),
        ("frequency_embedding", "coefficient_embed"),
        ("tokens", "mixed_blocks.0 in"),
        ("attn0", "mixed_blocks.0.attention"),
        ("frequency_mlp0", "mixed_blocks.0.frequency_mlp"),
        ("block0", "mixed_blocks.0"),
        ("temporal_norm", "temporal_norm"),
        ("head_norm", "head_norm"),
    ],
)
def test_poseformerv2(shared_data, golden, ours) -> None:
    tensors, seen = run(shared_data, "golden2/poseformerv2.safetensors", "poseformerv2", heads=3, frames=27)
    check(seen[ours], tensors[f"act.{golden}"])


def test_hot_keeps_and_recovers_the_frames_of_the_public_code(shared_data) -> None:
    tensors, seen = run(shared_data, "golden2/hot_mixste.safetensors", "hot-mixste", heads=8)
    before = seen["pruning in"]
    torch.testing.assert_close(before.mean(2), tensors["act.cluster_input"], atol=3e-5, rtol=0)
    assert torch.equal(FramePruning(16, 9).kept_frames(before), tensors["act.kept_frames"])
    check_frames(before, tensors["act.before_pruning"].transpose(0, 1))
    check_frames(seen["pruning"], tensors["act.pruned"])
    check_frames(seen["recovery in"], tensors["act.before_recovery"].transpose(0, 1))
    recovered = seen["recovery.attention"].unflatten(0, (2, 17)).transpose(1, 2)
    check_frames(recovered, tensors["act.recovering_attention"].transpose(0, 1))
    check_frames(seen["head_norm"], tensors["act.head_norm"])
