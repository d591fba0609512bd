"""What each quirk of the authors' evaluation does to the numbers, one at a time.

    python benchmarks/protocols.py [--weights rtpca-s] [--data mocap.h5] [--split test] [--every 1]

Prints, for trained weights on a prepared file (generated motion without `--data`), the averages of the
standard protocol, the same with one quirk each, and the authors' protocol with all of them.

    python benchmarks/protocols.py --training [--seeds 3]

Trains a small model on chunks of generated motion and prints what is reported for the same runs when the
last weights are taken, the best on the validation split, or the best on the test split; and runs with the
authors' scaled gradient and their joint weights beside them.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from rtpca.cli.console import run_script
from rtpca.data.recording import Recording
from rtpca.data.store import Dataset, open_dataset, write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.evaluation import EvalConfig, Protocol, SequenceErrors, evaluate, predictions, summarise
from rtpca.evaluation.protocols import AUTHORS, P_STMO, STANDARD
from rtpca.evaluation.sequence import sequence_errors
from rtpca.models import build_model, load_checkpoint
from rtpca.models.checkpoint import Checkpoint
from rtpca.training import TrainConfig, load_config
from rtpca.training.batches import Batches
from rtpca.training.losses import PoseLoss
from rtpca.training.optim import build_optimizers, schedule_factor
from rtpca.training.selection import validate

GENERATED = (50, 110, 200, 330)
"""Frames of generated clips at 50 fps: at the 20 of `rtpca-s` one is shorter than its window of 27."""

SMALL = (
    "model.frames=27",
    "model.dim=32",
    "model.depth=2",
    "model.heads=4",
    "model.drop_path=0",
    "data.windows=chunks",
    "data.cameras=fixed",
    "data.val_cameras=all",
    "augment={flip_probability: 0.5, body: none, landmarks: none, noise: none}",
    "optim.lr=1e-3",
    "optim.decay_every=epoch",
    "batch=16",
)


def main() -> None:
    """Measure and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--weights", default="rtpca-s")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--every", type=int, default=1, help="take every n-th sequence only")
    parser.add_argument("--training", action="store_true")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=30)
    arguments = parser.parse_args()
    if arguments.training:
        measure_training(arguments.seeds, arguments.epochs)
        return
    if arguments.data is None:
        clips = (r for frames in GENERATED for r in synthetic_recordings(frames, seed=frames))
        recordings = [recording for recording in clips if recording.split == arguments.split]
    else:
        with open_dataset(arguments.data) as dataset:
            recordings = list(dataset.iterate(arguments.split))
    measure_evaluation(load_checkpoint(arguments.weights), recordings[:: arguments.every])


# Evaluation


def measure_evaluation(checkpoint: Checkpoint, recordings: Sequence[Recording]) -> None:
    """A row for each quirk."""
    model, spec = checkpoint.model, checkpoint.input

    def errors(protocol: Protocol) -> list[SequenceErrors]:
        return list(evaluate(model, spec, recordings, EvalConfig(protocol=protocol)))

    plain = errors(STANDARD)
    standard = summarise(plain)
    chunks = list(chunk_predictions(checkpoint, recordings))
    rows = {
        "standard": standard,
        "mirror averaging always": summarise(errors(replace(STANDARD, flip=True))),
        "root as predicted": summarise(errors(replace(STANDARD, root="predicted"))),
        "root alone set to zero (P-STMO)": summarise(errors(P_STMO)),
        "frames of the last chunk twice": summarise(part.errors(twice=True) for part in chunks),
        "the same, velocity across the jump": summarise(
            part.errors(twice=True, jumps=True) for part in chunks
        ),
        "repetitions that fill short clips": summarise(part.errors(padding=True) for part in chunks),
        "weighted by video": summarise(plain, replace(STANDARD, weighting="videos")),
        "authors: all of them": summarise(errors(AUTHORS), AUTHORS),
    }
    print(f"{len(recordings)} sequences, {standard.all_frames.frames} frames; mean over actions, mm")
    print("| | frames | MPJPE | P-MPJPE | N-MPJPE | MPJVE |")
    print("|---|---|---|---|---|---|")
    for label, report in rows.items():
        names = ("mpjpe_mm", "p_mpjpe_mm", "n_mpjpe_mm", "mpjve_mm")
        cells = [getattr(report.average, name) for name in names]
        if label != "standard":
            base = [getattr(standard.average, name) for name in names]
            changes = [round(cell - at, 2) + 0.0 for cell, at in zip(cells, base, strict=True)]  # no -0.00
            texts = [f"{cell:.2f} ({change:+.2f})" for cell, change in zip(cells, changes, strict=True)]
        else:
            texts = [f"{cell:.2f}" for cell in cells]
        print(f"| {label} | {report.all_frames.frames} | {' | '.join(texts)} |")


