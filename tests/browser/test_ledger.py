"""The page "What left this computer" in a browser."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.fakes.openai_server import FakeOpenAI

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def ask_the_cloud(visit: Visit, text: str) -> None:
    page = await visit.open()
    await page.locator("#mode-picker-trigger-route").click()
    await page.locator("#mode-picker-popover-route").get_by_text("Cloud", exact=True).click()
    await visit.ask(text)


async def test_from_the_menu_to_the_deletion(
    visit: Visit, cloud: FakeOpenAI, pictures: Path | None
) -> None:
    """By keyboard: open the page from the header, read a text, delete all texts."""
    await ask_the_cloud(visit, "Tell me about the capercaillie.")
    page = visit.page
    await page.get_by_role("button", name="Export and privacy").press("Enter")
    await page.get_by_role("menuitem", name="What left this computer").press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("What left this computer")
    await page.locator("summary").first.press("Enter")
    await expect(page.locator("pre").first).to_contain_text("user: Tell me about the capercaillie.")
    if pictures:
        await page.screenshot(path=pictures / "ledger.png")
    await page.get_by_role("button", name="Delete all texts in this list").press("Enter")
    await expect(page.get_by_text("No text is kept").first).to_be_visible()
    await expect(page.locator("details")).to_have_count(0)
    await expect(page.locator(".rows > li").first).to_contain_text("127.0.0.1")
    assert {urlsplit(url).netloc for url in visit.requested if url.startswith("http")} == {
        urlsplit(visit.url).netloc
    }
    assert visit.problems == []


async def test_in_german_and_the_dark(
    german_visit: Visit, cloud: FakeOpenAI, pictures: Path | None
) -> None:
    """A German browser in the dark gets German words and dark colours."""
    await ask_the_cloud(german_visit, "Erkläre die Gezeiten.")
    page = german_visit.page
    await page.goto(german_visit.url + "/left")
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Was diesen Computer verlassen hat"
    )
    background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(21, 27, 30)"
    if pictures:
        await page.screenshot(path=pictures / "ledger-german.png", full_page=True)


async def test_on_a_phone(phone: Visit, cloud: FakeOpenAI, pictures: Path | None) -> None:
    """On a phone nothing is wider than the screen, however long a word is."""
    await ask_the_cloud(phone, "What does this word mean: " + "tidal" * 60)
    page = phone.page
    await page.goto(phone.url + "/left")
    await page.locator("summary").first.click()
    await expect(page.locator("pre").first).to_contain_text("tidaltidal")
    if pictures:
        await page.screenshot(path=pictures / "ledger-phone.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_without_signing_in_the_chat_comes_first(visit: Visit) -> None:
    """Whoever opens the page's address first is led to the chat, and can go on from there."""
    await visit.page.goto(visit.url + "/left")
    await visit.page.locator("#mode-picker-trigger-route").wait_for()
    await visit.page.goto(visit.url + "/left")
    await expect(visit.page.get_by_role("heading", level=1)).to_have_text("What left this computer")
