"""Pictures of what a page shows."""

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

WIDTH, HEIGHT = 1400, 900
"""Of the browser's window, pixels."""


@dataclass(frozen=True)
class Pictures:
    """Takes pictures into a folder."""

    folder: Path

    def take(self, page: Page, name: str) -> None:
        """Keep what the window shows now as `name.png`."""
        page.wait_for_timeout(1_000)  # the graph of a run does not say when it is drawn
        page.screenshot(path=self.folder / f"{name}.png", animations="disabled")


def heighten(page: Page, height: int) -> None:
    """Give the window another height, pixels."""
    page.set_viewport_size({"width": WIDTH, "height": height})
