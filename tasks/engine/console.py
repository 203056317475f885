"""What the Prefect UI shows of a build: documents, tables, progress and links."""

from uuid import UUID

from prefect.artifacts import (
    acreate_link_artifact,
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)

from core.artifacts.build_record import BuildRecord, Usage
from core.layout import DOCS, REPORT
from core.stages import Stage, StageTable
from tasks.engine.build_session import BuildSession

_SHOWN = {DOCS: "Documentation", REPORT: "Report"}


async def show_stage(session: BuildSession, stage: Stage) -> None:
    """Show the documents a stage wrote, as rendered Markdown."""
    for path in stage.writes:
        if path in _SHOWN:
            await acreate_markdown_artifact(
                key=_key(session, path.rsplit("/", 1)[-1].removesuffix(".md")),
                markdown=session.artifacts[path],
                description=f"{_SHOWN[path]} of {session.questionnaire.project_name}",
            )


async def show_stages(session: BuildSession) -> None:
    """Show the table of stages: model, attempts, tokens, cost and time of each."""
    record = session.recorder.record
    await acreate_table_artifact(
        key=_key(session, "stages"),
        table=stage_rows(session.table, record),
        description=(
            "Stages" + (" (written by the demo model, not by a real one)" if record.demo else "")
        ),
    )


def stage_rows(table: StageTable, record: BuildRecord) -> list[dict[str, str]]:
    """The stages of a build as rows of text, in order."""
    rows: list[dict[str, str]] = []
    for stage in table.stages:
        done = record.stages.get(stage.number)
        if done is None:
            rows.append({"stage": stage.label, "status": "pending"})
            continue
        rows.append(
            {
                "stage": stage.label,
                "status": done.status + (" (kept)" if done.cached else ""),
                "model": ", ".join(done.models),
                "attempts": str(done.attempts),
                "calls": str(done.usage.calls),
                "tokens in": f"{done.usage.input_tokens:,}",
                "tokens out": f"{done.usage.output_tokens:,}",
                "cost": f"${done.usage.cost_usd:.4f}",
                "seconds": f"{done.seconds:.1f}",
                "error": done.error,
            }
        )
    return rows


async def show_repository(session: BuildSession, url: str, branch: str) -> None:
    """Show a link to the repository."""
    await acreate_link_artifact(
        key=_key(session, "repository"),
        link=url,
        link_text=f"Repository of {session.questionnaire.project_name}, branch {branch}",
        description="Where the repository can be cloned from",
    )


class FileProgress:
    """The progress bar of stage 7."""

    def __init__(self, session: BuildSession, total: int) -> None:
        self._session = session
        self._total = total
        self._done = 0
        self._usage = Usage()
        self._artifact: UUID | None = None

    async def start(self) -> None:
        """Show an empty bar."""
        self._artifact = await acreate_progress_artifact(
            progress=0.0,
            key=_key(self._session, "files"),
            description=f"Files written, of {self._total}",
        )

    async def file_written(self, path: str, usage: Usage) -> None:
        """One more file is there."""
        self._done += 1
        self._usage += usage
        self._session.recorder.listener.file_written(path, self._done, self._total, self._usage)
        if self._artifact is not None:
            await aupdate_progress_artifact(
                self._artifact, progress=100.0 * self._done / self._total
            )


def _key(session: BuildSession, what: str) -> str:
    return f"{session.build_id}-{what}"
