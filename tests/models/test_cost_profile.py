"""Counts of parameters and operations, against the published sizes and PyTorch's own counter."""

from __future__ import annotations

import pytest
import torch
from ablation_rows import ROWS, SMALL
from torch.utils.flop_counter import FlopCounterMode

from rtpca.models import RTPCA, RTPCAConfig, build, config_from_dict, model_config
from rtpca.models.profile import Operations, count_operations, count_parameters, measure_latency
from rtpca.models.registry import ARCHITECTURES


@pytest.mark.parametrize(
    ("name", "parameters"), [("ste", 33_783_811), ("ste+tpca", 33_847_219), ("rtpca", 33_847_219)]
)
def test_parameters_at_the_paper_s_size(name, parameters) -> None:
    assert count_parameters(model_config(name)) == parameters


@pytest.mark.parametrize(
    ("name", "without_attention", "attention"),
    [("ste", "138.624", "8.799"), ("ste+tpca", "138.666", "8.799"), ("rtpca-authors", "138.666", "9.687")],
)
def test_operations_at_the_paper_s_size(name, without_attention, attention) -> None:
    operations = count_operations(model_config(name))
    assert f"{operations.without_attention / 1e9:.3f}" == without_attention
    assert f"{operations.attention / 1e9:.3f}" == attention


def test_the_paper_s_model_attends_as_much_as_the_authors_code() -> None:
    ours, theirs = count_operations(model_config("rtpca")), count_operations(model_config("rtpca-authors"))
    assert (ours.without_attention, ours.attention) == (theirs.without_attention, theirs.attention)
    assert ours.pooling < theirs.pooling


@pytest.mark.parametrize("options", ROWS.values(), ids=ROWS.keys())
def test_counts_agree_with_pytorch(options) -> None:
    config = RTPCAConfig(**SMALL | {"frames": 21} | options)
    model = RTPCA(config).eval()
    keypoints = torch.randn(1, config.frames, config.joints, config.in_channels)
    # With gradients attention runs as plain products: the counter does not know the fused CPU kernel.
    with FlopCounterMode(display=False) as counter:
        model(keypoints)
    mine = count_operations(config)
    # PyTorch's counter sees products and library convolutions, but not the strided products that stand in
    # for transposed convolutions.
    unseen = sum(
        stage.resample.weight.numel() // config.dim * n_in
        for _, block in model.block_pairs()
        if config.tpca and config.amplification == "trans-conv"
        for stage, n_in in zip(block.attention.refine.amplify, _lengths_before(block), strict=True)
    )
    unseen *= config.joints * config.dim
    assert counter.get_total_flops() == 2 * (mine.total - unseen)
    assert count_parameters(config) == sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    "values",
    [
        {"arch": "videopose3d", "frames": 9, "filter_widths": [3, 3], "channels": 8},
        {"arch": "videopose3d", "frames": 25, "filter_widths": [3, 5], "channels": 8, "in_channels": 3},
        {"arch": "poseformer", "frames": 9, "joint_dim": 8, "depth": 2, "heads": 2, "mlp_ratio": 1.5},
        {"arch": "mhformer", "frames": 9, "dim": 8, "hidden": 12, "layers": 3, "heads": 2},
        {"arch": "mhformer", "frames": 36, "dim": 8, "hidden": 12, "layers": 1, "heads": 2},
    ],
    ids=lambda values: f"{values['arch']}-{values['frames']}",
)
def test_counts_of_the_competitors_agree_with_pytorch(values) -> None:
    config = config_from_dict({"joints": 5, **values})
    network = build(config).eval()
    with FlopCounterMode(display=False) as counter:
        network(torch.randn(1, config.frames, config.joints, config.in_channels))
    assert counter.get_total_flops() == 2 * count_operations(config).total


def test_every_architecture_has_a_formula() -> None:
    for arch in ARCHITECTURES:
        assert count_operations(model_config(arch)).total > 0


def _lengths_before(block) -> list[int]:
    """Input lengths of the stages of amplification."""
    refine = block.attention.refine
    lengths = [stage.resample.n_out for stage in refine.amplify]
    taps, ratio = refine.amplify[0].resample.weight.shape[-1], refine.amplify[0].resample.stride
    return [(lengths[0] - taps) // ratio + 1, *lengths[:-1]]


def test_totals_are_sums() -> None:
    operations = Operations(linear=1, convolution=20, attention=300, pooling=4000)
    assert operations.without_attention == 21
    assert operations.total == 4321


def test_latency_is_per_sequence_and_throughput_per_frame() -> None:
    config = RTPCAConfig(frames=9, joints=3, dim=8, depth=1, heads=1)
    timed = measure_latency(config, batch=2, runs=3)
    assert timed.seconds > 0
    assert timed.frames_per_second == pytest.approx(2 * 9 / timed.seconds)


def test_throughput_counts_predicted_frames_alone() -> None:
    config = config_from_dict(
        {"arch": "videopose3d", "frames": 12, "filter_widths": [3, 3], "channels": 4, "joints": 3}
    )
    timed = measure_latency(config, batch=2, runs=1)
    assert timed.frames_per_second == pytest.approx(2 * 4 / timed.seconds)
