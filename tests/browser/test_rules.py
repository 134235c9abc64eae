"""The page "Rules" in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.fakes.openai_server import FakeOpenAI

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_rule_counts_at_once(
    visit: Visit, cloud: FakeOpenAI, pictures: Path | None
) -> None:
    """By keyboard: from the menu to a rule, which decides the next message and says so."""
    page = await visit.open()
    await page.get_by_role("button", name="Export and privacy").press("Enter")
    await page.get_by_role("menuitem", name="Rules").press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Rules")
    await page.get_by_label("Where to answer").select_option("Always in the cloud")
    await page.get_by_label("Word, phrase or pattern").fill("capercaillie")
    await page.get_by_role("button", name="Add rule").press("Enter")
    await expect(page.locator(".rules > li")).to_have_count(1)
    await page.get_by_label("What", exact=True).select_option("Task: translation")
    await page.get_by_role("button", name="Add rule").press("Enter")
    await expect(page.locator(".rules > li")).to_have_count(2)
    await page.get_by_role("button", name="Up: rule 2").press("Enter")
    await expect(page.locator(".rules > li").first).to_contain_text("translation")
    if pictures:
        await page.screenshot(path=pictures / "rules.png", full_page=True)
    await visit.open()
    await visit.ask("What is a capercaillie?")
    await expect(page.get_by_text("your rule for messages with “capercaillie”")).to_be_visible()
    await page.goto(visit.url + "/rules")
    for _ in range(2):
        await page.get_by_role("button", name="Delete: rule 1").press("Enter")
    await expect(page.locator(".rules > li")).to_have_count(0)
    assert visit.problems == []


async def test_a_pattern_that_cannot_be_used(
    german_visit: Visit, cloud: FakeOpenAI, pictures: Path | None
) -> None:
    """It is refused with one sentence, and what was typed is still there."""
    page = await german_visit.open()
    await page.goto(german_visit.url + "/rules")
    await page.get_by_label("Was", exact=True).select_option("pattern")
    await page.get_by_label("Wort, Ausdruck oder Muster").fill("(a+)\\1")
    await page.get_by_role("button", name="Regel hinzufügen").click()
    await expect(page.get_by_role("alert")).to_contain_text("Dieses Muster ist nicht verwendbar")
    await expect(page.get_by_label("Wort, Ausdruck oder Muster")).to_have_value("(a+)\\1")
    if pictures:
        await page.screenshot(path=pictures / "rules-german.png", full_page=True)


async def test_on_a_phone(phone: Visit, cloud: FakeOpenAI, pictures: Path | None) -> None:
    """On a phone nothing is wider than the screen, however long a word is."""
    page = await phone.open()
    await page.goto(phone.url + "/rules")
    await page.get_by_label("Word, phrase or pattern").fill("tidal" * 30)
    await page.get_by_role("button", name="Add rule").click()
    await expect(page.locator(".rules > li")).to_have_count(1)
    await page.wait_for_load_state()  # the list is there before its style
    if pictures:
        await page.screenshot(path=pictures / "rules-phone.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await page.get_by_role("button", name="Delete: rule 1").click()
    await expect(page.locator(".rules > li")).to_have_count(0)
