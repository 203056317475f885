"""The report of a pruning as rows and as a page."""

from rich.filesize import decimal

from core.markdown import code, plain, table
from tasks.retention.prune import PruneReport

_HEAD = ("build", "project", "ended", "what becomes of it", "why", "files", "size")
_SWEPT_HEAD = ("belonging to no single build", "removed", "size", "stay")
_NOTHING = "–"


def headline(report: PruneReport) -> str:
    """What was done, in a sentence."""
    done = "would be removed" if report.dry_run else "removed"
    policy = report.policy
    return (
        f"{len(report.gone)} of {len(report.builds)} builds {done}, {decimal(report.size)} in "
        f"all; kept at the least: {policy.days} days, and the {policy.keep} newest published "
        "builds of each project"
    )


def build_rows(report: PruneReport) -> list[tuple[str, ...]]:
    """Every build in plain text; those that go first."""
    ordered = sorted(report.builds, key=lambda row: (not row.verdict.goes, row.verdict.build_id))
    rows: list[tuple[str, ...]] = []
    for row in ordered:
        verdict = row.verdict
        goes = "would go" if report.dry_run else "went"
        if row.repository:
            goes += f", with {row.repository}"
        ended = f"{verdict.ended_at:%Y-%m-%d %H:%M}" if verdict.ended_at else _NOTHING
        counted = (str(row.files), decimal(row.size)) if verdict.goes else (_NOTHING, _NOTHING)
        told = goes if verdict.goes else "stays"
        rows.append((verdict.build_id, verdict.project_id, ended, told, verdict.reason, *counted))
    return rows


def swept_rows(report: PruneReport) -> list[tuple[str, ...]]:
    """What belongs to no single build, in plain text."""
    return [
        (each.what, str(each.removed), decimal(each.size), str(each.stay)) for each in report.swept
    ]


def prune_page(report: PruneReport) -> str:
    """The report as Markdown: a table, because a table artifact shows ten rows a page."""
    builds = [(code(row[0]), *map(plain, row[1:])) for row in build_rows(report)]
    swept = [tuple(map(plain, row)) for row in swept_rows(report)]
    told = "**Dry run: nothing was removed.** " if report.dry_run else ""
    return (
        f"{told}{plain(headline(report))}.\n\n"
        f"{table(_HEAD, builds, left=5)}\n{table(_SWEPT_HEAD, swept, left=1)}"
    )
