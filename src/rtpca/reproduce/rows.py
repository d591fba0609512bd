"""The named runs behind the paper's tables: one recipe with a few options changed, and a sentence why.

Runs are shared between tables: `rtpca` is the last row of Tables 4, 5 and 7, and is trained once. Which row
of which table a run is stands in `TABLE_ROWS`, under the paper's own labels.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from rtpca.errors import ConfigError
from rtpca.models import preset_names

_ITEM = re.compile(r",(?=[\w.]+=)")  # a comma that begins another key=value, not one inside a list
_NAME = re.compile(r"[A-Za-z0-9][\w.+-]*")


@dataclass(frozen=True)
class NamedRun:
    """One configuration of a table.

    Attributes:
        name: Also the name of its run folder.
        overrides: What it changes in the recipe, `key=value` as `rtpca train --set` takes it.
        reading: One sentence: how the paper's row was read.
        at_scale: What it changes first, by scale: the whole `model` of another architecture.
    """

    name: str
    overrides: tuple[str, ...]
    reading: str
    at_scale: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


_NO_XLR = "model.cross_layer=none"
_SHORT = (_NO_XLR, "model.amplification=none")

RUNS: dict[str, NamedRun] = {
    run.name: run
    for run in (
        NamedRun(
            "ste",
            ("model.tpca=false", _NO_XLR),
            "Spatial and temporal blocks alone, without pyramid and cross-layer refinement: this is MixSTE.",
        ),
        NamedRun(
            "ste+tpca",
            (_NO_XLR,),
            "Pyramid of three stages of ratio 2 on the temporal keys and values, pooled down and brought "
            "back by transposed convolution, without cross-layer refinement.",
        ),
        NamedRun(
            "ste+xlr",
            ("model.tpca=false",),
            "Each temporal block also attends to the pooled keys and values of the block before; no pyramid.",
        ),
        NamedRun(
            "rtpca",
            (),
            "Both modules; each temporal block also attends to the block before it (the paper's residual "
            "XLR), and the number of queries stays constant.",
        ),
        NamedRun(
            "pool",
            (*_SHORT, "model.compression=pool"),
            "Keys and values are pooled three times by 2 and stay short; no cross-layer refinement, since "
            "Table 6 has 20.0 mm where Table 7 has TPCA alone.",
        ),
        NamedRun(
            "conv",
            (*_SHORT, "model.compression=conv"),
            "As the row above, with depth-wise convolutions of width and stride 2 in place of pooling.",
        ),
        NamedRun(
            "pool+conv",
            (*_SHORT, "model.compression=pool+conv"),
            "Both compress the same input and are summed, since the paper names both as one compression.",
        ),
        NamedRun(
            "pool+conv-linear",
            (_NO_XLR, "model.compression=pool+conv", "model.amplification=linear"),
            "The sum of both on the way down, linear interpolation over time on the way up.",
        ),
        NamedRun(
            "pool+conv-trans-conv",
            (_NO_XLR, "model.compression=pool+conv", "model.amplification=trans-conv"),
            "The sum of both on the way down, depth-wise transposed convolution on the way up.",
        ),
        NamedRun(
            "pyramidal-xlr-pyramidal-q",
            ("model.cross_layer=pyramidal", "model.query=pyramidal"),
            "Block i of the second half attends to its mirror image depth - 1 - i; linear maps over time "
            "shorten the frames between the blocks to n, n/2, n/4, n/8 and restore them, symmetric in depth.",
        ),
        NamedRun(
            "pyramidal-xlr",
            ("model.cross_layer=pyramidal",),
            "Block i of the second half attends to its mirror image depth - 1 - i; the number of frames is "
            "constant.",
        ),
    )
}

TABLE_ROWS: dict[int, tuple[tuple[str, str], ...]] = {
    1: (("Zhang et al.", "ste"), ("Ours", "rtpca")),
    2: (("MixSTE", "ste"), ("Ours", "rtpca")),
    3: (("MixSTE", "ste"), ("Ours", "rtpca")),
    4: (("STE", "ste"), ("STE + TPCA", "ste+tpca"), ("STE + TPCA + XLR", "rtpca")),
    5: (("STE", "ste"), ("STE+TPCA", "ste+tpca"), ("STE+XLR", "ste+xlr"), ("RTPCA", "rtpca")),
    6: (
        ("Pool", "pool"),
        ("Conv", "conv"),
        ("Pool + Conv", "pool+conv"),
        ("Pool, Trans-Conv", "ste+tpca"),
        ("Pool + Conv, Linear", "pool+conv-linear"),
        ("Pool + Conv, Trans-Conv", "pool+conv-trans-conv"),
    ),
    7: (
        ("TPCA", "ste+tpca"),
        ("TPCA, Pyramidal XLR (Pyramidal Q)", "pyramidal-xlr-pyramidal-q"),
        ("TPCA, Pyramidal XLR (Constant Q)", "pyramidal-xlr"),
        ("TPCA, Residual XLR (Constant Q)", "rtpca"),
    ),
}
"""The paper's rows that the library can train, by table: the paper's label and the run behind it."""

COMPETITORS: dict[str, NamedRun] = {
    run.name: run
    for run in (
        NamedRun(
            "videopose3d",
            (),
            "VideoPose3D as its paper has it, with this recipe but AdamW alone, as Muon is for transformers; "
            "several frames are predicted per window.",
            {
                "small": (
                    "model={arch: videopose3d, frames: 161, filter_widths: [3, 3, 3, 3], channels: 256}",
                    "optim.optimizer=adamw",
                ),
                "paper": ("model={arch: videopose3d, frames: 485}",),
            },
        ),
        NamedRun(
            "poseformer",
            (),
            "PoseFormer as its paper has it, with this recipe and more windows per step, since it predicts "
            "one frame per window.",
            {
                "small": ("model={arch: poseformer, frames: 81, joint_dim: 16}", "batch=16"),
                "paper": ("model={arch: poseformer, frames: 81}", "batch=1024"),
            },
        ),
        NamedRun(
            "mhformer",
            (),
            "MHFormer as its paper has it, with this recipe; all frames of a window are predicted.",
            {
                "small": ("model={arch: mhformer, frames: 81, dim: 64, hidden: 128, heads: 4}",),
                "paper": ("model={arch: mhformer, frames: 351}",),
            },
        ),
    )
}
"""Other architectures, in rows where the installed library has them."""
_COMPETITOR_ROWS: dict[int, tuple[tuple[str, str], ...]] = {
    1: (("Pavllo et al.", "videopose3d"), ("Zheng et al.", "poseformer"), ("Li et al.", "mhformer")),
    2: (("PoseFormer", "poseformer"),),
}


def table_rows(table: int) -> tuple[tuple[str, str], ...]:
    """The paper's rows of a table that this library has the model of: label and run, in the paper's order."""
    known = preset_names()
    others = tuple(row for row in _COMPETITOR_ROWS.get(table, ()) if row[1] in known)
    return others + TABLE_ROWS[table]


def named_run(name: str) -> NamedRun:
    """The run of that name.

    Raises:
        ConfigError: There is none.
    """
    runs = RUNS | {key: run for key, run in COMPETITORS.items() if key in preset_names()}
    if name not in runs:
        raise ConfigError(f"there is no run {name!r}; the runs are {', '.join(runs)}")
    return runs[name]


def parse_row(text: str) -> NamedRun:
    """A row of the user's own: `NAME=KEY=VALUE,...` on top of the run `rtpca`, or of one named first.

    Raises:
        ConfigError: The text is no such row, or the name is taken.

    Example:
        >>> parse_row("two-stages=model.stages=2").overrides
        ('model.stages=2',)
        >>> parse_row("no-xlr=ste+tpca,model.ratio=3").overrides
        ('model.cross_layer=none', 'model.ratio=3')
    """
    name, separator, rest = text.partition("=")
    if not separator or not rest or not _NAME.fullmatch(name):
        raise ConfigError(
            f"--row {text}: give NAME=KEY=VALUE,... e.g. --row two-stages=model.stages=2, or "
            "--row name=ste+tpca,model.ratio=3 to start from another run"
        )
    if name in RUNS or name in COMPETITORS:
        raise ConfigError(f"--row {text}: the paper has a run {name!r} already; choose another name")
    first, *items = _ITEM.split(rest)
    base = RUNS["rtpca"]
    if "=" in first:
        items = [first, *items]
    else:
        base = named_run(first)
    changed = ", ".join(items) or "nothing changed"
    return NamedRun(name, (*base.overrides, *items), f"A row of your own: {base.name} with {changed}.")
