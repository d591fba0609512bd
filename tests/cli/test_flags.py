from __future__ import annotations

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from rtpca.cli.flags import in_flags, typed_command, use_flags_of
from rtpca.cli.main import app


@pytest.mark.parametrize(
    ("words", "text", "spoken"),
    [
        (("lift", "walk.npz"), "give it with `image_size`", "give it with --image-size"),
        (("lift", "walk.npz"), "`focal_px` is -1", "--focal is -1"),
        (("lift", "walk.npz"), "`flip` and `resume`", "--flip and `resume`"),
        (("lift", "walk.npz"), "`input` is empty, see `rtpca lift`", "`input` is empty, see `rtpca lift`"),
        (("prepare", "bvh", "walk.bvh"), "give `metres_per_unit`", "give --metres-per-unit"),
        (("train",), "`model.dim` is 7", "`model.dim` is 7"),
        (("train",), "give `data`", "give --data"),
        ((), "give `data`", "give `data`"),
        (("no-such-verb",), "give `data`", "give `data`"),
    ],
)
def test_options_of_the_verb_become_flags_and_all_else_stays(words, text, spoken) -> None:
    command = get_command(app)
    assert isinstance(command, TyperGroup)
    use_flags_of(command, words)
    assert in_flags(text) == spoken


def test_the_command_is_kept_as_it_was_typed_but_for_folders() -> None:
    command = get_command(app)
    assert isinstance(command, TyperGroup)
    use_flags_of(command, ["figure", "3", "--data", "/home/me/a b.h5", "--weights=ste=/home/me/runs/w.st"])
    assert typed_command() == "rtpca figure 3 --data 'a b.h5' --weights=ste=w.st"
