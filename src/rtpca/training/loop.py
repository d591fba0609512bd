"""The training loop: one step after another, on any device that Lightning Fabric knows, resumable exactly.

A run folder holds `config.yaml`, `state.pt` (the state after the last save), `curves.csv`, `curves.png`,
`tensorboard/` and `weights.safetensors` (the weights that are evaluated).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from lightning.fabric import Fabric
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from rtpca.data.store import Dataset, open_dataset
from rtpca.errors import TrainingError
from rtpca.evaluation import EvalConfig, calibrate
from rtpca.models import (
    Checkpoint,
    LiftingNetwork,
    ScaleCalibration,
    build,
    load_checkpoint,
    save_checkpoint,
)
from rtpca.training.batches import Batch, Batches
from rtpca.training.config import TrainConfig
from rtpca.training.curves import Curves, draw_curves
from rtpca.training.environment import (
    check_devices,
    matmul_precision,
    prepare_folder,
    stop_signals,
    taken_precision,
)
from rtpca.training.losses import PoseLoss
from rtpca.training.optim import build_optimizers, resume_mean, running_mean, schedule_factor
from rtpca.training.resume import changed_options
from rtpca.training.selection import Best, check_selection, validate
from rtpca.training.start import check_has_body, freeze_body, recipe_for, start_notes, starting_model
from rtpca.training.state import TrainState, load_state, save_state


@dataclass(frozen=True)
class StepReport:
    """Where a run stands.

    Attributes:
        step: Steps done.
        steps: Steps of the whole run.
        frames_per_second: Frames trained on per second, since the last report.
        row: The latest row of the curves.
    """

    step: int
    steps: int
    frames_per_second: float
    row: dict[str, float]


@dataclass(frozen=True)
class TrainResult:
    """How a run ended.

    Attributes:
        step: Steps done.
        steps: Steps of the whole run.
        finished: Whether all steps are done; else resuming goes on.
        weights: The weights file.
    """

    step: int
    steps: int
    finished: bool
    weights: Path


def train(
    config: TrainConfig,
    data: str | Path,
    out: str | Path,
    *,
    resume: bool = False,
    weights: str | Path | None = None,
    max_time_s: float = math.inf,
    accelerator: str = "auto",
    devices: int = 1,
    report: Callable[[StepReport], None] = lambda report: None,
    note: Callable[[str], None] = lambda text: None,
) -> TrainResult:
    """Train a model.

    Args:
        config: The recipe.
        data: Prepared data file.
        out: Run folder; made if missing.
        resume: Go on from the folder's last saved state.
        weights: Start from these weights, by name or path, instead of random ones.
        max_time_s: Stop cleanly, with everything saved, after this much time.
        accelerator: As Lightning Fabric names them: auto, cpu, cuda.
        devices: How many of them.
        report: Called after each row of the curves.
        note: Called with what people should know of the weights that the run starts from.

    Returns:
        How far it came, and where the weights are.

    Raises:
        TrainingError: If the data or the weights do not fit the model, the folder holds another run, or the
            loss is not finite.
        InputError: If the data cannot be read, or there is no such device.
    """
    check_devices(accelerator, devices)
    folder = Path(out)
    start = None if weights is None else load_checkpoint(weights)
    config = recipe_for(config, start)
    # Which device `auto` stands for, Fabric alone knows.
    device = Fabric(accelerator=accelerator, devices=devices).device
    taken = taken_precision(config.precision, device)
    if config.precision == "auto":
        note(f"precision: {taken}, as `auto` takes it on this {device.type}")
    bf16_matmul = taken == "32-bf16-matmul"
    # Fabric does not export the type of its own precision names.
    precision = cast(Any, "32-true" if bf16_matmul else taken)
    fabric = Fabric(accelerator=accelerator, devices=devices, precision=precision)
    fabric.launch()
    with open_dataset(data) as dataset, matmul_precision("medium" if bf16_matmul else "highest"):
        batches = Batches(dataset, config, fabric.device, fabric.global_rank, fabric.world_size)
        check_selection(config, dataset)
        run = _Run(fabric, config, folder, dataset, batches, resume, start)
        for text in [] if resume else start_notes(config, start):
            note(text)
        with stop_signals() as stopped:
            return run.go(report, lambda seconds: stopped.is_set() or seconds > max_time_s)


class _Run:
    """Everything that lives from the first step to the last."""

    def __init__(
        self,
        fabric: Fabric,
        config: TrainConfig,
        folder: Path,
        dataset: Dataset,
        batches: Batches,
        resume: bool,
        start: Checkpoint | None,
    ) -> None:
        self.fabric, self.config, self.folder = fabric, config, folder
        self.dataset, self.batches = dataset, batches
        self.steps = config.steps or (config.epochs or 0) * batches.epoch_steps
        torch.manual_seed(config.seed)
        self.model = starting_model(config, start)
        if config.optim.train == "uncertainty":
            if not resume:
                check_has_body(config, start)
            freeze_body(self.model)
        self.average: AveragedModel | None = None
        if config.optim.ema:
            self.average = running_mean(self.model, config.optim.ema).to(fabric.device)
        # Compiled in place, so that the keys of the state dict stay the same.
        if config.compile:
            self.model.compile()
        self.network, *self.optimizers = fabric.setup(self.model, *build_optimizers(self.model, config.optim))
        self.network.mark_forward_method("forward_with_scale")
        self.loss = PoseLoss(config.loss, config.input.skeleton, fabric.device)
        self.best = Best()
        self.step, self.seconds = 0, 0.0
        self.saved_step: int | None = None
        if resume:
            self._load()
        elif (folder / "state.pt").exists():
            raise TrainingError(
                f"{folder} already holds a run; set `resume` to go on, or choose another folder"
            )
        if fabric.global_rank == 0:
            prepare_folder(folder, config)
        self._training_mode()

    def _training_mode(self) -> None:
        # A frozen body is what it will be in use: nothing is left out of it by chance.
        self.model.train(self.config.optim.train == "all")

    def go(self, report: Callable[[StepReport], None], stop: Callable[[float], bool]) -> TrainResult:
        config = self.config
        began = time.monotonic() - self.seconds
        here = time.monotonic()
        losses: list[Tensor] = []
        counted, counted_at = self.step, time.monotonic()
        first = self.fabric.is_global_zero  # the one of several processes that writes
        with Curves(self.folder, self.step) if first else nullcontext() as curves:
            while self.step < self.steps:
                terms = self._train_step()
                losses.append(terms)
                self.step += 1
                last = self.step == self.steps
                halt = self.fabric.broadcast(stop(time.monotonic() - here))
                val_every = self.batches.epoch_steps if config.val_every == "epoch" else config.val_every
                check = last or self.step % val_every == 0
                if last or halt or check or self.step % config.log_every == 0:
                    row = self._row(torch.stack(losses).mean(0), began)
                    now = time.monotonic()
                    frames = self.batches.frames_before(self.step) - self.batches.frames_before(counted)
                    rate = frames / max(now - counted_at, 1e-9)
                    row["frames_per_second"] = rate
                    if check:
                        row |= self._validate()
                    losses, counted, counted_at = [], self.step, time.monotonic()
                    if curves is not None:
                        curves.add(row)
                        report(StepReport(self.step, self.steps, rate, row))
                if last or halt or self.step % config.checkpoint_every == 0:
                    self.seconds = time.monotonic() - began
                    self._save()
                if halt:
                    break
        weights = self._save_weights()
        if self.fabric.global_rank == 0:
            draw_curves(self.folder)
        self.fabric.barrier()  # the weights are there for all processes
        return TrainResult(self.step, self.steps, self.step == self.steps, weights)

    def _train_step(self) -> Tensor:
        """One update; the loss and its terms, (1 + terms,)."""
        config = self.config
        factor = schedule_factor(config.optim, self.step, self.steps, self.batches.epoch_steps)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["full_lr"] * factor
        batch = self.batches(self.step)
        loss, terms = self._loss(batch)
        self.fabric.backward(self.loss.objective(loss))
        if config.optim.clip_norm:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.optim.clip_norm)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        if self.average is not None:
            self.average.update_parameters(self.model)
        self.term_names = tuple(terms)
        return torch.stack((loss.detach(), *terms.values()))

    def _loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        if not self.config.model.predicts_scale:
            return self.loss(self.network(batch.features).float(), batch.target)
        poses, scale = self.network.forward_with_scale(
            batch.features, detached=self.config.loss.likelihood_detached
        )
        return self.loss(poses.float(), batch.target, scale.float())

    def _row(self, losses: Tensor, began: float) -> dict[str, float]:
        mean = losses.tolist()
        if not math.isfinite(mean[0]):
            raise self._diverged("the loss is")
        return {
            "step": self.step,
            "seconds": time.monotonic() - began,
            "frames": self.batches.frames_before(self.step),
            "lr": self.optimizers[0].param_groups[0]["lr"],
            "loss": mean[0],
        } | dict(zip((f"loss_{name}" for name in self.term_names), mean[1:], strict=True))

    def _diverged(self, what: str) -> TrainingError:
        """The error of a run whose numbers overflow; the saved state is always one from before."""
        path = self.folder / "state.pt"
        remedy = "a lower optim.lr or with optim.clip_norm=1"
        if self.saved_step is None:
            return TrainingError(
                f"{what} not a number any more by step {self.step}; start again with {remedy}"
            )
        return TrainingError(
            f"{what} not a number any more by step {self.step}; {path} holds the last good state, of step "
            f"{self.saved_step}: resume it with {remedy}"
        )

    def _evaluated_model(self) -> LiftingNetwork:
        """The weights that count: the running mean if there is one."""
        return self.model if self.average is None else cast(LiftingNetwork, self.average.module)

    def _validate(self) -> dict[str, float]:
        """Errors on the validation split; the best weights are remembered."""
        model = self._evaluated_model()
        try:
            errors = validate(model, self.config, self.dataset)
        finally:
            self._training_mode()
        if errors and self.config.select == "best":
            self.best.offer(errors["val_mpjpe_mm"], self.step, model.state_dict())
        return errors

    def _save(self) -> None:
        finite = torch.stack([parameter.isfinite().all() for parameter in self.model.parameters()])
        if not finite.all():
            raise self._diverged("the weights are")
        self.saved_step = self.step
        if self.fabric.global_rank == 0:
            state = TrainState(
                self.step,
                self.model.state_dict(),
                {} if self.average is None else self.average.module.state_dict(),
                [optimizer.state_dict() for optimizer in self.optimizers],
                self.seconds,
                self.config.to_dict(),
                self._seen(),
                self.best.weights,
                self.best.error_mm,
                self.best.step,
            )
            save_state(self.folder / "state.pt", state)

    def _load(self) -> None:
        state = load_state(self.folder / "state.pt", self.fabric.device)
        changed = changed_options(state.config, self.config, state.step)
        if changed:
            raise TrainingError(
                f"{self.folder} was trained with other values of {', '.join(changed)}; resume with the "
                f"recipe in {self.folder / 'config.yaml'}"
            )
        seen = self._seen()
        if state.seen != seen:
            raise TrainingError(
                f"{self.folder} was trained on {state.seen}, not on {seen}; resume with the same data"
            )
        self.model.load_state_dict(state.model)
        for optimizer, values in zip(self.optimizers, state.optimizers, strict=True):
            full_lrs = [group["full_lr"] for group in optimizer.param_groups]
            optimizer.load_state_dict(values)
            for group, full_lr in zip(optimizer.param_groups, full_lrs, strict=True):
                group["full_lr"] = full_lr
        if self.average is not None:
            self.average.module.load_state_dict(state.ema)
            resume_mean(self.average, state.step)
        self.best = Best(state.best_error_mm, state.best_step, state.best)
        self.step, self.seconds, self.saved_step = state.step, state.seconds, state.step

    def _seen(self) -> dict[str, int]:
        infos = [self.dataset.info(name) for name in self.dataset.names(self.config.data.train_split)]
        frames = sum(info.num_frames for info in infos)
        return {"sequences": len(infos), "frames": frames, "processes": self.fabric.world_size}

    def _save_weights(self) -> Path:
        path = self.folder / "weights.safetensors"
        if self.fabric.global_rank == 0:
            model, chosen = self._evaluated_model(), {}
            if self.best.weights:
                model = build(self.config.model)
                model.load_state_dict(self.best.weights)
                chosen = {
                    "chosen_step": self.best.step,
                    "chosen_by": f"lowest MPJPE on the {self.config.data.val_split} split",
                    "chosen_mpjpe_mm": self.best.error_mm,
                }
            about = {
                "recipe": self.config.to_dict(),
                "steps": self.step,
                "frames": self.batches.frames_before(self.step),
                "data": [attribution.to_dict() for attribution in self.dataset.attributions],
                **chosen,
            }
            save_checkpoint(path, model, self.config.input, about, calibration=self._calibration(model))
        return path

    def _calibration(self, model: LiftingNetwork) -> ScaleCalibration | None:
        """What the scales of finished weights mean; None without an uncertainty head."""
        if not model.config.predicts_scale or self.step < self.steps:
            return None
        data = self.config.data
        how = EvalConfig(all_cameras=data.val_cameras == "all", keypoints=data.keypoints)
        recordings = partial(self.dataset.iterate, data.val_split)
        return calibrate(model.eval(), self.config.input, recordings, how)
