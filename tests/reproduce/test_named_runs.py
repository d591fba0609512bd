"""Named runs: each is the paper's model with a few options changed; rows of the user's own."""

from __future__ import annotations

import pytest

from rtpca.errors import ConfigError
from rtpca.models import model_config
from rtpca.reproduce.datafile import NO_DATA
from rtpca.reproduce.paper import RUNS, TABLES, named_run, parse_row
from rtpca.reproduce.setup import Setup

# docs/model.md, "Rows of the paper's tables", a second time.
OPTIONS = {
    "ste": {"tpca": False, "cross_layer": "none"},
    "ste+tpca": {"cross_layer": "none"},
    "ste+xlr": {"tpca": False},
    "rtpca": {},
    "pool": {"cross_layer": "none", "amplification": "none", "compression": "pool"},
    "conv": {"cross_layer": "none", "amplification": "none", "compression": "conv"},
    "pool+conv": {"cross_layer": "none", "amplification": "none", "compression": "pool+conv"},
    "pool+conv-linear": {"cross_layer": "none", "compression": "pool+conv", "amplification": "linear"},
    "pool+conv-trans-conv": {"cross_layer": "none", "compression": "pool+conv"},
    "pyramidal-xlr-pyramidal-q": {"cross_layer": "pyramidal", "query": "pyramidal"},
    "pyramidal-xlr": {"cross_layer": "pyramidal"},
}


def test_all_runs_of_the_tables_are_known_and_none_is_idle() -> None:
    used = {name for table in TABLES.values() for name in table.runs.values()}
    assert used == set(RUNS) == set(OPTIONS) | {"videopose3d", "poseformer", "mhformer"}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_run_at_the_papers_size_is_the_papers_model_with_its_options(name) -> None:
    assert Setup(scale="paper").recipe(RUNS[name], NO_DATA).model == model_config("rtpca", **OPTIONS[name])
    assert RUNS[name].reading.endswith(".")


@pytest.mark.parametrize("scale", ["small", "paper"])
@pytest.mark.parametrize("name", ["videopose3d", "poseformer", "mhformer"])
def test_other_networks_are_of_their_own_architecture(name, scale) -> None:
    assert Setup(scale=scale).recipe(named_run(name), NO_DATA).model.arch == name


def test_an_unknown_run_is_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"there is no run 'stee'; the runs are ste, ste\+tpca"):
        named_run("stee")


def test_a_row_of_ones_own_changes_rtpca_or_a_run_named_first() -> None:
    assert parse_row("two=model.stages=2").overrides == ("model.stages=2",)
    assert parse_row("two=ste+tpca,model.stages=2,model.ratio=3").overrides == (
        "model.cross_layer=none",
        "model.stages=2",
        "model.ratio=3",
    )
    assert parse_row("again=ste").overrides == RUNS["ste"].overrides


def test_a_comma_inside_a_list_does_not_end_a_value() -> None:
    overrides = parse_row("slow=optim.betas=[0.9, 0.95],optim.lr=1e-4").overrides
    assert overrides == ("optim.betas=[0.9, 0.95]", "optim.lr=1e-4")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("two", "give NAME=KEY=VALUE"),
        ("two=", "give NAME=KEY=VALUE"),
        ("../up=model.stages=2", "give NAME=KEY=VALUE"),
        ("rtpca=model.stages=2", "the paper has a run 'rtpca' already"),
        ("two=nobody,model.stages=2", "there is no run 'nobody'"),
    ],
)
def test_a_row_that_cannot_be_is_refused(text, message) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_row(text)
