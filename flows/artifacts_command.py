"""What `app-builder artifacts` does: lists builds, and lists and fetches their artifacts."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from core.artifacts.build_record import BuildRecord
from core.errors import InputError
from core.layout import BUILDS, CODE, build_prefix
from core.printable import printable
from core.settings import Settings
from flows.fetched_files import put_files
from providers.storage.artifact_store import ArtifactStore
from providers.storage.stored_files import StoredFile
from tasks.engine.artifact_page import what_it_is
from tasks.retention.builds import FoundBuild, find_builds

_NEAR = 5


def list_builds(settings: Settings, console: Console, *, as_json: bool) -> None:
    """Print every build of the store: project, status, stage, time and cost.

    Raises:
        StorageError: the store failed.
    """
    store = ArtifactStore(settings.store_url)
    builds = asyncio.run(find_builds(store))
    rows = [_build_row(build) for build in sorted(builds, key=_started)]
    if as_json:
        _print_json(console, rows)
    elif rows:
        _print_table(console, rows, right=("cost_usd",))
    else:
        console.print(Text(f"There is no build in {store.url}"), soft_wrap=True)


def show_artifacts(
    settings: Settings, name: str, path: str, console: Console, *, as_json: bool
) -> None:
    """Print a build's artifacts; of a path that is one file, what is in it.

    Args:
        settings: the operator's.
        name: id of a build, or of a project for its latest one.
        path: of an artifact or a folder of them; empty for all.
        console: printed to.
        as_json: the list as JSON, also of one file.

    Raises:
        InputError: there is no such build or path; near ones are named.
        StorageError: the store failed.
    """
    store = ArtifactStore(settings.store_url)
    build_id, files = asyncio.run(_found(store, name, path))
    if not as_json and list(files) == [path]:
        _print_content(console, asyncio.run(store.read_bytes(build_prefix(build_id) + path)))
        return
    rows = [
        {
            "path": found,
            "type": kind_of(found),
            "size": file.size,
            "written_at": file.written_at.isoformat(timespec="seconds"),
            "url": store.url_of(file.key),
        }
        for found, file in files.items()
    ]
    if as_json:
        _print_json(console, rows)
        return
    console.print(Text(f"Artifacts of {build_id} in {store.url}"), soft_wrap=True)
    told = [{**row, "size": decimal(int(str(row["size"])))} for row in rows]
    _print_table(console, [{k: v for k, v in row.items() if k != "url"} for row in told], ("size",))


def fetch_artifacts(
    settings: Settings, name: str, path: str, folder: Path, console: Console, *, replace: bool
) -> None:
    """Write a build's artifacts into a folder, each at its own path.

    Args:
        settings: the operator's.
        name, path: as for `show_artifacts`.
        folder: made where it is not there; nothing is written outside of it.
        console: printed to.
        replace: whether files with other content are replaced.

    Raises:
        InputError: there is no such build or path, a file is in the way, or a link leads out.
        StorageError: the store failed.
    """
    store = ArtifactStore(settings.store_url)
    build_id, files = asyncio.run(_found(store, name, path))
    written = asyncio.run(put_files(store, build_prefix(build_id), files, folder, replace=replace))
    there = len(files) - written
    others = f"; there already: {there}" if there else ""
    told = f"Artifacts of {build_id} written to {folder}: {written}{others}"
    console.print(Text(told), soft_wrap=True)


def kind_of(path: str) -> str:
    """What an artifact is, in a word or two."""
    return "generated file" if path.startswith(CODE) else what_it_is(path)


async def _found(
    store: ArtifactStore, name: str, path: str
) -> tuple[str, Mapping[str, StoredFile]]:
    """Id of a build, and its artifacts at or below a path."""
    build_id = await _resolved(store, name)
    prefix = build_prefix(build_id)
    files = {file.key.removeprefix(prefix): file for file in await store.list_files(prefix)}
    folder = f"{path.rstrip('/')}/"
    found = {one: file for one, file in files.items() if one == path or one.startswith(folder)}
    if path and not found:
        raise InputError(
            f"build {build_id!r} has no artifact {path!r}{_near(path, list(files))}; "
            f"`app-builder artifacts {build_id}` lists all"
        )
    return build_id, found or files


async def _resolved(store: ArtifactStore, name: str) -> str:
    """The id of a build, given it or its project's."""
    ids = await store.list_folders(BUILDS)
    if name in ids and await store.list_keys(build_prefix(name)):
        return name
    of_project = [build for build in await find_builds(store, name) if build.record]
    if of_project:
        return max(of_project, key=_started).build_id
    projects = {build_id.rpartition("-")[0] for build_id in ids}
    raise InputError(
        f"there is no build or project {name!r} in {store.url}{_near(name, [*ids, *projects])}; "
        "`app-builder artifacts` lists all builds"
    )


def _near(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=_NEAR) or [one for one in known if name in one][:_NEAR]
    return f"; near it: {', '.join(map(repr, near))}" if near else ""


def _build_row(build: FoundBuild) -> dict[str, Any]:
    record = build.record
    if record is None:
        return {
            "build": build.build_id,
            "project": build.project_id,
            "status": build.problem,
            "stage": "",
            "started_at": "",
            "cost_usd": None,
        }
    return {
        "build": build.build_id,
        "project": build.project_id,
        "status": str(record.status),
        "stage": record.failed_at or record.current_stage,
        "started_at": record.started_at,
        "cost_usd": round(record.totals.cost_usd, 6),
    }


def _started(build: FoundBuild) -> tuple[datetime, str]:
    record: BuildRecord | None = build.record
    told = record.started_at if record else ""
    started = datetime.fromisoformat(told) if told else datetime.min.replace(tzinfo=UTC)
    return started, build.build_id


def _print_json(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    console.file.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")


def _print_table(
    console: Console, rows: Sequence[Mapping[str, Any]], right: Sequence[str] = ()
) -> None:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in rows[0] if rows else ():
        justify = "right" if name in right else "left"
        whole = name == "build"  # an id that is copied must stand on one line
        shown.add_column(name.replace("_", " "), justify=justify, overflow="fold", no_wrap=whole)
    for row in rows:
        cells = ("–" if cell in ("", None) else str(cell) for cell in row.values())
        shown.add_row(*(Text(printable(cell)) for cell in cells))
    console.print(shown)


def _print_content(console: Console, data: bytes) -> None:
    """Bytes as they are, but on a terminal nothing that could drive it."""
    if not console.is_terminal:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    console.print(Text(printable(data.decode(errors="replace"))), end="", soft_wrap=True)
