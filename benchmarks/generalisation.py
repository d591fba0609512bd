"""How weights hold on what they were not trained on: other noise, cameras, frame rates, persons, sources.

    python benchmarks/generalisation.py --data mocap.h5 --weights rtpca-s [--weights OTHER ...]
        [--unseen WEIGHTS:SOURCE ...] [--split test] [--every 5] [--sequences-limit N] [--json OUT]

Prints one table, a row for each condition and columns for each weights file: MPJPE / P-MPJPE in mm over all
frames and as the mean of actions, and acceleration error in mm/s². The rows are

- `fixed cameras`, `by source`, `by action`: what `rtpca eval` measures, every frame seen by every camera;
- most others: every n-th window of the split (`--every`), one camera for each in turn. A window is changed as
  its `Condition` says, by the library's own augmentation, and goes straight into the network, without
  averaging with the mirror image;
- `through lift`: two seconds from the middle of every sequence at another frame rate, lifted by `Lifter` as
  a user's clip is: repaired, resampled, windows blended, averaged with the mirror image.

Errors of `all joints` of a partial body count the guessed joints too. `--unseen` takes weights that were
trained on a file prepared without a source, and measures the sequences of that source alone: of all splits,
and of the split of the other rows, which compares with `by source` of other weights.

A second table says what the clean error is made of: MPJPE, after scaling (N-MPJPE), after scaling and turning
(P-MPJPE); the predicted body's size (sum of bone lengths) against the true one; and how much too long each
bone is predicted in mm, left and right together.

One seed; 2.5 minutes of one core for `rtpca-s`. A new row is one more `Condition` in the list.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rtpca import metrics
from rtpca.data.augment import AugmentConfig, augment, gaussian_noise
from rtpca.data.body import BodyProportions
from rtpca.data.cameras import RandomCameraConfig
from rtpca.data.chunks import cover
from rtpca.data.landmarks import LandmarkOffsets
from rtpca.data.noise import DetectorNoise, detector_noise
from rtpca.data.recording import Recording
from rtpca.data.store import open_dataset
from rtpca.data.views import at_frame_rate, fixed_cameras, joined_cameras
from rtpca.devices import resolve_device
from rtpca.errors import InputError, RtpcaError
from rtpca.evaluation import EvalConfig, SequenceErrors, evaluate, summarise
from rtpca.evaluation.sequence import sequence_errors
from rtpca.files import written_whole
from rtpca.geometry import Camera, assumed_focal_px
from rtpca.geometry.network_input import middle
from rtpca.inference import Lifter
from rtpca.models import Checkpoint, load_checkpoint
from rtpca.models.lifting import lift_windows, predictor
from rtpca.skeletons import get_skeleton

SEED = 0
BATCH = 64
CLEAN = AugmentConfig.none()


@dataclass(frozen=True)
class Condition:
    """What is done to windows before the network sees them; by default nothing.

    Attributes:
        group: Heading in the table.
        label: Row of the table.
        camera: A random camera for each window instead of one of the four fixed ones.
        change: What is done to body, landmarks and keypoints; its camera is not used.
        gaussian_px: Standard deviation of independent Gaussian noise on top, scores left at 1.
        hidden: Joints that are missing throughout; the row is given over all joints and over the seen ones.
        focal_known: Whether the network is told the focal length, or that which `rtpca lift` assumes.
    """

    group: str
    label: str
    camera: RandomCameraConfig | None = None
    change: AugmentConfig = CLEAN
    gaussian_px: float = 0.0
    hidden: tuple[int, ...] = ()
    focal_known: bool = True


@dataclass(frozen=True)
class ClipCondition:
    """A clip as a user's, through the lifter.

    Attributes:
        label: Row of the table.
        fps: Frame rate of the clip.
        noise: Errors of its keypoints.
        repair: Whether the lifter puts exchanged sides right and drops jumps.
    """

    label: str
    fps: float
    noise: DetectorNoise = field(default_factory=DetectorNoise.none)
    repair: bool = True


# As somebody films with a phone: from a little above the hips, a usual lens, the person filling the picture.
USUAL = RandomCameraConfig(
    steep_share=1.0,
    elevation_range_deg=(8.0, 8.0),
    distance_range_m=(4.0, 4.0),
    focal_range_mm=(35.0, 35.0),
    framing_range=(0.9, 0.9),
    roll_std_deg=0.0,
    principal_std=0.0,
    sizes_wh=((1920, 1080),),
)
NOISY = DetectorNoise(clean_share=0.0)
EXCHANGED = replace(
    NOISY,
    sigma_range=(0.0, 0.0),
    score_jitter=0.0,
    spike_rate=0.0,
    drop_share=0.0,
    outside_drop_share=0.0,
    swap_share=1.0,
    swap_steady_share=1.0,
    swap_kinds=(1.0, 0.0, 0.0),
    swap_frames=(10, 10),
)


# The whole window may be larger than the picture; no joint comes nearer than 1 m.
NEAR = replace(USUAL, distance_range_m=(2.0, 2.0), focal_range_mm=(24.0, 24.0), framing_range=(9.0, 9.0))


def _elevation(degrees: float) -> RandomCameraConfig:
    return replace(USUAL, elevation_range_deg=(degrees, degrees))


def _lens(focal_mm: float) -> RandomCameraConfig:
    """The photographer steps back until the person fits."""
    return replace(USUAL, focal_range_mm=(focal_mm, focal_mm), distance_range_m=(1.0, 1.0))


# h36m17
BELOW_HIPS, ANKLES, RIGHT_ARM = (2, 3, 5, 6), (3, 6), (15, 16)
CONDITIONS = (
    Condition("noise", "clean, the windows of the rows below"),
    Condition("noise", "Gaussian, 5 px", gaussian_px=5.0),
    Condition("noise", "detector-like", change=replace(CLEAN, noise=NOISY)),
    Condition("noise", "legs exchanged for up to 10 frames", change=replace(CLEAN, noise=EXCHANGED)),
    Condition("persons", "other bodies", change=replace(CLEAN, body=BodyProportions())),
    Condition("persons", "other landmarks", change=replace(CLEAN, landmarks=LandmarkOffsets(share=1.0))),
    Condition("cameras", "usual: 8° down, 35 mm, 4 m", USUAL),
    Condition("cameras", "20° up", _elevation(-20)),
    Condition("cameras", "level", _elevation(0)),
    Condition("cameras", "20° down", _elevation(20)),
    Condition("cameras", "45° down", _elevation(45)),
    Condition("cameras", "65° down", _elevation(65)),
    Condition("cameras", "near: 2 m, 24 mm", NEAR),
    Condition("cameras", "portrait picture", replace(USUAL, sizes_wh=((1080, 1920),))),
    Condition("lenses", "24 mm, known", _lens(24)),
    Condition("lenses", "24 mm, assumed 35 mm", _lens(24), focal_known=False),
    Condition("lenses", "28 mm, known", _lens(28)),
    Condition("lenses", "28 mm, assumed 35 mm", _lens(28), focal_known=False),
    Condition("lenses", "50 mm, known", _lens(50)),
    Condition("lenses", "50 mm, assumed 35 mm", _lens(50), focal_known=False),
    Condition("lenses", "85 mm, known", _lens(85)),
    Condition("lenses", "85 mm, assumed 35 mm", _lens(85), focal_known=False),
    Condition("partial bodies", "nothing below the waist", hidden=(0, 1, 4, *BELOW_HIPS)),
    Condition("partial bodies", "nothing below the knees", hidden=ANKLES),
    Condition("partial bodies", "one arm missing", hidden=RIGHT_ARM),
)
CLIP_CONDITIONS = (
    ClipCondition("20 fps", 20.0),
    ClipCondition("24 fps", 24.0),
    ClipCondition("25 fps", 25.0),
    ClipCondition("30 fps", 30.0),
    ClipCondition("50 fps", 50.0),
    ClipCondition("60 fps", 60.0),
    ClipCondition("30 fps, detector-like noise", 30.0, NOISY),
    ClipCondition("30 fps, detector-like noise, no repair", 30.0, NOISY, repair=False),
)


@dataclass(frozen=True)
class Line:
    """One row of one weights file, in millimetres; NaN where nothing was measured."""

    group: str
    label: str
    frames: int
    mpjpe_mm: float
    p_mpjpe_mm: float
    mpjpe_actions_mm: float
    p_mpjpe_actions_mm: float
    acceleration_mm: float
    acceleration_mm_s2: float

    @classmethod
    def of(cls, group: str, label: str, errors: Iterable[SequenceErrors]) -> Line:
        """Averages of the standard protocol."""
        report = summarise(errors)
        every, actions = report.all_frames, report.average
        return cls(
            group,
            label,
            every.frames,
            every.mpjpe_mm,
            every.p_mpjpe_mm,
            actions.mpjpe_mm,
            actions.p_mpjpe_mm,
            every.acceleration_mm,
            every.acceleration_mm_s2,
        )

    def cells(self) -> str:
        """Its cells of the table."""
        return (
            f"{self.frames} | {self.mpjpe_mm:.1f} / {self.p_mpjpe_mm:.1f} | "
            f"{self.mpjpe_actions_mm:.1f} / {self.p_mpjpe_actions_mm:.1f} | {self.acceleration_mm_s2:.0f}"
        )


# Windows


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of sequences at the network's frame rate.

    Attributes:
        recordings: The sequence of each window.
        joints: (W, F, J, 3) world axes, metres.
        counted: (W, P) which predicted frames count.
        index: (W,) the fixed camera of each window, by its number among those of the sequence.
        cameras: The same cameras, batch axis W.
    """

    recordings: list[Recording]
    joints: Tensor
    counted: Tensor
    index: list[int]
    cameras: Camera

    @classmethod
    def cut(cls, recordings: Iterable[Recording], checkpoint: Checkpoint, every: int) -> Windows:
        """Every n-th window of each sequence, cameras taking turns."""
        config = checkpoint.config
        kept: list[Recording] = []
        joints: list[Tensor] = []
        counted: list[Tensor] = []
        index: list[int] = []
        cameras: list[Camera] = []
        for original in recordings:
            recording = at_frame_rate(original, checkpoint.input.fps)
            positions = torch.from_numpy(recording.positions3d)
            shown, owned = cover(len(positions), config.frames, config.out_frames)
            if recording.valid is not None:
                owned = owned & torch.from_numpy(recording.valid)[middle(shown, config.out_frames)]
            fixed = fixed_cameras(recording)
            for window in range(0, len(shown), every):
                camera = len(kept) % fixed.batch_shape[0]
                kept.append(recording)
                joints.append(positions[shown[window]])
                counted.append(owned[window])
                index.append(camera)
                cameras.append(fixed[camera])
        if not kept:
            raise InputError("there is no sequence to measure; check --split and the source after --unseen")
        return cls(
            kept, torch.stack(joints), torch.stack(counted), index, joined_cameras(cameras, torch.stack)
        )


