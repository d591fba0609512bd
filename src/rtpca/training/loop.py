"""The training loop: one step after another, on any device that Lightning Fabric knows, resumable exactly.

A run folder holds `config.yaml`, `state.pt` (the state after the last save), `curves.csv`, `curves.png`,
`tensorboard/` and `weights.safetensors` (the weights that are evaluated).
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import torch
import yaml
from lightning.fabric import Fabric
from torch import Tensor

from rtpca.data.store import Dataset, open_dataset
from rtpca.errors import ConfigError, InputError, TrainingError
from rtpca.evaluation import EvalConfig, evaluate, summarise
from rtpca.files import written_whole
from rtpca.models import LiftingNetwork, build, load_checkpoint, save_checkpoint
from rtpca.training.batches import BatchSource
from rtpca.training.config import TrainConfig, from_dict
from rtpca.training.curves import Curves, draw_curves
from rtpca.training.losses import PoseLoss
from rtpca.training.optim import WeightAverage, build_optimizers, schedule_factor
from rtpca.training.state import TrainState, load_state, save_state


@dataclass(frozen=True)
class Progress:
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
        finished: Whether all steps are done; else `--resume` goes on.
        weights: The weights file.
    """

    step: int
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
    report: Callable[[Progress], None] = lambda progress: None,
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

    Returns:
        How far it came, and where the weights are.

    Raises:
        TrainingError: If the data or the weights do not fit the model, the folder holds another run, or the
            loss is not finite.
        InputError: If the data cannot be read, or there is no such device.
    """
    _check_devices(accelerator, devices)
    folder = Path(out)
    bf16_matmul = config.precision == "32-bf16-matmul"
    # Fabric does not export the type of its own precision names.
    precision = cast(Any, "32-true" if bf16_matmul else config.precision)
    fabric = Fabric(accelerator=accelerator, devices=devices, precision=precision)
    fabric.launch()
    with open_dataset(data) as dataset, _matmul_precision("medium" if bf16_matmul else "highest"):
        batches = BatchSource(dataset, config, fabric.device, fabric.global_rank)
        run = _Run(fabric, config, folder, dataset, resume, weights)
        with _stop_signals() as stopped:
            return run.go(batches, report, lambda seconds: stopped.is_set() or seconds > max_time_s)


class _Run:
    """Everything that lives from the first step to the last."""

    def __init__(
        self,
        fabric: Fabric,
        config: TrainConfig,
        folder: Path,
        dataset: Dataset,
        resume: bool,
        weights: str | Path | None,
    ) -> None:
        self.fabric, self.config, self.folder, self.dataset = fabric, config, folder, dataset
        torch.manual_seed(config.seed)
        self.model = build(config.model) if weights is None else _loaded(weights, config)
        # Compiled in place, so that the keys of the state dict stay the same.
        if config.compile:
            self.model.compile()
        self.network, *self.optimizers = fabric.setup(self.model, *build_optimizers(self.model, config.optim))
        self.average = WeightAverage(self.model, config.optim.ema) if config.optim.ema else None
        self.loss = PoseLoss(config.loss, config.input.skeleton, fabric.device)
        self.step, self.seconds = 0, 0.0
        self.saved_step: int | None = None
        if resume:
            self._load()
        elif (folder / "state.pt").exists():
            raise TrainingError(
                f"{folder} already holds a run; add --resume to go on, or choose another folder"
            )
        if fabric.global_rank == 0:
            _prepare_folder(folder, config)

    def go(
        self, batches: BatchSource, report: Callable[[Progress], None], stop: Callable[[float], bool]
    ) -> TrainResult:
        config = self.config
        began = time.monotonic() - self.seconds
        here = time.monotonic()
        losses: list[Tensor] = []
        counted, counted_at = self.step, time.monotonic()
        first = self.fabric.is_global_zero  # the one of several processes that writes
        with Curves(self.folder, self.step) if first else nullcontext() as curves:
            while self.step < config.steps:
                terms = self._train_step(batches)
                losses.append(terms)
                self.step += 1
                last = self.step == config.steps
                halt = self.fabric.broadcast(stop(time.monotonic() - here))
                check = last or self.step % config.val_every == 0
                if last or halt or check or self.step % config.log_every == 0:
                    row = self._row(torch.stack(losses).mean(0), began)
                    now = time.monotonic()
                    rate = (self.step - counted) * self._frames_per_step() / max(now - counted_at, 1e-9)
                    row["frames_per_second"] = rate
                    if check:
                        row |= self._validate()
                    losses, counted, counted_at = [], self.step, time.monotonic()
                    if curves is not None:
                        curves.add(row)
                        report(Progress(self.step, config.steps, rate, row))
                if last or halt or self.step % config.checkpoint_every == 0:
                    self.seconds = time.monotonic() - began
                    self._save()
                if halt:
                    break
        weights = self._save_weights()
        if self.fabric.global_rank == 0:
            draw_curves(self.folder)
        return TrainResult(self.step, self.step == config.steps, weights)

    def _train_step(self, batches: BatchSource) -> Tensor:
        """One update; the loss and its terms, (1 + terms,)."""
        config = self.config
        factor = schedule_factor(config.optim, self.step, config.steps)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["full_lr"] * factor
        batch = batches(self.step)
        loss, terms = self.loss(self.network(batch.features).float(), batch.target)
        self.fabric.backward(loss)
        if config.optim.clip_norm:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.optim.clip_norm)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        if self.average is not None:
            self.average.update(self.model, self.step)
        self.term_names = tuple(terms)
        return torch.stack((loss.detach(), *terms.values()))

    def _row(self, losses: Tensor, began: float) -> dict[str, float]:
        mean = losses.tolist()
        if not math.isfinite(mean[0]):
            raise self._diverged("the loss is")
        return {
            "step": self.step,
            "seconds": time.monotonic() - began,
            "frames": self.step * self._frames_per_step(),
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

    def _frames_per_step(self) -> int:
        return self.config.batch * self.config.model.frames * self.fabric.world_size

    def _evaluated_model(self) -> LiftingNetwork:
        """The weights that count: the running mean if there is one."""
        if self.average is None:
            return self.model
        model = build(self.config.model).to(self.fabric.device)
        model.load_state_dict(self.average.values)
        return model

    def _validate(self) -> dict[str, float]:
        """Errors on the validation split with clean 2D, one camera per clip in turn."""
        try:
            recordings = list(self.dataset.iterate(self.config.data.val_split))
            if not recordings:
                return {}
            model = self._evaluated_model().eval()
            errors = evaluate(model, self.config.input, recordings, EvalConfig(all_cameras=False))
            report = summarise(errors).all_frames
        finally:
            self.model.train()
        return {"val_mpjpe_mm": report.mpjpe_mm, "val_p_mpjpe_mm": report.p_mpjpe_mm}

    def _save(self) -> None:
        finite = torch.stack([parameter.isfinite().all() for parameter in self.model.parameters()])
        if not finite.all():
            raise self._diverged("the weights are")
        self.saved_step = self.step
        if self.fabric.global_rank == 0:
            state = TrainState(
                self.step,
                self.model.state_dict(),
                {} if self.average is None else self.average.values,
                [optimizer.state_dict() for optimizer in self.optimizers],
                self.seconds,
                self.config.to_dict(),
                self._seen(),
            )
            save_state(self.folder / "state.pt", state)

    def _load(self) -> None:
        state = load_state(self.folder / "state.pt", self.fabric.device)
        changed = _changed(state.config, self.config, state.step)
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
            self.average.load(state.ema)
        self.step, self.seconds, self.saved_step = state.step, state.seconds, state.step

    def _seen(self) -> dict[str, int]:
        infos = [self.dataset.info(name) for name in self.dataset.names(self.config.data.train_split)]
        frames = sum(info.num_frames for info in infos)
        return {"sequences": len(infos), "frames": frames, "processes": self.fabric.world_size}

    def _save_weights(self) -> Path:
        path = self.folder / "weights.safetensors"
        if self.fabric.global_rank == 0:
            about = {
                "recipe": self.config.to_dict(),
                "steps": self.step,
                "frames": self.step * self._frames_per_step(),
                "data": [attribution.to_dict() for attribution in self.dataset.attributions],
            }
            save_checkpoint(path, self._evaluated_model(), self.config.input, about)
        return path


# What may differ between the parts of one run: what no result depends on, and the remedies of a run that
# diverged.
_FREE_TO_CHANGE = {
    "log_every",
    "checkpoint_every",
    "compile",
    "val_every",
    "optim.lr",
    "optim.muon_lr",
    "optim.clip_norm",
}


def _changed(old: dict[str, Any], config: TrainConfig, step: int) -> list[str]:
    """Names of the options that a resumed run may not change."""
    # Through the configuration: an option younger than the run had its default.
    before, now = _flat(from_dict(old).to_dict()), _flat(config.to_dict())
    free = set(_FREE_TO_CHANGE)
    begin_cooldown = min(
        before["steps"] - before["optim.cooldown_steps"], config.steps - config.optim.cooldown_steps
    )
    if config.optim.schedule == "stable" and step <= begin_cooldown:
        free |= {"steps", "optim.cooldown_steps"}  # the steps so far had the same learning rate under both
    if before["model.arch"] != now["model.arch"]:
        return ["model.arch"]
    return [key for key in now if key not in free and before[key] != now[key]]


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested values under dotted names, as `--set` takes them."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def _check_devices(accelerator: str, devices: int) -> None:
    if devices < 1:
        raise ConfigError(f"{devices} devices: at least 1 is needed")
    found = torch.cuda.device_count()
    if accelerator == "cuda" and devices > found:
        raise InputError(
            f"{devices} CUDA devices are asked for, this machine has {found}; use the CPU or fewer"
        )


def _loaded(weights: str | Path, config: TrainConfig) -> LiftingNetwork:
    """The model of a checkpoint, in training mode.

    Raises:
        TrainingError: If it is not of the recipe's sizes, options and input.
    """
    checkpoint = load_checkpoint(weights)
    new, old = config.to_dict(), {"model": checkpoint.config.to_dict(), "input": asdict(checkpoint.input)}
    # How weights were initialised and regularised does not bind the next training.
    free = ("init", "dropout", "drop_path")
    changed = [
        f"{group}.{key}"
        for group, values in old.items()
        for key in values
        if key not in free and key in new[group] and new[group][key] != values[key]
    ]
    if changed:
        raise TrainingError(
            f"{weights} has other values of {', '.join(changed)} than the recipe; give the recipe its "
            "values, or choose other weights"
        )
    model = build(config.model)
    model.load_state_dict(checkpoint.model.state_dict())
    return model


def _prepare_folder(folder: Path, config: TrainConfig) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: the run folder cannot be made ({error.strerror})") from error
    with written_whole(folder / "config.yaml") as partial:
        partial.write_text(yaml.safe_dump(config.to_dict(), sort_keys=False), encoding="utf-8")


@contextmanager
def _matmul_precision(wanted: str) -> Generator[None]:
    """PyTorch's precision of float32 products, which is one for the whole process, and back."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(wanted)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


@contextmanager
def _stop_signals() -> Generator[threading.Event]:
    """Turns the first Ctrl-C or termination into a stop after the current step; the second is immediate."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return

    def stop(number: int, frame: object) -> None:
        stopped.set()
        for signum, handler in previous.items():
            signal.signal(signum, handler)

    previous = {signum: signal.signal(signum, stop) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)
