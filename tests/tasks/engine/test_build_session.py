from pathlib import Path

import pytest

from core.layout import DOCS, SCHEMA, SPECS_CLEAN
from core.options import BuildOptions
from tasks.engine.build_session import current_session, session_opened
from tasks.engine.code_digest import code_digest
from tasks.engine.redo import Redo, begin_redo
from tests.tasks.sessions import ANSWERS, ScriptedModel, open_session

NOBODY = ScriptedModel([])


def test_a_call_holds_what_the_row_reads_and_who_answers(tmp_path: Path) -> None:
    session = open_session(tmp_path, NOBODY)
    session.artifacts = {SPECS_CLEAN: "spec", DOCS: "docs", SCHEMA: "not read by stage 3"}
    call = session.call_for(session.table["3"])
    assert call.name == "3 schema-generator"
    assert call.inputs == {SPECS_CLEAN: "spec", DOCS: "docs"}
    assert call.identity[1].startswith("schema-generator=")
    assert call.identity[1].endswith("@local/test")


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


def test_a_fresh_build_and_every_redo_have_results_of_their_own(tmp_path: Path) -> None:
    session = open_session(tmp_path, NOBODY, options=BuildOptions(fresh="f"))
    stage = session.table["3"]
    session.artifacts |= {SPECS_CLEAN: "spec", DOCS: "docs"}
    first = session.call_for(stage)
    assert first.salt == "f"
    session.redo = begin_redo(Redo(), session.table, "3")
    assert session.call_for(stage).salt == "f#1"
    assert session.call_for(stage).cache_key() != first.cache_key()


def test_a_result_depends_on_the_code_that_made_it(tmp_path: Path) -> None:
    session = open_session(tmp_path, NOBODY)
    assert session.call_for(session.table["0"]).identity == (f"code={code_digest()}",)


def test_tasks_find_the_session_only_while_it_is_open(tmp_path: Path) -> None:
    session = open_session(tmp_path, NOBODY)
    with session_opened(session):
        assert current_session() is session
    with pytest.raises(LookupError):
        current_session()
