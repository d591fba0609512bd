"""What the readers of the three public benchmarks have in common: options, clips, splits by subject."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rtpca.data.attribution import Attribution
from rtpca.data.recording import Recording
from rtpca.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class BenchmarkOptions:
    """What the user may say; each dataset uses what it knows.

    Attributes:
        val_subjects: training subjects that become the split `"val"`.
        actions: only clips of these actions (HumanEva-I).
        keep_corrupted: keep "Directions" of S11 (Human3.6M).
        skip_damaged: leave clips that are damaged or have no 2D out, with a note, instead of stopping.
        append: add to the output instead of replacing it.
    """

    val_subjects: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    keep_corrupted: bool = False
    skip_damaged: bool = False
    append: bool = False


@dataclass(frozen=True)
class Clip:
    """One clip, found but not looked into.

    Attributes:
        name: how progress names it.
        read: its recordings, one, or one per camera; raises `InputError` where it is damaged.
    """

    name: str
    read: Callable[[], Iterable[Recording]]


@dataclass(frozen=True)
class Clips:
    """All clips of the sources.

    Attributes:
        clips: in the order of the files; each is read once.
        attribution: terms of the data.
        finish: called after the last clip, to note what concerns many of them.
    """

    clips: list[Clip]
    attribution: Attribution
    finish: Callable[[], None] = lambda: None


def standard_splits(
    train: Sequence[str], test: Sequence[str], val_subjects: Sequence[str], dataset: str
) -> dict[str, str]:
    """The standard split by subject, with some training subjects moved to `"val"`.

    Raises:
        ConfigError: one of `val_subjects` is no training subject.
    """
    for subject in val_subjects:
        if subject not in train:
            kind = "a test subject" if subject in test else "no subject"
            raise ConfigError(
                f"--val-subject {subject}: is {kind} of {dataset}; choose one of {', '.join(train)}"
            )
    if set(train) <= set(val_subjects):
        raise ConfigError(f"--val-subject names all training subjects of {dataset}; leave some to train on")
    splits = {subject: "val" if subject in val_subjects else "train" for subject in train}
    return splits | dict.fromkeys(test, "test")
