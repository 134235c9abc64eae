"""A real browser on the real program."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Request, async_playwright, expect

from tests.fakes.openai_behaviours import Script
from tests.fakes.openai_server import FakeOpenAI
from tests.serving import Server, serving

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""The browser's own calls home would only hide those of the page."""
PATIENCE = 60_000
"""Milliseconds that a wait may last, as on a machine that is busy otherwise."""


def browser_path() -> str:
    """The browser that ``python run.py test`` has found or installed."""
    if chosen := os.environ.get("NEARSIDE_TEST_BROWSER"):
        return chosen
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise RuntimeError("no browser: install Chromium, or set NEARSIDE_TEST_BROWSER")
    return found


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, once for all tests."""
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=browser_path(), args=list(_QUIET)
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser_cloud() -> AsyncIterator[FakeOpenAI]:
    """A fake cloud for the browser's server."""
    async with FakeOpenAI() as fake:
        yield fake


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def server(
    browser_cloud: FakeOpenAI, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    """The program that the browser talks to."""
    data_dir = tmp_path_factory.mktemp("browser") / "data"
    async with serving(
        data_dir,
        NEARSIDE_CLOUD_URL=browser_cloud.url,
        NEARSIDE_CLOUD_API_KEY="sk-made-up-for-tests",
    ) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def cloud(browser_cloud: FakeOpenAI) -> FakeOpenAI:
    """The fake cloud with a fresh script."""
    browser_cloud.script = Script()
    browser_cloud.requests.clear()
    return browser_cloud


class Visit:
    """One page and what it asked the network for."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.requested: list[str] = []
        self.stopped: list[str] = []
        self.problems: list[str] = []
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("requestfailed", self._failed)
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def _failed(self, request: Request) -> None:
        """Note what the page's own policy stopped inside the browser."""
        if request.failure == "csp":
            self.stopped.append(request.url)

    async def open(self, path: str = "/") -> Page:
        """Load a page of the program and wait for the composer."""
        await self.page.goto(self.url + path)
        await self.page.locator("#chat-input").wait_for()
        await self.page.locator("#mode-picker-trigger-route").wait_for()
        return self.page

    async def ask(self, text: str, count: int = 1) -> None:
        """Type a prompt, send it, wait for the line under its answer."""
        await self.page.locator("#chat-input").click()
        await self.page.keyboard.insert_text(text)
        await self.page.keyboard.press("Enter")
        await self.page.locator(".nearside-line").nth(count - 1).wait_for()


async def visit_as(
    browser: Browser, server: Server, *, locale: str, width: int, height: int, dark: bool
) -> tuple[BrowserContext, Visit]:
    """A fresh browser profile with these properties."""
    context = await browser.new_context(
        locale=locale,
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
    )
    context.set_default_timeout(PATIENCE)
    return context, Visit(await context.new_page(), server.url)


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, server: Server) -> AsyncIterator[Visit]:
    """An English desktop browser."""
    context, opened = await visit_as(
        browser, server, locale="en-US", width=1280, height=800, dark=False
    )
    yield opened
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def german_visit(browser: Browser, server: Server) -> AsyncIterator[Visit]:
    """A German browser in the dark."""
    context, opened = await visit_as(
        browser, server, locale="de-AT", width=1280, height=800, dark=True
    )
    yield opened
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser, server: Server) -> AsyncIterator[Visit]:
    """A phone."""
    context, opened = await visit_as(
        browser, server, locale="en-US", width=390, height=800, dark=False
    )
    yield opened
    await context.close()


@pytest.fixture
def pictures() -> Path | None:
    """Where to put screenshots (``NEARSIDE_TEST_PICTURES``), for a person to look at."""
    folder = os.environ.get("NEARSIDE_TEST_PICTURES")
    if not folder:
        return None
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    return path


async def picture(visit: Visit, folder: Path | None, name: str) -> None:
    """A screenshot, where somebody wants to see it."""
    if folder:
        await visit.page.screenshot(path=folder / f"{name}.png")
