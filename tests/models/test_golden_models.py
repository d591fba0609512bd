"""The public reference implementations' numbers, from their weights under our names."""

import pytest
import torch
from safetensors.torch import load_file

from rtpca.errors import CheckpointError
from rtpca.models import import_state_dict

CASES = {"mixste": "mixste.safetensors", "rtpca-authors": "rtpca.safetensors"}


@pytest.fixture(params=CASES, name="golden")
def _golden(request, shared_data):
    tensors = load_file(shared_data / "golden" / CASES[request.param])
    weights = {k.removeprefix("weight."): v for k, v in tensors.items() if k.startswith("weight.")}
    return request.param, weights, tensors


def test_output_in_float32_and_float64(golden):
    arch, weights, tensors = golden
    model = import_state_dict(weights, arch=arch, heads=4)
    with torch.no_grad():
        torch.testing.assert_close(model(tensors["input"]), tensors["output"], atol=2e-5, rtol=0)
        precise = model.double()(tensors["input"].double())
    torch.testing.assert_close(precise, tensors["output_float64"], atol=1e-9, rtol=0)


def test_double_precision_weights_give_a_double_precision_model(golden):
    arch, weights, tensors = golden
    model = import_state_dict({k: v.double() for k, v in weights.items()}, arch=arch, heads=4)
    with torch.no_grad():
        precise = model(tensors["input"].double())
    torch.testing.assert_close(precise, tensors["output_float64"], atol=1e-9, rtol=0)


def test_every_source_tensor_is_renamed_or_dropped(golden):
    arch, weights, _ = golden
    report = import_state_dict(
        {f"module.{k}": v for k, v in weights.items()}, arch=arch, heads=4
    ).import_report
    assert set(report.renamed) | set(report.dropped) == set(weights)
    assert not set(report.renamed) & set(report.dropped)
    assert len(report.dropped) == (60 if arch == "rtpca-authors" else 0)  # 20 tensors in each spatial block


def test_unknown_and_missing_tensors_are_refused(golden):
    arch, weights, _ = golden
    with pytest.raises(CheckpointError, match="unknown tensors extra.weight"):
        import_state_dict({**weights, "extra.weight": torch.zeros(1)}, arch=arch, heads=4)
    with pytest.raises(CheckpointError, match="missing for head.weight"):
        import_state_dict({k: v for k, v in weights.items() if k != "head.1.weight"}, arch=arch, heads=4)
    with pytest.raises(CheckpointError, match="not a state dict"):
        import_state_dict({"a": torch.zeros(1)}, arch=arch, heads=4)
    with pytest.raises(CheckpointError, match="known: mixste"):
        import_state_dict(weights, arch="nonsense", heads=4)