@dataclass(frozen=True, eq=False)
class ChunkPrediction:
    """What the authors' chunks of one video predict.

    Attributes:
        recording: The sequence.
        camera: Index of the camera.
        index: (W, F) frames of the chunks.
        poses: (W * F, J, 3) root-relative.
        truth: (W * F, J, 3) root-relative.
    """

    recording: Recording
    camera: int
    index: Tensor
    poses: Tensor
    truth: Tensor

    def errors(self, twice: bool = False, padding: bool = False, jumps: bool = False) -> SequenceErrors:
        """Errors with some of the authors' quirks only; without any, those of the standard.

        Args:
            twice: Whether the frames that the last chunk shares with the one before count again.
            padding: Whether the repetitions in a clip shorter than a chunk count.
            jumps: Whether velocity is taken across the step back into the last chunk.
        """
        kept = torch.ones_like(self.index, dtype=torch.bool)
        if not twice and len(self.index) > 1:
            kept[-1] = self.index[-1] > self.index[-2, -1]
        if not padding and len(self.index) == 1:
            kept[0, 1:] = self.index[0].diff() > 0
        shown, kept = self.index.flatten(), kept.flatten()
        shown, poses, truth = shown[kept], self.poses[kept], self.truth[kept]
        counted = torch.ones(len(shown), dtype=torch.bool)
        back = torch.nonzero(shown.diff() < 0).flatten()
        if not jumps and len(back):
            at = int(back[0]) + 1  # a frame that does not count, so that no velocity is taken across it
            poses, truth, counted = (
                torch.cat((part[:at], torch.zeros_like(part[:1]), part[at:]))
                for part in (poses, truth, counted)
            )
        return sequence_errors(self.recording, self.camera, poses, truth, counted)


def chunk_predictions(checkpoint: Checkpoint, recordings: Sequence[Recording]) -> Iterator[ChunkPrediction]:
    """The chunks of every sequence and camera."""
    config = EvalConfig(protocol=replace(STANDARD, windows="chunks"), keypoints="projected")
    for one in predictions(checkpoint.model, checkpoint.input, recordings, config):
        index = one.frames.unflatten(0, (-1, checkpoint.config.frames))
        yield ChunkPrediction(one.recording, one.camera, index, one.poses_m.double(), one.truth_m.double())


# Training


def measure_training(seeds: int, epochs: int) -> None:
    """Which weights are reported, and two quirks of the loss."""
    runs = {
        "plain": [],
        "gradient scaled by the loss": ["loss.scaled_by_value=true"],
        "the authors' joint weights": ["loss.joint_weights=authors"],
    }
    print(f"MPJPE on the test split, mm, mean of {seeds} seeds (lowest to highest), {epochs} epochs")
    print("| run | last weights | best on val | best on test |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "generated.h5"
        write_dataset(path, synthetic_recordings())
        with open_dataset(path) as dataset:
            for label, options in runs.items():
                cells: dict[str, list[float]] = {"last": [], "val": [], "test": []}
                for seed in range(seeds):
                    config = load_config(None, [*SMALL, f"seed={seed}", f"epochs={epochs}", *options])
                    val, test = zip(*errors_by_epoch(dataset, config), strict=True)
                    cells["last"].append(test[-1])
                    cells["val"].append(test[val.index(min(val))])
                    cells["test"].append(min(test))
                texts = [f"{statistics.mean(c):.1f} ({min(c):.1f} to {max(c):.1f})" for c in cells.values()]
                print(f"| {label} | {' | '.join(texts)} |", flush=True)


def errors_by_epoch(dataset: Dataset, config: TrainConfig) -> Iterator[tuple[float, float]]:
    """MPJPE after every epoch of a run, on the validation and on the test split."""
    batches = Batches(dataset, config, torch.device("cpu"))
    torch.manual_seed(config.seed)
    model = build_model("rtpca", **config.model.to_dict())
    (optimizer,) = build_optimizers(model, config.optim)
    loss = PoseLoss(config.loss, config.input.skeleton, "cpu")
    steps = batches.epoch_steps
    for step in range(config.epochs * steps):
        for group in optimizer.param_groups:
            group["lr"] = group["full_lr"] * schedule_factor(config.optim, step, 0, steps)
        batch = batches(step)
        total, _ = loss(model(batch.features), batch.target)
        loss.objective(total).backward()
        optimizer.step()
        optimizer.zero_grad()
        if (step + 1) % steps == 0:
            on = (replace(config, data=replace(config.data, val_split=split)) for split in ("val", "test"))
            yield tuple(validate(model, where, dataset)["val_mpjpe_mm"] for where in on)
            model.train()


if __name__ == "__main__":
    run_script(main)
