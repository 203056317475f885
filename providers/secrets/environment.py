"""Secrets from environment variables, or from files that variables point to."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic_settings import BaseSettings, DotEnvSettingsSource

from core.errors import ConfigurationError

_FILE_SUFFIX = "_FILE"
_MAX_SECRET_BYTES = 64 * 1024


class EnvironmentSecrets:
    """A `SecretSource` that reads `NAME`, or the file that `NAME_FILE` names.

    Values are read anew at each `get`, so a rotated file is seen, and are never kept, shown or
    logged by this class.

    Args:
        environ: the variables; default: those of the process.
        env_file: a `.env` file whose entries count where the environment has none; it need not
            exist.
    """

    def __init__(
        self, environ: Mapping[str, str] | None = None, *, env_file: Path | None = None
    ) -> None:
        self._environ = os.environ if environ is None else environ
        self._env_file = env_file

    def __repr__(self) -> str:
        return f"EnvironmentSecrets(env_file={self._env_file!r})"

    def places(self, name: str) -> tuple[str, ...]:
        """The variables, and the file that counts where they are unset."""
        here = f"the environment (or {name}{_FILE_SUFFIX})"
        return (here,) if self._env_file is None else (here, str(self._env_file))

    def get(self, name: str) -> str | None:
        """The secret called `name`, without surrounding whitespace; `None` if unset or blank.

        Raises:
            ConfigurationError: both `name` and `name_FILE` are set, or the file cannot be read.
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

    def _variables(self, name: str) -> Mapping[str, str]:
        """The variables that concern `name`, from the place that comes first."""
        names = (name, name + _FILE_SUFFIX)
        here = {key: self._environ[key] for key in names if key in self._environ}
        if here or self._env_file is None:
            return here
        source = DotEnvSettingsSource(BaseSettings, env_file=self._env_file, case_sensitive=True)
        return {key: value for key in names if (value := source.env_vars.get(key))}


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
