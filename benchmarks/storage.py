"""What the artifact store on S3 costs over bare s3fs: `make bench-storage`.

1,000 small artifacts are written, and read, through the store, and with s3fs's own calls for many
files, against a real server in a process of its own. Both sides have as many requests under way,
take turns and write anew each time; the median of the turns' ratios is told. It ends with exit
code 1 if a bound is missed.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table
from s3fs import S3FileSystem  # pyright: ignore[reportMissingTypeStubs] -- s3fs ships no types

from providers.storage.artifact_store import ArtifactStore
from tests.real_s3.seaweedfs import ACCESS_KEY, SECRET_KEY, SeaweedFS

ARTIFACTS = 1_000
AT_ONCE = 64
BOUND = 1.3
BUCKET = "benchmark"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}

Work = Callable[[str, int], Awaitable[None]]
"""Writes or reads this many artifacts below a folder."""

_say = Console().print


class ThroughStore:
    """The artifact store, as builds use it."""

    def __init__(self, url: str) -> None:
        self._store = ArtifactStore(f"s3://{BUCKET}/store?endpoint={url}")

    async def write(self, folder: str, number: int) -> None:
        """Write them all, `AT_ONCE` at a time."""
        await self._each(
            number, lambda each: self._store.write_text(_key(folder, each), _text(each))
        )

    async def read(self, folder: str, number: int) -> None:
        """Read them all back."""

        async def read(each: int) -> None:
            _check(await self._store.read_text(_key(folder, each)), each)

        await self._each(number, read)

    async def _each(self, number: int, work: Callable[[int], Awaitable[None]]) -> None:
        numbers = iter(range(number))

        async def worker() -> None:
            for each in numbers:
                await work(each)

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


class BareS3fs:
    """s3fs's own calls for many files at once."""

    def __init__(self, url: str) -> None:
        self._files: Any = S3FileSystem(
            endpoint_url=url,
            config_kwargs={"max_pool_connections": AT_ONCE},
            skip_instance_cache=True,
            use_listings_cache=False,
        )

    def make_bucket(self) -> None:
        """Make the bucket of both sides."""
        self._files.mkdir(BUCKET, region_name="eu-central-1")

    async def write(self, folder: str, number: int) -> None:
        """Write them all, `AT_ONCE` at a time."""
        data = {_path(folder, each): _text(each).encode() for each in range(number)}
        await asyncio.to_thread(self._files.pipe, data, batch_size=AT_ONCE)

    async def read(self, folder: str, number: int) -> None:
        """Read them all back."""
        paths = [_path(folder, each) for each in range(number)]
        found = await asyncio.to_thread(self._files.cat, paths, batch_size=AT_ONCE)
        for each, path in enumerate(paths):
            _check(found[path].decode(), each)


def _key(folder: str, each: int) -> str:
    return f"project/{folder}/report/calls/{each:04}.json"


def _path(folder: str, each: int) -> str:
    return f"{BUCKET}/bare/{_key(folder, each)}"


def _text(each: int) -> str:
    return f'{{"number": {each}, "text": "{"some words of an artifact " * 80}"}}\n'


def _check(text: str, each: int) -> None:
    if text != _text(each):
        raise ValueError(f"artifact {each} came back as {text[:80]!r}…")


async def measure(url: str, number: int, turns: int) -> bool:
    """Both sides in turns; whether both bounds are met."""
    bare, store = BareS3fs(url), ThroughStore(url)
    await asyncio.to_thread(bare.make_bucket)
    for side in (bare, store):  # connections are opened before anything is timed
        await side.write("warm", 2 * AT_ONCE)
        await side.read("warm", 2 * AT_ONCE)
    table = Table(f"{number:,} artifacts of 2 kB", "store", "bare s3fs", "ratio", "at most", "")
    all_met = True
    for what, mine, theirs in (
        ("written", store.write, bare.write),
        ("read", store.read, bare.read),
    ):
        pairs = [await _turn(mine, theirs, number, turn) for turn in range(turns)]
        ratio = median(ours / other for ours, other in pairs)
        all_met &= ratio <= BOUND
        table.add_row(
            what,
            f"{median(ours for ours, _ in pairs):.2f} s",
            f"{median(other for _, other in pairs):.2f} s",
            f"{ratio:.2f}",
            f"{BOUND:g}",
            "met" if ratio <= BOUND else "missed",
        )
    _say(table)
    return all_met


async def _turn(mine: Work, theirs: Work, number: int, turn: int) -> tuple[float, float]:
    """Seconds of each side; who begins changes from turn to turn."""
    seconds: dict[Work, float] = {}
    for work in (mine, theirs) if turn % 2 else (theirs, mine):
        begun = time.perf_counter()
        await work(f"turn-{turn}", number)
        seconds[work] = time.perf_counter() - begun
    return seconds[mine], seconds[theirs]


def main() -> int:
    """Measure; the exit code says whether all bounds are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artifacts", type=int, default=ARTIFACTS, help="number in a turn")
    parser.add_argument("--turns", type=int, default=5)
    asked = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    with tempfile.TemporaryDirectory() as folder:
        server = SeaweedFS(Path(folder) / "server")
        server.start()
        try:
            all_met = asyncio.run(measure(server.url, asked.artifacts, asked.turns))
        finally:
            server.kill()
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main())
