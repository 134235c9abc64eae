"""What only a browser shows."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import WebSocketRoute, expect

from tests.browser.conftest import Visit, picture
from tests.fakes.openai_behaviours import Script
from tests.fakes.openai_server import FakeOpenAI

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_first_prompt(visit: Visit, cloud: FakeOpenAI, pictures: Path | None) -> None:
    """A new user opens the page, asks, and reads where the answer came from."""
    page = await visit.open()
    await expect(page).to_have_title("Nearside")
    await picture(visit, pictures, "welcome")
    await visit.ask("Hello!")
    line = page.locator(".nearside-line").first
    await expect(line).to_contain_text("On this computer")
    await expect(page.locator("#thread-history")).to_contain_text("Hello!")
    await line.get_by_role("button", name="Why?").click()
    await expect(page.locator(".nearside-details")).to_contain_text("model on this computer")
    assert not cloud.requests
    assert visit.problems == []


async def test_enter_before_a_conversation_is_ready(visit: Visit) -> None:
    """The message goes as soon as it can, once, and in another message box if need be."""
    page = visit.page
    held: list[tuple[WebSocketRoute, str | bytes]] = []

    def pass_on(socket: WebSocketRoute) -> None:
        def to_page(message: str | bytes) -> None:
            if str(message).startswith('42["task_end"') and not ready.is_set():
                held.append((socket, message))
            else:
                socket.send(message)

        socket.connect_to_server().on_message(to_page)

    ready = asyncio.Event()
    await page.route_web_socket("**/ws/**", pass_on)
    await visit.open()
    await page.locator("#chat-input").fill("Hello!")
    await expect(page.locator("#chat-submit")).to_be_disabled()
    await page.keyboard.press("Enter")
    await expect(page.locator("#chat-input")).to_have_value("Hello!")
    ready.set()
    for socket, message in held:
        socket.send(message)
    await page.locator(".nearside-line").wait_for()
    await expect(page.locator("[data-step-type=user_message]")).to_have_text("Hello!")
    await expect(page.locator("#chat-input")).to_have_value("")


async def test_nothing_is_asked_of_other_hosts(visit: Visit, cloud: FakeOpenAI) -> None:
    """Page, prompt and answer need this server only, even when an answer holds a picture."""
    cloud.script = Script(pieces=("![x](https://example.com/x.png) and ", "`code`, $x^2$"))
    await visit.open()
    await visit.page.locator("#mode-picker-trigger-route").click()
    await visit.page.get_by_text("Asks the cloud").click()
    await visit.ask("Tell me about tides.")
    asked = {url for url in visit.requested if url.startswith(("http", "ws"))}
    left = {urlsplit(url).netloc for url in asked - set(visit.stopped)}
    assert left == {urlsplit(visit.url).netloc}


async def test_the_picker(visit: Visit, cloud: FakeOpenAI, pictures: Path | None) -> None:
    """The picker offers three ways, and the cloud's answer says what it cost."""
    page = await visit.open()
    await page.locator("#mode-picker-trigger-route").click()
    popover = page.locator("#mode-picker-popover-route")
    for name in ("Auto", "Local only", "Cloud"):
        await expect(popover.get_by_text(name, exact=True)).to_be_visible()
    await picture(visit, pictures, "picker")
    await popover.get_by_text("Cloud", exact=True).click()
    await visit.ask("Tell me about tides.")
    await expect(page.locator(".nearside-line")).to_contain_text("USD")
    assert len(cloud.requests) == 1


async def test_sending_to_the_cloud_after_a_look(
    visit: Visit, cloud: FakeOpenAI, pictures: Path | None
) -> None:
    """Asking again in the cloud shows exactly what would be sent, and sends it on a click."""
    page = await visit.open()
    await visit.ask("Hello!")
    await page.get_by_role("button", name="Ask again in the cloud").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Exactly this text would leave your computer")
    await expect(dialog).to_contain_text("Hello!")
    await picture(visit, pictures, "preview")
    assert not cloud.requests
    await dialog.get_by_role("button", name="Send to the cloud").click()
    await expect(page.locator(".nearside-line").nth(1)).to_contain_text("Cloud")
    assert len(cloud.requests) == 1


async def test_a_private_prompt_cannot_be_sent(visit: Visit, cloud: FakeOpenAI) -> None:
    """For a private prompt the button explains why it stays."""
    page = await visit.open()
    await visit.ask("My password is Zitronenfalter77, please remember.")
    await page.get_by_role("button", name="Ask again in the cloud").click()
    await expect(page.get_by_text("Nothing was sent.")).to_be_visible()
    assert not cloud.requests


