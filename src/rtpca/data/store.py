"""The prepared dataset file: one HDF5 file with a group per sequence, written and read here and nowhere else.

Layout (docs/data.md shows it in full)::

    /                     attributes: format, format_version, skeleton, joint_names, parents
    /attributions         JSON text: terms and acknowledgement of every source
    /sequences/000000     attributes: name, fps, subject, action, split, source, licence, cameras
        positions3d       (F, J, 3) float32, world axes (y up), metres
        keypoints2d/<camera>   (F, J, 2 or 3) float32, pixels [and score], where the dataset has its own
        cameras/<camera>/      R_cam_from_world, center_world, focal_px, principal_px, size_wh [, distortion]
        valid             (F,) uint8, 1 where a frame counts in an evaluation; left out where all do

Every array carries a checksum, so damage is noticed when it is read.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType

import h5py
import numpy as np

from rtpca.checks import check_frame_rate
from rtpca.data.attribution import Attribution
from rtpca.data.hdf5 import SteadyFile, fixed_text, read_array, read_camera, write_array, write_camera
from rtpca.data.recording import Recording, RecordingInfo, check_recording
from rtpca.errors import ConfigError, InputError, RtpcaError
from rtpca.files import written_whole
from rtpca.files.damage import reason
from rtpca.files.hdf5 import array_in, attributes_of, group_in, text_of
from rtpca.files.reading import check_file
from rtpca.skeletons import Skeleton, get_skeleton

FORMAT = "rtpca-dataset"
FORMAT_VERSION = 2
"""Version 1 had distortion in VideoPose3D's order, and is read."""
_TEXTS = ("subject", "action", "split", "source", "licence")
_DAMAGE = (
    *(OSError, LookupError, ValueError, TypeError, AttributeError, RuntimeError, ArithmeticError),
    *(MemoryError, NotImplementedError),
)


def write_dataset(
    path: str | Path,
    recordings: Iterable[Recording],
    attributions: Iterable[Attribution] = (),
    *,
    skeleton: str = "h36m17",
    append: bool = False,
) -> None:
    """Write sequences into a prepared file; it appears, or changes, only when all of them are written.

    Args:
        path: the `.h5` file.
        recordings: sequences; consumed one by one.
        attributions: terms of their sources.
        skeleton: name of the skeleton of all sequences.
        append: add to the file if it exists, instead of replacing it.

    Raises:
        InputError: a sequence does not fit, a name is taken, or `path` is a foreign file.
    """
    with DatasetWriter(path, skeleton=skeleton, append=append) as writer:
        for attribution in attributions:
            writer.add_attribution(attribution)
        for recording in recordings:
            writer.add(recording)


