"""What the command line prints while a build runs, and at its end."""

import shlex

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from core.artifacts.build_record import BuildRecord, BuildStatus, StageRecord, StageStatus, Usage
from core.printable import printable
from core.stages import StageTable

_MARKS = {
    StageStatus.PENDING: ("·", "dim"),
    StageStatus.RUNNING: ("▸", "cyan"),
    StageStatus.COMPLETED: ("✓", "green"),
    StageStatus.FAILED: ("✗", "red"),
}


class TerminalListener:
    """Prints a line per stage that ended, and shows what goes on.

    On a terminal that is a line that moves, with a bar for the files of stage 7; elsewhere a line
    when a stage begins that asks models, and now and then one for the files.
    """

    def __init__(self, console: Console, table: StageTable) -> None:
        self._console = console
        self._table = table
        self._progress: Progress | None = None
        self._bar: TaskID | None = None

    def stage_changed(self, record: BuildRecord, stage: str) -> None:
        """Print a stage that ended, and show one that begins."""
        done = record.stages[stage]
        label = self._table[stage].label
        if done.status in {StageStatus.COMPLETED, StageStatus.FAILED}:
            self.close()
            self._console.print(stage_line(label, done), soft_wrap=True)
        elif done.status is StageStatus.RUNNING:
            self._show_begun(label, asks=bool(self._table[stage].models))

    def _show_begun(self, label: str, *, asks: bool) -> None:
        if self._console.is_terminal:
            self._show(SpinnerColumn("line"), TextColumn(label, markup=False), TimeElapsedColumn())
        elif asks:
            self._console.print(Text.assemble(_MARKS[StageStatus.RUNNING], f" {label}"))

    def file_written(self, path: str, done: int, total: int, usage: Usage) -> None:
        """Move the bar on, or print every tenth part where nobody watches a bar."""
        if not self._console.is_terminal:
            if done == total or done * 10 // total > (done - 1) * 10 // total:
                self._console.print(
                    f"    files {done}/{total}  {usage_text(usage)}", soft_wrap=True
                )
            return
        if self._bar is None:
            self._bar = self._show(
                TextColumn("    files"),
                BarColumn(30),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[told]}", markup=False),
            )
        if self._progress is not None:
            told = f"{usage_text(usage)}  {path}"
            self._progress.update(self._bar, completed=done, total=total, told=told)

    def _show(self, *columns: ProgressColumn) -> TaskID:
        self.close()
        self._progress = Progress(*columns, console=self._console, transient=True)
        self._progress.start()
        return self._progress.add_task("", total=None, told="")

    def task_run_ended(self, task_run_id: str) -> None:
        """Nothing to print."""

    def waiting_for_person(self, question: str, url: str) -> None:
        """Print where the decision is made."""
        self.close()
        self._console.print(Text(f"? {printable(question)}", style="yellow"), soft_wrap=True)
        where = f"at {url}" if url else "in the Prefect UI"
        self._console.print(Text(f"    Decide {where}: Resume, in the run's menu."), soft_wrap=True)

    def close(self) -> None:
        """Take what moves away, so that errors print below a clean line."""
        self._bar = None
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def stage_line(label: str, done: StageRecord) -> Text:
    """One stage on one line."""
    mark, style = _MARKS[done.status]
    line = Text.assemble((mark, style), f" {label:<30}")
    if done.cached:
        line.append("kept      ", style="dim")
    else:
        line.append(f"{done.seconds:7.1f} s ")
    if done.usage.calls:
        line.append(f" {usage_text(done.usage)}", style="dim")
        line.append(f"  {', '.join(done.models)}", style="dim")
    return line


def usage_text(usage: Usage) -> str:
    """Calls, tokens and cost in a few words."""
    calls = "1 call" if usage.calls == 1 else f"{usage.calls} calls"
    tokens = usage.input_tokens + usage.output_tokens
    return f"{calls}, {tokens:,} tokens, ${usage.cost_usd:.2f}"


