"""Archives that cannot be unpacked are one clear line, whoever reads them."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from rtpca.data.formats.archives import find_archives, read_archive
from rtpca.data.formats.source_files import SourceFiles
from rtpca.errors import InputError
from rtpca.files.npz import read_npz

MEMBER = "positions_3d.npy"
LOCAL_BYTES = 30
LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
FLAGS, METHOD = 6, 8
"""Where a local header has them; the central one has them two bytes later."""


def packed(method: int) -> bytearray:
    """An archive of one array of random numbers, which no method makes much shorter."""
    array, file = io.BytesIO(), io.BytesIO()
    np.save(array, np.random.default_rng(0).random(1000))
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(MEMBER, array.getvalue())
    return bytearray(file.getvalue())


def marked(field: int, value: int) -> bytearray:
    """One whose headers state another value."""
    content = packed(zipfile.ZIP_STORED)
    for header, offset in ((LOCAL, field), (CENTRAL, field + 2)):
        content[content.find(header) + offset] = value
    return content


def damaged(method: int) -> bytearray:
    """One whose packed bytes are wrong from the first on."""
    content = packed(method)
    begins = LOCAL_BYTES + len(MEMBER)
    content[begins : begins + 64] = bytes(range(64))
    return content


ARCHIVES = {
    "encrypted": lambda: marked(FLAGS, 1),
    "packed in an unknown way": lambda: marked(METHOD, 99),
    "deflate": lambda: damaged(zipfile.ZIP_DEFLATED),
    "bzip2": lambda: damaged(zipfile.ZIP_BZIP2),
    "lzma": lambda: damaged(zipfile.ZIP_LZMA),
}
READERS = {
    "read_npz": lambda path: read_npz(path, ["positions_3d"]),
    "read_archive": lambda path: read_archive(*find_archives([path], "h36m")),
    "SourceFiles": lambda path: SourceFiles(path).read_bytes(MEMBER),
}


@pytest.mark.parametrize("archive", ARCHIVES)
@pytest.mark.parametrize("reader", READERS)
def test_an_archive_that_cannot_be_unpacked_is_one_clear_line(tmp_path, reader, archive):
    path = tmp_path / ("some.zip" if reader == "SourceFiles" else "some.npz")
    path.write_bytes(ARCHIVES[archive]())
    with pytest.raises(InputError, match=path.name) as caught:
        READERS[reader](path)
    assert "\n" not in str(caught.value)
