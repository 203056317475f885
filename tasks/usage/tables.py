"""The usage report as text: a page for the UI, and a table for spreadsheets."""

import base64
import csv
from io import StringIO

from core.markdown import code, table
from providers.storage.call_statistics import CallGroup, Dimension, ErrorCount
from tasks.usage.report import UsageReport

_TITLES: dict[Dimension, str] = {
    "model": "Models",
    "stage": "Stages",
    "user": "Users",
    "build": "Builds",
    "provider": "Providers",
}
_HEAD: tuple[str, ...] = (
    "",
    "calls",
    "answered",
    "tokens in / out",
    "cost",
    "half within",
    "95 % within",
)
_ROWS = 25
"""Rows of one table on the page; all of them are in the files."""

_COLUMNS = (
    *("by", "name", "calls", "answered", "failed", "refused", "success_rate"),
    *("input_tokens", "output_tokens", "cost_usd", "p50_seconds", "p95_seconds"),
)


def write_page(report: UsageReport, chart: bytes | None, file: str) -> str:
    """The report as Markdown.

    Args:
        report: what the page says.
        chart: a PNG; written into the page, for the UI has no other place to take it from.
        file: where one of the report's files is, for the reader.
    """
    days = f"{report.first_day} to {report.last_day} (UTC)"
    if report.is_empty:
        return (
            f"# Model usage\n\n**Nothing yet**: no model was asked from {days}. The report fills "
            f"up as builds run.\n\nKept as {code(file)} and, beside it, as JSON\n"
        )
    sections = [f"# Model usage\n\n{days}\n"]
    if chart is not None:
        image = base64.b64encode(chart).decode()
        sections.append(f"![Cost, success and latency](data:image/png;base64,{image})\n")
    sections.extend(f"## {title}\n\n{_groups(report.groups[by])}" for by, title in _TITLES.items())
    sections.append(f"## Errors\n\n{_errors(report)}")
    sections.append(f"Kept as {code(file)} and, beside it, as JSON and PNG\n")
    return "\n".join(sections)


def write_csv(report: UsageReport) -> str:
    """Every group of the report as one row, with the total first."""
    file = StringIO()
    # With line ends as RFC 4180 has them, a lone carriage return in a name is quoted too.
    rows = csv.DictWriter(file, _COLUMNS, lineterminator="\r\n")
    rows.writeheader()
    rows.writerow(_csv_row("all", report.total))
    for by, groups in report.groups.items():
        rows.writerows(_csv_row(by, group) for group in groups)
    return file.getvalue()


def _csv_row(by: str, group: CallGroup) -> dict[str, object]:
    values = group.model_dump()
    rate = group.success_rate
    share = None if rate is None else round(rate, 6)
    return {**values, "name": _inert(group.name), "by": by, "success_rate": share}


def _inert(text: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    So OWASP advises (CSV Injection): a quote before what begins with one of these characters.
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def model_rows(report: UsageReport) -> list[dict[str, str]]:
    """A row of text for each model, for a table of the UI; one that says so where there is none."""
    rows = [
        dict(zip(("model", *_HEAD[1:]), (group.name, *_numbers(group)), strict=True))
        for group in report.groups["model"]
    ]
    return rows or [{"model": "no model was asked"}]


def _groups(groups: tuple[CallGroup, ...]) -> str:
    rows = [(_cell(group.name), *_numbers(group)) for group in groups[:_ROWS]]
    rest = len(groups) - len(rows)
    return table(_HEAD, rows, left=1) + (f"\n… and {rest} more, in the files.\n" if rest else "")


def _numbers(group: CallGroup) -> tuple[str, ...]:
    return (
        f"{group.calls:,}",
        _percent(group.success_rate),
        f"{group.input_tokens:,} / {group.output_tokens:,}",
        f"${group.cost_usd:,.4f}",
        _seconds(group.p50_seconds),
        _seconds(group.p95_seconds),
    )


def _errors(report: UsageReport) -> str:
    if not report.errors:
        return "None.\n"
    ended = {group.name: group.ended for group in report.groups["model"]}
    rows = [
        (
            _cell(error.error_class),
            _cell(_model(error)),
            f"{error.calls:,}",
            _percent(error.calls / max(ended.get(_model(error), 0), error.calls)),
        )
        for error in report.errors[:_ROWS]
    ]
    return table(("error", "model", "calls", "of the model's calls"), rows, left=1)


def _model(error: ErrorCount) -> str:
    return f"{error.provider}/{error.model}"


def _cell(text: str) -> str:
    """A name that no Markdown in it can break out of."""
    return code(text).replace("|", "\\|")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.1f} s"
