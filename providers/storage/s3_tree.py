"""Files below a prefix of an S3 bucket, over s3fs."""

import asyncio
import mimetypes
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import PurePosixPath
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
)
from s3fs import S3FileSystem, core  # pyright: ignore[reportMissingTypeStubs] -- s3fs ships no types

from core.errors import InputError, StorageError
from providers.storage.s3_url import S3Options, parse_s3_url
from providers.storage.stored_files import StoredFile, finished, stored_file

T = TypeVar("T")

_CONNECTIONS = 64
_ATTEMPTS = 4
"""Of one request by botocore, up to 20 s apart: it knows most kinds of failure, but allows all
requests of a client together about a hundred retries before it gives up at once."""

_OUTER_ATTEMPTS = 10
"""Of the same by s3fs, around botocore's, 0.1 s to 7 s apart, for servers that are away or ask to
slow down and for answers that break off. Together they wait for 17 to 87 s, 50 s in the mean.
An address at which nobody was seen yet may be wrong, and is told when botocore gives up."""

_CONNECTING_SECONDS = 10
_SILENT_SECONDS = 60
"""Longest wait for the next byte of an answer."""

_PART_BYTES = 8 * 2**20
"""What is twice as large or larger is sent in parts of this size, each with attempts of its own."""

_THERE_IS_ONE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_BROKEN, _NOT_IMPLEMENTED = 500, 501
_NO_CONDITIONS = frozenset({"NotImplemented", "501"})

_RIGHTS = "s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket"
_VERSION = "?versionId="

