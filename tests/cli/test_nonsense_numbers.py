"""Numbers that make no sense, for every option of every verb that takes one: refused in one line."""

from __future__ import annotations

import re
import typing
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
import typer

from rtpca.cli.main import app, main
from rtpca.data.demo_clip import load_demo_clip
from rtpca.data.store import write_dataset
from rtpca.data.synthetic import synthetic_recordings

HUGE = "1" + "0" * 20
DIGITS = "9" * 400
WHOLE = ("-1", "nan", "1e30", HUGE, DIGITS)
COUNT = ("0", *WHOLE)
LENGTH = ("0", "-1", "nan", "inf", "-inf", "1e30", "1e-30", DIGITS)
MINUTES = ("-1", "nan", "-inf", "soon")
LIFTED = {"image_size": COUNT, "fps": LENGTH, "focal_px": LENGTH}
MOTION = {
    "fps": LENGTH,
    "metres_per_unit": LENGTH,
    "stature_m": LENGTH,
    "min_seconds": ("-1", "nan", "inf", "-inf"),
}
REPRODUCED = {"seeds": COUNT, "max_time": MINUTES, "jobs": ("0", "-1", "nan", "1e30")}
NUMBERS: dict[str, dict[str, tuple[str, ...]]] = {
    "lift": LIFTED,
    "stream": LIFTED | {"latency": WHOLE, "person": COUNT, "height_m": LENGTH},
    "app": {"port": WHOLE, "max_mb": COUNT, "max_seconds": ("0", "-1", "nan", "-inf")},
    "train": {"max_time": MINUTES, "devices": COUNT},
    "eval": {"noise_px": ("-1", "nan", "inf", "-inf", "1e30", DIGITS), "seed": WHOLE},
    "profile": {"batch": COUNT, "runs": COUNT},
    "table": REPRODUCED,
    "figure": REPRODUCED | {"number": COUNT, "rounds": COUNT, "batch_frames": COUNT},
    "import-checkpoint": {"heads": COUNT, "frames": COUNT},
    "prepare cmu": MOTION,
    "prepare bvh": MOTION,
    "prepare joint-positions": MOTION,
}
"""By verb and parameter; `--max-time 1e30` and many `--jobs` do make sense."""


def verbs(group: typer.Typer, before: str = ""):
    """Every verb and its function."""
    for command in group.registered_commands:
        yield f"{before}{command.name}", command.callback
    for inner in group.registered_groups:
        yield from verbs(inner.typer_instance, f"{inner.name} ")


def numeric(function) -> dict[str, tuple[str, int]]:
    """Parameters that take numbers: the flag, empty for an argument, and how many numbers."""
    found: dict[str, tuple[str, int]] = {}
    for name, hint in typing.get_type_hints(function, include_extras=True).items():
        kinds = typing.get_type_hints(function)[name]
        text = str(kinds)
        if name == "return" or not re.search(r"\b(int|float)\b", text):
            continue
        (info,) = typing.get_args(hint)[1:]
        words = [word for word in (info.default, *(info.param_decls or ())) if isinstance(word, str)]
        flags = [word for word in words if word.startswith("--")] or [f"--{name.replace('_', '-')}"]
        is_argument = type(info).__name__ == "ArgumentInfo"
        found[name] = ("" if is_argument else flags[0], 2 if "tuple" in text else 1)
    return found


VERBS = {name: numeric(function) for name, function in verbs(app)}


@pytest.fixture(scope="module")
def beginnings(tmp_path_factory) -> dict[str, list[str]]:
    """By verb, a command line that would work, but for the number."""
    folder: Path = tmp_path_factory.mktemp("numbers")
    clip = load_demo_clip().keypoints
    np.save(folder / "walk.npy", clip.keypoints_px[:30])
    write_dataset(folder / "data.h5", synthetic_recordings(frames=40)[:2])
    (folder / "walk.bvh").write_text("HIERARCHY\n")
    torch.save({"a": torch.ones(2)}, folder / "weights.bin")
    lifted = [str(folder / "walk.npy"), "--weights", "rtpca-xs", "--skeleton", "h36m17"]
    data = ["--data", str(folder / "data.h5")]
    prepared = [str(folder / "walk.bvh"), "--out", str(folder / "made.h5")]
    return {
        "lift": [*lifted, "--out", str(folder / "out.npz")],
        "stream": [*lifted, "--out", str(folder / "out.ndjson")],
        "app": ["--weights", "rtpca-xs"],
        "train": [*data, "--out", str(folder / "run")],
        "eval": [*data, "--split", "train", "--weights", "rtpca-xs"],
        "profile": ["--preset", "ste", "--set", "dim=8", "--set", "depth=1"],
        "table": ["--out", str(folder / "reproduced")],
        "figure": ["--out", str(folder / "reproduced")],
        "import-checkpoint": [str(folder / "weights.bin"), str(folder / "w.safetensors"), "--arch", "mixste"],
        **{verb: prepared for verb in ("prepare cmu", "prepare bvh", "prepare joint-positions")},
    }


def test_every_number_of_every_verb_is_tried() -> None:
    assert {verb: set(numbers) for verb, numbers in VERBS.items() if numbers} == {
        verb: set(values) for verb, values in NUMBERS.items()
    }


@pytest.mark.parametrize(
    ("verb", "name"), [(verb, name) for verb, names in NUMBERS.items() for name in names]
)
def test_nonsense_is_refused_in_one_line(verb: str, name: str, beginnings, capsys) -> None:
    flag, count = VERBS[verb][name]
    needed = ["1"] if verb in ("table", "figure") and name != "number" else []
    for value in NUMBERS[verb][name]:
        words = [*verb.split(), *needed, *([flag] if flag else []), *[value] * count, *beginnings[verb]]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            code = main(words if flag or not value.startswith("-") else [*words[:1], "--", value])
        said = capsys.readouterr().err.strip().splitlines()
        assert code == 2, (value, said)
        assert said[-1].startswith("rtpca: error: "), (value, said)
        assert "Traceback" not in "".join(said)
        assert len(said) <= 3, said
