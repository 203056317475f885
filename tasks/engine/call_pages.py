"""What a stage asked and was answered, as one page for the Prefect UI, from its records."""

import re
from pathlib import PurePosixPath

from core.layout import build_prefix
from core.markdown import code
from core.stages import Stage
from providers.llm.call_records import CALLS
from tasks.engine.build_session import BuildSession

MOST_CHARACTERS = 100_000
"""Longest page. The UI shows forty times as much, but nobody scrolls that far, and Prefect's
database keeps a page for each stage of every build."""
_MOST_NAMES = 200
_FENCE = re.compile(r"(`{3,})[^`]*")


async def calls_page(session: BuildSession, stage: Stage) -> str | None:
    """The records of a stage's calls, the newest first; `None` when there are none.

    What does not fit is named by its place in the store.

    Raises:
        StorageError: the store failed.
    """
    folder = _folder(session) + stage.number
    keys = sorted(await session.store.list_keys(folder), key=_age, reverse=True)
    if not keys:
        return None
    shown: list[str] = []
    room = MOST_CHARACTERS
    for key in keys:
        page = await session.store.read_text(key)
        if len(page) > room:
            if shown:
                break
            page = shortened(page, room)
        room -= len(page)
        shown.append(f"{code(key)}\n\n{page}")
    count = "1 call is" if len(keys) == 1 else f"{len(keys):,} calls are"
    place = code(session.store.url_of(folder))
    head = f"{count} recorded, the newest first, each on a page of its own below {place}.\n"
    return "\n".join([head, *shown, *_others(keys[len(shown) :])])


async def stages_with_calls(session: BuildSession) -> set[str]:
    """Numbers of the stages of which calls are recorded.

    Raises:
        StorageError: the store failed.
    """
    folder = _folder(session)
    keys = await session.store.list_keys(folder)
    return {key.removeprefix(folder).partition("/")[0] for key in keys}


def shortened(page: str, characters: int) -> str:
    """The beginning of a page, to a line's end, with no fence left open."""
    lines = page[:characters].split("\n")[:-1]
    fence = ""
    for line in lines:
        if fence:
            fence = "" if line == fence else fence
        elif opening := _FENCE.fullmatch(line):
            fence = opening[1]
    end = [fence] if fence else []
    return "\n".join([*lines, *end, "", "… the rest is in the store.", ""])


def _others(keys: list[str]) -> list[str]:
    """The records that are not shown, by name."""
    if not keys:
        return []
    names = [f"- {code(key)}" for key in keys[:_MOST_NAMES]]
    more = len(keys) - len(names)
    last = [f"- … and {more:,} more"] if more else []
    return ["# Earlier calls", "", *names, *last, ""]


def _folder(session: BuildSession) -> str:
    return build_prefix(session.build_id) + CALLS


def _age(key: str) -> tuple[str, str]:
    """Names of records begin with their time."""
    return PurePosixPath(key).name, key
