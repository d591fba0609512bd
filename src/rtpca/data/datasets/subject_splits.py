"""The standard splits of data sets that are split by subject."""

from __future__ import annotations

from collections.abc import Sequence

from rtpca.errors import ConfigError


def subject_splits(
    train: Sequence[str], test: Sequence[str], val_subjects: Sequence[str], title: str
) -> dict[str, str]:
    """Split by subject, with some training subjects moved to `"val"`.

    Args:
        train: training subjects.
        test: test subjects.
        val_subjects: those that are moved.
        title: how messages name the data set.

    Raises:
        ConfigError: one of `val_subjects` is no training subject, or they are all of them.
    """
    for subject in val_subjects:
        if subject not in train:
            kind = "a test subject" if subject in test else "no subject"
            raise ConfigError(
                f"`val_subjects` {subject}: is {kind} of {title}; choose one of {', '.join(train)}"
            )
    if set(train) <= set(val_subjects):
        raise ConfigError(f"`val_subjects` names all training subjects of {title}; leave some to train on")
    splits = {subject: "val" if subject in val_subjects else "train" for subject in train}
    return splits | dict.fromkeys(test, "test")
