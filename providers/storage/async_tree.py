"""What the artifact store asks of the files below it: methods that can be awaited."""

import asyncio
from typing import Protocol

from providers.storage.stored_files import StoredFile
from providers.storage.trees import ObjectTree


class AsyncTree(Protocol):
    """Files below one root; a written file is seen whole or not at all."""

    async def read(self, key: str) -> bytes:
        """A file's content; `FileNotFoundError` when there is no such file."""
        ...

    async def write(self, key: str, data: bytes) -> None:
        """Write or replace a file."""
        ...

    async def create(self, key: str, data: bytes) -> bool:
        """Write a file unless there is one, and say whether it was written.

        Of several that try at once, one does; `NotImplementedError` where that cannot be had.
        """
        ...

    async def is_file(self, key: str) -> bool:
        """Whether there is a file."""
        ...

    async def remove(self, key: str) -> None:
        """Remove a file; `FileNotFoundError` when there is no such file."""
        ...

    async def keys_below(self, folder: str) -> list[str]:
        """Sorted keys of all finished files below a folder; `""` is the root."""
        ...

    async def files_below(self, folder: str) -> list[StoredFile]:
        """The same, with size and time of each."""
        ...

    async def folders_in(self, folder: str) -> list[str]:
        """Sorted names of the folders directly in a folder; `""` is the root."""
        ...

    async def clear(self, folder: str) -> None:
        """Take away what is left of a folder whose files were removed, such as the folder."""
        ...

    async def place(self) -> str:
        """Which files these are: of two trees with the same place, each sees the other's."""
        ...

    def url_of(self, key: str) -> str:
        """The URL of a key, or of the root for `""`; never with credentials."""
        ...


class InThreads:
    """A blocking tree, each call in a thread of its own."""

    def __init__(self, tree: ObjectTree) -> None:
        self._tree = tree

    async def read(self, key: str) -> bytes:
        """See `AsyncTree`."""
        return await asyncio.to_thread(self._tree.read, key)

    async def write(self, key: str, data: bytes) -> None:
        """See `AsyncTree`."""
        await asyncio.to_thread(self._tree.write, key, data)

    async def create(self, key: str, data: bytes) -> bool:
        """See `AsyncTree`."""
        return await asyncio.to_thread(self._tree.create, key, data)

    async def is_file(self, key: str) -> bool:
        """See `AsyncTree`."""
        return await asyncio.to_thread(self._tree.is_file, key)

    async def remove(self, key: str) -> None:
        """See `AsyncTree`."""
        await asyncio.to_thread(self._tree.remove, key)

    async def keys_below(self, folder: str) -> list[str]:
        """See `AsyncTree`."""
        return await asyncio.to_thread(self._tree.keys_below, folder)

    async def files_below(self, folder: str) -> list[StoredFile]:
        """See `AsyncTree`."""
        return await asyncio.to_thread(self._tree.files_below, folder)

    async def folders_in(self, folder: str) -> list[str]:
        """See `AsyncTree`."""
        return await asyncio.to_thread(self._tree.folders_in, folder)

    async def clear(self, folder: str) -> None:
        """See `AsyncTree`."""
        await asyncio.to_thread(self._tree.clear, folder)

    async def place(self) -> str:
        """See `AsyncTree`."""
        return self._tree.url_of("")

    def url_of(self, key: str) -> str:
        """See `AsyncTree`."""
        return self._tree.url_of(key)
