"""`rtpca profile`: parameters, multiply-accumulates, latency and throughput of a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtpca.cli.console import out, print_line
from rtpca.cli.progress import progress_bar

if TYPE_CHECKING:
    from rtpca.models import ModelConfig

_DEFAULT = ("ste", "ste+tpca", "ste+xlr", "rtpca", "videopose3d", "poseformer", "mhformer")
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
            metavar="NAME", help="rtpca, ste, ste+tpca, ste+xlr, videopose3d, ...; repeatable. [default: all]"
        ),
    ] = None,
    set: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Change an option, e.g. dim=128; repeatable."),
    ] = None,
    latency: Annotated[bool, typer.Option(help="Time the forward pass too.")] = True,
    batch: Annotated[int, typer.Option(min=1, help="Sequences at a time.")] = 1,
    runs: Annotated[int, typer.Option(min=1, help="Timed runs; the median is shown.")] = 5,
    device: Annotated[str, typer.Option(help="Where to time.")] = "cpu",
) -> None:
    """Show what models cost, beside the paper's figures where it has them.

    Operations and time are those of one window; frames per second are predicted frames, so a model that
    predicts one frame of its window earns one. Without --preset, models that the options do not fit are left
    out.
    """
    from rich.table import Table

    from rtpca.devices import resolve_device
    from rtpca.models import build
    from rtpca.models.cost import count_operations, count_parameters, measure_in_turn

    device = resolve_device(device)
    options = _options(set or [])
    configs = _configs(preset, options)
    table = Table(title="One window")
    table.add_column("model")
    for title in (
        "params\nM",
        "paper\nM",
        "MACs\nG",
        "paper\nG",
        "attn\nG",
        "pool\nG",
        "total\nG",
        "frames\nin",
        "frames\nout",
    ):
        table.add_column(title, justify="right")
    if latency:
        table.add_column(f"{device}\nms", justify="right")
        table.add_column("frames out\nper s", justify="right")
        networks = {name: build(config) for name, config in configs.items()}
        with progress_bar("timing", "rounds") as progress:
            timed = measure_in_turn(networks, batch=batch, rounds=runs, device=device, progress=progress)
    else:
        timed = {}
    for name, config in configs.items():
        operations = count_operations(config)
        paper = _PAPER.get(name) if not options else None
        numbers = [
            f"{count_parameters(config) / 1e6:.2f}",
            f"{paper[0]:.2f}" if paper else "-",
            f"{operations.without_attention / 1e9:.1f}",
            f"{paper[1]:.1f}" if paper else "-",
            f"{operations.attention / 1e9:.1f}",
            f"{operations.pooling / 1e9:.1f}",
            f"{operations.total / 1e9:.1f}",
            str(config.frames),
            str(config.out_frames),
        ]
        if name in timed:
            numbers += [
                f"{1000 * timed[name].median_s:.0f}",
                f"{timed[name].predicted_frames_per_second:.0f}",
            ]
        table.add_row(name, *numbers)
    out.print(table)
    for sizes in dict.fromkeys(map(_sizes, configs.values())):
        names = [name for name, config in configs.items() if _sizes(config) == sizes]
        print_line(f"{', '.join(names)}: {sizes}")
    if options and not preset and len(configs) < len(_DEFAULT):
        left_out = [name for name in _DEFAULT if name not in configs]
        print_line(f"left out, the options do not fit: {', '.join(left_out)}")
    if not options:
        out.print(_EXPLANATION, markup=False)


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


def _options(assignments: list[str]) -> dict[str, Any]:
    import yaml

    from rtpca.errors import ConfigError

    options: dict[str, Any] = {}
    for assignment in assignments:
        key, separator, value = assignment.partition("=")
        if not separator:
            raise ConfigError(f"--set {assignment}: give key=value, e.g. --set dim=128")
        try:
            options[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigError(f"--set {assignment}: {value!r} is not a YAML value") from error
    return options


def _sizes(config: ModelConfig) -> str:
    return f"{config.frames} frames, {config.describe()}"
