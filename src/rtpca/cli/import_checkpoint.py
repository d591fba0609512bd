"""`rtpca import-checkpoint`: weights of another repository in, our file out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from rtpca.cli.console import out


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
    arch: Annotated[str, typer.Option(help="What it is: mixste, rtpca-authors.", show_default=False)],
    heads: Annotated[int, typer.Option(help="Attention heads; no shape tells them.")] = 8,
    verbose: Annotated[bool, typer.Option("--verbose", help="List every tensor.")] = False,
) -> None:
    """Convert a public repository's checkpoint.

    Sizes are read off the shapes. Says what was renamed and what was dropped; nothing in the file is run. The
    input is taken to be screen-normalised keypoints of h36m17, as those repositories train on.
    """
    from rtpca.models import ImportReport, InputSpec, import_state_dict, save_checkpoint
    from rtpca.models.foreign_files import read_foreign_state_dict

    model = import_state_dict(read_foreign_state_dict(source), arch=arch, heads=heads)
    report = model.import_report
    assert isinstance(report, ImportReport)
    about = {"imported_from": source.name, "arch": arch, "dropped": report.dropped}
    save_checkpoint(target, model, InputSpec(), about)
    config = model.config
    out.print(
        f"{target}: {config.frames} frames, {config.joints} joints, dim {config.dim}, depth {config.depth}, "
        f"{len(report.renamed)} tensors renamed, {len(report.dropped)} dropped",
        markup=False,
        soft_wrap=True,
    )
    for reason, count in Counter(report.dropped.values()).items():
        out.print(f"dropped {count}: {reason}", markup=False, soft_wrap=True)
    if verbose:
        for old, new in sorted(report.renamed.items()):
            out.print(f"{old} -> {new}", markup=False, soft_wrap=True)
        for old in sorted(report.dropped):
            out.print(f"{old} dropped", markup=False, soft_wrap=True)
