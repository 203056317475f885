from pathlib import Path

import pytest

from core.layout import DOCS, SCHEMA, SPECS_CLEAN
from core.options import BuildOptions
from tasks.engine.build_session import current_session, session_opened
from tests.tasks.sessions import ANSWERS, ScriptedModel, open_session

NOBODY = ScriptedModel([])


def test_a_call_holds_what_the_row_reads_and_who_answers(tmp_path: Path) -> None:
    session = open_session(tmp_path, NOBODY)
    session.artifacts = {SPECS_CLEAN: "spec", DOCS: "docs", SCHEMA: "not read by stage 3"}
    call = session.call_for(session.table["3"])
    assert call.name == "3 schema-generator"
    assert call.inputs == {SPECS_CLEAN: "spec", DOCS: "docs"}
    assert call.identity[0].startswith("schema-generator=")
    assert call.identity[0].endswith("@local/test")


def test_the_first_stage_depends_on_the_questionnaire(tmp_path: Path) -> None:
    one = open_session(tmp_path, NOBODY)
    other = open_session(
        tmp_path, NOBODY, questionnaire=ANSWERS.model_copy(update={"summary": "Another."})
    )
    keys = {session.call_for(session.table["0"]).cache_key() for session in (one, other)}
    assert len(keys) == 2


def test_a_file_of_stage_7_names_its_task_run(tmp_path: Path) -> None:
    session = open_session(tmp_path, NOBODY)
    call = session.call_for(session.table["7"], file="app/models.py", inputs={})
    assert call.name == "7 code-generation app/models.py"


def test_an_edit_applies_where_its_artifact_is_written_first(tmp_path: Path) -> None:
    options = BuildOptions(use={DOCS: "# Mine", SCHEMA: "{}"})
    session = open_session(tmp_path, NOBODY, options=options)
    session.artifacts |= {SPECS_CLEAN: "spec", DOCS: "docs"}
    assert session.call_for(session.table["2"]).edits == {DOCS: "# Mine"}
    assert session.call_for(session.table["3"]).edits == {SCHEMA: "{}"}


def test_stages_from_the_one_named_are_done_again(tmp_path: Path) -> None:
    session = open_session(tmp_path, NOBODY, options=BuildOptions(from_stage="3.5"))
    again = [stage.number for stage in session.table.stages if session.refreshed(stage)]
    assert again == ["3.5", "4", "5", "6", "7", "7.5", "8"]


def test_without_a_stage_named_nothing_is_done_again(tmp_path: Path) -> None:
    session = open_session(tmp_path, NOBODY)
    assert not any(session.refreshed(stage) for stage in session.table.stages)


def test_tasks_find_the_session_only_while_it_is_open(tmp_path: Path) -> None:
    session = open_session(tmp_path, NOBODY)
    with session_opened(session):
        assert current_session() is session
    with pytest.raises(LookupError):
        current_session()
