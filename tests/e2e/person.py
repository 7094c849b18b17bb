"""One person at one browser: what they open, fill in and press, and what their browser complains about."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

PHONE = 360
DESKTOP = 1440
PATIENCE_SECONDS = 30.0
# Chromium reports each refusal of ours (409, 422) as a failed load; the tests look at those pages themselves.
REFUSAL = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


class Screens:
    """A folder of numbered pictures of one run; those of the run before go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken = 0
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()

    def take(self, page: Page, name: str) -> None:
        """The whole page as 01-name.png."""
        self.taken += 1
        window = page.viewport_size or {"width": DESKTOP, "height": 900}
        # As high as the page is, or what sticks to the window's edge would hide what lies below.
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": window["width"], "height": max(window["height"], height)})
        # The defaults write a style element into the page, which the content security policy refuses.
        page.screenshot(
            path=self.folder / f"{self.taken:02}-{name}.png",
            full_page=True,
            caret="initial",
            animations="allow",
        )
        page.set_viewport_size(window)


class Person:
    """Somebody with a browser of their own. `complaints`: the errors on its console."""

    def __init__(
        self,
        browser: Browser,
        base_url: str,
        name: str,
        *,
        width: int = DESKTOP,
        script: bool = True,
        scale: float = 1,
    ) -> None:
        self.name = name
        self.complaints: list[str] = []
        self.context = browser.new_context(
            base_url=base_url,
            viewport={"width": width, "height": 740 if width < 1000 else 900},
            java_script_enabled=script,
            device_scale_factor=scale,
            locale="de-CH",
            timezone_id="Europe/Zurich",
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_SECONDS * 1000)
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not REFUSAL.search(message.text):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def open(self, path: str) -> None:
        """Load a page."""
        self.page.goto(path)

    def sign_in(self) -> None:
        """Become this person with one click, as a demo allows."""
        self.open("/sign-in")
        self.press(self.name)

    def press(self, button: str) -> None:
        """Press a button by its name, and wait for the page that this leads to."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=button, exact=True).first.click()

    def follow(self, link: str) -> None:
        """Follow the first link of the page's main part with this in its name."""
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("link", name=link).first.click()

    def is_at(self, path: str) -> None:
        """The page's address ends so, but for query and fragment."""
        expect(self.page).to_have_url(re.compile(rf"{re.escape(path)}([?#].*)?$"))

    def sees(self, text: str) -> None:
        """The page shows this."""
        expect(self.page.get_by_text(text).locator("visible=true").first).to_be_visible()

    def sees_not(self, text: str) -> None:
        """The page shows this nowhere."""
        expect(self.page.get_by_text(text)).to_have_count(0)

    def waits_for(self, path: str, text: str, where: str = "main") -> None:
        """Load a page again and again until it shows this, in the element that a selector names."""
        end = time.monotonic() + PATIENCE_SECONDS
        self.open(path)
        while not self.page.locator(where, has_text=text).first.is_visible():
            assert time.monotonic() < end, f"{self.name} waited in vain for «{text}» at {path}"
            time.sleep(0.1)
            self.open(path)

    def fill(self, fields: Mapping[str, str | Sequence[str]]) -> None:
        """Fill in fields by their names; where a table has no row left, ask for one more."""
        for name, value in fields.items():
            if not self._field(name).first.is_visible():
                table = ".".join(name.split(".")[:2])
                self.page.locator(f'button[value="add:{table}"]').click()
                self._field(name).first.wait_for(state="visible")
            for one in [value] if isinstance(value, str) else value:
                self._enter(name, one)

    def _enter(self, name: str, value: str) -> None:
        field = self._field(name)
        kind = field.first.evaluate("field => field.type")
        if kind in ("radio", "checkbox"):
            self.page.locator(f'[name="{name}"][value="{value}"]').check()
        elif kind == "select-one":
            field.select_option(value)
        else:
            field.fill(value)

    def _field(self, name: str) -> Locator:
        return self.page.locator(f'[name="{name}"]')
