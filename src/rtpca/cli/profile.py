"""`rtpca profile`: parameters, multiply-accumulates, latency and throughput of a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtpca.cli.console import out, print_line
from rtpca.cli.json_file import JsonFile, check_json_file, print_or_write
from rtpca.cli.key_values import key_values
from rtpca.cli.options import Device
from rtpca.cli.progress import progress_bar

if TYPE_CHECKING:
    from rich.table import Table

    from rtpca.models import ModelConfig

_DEFAULT = (
    *("ste", "ste+tpca", "ste+xlr", "rtpca", "videopose3d", "poseformer", "mhformer"),
    *("motionagformer-xs", "motionagformer-s", "motionagformer-b", "motionagformer-l"),
    *("dstformer-lite", "dstformer", "tcpformer", "poseformerv2", "hot-mixste", "hot-rtpca"),
)
# Table 4 of the paper: parameters in millions, "FLOPs" in billions.
_PAPER = {"ste": (33.78, 139.0), "ste+tpca": (33.84, 139.4), "rtpca": (33.91, 139.4)}
_EXPLANATION = (
    "The paper's operations are those of the thop profiler: multiply-accumulates of linear layers and "
    "convolutions plus about 0.4 G for norms and pooling, attention products left out. Its 33.91 M "
    "parameters count eight pyramids that the authors' code creates in the spatial blocks and never runs "
    "(63,408 parameters); cross-layer refinement itself has none."
)


def profile(
    preset: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="rtpca, ste, ste+tpca, ste+xlr, videopose3d, motionagformer-s, ...; repeatable. "
            "[default: all]",
        ),
    ] = None,
    set: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Change an option, e.g. dim=128; repeatable."),
    ] = None,
    latency: Annotated[bool, typer.Option(help="Time the forward pass too.")] = True,
    batch: Annotated[int, typer.Option(min=1, max=65_536, help="Sequences at a time.")] = 1,
    runs: Annotated[int, typer.Option(min=1, max=100_000, help="Timed runs; the median is shown.")] = 5,
    device: Device = "cpu",
    json_file: JsonFile = None,
) -> None:
    """Show what models cost, beside the paper's figures where it has them.

    Operations and time are those of one window; frames per second are predicted frames, so a model that
    predicts one frame of its window earns one. Without --preset, models that the options do not fit are left
    out.
    """
    from rtpca.devices import resolve_device
    from rtpca.models import build
    from rtpca.models.cost import count_operations, count_parameters, measure_in_turn

    check_json_file(json_file)
    place = resolve_device(device)
    options = key_values(set or [])
    configs = _configs(preset, options)
    models: dict[str, dict[str, Any]] = {}
    for name, config in configs.items():
        operations = count_operations(config)
        paper = (None, None) if options else _PAPER.get(name, (None, None))
        models[name] = {
            "parameters_m": count_parameters(config) / 1e6,
            "parameters_m_paper": paper[0],
            "macs_g": operations.without_attention / 1e9,
            "macs_g_paper": paper[1],
            "attention_macs_g": operations.attention / 1e9,
            "pooling_g": operations.pooling / 1e9,
            "other_g": operations.other / 1e9,
            "total_g": operations.total / 1e9,
            "frames": config.frames,
            "out_frames": config.out_frames,
        }
    if latency:
        networks = {name: build(config) for name, config in configs.items()}
        with progress_bar("timing", "rounds") as progress:
            timed = measure_in_turn(networks, batch=batch, rounds=runs, device=place, progress=progress)
        for name, each in timed.items():
            models[name] |= {"pass_ms": 1000 * each.median_s}
            models[name] |= {"frames_per_second": each.predicted_frames_per_second}
    left_out = [name for name in _DEFAULT if name not in configs] if options and not preset else []

    def show() -> None:
        out.print(_table(models, place))
        for sizes in dict.fromkeys(map(_sizes, configs.values())):
            names = [name for name, config in configs.items() if _sizes(config) == sizes]
            print_line(f"{', '.join(names)}: {sizes}")
        if left_out:
            print_line(f"left out, the options do not fit: {', '.join(left_out)}")
        if not options:
            out.print(_EXPLANATION, markup=False)

    values = {"device": place, "batch": batch, "models": models, "left_out": left_out}
    print_or_write(values, json_file, show)


# Title and decimals of each number.
_COLUMNS = {
    "parameters_m": ("params\nM", 2),
    "parameters_m_paper": ("paper\nM", 2),
    "macs_g": ("MACs\nG", 1),
    "macs_g_paper": ("paper\nG", 1),
    "attention_macs_g": ("attn\nG", 1),
    "pooling_g": ("pool\nG", 1),
    "other_g": ("other\nG", 1),
    "total_g": ("total\nG", 1),
    "frames": ("frames\nin", 0),
    "out_frames": ("frames\nout", 0),
    "pass_ms": ("{device}\nms", 0),
    "frames_per_second": ("frames out\nper s", 0),
}


def _table(models: dict[str, dict[str, Any]], device: str) -> Table:
    from rich.table import Table

    table = Table(title="One window")
    table.add_column("model")
    shown = {key: of for key, of in _COLUMNS.items() if any(key in numbers for numbers in models.values())}
    for title, _ in shown.values():
        table.add_column(title.format(device=device), justify="right")
    for name, numbers in models.items():
        table.add_row(name, *(_text(key, numbers[key], decimals) for key, (_, decimals) in shown.items()))
    return table


def _text(key: str, number: float | None, decimals: int) -> str:
    if number is None:
        return "-"
    fine = key.endswith("_g") and 0 < number < 1  # operations of a small network
    return f"{number:.{3 if fine else decimals}f}"


def _configs(preset: list[str] | None, options: dict[str, Any]) -> dict[str, ModelConfig]:
    """Configurations of the named presets; or of the default ones that have the options."""
    from rtpca.errors import ConfigError
    from rtpca.models import model_config

    if preset:
        return {name: model_config(name, **options) for name in preset}
    configs: dict[str, ModelConfig] = {}
    refused: list[ConfigError] = []
    for name in _DEFAULT:
        try:
            configs[name] = model_config(name, **options)
        except ConfigError as error:
            refused.append(error)
    if not configs:
        raise refused[0]
    return configs


def _sizes(config: ModelConfig) -> str:
    return f"{config.frames} frames, {config.describe()}"
