"""Where pip is told to find packages, as variables of the same meaning for uv.

People who configured pip for their package index expect it to be used here as well. The places and
their order are those of https://pip.pypa.io/en/stable/topics/configuration/.
"""

import configparser
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.errors import ConfigurationError

_FOR_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}
_LISTS = frozenset({"extra-index-url", "find-links"})
_SECTIONS = ("global", "install")  # the second wins
_FOR_EVERYONE = Path("/etc/pip.conf")


def uv_variables_of_pip(ours: Mapping[str, str]) -> dict[str, str]:
    """Variables for uv that say what pip's variables and files say.

    Args:
        ours: environment variables.

    Raises:
        ConfigurationError: a file of pip's is malformed.
    """
    said: dict[str, str] = {}
    for path in _files(ours):
        said |= _read(path)
    for option in _FOR_UV:
        if value := ours.get(f"PIP_{option.replace('-', '_').upper()}"):
            said[option] = value
    found: dict[str, str] = {}
    for option, value in said.items():
        # pip separates several values by white space, uv wants spaces or, for links, commas.
        separator = "," if option == "find-links" else " "
        found[_FOR_UV[option]] = separator.join(value.split()) if option in _LISTS else value
    if "UV_INDEX" in found:
        # To pip all indexes are one; uv would take a package only from the first that knows it.
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return found


def _files(ours: Mapping[str, str]) -> Iterator[Path]:
    """pip's files, the ones that win later."""
    named = ours.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    yield _FOR_EVERYONE
    if home := ours.get("HOME"):
        yield Path(home, ".pip/pip.conf")
        yield Path(ours.get("XDG_CONFIG_HOME") or f"{home}/.config", "pip/pip.conf")
    if named:
        yield Path(named)


def _read(path: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        raise ConfigurationError(
            f"pip's configuration {str(path)!r} cannot be read: {str(error).splitlines()[0]} "
            "Correct the file, or set PIP_CONFIG_FILE to another"
        ) from error
    return {
        option: parser[section][option]
        for section in _SECTIONS
        if parser.has_section(section)
        for option in _FOR_UV
        if option in parser[section]
    }
