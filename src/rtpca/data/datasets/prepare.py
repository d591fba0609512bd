"""Prepare a data set: read its takes one by one and write them into one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rtpca.data.datasets import reader_of
from rtpca.data.datasets.options import PrepareOptions
from rtpca.data.datasets.reader import DatasetReader, PrepareReport, Take
from rtpca.data.datasets.takelists import NO_SPLIT
from rtpca.data.recording import Recording
from rtpca.data.store import DatasetWriter
from rtpca.errors import InputError
from rtpca.progress import Progress, in_silence
from rtpca.skeletons import get_skeleton


def prepare(
    dataset: str,
    sources: Sequence[str | Path],
    output: str | Path,
    options: PrepareOptions | None = None,
    progress: Progress = in_silence,
) -> PrepareReport:
    """Prepare a data set into one file.

    Args:
        dataset: which one, a key of `rtpca.data.datasets.DATASETS`.
        sources: its files, or folders or zips that hold them.
        output: the `.h5` file; it appears or changes only when everything was read.
        options: what the user says.
        progress: is told how many takes are done, and the name of the next one.

    Returns:
        What was written.

    Raises:
        InputError: a file is missing, damaged, foreign or hostile; nothing was written or run then.
        ConfigError: an option does not fit the data set, or the data say that one is needed.
    """
    options, report = options or PrepareOptions(), PrepareReport()
    reader = reader_of(dataset, options)([Path(source) for source in sources], options, report)
    progress(0, 0, "reading the files")
    with reader.files, DatasetWriter(output, skeleton=reader.skeleton, append=options.append) as writer:
        takes = reader.takes()
        for done, take in enumerate(takes):
            progress(done, len(takes), take.name)
            for recording in _recordings(take, reader):
                attribution = reader.attributions[recording.source]
                writer.add_attribution(attribution)
                writer.add(replace(recording, licence=attribution.licence))
                report.count(recording)
        if not report.sequences:
            raise InputError(f"nothing to write, {output} is not written ({'; '.join(report.notes)})")
        for note in reader.bodies.notes():
            report.note(f"warning: {note}")
    if note := reader.last_note():
        report.note(note)
    progress(len(takes), len(takes), "")
    if NO_SPLIT in report.sequences:
        report.note(
            f"sequences in no split: {report.sequences[NO_SPLIT]} (stored as {NO_SPLIT!r}; training and "
            "evaluation leave them alone); a list of `splits` or one `split` for all puts them into one"
        )
    return report


def _recordings(take: Take, reader: DatasetReader) -> list[Recording]:
    try:
        recordings = list(take.read())
        for recording in recordings:
            reader.bodies.add(recording, get_skeleton(reader.skeleton))
    except InputError as error:
        if not reader.options.skip_damaged:
            raise
        reader.report.note(f"left out: {error}")
        return []
    reader.report.takes += 1
    return recordings
