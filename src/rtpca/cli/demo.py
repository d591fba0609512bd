"""`rtpca demo`: the main job on the clip inside the package, from 2D keypoints to 3D, with the errors."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from rtpca.cli.console import err, out, print_line
from rtpca.cli.options import Weights
from rtpca.cli.progress import progress_bar
from rtpca.files import make_folder

if TYPE_CHECKING:
    from rtpca.data.demo_clip import DemoClip
    from rtpca.inference import LiftResult

_MOMENTS = (0.12, 0.62)  # what the picture shows of each part
_GIF_SIZE = (800, 300)


def demo(
    out_dir: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for the result; made if missing.")
    ] = Path("demo-out"),
    weights: Weights = "rtpca-s",
    gif: Annotated[bool, typer.Option(help="Also write a moving picture.")] = True,
) -> None:
    """Lift a clip that comes with the package: 3D poses, a picture, and the errors in mm.

    The clip is generated motion (a person walks, squats, waves) seen by a camera, with 2 px of noise, so
    that the truth is known.
    """
    make_folder(out_dir)
    with err.status("loading"):
        from rtpca import Lifter
        from rtpca.data.demo_clip import load_demo_clip

        clip = load_demo_clip()
        lifter = Lifter.from_pretrained(weights)
    size = " x ".join(map(str, clip.keypoints.image_size or ()))
    parts = ", ".join(name for name, _, _ in clip.parts)
    frames, fps = clip.keypoints.frames, clip.keypoints.fps
    out.print(f"Clip: {parts}; {frames} frames at {fps:g} fps, {size} pixels, 2 px noise")
    with progress_bar("lifting", "windows") as progress:
        started_s = time.perf_counter()
        result = lifter(clip.keypoints, progress=progress)
        took_s = time.perf_counter() - started_s
    out.print(f"Lifted with {weights} in {took_s:.1f} s ({frames / took_s:.0f} frames per second)\n")
    out.print("Error against the truth in mm, mean over joints and frames:")
    out.print(_error_table(clip, result))
    files = _write_files(out_dir, clip, result, gif)
    out.print(f"\nIn {out_dir}:")
    for name, meaning in files.items():
        print_line(f"  {name:<14} {meaning}")


def _error_table(clip: DemoClip, result: LiftResult) -> Table:
    """Errors against the truth, in mm: one row per part of the motion, and one for all frames."""
    from rtpca.metrics import mpjpe, p_mpjpe

    mean_mm = 1000 * mpjpe(result.poses3d, clip.truth_poses3d).double().numpy()  # (F,)
    aligned_mm = 1000 * p_mpjpe(result.poses3d, clip.truth_poses3d).double().numpy()  # (F,)
    table = Table()
    table.add_column("part")
    for heading in ("frames", "MPJPE", "P-MPJPE"):
        table.add_column(heading, justify="right")
    for name, first, end in (*clip.parts, ("all", 0, result.frames)):
        if name == "all":
            table.add_section()
        means = (float(values[first:end].mean()) for values in (mean_mm, aligned_mm))
        table.add_row(name, str(end - first), *(f"{value:.1f}" for value in means))
    return table


def _write_files(out_dir: Path, clip: DemoClip, result: LiftResult, gif: bool) -> dict[str, str]:
    """Write everything; file name -> what it is."""
    import numpy as np

    from rtpca.files import written_whole
    from rtpca.skeletons import get_skeleton
    from rtpca.viz import SceneRenderer, comparison_figure, save_gif, save_png

    skeleton, keypoints = get_skeleton("h36m17"), clip.keypoints
    result.save(out_dir / "poses3d.npz")
    files = {"poses3d.npz": f"3D joints {result.poses3d.shape} in metres, the root's path, confidence"}
    with written_whole(out_dir / "keypoints.npz") as scratch:
        np.savez_compressed(
            scratch,
            keypoints=np.concatenate([keypoints.keypoints_px, keypoints.scores[..., None]], axis=-1),
            image_size=np.array(keypoints.image_size),
            fps=np.array(keypoints.fps),
            skeleton=np.array(skeleton.name),
        )
    again = f"rtpca lift {out_dir / 'keypoints.npz'} -o poses.npz"
    files["keypoints.npz"] = f"the 2D input, for a try of your own: {again}"
    picked = [round(first + moment * (end - first)) for _, first, end in clip.parts for moment in _MOMENTS]
    figure = comparison_figure(
        keypoints.keypoints_px,
        result.poses3d,
        skeleton,
        frames=picked,
        truth_m=clip.truth_poses3d,
        fps=result.fps,
    )
    save_png(figure, out_dir / "picture.png")
    files["picture.png"] = f"input, result and truth at {len(picked)} moments"
    if gif:
        target = out_dir / "motion.gif"
        with progress_bar("drawing", "pictures") as progress:
            renderer = SceneRenderer([result], _GIF_SIZE, truth_m=[clip.truth_poses3d])
            save_gif(target, renderer, progress=progress)
        files["motion.gif"] = "the whole clip, moving"
    return files