@dataclass(frozen=True, eq=False)
class Lifted:
    """What a network makes of windows.

    Attributes:
        windows: The windows.
        poses: (W, P, J, 3) predicted, root-relative, metres.
        truth: (W, P, J, 3).
    """

    windows: Windows
    poses: Tensor
    truth: Tensor

    def errors(self, joints: Sequence[int] | None = None) -> Iterator[SequenceErrors]:
        """Errors of each window, over these joints or all."""
        poses, truth = (
            (self.poses, self.truth)
            if joints is None
            else (
                self.poses[:, :, list(joints)],
                self.truth[:, :, list(joints)],
            )
        )
        windows = self.windows
        for number, recording in enumerate(windows.recordings):
            yield sequence_errors(
                recording, windows.index[number], poses[number], truth[number], windows.counted[number]
            )


@torch.inference_mode()
def lift(checkpoint: Checkpoint, windows: Windows, condition: Condition) -> Lifted:
    """Show the windows to the network under a condition."""
    generator = torch.Generator().manual_seed(SEED)
    change, cameras = condition.change, windows.cameras
    if condition.camera is not None:
        change, cameras = replace(change, camera=condition.camera), None
    seen = augment(windows.joints, change, generator, cameras)
    keypoints = gaussian_noise(seen.keypoints_px, condition.gaussian_px, generator)
    scores = seen.scores
    if condition.hidden:
        keypoints[:, :, list(condition.hidden)] = torch.nan
        scores[:, :, list(condition.hidden)] = 0.0
    camera = seen.camera
    principal = camera.principal_px
    focal = camera.focal_px if condition.focal_known else assumed_focal_px(camera.size_wh)
    device = next(checkpoint.model.parameters()).device
    poses = [
        lift_windows(
            predictor(checkpoint.model),
            checkpoint.input,
            keypoints[batch].to(device),
            scores[batch].to(device),
            with_scores=checkpoint.config.in_channels == 3,
            size_wh=camera.size_wh[batch].to(device),
            focal_px=focal[batch].to(device),
            principal_px=principal[batch].to(device),
        )[0].cpu()
        for batch in torch.arange(len(keypoints)).split(BATCH)
    ]
    truth = middle(seen.poses3d, checkpoint.config.out_frames)
    return Lifted(windows, torch.cat(poses).double(), truth.double())