_TEXTS = {
    ".json": "application/json; charset=utf-8",
    ".jsonl": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Content types by which a browser shows a document instead of saving it."""

_CODE = "code"
"""The folder below a build's that holds generated files, which are text to a browser."""


_seen: set[str] = set()
"""Hosts and ports of servers that answered this process."""


def _may_pass(error: Exception) -> bool:
    """Whether a server that is away, or says that it is broken, is to be asked again by s3fs.

    s3fs would give up when botocore does, within a few seconds. It asks this of every kind of
    failure, for all stores of the process, and once more where it reads: of an error that it has
    raised it is not to begin anew.
    """
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= _BROKEN and status != _NOT_IMPLEMENTED
    if not isinstance(error, (EndpointConnectionError, ConnectTimeoutError)):
        return False
    told = cast("Any", error)
    met_before = getattr(told, "asked_again", False)
    told.asked_again = True
    host = urlsplit(str(told.kwargs.get("endpoint_url"))).netloc
    return not met_before and any(host == seen or host.endswith(f".{seen}") for seen in _seen)


cast("Any", core).set_custom_error_handler(_may_pass)


class S3Tree:
    """Files of a bucket; S3 shows an object whole or not at all.

    Every call runs on the event loop that fsspec keeps for itself, so that any loop and any thread
    of the process can share the connections.

    Args:
        url: as `parse_s3_url` reads it.
        setting: where the URL comes from, for messages.

    Raises:
        ConfigurationError: the URL cannot be used.
    """

    def __init__(self, url: str, *, setting: str) -> None:
        self._root, options = parse_s3_url(url, setting=setting)
        self._bucket = self._root.partition("/")[0]
        self._setting = setting
        self._files = _file_system(options)
        self._bucket_seen = False

    async def read(self, key: str) -> bytes:
        """A file's content; `FileNotFoundError` when there is no such file."""
        # With more than one connection for a file, its size would be asked for first.
        return await self._asking(self._files._cat_file(self._path(key), max_concurrency=1))

    async def write(self, key: str, data: bytes) -> None:
        """Write or replace a file; readers see the old content or the new one."""
        await self._asking(self._sent(key, data, "overwrite"))

    async def create(self, key: str, data: bytes) -> bool:
        """Write a file unless there is one; of several that try at once, one does.

        A write whose confirmation was lost on the way is sent again, and then found to be there:
        whoever must know looks at what is.

        Raises:
            NotImplementedError: the server says that it has no conditional writes.
        """
        try:
            await self._asking(self._sent(key, data, "create"))
        except OSError as error:
            if _code(error) in _THERE_IS_ONE:
                return False
            if _code(error) in _NO_CONDITIONS:
                raise NotImplementedError("the server has no conditional writes") from error
            raise
        return True

    async def is_file(self, key: str) -> bool:
        """Whether there is a file; a failing store raises, and is not taken for a no."""
        try:
            info: Mapping[str, Any] = await self._asking(self._files._info(self._path(key)))
        except FileNotFoundError:
            return False
        return info["type"] == "file"

    async def remove(self, key: str) -> None:
        """Remove a file; `FileNotFoundError` when there is no such file."""
        if not await self.is_file(key):  # S3 removes what is not there without a word
            raise FileNotFoundError(key)
        await self._asking(self._files._rm_file(self._path(key)))

    async def keys_below(self, folder: str) -> list[str]:
        """Sorted keys of all files below a folder; `""` is the root."""
        return sorted(key for key, _ in await self._finished_below(folder))

    async def files_below(self, folder: str) -> list[StoredFile]:
        """The same, with size and time of each."""
        found = (stored_file(key, info) for key, info in await self._finished_below(folder))
        return sorted(found, key=attrgetter("key"))

    async def folders_in(self, folder: str) -> list[str]:
        """Sorted names of the folders directly in a folder; `""` is the root."""
        path = self._path(folder) if folder else self._root
        try:
            inside: Sequence[Mapping[str, Any]] = await self._asking(
                self._files._ls(path, detail=True)
            )
        except FileNotFoundError:
            return []
        folders = (each for each in inside if each["type"] == "directory")
        return sorted(PurePosixPath(each["name"]).name for each in folders)

    async def clear(self, folder: str) -> None:
        """Take away the empty folders that some servers keep; S3 itself has only keys."""
        for name in await self.folders_in(folder):
            await self.clear(f"{folder}/{name}")
        if not await self.keys_below(folder):
            key = f"{self._path(folder)}/".removeprefix(f"{self._bucket}/")
            request = self._files._call_s3("delete_object", Bucket=self._bucket, Key=key)
            await self._asking(request)

    async def place(self) -> str:
        """Server and root: two servers may have buckets of the same name."""
        client: Any = await self._on_loop(self._files.set_session())
        return f"{client.meta.endpoint_url}/{self._root}"

    def url_of(self, key: str) -> str:
        """The URL of a key, or of the root for `""`; without options."""
        return f"s3://{self._path(key)}" if key else f"s3://{self._root}"

    def _sent(self, key: str, data: bytes, mode: str) -> Coroutine[Any, Any, object]:
        return self._files._pipe_file(
            self._path(key),
            data,
            chunksize=_PART_BYTES,
            mode=mode,
            ContentType=content_type(key),
        )

    def _path(self, key: str) -> str:
        if _VERSION in key:  # s3fs would take what follows away, and another file for this one
            raise InputError(f"artifact key {key!r}: a store on S3 takes none with {_VERSION!r}")
        return f"{self._root}/{key}"

    async def _finished_below(self, folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        start = f"{self._root}/"
        inside = f"{start}{folder}/" if folder else start
        found: Mapping[str, Mapping[str, Any]] = await self._asking(
            self._files._find(inside, detail=True)
        )
        return finished(found, start, inside)

    async def _asking(self, request: Coroutine[Any, Any, T]) -> T:
        """Await a request on fsspec's loop.

        Raises:
            FileNotFoundError: there is no such object.
            StorageError: nobody was ever there, there is no such bucket, or there are no
                credentials.
        """
        begun = False
        try:
            if not self._bucket_seen:
                await self._on_loop(self._see_bucket())
            begun = True
            return await self._on_loop(request)
        except NoCredentialsError as error:
            raise StorageError(
                f"there are no credentials for s3://{self._bucket} ({self._setting}); set "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or run where AWS gives "
                "a role"
            ) from error
        except (EndpointConnectionError, ConnectTimeoutError) as error:
            if self._bucket_seen:
                raise
            address = cast("Any", error).kwargs.get("endpoint_url")
            raise StorageError(
                f"nobody answers at {address}; start the server, or correct the store's URL: "
                f"{self._setting}"
            ) from error
        except FileNotFoundError as error:
            if _code(error) == "NoSuchBucket":
                raise self._no_bucket() from error
            raise
        except PermissionError as error:
            raise PermissionError(
                f"{error}; check that the credentials are right, and that they may {_RIGHTS} in "
                f"bucket {self._bucket!r}"
            ) from error
        finally:
            if not begun:
                request.close()  # one that was begun is the other loop's, whoever still waits

    async def _see_bucket(self) -> None:
        """Make sure of the bucket once: that an object is missing looks the same without one."""
        try:
            await self._files._call_s3("head_bucket", Bucket=self._bucket)
        except FileNotFoundError as error:
            raise self._no_bucket() from error
        except PermissionError:
            pass  # keys for objects only are enough; wrong ones are told by what comes next
        self._bucket_seen = True
        client: Any = await self._files.set_session()
        _seen.add(urlsplit(str(client.meta.endpoint_url)).netloc)

    def _no_bucket(self) -> StorageError:
        return StorageError(
            f"there is no bucket {self._bucket!r}; create it, or correct the store's URL: "
            f"{self._setting}"
        )

    async def _on_loop(self, request: Coroutine[Any, Any, T]) -> T:
        loop = cast("asyncio.AbstractEventLoop", self._files.loop)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(request, loop))


def content_type(key: str) -> str:
    """The media type of a file, by its key.

    Generated source is plain text, whatever it is: a page or a script that somebody's model wrote
    is to be read, and never to run in the store's name.
    """
    path = PurePosixPath(key)
    if path.suffix in _TEXTS and _CODE not in path.parts:
        return _TEXTS[path.suffix]
    guessed, encoding = mimetypes.guess_type(path.name, strict=False)
    if guessed and not encoding and guessed.startswith("image/") and path.suffix != ".svg":
        return guessed
    return "text/plain; charset=utf-8"


def _file_system(options: S3Options) -> Any:
    files: Any = S3FileSystem(
        endpoint_url=options.endpoint or None,
        s3_additional_kwargs=options.arguments,
        config_kwargs={
            "max_pool_connections": _CONNECTIONS,
            "connect_timeout": _CONNECTING_SECONDS,
            "read_timeout": _SILENT_SECONDS,
            "retries": {"mode": "standard", "total_max_attempts": _ATTEMPTS},
        },
        # Of this store alone: an instance of fsspec's cache keeps the credentials it began with.
        skip_instance_cache=True,
        profile=options.profile or None,
        # A cached listing would hide what other processes have written since.
        use_listings_cache=False,
    )
    files.retries = _OUTER_ATTEMPTS
    return files


def _code(error: BaseException) -> str:
    """S3's own word for an error, where it said one."""
    cause = error.__cause__
    return (
        str(cause.response.get("Error", {}).get("Code")) if isinstance(cause, ClientError) else ""
    )
