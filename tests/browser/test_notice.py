"""An answer that comes while the reader looks elsewhere is told."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

ELSEWHERE = "document.hasFocus = () => false"
BACK = "document.hasFocus = () => true; window.dispatchEvent(new Event('focus'))"
BRIDGE = """
window.told = []
const api = { answer_ready: () => told.push('ready'), seen: () => told.push('seen') }
window.pywebview = { api }
"""


async def test_the_title_is_marked_until_the_reader_looks(visit: Visit) -> None:
    """The desktop window is told both through its bridge."""
    page = await visit.open()
    await page.evaluate(BRIDGE + ELSEWHERE)
    await visit.ask("Hello!")
    await expect(page).to_have_title("● Nearside")
    await page.evaluate(BACK)
    await expect(page).to_have_title("Nearside")
    assert await page.evaluate("told") == ["ready", "seen"]


async def test_a_reader_who_looks_is_told_nothing(visit: Visit) -> None:
    """The answer itself is there to see."""
    page = await visit.open()
    await page.evaluate(BRIDGE + "document.hasFocus = () => true")
    await visit.ask("Hello!")
    await expect(page.locator("#stop-button")).to_have_count(0)
    await expect(page).to_have_title("Nearside")
    assert await page.evaluate("told") == []
