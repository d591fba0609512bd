"""From a request to files: compute, draw, write picture, data and caption of one figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from rtpca.data.store import open_dataset
from rtpca.errors import ConfigError
from rtpca.reproduce.figures.attention import NEAR_FRAMES, attention_of_networks
from rtpca.reproduce.figures.frame_errors import frame_errors, steadiness
from rtpca.reproduce.figures.lifted import Update, in_silence
from rtpca.reproduce.figures.make_speed import make_error_latency
from rtpca.reproduce.figures.output import Caption, Cell, write_caption, write_csv, write_npz
from rtpca.reproduce.figures.poses import chosen_moments
from rtpca.reproduce.figures.request import BASELINE, FigureRequest, networks_of
from rtpca.viz.attention_grid import attention_figure
from rtpca.viz.files import save_figure
from rtpca.viz.frame_errors import frame_error_figure
from rtpca.viz.pose_grid import PoseRow, pose_grid


@dataclass(frozen=True)
class MadeFigure:
    """What was written.

    Attributes:
        caption: Its words and table.
        files: Pictures, data, caption.
    """

    caption: Caption
    files: tuple[Path, ...]


def make_figure(number: int, request: FigureRequest, update: Update = in_silence) -> MadeFigure:
    """Make one of the paper's figures.

    Args:
        number: 1, 3, 4 or 5.
        request: How.
        update: Told how far it is.

    Raises:
        ConfigError: There is no such figure, or an option does not fit.
        InputError: The data do not fit.
        TrainingError: Runs could not be trained, or time was up.
    """
    if number not in _MAKERS:
        known = ", ".join(map(str, _MAKERS))
        raise ConfigError(f"figure {number}: figures with data are {known} (2 is a drawing of the network)")
    if request.weights and number == 1:
        raise ConfigError("figure 1 compares trained runs; --weights is for figures 3, 4 and 5")
    request.out.mkdir(parents=True, exist_ok=True)
    caption, files = _MAKERS[number](request, update)
    return MadeFigure(caption, tuple(files))


def _written(
    request: FigureRequest, stem: str, figure: Figure, data: Sequence[Path], caption: Caption
) -> tuple[Caption, list[Path]]:
    pictures = save_figure(figure, request.out / stem)
    page = write_caption(request.out / f"{stem}.md", caption, pictures[:1])
    return caption, [*pictures, *data, page]


def _poses(request: FigureRequest, update: Update) -> tuple[Caption, list[Path]]:
    ours_first, facts = networks_of(request, update)
    baseline = BASELINE if BASELINE in ours_first else next(iter(ours_first))
    # The paper's order of columns: the truth beside the baseline, ours last.
    networks = {baseline: ours_first[baseline], **ours_first}
    with open_dataset(request.data_path) as dataset:
        moments = chosen_moments(networks, baseline, dataset, split=request.split, update=update)
        skeleton = dataset.skeleton
    rows = [
        PoseRow(
            f"{moment.action.replace('_', ' ')}\n{_rank(moment.percentile)}",
            moment.keypoints_px,
            moment.truth_m,
            moment.poses_m,
        )
        for moment in moments
    ]
    joints = [f"{joint}_{axis}" for joint in skeleton.joints for axis in "xyz"]
    table: list[list[Cell]] = []
    poses: list[list[Cell]] = []
    for moment in moments:
        what: list[Cell] = [moment.action, moment.percentile, moment.recording, moment.camera, moment.frame]
        table.append([*what, *moment.errors_mm.values()])
        for name, pose_m in {"truth": moment.truth_m, **moment.poses_m}.items():
            poses.append([*what, name, *(round(float(value), 5) for value in pose_m.ravel())])
    keys = ["action", "percentile", "recording", "camera", "frame"]
    files = [write_csv(request.out / "figure3.csv", [*keys, "pose", *joints], poses)]
    header = [*keys, *(f"{name} MPJPE (mm)" for name in networks)]
    text = [
        "Poses of the same moments by each network, the truth in grey behind them, all in one view and "
        "scale; above each its MPJPE. Positions are relative to the pelvis, in metres in the CSV.",
        "How moments were chosen: every recording of the split is seen by one camera, in turns; actions "
        f"are ordered by the mean error of {baseline} and the easiest, middle and hardest are taken; of "
        "each the frames at the 50th and 90th percentile of that error are shown. The rule looks at one "
        "network only, so frames at its high percentile are hard for that network, which favours the "
        "other one a little.",
    ]
    narrow = (0, 1, *range(len(keys), len(header)))
    caption = Caption("Figure 3: poses", text, header, table, narrow, facts)
    return _written(request, "figure3", pose_grid(rows, skeleton), files, caption)


def _frame_errors(request: FigureRequest, update: Update) -> tuple[Caption, list[Path]]:
    networks, facts = networks_of(request, update)
    with open_dataset(request.data_path) as dataset:
        curves = frame_errors(networks, dataset, split=request.split, action=request.action, update=update)
    header = ["frame", *(f"{name}: {take} (mm)" for name in networks for take in curves.takes)]
    columns = [row for values in curves.errors_mm.values() for row in values]
    rows: list[list[Cell]] = [
        [frame, *(round(float(row[frame]), 3) for row in columns)] for frame in range(len(columns[0]))
    ]
    files = [write_csv(request.out / "figure4.csv", header, rows)]
    numbers = {name: steadiness(values) for name, values in curves.errors_mm.items()}
    table: list[list[Cell]] = [
        [name, own.level, own.mean_line_std, own.take_std, own.step, own.band]
        for name, own in numbers.items()
    ]
    text = [
        f"MPJPE of each of {len(columns[0])} frames of the action {curves.action} at {curves.fps:g} frames "
        f"per second: the mean of {len(curves.takes)} takes (recordings in each camera) as a line, and the "
        "band from the least to the largest. The paper shows 600 frames of Human3.6M's Photo.",
        "Level: mean over frames and takes. Fluctuation: standard deviation over time of the mean line, "
        "and of each take (mean over the takes). Step: mean change from one frame to the next. Band: mean "
        "width. Jumps at multiples of the window length are seams between windows, which evaluation does "
        "not blend.",
    ]
    names = [
        "network",
        "level (mm)",
        "std of the mean line (mm)",
        "std of a take (mm)",
        "step (mm)",
        "band (mm)",
    ]
    caption = Caption("Figure 4: error per frame", text, names, table, facts=facts)
    return _written(request, "figure4", frame_error_figure(curves.errors_mm, curves.fps), files, caption)


def _attention(request: FigureRequest, update: Update) -> tuple[Caption, list[Path]]:
    networks, facts = networks_of(request, update)
    with open_dataset(request.data_path) as dataset:
        maps = attention_of_networks(
            networks, dataset, split=request.split, action=request.action, update=update
        )
    arrays = {f"{name}_own": values for name, values in maps.maps.items()}
    arrays |= {f"{name}_memory": values for name, values in maps.memory.items()}
    files = [write_npz(request.out / "figure5.npz", arrays)]
    table: list[list[Cell]] = [
        [
            name,
            round(own.row_entropy, 3),
            round(own.received_entropy, 3),
            round(own.uniform_entropy, 3),
            100 * own.near_share,
            100 * own.uniform_near_share,
            100 * own.memory_share,
            100 * own.uniform_memory_share,
            own.windows,
        ]
        for name, own in maps.numbers.items()
    ]
    header = [
        "network",
        "entropy of a row (nats)",
        "entropy of the mean row (nats)",
        "if uniform (nats)",
        f"within {NEAR_FRAMES} frames (%)",
        "if uniform (%)",
        "on the memory (%)",
        "if uniform over keys (%)",
        "windows",
    ]
    files.append(write_csv(request.out / "figure5.csv", header, table))
    first = next(iter(maps.first_frame.values()))
    columns = "; ".join(column.replace("\n", ", ") for column in maps.columns)
    text = [
        f"Attention of the second temporal block in {maps.recording} ({maps.action}), first camera, the "
        f"window from frame {first}: a row of a map is a query frame, a column a key frame; columns of the "
        f"figure: {columns}. Normalised means: each map is scaled so that its least weight "
        "is 0 and its largest 1, so brightness says nothing of how different weights are; the numbers "
        "below do.",
        "RTPCA's keys are its own frames and the pooled keys of the block before (the memory); the maps "
        "show the part over its own frames, whose rows are scaled to sum 1 for the entropies and the "
        "share near the query. The entropy of the mean row is low where all queries look at the same few "
        "frames. Numbers are means over joints, heads, rows and all windows of the take in all cameras.",
    ]
    caption = Caption(
        "Figure 5: attention of the second temporal block", text, header, table, (0, 1, 2, 3, 4, 6), facts
    )
    return _written(request, "figure5", attention_figure(maps.maps, maps.columns), files, caption)


def _rank(percentile: float) -> str:
    return "median error" if percentile == 50 else f"{percentile:g}th percentile"


_MAKERS: Mapping[int, Callable[[FigureRequest, Update], tuple[Caption, list[Path]]]] = {
    1: make_error_latency,
    3: _poses,
    4: _frame_errors,
    5: _attention,
}
