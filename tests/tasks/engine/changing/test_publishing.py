"""Stage 8 of a changed product: what is told of it, and where it goes."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.artifacts.report import TestReport
from core.layout import TESTS_REPORT
from core.options import BuildOptions, Publisher
from tasks.engine.build_session import BuildSession
from tasks.engine.changing.publishing import is_published, repository_name, summary_of, title_of
from tasks.engine.stage_work import StageWork
from tests.codegen.change.products import ASKED, LEND
from tests.tasks.engine.changing.change_bench import inputs
from tests.tasks.engine.changing.test_files import BASELINE, TEXTS
from tests.tasks.sessions import ScriptedModel, open_session, work_on

FEWER = ASKED.model_copy(update={"features": (LEND,), "summary": "Lends ladders."})
HERE = replace(
    BASELINE,
    published=BASELINE.published.model_copy(update={"green": True, "publisher": Publisher.LOCAL}),
)


def session(
    folder: Path, options: BuildOptions | None = None, *, is_change: bool = True
) -> BuildSession:
    opened = open_session(folder, ScriptedModel([]), options=options, questionnaire=FEWER)
    baseline = replace(HERE, general=("summary",))
    return replace(opened, baseline=baseline if is_change else None)


def work(opened: BuildSession, status: str = "green") -> StageWork:
    report = TestReport.model_validate(
        {"status": status, "reason": "" if status == "green" else "r"}
    )
    return work_on(opened, "8", {**inputs(specs=FEWER), TESTS_REPORT: report})


def test_the_title_names_what_is_different(tmp_path: Path) -> None:
    title = title_of(session(tmp_path))
    assert title == "Change Tool Shed: remove Show the shed, other summary"
    assert title_of(session(tmp_path, is_change=False)) == "Build Tool Shed"


def test_the_summary_compares_files_and_answers(tmp_path: Path) -> None:
    texts = {**TEXTS, "app/tools.py": "other\n"}
    summary = summary_of(work(session(tmp_path)), texts)
    assert summary is not None
    assert summary.baseline == "shed-1"
    assert summary.asked == ("removed feature: Show the shed", "changed summary")
    assert summary.others.changed == ("app/tools.py",)
    assert summary_of(work(session(tmp_path, is_change=False)), texts) is None


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (BuildOptions(), "shed"),
        (BuildOptions(repository_name="other"), "shed"),
        (BuildOptions(publisher=Publisher.GITHUB), "b"),
        (BuildOptions(publisher=Publisher.GITHUB, repository_name="other"), "other"),
    ],
)
def test_a_change_goes_where_its_product_is(
    tmp_path: Path, options: BuildOptions, name: str
) -> None:
    assert repository_name(session(tmp_path, options)) == name


def test_on_this_machine_a_first_build_has_its_own_name(tmp_path: Path) -> None:
    assert repository_name(session(tmp_path, is_change=False)) == "b-1"


def test_only_the_same_files_in_the_same_place_with_the_same_result_are_published(
    tmp_path: Path,
) -> None:
    opened = session(tmp_path)
    assert is_published(work(opened), TEXTS)
    assert not is_published(work(opened), {**TEXTS, "app/tools.py": "other\n"})
    assert not is_published(work(opened, "red"), TEXTS)
    assert not is_published(work(session(tmp_path, is_change=False)), TEXTS)
    halted = HERE.published.model_copy(update={"halted": True})
    waiting = replace(opened, baseline=replace(HERE, published=halted))
    assert not is_published(work(waiting), TEXTS)
    elsewhere = session(tmp_path, BuildOptions(publisher=Publisher.GITHUB))
    assert not is_published(work(elsewhere), TEXTS)
