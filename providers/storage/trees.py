"""Files below one root: the blocking half of the artifact store, over fsspec."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast
from uuid import uuid4

from fsspec.core import (  # pyright: ignore[reportMissingTypeStubs] -- fsspec ships no types
    split_protocol,  # pyright: ignore[reportUnknownVariableType] -- fsspec ships no types
    url_to_fs,  # pyright: ignore[reportUnknownVariableType] -- fsspec ships no types
)
from fsspec.implementations.local import (  # pyright: ignore[reportMissingTypeStubs] -- as above
    LocalFileSystem,
)

from core.errors import ConfigurationError, InputError
from providers.storage.keys import UNFINISHED_PREFIX, is_unfinished

SETTING = "APP_BUILDER_ARTIFACT_STORE"
_LOCAL = {None, "file", "local"}
# Others put a file in place bit by bit, or in ways nobody here has looked into.
_WHOLE_OR_NOT_AT_ALL = frozenset({"memory", "s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"})


class FileSystem(Protocol):
    """What is used of fsspec's file systems; all of it blocks."""

    def cat_file(self, path: str) -> bytes:
        """A file's content."""
        ...

    def pipe_file(self, path: str, value: bytes) -> None:
        """Put a file whole."""
        ...

    def rm_file(self, path: str) -> None:
        """Remove a file."""
        ...

    def info(self, path: str) -> Mapping[str, Any]:
        """`type` (`file`, `directory` or `other`) and more of one path."""
        ...

    def ls(self, path: str, *, detail: bool) -> Sequence[Mapping[str, Any]]:
        """`info` of everything directly in a folder, with its full `name`."""
        ...

    def find(self, path: str, *, detail: bool) -> Mapping[str, Mapping[str, Any]]:
        """`info` of every file below a path, by full name."""
        ...

    def open(self, path: str, mode: str) -> BinaryIO:
        """Open a file."""
        ...

    def unstrip_protocol(self, name: str) -> str:
        """The URL of a path."""
        ...


class ObjectTree:
    """Files of a store that shows a written file whole or not at all, as object stores do.

    Args:
        file_system: where the files are.
        root: path all keys are below, without a slash at its end.
    """

    def __init__(self, file_system: FileSystem, root: str) -> None:
        self._files = file_system
        self._root = root

    def read(self, key: str) -> bytes:
        """A file's content; `FileNotFoundError` when there is no such file."""
        return self._files.cat_file(self._path(key))

    def write(self, key: str, data: bytes) -> None:
        """Write or replace a file; readers see the old content or the new one."""
        self._files.pipe_file(self._path(key), data)

    def is_file(self, key: str) -> bool:
        """Whether there is a file; a failing store raises, and is not taken for a no."""
        try:
            return self._files.info(self._path(key))["type"] == "file"
        except (FileNotFoundError, NotADirectoryError):
            return False

    def remove(self, key: str) -> None:
        """Remove a file; `FileNotFoundError` when there is no such file."""
        if not self.is_file(key):  # object stores remove what is not there without a word
            raise FileNotFoundError(key)
        self._files.rm_file(self._path(key))

    def keys_below(self, folder: str) -> list[str]:
        """Sorted keys of all finished files below a folder; `""` is the root."""
        start = f"{self._root}/"
        inside = f"{start}{folder}/" if folder else start
        path = self._path(folder) if folder else self._root
        return sorted(
            name.removeprefix(start)
            for name, info in self._find(path).items()
            if name.startswith(inside)
            and info["type"] == "file"
            and not info.get("islink")
            and not is_unfinished(name)
        )

    def url_of(self, key: str) -> str:
        """The URL of a key, or of the root for `""`; never with credentials."""
        path = f"{self._root}/{key}" if key else self._root
        return self._files.unstrip_protocol(path)

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}"

    def _find(self, path: str) -> Mapping[str, Mapping[str, Any]]:
        return self._files.find(path, detail=True)


class FolderTree(ObjectTree):
    """Files in a local folder, where writing takes care that no half file is ever seen."""

    def write(self, key: str, data: bytes) -> None:
        """Write beside the target, down to the disk, and put the file in place in one step."""
        target = Path(self._path(key))
        unfinished = target.with_name(f"{UNFINISHED_PREFIX}{uuid4().hex}")
        file = self._files.open(str(unfinished), "xb")
        try:
            with file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(target)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)

    def _path(self, key: str) -> str:
        path = super()._path(key)
        real = Path(path).resolve()
        if not real.is_relative_to(Path(self._root).resolve()):
            raise InputError(
                f"artifact key {key!r}: a symbolic link in {self._root!r} leads it out of the "
                f"store, to {str(real)!r}; remove the link"
            )
        return path

    def _find(self, path: str) -> Mapping[str, Mapping[str, Any]]:
        # fsspec's own `find` leaves out a folder it cannot list, and would make it look empty.
        found: dict[str, Mapping[str, Any]] = {}
        folders = [path]
        while folders:
            with suppress(FileNotFoundError, NotADirectoryError):
                for entry in self._files.ls(folders.pop(), detail=True):
                    if entry["type"] == "directory":
                        folders.append(entry["name"])
                    else:
                        found[entry["name"]] = entry
        return found


def open_tree(url: str) -> ObjectTree:
    """The tree an fsspec URL names.

    Raises:
        ConfigurationError: the URL names no absolute folder, no bucket, or a kind of storage
            that may show half a file, or whose package is not installed; or it is a chain of URLs.
    """
    protocol, path = cast("tuple[str | None, str]", split_protocol(url))
    if protocol in _LOCAL:
        if not Path(path).is_absolute() or Path(path) == Path(path).parent:
            raise ConfigurationError(
                f"{SETTING}: artifact store {url!r} must name a folder by an absolute path, "
                "for example file:///var/lib/app-builder/store"
            )
        local = cast("FileSystem", LocalFileSystem(auto_mkdir=True))
        return FolderTree(local, str(Path(path)))
    if protocol not in _WHOLE_OR_NOT_AT_ALL or "::" in url:
        # The URL is not quoted: it may hold credentials.
        kinds = ", ".join(sorted({"file", *_WHOLE_OR_NOT_AT_ALL}))
        chained = ", in a chain of URLs" if "::" in url else ""
        raise ConfigurationError(
            f"{SETTING}: cannot use storage of the kind {protocol!r}{chained}: only on some kinds "
            f"is a file seen whole or not at all; use one URL of {kinds}"
        )
    try:
        # A cached listing would hide what other processes have written since.
        opened, root = cast("tuple[Any, str]", url_to_fs(url, use_listings_cache=False))
    except (ImportError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{SETTING}: cannot use storage of the kind {protocol!r}: {error}"
        ) from error
    root = root.rstrip("/")
    if not root and protocol != "memory":
        raise ConfigurationError(
            f"{SETTING}: its URL names no bucket, for example {protocol}://bucket/prefix"
        )
    return ObjectTree(cast("FileSystem", opened), root)


def _sync_folder(folder: Path) -> None:
    """Bring a folder's entries to the disk, so that a new name survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