class DatasetWriter:
    """Writes a prepared file into a temporary neighbour and moves it into place on success.

    Example:
        >>> with DatasetWriter("data.h5") as writer:  # doctest: +SKIP
        ...     writer.add_attribution(attribution)
        ...     writer.add(recording)
    """

    def __init__(self, path: str | Path, *, skeleton: str = "h36m17", append: bool = False) -> None:
        """Prepare to write `path`; nothing is created before the `with` block begins.

        Raises:
            InputError: `path` exists and is no prepared file (it is not touched), or has another skeleton.
        """
        self.path = Path(path)
        self._skeleton = get_skeleton(skeleton)
        self._names: set[str] = set()
        self._attributions: dict[str, Attribution] = {}
        exists = self.path.is_file() and self.path.stat().st_size > 0
        self._append = append and exists
        if exists:
            self._read_existing()
        self._stack = ExitStack()
        self._file: h5py.File | None = None
        self._disk: SteadyFile | None = None

    def _read_existing(self) -> None:
        try:
            existing = open_dataset(self.path)
        except InputError as error:
            raise InputError(
                f"{self.path} exists and is foreign or damaged, so it is not touched; "
                "delete it or choose another output"
            ) from error
        with existing:
            if not self._append:
                return
            if existing.skeleton.name != self._skeleton.name:
                raise InputError(
                    f"{self.path}: holds {existing.skeleton.name}, cannot take {self._skeleton.name}; "
                    "choose another output"
                )
            self._names = set(existing.names())
            self._attributions = {attribution.source: attribution for attribution in existing.attributions}

    def __enter__(self) -> DatasetWriter:
        with ExitStack() as stack:
            scratch = stack.enter_context(written_whole(self.path))
            if self._append:
                shutil.copyfile(self.path, scratch)
            self._disk = stack.enter_context(closing(SteadyFile(scratch)))
            stack.push(self._end)
            self._file = stack.enter_context(h5py.File(self._disk, "r+" if self._append else "w"))
            if self._append:
                self._file.attrs["format_version"] = FORMAT_VERSION
            else:
                self._write_header(self._file)
            self._stack = stack.pop_all()
        return self

    def _end(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What failed on the disk is the reason for whatever else fails."""
        if self._disk is not None:
            self._disk.check()

    def _write_header(self, file: h5py.File) -> None:
        file.attrs["format"] = fixed_text(FORMAT)
        file.attrs["format_version"] = FORMAT_VERSION
        file.attrs["skeleton"] = fixed_text(self._skeleton.name)
        file.attrs["joint_names"] = fixed_text(json.dumps(self._skeleton.joints))
        file.attrs["parents"] = np.asarray(self._skeleton.parents, dtype=np.int64)
        file.create_group("sequences")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._file is not None:
            self._stack.callback(self._write_attributions, self._file)
        self._stack.__exit__(kind, error, trace)

    def _write_attributions(self, file: h5py.File) -> None:
        text = json.dumps([attribution.to_dict() for attribution in self._attributions.values()], indent=1)
        if "attributions" in file:
            del file["attributions"]
        file.create_dataset("attributions", data=fixed_text(text))

    def add_attribution(self, attribution: Attribution) -> None:
        """Carry the terms of a source along; a source that is there already gets the new text."""
        self._attributions[attribution.source] = attribution

    def add(self, recording: Recording) -> None:
        """Write one sequence.

        Raises:
            InputError: it does not fit the skeleton, holds numbers that are not finite, its name is taken, or
                the disk is full.
        """
        if self._file is None:
            raise RuntimeError("DatasetWriter.add needs the `with` block")
        check_recording(recording, self._skeleton)
        if recording.name in self._names:
            raise InputError(
                f"{self.path}: already holds a sequence {recording.name!r}; was the same source given twice?"
            )
        self._write(self._file.create_group(f"sequences/{len(self._names):06d}"), recording)
        self._end(None, None, None)
        self._names.add(recording.name)

    def _write(self, group: h5py.Group, recording: Recording) -> None:
        group.attrs["name"] = fixed_text(recording.name)
        group.attrs["fps"] = float(recording.fps)
        for text in _TEXTS:
            group.attrs[text] = fixed_text(getattr(recording, text))
        group.attrs["cameras"] = fixed_text(json.dumps(recording.camera_names))
        write_array(group, "positions3d", recording.positions3d)
        if recording.valid is not None:
            write_array(group, "valid", recording.valid, np.uint8)
        for camera, keypoints_px in (recording.keypoints2d or {}).items():
            write_array(group, f"keypoints2d/{camera}", keypoints_px)
        if recording.cameras is not None:
            for name, camera in zip(recording.camera_names, recording.cameras, strict=True):
                write_camera(group.create_group(f"cameras/{name}"), camera)


def open_dataset(path: str | Path) -> Dataset:
    """Open a prepared file for reading.

    Raises:
        InputError: there is no such file, or it is damaged, truncated, foreign or from a newer version.
    """
    return Dataset(path)


def check_split(splits: Mapping[str, int], split: str, who: object) -> None:
    """Check that there are sequences of a split.

    Args:
        splits: number of sequences by split.
        split: the one that is needed.
        who: the file, as the message names it.

    Raises:
        InputError: there are none; the message says which splits there are.
    """
    if not splits.get(split):
        found = ", ".join(f"{name} ({count})" for name, count in splits.items()) or "none"
        raise InputError(f"{who} has no split {split!r}; splits and sequences found: {found}")


class Dataset:
    """A prepared file, open for reading; use it in a `with` block or call `close`.

    Attributes:
        path: the file.
        skeleton: skeleton of all its sequences.
        attributions: terms of its sources.
    """

    def __init__(self, path: str | Path) -> None:
        """Open and check `path`; raises `InputError` where it cannot be used."""
        self.path = Path(path)
        if not self.path.exists():
            raise InputError(f"{self.path}: no such file; make one with `rtpca prepare`")
        check_file(self.path)
        try:
            self._file = h5py.File(self.path, "r")
        except OSError as error:
            raise InputError(
                f"{self.path}: no HDF5 file, or damaged or cut short ({reason(error)}); "
                "prepare the data again with `rtpca prepare`"
            ) from error
        self._groups: dict[str, str] = {}
        self._infos: dict[str, RecordingInfo] = {}
        try:
            self.skeleton = self._read_skeleton()
            self.attributions = self._read_attributions()
            sequences = group_in(self._file, "sequences")
            for key in sorted(sequences):
                info = self._read_info(group_in(sequences, key))
                if info.name in self._infos:
                    raise ValueError(f"two sequences are called {info.name!r}")
                self._groups[info.name] = key
                self._infos[info.name] = info
        except BaseException as error:
            self._file.close()
            if isinstance(error, _DAMAGE) and not isinstance(error, RtpcaError):
                raise self._damaged(error) from error
            raise

    def __enter__(self) -> Dataset:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._groups)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def names(self, split: str | None = None) -> tuple[str, ...]:
        """Names of the sequences, of one split or of all, in the order in which they were written."""
        return tuple(name for name, info in self._infos.items() if split is None or info.split == split)

    def splits(self) -> dict[str, int]:
        """Number of sequences by split."""
        counts: dict[str, int] = {}
        for info in self._infos.values():
            counts[info.split] = counts.get(info.split, 0) + 1
        return counts

    def require_split(self, split: str) -> tuple[str, ...]:
        """Names of the sequences of a split that is needed.

        Raises:
            InputError: it has none; the message says which splits there are.
        """
        check_split(self.splits(), split, self.path)
        return self.names(split)

    def info(self, name: str) -> RecordingInfo:
        """What the file says about a sequence, without reading its arrays.

        Raises:
            InputError: there is no such sequence.
        """
        if name not in self._infos:
            raise InputError(
                f"{self.path}: has no sequence {name!r}; Dataset.names() lists the {len(self)} that it has"
            )
        return self._infos[name]

    def read(self, name: str) -> Recording:
        """Read one sequence.

        Raises:
            InputError: there is no such sequence, or the file is damaged.
        """
        info = self.info(name)
        try:
            return self._read(info, group_in(group_in(self._file, "sequences"), self._groups[name]))
        except RtpcaError:
            raise
        except _DAMAGE as error:
            raise self._damaged(error, name) from error

    def iterate(self, split: str | None = None) -> Iterator[Recording]:
        """Read the sequences of a split, or all, one after another."""
        for name in self.names(split):
            yield self.read(name)

    def _damaged(self, error: BaseException, name: str | None = None) -> InputError:
        where = f"{self.path}: " + (f"sequence {name!r} " if name is not None else "")
        return InputError(f"{where}is damaged ({reason(error)}); prepare the data again with `rtpca prepare`")

    def _read_skeleton(self) -> Skeleton:
        attributes = attributes_of(self._file)
        if "format" not in attributes or text_of(attributes["format"]) != FORMAT:
            raise InputError(
                f"{self.path}: an HDF5 file, but not made by `rtpca prepare`; prepare the data first"
            )
        version = int(attributes["format_version"])
        if version > FORMAT_VERSION:
            raise InputError(
                f"{self.path}: has format version {version}, this rtpca reads up to {FORMAT_VERSION}; "
                "update rtpca"
            )
        try:
            skeleton = get_skeleton(text_of(attributes["skeleton"]))
        except ConfigError as error:
            raise InputError(f"{self.path}: {error}; it is damaged or was made by a newer rtpca") from error
        if tuple(json.loads(text_of(attributes["joint_names"]))) != skeleton.joints:
            raise InputError(
                f"{self.path}: its joints are not those of {skeleton.name}; prepare the data again"
            )
        return skeleton

    def _read_attributions(self) -> tuple[Attribution, ...]:
        entries = json.loads(text_of(array_in(self._file, "attributions")[()]))
        return tuple(Attribution.from_dict(entry) for entry in entries)

    def _read_info(self, group: h5py.Group) -> RecordingInfo:
        shape, attributes = array_in(group, "positions3d").shape, attributes_of(group)
        if len(shape) != 3 or shape[0] < 1 or shape[1:] != (self.skeleton.num_joints, 3):
            raise ValueError(f"positions3d of {group.name} has shape {shape}")
        texts = {text: text_of(attributes[text]) for text in _TEXTS}
        try:
            fps = check_frame_rate(f"fps of {group.name}", float(attributes["fps"]))
        except InputError as error:
            raise ValueError(str(error)) from error
        return RecordingInfo(name=text_of(attributes["name"]), num_frames=int(shape[0]), fps=fps, **texts)

    def _read(self, info: RecordingInfo, group: h5py.Group) -> Recording:
        camera_names = tuple(str(name) for name in json.loads(text_of(attributes_of(group)["cameras"])))
        keypoints2d = cameras = None
        if "keypoints2d" in group:
            own = group_in(group, "keypoints2d")
            keypoints2d = {name: read_array(own, name) for name in camera_names if name in own}
        if "cameras" in group:
            own = group_in(group, "cameras")
            cameras = tuple(read_camera(group_in(own, name)) for name in camera_names)
        recording = Recording(
            name=info.name,
            positions3d=read_array(group, "positions3d"),
            fps=info.fps,
            keypoints2d=keypoints2d,
            cameras=cameras,
            camera_names=camera_names,
            valid=array_in(group, "valid")[()].astype(np.bool_) if "valid" in group else None,
            **{text: getattr(info, text) for text in _TEXTS},
        )
        check_recording(recording, self.skeleton)
        return recording
