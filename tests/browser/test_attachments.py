"""Attached files in a real browser."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit, picture
from tests.documents import PICTURE, pdf
from tests.fakes.openai_server import FakeOpenAI

pytestmark = pytest.mark.asyncio(loop_scope="session")

PRIVATE = pdf("The rent goes to DE53677979049691425502.")
HARMLESS = b"Tides rise and fall twice a day because of the Moon."


async def attach(page: Page, name: str, data: bytes, media_type: str) -> None:
    """Choose a file behind the paper clip."""
    chosen: Any = {"name": name, "mimeType": media_type, "buffer": data}
    await page.locator("#upload-button-input").set_input_files([chosen])


async def attached(page: Page, name: str) -> None:
    """Wait until a file has been read: the ring of its progress is gone then."""
    await expect(page.locator("#attachments").get_by_text(name)).to_be_visible()
    await expect(page.locator("#attachments svg.absolute")).to_have_count(0)


async def give(page: Page, event: str, name: str, text: str) -> None:
    """Drop or paste a file into the message box, as a browser reports it."""
    await page.locator("#chat-input").evaluate(
        """(box, [kind, name, data]) => {
            const given = new DataTransfer()
            given.items.add(new File([atob(data)], name, { type: 'text/plain' }))
            const options = { bubbles: true, cancelable: true }
            box.dispatchEvent(kind === 'paste'
                ? new ClipboardEvent('paste', { ...options, clipboardData: given })
                : new DragEvent(kind, { ...options, dataTransfer: given }))
        }""",
        [event, name, base64.b64encode(text.encode()).decode()],
    )


async def test_a_private_file(visit: Visit, cloud: FakeOpenAI, pictures: Path | None) -> None:
    """A PDF with an account number stays here, the reason names it, and it can be saved."""
    page = await visit.open()
    await page.locator("#mode-picker-trigger-route").click()
    await page.locator("#mode-picker-popover-route").get_by_text("Cloud", exact=True).click()
    await attach(page, "contract.pdf", PRIVATE, "application/pdf")
    await attached(page, "contract.pdf")
    await picture(visit, pictures, "attach-composer")
    await visit.ask("Please summarise this contract.")
    await expect(page.locator(".nearside-line")).to_contain_text("On this computer")
    await page.get_by_role("button", name="Why?").click()
    await expect(page.locator(".nearside-details")).to_contain_text("in the file contract.pdf")
    await picture(visit, pictures, "attach-private")
    await page.reload()
    async with page.expect_download() as download:
        await page.locator("a.inline-file", has_text="contract.pdf").click()
    saved = await (await download.value).path()
    assert saved.read_bytes() == PRIVATE
    await picture(visit, pictures, "attach-resumed")
    assert not cloud.requests
    assert visit.problems == []


async def test_a_harmless_file(visit: Visit, cloud: FakeOpenAI, pictures: Path | None) -> None:
    """Dropped and pasted files go to the cloud with their message."""
    page = await visit.open()
    await page.locator("#mode-picker-trigger-route").click()
    await page.locator("#mode-picker-popover-route").get_by_text("Cloud", exact=True).click()
    await give(page, "dragenter", "ebb.md", "The Moon orbits the Earth.")
    await give(page, "drop", "ebb.md", "The Moon orbits the Earth.")
    await attached(page, "ebb.md")
    await give(page, "paste", "tides.txt", HARMLESS.decode())
    await attached(page, "tides.txt")
    await visit.ask("Please summarise this.")
    await expect(page.locator(".nearside-line")).to_contain_text("Cloud")
    await picture(visit, pictures, "attach-harmless")
    sent = cloud.requests[-1].messages[-1]["content"]
    assert "The Moon orbits the Earth." in sent
    assert HARMLESS.decode() in sent


async def test_a_picture_is_refused(
    german_visit: Visit, cloud: FakeOpenAI, pictures: Path | None
) -> None:
    """A picture is not attached, a German sentence says why, and what was typed stays."""
    page = await german_visit.open()
    await page.locator("#chat-input").click()
    await page.keyboard.insert_text("Was ist auf dem Bild?")
    await attach(page, "foto.png", PICTURE, "image/png")
    notice = page.get_by_text("Nicht angehängt: foto.png: Nearside kann keine Bilder lesen.")
    await expect(notice).to_be_visible()
    await picture(german_visit, pictures, "attach-picture-german")
    await expect(page.locator("#attachments")).to_have_count(0)
    await expect(page.locator("#chat-input")).to_have_value("Was ist auf dem Bild?")


async def test_a_german_reader(
    german_visit: Visit, cloud: FakeOpenAI, pictures: Path | None
) -> None:
    """The paper clip, the reason and what is too large are told in German."""
    page = await german_visit.open()
    await page.locator("#upload-button").hover()
    await expect(page.get_by_text("Dateien anhängen (Text, PDF, Word)").first).to_be_visible()
    await picture(german_visit, pictures, "attach-hint-german")
    await attach(page, "riesig.txt", b"a" * 10_000_001, "text/plain")
    large = page.get_by_text("Nicht angehängt: Eine Datei darf höchstens 10 MB groß sein.")
    await expect(large).to_be_visible()
    await attach(page, "vertrag.pdf", PRIVATE, "application/pdf")
    await attached(page, "vertrag.pdf")
    await german_visit.ask("Bitte fasse das zusammen.")
    await page.get_by_role("button", name="Warum?").click()
    await expect(page.locator(".nearside-details")).to_contain_text("in der Datei vertrag.pdf")
    await picture(german_visit, pictures, "attach-german")
    assert not cloud.requests


async def test_a_message_that_was_not_taken(visit: Visit, cloud: FakeOpenAI) -> None:
    """With more files than one message takes, nothing is sent and the words are kept."""
    page = await visit.open()
    for number in range(6):
        await attach(page, f"{number}.txt", HARMLESS, "text/plain")
        await attached(page, f"{number}.txt")
    await page.locator("#chat-input").click()
    await page.keyboard.insert_text("Please compare these.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("At most 5 files can be attached")).to_be_visible()
    await expect(page.locator("#chat-input")).to_have_value("Please compare these.")
    await expect(page.locator("[data-step-type='user_message']")).to_have_count(0)
    # Another message box takes the place of the first, as when a conversation begins.
    await page.evaluate(
        "() => { const box = document.getElementById('chat-input');"
        " const other = box.cloneNode(); other.value = ''; box.replaceWith(other) }"
    )
    await expect(page.locator("#chat-input")).to_have_value("Please compare these.")


async def test_a_phone_shows_files(phone: Visit, cloud: FakeOpenAI, pictures: Path | None) -> None:
    """On a phone a long file name makes nothing wider than the screen."""
    page = await phone.open()
    name = "a_very_long_name_of_a_file_that_goes_on_and_on_about_tides.txt"
    await attach(page, name, HARMLESS, "text/plain")
    await attached(page, "a_very_long_name")
    await phone.ask("Please summarise this.")
    await picture(phone, pictures, "attach-phone")
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_a_long_file(visit: Visit, cloud: FakeOpenAI, pictures: Path | None) -> None:
    """Where a file is longer than the local model can read, the answer says so."""
    page = await visit.open()
    await page.locator("#mode-picker-trigger-route").click()
    local = page.locator("#mode-picker-popover-route").get_by_text("Local only", exact=True)
    await local.click()
    await attach(page, "tides.txt", HARMLESS * 500, "text/plain")
    await attached(page, "tides.txt")
    await visit.ask("Please summarise this.")
    await expect(page.locator(".nearside-notice")).to_contain_text("its middle was left out")
    await picture(visit, pictures, "attach-long")
    await page.get_by_role("button", name="Ask again in the cloud").click()
    await expect(page.get_by_role("dialog")).to_contain_text('Attached file "tides.txt"')
    await picture(visit, pictures, "attach-preview")
    assert not cloud.requests
