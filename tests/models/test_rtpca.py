"""The network with all its options, against the equations written out in `naive_network.py`."""

from __future__ import annotations

import pytest
import torch
from ablation_rows import ROWS, SMALL
from hypothesis import assume, given
from hypothesis import strategies as st
from naive_network import naive_forward

from rtpca.errors import ConfigError, ShapeError
from rtpca.models import RTPCA, RTPCAConfig, build_model

rows = pytest.mark.parametrize("options", ROWS.values(), ids=ROWS.keys())


def random_model(seed: int = 0, **options) -> RTPCA:
    """A model in double precision with every tensor re-drawn, so that no bias is 0 and no scale 1."""
    torch.manual_seed(seed)
    model = RTPCA(RTPCAConfig(**options)).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.4 * torch.randn_like(parameter) + (0.7 if parameter.ndim == 1 else 0.0))
    return model.eval()


def keypoints_for(config: RTPCAConfig, batch: int = 2, seed: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    shape = (batch, config.frames, config.joints, config.in_channels)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@rows
@pytest.mark.parametrize("no_grad", [True, False], ids=["inference", "training kernels"])
def test_every_row_of_the_ablations_equals_its_equations(options, no_grad) -> None:
    model = random_model(**SMALL | options)
    keypoints = keypoints_for(model.config)
    weights = {key: value.detach() for key, value in model.state_dict().items()}
    with torch.set_grad_enabled(not no_grad):
        poses = model(keypoints)
    assert poses.shape == (2, 20, 5, 3)
    torch.testing.assert_close(poses, naive_forward(model.config, weights, keypoints), atol=1e-11, rtol=1e-10)


SAME_INPUT = {name: options for name, options in ROWS.items() if options and "in_channels" not in options}


@pytest.mark.parametrize("options", SAME_INPUT.values(), ids=SAME_INPUT.keys())
def test_rows_differ_from_the_default_in_the_output(options) -> None:
    # The same shared tensors, so that the options alone make the difference.
    base = random_model(**SMALL)
    other = random_model(seed=5, **SMALL | options)
    shared = base.state_dict()
    own = other.state_dict()
    other.load_state_dict(
        {k: shared[k] if k in shared and shared[k].shape == v.shape else v for k, v in own.items()}
    )
    keypoints = keypoints_for(base.config)
    with torch.no_grad():
        assert (base(keypoints) - other(keypoints)).abs().max() > 1e-3


@rows
def test_every_parameter_gets_a_gradient(options) -> None:
    torch.manual_seed(3)
    # 40 frames: a level of a single frame has nothing to scale in a LayerNorm over time.
    model = build_model("rtpca", **SMALL | {"frames": 40, "drop_path": 0.0} | options)
    keypoints = keypoints_for(model.config).float()
    model(keypoints).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        # In front of a LayerNorm over time a bias per channel has no effect.
        if not (model.config.pyramid_norm == "time" and ".resample" in name and name.endswith("bias")):
            assert parameter.grad.abs().max() > 1e-9, name


options_strategy = st.fixed_dictionaries(
    {
        "frames": st.integers(1, 40),
        "joints": st.integers(1, 7),
        "heads": st.sampled_from([1, 2, 3]),
        "depth": st.integers(1, 4),
        "stages": st.integers(1, 4),
        "ratio": st.integers(2, 4),
        "memory_ratio": st.integers(1, 9),
        "in_channels": st.sampled_from([2, 3]),
        "tpca": st.booleans(),
        "qkv_bias": st.booleans(),
        "cross_layer": st.sampled_from(["none", "adjacent", "pyramidal"]),
        "memory": st.sampled_from(["block", "accumulated"]),
        "query": st.sampled_from(["constant", "pyramidal"]),
        "compression": st.sampled_from(["pool", "conv", "pool+conv"]),
        "amplification": st.sampled_from(["none", "linear", "trans-conv"]),
        "pyramid_norm": st.sampled_from(["time", "channels"]),
        "init": st.sampled_from(["pytorch", "scaled"]),
        "block_residual": st.sampled_from(["none", "previous", "doubled"]),
    }
)


@given(options=options_strategy, dim_per_head=st.integers(1, 4), mlp_ratio=st.sampled_from([0.5, 2.0, 3.0]))
def test_any_sizes_and_options_work_and_equal_the_equations(options, dim_per_head, mlp_ratio) -> None:
    dim = 2 * dim_per_head * options["heads"]
    try:
        model = random_model(dim=dim, mlp_ratio=mlp_ratio, **options)
    except ConfigError:
        assume(False)
    keypoints = keypoints_for(model.config, batch=1).requires_grad_()
    poses = model(keypoints)
    weights = {key: value.detach() for key, value in model.state_dict().items()}
    expected = naive_forward(model.config, weights, keypoints.detach())
    torch.testing.assert_close(poses, expected, atol=1e-9, rtol=1e-8)
    poses.sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("frames", range(1, 41))
def test_the_default_takes_any_number_of_frames(frames) -> None:
    model = build_model("rtpca", frames=frames, joints=3, dim=8, depth=2, heads=2).eval()
    with torch.no_grad():
        assert model(torch.randn(1, frames, 3, 2)).shape == (1, frames, 3, 3)


def test_a_forward_pass_leaves_the_parameters_alone() -> None:
    # A batch of one with one joint and one frame: every level has one frame.
    model = random_model(frames=1, joints=1, dim=2, depth=1, heads=1)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with torch.no_grad():
        model(keypoints_for(model.config, batch=1))
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_wrong_shapes_are_named_with_axes() -> None:
    model = build_model("ste", **SMALL)
    with pytest.raises(ShapeError, match=r"\(B, F, J, C\) = \(B, 20, 5, 2\), got \(1, 19, 5, 2\)"):
        model(torch.zeros(1, 19, 5, 2))
    with pytest.raises(ShapeError, match="Lifter cuts clips"):
        model(torch.zeros(20, 5, 2))
    with pytest.raises(ShapeError, match=r"got \(1, 20, 5, 3\)"):
        model(torch.zeros(1, 20, 5, 3))


def test_a_sample_does_not_depend_on_its_batch() -> None:
    model = random_model(**SMALL)
    keypoints = keypoints_for(model.config, batch=3)
    with torch.no_grad():
        torch.testing.assert_close(model(keypoints)[1:2], model(keypoints[1:2]), atol=1e-12, rtol=0)


def test_memory_of_a_block_or_accumulated_agree_until_a_third_block() -> None:
    for depth, same in ((2, True), (3, False)):
        sizes = SMALL | {"depth": depth}
        block, accumulated = random_model(**sizes), random_model(memory="accumulated", **sizes)
        accumulated.load_state_dict(block.state_dict())
        keypoints = keypoints_for(block.config)
        with torch.no_grad():
            difference = (block(keypoints) - accumulated(keypoints)).abs().max()
        assert (float(difference) < 1e-12) is same


def test_which_blocks_are_connected() -> None:
    def sources(**options):
        config = RTPCAConfig(**SMALL | {"depth": 5} | options)
        return [config.memory_source(i) for i in range(5)]

    assert sources(cross_layer="none") == [None] * 5
    assert sources() == [None, 0, 1, 2, 3]
    # Block i with its mirror in depth; the middle of an odd number has none.
    assert sources(cross_layer="pyramidal") == [None, None, None, 1, 0]
    even = RTPCAConfig(depth=8, cross_layer="pyramidal")
    assert [even.memory_source(i) for i in range(8)] == [None] * 4 + [3, 2, 1, 0]


def test_a_pyramidal_query_shortens_the_middle_of_the_network() -> None:
    config = RTPCAConfig(query="pyramidal", cross_layer="pyramidal")
    assert [config.block_frames(i) for i in range(8)] == [243, 121, 60, 30, 30, 60, 121, 243]
    model = random_model(**SMALL | {"depth": 5, "query": "pyramidal", "cross_layer": "pyramidal"})
    lengths = [
        p.shape for name, p in model.named_parameters() if name.startswith("resample") and "weight" in name
    ]
    assert lengths == [(10, 20), (5, 10), (10, 5), (20, 10)]


def test_the_doubled_residual_is_invisible_after_the_last_block_but_not_before() -> None:
    sizes = SMALL | {"depth": 2, "tpca": False, "cross_layer": "none"}
    plain, doubled = random_model(**sizes), random_model(block_residual="doubled", **sizes)
    doubled.load_state_dict(plain.state_dict())
    keypoints = keypoints_for(plain.config)
    with torch.no_grad():
        # Only block 1 doubles, and the head's LayerNorm takes the factor out again.
        assert (plain(keypoints) - doubled(keypoints)).abs().max() < 1e-4


def test_stochastic_depth_grows_linearly_with_depth() -> None:
    model = RTPCA(RTPCAConfig(**SMALL | {"depth": 5, "drop_path": 0.2}))
    rates = [(spatial.drop_path.rate, temporal.drop_path.rate) for spatial, temporal in model.block_pairs()]
    assert rates == [(pytest.approx(r), pytest.approx(r)) for r in (0.0, 0.05, 0.1, 0.15, 0.2)]
    assert RTPCA(RTPCAConfig(**SMALL | {"depth": 1})).block_pairs()[0][0].drop_path.rate == 0.0


def test_initialisation_is_the_authors_or_scaled() -> None:
    plain = build_model("rtpca", **SMALL)
    assert plain.spatial_position.abs().max() == 0
    assert plain.temporal_position.abs().max() == 0
    scaled = build_model("rtpca", init="scaled", **SMALL)
    assert scaled.spatial_position.std().item() == pytest.approx(0.3, rel=0.4)
    assert scaled.embed.bias.abs().max() == 0
