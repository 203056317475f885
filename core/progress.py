"""Who is told how a build goes, besides Prefect: the command line, for example."""

from typing import Protocol

from core.artifacts.build_record import BuildRecord, Usage


class BuildListener(Protocol):
    """Told of every step as it happens; must return at once and must not raise."""

    def stage_changed(self, record: BuildRecord, stage: str) -> None:
        """A stage started, completed or failed; see `record.stages[stage]`."""
        ...

    def file_written(self, path: str, done: int, total: int, usage: Usage) -> None:
        """Stage 7 finished `done` of `total` files, `path` being the last; `usage` is theirs."""
        ...

    def task_run_ended(self, task_run_id: str) -> None:
        """A task run reached its final state."""
        ...

    def waiting_for_person(self, question: str, url: str) -> None:
        """The build waits for a decision, which is made at the URL; empty if there is none."""
        ...


class SilentListener:
    """Tells nobody."""

    def stage_changed(self, record: BuildRecord, stage: str) -> None:
        """Tell nobody."""

    def file_written(self, path: str, done: int, total: int, usage: Usage) -> None:
        """Tell nobody."""

    def task_run_ended(self, task_run_id: str) -> None:
        """Tell nobody."""

    def waiting_for_person(self, question: str, url: str) -> None:
        """Tell nobody."""