def print_summary(console: Console, record: BuildRecord, report: str) -> None:
    """Where the repository is, how to run what is in it, and what keeps it from being green.

    Args:
        console: where to print.
        record: the build.
        report: where its report is.
    """
    console.print()
    if record.demo:
        console.print(
            Text("A demo model wrote this. Set a provider's API key to have a real one do it.")
        )
    green = record.status is BuildStatus.COMPLETED
    state = "tests green" if green else f"for review: tests {record.test_status}"
    console.print(Text(f"{printable(record.project_name)}: {state}; {usage_text(record.totals)}"))
    facts = {
        "build": record.build_id,
        "why": "" if green else printable(record.test_reason),
        "branch": record.branch,
        "commit": record.commit,
        "repository": record.repository,
        "review at": record.pull_request,
        "report": report,
    }
    for path in record.unwritten:
        told = f"  not written {printable(path)}: no model's answer was accepted; see the report"
        console.print(Text(told, style="red"), soft_wrap=True)
    for name, fact in facts.items():
        if fact:
            console.print(Text(f"  {name:<12}{fact}"), soft_wrap=True)
    if not record.repository:
        return
    console.print()
    clone = f"git clone {'' if green else f'--branch {record.branch} '}"
    console.print(Text(f"Get it with   {clone}{shlex.quote(record.repository)}"), soft_wrap=True)
    console.print("and follow its README.md to run it.")


def print_record(console: Console, table: StageTable, record: BuildRecord) -> None:
    """A build as it stands; the models, whose names are long, on lines of their own."""
    console.print(Text(f"{printable(record.project_name)} ({record.build_id}): {record.status}"))
    if record.flow_run_id:
        ended = f", ended {record.finished_at}" if record.finished_at else ""
        told = f"run {record.flow_run_id}, begun {record.started_at}{ended}"
        console.print(Text(told, style="dim"), soft_wrap=True)
    if record.failed_at:
        failed = record.stages[record.failed_at]
        told = f"failed at stage {record.failed_at}: {printable(failed.error)}"
        console.print(Text(told), style="red", soft_wrap=True)
    for path, reason in record.unwritten.items():
        told = f"not written: {printable(path)}: {printable(reason)}"
        console.print(Text(told, style="red"), soft_wrap=True)
    width = max(len(stage.label) for stage in table.stages)
    head = f"{'stage':<{width}}  {'status':<16}{'calls':>6}{'tokens':>11}{'cost':>10}{'seconds':>9}"
    console.print(Text(head, style="bold"), soft_wrap=True)
    for stage in table.stages:
        done = record.stages.get(stage.number, StageRecord())
        status = f"{done.status}{' (kept)' if done.cached else ''}"
        tokens = done.usage.input_tokens + done.usage.output_tokens
        console.print(
            Text(
                f"{stage.label:<{width}}  {status:<16}{done.usage.calls:>6}{tokens:>11,}"
                f"{f'${done.usage.cost_usd:.4f}':>10}{done.seconds:>9.1f}"
            ),
            soft_wrap=True,
        )
        if done.models:
            console.print(Text(f"    {', '.join(done.models)}", style="dim"), soft_wrap=True)
    if record.repository:
        console.print(Text(f"repository: {record.repository} ({record.branch})"), soft_wrap=True)


def print_stages(console: Console, table: StageTable) -> None:
    """The stage table: what each stage asks and writes."""
    for stage in table.stages:
        console.print(Text.assemble((f"{stage.label:<28}", "bold"), ", ".join(stage.writes)))
        for use in stage.models:
            told = f"{use.provider}/{use.model}"
            if use.fallback_provider:
                told += f", else {use.fallback_provider}/{use.fallback_model}"
            console.print(Text(f"     {use.template}: {told}", style="dim"), soft_wrap=True)
