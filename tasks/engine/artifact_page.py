"""The page of a build's artifacts in the UI: what each is, and how to get it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from prefect.artifacts import acreate_markdown_artifact

from core.artifacts.build_record import BuildRecord
from core.layout import ARTIFACT_TYPES, BUILD_RECORD, HISTORY, build_prefix
from core.markdown import code, plain, table
from core.stages import StageTable
from tasks.engine.build_session import BuildSession

_HEAD = ("artifact", "what it is", "stage", "where")


async def show_artifacts(session: BuildSession) -> None:
    """Show what a build has written so far, with a link where a browser can follow one."""
    record = session.recorder.record
    await acreate_markdown_artifact(
        key=f"artifacts-{session.build_id}",
        markdown=artifacts_page(
            session.table,
            record,
            address=session.store.url_of(build_prefix(session.build_id).rstrip("/")),
            base_url=session.settings.artifact_base_url,
        ),
        description=f"Artifacts of {record.project_name}",
    )


def artifacts_page(stages: StageTable, record: BuildRecord, *, address: str, base_url: str) -> str:
    """The artifacts of a build as a table in Markdown, and the commands that fetch them.

    A browser follows no link from a page of a server to a file of a machine, so that those are
    shown as their address; what the operator's base URL leads to is a link.

    Args:
        stages: all of them, in order.
        record: how the build stands.
        address: of the build's folder in the store.
        base_url: where a browser finds the store's files; empty where it does not.
    """
    rows = [
        (
            code(path),
            plain(what_it_is(path)),
            stage,
            _where(path, f"{build_prefix(record.build_id)}{path}", address, base_url),
        )
        for path, stage in _artifacts(stages, record).items()
    ]
    fetch = f"app-builder artifacts {record.build_id}"
    return (
        f"{table(_HEAD, rows)}\nAll of them are listed, or fetched into a folder, by\n\n"
        f"```sh\n{fetch}\n{fetch} --to {record.build_id}\n```\n"
    )


def what_it_is(path: str) -> str:
    """What an artifact is, in a word or two; of a folder (a slash at its end), of what."""
    if path.endswith("/"):
        return "folder of generated files"
    known = ARTIFACT_TYPES.get(path)
    if known is not None:
        return known.__name__
    if path == HISTORY:
        return "Git bundle"
    return {".json": "JSON", ".md": "Markdown"}.get(Path(path).suffix, "file")


def _artifacts(stages: StageTable, record: BuildRecord) -> Mapping[str, str]:
    """Every artifact by path, with the label of the stage that last wrote it."""
    found: dict[str, str] = {BUILD_RECORD: "all"}
    for stage in stages.stages:
        done = record.stages.get(stage.number)
        written: Iterable[str] = done.artifacts if done else ()
        found |= dict.fromkeys(written, stage.label)
    return found


def _where(path: str, key: str, address: str, base_url: str) -> str:
    if base_url and not path.endswith("/"):  # what lists folders differs from server to server
        return f"[open]({base_url.rstrip('/')}/{quote(key)})"
    return code(f"{address}/{path}")
