"""Recipes: strict keys, checked values, overrides, and the way back to plain values."""

from __future__ import annotations

import re

import pytest
import yaml

from rtpca.data.augment import AugmentConfig
from rtpca.errors import ConfigError, InputError, RtpcaError
from rtpca.models import InputSpec, RTPCAConfig
from rtpca.models.motionagformer import MotionAGFormerConfig
from rtpca.models.poseformer import PoseFormerConfig
from rtpca.models.videopose3d import VideoPose3DConfig
from rtpca.options import from_plain
from rtpca.training import TrainConfig, load_config


def recipe(tmp_path, text: str):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    return path


def test_without_a_recipe_the_paper_s_values_hold() -> None:
    config = load_config(None)
    assert config == TrainConfig()
    assert config.model == RTPCAConfig()
    assert (config.optim.optimizer, config.optim.lr, config.optim.weight_decay) == ("adamw", 4e-5, 0.1)
    assert (config.optim.schedule, config.optim.decay) == ("exponential", 0.99)
    assert (config.loss.joint_weights, config.loss.consistency, config.loss.velocity) == ("paper", 0.5, 2.0)
    assert config.loss.squared is False
    assert config.augment == AugmentConfig.none()
    assert config.batch == 4


def test_nested_groups_may_be_given_in_part(tmp_path) -> None:
    path = recipe(tmp_path, "steps: 7\nmodel:\n  dim: 64\n  tpca: false\noptim:\n  betas: [0.8, 0.9]\n")
    config = load_config(path)
    assert config.steps == 7
    assert config.model == RTPCAConfig(dim=64, tpca=False)
    assert config.optim.betas == (0.8, 0.9)


def test_overrides_win_and_make_groups(tmp_path) -> None:
    path = recipe(tmp_path, "steps: 7\nmodel:\n  dim: 64\n")
    config = load_config(
        path, ["model.dim=32", "optim.lr=1e-3", "input.fps=null", "loss.squared=true", "steps=9"]
    )
    assert (config.model.dim, config.optim.lr, config.input.fps, config.steps) == (32, 1e-3, None, 9)
    assert config.loss.squared is True
    assert load_config(path).model.dim == 64


def test_a_recipe_names_the_architecture(tmp_path) -> None:
    path = recipe(tmp_path, "model: {arch: poseformer, frames: 27, joint_dim: 16}\n")
    config = load_config(path)
    assert config.model == PoseFormerConfig(frames=27, joint_dim=16)
    assert config.to_dict()["model"]["arch"] == "poseformer"
    text = yaml.safe_dump(config.to_dict(), sort_keys=False)
    assert load_config(recipe(tmp_path, text)) == config
    widths = load_config(None, ["model.arch=videopose3d", "model.filter_widths=[3, 3]", "model.frames=27"])
    assert widths.model == VideoPose3DConfig(filter_widths=(3, 3), frames=27)
    assert from_plain(TrainConfig, yaml.safe_load(yaml.safe_dump(widths.to_dict()))) == widths


def test_values_from_before_there_were_architectures_are_rtpca_s() -> None:
    config = load_config(None, ["model.dim=64"])
    old = config.to_dict()
    del old["model"]["arch"]
    assert from_plain(TrainConfig, old) == config == load_config(None, ["model.arch=rtpca", "model.dim=64"])


def test_augmentation_is_off_unless_its_group_is_given() -> None:
    assert load_config(None).augment == AugmentConfig.none()
    assert load_config(None, ["augment=none"]).augment == AugmentConfig.none()
    assert load_config(None, ["augment={}"]).augment == AugmentConfig()
    quiet = load_config(None, ["augment.noise=none"]).augment
    assert quiet.noise == AugmentConfig.none().noise
    assert quiet.body == AugmentConfig().body


