"""One file on its way into a local folder: written beside its place, then put there whole."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

from providers.storage.keys import UNFINISHED_PREFIX

_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS})


class Placing:
    """One file on its way into place.

    Attributes:
        folder: it is put into; empty until it is known.
        failure: what went wrong; then nothing of it is left behind.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._target = self._unfinished = self.folder = ""
        self._descriptor = -1
        self.failure: Exception | None = None

    def attempt(self, step: Callable[[], None]) -> None:
        """Take a step, unless one went wrong before."""
        if self.failure is not None:
            return
        try:
            step()
        except BaseException as error:
            self._clear()
            if not isinstance(error, Exception):
                raise
            self.failure = error

    def write_beside(self, target: str) -> None:
        """Write the data into a file beside the target."""
        self._target, self.folder = target, os.path.dirname(target)  # noqa: PTH120 -- a path object costs as much
        self._unfinished = f"{self.folder}/{UNFINISHED_PREFIX}{uuid4().hex}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            self._descriptor = os.open(self._unfinished, flags, 0o666)
        except FileNotFoundError:
            os.makedirs(self.folder, exist_ok=True)  # noqa: PTH103 -- as above
            self._descriptor = os.open(self._unfinished, flags, 0o666)
        left = memoryview(self._data)
        while left:
            left = left[os.write(self._descriptor, left) :]

    def sync(self) -> None:
        """Bring the data to the disk."""
        os.fsync(self._descriptor)
        self.close()

    def put_in_place(self) -> None:
        """Give the file its name, in place of what had it."""
        os.replace(self._unfinished, self._target)  # noqa: PTH105 -- as above

    def put_in_free_place(self) -> None:
        """Give the file its name, unless another has it.

        Raises:
            FileExistsError: another has it; nothing has changed.
            NotImplementedError: the file system cannot do this in one step.
        """
        try:
            os.link(self._unfinished, self._target)
        except OSError as error:
            if error.errno in _NO_LINKS:
                raise NotImplementedError(f"this file system has no hard links: {error}") from error
            raise
        os.unlink(self._unfinished)  # noqa: PTH108 -- as above

    def close(self) -> None:
        """Close the unfinished file."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def _clear(self) -> None:
        self.close()
        if self._unfinished:
            with suppress(OSError):  # what went wrong first is told
                os.unlink(self._unfinished)  # noqa: PTH108 -- as above


def sync_folder(folder: str) -> None:
    """Bring a folder's entries to the disk, so that a new name survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
