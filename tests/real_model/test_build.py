"""The whole command against a real model that is too small for it, as a person would run it.

What the model writes is different each time, and mostly poor. So what is shown is what must hold
whatever it writes: the build ends in time, with a repository or with one clear error; all that
was written is valid; every call is accounted for; and started again the build goes on.
"""

import re
import subprocess
from pathlib import Path

import pytest

from core.artifacts.build_record import BuildRecord, BuildStatus, StageStatus
from core.errors import StageFailedError
from core.layout import ARTIFACT_TYPES, BUILD_RECORD, SPECS
from core.printable import printable
from core.stages import read_stage_rows
from providers.storage.calls import CallOutcome, CallRow
from providers.storage.ledger import UsageLedger
from tests.flows.command import TINY, start, templates, variables
from tests.real_model.model_process import RealModel

FIRST_CALLS, MORE_CALLS = 8, 12
"""Model calls of the build: in the first run, and in all; with them the time is bounded too."""
LONGEST_SECONDS = 1_500.0
"""A run that takes longer hangs: its calls are bounded in number, and each by the context."""
STAGES = [row["number"] for row in read_stage_rows()]
FAILURE = re.compile(r"^Error: Stage (?P<stage>\S+) failed after \d+ attempts?: .+", re.MULTILINE)


class Build:
    """One build in a home of its own, which can be run again."""

    def __init__(self, home: Path, model: RealModel) -> None:
        self._home = home
        self._model = model

    def run(self, calls: int) -> tuple[int, str]:
        environment = variables(
            self._home,
            LOCAL_LLM_BASE_URL=self._model.base_url,
            LOCAL_LLM_API_KEY=self._model.key,
            APP_BUILDER_CALLS__PER_BUILD=str(calls),
            MODEL_ROUTER_DEMO_MODE="disabled",
        )
        models = [f"--model={template}=local/smollm2" for template in templates()]
        with start("build", TINY, *models, environment=environment) as process:
            try:
                output, _ = process.communicate(timeout=LONGEST_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                pytest.fail(f"the build did not end within {LONGEST_SECONDS:g} s")
        return process.returncode, output

    @property
    def folder(self) -> Path:
        [folder] = (self._home / "store" / "project").iterdir()
        return folder

    def record(self) -> BuildRecord:
        return BuildRecord.model_validate_json((self.folder / BUILD_RECORD).read_text())

    async def calls(self) -> list[CallRow]:
        ledger = UsageLedger(f"sqlite:///{self._home / 'ledger.db'}")
        try:
            return await ledger.calls(self.folder.name)
        finally:
            ledger.close()


def assert_ended_well(code: int, output: str, record: BuildRecord, folder: Path) -> None:
    """Either a repository that can be cloned, or one clear error that the record tells as well."""
    assert "Traceback (most recent call last)" not in output, output
    assert not record.demo
    if code == 0:
        assert record.status in {BuildStatus.COMPLETED, BuildStatus.REVIEW}
        assert record.failed_at is None
        clone = ("git", "clone", "--quiet", "--branch", record.branch, record.repository, folder)
        subprocess.run(clone, check=True)
        return
    assert code == 1, output
    [failure] = FAILURE.finditer(output)
    stage = failure["stage"]
    assert (record.status, record.failed_at) == (BuildStatus.FAILED, stage)
    failed = record.stages[stage]
    assert failed.status is StageStatus.FAILED
    assert printable(str(StageFailedError(stage, failed.attempts, failed.error))) in output
    for number in STAGES[: STAGES.index(stage)]:
        assert record.stages[number].status is StageStatus.COMPLETED
    for number in STAGES[STAGES.index(stage) + 1 :]:
        assert number not in record.stages, "nothing later ran"


def assert_artifacts_are_valid(folder: Path, record: BuildRecord) -> None:
    """Everything in the build's folder is an artifact of its type, or text; all told is there."""
    for file in filter(Path.is_file, folder.rglob("*")):
        path = file.relative_to(folder).as_posix()
        text = file.read_text(encoding="utf-8", errors="strict")
        if path in ARTIFACT_TYPES:
            ARTIFACT_TYPES[path].model_validate_json(text)
        else:
            assert path.endswith(".md") or path.startswith("code/"), path
    for stage in record.stages.values():
        for path in stage.artifacts:
            assert (folder / path).exists(), path


def assert_accounted_for(calls: list[CallRow], record: BuildRecord, limit: int) -> None:
    """Every call is closed and counted, and the model asked was the real one."""
    assert 0 < len(calls) <= limit
    assert CallOutcome.OPEN not in {call.outcome for call in calls}
    assert {(call.provider, call.model) for call in calls} == {("local", "smollm2")}
    answered = [call for call in calls if call.outcome is CallOutcome.ANSWERED]
    assert answered, "the model answers"
    assert all(call.input_tokens and call.output_tokens for call in answered)
    assert record.totals.calls <= len(answered)


def kept_stages(record: BuildRecord) -> set[str]:
    return {number for number, stage in record.stages.items() if stage.cached}


def completed_stages(record: BuildRecord) -> set[str]:
    cached = {row["number"] for row in read_stage_rows() if row.get("cached", True)}
    return {
        number
        for number, stage in record.stages.items()
        if number in cached and stage.status is StageStatus.COMPLETED
    }


@pytest.mark.timeout(2 * LONGEST_SECONDS + 60)
async def test_a_build_ends_with_a_repository_or_one_clear_error_and_goes_on_when_started_again(
    model: RealModel, tmp_path: Path
) -> None:
    build = Build(tmp_path, model)
    code, output = build.run(FIRST_CALLS)
    first, first_calls = build.record(), await build.calls()
    assert_ended_well(code, output, first, tmp_path / "first")
    assert_artifacts_are_valid(build.folder, first)
    assert_accounted_for(first_calls, first, FIRST_CALLS)
    assert (build.folder / SPECS).exists()

    code, output = build.run(MORE_CALLS)
    again, calls = build.record(), await build.calls()
    assert_ended_well(code, output, again, tmp_path / "again")
    assert_artifacts_are_valid(build.folder, again)
    assert_accounted_for(calls, again, MORE_CALLS)
    done = completed_stages(first)
    assert done
    assert done <= kept_stages(again), "what was done is not done again"
    assert calls[: len(first_calls)] == first_calls
    assert not {call.stage for call in calls[len(first_calls) :]} & done
    assert model.key not in output
