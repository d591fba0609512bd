"""What goes on from trained weights: other windows, more channels, with or without their uncertainty head."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_recipe import tiny_config

from rtpca.errors import TrainingError
from rtpca.models import LiftingNetwork, load_checkpoint, save_checkpoint
from rtpca.models.checkpoint import Checkpoint
from rtpca.models.poseformer import PoseFormerConfig
from rtpca.training import TrainConfig
from rtpca.training.start import start_notes, starting_model

MODEL = ("model.stages=2", "model.ratio=3", "model.pyramid_norm=channels")
HEAD = ("model.uncertainty=true", "loss.likelihood=1")


@pytest.fixture
def trained(tmp_path):
    """Weights of a recipe that were never trained, which serves here."""

    def make(*overrides: str) -> Checkpoint:
        torch.manual_seed(3)
        config = tiny_config(*MODEL, *overrides)
        model = starting_model(config, None)
        with torch.no_grad():  # nothing is 0 or 1 any more
            for parameter in model.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
        save_checkpoint(tmp_path / "weights.safetensors", model, config.input)
        return load_checkpoint(tmp_path / "weights.safetensors")

    return make


def test_temporal_positions_are_stretched_over_longer_windows(trained) -> None:
    start = trained("model.frames=9")
    longer = starting_model(tiny_config(*MODEL, "model.frames=27"), start)
    before, after = start.model.state_dict(), longer.state_dict()
    old, new = before.pop("temporal_position"), after.pop("temporal_position")
    assert new.shape == (1, 27, 1, 8)
    # The ends stay the ends, the middle the middle; between two old frames the new ones lie on a line.
    assert torch.allclose(new[:, [0, 13, 26]], old[:, [0, 4, 8]])
    position = torch.tensor(10 * 8 / 26)  # of new frame 10 among the old ones
    below = int(position)
    assert torch.allclose(new[:, 10], torch.lerp(old[:, below], old[:, below + 1], position - below))
    assert all(torch.equal(tensor, after[key]) for key, tensor in before.items())
    assert longer(torch.randn(2, 27, 17, 2)).shape == (2, 27, 17, 3)


def test_positions_of_the_same_windows_stay_as_they_are(trained) -> None:
    start = trained("model.frames=9")
    same = starting_model(tiny_config(*MODEL, "model.frames=9"), start)
    assert all(
        torch.equal(tensor, same.state_dict()[key]) for key, tensor in start.model.state_dict().items()
    )


@pytest.mark.parametrize(
    ("overrides", "frames", "remedy"),
    [
        ((), 20, "take a length that differs from 9 by a multiple of 9$"),
        (("model.pyramid_norm=time",), 27, "take model.frames=9, or weights .* model.pyramid_norm=channels$"),
        (("model.query=pyramidal", "model.depth=4"), 27, "take model.frames=9$"),
    ],
    ids=["width of a transposed convolution", "norms over time", "queries over time"],
)
def test_a_length_that_other_parts_depend_on_is_refused(trained, overrides, frames, remedy) -> None:
    start = trained("model.frames=9", *overrides)
    message = rf"windows of 9 frames and cannot go on with {frames}: \d+ of .* first; {remedy}"
    with pytest.raises(TrainingError, match=message):
        starting_model(tiny_config(*MODEL, *overrides, f"model.frames={frames}"), start)


@settings(max_examples=20, deadline=None)
@given(frames=st.integers(8, 60), ratio=st.integers(2, 3), stages=st.integers(1, 2), times=st.integers(1, 5))
def test_lengths_that_the_message_names_fit(frames, ratio, stages, times) -> None:
    def recipe(length: int) -> TrainConfig:
        pyramid = (f"model.stages={stages}", f"model.ratio={ratio}", "model.compression=conv")
        return tiny_config(*MODEL, *pyramid, "model.depth=1", f"model.frames={length}")

    frames = max(frames, ratio**stages)
    start = Checkpoint(starting_model(recipe(frames), None), recipe(frames).input, {}, "trained")
    starting_model(recipe(frames + times * ratio**stages), start)
    with pytest.raises(TrainingError, match="multiple of"):
        starting_model(recipe(frames + times * ratio**stages + 1), start)


def test_another_architecture_whose_weights_depend_on_the_length_is_refused() -> None:
    def recipe(length: int) -> TrainConfig:
        return replace(tiny_config(), model=PoseFormerConfig(frames=length, joint_dim=8, depth=1, heads=2))

    start = Checkpoint(starting_model(recipe(9), None), recipe(9).input, {}, "trained")
    with pytest.raises(TrainingError, match=r"cannot go on with 27: .* first; take model.frames=9$"):
        starting_model(recipe(27), start)


def test_what_differs_from_the_weights_is_said(trained) -> None:
    start = trained("model.frames=9", *HEAD)
    assert start_notes(tiny_config(*MODEL, *HEAD), start) == []
    assert start_notes(tiny_config(*MODEL, "model.frames=27"), start) == [
        f"{start.name} has an uncertainty head, and the recipe has none: it is left out",
        f"{start.name} has windows of 9 frames: the run goes on with 27",
    ]


def test_a_head_that_the_recipe_lacks_is_left_out(trained) -> None:
    start = trained("model.frames=9", *HEAD)
    body = starting_model(tiny_config(*MODEL), start)
    assert not any(key.startswith("scale_head") for key in body.state_dict())
    before = start.model.state_dict()
    assert all(torch.equal(tensor, before[key]) for key, tensor in body.state_dict().items())


def test_a_head_that_both_have_goes_on(trained) -> None:
    start = trained("model.frames=9", *HEAD)
    again = starting_model(tiny_config(*MODEL, *HEAD), start).state_dict()
    assert all(torch.equal(tensor, again[key]) for key, tensor in start.model.state_dict().items())


WIDER = ("model.dim=16", "model.heads=4")


@pytest.mark.parametrize(
    "options",
    [
        "init=scaled",
        "compression=pool+conv pyramid_norm=time",
        "compression=conv amplification=linear block_residual=doubled",
        "amplification=none",
        "query=pyramidal depth=4 cross_layer=pyramidal qkv_bias=false",
        "tpca=false memory=accumulated block_residual=previous",
    ],
)
@pytest.mark.parametrize("factor", [2, 3])
def test_widened_weights_compute_the_same(trained, options, factor) -> None:
    own = ("model.in_channels=3", *(f"model.{option}" for option in options.split()), *HEAD)
    start = trained(*own)
    recipe = tiny_config(*MODEL, *own, f"model.dim={8 * factor}", f"model.heads={2 * factor}")
    wide = starting_model(recipe, start).eval()
    keypoints = torch.randn(2, 9, 17, 3)
    expected = start.model.eval().forward_with_scale(keypoints)
    for got, wanted in zip(wide.forward_with_scale(keypoints), expected, strict=True):
        assert torch.allclose(got, wanted, rtol=1e-3, atol=1e-4)
    assert start_notes(recipe, start) == [
        f"{start.name} is made {factor} times as wide: until its first step the model computes the same"
    ]


def copies_learn_alike(model: LiftingNetwork) -> list[bool]:
    """Of some matrices that give channels: whether both copies of each have the same gradient."""
    model.train()(
        torch.randn(2, 9, 17, 2, generator=torch.Generator().manual_seed(0))
    ).square().mean().backward()
    block = "temporal_blocks.0."
    found = []
    for name in ("embed.weight", f"{block}attention.qkv.weight", f"{block}mlp.expand.weight"):
        gradient = model.get_parameter(name).grad
        assert gradient is not None
        first, second = gradient[: len(gradient) // (3 if "qkv" in name else 1)].chunk(2)
        found.append(bool((first - second).norm() < 0.1 * first.norm()))
    return found


def test_copies_learn_to_differ_because_they_are_read_differently(trained, monkeypatch) -> None:
    start, recipe = trained(), tiny_config(*MODEL, *WIDER)
    assert copies_learn_alike(starting_model(recipe, start)) == [False] * 3
    monkeypatch.setattr("rtpca.training.widen._SPREAD", 0.0)
    assert copies_learn_alike(starting_model(recipe, start)) == [True] * 3


def test_windows_become_longer_as_the_model_becomes_wider(trained) -> None:
    start = trained()
    longer = starting_model(tiny_config(*MODEL, "model.frames=27"), start).eval()
    both = starting_model(tiny_config(*MODEL, *WIDER, "model.frames=27"), start).eval()
    keypoints = torch.randn(2, 27, 17, 2)
    assert torch.allclose(both(keypoints), longer(keypoints), rtol=1e-3, atol=1e-4)


def test_a_head_comes_and_goes_while_weights_are_widened(trained) -> None:
    keypoints = torch.randn(2, 9, 17, 2)
    for before, after in ((HEAD, ()), ((), HEAD)):
        start = trained(*before)
        model = starting_model(tiny_config(*MODEL, *WIDER, *after), start)
        assert model.config.predicts_scale == bool(after)
        assert torch.allclose(model.eval()(keypoints), start.model.eval()(keypoints), rtol=1e-3, atol=1e-4)


def test_widening_is_reproducible(trained) -> None:
    start = trained()
    states = [
        starting_model(tiny_config(*MODEL, *WIDER, f"seed={seed}"), start).state_dict() for seed in (5, 5, 6)
    ]
    matrix = "temporal_blocks.1.mlp.expand.weight"
    assert torch.equal(states[0][matrix], states[1][matrix])
    assert not torch.equal(states[0][matrix], states[2][matrix])


@pytest.mark.parametrize(
    ("width", "changed"),
    [
        (("model.dim=12", "model.heads=3"), "model.dim, model.heads"),
        (("model.dim=16", "model.heads=2"), "model.dim"),
        (("model.dim=4", "model.heads=1"), "model.dim, model.heads"),
        (("model.dim=16", "model.heads=4", "model.mlp_ratio=3"), "model.dim, model.heads, model.mlp_ratio"),
    ],
    ids=["not a multiple", "heads of another width", "narrower", "other hidden layers"],
)
def test_a_width_that_widening_does_not_reach_is_refused(trained, width, changed) -> None:
    start = trained()
    with pytest.raises(
        TrainingError, match=f"other values of {changed} than .* model.dim=16 model.heads=4, or"
    ):
        starting_model(tiny_config(*MODEL, *width), start)