def condition_lines(checkpoint: Checkpoint, windows: Windows, condition: Condition) -> Iterator[Line]:
    """The row of a condition; two where joints are hidden."""
    lifted = lift(checkpoint, windows, condition)
    if not condition.hidden:
        yield Line.of(condition.group, condition.label, lifted.errors())
        return
    seen = [joint for joint in range(lifted.truth.shape[2]) if joint not in condition.hidden]
    yield Line.of(condition.group, f"{condition.label}, seen joints", lifted.errors(seen))
    yield Line.of(condition.group, f"{condition.label}, all joints", lifted.errors())


# Clips through the lifter


def clip_errors(
    checkpoint: Checkpoint, recordings: Sequence[Recording], condition: ClipCondition, seconds: float
) -> Iterator[SequenceErrors]:
    """Errors of the middle of every sequence, cameras taking turns, lifted as a user's clip."""
    device = next(checkpoint.model.parameters()).device.type
    lifter = Lifter(checkpoint, "cuda" if device == "cuda" else "cpu", repair=condition.repair)
    generator = torch.Generator().manual_seed(SEED)
    for number, original in enumerate(recordings):
        recording = at_frame_rate(original, condition.fps)
        fixed = fixed_cameras(original)
        index = number % fixed.batch_shape[0]
        camera = fixed[index]
        frames = max(1, round(seconds * condition.fps))
        first = max(0, (recording.num_frames - frames) // 2)
        part = slice(first, first + frames)
        joints_cam = camera.world_to_camera(torch.from_numpy(recording.positions3d[part]))
        found, scores = detector_noise(
            camera.project(joints_cam)[None], condition.noise, generator, camera.size_wh[None]
        )
        width, height = (int(side) for side in camera.size_wh)
        focal_x, focal_y = camera.focal_px.tolist()
        result = lifter(
            found[0].numpy(), (width, height), condition.fps, "h36m17", scores[0].numpy(), (focal_x, focal_y)
        )
        truth = joints_cam - joints_cam[:, :1]
        counted = None if recording.valid is None else torch.from_numpy(recording.valid[part])
        yield sequence_errors(
            recording, index, torch.from_numpy(result.poses3d).double(), truth.double(), counted
        )


# What the clean error is made of


@dataclass(frozen=True)
class Parts:
    """What an error is made of.

    Attributes:
        label: Which sequences.
        frames: Frames behind it.
        mpjpe_mm: Mean per joint position error.
        n_mpjpe_mm: After scaling.
        p_mpjpe_mm: After scaling, turning and shifting.
        size_percent: How much too large the body is predicted on average: mean over frames of the sum of
            bone lengths against the true sum.
        size_off_percent: Mean absolute difference of it.
        bones_mm: How much too long each bone is predicted.
    """

    label: str
    frames: int
    mpjpe_mm: float
    n_mpjpe_mm: float
    p_mpjpe_mm: float
    size_percent: float
    size_off_percent: float
    bones_mm: dict[str, float]


def error_parts(label: str, skeleton: str, poses: Tensor, truth: Tensor) -> Parts:
    """Take the error of frames (N, J, 3) apart."""
    kind = get_skeleton(skeleton)
    predicted, true = (
        metrics.bone_lengths(positions, kind.bones) for positions in (poses, truth)
    )  # (N, bones)
    size = 100 * (predicted.sum(-1) / true.sum(-1) - 1)
    longer_mm = 1000 * (predicted - true).mean(0)
    by_name: dict[str, list[float]] = {}
    for (parent, child), value in zip(kind.bones, longer_mm.tolist(), strict=True):
        names = (kind.joints[joint].removeprefix("left_").removeprefix("right_") for joint in (parent, child))
        by_name.setdefault("-".join(names), []).append(value)
    return Parts(
        label,
        len(poses),
        float(1000 * metrics.mpjpe(poses, truth).mean()),
        float(1000 * metrics.n_mpjpe(poses, truth).mean()),
        float(1000 * metrics.p_mpjpe(poses, truth).mean()),
        float(size.mean()),
        float(size.abs().mean()),
        {name: sum(values) / len(values) for name, values in by_name.items()},
    )


def clean_parts(checkpoint: Checkpoint, windows: Windows) -> list[Parts]:
    """Of all windows, and of each source."""
    lifted = lift(checkpoint, windows, Condition("", ""))
    sources = [recording.source for recording in windows.recordings]
    chosen = {"all": torch.ones(len(sources), dtype=torch.bool)}
    chosen |= {name: torch.tensor([source == name for source in sources]) for name in sorted(set(sources))}
    found: list[Parts] = []
    for label, rows in chosen.items():
        counted = windows.counted[rows]
        poses, truth = lifted.poses[rows][counted], lifted.truth[rows][counted]
        found.append(error_parts(label, checkpoint.input.skeleton, poses, truth))
    return found


# All of it


@dataclass(frozen=True)
class Measured:
    """Everything about one weights file."""

    weights: str
    lines: list[Line]
    parts: list[Parts]


def measure(
    name: str, recordings: Sequence[Recording], every: int, seconds: float, device: str = "cpu"
) -> Measured:
    """All rows of one weights file."""
    checkpoint = load_checkpoint(name)
    checkpoint.model.to(device).eval()
    full = list(evaluate(checkpoint.model, checkpoint.input, recordings, EvalConfig()))
    lines = [Line.of("fixed cameras", "clean, all windows", full)]
    for source in sorted({errors.source for errors in full}):
        lines.append(Line.of("by source", source, [errors for errors in full if errors.source == source]))
    for action in sorted({errors.action for errors in full}):
        lines.append(Line.of("by action", action, [errors for errors in full if errors.action == action]))
    windows = Windows.cut(recordings, checkpoint, every)
    for condition in CONDITIONS:
        lines += condition_lines(checkpoint, windows, condition)
        _tell(f"{name}: {condition.group}, {condition.label}")
    if checkpoint.config.out_frames == checkpoint.config.frames:  # the lifter takes no others
        for clip in CLIP_CONDITIONS:
            errors = clip_errors(checkpoint, recordings, clip, seconds)
            lines.append(Line.of("through lift", clip.label, errors))
            _tell(f"{name}: through lift, {clip.label}")
    return Measured(name, lines, clean_parts(checkpoint, windows))


def measure_unseen(
    name: str, source: str, recordings: Sequence[Recording], split: str, every: int, device: str = "cpu"
) -> Measured:
    """The rows of weights that were trained without a source, on that source."""
    checkpoint = load_checkpoint(name)
    checkpoint.model.to(device).eval()
    lines: list[Line] = []
    of_split = [recording for recording in recordings if recording.split == split]
    if of_split:
        full = evaluate(checkpoint.model, checkpoint.input, of_split, EvalConfig())
        lines.append(Line.of("by source", source, full))
    windows = Windows.cut(recordings, checkpoint, every)
    lines.append(
        Line.of(
            "unseen source", f"{source}, all splits", lift(checkpoint, windows, Condition("", "")).errors()
        )
    )
    return Measured(f"{name} (without {source})", lines, clean_parts(checkpoint, windows)[:1])


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# Output


def print_lines(measured: Sequence[Measured]) -> None:
    """Rows are conditions, columns are weights."""
    columns = ("frames", "all frames", "mean of actions", "accel")
    titles = (f"{one.weights}: {' | '.join(columns)}" for one in measured)
    print(f"| | {' | '.join(titles)} |")
    print("|---|" + "---|" * len(columns) * len(measured))
    by_row = [{(line.group, line.label): line for line in one.lines} for one in measured]
    groups: dict[str, dict[str, None]] = {}
    for group, label in (row for lines in by_row for row in lines):
        groups.setdefault(group, {})[label] = None
    for group, labels in groups.items():
        print(f"| **{group}** |" + " |" * len(columns) * len(measured))
        for label in labels:
            found = (lines.get((group, label)) for lines in by_row)
            cells = (" | | | " if line is None else line.cells() for line in found)
            print(f"| {label} | {' | '.join(cells)} |")


def print_parts(measured: Sequence[Measured]) -> None:
    """What the clean error is made of."""
    bones = list(measured[0].parts[0].bones_mm)
    titles = ("weights, sequences", "frames", "MPJPE", "N-MPJPE", "P-MPJPE", "size", "size, absolute", *bones)
    print(f"| {' | '.join(titles)} |")
    print("|" + "---|" * len(titles))
    for one in measured:
        for parts in one.parts:
            cells = [f"{one.weights}, {parts.label}", f"{parts.frames}"]
            cells += [f"{value:.1f}" for value in (parts.mpjpe_mm, parts.n_mpjpe_mm, parts.p_mpjpe_mm)]
            cells += [f"{parts.size_percent:+.1f} %", f"{parts.size_off_percent:.1f} %"]
            cells += [f"{parts.bones_mm[bone]:+.0f}" for bone in bones]
            print(f"| {' | '.join(cells)} |")


def plain(measured: Measured) -> dict[str, Any]:
    """Values for JSON; None for what is not measured."""

    def known(values: dict[str, Any]) -> dict[str, Any]:
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}

    return {
        "weights": measured.weights,
        "rows": [known(asdict(line)) for line in measured.lines],
        "parts": [known(asdict(parts)) for parts in measured.parts],
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="prepared motion capture (.h5)")
    parser.add_argument("--weights", action="append", default=[], metavar="NAME|PATH", help="repeatable")
    parser.add_argument("--unseen", action="append", default=[], metavar="WEIGHTS:SOURCE", help="repeatable")
    parser.add_argument("--split", default="test")
    parser.add_argument("--every", type=int, default=5, help="take every n-th window")
    parser.add_argument(
        "--seconds", type=float, default=2.0, help="of each clip that goes through the lifter"
    )
    parser.add_argument("--sequences-limit", type=int, metavar="N", help="N sequences, spread over the split")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the numbers here")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    arguments = parser.parse_args(argv)
    try:
        run(arguments)
    except RtpcaError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


