"""The server goes down in mid-answer and comes back: what a person sees of it in a browser."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Visit, picture, visit_as
from tests.fakes.openai_behaviours import Script
from tests.fakes.openai_server import FakeOpenAI
from tests.serving import Server, serving, start

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROMPT = "Tell me about tides."
DRAFT = "Hello! Are you there again?"


@pytest_asyncio.fixture(loop_scope="session")
async def mortal(tmp_path: Path, cloud: FakeOpenAI) -> AsyncIterator[Server]:
    """A program of its own, to be killed, with a cloud that falls silent in mid-answer."""
    words = tuple(f"word{i} " for i in range(42))
    cloud.script = Script(behaviour="hang_in_stream", pieces=words, delay=0.05)
    async with serving(tmp_path / "data", **settings(cloud)) as server:
        yield server


def settings(cloud: FakeOpenAI) -> dict[str, str]:
    """The program's, before and after."""
    return {"NEARSIDE_CLOUD_URL": cloud.url, "NEARSIDE_CLOUD_API_KEY": "sk-made-up"}


async def start_again(server: Server, cloud: FakeOpenAI) -> None:
    """Start it on the same port and data, and wait until it answers."""
    server.process = start(server.data_dir, port=server.port, **settings(cloud)).process
    await server.started()


@asynccontextmanager
async def reading(
    browser: Browser, mortal: Server, *, locale: str = "en-US", width: int = 1280
) -> AsyncIterator[Visit]:
    """Somebody at the page."""
    context, visit = await visit_as(
        browser, mortal, locale=locale, width=width, height=800, dark=locale == "de-DE"
    )
    yield visit
    await context.close()


async def killed_in_mid_answer(visit: Visit, mortal: Server) -> str:
    """Ask the cloud, kill the program when it has said something; the conversation's address."""
    page = await visit.open()
    await page.locator("#mode-picker-trigger-route").click()
    await page.locator("#mode-picker-popover-route [cmdk-item]").nth(2).click()
    await page.locator("#chat-input").fill(PROMPT)
    await page.keyboard.press("Enter")
    # Two seconds of it: an answer is stored once a second.
    await expect(page.get_by_text("word40 ")).to_be_visible()
    mortal.kill()
    await expect(page.locator("#session-error")).to_be_visible()
    assert "/thread/" in page.url
    return page.url


async def expect_all_there(page: Page, interrupted: str) -> None:
    """Prompt, partial answer and the line that says so."""
    await expect(page.locator(".nearside-line")).to_contain_text(interrupted)
    await expect(page.locator("[data-step-type=user_message]")).to_have_text(PROMPT)
    await expect(page.get_by_text("word5 ")).to_be_visible()


async def go_on(page: Page, cloud: FakeOpenAI) -> None:
    """Send what was typed meanwhile, and get an answer."""
    cloud.script = Script()
    await expect(page.locator("#chat-input")).to_have_value(DRAFT)
    await page.locator("#chat-submit").click()
    await expect(page.locator(".nearside-line")).to_have_count(2)


async def test_the_tab_stays_open(
    browser: Browser, mortal: Server, cloud: FakeOpenAI, pictures: Path | None
) -> None:
    """Conversation and draft stay; even a computer that wakes up meanwhile changes nothing."""
    async with reading(browser, mortal) as visit:
        address = await killed_in_mid_answer(visit, mortal)
        page = visit.page
        await page.locator("#chat-input").fill(DRAFT)
        async with page.expect_event("requestfailed", lambda failed: failed.url.endswith("/user")):
            await page.evaluate("window.dispatchEvent(new Event('online'))")
        await picture(visit, pictures, "gone")
        await start_again(mortal, cloud)
        await expect_all_there(page, "Interrupted")
        await expect(page.locator("#session-error")).to_have_count(0)
        await go_on(page, cloud)
        await picture(visit, pictures, "back")
        assert page.url == address
        assert visit.problems == []


async def test_reload(
    browser: Browser, mortal: Server, cloud: FakeOpenAI, pictures: Path | None
) -> None:
    """After a reload the same conversation is there, and the text that was being typed."""
    async with reading(browser, mortal, locale="de-DE", width=390) as visit:
        address = await killed_in_mid_answer(visit, mortal)
        page = visit.page
        await expect(page.locator("#session-error")).to_contain_text("Nearside antwortet gerade")
        await page.locator("#chat-input").fill(DRAFT)
        await picture(visit, pictures, "gone-german-phone")
        await start_again(mortal, cloud)
        await page.reload()
        await expect_all_there(page, "Abgebrochen")
        await picture(visit, pictures, "back-german-phone")
        await go_on(page, cloud)
        assert page.url == address


@pytest.mark.parametrize(
    ("locale", "search", "waiting"),
    [
        ("en-US", "The search did not work.", "The conversation opens as soon as it does."),
        ("de-DE", "Die Suche hat nicht geklappt.", "Das Gespräch öffnet sich, sobald"),
    ],
)
async def test_another_conversation(
    browser: Browser,
    mortal: Server,
    cloud: FakeOpenAI,
    locale: str,
    search: str,
    waiting: str,
    pictures: Path | None,
) -> None:
    """Searched or opened while nothing answers: one sentence; it opens by itself afterwards."""
    async with reading(browser, mortal, locale=locale) as visit:
        page = await visit.open()
        await visit.ask("Hello!")
        await page.wait_for_url("**/thread/*")
        other = page.url
        await page.locator("#new-chat-button").click()
        await page.wait_for_url(visit.url + "/")
        await killed_in_mid_answer(visit, mortal)
        await page.keyboard.press("Control+k")
        await page.keyboard.insert_text("tides")
        await expect(page.get_by_text(search)).to_be_visible()
        await page.keyboard.press("Escape")
        await page.locator("#thread-history").get_by_text("Hello!").click()
        await expect(page.get_by_text(waiting)).to_be_visible()
        await picture(visit, pictures, f"waiting-{locale}")
        await start_again(mortal, cloud)
        await page.wait_for_url(other)
        await expect(page.locator("[data-step-type=user_message]")).to_have_text("Hello!")
        assert visit.problems == []


async def test_a_temporary_conversation(
    browser: Browser, mortal: Server, cloud: FakeOpenAI, pictures: Path | None
) -> None:
    """It stays temporary, and one is told that what was said before is forgotten."""
    async with reading(browser, mortal) as visit:
        page = await visit.open()
        await page.locator("#chat-settings-open-modal").click()
        await page.locator("#temporary").click()
        await page.locator("#confirm").click()
        await expect(page.get_by_text("This conversation is temporary")).to_be_visible()
        await visit.ask("Hello!")
        mortal.kill()
        await expect(page.locator("#session-error")).to_be_visible()
        await start_again(mortal, cloud)
        await expect(page.get_by_text("does not know any more")).to_be_visible()
        await picture(visit, pictures, "forgotten")
        await visit.ask("Hello again!", count=2)
        await expect(page.locator("#thread-history")).not_to_contain_text("Hello")
        await page.reload()
        await expect(page.locator("#welcome-screen")).to_be_visible()
        await expect(page.locator("#thread-history")).to_contain_text("Nothing found")


async def test_a_conversation_that_is_gone(visit: Visit) -> None:
    """The address of a deleted conversation leads to a new one, with a sentence why."""
    page = await visit.open()
    await page.goto(f"{visit.url}/thread/{uuid.uuid4()}")
    await expect(page.get_by_text("This conversation is not stored any more.")).to_be_visible()
    await page.wait_for_url(visit.url + "/")
    await page.locator("#welcome-screen").wait_for()  # with the message box of a new conversation
    await visit.ask("Hello!")
