"""Learning rates, the split of parameters between optimisers, and the running mean of the weights."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from rtpca.errors import ConfigError
from rtpca.models import build_model
from rtpca.training.config import OptimConfig
from rtpca.training.optim import build_optimizers, resume_mean, running_mean, schedule_factor

SIZES = {"frames": 9, "joints": 5, "dim": 8, "depth": 2, "heads": 2}


def factors(steps: int, **options) -> list[float]:
    config = OptimConfig(**options)
    return [schedule_factor(config, step, steps) for step in range(steps)]


def test_exponential_decays_by_a_factor_per_epoch_as_the_authors_do() -> None:
    assert factors(7, decay=0.5, decay_every=3) == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]


def test_cosine_falls_from_one_towards_zero() -> None:
    values = factors(100, schedule="cosine")
    assert values[0] == 1.0
    assert values[50] == pytest.approx(0.5)
    assert values[99] == pytest.approx(0.5 * (1 + math.cos(math.pi * 0.99)))
    assert values == sorted(values, reverse=True)


def test_stable_is_constant_and_then_linear_to_zero() -> None:
    values = factors(10, schedule="stable", cooldown_steps=4)
    assert values == pytest.approx([1, 1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25])
    assert factors(5, schedule="stable") == [1] * 5


@pytest.mark.parametrize("schedule", ["cosine", "stable", "exponential"])
def test_warm_up_rises_linearly_to_one(schedule) -> None:
    values = factors(50, schedule=schedule, warmup_steps=4, cooldown_steps=3)
    assert values[:4] == [0.25, 0.5, 0.75, 1.0]
    assert values[4] == pytest.approx(1.0)
    assert all(0.0 < value <= 1.0 for value in values)


def test_adamw_takes_every_parameter_once() -> None:
    model = build_model("rtpca", **SIZES)
    (adamw,) = build_optimizers(model, OptimConfig(lr=3e-4, betas=(0.8, 0.9), weight_decay=0.2))
    (group,) = adamw.param_groups
    assert isinstance(adamw, torch.optim.AdamW)
    assert {id(p) for p in group["params"]} == {id(p) for p in model.parameters()}
    assert (group["lr"], group["full_lr"], group["betas"], group["weight_decay"]) == (
        3e-4,
        3e-4,
        (0.8, 0.9),
        0.2,
    )


def test_muon_takes_the_matrices_of_the_blocks_and_adamw_the_rest() -> None:
    model = build_model("rtpca", **SIZES)
    adamw, muon = build_optimizers(
        model, OptimConfig(optimizer="muon", muon_lr=0.02, lr=1e-3, weight_decay=0.1)
    )
    names = {id(p): name for name, p in model.named_parameters()}
    taken = {names[id(p)] for p in muon.param_groups[0]["params"]}
    rest = {names[id(p)] for p in adamw.param_groups[0]["params"]}
    assert taken | rest == set(names.values())
    assert not taken & rest
    assert all(name.startswith(("spatial_blocks", "temporal_blocks")) for name in taken)
    assert {name.split(".", 2)[2] for name in taken} == {
        "attention.qkv.weight",
        "attention.proj.weight",
        "mlp.expand.weight",
        "mlp.contract.weight",
    }
    assert {"embed.weight", "head.weight", "spatial_position"} <= rest
    # The same decay per step for both.
    group = muon.param_groups[0]
    assert group["lr"] * group["weight_decay"] == pytest.approx(1e-3 * 0.1)
    assert group["full_lr"] == 0.02


@pytest.mark.parametrize(
    ("arch", "sizes", "blocks"),
    [
        ("poseformer", {"joint_dim": 4, "depth": 2, "heads": 2}, ("spatial_blocks", "temporal_blocks")),
        (
            "mhformer",
            {"dim": 8, "hidden": 12, "layers": 2, "heads": 2},
            ("generators", "refinement", "interaction"),
        ),
    ],
)
def test_muon_takes_the_matrices_of_the_blocks_of_any_transformer(arch, sizes, blocks) -> None:
    model = build_model(arch, frames=9, joints=5, **sizes)
    _, muon = build_optimizers(model, OptimConfig(optimizer="muon"))
    taken = {id(parameter) for parameter in muon.param_groups[0]["params"]}
    for name, parameter in model.named_parameters():
        matrix = name.startswith(blocks) and parameter.ndim == 2
        assert (id(parameter) in taken) == matrix, name


def test_muon_without_transformer_blocks_is_refused() -> None:
    model = build_model("videopose3d", filter_widths=(3, 3), frames=9, channels=4)
    with pytest.raises(ConfigError, match="transformer blocks, which videopose3d does not have; use adamw"):
        build_optimizers(model, OptimConfig(optimizer="muon"))
    assert len(build_optimizers(model, OptimConfig())) == 1


def test_the_running_mean_keeps_the_counters_of_batchnorm() -> None:
    layer = nn.BatchNorm1d(2)
    average = running_mean(layer, decay=0.9)
    layer(torch.randn(8, 2))
    resume_mean(average, 5)
    average.update_parameters(layer)
    assert average.module.state_dict()["num_batches_tracked"].item() == 1
    assert average.module.state_dict()["running_mean"].abs().max() < layer.running_mean.abs().max()


def test_the_running_mean_starts_with_a_short_memory() -> None:
    layer = nn.Linear(1, 1, bias=False)
    layer.weight.data.fill_(0.0)
    average = running_mean(layer, decay=0.9)
    layer.weight.data.fill_(1.0)
    average.update_parameters(layer)
    assert average.module.state_dict()["weight"].item() == pytest.approx(0.9)  # decay 1 / 10
    average.update_parameters(layer)
    assert average.module.state_dict()["weight"].item() == pytest.approx(1 - 0.1 * 2 / 11)
    layer.weight.data.fill_(5.0)
    before = average.module.state_dict()["weight"].item()
    resume_mean(average, 10_000)
    average.update_parameters(layer)
    assert average.module.state_dict()["weight"].item() == pytest.approx(0.9 * before + 0.1 * 5.0)


def test_the_running_mean_of_constant_weights_is_the_weights() -> None:
    model = build_model("rtpca", **SIZES)
    average = running_mean(model, decay=0.99)
    for _ in range(5):
        average.update_parameters(model)
    for key, value in model.state_dict().items():
        torch.testing.assert_close(average.module.state_dict()[key], value)


def test_the_running_mean_is_its_own_memory_and_can_be_restored() -> None:
    layer = nn.Linear(2, 2)
    average = running_mean(layer, decay=0.5)
    saved = {key: value.clone() for key, value in average.module.state_dict().items()}
    layer.weight.data.add_(1.0)
    assert torch.equal(average.module.state_dict()["weight"], saved["weight"])
    average.update_parameters(layer)
    average.module.load_state_dict(saved)
    assert all(torch.equal(average.module.state_dict()[key], saved[key]) for key in saved)
