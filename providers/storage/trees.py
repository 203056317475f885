"""Files below one root: the blocking half of the artifact store, over fsspec."""

import os
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Protocol, cast

from fsspec.core import (  # pyright: ignore[reportMissingTypeStubs] -- fsspec ships no types
    split_protocol,  # pyright: ignore[reportUnknownVariableType] -- fsspec ships no types
    url_to_fs,  # pyright: ignore[reportUnknownVariableType] -- fsspec ships no types
)
from fsspec.implementations.local import (  # pyright: ignore[reportMissingTypeStubs] -- as above
    LocalFileSystem,
)

from core.errors import ConfigurationError, InputError
from providers.storage.placing import Placing, sync_folder
from providers.storage.stored_files import StoredFile, finished, stored_file

SETTING = "APP_BUILDER_ARTIFACT_STORE"
_LOCAL = {None, "file", "local"}
_MOST_FOLDERS = 10_000
_creating = threading.Lock()
# Others put a file in place bit by bit, or in ways nobody here has looked into.
_WHOLE_OR_NOT_AT_ALL = frozenset({"memory", "gs", "gcs", "az", "abfs", "abfss"})


class FileSystem(Protocol):
    """What is used of fsspec's file systems; all of it blocks."""

    def cat_file(self, path: str) -> bytes:
        """A file's content."""
        ...

    def pipe_file(self, path: str, value: bytes, mode: Literal["overwrite", "create"]) -> None:
        """Put a file whole; with `create`, `FileExistsError` where there is one."""
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
        self._files.pipe_file(self._path(key), data, "overwrite")

    def create(self, key: str, data: bytes) -> bool:
        """Write a file unless there is one; of several that try at once, one does.

        Returns:
            Whether it was written.
        """
        try:
            with _creating:  # what is in memory is looked for first and written then
                self._files.pipe_file(self._path(key), data, "create")
        except FileExistsError:
            return False
        return True

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
        return sorted(key for key, _ in self._finished_below(folder))

    def files_below(self, folder: str) -> list[StoredFile]:
        """The same, with size and time of each."""
        found = (stored_file(key, info) for key, info in self._finished_below(folder))
        return sorted(found, key=attrgetter("key"))

    def folders_in(self, folder: str) -> list[str]:
        """Sorted names of the folders directly in a folder; `""` is the root."""
        try:
            inside = self._files.ls(self._path(folder) if folder else self._root, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        folders = (each for each in inside if each["type"] == "directory")
        return sorted(PurePosixPath(each["name"]).name for each in folders)

    def clear(self, folder: str) -> None:
        """Take away what is left of a folder whose files were removed, such as the folder."""

    def url_of(self, key: str) -> str:
        """The URL of a key, or of the root for `""`; never with credentials."""
        path = f"{self._root}/{key}" if key else self._root
        return self._files.unstrip_protocol(path)

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}"

    def _finished_below(self, folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        start = f"{self._root}/"
        inside = f"{start}{folder}/" if folder else start
        found = self._find(self._path(folder) if folder else self._root)
        return finished(found, start, inside)

    def _find(self, path: str) -> Mapping[str, Mapping[str, Any]]:
        return self._files.find(path, detail=True)


class FolderTree(ObjectTree):
    """Files in a local folder, where writing takes care that no half file is ever seen.

    Reading and writing go to the system directly: fsspec's layers cost more than both.
    """

    def __init__(self, file_system: FileSystem, root: str) -> None:
        super().__init__(file_system, root)
        self._real_root = os.path.realpath(root)
        self._folders: dict[str, tuple[int, int]] = {}

    def read(self, key: str) -> bytes:
        """A file's content; `FileNotFoundError` when there is no such file."""
        with open(self._path(key), "rb") as file:  # noqa: PTH123 -- a path object costs as much
            return file.read()

    def lacks(self, key: str) -> bool:
        """Whether there is certainly nothing under a key; takes microseconds."""
        try:
            os.stat(f"{self._root}/{key}")  # noqa: PTH116 -- as above
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:
            return False  # whoever reads is told what is wrong
        return False

    def write(self, key: str, data: bytes) -> None:
        """Write beside the target, down to the disk, and put the file in place in one step."""
        for failure in self.write_all([(key, data)]):
            if failure is not None:
                raise failure

    def create(self, key: str, data: bytes) -> bool:
        """Write a file unless there is one; of several that try at once, one does."""
        placing = Placing(data)
        placing.attempt(lambda: placing.write_beside(self._path(key)))
        placing.attempt(placing.sync)
        placing.attempt(placing.put_in_free_place)
        if isinstance(placing.failure, FileExistsError):
            return False
        if placing.failure is not None:
            raise placing.failure
        sync_folder(placing.folder)
        return True

    def place(self, key: str, data: bytes) -> None:
        """Write beside the target and put the file in place, without waiting for the disk.

        Whole or not at all for every reader, and safe from a process that is killed; a power cut
        may lose it, or leave it empty. It takes a fraction of a millisecond.
        """
        placing = Placing(data)
        placing.attempt(lambda: placing.write_beside(self._path(key)))
        placing.attempt(placing.close)
        placing.attempt(placing.put_in_place)
        if placing.failure is not None:
            raise placing.failure

    def clear(self, folder: str) -> None:
        """Take away empty folders and what killed writers left behind.

        Only where no file is in it: a folder with one stays, with all that is in it.
        """
        path = self._path(folder)
        if Path(path).is_dir() and not self.keys_below(folder):
            shutil.rmtree(path)

    def write_all(self, files: Sequence[tuple[str, bytes]]) -> list[Exception | None]:
        """Write files in this order, each as `write` does, with as little waiting as possible.

        Together, because a disk takes hardly longer to make many files safe than one.

        Returns:
            What went wrong with each, or `None`.
        """
        placing = [Placing(data) for _, data in files]
        for (key, _), each in zip(files, placing, strict=True):
            each.attempt(lambda each=each, key=key: each.write_beside(self._path(key)))
        for step in (Placing.sync, Placing.put_in_place):
            for each in placing:
                each.attempt(lambda each=each, step=step: step(each))
        for folder in {each.folder for each in placing if each.failure is None}:
            try:
                sync_folder(folder)
            except OSError as error:
                for each in placing:
                    if each.folder == folder and each.failure is None:
                        each.failure = error
        return [each.failure for each in placing]

    def _path(self, key: str) -> str:
        path = super()._path(key)
        folder = os.path.dirname(path)  # noqa: PTH120 -- as above
        if self._has_no_link(folder) and not os.path.islink(path):  # noqa: PTH114 -- as above
            return path
        real = os.path.realpath(path)
        if real == f"{self._real_root}/{key}":
            self._know(folder)
            self._know(os.path.dirname(folder))  # noqa: PTH120 -- as above
            return path
        # Some link is on the way; perhaps the root itself became one.
        if not Path(real).is_relative_to(Path(self._root).resolve()):
            raise InputError(
                f"artifact key {key!r}: a symbolic link in {self._root!r} leads it out of the "
                f"store, to {real!r}; remove the link"
            )
        return path

    def _has_no_link(self, folder: str) -> bool:
        """Whether certainly no link is on the way to a folder, which need not be there yet."""
        if self._is_known(folder):
            return True
        if not self._is_known(os.path.dirname(folder)) or os.path.islink(folder):  # noqa: PTH114, PTH120 -- as above
            return False
        self._know(folder)
        return True

    def _is_known(self, folder: str) -> bool:
        """Whether a path still leads to the folder that no link was on the way to."""
        known = self._folders.get(folder)
        return known is not None and known == _identity(folder)

    def _know(self, folder: str) -> None:
        """Remember that no link is on the way: to look at every part of a path takes long."""
        found = _identity(folder)
        if found is None:
            return
        if len(self._folders) >= _MOST_FOLDERS:
            self._folders.clear()
        self._folders[folder] = found

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


def open_tree(url: str, setting: str = SETTING) -> ObjectTree:
    """The tree an fsspec URL names.

    Args:
        url: the URL, or the absolute path of a folder.
        setting: where it comes from, for messages.

    Raises:
        ConfigurationError: the URL names no absolute folder, no bucket, or a kind of storage
            that may show half a file, or whose package is not installed; or it is a chain of URLs.
    """
    protocol, path = cast("tuple[str | None, str]", split_protocol(url))
    if protocol in _LOCAL:
        if not Path(path).is_absolute() or Path(path) == Path(path).parent:
            raise ConfigurationError(
                f"{setting}: artifact store {url!r} must name a folder by an absolute path, "
                "for example file:///var/lib/app-builder/store"
            )
        local = cast("FileSystem", LocalFileSystem(auto_mkdir=True))
        return FolderTree(local, str(Path(path)))
    if protocol not in _WHOLE_OR_NOT_AT_ALL or "::" in url:
        # The URL is not quoted: it may hold credentials.
        kinds = ", ".join(sorted({"file", "s3", *_WHOLE_OR_NOT_AT_ALL}))
        chained = ", in a chain of URLs" if "::" in url else ""
        raise ConfigurationError(
            f"{setting}: cannot use storage of the kind {protocol!r}{chained}: only on some kinds "
            f"is a file seen whole or not at all; use one URL of {kinds}"
        )
    try:
        # A cached listing would hide what other processes have written since.
        opened, root = cast("tuple[Any, str]", url_to_fs(url, use_listings_cache=False))
    except (ImportError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{setting}: cannot use storage of the kind {protocol!r}: {error}"
        ) from error
    root = root.rstrip("/")
    if not root and protocol != "memory":
        raise ConfigurationError(
            f"{setting}: its URL names no bucket, for example {protocol}://bucket/prefix"
        )
    return ObjectTree(cast("FileSystem", opened), root)


def _identity(folder: str) -> tuple[int, int] | None:
    """Which folder a path leads to; `None` where there is none."""
    try:
        found = os.stat(folder)  # noqa: PTH116 -- as above
    except OSError:
        return None
    return found.st_dev, found.st_ino
