"""HDF5 files of strangers: only what lies in the file itself is read, and as much as is there.

Whoever reads gets a `ValueError` or `KeyError` where something is of another kind than it should be, leads
out of the file, or claims to be larger than what is stored of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import h5py

MAX_ARRAY_BYTES = 2 << 30
"""Largest array that is read: two days of 17 joints at 60 frames per second."""

_MAX_ATTRIBUTE_BYTES = 1 << 20
_PACKING = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_LZF}
_FILTERS = {*_PACKING, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
_UNSUSPICIOUS_BYTES, _MOST_TIMES_PACKED = 1 << 26, 200
"""What unpacks to more than this many times its size is no measurement; small arrays may."""


def group_in(parent: h5py.Group, name: str) -> h5py.Group:
    """The group of this name.

    Raises:
        KeyError: there is none.
        ValueError: it is something else, or leads out of the file.
    """
    child = _child(parent, name)
    if not isinstance(child, h5py.Group):
        raise ValueError(f"{parent.name}/{name} is no group")
    return child


def array_in(parent: h5py.Group, name: str) -> h5py.Dataset:
    """The array of this name, or the table whose columns are arrays; not read yet.

    Raises:
        KeyError: there is none.
        ValueError: it is something else, leads out of the file, or claims to be larger than what is stored.
    """
    child = _child(parent, name)
    if not isinstance(child, h5py.Dataset):
        raise ValueError(f"{parent.name}/{name} is no array")
    _check_stored(child)
    return child


def _child(parent: h5py.Group, name: str) -> Any:
    """What lies in a group under this name: in the group itself, and in this file."""
    if "/" in name or name in (".", ""):
        raise ValueError(f"{name!r} is no name")
    if name not in parent:
        raise KeyError(f"{parent.name} has no {name}")
    if not isinstance(parent.get(name, getlink=True), h5py.HardLink):
        raise ValueError(f"{parent.name}/{name} leads to another place or file")
    return parent[name]


def _check_stored(array: h5py.Dataset) -> None:
    """Refuse an array that is not there as it says: only as much is read as was written."""
    layout = array.id.get_create_plist()
    if array.is_virtual or layout.get_external_count():
        raise ValueError(f"the numbers of {array.name} lie in other places or files")
    kinds = [array.dtype[field].base.kind for field in array.dtype.names or ()] or [array.dtype.kind]
    if not set(kinds) <= set("biufS"):
        raise ValueError(f"{array.name} is of type {array.dtype}")
    filters = [layout.get_filter(index)[0] for index in range(layout.get_nfilters())]
    if len(set(filters)) < len(filters) or not set(filters) <= _FILTERS:
        raise ValueError(f"{array.name} is packed in a way that is not read")
    size, stored = math.prod(array.shape) * array.dtype.itemsize, array.id.get_storage_size()
    packed = bool(_PACKING & set(filters))
    most = max(_UNSUSPICIOUS_BYTES, _MOST_TIMES_PACKED * stored) if packed else stored
    if size > min(most, MAX_ARRAY_BYTES):
        raise ValueError(f"{array.name} claims {size:,} bytes, and {stored:,} are stored of it")
    chunk = math.prod(array.chunks or ()) * array.dtype.itemsize
    if chunk > max(_UNSUSPICIOUS_BYTES, size):
        raise ValueError(f"{array.name} is stored in pieces of {chunk:,} bytes")


def attributes_of(group: h5py.Group | h5py.Dataset, *, any_length: bool = False) -> Mapping[str, Any]:
    """The attributes of a group or array.

    Args:
        group: Whose attributes.
        any_length: Whether values of no fixed length are read too. They lie in a heap of the file, and damage
            there can hang the HDF5 library for good, so only files of programs that write them need it.

    Raises:
        ValueError: one of them is too large, or of no fixed length.
    """
    attributes: dict[str, Any] = {}
    for name in group.attrs:
        stored = group.attrs.get_id(name)
        # Of an attribute without a value there is no shape.
        if math.prod(stored.shape or ()) * stored.dtype.itemsize > _MAX_ATTRIBUTE_BYTES:
            raise ValueError(f"attribute {name} of {group.name} has the shape {stored.shape}")
        if stored.dtype.hasobject and not any_length:
            raise ValueError(f"attribute {name} of {group.name} has no fixed length")
        attributes[name] = group.attrs[name]
    return attributes


def text_of(value: Any) -> str:
    """Text as it is stored."""
    return value.decode() if isinstance(value, bytes) else str(value)
