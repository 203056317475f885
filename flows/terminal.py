"""What the command line prints while a build runs, and at its end."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table
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
    """Prints a line per stage, and a bar (or now and then a line) for the files of stage 7."""

    def __init__(self, console: Console, table: StageTable) -> None:
        self._console = console
        self._table = table
        self._progress: Progress | None = None
        self._bar: TaskID | None = None

    def stage_changed(self, record: BuildRecord, stage: str) -> None:
        """Print a stage that ended; one that begins is shown by what follows."""
        done = record.stages[stage]
        if done.status in {StageStatus.COMPLETED, StageStatus.FAILED}:
            self.close()
            self._console.print(stage_line(self._table[stage].label, done), soft_wrap=True)

    def file_written(self, path: str, done: int, total: int, usage: Usage) -> None:
        """Move the bar on, or print every tenth part where nobody watches a bar."""
        told = f"{usage_text(usage)}  {path}"
        if not self._console.is_terminal:
            if done == total or done * 10 // total > (done - 1) * 10 // total:
                self._console.print(
                    f"    files {done}/{total}  {usage_text(usage)}", soft_wrap=True
                )
            return
        if self._progress is None:
            self._progress = Progress(
                TextColumn("    files"),
                BarColumn(30),
                MofNCompleteColumn(),
                TextColumn("{task.fields[told]}", markup=False),
                console=self._console,
                transient=True,
            )
            self._progress.start()
            self._bar = self._progress.add_task("files", total=total, told=told)
        if self._bar is not None:
            self._progress.update(self._bar, completed=done, told=told)

    def task_run_ended(self, task_run_id: str) -> None:
        """Nothing to print."""

    def close(self) -> None:
        """Take the bar away, so that errors print below a clean line."""
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


def print_summary(console: Console, record: BuildRecord) -> None:
    """Where the repository is, and how to run what is in it."""
    console.print()
    if record.demo:
        console.print(
            Text("A demo model wrote this. Set a provider's API key to have a real one do it.")
        )
    green = record.status is BuildStatus.COMPLETED
    state = "tests green" if green else f"for review: tests {record.test_status}"
    console.print(Text(f"{printable(record.project_name)}: {state}; {usage_text(record.totals)}"))
    console.print(Text(f"  build       {record.build_id}"))
    console.print(Text(f"  branch      {record.branch}"))
    console.print(Text(f"  commit      {record.commit}"))
    console.print(Text(f"  repository  {record.repository}"), soft_wrap=True)
    console.print()
    console.print(Text(f"Get it with   git clone {record.repository}"), soft_wrap=True)
    console.print("and follow its README.md to run it.")


def print_record(console: Console, table: StageTable, record: BuildRecord) -> None:
    """A build as it stands."""
    console.print(Text(f"{printable(record.project_name)} ({record.build_id}): {record.status}"))
    if record.failed_at:
        failed = record.stages[record.failed_at]
        console.print(Text(f"failed at stage {record.failed_at}: {failed.error}"), style="red")
    rows = Table(box=None, pad_edge=False)
    for name in ("stage", "status", "models", "calls", "tokens", "cost", "seconds"):
        left = name in {"stage", "status", "models"}
        rows.add_column(name, justify="left" if left else "right", no_wrap=name != "models")
    for stage in table.stages:
        done = record.stages.get(stage.number, StageRecord())
        rows.add_row(
            stage.label,
            f"{done.status}{' (kept)' if done.cached else ''}",
            Text(", ".join(done.models)),
            str(done.usage.calls),
            f"{done.usage.input_tokens + done.usage.output_tokens:,}",
            f"${done.usage.cost_usd:.4f}",
            f"{done.seconds:.1f}",
        )
    console.print(rows)
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
