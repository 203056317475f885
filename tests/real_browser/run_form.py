"""The custom run form of a deployment, filled in as a person does: by labels and buttons."""

from playwright.sync_api import Locator, Page, expect

from tests.real_browser.run_page import RunPage

_PRESSED_AGAIN = 5


class RunForm:
    """The form of the deployment `build-app-local`, opened from the UI's front page."""

    def __init__(self, page: Page, url: str) -> None:
        self._page = page
        page.goto(url)
        page.get_by_role("link", name="Deployments", exact=True).click()
        page.get_by_role("link", name="build-app-local", exact=True).click()
        page.get_by_role("button", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Custom run").click()
        expect(page.get_by_label("Project name")).to_be_editable()

    def text(self, label: str, within: Locator | None = None) -> Locator:
        """The box for a text, by its label; within an item of a list where one is given."""
        return (within or self._page).get_by_label(label, exact=True)

    def switch_on(self, label: str) -> None:
        """Turn on an option that is on or off."""
        switch = self._page.get_by_label(label, exact=True)
        switch.click()
        expect(switch).to_be_checked()

    def field(self, label: str) -> Locator:
        """A field with its label, its description, what is filled in and what is wrong with it."""
        labelled = self._page.get_by_text(label, exact=True)
        return self._page.locator("div.group").filter(has=labelled).last

    def add_item(self, label: str) -> Locator:
        """Press the button that adds an item to a list.

        Returns:
            The list.
        """
        listed = self.field(label)
        listed.get_by_role("button", name="Add item").last.click()
        return listed

    def submit(self) -> None:
        """Press the button at the end."""
        self._page.get_by_role("button", name="Submit").click()

    def start(self) -> RunPage:
        """Submit what is right, and go to the run that starts.

        With SQLite, Prefect's server answers 503 when others write at that moment. Its clients
        try again by themselves; in the UI a person presses the button again.

        Returns:
            Its page.
        """
        view = self._page.get_by_role("link", name="View run")
        busy = self._page.get_by_text("Unknown error while creating flow run.")
        self.submit()
        for _ in range(_PRESSED_AGAIN):
            expect(view.or_(busy)).to_be_visible()
            if view.is_visible():
                break
            expect(busy).to_be_hidden()
            self.submit()
        view.click()
        expect(self._page.get_by_role("tab", name="Job Variables")).to_be_visible()
        return RunPage(self._page)