async def test_stop_button(visit: Visit, cloud: FakeOpenAI, pictures: Path | None) -> None:
    """The stop button ends the answer and leaves its part."""
    words = tuple(f"word{i} " for i in range(10))
    cloud.script = Script(behaviour="hang_in_stream", pieces=words, delay=0.02)
    page = await visit.open()
    await page.locator("#mode-picker-trigger-route").click()
    await page.locator("#mode-picker-popover-route").get_by_text("Cloud", exact=True).click()
    await page.locator("#chat-input").click()
    await page.keyboard.insert_text("Tell me about tides.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("word5 ")).to_be_visible()
    await page.locator("#stop-button").click()
    await expect(page.locator(".nearside-line")).to_contain_text("Interrupted")
    await picture(visit, pictures, "stopped")
    await page.reload()
    await expect(page.get_by_text("word5 ")).to_be_visible()
    await expect(page.locator(".nearside-line")).to_contain_text("Interrupted")


async def test_search(visit: Visit, cloud: FakeOpenAI, pictures: Path | None) -> None:
    """Ctrl+K finds a conversation by a word of its answer, and opens it."""
    cloud.script = Script(pieces=("The axolotl never grows up.",))
    page = await visit.open()
    await page.locator("#mode-picker-trigger-route").click()
    await page.locator("#mode-picker-popover-route").get_by_text("Cloud", exact=True).click()
    await visit.ask("Which animal stays young?")
    await visit.open()
    await page.keyboard.press("Control+k")
    await page.keyboard.insert_text("axolotl")
    found = page.get_by_role("option").filter(has_text="Which animal stays young?")
    await expect(found).to_be_visible()
    await picture(visit, pictures, "search")
    await found.click()
    await expect(page.get_by_text("The axolotl never grows up.")).to_be_visible()


async def test_the_export_menu(visit: Visit) -> None:
    """The arrow in the header offers this conversation and all of them."""
    page = await visit.open()
    await visit.ask("Hello!")
    await page.get_by_role("button", name="Export").click()
    async with page.expect_download() as download:
        await page.get_by_role("menuitem", name="This conversation (Markdown)").click()
    saved = await (await download.value).path()
    assert "Hello!" in saved.read_text("utf-8")


async def test_german(german_visit: Visit, pictures: Path | None) -> None:
    """A German browser in the dark sees German everywhere."""
    page = await german_visit.open()
    await expect(page.locator("#mode-picker-trigger-route")).to_contain_text("Auto")
    await expect(page.get_by_role("button", name="Etwas Privates")).to_be_visible()
    await expect(page.locator("#readme-button")).to_have_text("Anleitung")
    await german_visit.ask("Hallo!")
    await expect(page.locator(".nearside-line")).to_contain_text("Auf diesem Computer")
    await picture(german_visit, pictures, "german")


async def test_a_phone(phone: Visit, pictures: Path | None) -> None:
    """On a phone nothing is wider than the screen, and one can ask and read."""
    page = await phone.open()
    await phone.ask("Hello!")
    await expect(page.locator(".nearside-line")).to_contain_text("On this computer")
    await picture(phone, pictures, "phone")
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_by_keyboard(visit: Visit) -> None:
    """One can ask, and open the reasons, without a mouse."""
    page = await visit.open()
    await page.locator("#chat-input").focus()
    await page.keyboard.type("Hello!")
    await page.keyboard.press("Enter")
    why = page.get_by_role("button", name="Why?")
    await why.wait_for()
    await why.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".nearside-details")).to_be_visible()


async def test_the_readme_picture(visit: Visit, cloud: FakeOpenAI, pictures: Path | None) -> None:
    """A conversation as the README shows it: answered in the cloud, with its reasons open."""
    answer = (
        "**Tides** come from the Moon's gravity, and to a lesser part from the Sun's.\n\n"
        "1. The side of the Earth that faces the Moon is pulled a little more strongly, "
        "the far side a little less.\n"
        "2. So the water bulges on both sides, and the Earth turns beneath the two bulges.\n"
        "3. When Sun and Moon pull in line, at new and full moon, the tides are highest.\n\n"
        "Coasts shape the rest: a narrowing bay can turn one metre into fifteen."
    )
    pieces = tuple(f"{word} " for word in answer.split(" "))
    cloud.script = Script(pieces=pieces, model="gpt-4o-mini")
    page = await visit.open()
    await page.locator("#mode-picker-trigger-route").click()
    await page.locator("#mode-picker-popover-route").get_by_text("Cloud", exact=True).click()
    await visit.ask("Explain how tides come about.")
    await page.get_by_role("button", name="Why?").click()
    await expect(page.locator(".nearside-details")).to_contain_text("You chose the cloud.")
    await picture(visit, pictures, "screenshot")
