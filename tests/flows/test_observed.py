"""What traces and the log say of one whole build."""

import json
import logging
from io import StringIO
from typing import Any, NamedTuple

import pytest
from opentelemetry.semconv._incubating.attributes import (  # pyright: ignore[reportMissingTypeStubs] -- typed, unmarked
    gen_ai_attributes,
)
from opentelemetry.semconv.attributes import error_attributes, server_attributes

from core.artifacts.build_record import BuildRecord
from core.artifacts.questionnaire import Questionnaire
from core.json_log import JsonLines
from core.options import BuildOptions
from core.stages import read_stage_rows
from flows.build_app import build_app
from tests.flows.command import templates
from tests.flows.reading_verification import read_verification
from tests.model_server import Failure, model_server
from tests.otlp_receiver import Received, Receiver, otlp_receiver

SUMMARY = "Keeps short notes of every walk in the wood."
WALKS = Questionnaire(project_name="Walks", summary=SUMMARY)

pytestmark = pytest.mark.usefixtures("prefect_server")


class Observed(NamedTuple):
    """One build, as traces and log saw it."""

    record: BuildRecord
    receiver: Receiver
    log: list[dict[str, Any]]

    def stages(self) -> dict[str, Received]:
        return {
            span.attributes["app_builder.stage.number"]: span
            for span in self.receiver.named("stage")
        }


def lines_of(log: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.fixture(scope="module")
async def observed(tmp_path_factory: pytest.TempPathFactory, prefect_server: None) -> Observed:
    """One build over real HTTP, for all tests of this file."""
    home = tmp_path_factory.mktemp("observed")
    log, handler = StringIO(), logging.StreamHandler()
    handler.setStream(log)
    handler.setFormatter(JsonLines())
    names = ("tasks", "flows", "providers", "prefect.flow_runs", "prefect.task_runs")
    loggers = [logging.getLogger(name) for name in names]
    with (
        pytest.MonkeyPatch.context() as patch,
        otlp_receiver() as receiver,
        model_server() as server,
    ):
        server.behave(failure=Failure(status=500))
        patch.setattr("tasks.fixing.workbench.verify", read_verification)
        patch.setenv("APP_BUILDER_HOME", str(home))
        patch.setenv("APP_BUILDER_BREAKER__COOLDOWN_SECONDS", "0.2")
        patch.setenv("LOCAL_LLM_BASE_URL", server.base_url)
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        levels = [logger.level for logger in loggers]
        for logger in loggers:
            logger.addHandler(handler)
            logger.setLevel(logging.INFO)  # which forgets what loggers below remember of theirs
        try:
            models = dict.fromkeys(templates(), "local/served")
            record = await build_app(WALKS, BuildOptions(models=models))
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.removeHandler(handler)
                logger.setLevel(level)
    return Observed(record, receiver, lines_of(log))


def test_a_build_is_one_trace_of_build_stages_files_and_calls(observed: Observed) -> None:
    spans = {span.id: span for span in observed.receiver.spans}
    assert {span.trace for span in spans.values()} == {observed.receiver.spans[0].trace}
    (build,) = observed.receiver.named("build")
    assert build.parent == ""
    assert list(observed.stages()) == [row["number"] for row in read_stage_rows()]
    assert {span.parent for span in observed.stages().values()} == {build.id}
    files = observed.receiver.named("file")
    structure = {span.attributes["app_builder.file.path"] for span in files}
    assert len(files) == len(structure) > 3
    assert {span.parent for span in files} == {observed.stages()["7"].id}
    calls = observed.receiver.named("chat")
    assert {spans[span.parent].name.partition(" ")[0] for span in calls} == {"stage", "file"}
    assert len(spans) == 1 + len(observed.stages()) + len(files) + len(calls)


def test_the_build_says_which_it_is_and_what_it_took(observed: Observed) -> None:
    record = observed.record
    (build,) = observed.receiver.named("build")
    told = {name.removeprefix("app_builder."): value for name, value in build.attributes.items()}
    assert told["build.id"] == record.build_id
    assert told["project.id"] == record.project_id
    assert told["build.status"] == "completed"
    assert told["prefect.run.id"] == record.flow_run_id
    assert told["calls"] == record.totals.calls
    assert told["input_tokens"] == record.totals.input_tokens


def test_stages_and_files_say_what_their_answers_took(observed: Observed) -> None:
    written = observed.record.stages["7"]
    stage = observed.stages()["7"].attributes
    files = observed.receiver.named("file")
    assert stage["app_builder.calls"] == written.usage.calls
    assert stage["app_builder.calls"] == sum(one.attributes["app_builder.calls"] for one in files)
    assert stage["app_builder.models"] == ["local/served"]
    assert all(one.attributes["app_builder.attempts"] == 1 for one in files)
    assert not any(one.attributes["app_builder.kept"] for one in files)


def test_calls_follow_the_conventions_for_generative_ai(observed: Observed) -> None:
    known = {
        value
        for attributes in (gen_ai_attributes, error_attributes, server_attributes)
        for value in vars(attributes).values()
        if isinstance(value, str)
    }
    for call in observed.receiver.named("chat"):
        assert {name for name in call.attributes if not name.startswith("app_builder.")} <= known
        assert call.kind == "SPAN_KIND_CLIENT"
        assert call.attributes["gen_ai.operation.name"] == "chat"
        assert call.attributes["gen_ai.provider.name"] == "local"
        assert call.name == f"chat {call.attributes['gen_ai.request.model']}"
        assert call.attributes["server.address"] == "127.0.0.1"
        assert call.attributes["server.port"] > 0
    answered = [call for call in observed.receiver.named("chat") if not call.failed]
    assert sum(call.attributes["gen_ai.usage.input_tokens"] for call in answered) == (
        observed.record.totals.input_tokens
    )
    assert {call.attributes["gen_ai.output.type"] for call in answered} == {"json", "text"}
    assert all(call.attributes["gen_ai.response.finish_reasons"] == ["stop"] for call in answered)


def test_a_call_that_failed_is_told_by_its_class(observed: Observed) -> None:
    (failed,) = [span for span in observed.receiver.spans if span.failed]
    assert failed.name.startswith("chat ")
    assert failed.attributes["error.type"] == "ProviderFailedError"
    assert (failed.events, failed.message) == (0, "")


def test_no_prompt_and_no_answer_is_in_a_trace(observed: Observed) -> None:
    for body in observed.receiver.bodies:
        assert SUMMARY.encode() not in body
        assert b"APIRouter" not in body
        assert b"told to fail" not in body


def test_lines_of_the_log_say_what_they_are_about(observed: Observed) -> None:
    begins = [line for line in observed.log if line["message"].endswith(" begins")]
    assert [line["stage"] for line in begins] == list(observed.stages())
    for line in begins:
        assert line["build_id"] == observed.record.build_id
        assert line["project"] == observed.record.project_id
        assert line["trace_id"] == observed.receiver.spans[0].trace
        assert line["level"] == "INFO"
    written = {span.attributes["app_builder.file.path"] for span in observed.receiver.named("file")}
    assert {line["file"] for line in observed.log if "file" in line} == written
    assert all(line["stage"] == "7" for line in observed.log if "file" in line)


def test_lines_of_prefect_have_its_ids(observed: Observed) -> None:
    of_tasks = [line for line in observed.log if line["logger"] == "prefect.task_runs"]
    assert of_tasks
    assert {line["flow_run_id"] for line in of_tasks} == {observed.record.flow_run_id}
    assert all(line["task_run_id"] and line["task_run_name"] for line in of_tasks)
