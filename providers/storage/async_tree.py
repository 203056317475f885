"""What the artifact store asks of the files below it: methods that can be awaited."""

import asyncio
from typing import Protocol

from providers.storage.trees import ObjectTree


class AsyncTree(Protocol):
    """Files below one root; a written file is seen whole or not at all."""

    async def read(self, key: str) -> bytes:
        """A file's content; `FileNotFoundError` when there is no such file."""
        ...

    async def write(self, key: str, data: bytes) -> None:
        """Write or replace a file."""
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

    async def is_file(self, key: str) -> bool:
        """See `AsyncTree`."""
        return await asyncio.to_thread(self._tree.is_file, key)

    async def remove(self, key: str) -> None:
        """See `AsyncTree`."""
        await asyncio.to_thread(self._tree.remove, key)

    async def keys_below(self, folder: str) -> list[str]:
        """See `AsyncTree`."""
        return await asyncio.to_thread(self._tree.keys_below, folder)

    def url_of(self, key: str) -> str:
        """See `AsyncTree`."""
        return self._tree.url_of(key)
