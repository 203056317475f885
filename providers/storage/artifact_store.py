"""The artifact store: typed artifacts, texts and bytes under checked keys, below one URL."""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import AppBuilderError, ArtifactNotFoundError, StorageError
from providers.storage.async_tree import AsyncTree, InThreads
from providers.storage.keys import check_key
from providers.storage.s3_url import is_s3
from providers.storage.stored_files import StoredFile
from providers.storage.trees import SETTING, FolderTree, open_tree
from providers.storage.write_batches import WriteBatches

T = TypeVar("T", bound=BaseModel)

CONDITION_PROBE = "locks/probe"
"""What is asked to be created twice, to see whether the second is refused."""

_NEEDS_A_FILE = {"read", "delete"}
_REMOVED_AT_ONCE = 16
_NO_FILE = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


class ArtifactStore:
    """Artifacts by key, in a local folder, in memory or in an object store.

    A write is seen whole or not at all, whoever reads and whatever kills the writer. Every method
    refuses a key that is not a plain relative path with `InputError`, and reports a failing store
    as `StorageError`. Any number of calls may run at once.

    Args:
        url: fsspec URL, for example `file:///var/lib/app-builder/store`, `memory://tests` or
            `s3://bucket/prefix?storage_class=STANDARD_IA`.
        setting: where the URL comes from, for messages.

    Raises:
        ConfigurationError: the URL cannot be used.
    """

    def __init__(self, url: str, *, setting: str = SETTING) -> None:
        self._folder: FolderTree | None = None
        self._tree: AsyncTree
        self._address = url
        if is_s3(url):
            # Here, because the library takes 12 MB that a folder does not need.
            from providers.storage.s3_tree import S3Tree

            self._tree = S3Tree(url, setting=setting)
        else:
            tree = open_tree(url, setting)
            self._folder = tree if isinstance(tree, FolderTree) else None
            self._tree = InThreads(tree)
            self._address = self.url  # that of an S3 store is known to hold no credentials
        self._batches = WriteBatches(self._folder.write_all) if self._folder else None

    @property
    def url(self) -> str:
        """Where the store is, without credentials."""
        return self._tree.url_of("")

    @property
    def address(self) -> str:
        """What another process opens the same store with, its options included."""
        return self._address

    async def place(self) -> str:
        """Which store it is, the server included; the same for two that keep the same files.

        Raises:
            StorageError: the profile of its URL does not exist, or the like.
        """
        with self._failures_of("open", ""):
            return await self._tree.place()

    def url_of(self, key: str) -> str:
        """The URL of a key, whether there is anything under it or not."""
        check_key(key)
        return self._tree.url_of(key)

    def lacks(self, key: str) -> bool:
        """Whether there is certainly nothing under a key, told in microseconds.

        Most that is looked for is not there, and a thread takes a hundred times as long. Only a
        folder can tell; of an object store it is not certain before it was asked.
        """
        check_key(key)
        return self._folder is not None and self._folder.lacks(key)

    async def read_bytes(self, key: str) -> bytes:
        """What is kept under a key.

        Raises:
            ArtifactNotFoundError: nothing is.
        """
        check_key(key)
        with self._failures_of("read", key):
            if self.lacks(key):
                raise FileNotFoundError(key)
            return await self._tree.read(key)

    async def read_text(self, key: str) -> str:
        """What is kept under a key, as UTF-8 text; line ends stay as they are.

        Raises:
            ArtifactNotFoundError: nothing is kept there.
            StorageError: it is not UTF-8.
        """
        data = await self.read_bytes(key)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise StorageError(f"artifact {key!r} in {self.url} is not UTF-8: {error}") from error

    async def read_artifact(self, key: str, artifact_type: type[T]) -> T:
        """What is kept under a key, as a validated model.

        Raises:
            ArtifactNotFoundError: nothing is kept there.
            StorageError: it is not a valid `artifact_type`; the message has the first problem.
        """
        data = await self.read_bytes(key)
        try:
            return artifact_type.model_validate_json(data)
        except ValidationError as error:
            raise StorageError(
                f"artifact {key!r} in {self.url} is not a valid {artifact_type.__name__}: "
                f"{_first_problem(error)}"
            ) from error

    async def write_bytes(self, key: str, data: bytes, *, durable: bool = True) -> None:
        """Keep bytes under a key, in place of what was there.

        Args:
            key: where.
            data: what.
            durable: whether it must survive a power cut. What can be had again, and is written
                with every call, need not: a folder then takes it at once, where bringing it to the
                disk in a thread costs a hundred times as much while the event loop is busy.
        """
        check_key(key)
        with self._failures_of("write", key):
            if self._folder is not None and not durable:
                self._folder.place(key, data)
            elif self._batches is not None:
                await self._batches.write(key, data)
            else:
                await self._tree.write(key, data)

    async def write_text(self, key: str, text: str, *, durable: bool = True) -> None:
        """Keep text under a key as UTF-8; line ends stay as they are.

        Args:
            key: where.
            text: what.
            durable: as `write_bytes` has it.
        """
        check_key(key)
        with self._failures_of("write", key):
            data = text.encode()
        await self.write_bytes(key, data, durable=durable)

    async def write_artifact(self, key: str, artifact: BaseModel) -> None:
        """Keep a model under a key, as indented JSON with a newline at its end."""
        check_key(key)
        with self._failures_of("write", key):
            text = artifact.model_dump_json(indent=2)
        await self.write_text(key, f"{text}\n")

    async def create_text(self, key: str, text: str) -> bool:
        """Keep text under a key under which nothing is kept yet.

        Of several that try at once, from whatever machine, one does; but see
        `has_conditional_writes`.

        Returns:
            Whether it is kept now. On S3 also `False` where it was kept and the server's word of it
            was lost: whoever must know reads what is there.
        """
        check_key(key)
        with self._failures_of("create", key):
            return await self._tree.create(key, text.encode())

    async def has_conditional_writes(self) -> bool:
        """Whether `create_text` keeps its promise; some servers do not know what is asked."""
        with self._failures_of("create", CONDITION_PROBE):
            try:
                if not await self._tree.create(CONDITION_PROBE, b""):
                    return True
                return not await self._tree.create(CONDITION_PROBE, b"")
            except NotImplementedError:
                return False

    async def exists(self, key: str) -> bool:
        """Whether something is kept under a key; a folder is nothing."""
        check_key(key)
        with self._failures_of("look for", key):
            return await self._tree.is_file(key)

    async def list_keys(self, prefix: str) -> list[str]:
        """Sorted keys of everything kept below a folder, without unfinished writes or links.

        Args:
            prefix: the folder's key, with or without a slash at its end; `""` is the whole store.
                A folder that is not there is empty.
        """
        folder = _folder_of(prefix)
        with self._failures_of("list", prefix):
            return await self._tree.keys_below(folder)

    async def list_files(self, prefix: str) -> list[StoredFile]:
        """The same as `list_keys`, with size and time of each."""
        folder = _folder_of(prefix)
        with self._failures_of("list", prefix):
            return await self._tree.files_below(folder)

    async def list_folders(self, prefix: str) -> list[str]:
        """Sorted names of the folders directly in a folder, without looking into them.

        A local folder lists empty ones too.

        Args:
            prefix: as for `list_keys`.
        """
        folder = _folder_of(prefix)
        with self._failures_of("list", prefix):
            return await self._tree.folders_in(folder)

    async def delete(self, key: str) -> None:
        """Remove what is kept under a key.

        Raises:
            ArtifactNotFoundError: nothing is.
        """
        check_key(key)
        with self._failures_of("delete", key):
            await self._tree.remove(key)

    async def delete_folder(self, prefix: str, *, last: str = "") -> int:
        """Remove everything below a folder, and the folder; whoever is killed here begins again.

        Args:
            prefix: the folder's key.
            last: a key in it that is removed after all others, so that it tells of the folder for
                as long as anything of it is there.

        Returns:
            Number of files removed.
        """
        folder = _folder_of(prefix)
        check_key(folder)
        keys = await self.list_keys(folder)
        removed = await self.delete_all([key for key in keys if key != last])
        removed += await self.delete_all([last] if last in keys else [])
        await self.clear_folder(folder)
        return removed

    async def clear_folder(self, prefix: str) -> None:
        """Take away a folder that nothing is kept in; one with something in it stays.

        Args:
            prefix: the folder's key.
        """
        folder = _folder_of(prefix)
        check_key(folder)
        with self._failures_of("clear", folder):
            await self._tree.clear(folder)

    async def delete_all(self, keys: Sequence[str]) -> int:
        """Remove files, many at once; what is gone already is no error.

        Returns:
            Number of files removed.
        """
        waiting, removed = iter(keys), 0

        async def remove() -> None:
            nonlocal removed
            for key in waiting:
                with suppress(ArtifactNotFoundError):
                    await self.delete(key)
                    removed += 1

        removing = (remove() for _ in range(min(len(keys), _REMOVED_AT_ONCE)))
        for end in await asyncio.gather(*removing, return_exceptions=True):
            if end is not None:
                raise end
        return removed

    @contextmanager
    def _failures_of(self, action: str, key: str) -> Generator[None, None, None]:
        try:
            yield
        except AppBuilderError:
            raise
        except Exception as error:  # each kind of storage raises types of its vendor's own
            if action in _NEEDS_A_FILE and isinstance(error, _NO_FILE):
                raise ArtifactNotFoundError(
                    f"there is no artifact {key!r} in {self.url}"
                ) from error
            raise StorageError(
                f"cannot {action} {key!r} in the artifact store {self.url}: "
                f"{type(error).__name__}: {error}"
            ) from error


def _folder_of(prefix: str) -> str:
    folder = prefix.removesuffix("/") if prefix != "/" else prefix
    if folder:
        check_key(folder)
    return folder


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
