"""A `.env` file, read again only when it has changed."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from pydantic_settings import BaseSettings, DotEnvSettingsSource

from core.errors import ConfigurationError

_Mark = tuple[int, ...]
"""What changes with a file: which one it is, its size, and when it was written or replaced."""


class EnvFile:
    """What a `.env` file says now, in the way in which the settings read it.

    It holds secrets, so it shows none and stays in its process.

    Args:
        path: of the file; it need not exist, and may come and go.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[_Mark | None, Mapping[str, str | None]] = (None, {})

    def __repr__(self) -> str:
        return f"EnvFile({str(self.path)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets stay in their process: EnvFile cannot be pickled")

    def read(self) -> Mapping[str, str | None]:
        """The variables by name; none where there is no file.

        Raises:
            ConfigurationError: the file cannot be read, or is not UTF-8.
        """
        # Taken before reading: a file that changes meanwhile is read once more, not once less.
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unreadable(error) from error
        if not stat.S_ISREG(status.st_mode):
            return self._parsed()  # a pipe shows no sign of what will come through it
        mark = _mark(status)
        known, variables = self._read
        if mark != known:
            variables = self._parsed()
            self._read = (mark, variables)  # both at once, because threads share it
        return variables

    def _parsed(self) -> Mapping[str, str | None]:
        try:
            source = DotEnvSettingsSource(BaseSettings, env_file=self.path, case_sensitive=True)
        except UnicodeDecodeError:
            # `from None`: the decoding error carries the file's bytes.
            raise ConfigurationError(f"{str(self.path)!r} is not UTF-8 text") from None
        except OSError as error:
            raise self._unreadable(error) from error
        return source.env_vars

    def _unreadable(self, error: OSError) -> ConfigurationError:
        return ConfigurationError(f"cannot read {str(self.path)!r}: {error.strerror or error}")


def _mark(status: os.stat_result) -> _Mark:
    times = (status.st_mtime_ns, status.st_ctime_ns)
    return (status.st_dev, status.st_ino, status.st_size, *times)
