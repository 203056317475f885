"""The records of a stage's calls on one page that does not grow without end."""

from pathlib import Path

import pytest

from tasks.engine import call_pages
from tasks.engine.build_session import BuildSession
from tasks.engine.call_pages import calls_page, shortened, stages_with_calls
from tests.tasks.sessions import ScriptedModel, open_session

FOLDER = "project/b-1/report/calls/"


@pytest.fixture
def session(tmp_path: Path) -> BuildSession:
    return open_session(tmp_path, ScriptedModel([]))


async def keep(session: BuildSession, place: str, page: str) -> None:
    await session.store.write_text(FOLDER + place, page)


async def test_a_stage_without_records_has_no_page(session: BuildSession) -> None:
    await keep(session, "3.5/t/1.md", "# A\n")
    assert await calls_page(session, session.table["3"]) is None
    assert await stages_with_calls(session) == {"3.5"}


async def test_the_newest_comes_first_whatever_file_it_is_about(session: BuildSession) -> None:
    for place in ("7/b.py/3-x.md", "7/a.py/1-x.md", "7/c/d.py/2-x.md"):
        await keep(session, place, f"# {place}\n")
    page = await calls_page(session, session.table["7"])
    assert page == (
        f"3 calls are recorded, the newest first, each on a page of its own below "
        f"`{session.store.url_of(FOLDER + '7')}`.\n\n"
        f"`{FOLDER}7/b.py/3-x.md`\n\n# 7/b.py/3-x.md\n\n"
        f"`{FOLDER}7/c/d.py/2-x.md`\n\n# 7/c/d.py/2-x.md\n\n"
        f"`{FOLDER}7/a.py/1-x.md`\n\n# 7/a.py/1-x.md\n"
    )


async def test_what_does_not_fit_is_named(
    session: BuildSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_pages, "MOST_CHARACTERS", 100)
    for number in range(310):
        await keep(session, f"3/t/{number:03}.md", f"# {number}\n{'x' * 40}\n")
    page = await calls_page(session, session.table["3"])
    assert page is not None
    shown, _, others = page.partition("# Earlier calls")
    assert "# 309\n" in shown
    assert "# 308\n" in shown
    assert "# 307\n" not in shown
    assert f"`{FOLDER}3/t/307.md`" in others
    assert others.endswith("- … and 108 more\n")


async def test_a_page_that_is_too_long_by_itself_is_cut(
    session: BuildSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_pages, "MOST_CHARACTERS", 30)
    await keep(session, "3/t/1.md", f"# A\n\n````\n{'x' * 10}\n{'y' * 100}\n````\n")
    page = await calls_page(session, session.table["3"])
    assert page is not None
    assert page.startswith("1 call is recorded")
    assert page.endswith(f"# A\n\n````\n{'x' * 10}\n````\n\n… the rest is in the store.\n")


@pytest.mark.parametrize(
    ("page", "characters", "left"),
    [
        ("a\nb\nc\n", 4, "a\nb"),
        ("```\na\n```\nb\n", 10, "```\na\n```"),
        ("````\n```\na\nb\n", 11, "````\n```\na\n````"),
        ("```json\na\nb\n", 11, "```json\na\n```"),
    ],
)
def test_a_cut_page_leaves_no_fence_open(page: str, characters: int, left: str) -> None:
    assert shortened(page, characters) == f"{left}\n\n… the rest is in the store.\n"
