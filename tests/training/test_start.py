"""What goes on from trained weights: windows of another length, with or without their uncertainty head."""

from __future__ import annotations

import pytest
import torch
from tiny_recipe import tiny_config

from rtpca.errors import TrainingError
from rtpca.models import load_checkpoint, save_checkpoint
from rtpca.models.checkpoint import Checkpoint
from rtpca.training.start import starting_model

MODEL = ("model.stages=2", "model.ratio=3", "model.pyramid_norm=channels")
HEAD = ("model.uncertainty=true", "loss.likelihood=1")


@pytest.fixture
def trained(tmp_path):
    """Weights of a recipe that were never trained, which serves here."""

    def make(*overrides: str) -> Checkpoint:
        torch.manual_seed(3)
        config = tiny_config(*MODEL, *overrides)
        model = starting_model(config, None)
        torch.nn.init.normal_(model.get_parameter("temporal_position"))
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
    ("overrides", "frames"),
    [(("model.frames=9",), 20), (("model.frames=9", "model.pyramid_norm=time"), 27)],
    ids=["width of a transposed convolution", "norms over time"],
)
def test_a_length_that_other_parts_depend_on_is_refused(trained, overrides, frames) -> None:
    start = trained(*overrides)
    with pytest.raises(TrainingError, match=rf"windows of 9 frames and cannot go on with {frames}: \d+ of"):
        starting_model(tiny_config(*MODEL, *overrides, f"model.frames={frames}"), start)


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
