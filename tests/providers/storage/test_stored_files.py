from datetime import UTC, datetime
from typing import Any

import pytest

from providers.storage.stored_files import StoredFile, stored_file

MOMENT = datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        {"mtime": MOMENT.timestamp()},
        {"LastModified": MOMENT},
        {"LastModified": MOMENT.replace(tzinfo=None)},
        {"last_modified": datetime.fromisoformat("2026-11-23T05:05:06+01:00")},
        {"updated": "2026-11-23T04:05:06.000Z"},
        {"created": MOMENT.timestamp()},
        {"mtime": MOMENT.timestamp(), "created": 0.5},
    ],
)
def test_every_kind_of_storage_tells_the_time_in_its_own_words(said: dict[str, Any]) -> None:
    assert stored_file("a/b", {"size": 3, **said}) == StoredFile("a/b", 3, MOMENT)


def test_a_listing_without_a_time_is_not_taken_for_an_old_file() -> None:
    with pytest.raises(KeyError, match="mtime"):
        stored_file("a", {"size": 3})
