"""Reads files that a stranger wrote: no link to another file, no device, of bounded size."""

import os
import stat
from pathlib import Path

from core.errors import InputError


def read_strange_file(path: Path, most_bytes: int) -> str:
    """Text of a repository's file.

    Raises:
        InputError: it is missing, no regular file, too large or not UTF-8.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise InputError(f"the repository has no {path.name}") from error
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise InputError(f"{path.name} is not a file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(most_bytes + 1)
    finally:
        os.close(descriptor)
    if len(content) > most_bytes:
        raise InputError(f"{path.name} is larger than {most_bytes // 1024} KiB")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not text: {error}") from error
