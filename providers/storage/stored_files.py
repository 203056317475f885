"""What a store says of the files it keeps, whatever kind of storage says it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from providers.storage.keys import is_unfinished

_WRITTEN = ("mtime", "LastModified", "last_modified", "updated", "created")
"""When a file was last written, in the words of the local folder, S3, Azure, Google and memory."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a store.

    Attributes:
        key: where it is.
        size: in bytes.
        written_at: when it was last written, UTC, by the clock of the storage.
    """

    key: str
    size: int
    written_at: datetime


def finished(
    found: Mapping[str, Mapping[str, Any]], start: str, inside: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Keys of the finished files of a listing, with what the listing says of each.

    Args:
        found: a listing by full name, as fsspec's `find` gives it.
        start: what all names begin with before their keys.
        inside: what the names of the wanted files begin with.
    """
    for name, info in found.items():
        wanted = name.startswith(inside) and info["type"] == "file" and not info.get("islink")
        if wanted and not is_unfinished(name):
            yield name.removeprefix(start), info


def stored_file(key: str, info: Mapping[str, Any]) -> StoredFile:
    """What a listing says of a file.

    Raises:
        KeyError: it does not say how large the file is, or when it was written.
    """
    said = next((name for name in _WRITTEN if info.get(name)), _WRITTEN[0])
    return StoredFile(key, int(info["size"]), _moment(info[said]))


def _moment(written: object) -> datetime:
    if isinstance(written, datetime):
        return written.astimezone(UTC) if written.tzinfo else written.replace(tzinfo=UTC)
    if isinstance(written, str):  # Google's
        return datetime.fromisoformat(written).astimezone(UTC)
    return datetime.fromtimestamp(float(str(written)), UTC)