def test_resolved_values_give_the_same_configuration(tmp_path) -> None:
    config = load_config(None, ["model.dim=64", "augment.noise.clean_share=0.4", "data.rate_range=[0.5, 2]"])
    text = yaml.safe_dump(config.to_dict(), sort_keys=False)
    assert load_config(recipe(tmp_path, text)) == config
    assert from_plain(TrainConfig, config.to_dict()) == config


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("modle.dim=3", "unknown option modle; known here: name, stage, seed, steps"),
        ("model.dimm=3", "unknown option model.dimm; known here: model.arch, model.frames"),
        (
            "model.arch=gpt",
            "model.arch='gpt' must be one of 'rtpca', 'videopose3d', 'poseformer'",
        ),
        ("model.arch=3", "model.arch='3' must be one of 'rtpca'"),
        (
            "model={arch: mhformer, tpca: true}",
            "unknown option model.tpca; known here: model.arch",
        ),
        ("model={arch: mhformer, frames: 100}", "frames=100 is not a multiple of 9"),
        ("model={arch: mhformer, dim: wide}", "model.dim='wide' must be a whole number"),
        ("model={arch: videopose3d, filter_widths: 3}", "model.filter_widths=3 must be a list"),
        (
            "model={arch: videopose3d, filter_widths: [a]}",
            "model.filter_widths[0]='a' must be a whole number",
        ),
        ("augment.camera.foo=1", "unknown option augment.camera.foo"),
        ("model=3", "model=3 must be a group of options"),
        ("augment=some", "augment='some' must be a group of options"),
        ("model.dim.x=3", "model.dim={'x': 3} must be a whole number"),
        ("steps=many", "steps='many' must be a whole number"),
        ("steps=1.5", "steps=1.5 must be a whole number"),
        ("steps=true", "steps=True must be a whole number"),
        ("steps=0", "steps=0 must be at least 1"),
        ("seed=-1", "seed=-1 must be at least 0"),
        ("compile=1", "compile=1 must be true or false"),
        ("name=3", "name=3 must be text"),
        (
            "precision=half",
            "precision='half' must be 'auto', '32-true', 'bf16-mixed', '16-mixed' or",
        ),
        ("optim.lr=fast", "optim.lr='fast' must be a number"),
        ("optim.lr=0", "optim.lr=0 must be above 0"),
        ("optim.lr=.nan", "optim.lr=nan must be a finite number"),
        ("optim.muon_lr=0", "optim.muon_lr=0 must be above 0"),
        ("optim.betas=[0.9]", "optim.betas=[0.9] must be a longer list"),
        ("optim.betas=0.9", "optim.betas=0.9 must be a list"),
        ("optim.betas=[0.9, 1]", "optim.betas[1]=1 must be below 1"),
        ("optim.ema=1", "optim.ema=1 must be below 1"),
        ("optim.decay_every=0", "optim.decay_every=0 must be at least 1 or 'epoch'"),
        ("optim.decay_every=day", "optim.decay_every='day' must be a whole number or 'epoch'"),
        ("optim.decay_every=epoch", "optim.decay_every=epoch: random windows have no epochs; give steps"),
        ("val_every=epoch", "val_every=epoch: random windows have no epochs"),
        ("val_every=0", "val_every=0 must be at least 1 or 'epoch'"),
        ("epochs=3", "epochs=3: random windows have no epochs; give steps, or set data.windows=chunks"),
        ("epochs=0", "epochs=0 must be at least 1"),
        ("select=first", "select='first' must be 'last' or 'best'"),
        ("data.windows=all", "data.windows='all' must be 'random' or 'chunks'"),
        (
            "data.windows=chunks",
            "windows=chunks goes by the cameras of the recordings; set data.cam",
        ),
        ("data.keypoints=own", "keypoints=own goes by the cameras of the recordings; set data.cameras=fixed"),
        ("data.keypoints=mine", "data.keypoints='mine' must be 'own' or 'projected'"),
        ("data.val_cameras=two", "data.val_cameras='two' must be 'one' or 'all'"),
        ("data.val_protocol=mine", "unknown protocol 'mine'; known protocols: standard, authors"),
        ("data.kind_power=2", "data.kind_power=2 must be at most 1"),
        ("data.source_shares={cmu_*: 2}", "data.source_shares.cmu_*=2 must be at most 1"),
        ("data.source_shares={cmu_*: 0.7, snu: 0.4}", "data.source_shares sum to 1.1; they are parts of all"),
        ("data.source_shares=[cmu]", "data.source_shares=['cmu'] must be"),
        ("optim.warmup_steps=-1", "optim.warmup_steps=-1 must be at least 0"),
        ("optim.weight_decay=-1", "optim.weight_decay=-1 must be at least 0"),
        ("optim.clip_norm=-1", "optim.clip_norm=-1 must be at least 0"),
        ("optim.schedule=step", "optim.schedule='step' must be 'cosine', 'stable' or 'exponential'"),
        ("optim.optimizer=sgd", "optim.optimizer='sgd' must be 'adamw' or 'muon'"),
        ("loss.joint_weights=all", "loss.joint_weights='all' must be 'paper', 'authors' or 'uniform'"),
        ("loss.velocity=-1", "loss.velocity=-1 must be at least 0"),
        ("loss={position: 0, velocity: 0}", "nothing compares with the truth"),
        (
            "data.rate_range=[2, 1]",
            "data.rate_range=[2, 1] must be a list of two with the smaller",
        ),
        ("data.rate_range=[0, 1]", "data.rate_range[0]=0 must be above 0"),
        ("model.dim=30", "model.dim=30 is not a multiple of model.heads=8"),
        ("input.normalisation=box", "input.normalisation='box' must be 'screen' or 'person'"),
        ("input.skeleton=octopus", "unknown skeleton 'octopus'"),
        ("input.fps=-5", "input.fps=-5 must be at least 1"),
        ("model", "model: give key=value, e.g. model.dim=128"),
        ("=3", "=3: give key=value"),
        ("steps=[", "steps=[: not YAML: "),
    ],
)
def test_overrides_that_do_not_fit_are_refused(override, message) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_config(None, [override])