def run(arguments: argparse.Namespace) -> None:
    """Measure what the command line asks for."""
    unseen = [pair.rpartition(":")[::2] for pair in arguments.unseen]
    if not (arguments.weights or unseen) or not all(weights and source for weights, source in unseen):
        raise InputError("give --weights NAME, or --unseen WEIGHTS:SOURCE with both parts")
    if arguments.every < 1 or not arguments.seconds > 0 or (arguments.sequences_limit or 1) < 1:
        raise InputError("--every, --seconds and --sequences-limit must be above 0")
    device = resolve_device(arguments.device)
    measured: list[Measured] = []
    with open_dataset(arguments.data) as dataset:
        if dataset.skeleton.name != "h36m17":
            raise InputError(f"{arguments.data} holds {dataset.skeleton.name}; this needs h36m17")

        def some(names: Sequence[str]) -> list[Recording]:
            count = min(arguments.sequences_limit or len(names), len(names))
            return [dataset.read(names[round(k * len(names) / count)]) for k in range(count)]

        names = dataset.names(arguments.split)
        if not names:
            found = ", ".join(f"{name} ({count})" for name, count in dataset.splits().items())
            raise InputError(f"{arguments.data} has no split {arguments.split!r}; there are {found}")
        if arguments.weights:
            recordings = some(names)
            for weights in arguments.weights:
                measured.append(measure(weights, recordings, arguments.every, arguments.seconds, device))
        for weights, source in unseen:
            recordings = some([name for name in dataset.names() if dataset.info(name).source == source])
            measured.append(
                measure_unseen(weights, source, recordings, arguments.split, arguments.every, device)
            )
    fixed = ", ".join(f"{one.lines[0].frames} ({one.weights})" for one in measured)
    about = (
        f"{arguments.data.name}, split {arguments.split}; MPJPE / P-MPJPE in mm, acceleration error in "
        f"mm/s²; frames of the first row: {fixed}; other rows: one window of {arguments.every}, "
        f"{arguments.seconds:g} s of each clip through lift, seed {SEED}"
    )
    print(f"{about}\n")
    print_lines(measured)
    print()
    print_parts(measured)
    if arguments.json is not None:
        with written_whole(arguments.json) as partial:
            content = {"about": about, "measured": [plain(one) for one in measured]}
            partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
