"""Intermediate activations of the public reference implementations: where a difference would begin."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from rtpca.models import import_state_dict


def run(
    shared_data, name: str, arch: str, heads: int = 4, frames: int | None = None
) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """The golden tensors, and inputs and outputs of every module of our model on the same input."""
    tensors = load_file(shared_data / "golden" / name)
    weights = {k.removeprefix("weight."): v for k, v in tensors.items() if k.startswith("weight.")}
    model = import_state_dict(weights, arch=arch, heads=heads, frames=frames)
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
            if name.endswith(".attention"):
                seen[f"{name} handed on"] = output[2].clone()

        return hook

    for name, module in model.named_modules():
        module.register_forward_hook(remember(name))
    with torch.no_grad():
        model(tensors["input"])
    return tensors, seen


@pytest.fixture(scope="module")
def mixste(shared_data):
    return run(shared_data, "mixste.safetensors", "mixste")


@pytest.fixture(scope="module")
def rtpca(shared_data):
    return run(shared_data, "rtpca.safetensors", "rtpca-authors")


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
    tensors, seen = run(shared_data, "videopose3d.safetensors", "videopose3d", frames=35)
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
    tensors, seen = run(shared_data, "poseformer.safetensors", "poseformer")
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
    tensors, seen = run(shared_data, "mhformer.safetensors", "mhformer", heads=8)
    assert seen[ours].shape == tensors[f"act.{golden}"].shape
    check(seen[ours], tensors[f"act.{golden}"])
