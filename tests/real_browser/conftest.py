"""A browser on a UI with a deployment and a worker; where one cannot be had, tests fail."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect, sync_playwright

from tests.real_browser.pictures import HEIGHT, WIDTH, Pictures
from tests.real_browser.prefect_stack import PrefectStack, prefect_stack

WAIT_MS = 60_000
"""Longest wait for anything the UI shows, unless a build has to run for it."""

_BROWSER = (
    "--no-sandbox",  # it does not work for root; the only pages are our own
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make images` say where pictures go."""
    parser.addoption("--images", type=Path, help="folder for pictures of what was seen")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectStack]:
    """A server, a deployment and a worker with homes of their own."""
    with prefect_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def context() -> Iterator[BrowserContext]:
    """A browser that reaches this machine only."""
    program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with (
        sync_playwright() as driver,
        driver.chromium.launch(executable_path=program, args=_BROWSER) as browser,
        browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}) as opened,
    ):
        opened.set_default_timeout(WAIT_MS)
        expect.set_options(timeout=WAIT_MS)
        opened.route("**/*", _stay_here)
        yield opened


def _stay_here(route: Route) -> None:
    if urlsplit(route.request.url).hostname == "127.0.0.1":
        route.continue_()
    else:
        route.abort()


@pytest.fixture
def page(context: BrowserContext, tmp_path: Path) -> Iterator[Page]:
    """A new page; what it showed last is kept with the test, for whoever looks into a failure."""
    with context.new_page() as opened:
        yield opened
        opened.screenshot(path=tmp_path / "seen_last.png")


@pytest.fixture(scope="session")
def pictures(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    """Takes pictures, to be kept where `--images` says."""
    chosen: Path | None = request.config.getoption("--images")
    return Pictures(chosen or tmp_path_factory.mktemp("images"))
