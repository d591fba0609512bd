"""Where raw files come from: a single file, a folder, or a zip archive that is read without unpacking."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from types import TracebackType

from rtpca.errors import InputError
from rtpca.files.damage import ARCHIVE_DAMAGE
from rtpca.files.reading import MAX_TEXT_BYTES, check_file, read_whole


class SourceFiles:
    """A file, folder or zip that the user named, and the files inside it.

    A file inside is called a *member* and is named by its path relative to the source, with forward slashes.
    """

    def __init__(self, path: Path) -> None:
        """Open `path`; raises `InputError` if it is not there or is not a whole zip file."""
        self.path = Path(path)
        self._zip: zipfile.ZipFile | None = None
        if not self.path.exists():
            raise InputError(
                f"{self.path}: no such file or folder; give the path of a zip, a folder or a file"
            )
        if self.path.is_dir():
            found = sorted(entry for entry in self.path.rglob("*") if entry.is_file())
            members = [entry.relative_to(self.path).as_posix() for entry in found]
        elif self.path.suffix.lower() == ".zip":
            self._zip = self._open_zip()
            members = sorted(info.filename for info in self._zip.infolist() if not info.is_dir())
        else:
            members = [self.path.name]
        self.members: tuple[str, ...] = tuple(member for member in members if not _is_hidden(member))

    def _open_zip(self) -> zipfile.ZipFile:
        check_file(self.path)
        try:
            return zipfile.ZipFile(self.path)
        except ARCHIVE_DAMAGE as error:
            raise InputError(
                f"{self.path}: not a whole zip file ({error}); it is damaged or was cut short, get it again"
            ) from error

    def __enter__(self) -> SourceFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the zip file, if it is one."""
        if self._zip is not None:
            self._zip.close()

    @property
    def is_single_file(self) -> bool:
        """Whether the user named one file, neither a folder nor a zip."""
        return self._zip is None and not self.path.is_dir()

    def with_suffix(self, suffix: str) -> tuple[str, ...]:
        """The members whose names end with `suffix`, upper or lower case."""
        return tuple(member for member in self.members if member.lower().endswith(suffix))

    # The members of a single file are itself, or takes that lie one after another in it.

    def key(self, member: str) -> str:
        """The name of a member in lists of splits and bad frames: `"<file>:<member>"`."""
        return f"{self.path.name}:{member}"

    def label(self, member: str) -> str:
        """How messages name a member: a path that the user can find."""
        if self.path.is_dir():
            return str(self.path / member)
        return str(self.path) if member == self.path.name else f"{self.path}:{member}"

    def parts(self, member: str) -> tuple[str, ...]:
        """Path components that identify a member: the name of its holder without an ending, then its own."""
        holder = self.path.resolve()
        if self.is_single_file and member == self.path.name:
            holder = holder.parent
        top = holder.name if holder.is_dir() else self.path.stem
        return (top, *PurePosixPath(member).parts)

    def read_bytes(self, member: str) -> bytes:
        """The content of a member; raises `InputError` if it is damaged, no file, or too large."""
        if self._zip is None:
            return read_whole(self.path if self.is_single_file else self.path / member)
        try:
            info = self._zip.getinfo(member)
            if info.file_size > MAX_TEXT_BYTES:
                raise InputError(
                    f"{self.label(member)}: unpacks to {info.file_size:,} bytes, and motion is read up to "
                    f"{MAX_TEXT_BYTES:,}; cut it into parts"
                )
            return self._zip.read(info)
        except ARCHIVE_DAMAGE as error:
            raise InputError(
                f"{self.label(member)}: cannot be read ({error}); the file is damaged, get it again"
            ) from error

    def read_text(self, member: str) -> str:
        """The content of a member as text: UTF-8, or Latin-1 where it is not valid UTF-8."""
        return decode_text(self.read_bytes(member))


def decode_text(content: bytes) -> str:
    """Decode UTF-8 (with or without byte-order mark), else Latin-1, which accepts every byte."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _is_hidden(member: str) -> bool:
    """Whether a path is one of the side files that desktops leave behind (`.DS_Store`, `__MACOSX/`)."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(member).parts)
