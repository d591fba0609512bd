"""Prepare one of the three public benchmarks: read it clip by clip into one dataset file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from rtpca.data.datasets import h36m, humaneva, mpi_inf_3dhp
from rtpca.data.datasets.clips import BenchmarkOptions, Clip, Clips
from rtpca.data.datasets.options import PrepareReport
from rtpca.data.recording import Recording
from rtpca.data.store import DatasetWriter
from rtpca.errors import InputError

Benchmark = Literal["h36m", "humaneva", "mpi-inf-3dhp"]

Progress = Callable[[int, int, str], None]
"""Called with (clips done, clips in all, name of the clip) before each clip and once at the end."""


def prepare_benchmark(
    dataset: Benchmark,
    sources: Sequence[Path],
    output: Path,
    options: BenchmarkOptions | None = None,
    progress: Progress | None = None,
) -> PrepareReport:
    """Prepare a benchmark into a dataset file.

    Args:
        dataset: which one.
        sources: its files, or folders that hold them.
        output: the `.h5` file; it appears or changes only when everything was read.
        options: what the user says.
        progress: is told how far the work is.

    Returns:
        What was written.

    Raises:
        InputError: a file is missing, damaged, foreign or hostile; nothing was written or run then.
        ConfigError: an option does not fit the dataset.
    """
    options = options or BenchmarkOptions()
    report = PrepareReport()
    skeleton, open_clips = _reader(dataset, sources, options, report)
    if progress is not None:
        progress(0, 0, "reading the files")
    with DatasetWriter(output, skeleton=skeleton, append=options.append) as writer:
        opened = open_clips()
        writer.add_attribution(opened.attribution)
        for done, clip in enumerate(opened.clips):
            if progress is not None:
                progress(done, len(opened.clips), clip.name)
            written = False
            for recording in _recordings(clip, options, report):
                writer.add(replace(recording, licence=opened.attribution.licence))
                report.count(recording)
                written = True
            report.takes += written
        if not report.sequences:
            raise InputError(f"nothing to write, {output} is not written ({'; '.join(report.notes)})")
    opened.finish()
    if progress is not None:
        progress(len(opened.clips), len(opened.clips), "")
    return report


def _reader(
    dataset: Benchmark, sources: Sequence[Path], options: BenchmarkOptions, report: PrepareReport
) -> tuple[str, Callable[[], Clips]]:
    """The skeleton of a dataset, and what opens its clips; the files are found already."""
    if dataset == "h36m":
        return h36m.SKELETON, partial(h36m.read, h36m.locate(sources), options, report)
    if dataset == "humaneva":
        return humaneva.SKELETON, partial(humaneva.read, humaneva.locate(sources), options, report)
    return mpi_inf_3dhp.SKELETON, partial(mpi_inf_3dhp.read, mpi_inf_3dhp.locate(sources), options, report)


def _recordings(clip: Clip, options: BenchmarkOptions, report: PrepareReport) -> Iterable[Recording]:
    try:
        return list(clip.read())
    except InputError as error:
        if not options.skip_damaged:
            raise
        report.note(f"left out: {error}")
        return []
