"""Secrets from environment variables, or from files that variables point to."""

import os
from collections.abc import Mapping
from pathlib import Path

from core.errors import ConfigurationError
from providers.secrets.env_file import EnvFile

_FILE_SUFFIX = "_FILE"
_MAX_SECRET_BYTES = 64 * 1024


class EnvironmentSecrets:
    """A `RefreshableSecrets` that reads `NAME`, or the file that `NAME_FILE` names.

    Values are looked up anew at each `get`, so a rotated file is seen; they are never shown or
    logged by this class. Of a `.env` file, what it says is kept until the file changes.

    Args:
        environ: the variables; default: those of the process.
        env_file: a `.env` file whose entries count where the environment has none; it need not
            exist.
    """

    def __init__(
        self, environ: Mapping[str, str] | None = None, *, env_file: Path | None = None
    ) -> None:
        self._environ = os.environ if environ is None else environ
        self._env_file = None if env_file is None else EnvFile(env_file)

    def __repr__(self) -> str:
        path = None if self._env_file is None else self._env_file.path
        return f"EnvironmentSecrets(env_file={path!r})"

    def places(self, name: str) -> tuple[str, ...]:
        """The variables, and the file that counts where they are unset."""
        here = f"the environment (or {name}{_FILE_SUFFIX})"
        return (here,) if self._env_file is None else (here, str(self._env_file.path))

    def get(self, name: str) -> str | None:
        """The secret called `name`, without surrounding whitespace; `None` if unset or blank.

        Raises:
            ConfigurationError: both `name` and `name_FILE` are set, or a file cannot be read.
        """
        variables = self._variables(name)
        value = variables.get(name, "").strip()
        path = variables.get(name + _FILE_SUFFIX, "").strip()
        if value and path:
            raise ConfigurationError(
                f"both {name} and {name}{_FILE_SUFFIX} are set; unset one of them"
            )
        if path:
            return _read(name, Path(path))
        return value or None

    def at_hand(self, name: str) -> str | None:
        """The same: nothing is asked over a network."""
        return self.get(name)

    def refresh(self, name: str) -> str | None:
        """The same: nothing is given that could be out of date."""
        return self.get(name)

    def _variables(self, name: str) -> Mapping[str, str]:
        """The variables that concern `name`, from the place that comes first."""
        names = (name, name + _FILE_SUFFIX)
        here = {key: self._environ[key] for key in names if key in self._environ}
        if here or self._env_file is None:
            return here
        said = self._env_file.read()
        return {key: value for key in names if (value := said.get(key))}


def _read(name: str, path: Path) -> str:
    variable = name + _FILE_SUFFIX
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_SECRET_BYTES + 1)
        if len(data) > _MAX_SECRET_BYTES:
            raise ConfigurationError(
                f"{variable}: {str(path)!r} is larger than {_MAX_SECRET_BYTES} bytes; "
                "is it the right file?"
            )
        value = data.decode().strip()
    except UnicodeDecodeError:
        # `from None`: the decoding error carries the file's bytes.
        raise ConfigurationError(f"{variable}: {str(path)!r} is not UTF-8 text") from None
    except OSError as error:
        raise ConfigurationError(
            f"{variable}: cannot read {str(path)!r}: {error.strerror or error}"
        ) from error
    if not value:
        raise ConfigurationError(f"{variable}: {str(path)!r} is empty")
    return value
