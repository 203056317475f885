"""What was measured is held to what is kept, or kept anew with `--record`."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from tests.gold import tally
from tests.gold.bench import Bench
from tests.gold.playback import Playback, played_back
from tests.gold.repository import NAMES, load
from tests.gold.tally import Tallies

Held = Callable[[str, str, Tallies], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="keep what is measured")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two processes share the work by repository, whose results lie in one file."""
    for item in items:
        for name in NAMES:
            if f"[{name}" in item.nodeid:
                item.add_marker(pytest.mark.xdist_group(name))


@pytest.fixture
def held(request: pytest.FixtureRequest) -> Held:
    """Holds what was measured to what is kept."""

    def hold(name: str, part: str, tallies: Tallies) -> None:
        if request.config.getoption("--record"):
            tally.write(name, part, tallies)
        assert tallies == tally.read(name, part), "measure anew with `make gold-results`"

    return hold


@pytest.fixture(params=NAMES)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Bench]:
    """Each gold repository at work, its stages before stage 7 done."""
    playback = Playback(load(request.param))
    with played_back(playback) as url:
        made = Bench(playback, url, tmp_path)
        try:
            await made.design()
            yield made
        finally:
            await made.close()
