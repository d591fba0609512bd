"""`rtpca import-checkpoint`: weights of another repository in, our file out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from rtpca.cli.console import print_line
from rtpca.cli.key_values import key_values


def import_checkpoint(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SRC", help="Their checkpoint: .bin, .pt, .pth or .safetensors.", show_default=False
        ),
    ],
    target: Annotated[
        Path, typer.Argument(metavar="OUT", help="Our file to write: .safetensors.", show_default=False)
    ],
    arch: Annotated[
        str,
        typer.Option(
            help="What it is: mixste, rtpca-authors, videopose3d, poseformer, mhformer, motionagformer, "
            "dstformer (MotionBERT), tcpformer, poseformerv2, hot-mixste.",
            show_default=False,
        ),
    ],
    heads: Annotated[int, typer.Option(help="Attention heads; no shape tells them.")] = 8,
    frames: Annotated[
        int | None,
        typer.Option(
            help="Window, where weights fit several: of videopose3d [default: one receptive field], "
            "dstformer [the longest], tcpformer [three times its proxies], poseformerv2 [needed]."
        ),
    ] = None,
    set: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="What else no shape tells: neighbours of motionagformer, prune_after of hot-mixste, "
            "layer_scale of tcpformer; repeatable.",
        ),
    ] = None,
    skeleton: Annotated[
        str | None, typer.Option(help="Joint set; h36m17 for 17 joints and humaneva15 for 15 without.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="List every tensor.")] = False,
) -> None:
    """Convert a public repository's checkpoint.

    Sizes are read off the shapes. Says what was renamed and what was dropped; nothing in the file is run. The
    input is taken to be screen-normalised keypoints, as those repositories train on. Weights that predict
    places in the image, as MotionBERT's family does, lift nothing here before they are trained further.
    """
    from rtpca.models import InputSpec, convert_state_dict, save_checkpoint
    from rtpca.models.adapters import predicts
    from rtpca.models.checkpoint import METRES
    from rtpca.models.foreign_files import read_foreign_state_dict

    options = key_values(set or [])
    converted = convert_state_dict(read_foreign_state_dict(source), arch, heads, frames, **options)
    about = {"imported_from": source.name, "arch": arch, "predicts": predicts(arch)}
    about |= {"dropped": converted.dropped}
    config = converted.config
    save_checkpoint(target, converted.model(), InputSpec(skeleton=_joint_set(skeleton, config.joints)), about)
    print_line(
        f"{target}: {config.frames} frames, {config.joints} joints, {config.describe()}, "
        f"{len(converted.renamed)} tensors renamed, {len(converted.dropped)} dropped"
    )
    for reason, count in Counter(converted.dropped.values()).items():
        print_line(f"dropped {count}: {reason}")
    if predicts(arch) != METRES:
        print_line(f"it predicts {predicts(arch)}, not metres: it lifts nothing before it is trained further")
    if verbose:
        for old, new in sorted(converted.renamed.items()):
            print_line(f"{old} -> {new}")
        for old in sorted(converted.dropped):
            print_line(f"{old} dropped")


def _joint_set(name: str | None, joints: int) -> str:
    from rtpca.errors import ConfigError
    from rtpca.skeletons import get_skeleton

    chosen = name or {17: "h36m17", 15: "humaneva15"}.get(joints)
    if chosen is None:
        raise ConfigError(f"the model has {joints} joints: name its joint set with --skeleton")
    if get_skeleton(chosen).num_joints != joints:
        raise ConfigError(
            f"the model has {joints} joints, {chosen} has {get_skeleton(chosen).num_joints}: name another "
            "joint set with --skeleton"
        )
    return chosen
