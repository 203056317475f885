"""Results that another release made: kept for stages that it finished, and not else."""

from pathlib import Path

import pytest

from core.artifacts.build_record import MadeBy
from core.layout import DOCS, SPECS_CLEAN
from tasks.engine.build_session import BuildSession, made_today
from tasks.engine.result_storage import RESULTS
from tests.tasks.sessions import ScriptedModel, open_session


@pytest.fixture
def session(tmp_path: Path) -> BuildSession:
    session = open_session(tmp_path, ScriptedModel([]))
    session.artifacts |= {SPECS_CLEAN: "spec", DOCS: "docs"}
    return session


def finish_by(session: BuildSession, release: str) -> None:
    """Note that stage 3 was finished by another release, with another template."""
    made = MadeBy(release=release, code="old", templates={"schema-generator": "older"})
    session.recorder.made(session.table["3"], made)


async def keep_old_result(session: BuildSession) -> str:
    """Keep the result of stage 3 as the other release did; its key."""
    stage = session.table["3"]
    call = session.call_for(stage)
    identity = ("code=old", "schema-generator=older@local/test")
    key = call.model_copy(update={"identity": identity}).result_key
    await session.store.write_text(RESULTS + key, "{}")
    return key


async def test_what_another_release_finished_is_found_as_it_made_it(session: BuildSession) -> None:
    finish_by(session, "0.0.9")
    key = await keep_old_result(session)
    stage = session.table["3"]
    call = await session.call_as_kept(stage, session.call_for(stage))
    assert call.result_key == key
    assert session.kept_from["3"].release == "0.0.9"


async def test_where_its_result_is_gone_or_it_read_something_else_it_is_made_today(
    session: BuildSession,
) -> None:
    finish_by(session, "0.0.9")
    stage = session.table["3"]
    today = session.call_for(stage)
    assert await session.call_as_kept(stage, today) == today
    await keep_old_result(session)
    session.artifacts[DOCS] = "changed"
    changed = session.call_for(stage)
    assert await session.call_as_kept(stage, changed) == changed
    assert session.kept_from == {}


async def test_within_one_release_a_change_of_code_makes_results_anew(
    session: BuildSession,
) -> None:
    stage = session.table["3"]
    finish_by(session, made_today(stage).release)
    await keep_old_result(session)
    today = session.call_for(stage)
    assert await session.call_as_kept(stage, today) == today


async def test_a_stage_that_nobody_finished_is_made_today(session: BuildSession) -> None:
    await keep_old_result(session)
    stage = session.table["3"]
    today = session.call_for(stage)
    assert await session.call_as_kept(stage, today) == today
    assert made_today(stage).templates.keys() == {"schema-generator"}
    assert f"code={made_today(stage).code}" in today.identity