def test_an_override_does_not_go_through_a_value(tmp_path) -> None:
    with pytest.raises(ConfigError, match="steps.x=3: steps is a value, not a group of options"):
        load_config(recipe(tmp_path, "steps: 7\n"), ["steps.x=3"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps: [1\n", "not YAML"),
        ("- 1\n- 2\n", "a recipe is a list of `key: value` lines, this file holds a list"),
        ("just words\n", "this file holds a str"),
        ("steps: 3\nspeed: 4\n", "unknown option speed"),
        ("model: 3\n", "model=3 must be a group of options"),
        ("!!python/object/apply:os.getcwd []\n", "not YAML"),
    ],
)
def test_recipes_that_do_not_fit_are_refused(tmp_path, text, message) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(recipe(tmp_path, text))


def test_unreadable_recipes_are_named(tmp_path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: no such file"):
        load_config(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="a folder, not a file"):
        load_config(tmp_path)
    path = tmp_path / "binary.yaml"
    path.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(ConfigError, match="not YAML"):
        load_config(path)


def test_an_empty_recipe_is_the_default(tmp_path) -> None:
    assert load_config(recipe(tmp_path, "# nothing\n")) == TrainConfig()


def test_errors_are_of_the_family_the_command_line_prints() -> None:
    assert issubclass(ConfigError, RtpcaError)
    with pytest.raises(RtpcaError):
        TrainConfig(input=InputSpec(fps=0.0))


CHUNKS = ("data.windows=chunks", "data.cameras=fixed")


def test_epochs_stand_in_place_of_steps() -> None:
    config = load_config(None, [*CHUNKS, "epochs=3", "optim.decay_every=epoch", "val_every=epoch"])
    assert (config.steps, config.epochs) == (None, 3)
    assert (config.optim.decay_every, config.val_every) == ("epoch", "epoch")
    assert from_plain(TrainConfig, config.to_dict()) == config
    assert (load_config(None).steps, load_config(None).epochs) == (10_000, None)
    steps = load_config(None, [*CHUNKS, "steps=7", "epochs=null"])
    assert (steps.steps, steps.epochs) == (7, None)


def test_steps_and_epochs_together_are_refused() -> None:
    with pytest.raises(ConfigError, match="steps=7 and epochs=3 are both given; leave one out"):
        load_config(None, [*CHUNKS, "steps=7", "epochs=3"])


def test_what_chunks_cannot_do_is_refused() -> None:
    with pytest.raises(ConfigError, match="windows=chunks takes clips at one frame rate"):
        load_config(None, [*CHUNKS, "data.rate_range=[0.7, 1.3]"])
    with pytest.raises(ConfigError, match=r"flip_probability=0\.3: chunks are shown mirrored as often"):
        load_config(None, [*CHUNKS, "augment.flip_probability=0.3"])


def test_a_choice_on_the_test_split_is_known_as_such() -> None:
    assert load_config(None, ["select=best", "data.val_split=test"]).chooses_on_test
    assert not load_config(None, ["select=best"]).chooses_on_test
    assert not load_config(None, ["data.val_split=test"]).chooses_on_test


def test_a_graph_of_bones_is_that_of_the_input_s_joints() -> None:
    """17 joints of another set are not read as Human3.6M's, but by the published graph."""

    def trained(joints_of, **options):
        model = MotionAGFormerConfig(frames=9, dim=8, depth=1, **options)
        return TrainConfig(model=model, input=InputSpec(fps=50, skeleton=joints_of)).model

    assert trained("h36m17").skeleton is None
    assert trained("mpi_inf_3dhp17").skeleton == "mpi_inf_3dhp17"
    assert trained("mpi_inf_3dhp17", graph="published").joint_set == "h36m17"
    with pytest.raises(ConfigError, match="model.skeleton='coco17' has other bones than .*'h36m17'"):
        trained("h36m17", skeleton="coco17")
