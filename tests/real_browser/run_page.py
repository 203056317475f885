"""The page of a flow run, its graph, its tabs and its artifacts."""

import re
from contextlib import suppress
from typing import Literal

from playwright.sync_api import Locator, Page, expect

_ENDED = re.compile(r"^(Completed|Failed|Crashed|Cancelled)$")
_PRESSED_AGAIN = 5
_BUILD_MS = 300_000
"""Longest wait for a run to end, on a machine that is busy."""

Tab = Literal["Details", "Logs", "Task Runs", "Artifacts", "Parameters"]


class RunPage:
    """The page of a flow run, opened."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def wait_for_end(self) -> str:
        """Wait until the page says that the run ended.

        Returns:
            How it ended.
        """
        self._load_again()
        self.tab("Logs")  # task runs end as well, on a tab of theirs
        ended = self._page.get_by_text(_ENDED).first
        ended.wait_for(timeout=_BUILD_MS)
        return ended.inner_text()

    def wait_for_question(self, after: str) -> None:
        """Wait until the run is suspended, with a task run of this name behind it."""
        self._load_again()
        self.tab("Task Runs")
        self._page.get_by_text(after, exact=True).first.wait_for(timeout=_BUILD_MS)
        self._page.get_by_text("Suspended", exact=True).first.wait_for(timeout=_BUILD_MS)

    def wait_until_it_goes_on(self) -> None:
        """Wait until the run is suspended no more."""
        expect(self._page.get_by_text("Suspended", exact=True)).to_have_count(0)

    def _load_again(self) -> None:
        """Load the page anew; one that met a busy server shows nothing but that."""
        tab = self._page.get_by_role("tab", name="Task Runs", exact=True)
        for _ in range(_PRESSED_AGAIN):
            self._page.reload()
            with suppress(AssertionError):
                expect(tab).to_be_visible(timeout=20_000)
                return
        expect(tab).to_be_visible()

    def question(self) -> Locator:
        """Open the form of what is asked, from the run's menu.

        Returns:
            The dialog with the form.
        """
        self._page.locator("button[aria-haspopup=menu]").first.click()
        self._page.get_by_role("menuitem", name="Resume").click()
        dialog = self._page.get_by_role("dialog")
        expect(dialog.get_by_role("button", name="Resume")).to_be_enabled()
        return dialog

    def answer(self, dialog: Locator) -> None:
        """Send what is filled in.

        With SQLite, Prefect's server answers 503 when others write at that moment; a person presses
        the button again.
        """
        for _ in range(_PRESSED_AGAIN):
            dialog.get_by_role("button", name="Resume").click()
            with suppress(AssertionError):
                expect(dialog).to_be_hidden(timeout=15_000)
                return
        expect(dialog).to_be_hidden()

    def tab(self, name: Tab) -> None:
        """Go to one of its tabs."""
        self._page.get_by_role("tab", name=name, exact=True).click()

    def lay_out(self, layout: str) -> None:
        """Choose how the graph is laid out, with its arrows."""
        settings = self._page.locator("canvas").locator("xpath=ancestor::div[.//button][1]")
        settings.get_by_role("button").last.click()
        self._page.get_by_text(layout, exact=True).click()
        self._page.get_by_text("Hide dependency arrows", exact=True).click()
        self._page.get_by_role("tab", name="Logs", exact=True).click(force=True)
        expect(self._page.get_by_text(layout, exact=True)).to_be_hidden()

    def artifact(self, what: str) -> Locator:
        """The card of an artifact, by the first word of its name."""
        return self._page.get_by_role("link", name=re.compile(rf"\b{what}-"))

    def open_artifact(self, what: str) -> None:
        """Go to an artifact: from its card to its versions, and on to the newest."""
        self.tab("Artifacts")
        self.artifact(what).first.click()  # a run that was suspended shows it once for each time
        self._page.locator("a[href*='/artifacts/artifact/']").first.click()
        expect(self._page.get_by_role("tab", name="Raw")).to_be_visible()
