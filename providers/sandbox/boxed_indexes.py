"""The configured package indexes as variables for uv in a box, where none of its files are."""

import netrc
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from core.errors import ConfigurationError
from providers.sandbox.index_addresses import configured_indexes

_NAMED = re.compile(r"([\w.-]+)=(.+)")


async def boxed_indexes(settings: Mapping[str, str]) -> dict[str, str]:
    """Variables that name every index with what it takes to enter it.

    Indexes may stand in configuration files of uv, and passwords in a `.netrc`. A name, by which
    further variables of uv give an index its password, is kept where a variable gave it.

    Args:
        settings: uv's settings, as `uv_environment` gives them.

    Raises:
        ConfigurationError: uv does not understand its settings, or the `.netrc` is malformed.
    """
    default, *further = await configured_indexes(settings) or ("",)
    words = " ".join(settings.get(name, "") for name in ("UV_DEFAULT_INDEX", "UV_INDEX")).split()
    names = {named[2]: f"{named[1]}=" for word in words if (named := _NAMED.fullmatch(word))}
    entries = _netrc(settings)

    def word(url: str) -> str:
        return names.get(url, "") + _with_password(url, entries)

    found = {"UV_DEFAULT_INDEX": word(default), "UV_INDEX": " ".join(map(word, further))}
    return {name: value for name, value in found.items() if value}


def _netrc(settings: Mapping[str, str]) -> netrc.netrc | None:
    path = Path(settings.get("NETRC") or f"{settings.get('HOME', '')}/.netrc")
    if not path.is_file():
        return None
    try:
        return netrc.netrc(path)
    except (netrc.NetrcParseError, UnicodeDecodeError, OSError) as error:
        raise ConfigurationError(
            f"{str(path)!r} cannot be read: {error}; correct it, or set NETRC to another file"
        ) from error


def _with_password(url: str, entries: netrc.netrc | None) -> str:
    parts = urlsplit(url)
    if entries is None or parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        return url
    entry = entries.authenticators(parts.hostname or "")
    if entry is None:
        return url
    login, _, password = entry
    user = f"{quote(login, safe='')}:{quote(password or '', safe='')}"
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc}"))
