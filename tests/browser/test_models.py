"""The page "Models" in a browser, with a stub catalog."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from services.backends.local.model_ref import BUILTIN_DIRECTORY
from tests.browser.conftest import Visit, visit_as
from tests.fakes.foundry_catalog import FoundryStub
from tests.serving import Server, serving

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FoundryStub]:
    """A catalog that offers the built-in model under the name ``tiny``."""
    files = {f"v2/{path.name}": path.read_bytes() for path in BUILTIN_DIRECTORY.iterdir()}
    folder = tmp_path_factory.mktemp("catalog")
    with FoundryStub(folder, files, size=sum(map(len, files.values()))) as catalog:
        yield catalog


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def server(
    stub: FoundryStub, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    """A program that knows the stub catalog."""
    data = tmp_path_factory.mktemp("models") / "data"
    async with serving(data, **stub.environ) as running:
        yield running


async def opened(visit: Visit) -> Page:
    """The page, for somebody who has signed in."""
    await visit.open()
    await visit.page.goto(visit.url + "/models")
    return visit.page


async def picture(page: Page, folder: Path | None, name: str) -> None:
    """A screenshot, where somebody wants to see it."""
    if folder:
        await page.screenshot(path=folder / f"{name}.png", full_page=True)


async def test_from_the_menu_to_another_model_and_back(
    visit: Visit, stub: FoundryStub, pictures: Path | None
) -> None:
    """By keyboard: open the page, fetch a model, use it, ask it, go back, remove it."""
    page = await visit.open()
    await page.get_by_role("button", name="Models, export and privacy").press("Enter")
    await page.get_by_role("menuitem", name="Models").press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Models")
    await expect(page.locator("#used")).to_contain_text("built-in guide · ready")
    stub.hold.clear()
    await page.get_by_role("button", name="Download tiny").press("Enter")
    await expect(page.locator("#activity .progress")).to_contain_text("%")
    await picture(page, pictures, "models-download")
    await page.reload()
    await expect(page.get_by_role("progressbar", name="Downloading tiny")).to_be_visible()
    stub.hold.set()
    await expect(page.get_by_text("tiny is here and can be used.")).to_be_visible(timeout=30_000)
    await page.get_by_role("button", name="Use tiny now").press("Enter")
    await expect(page.get_by_text("tiny is in use now.")).to_be_visible(timeout=30_000)
    await expect(page.get_by_role("button", name="Remove tiny")).to_have_count(0)
    await visit.open()
    await visit.ask("Hello!")
    await expect(page.locator(".nearside-line")).to_contain_text("tiny")
    await page.goto(visit.url + "/models")
    await page.get_by_role("button", name="Use built-in guide now").press("Enter")
    await expect(page.get_by_text("built-in guide is in use now.")).to_be_visible(timeout=30_000)
    await page.get_by_role("button", name="Remove tiny").press("Enter")
    await picture(page, pictures, "models-remove")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("You can download it again.")
    await dialog.get_by_role("button", name="Keep it").press("Enter")
    await page.get_by_role("button", name="Remove tiny").press("Enter")
    await dialog.get_by_role("button", name="Remove").press("Enter")
    await expect(page.get_by_role("button", name="Download tiny")).to_be_visible()
    assert {urlsplit(url).netloc for url in visit.requested if url.startswith("http")} == {
        urlsplit(visit.url).netloc
    }
    assert visit.problems == []


async def test_what_cannot_be_used_is_said(visit: Visit, pictures: Path | None) -> None:
    """A folder without a model, a far server, and no server on the usual ports."""
    page = await opened(visit)
    folder = page.locator("section", has_text="A model of your own")
    await folder.get_by_label("Folder").fill("/no/such/folder")
    await folder.get_by_role("button", name="Use now").click()
    await expect(page.get_by_role("alert")).to_contain_text("holds no ONNX Runtime GenAI model")
    server = page.locator("section", has_text="A model server of your own")
    await server.get_by_label("Address").fill("https://api.openai.com/v1")
    await server.get_by_role("button", name="Use now").click()
    await expect(page.get_by_role("alert")).to_contain_text("in your private network")
    await server.get_by_role("button", name="Look for servers").click()
    await expect(server.get_by_role("status")).to_contain_text("No model server answers")
    await picture(page, pictures, "models-problems")


async def test_in_german_and_the_dark(german_visit: Visit, pictures: Path | None) -> None:
    """A German browser in the dark gets German words and dark colours."""
    page = await opened(german_visit)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Modelle")
    await expect(page.get_by_role("button", name="tiny herunterladen")).to_be_visible()
    background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(21, 27, 30)"
    await picture(page, pictures, "models-german")


async def test_on_a_phone(phone: Visit, pictures: Path | None) -> None:
    """On a phone nothing is wider than the screen."""
    page = await opened(phone)
    await expect(page.get_by_role("button", name="Download tiny")).to_be_visible()
    await picture(page, pictures, "models-phone")
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_a_set_variable_leaves_nothing_to_click(
    browser: Browser, stub: FoundryStub, tmp_path: Path, pictures: Path | None
) -> None:
    """The page says which setting wins, and offers no use of another model."""
    environ = {**stub.environ, "NEARSIDE_LOCAL_MODEL": "builtin"}
    async with serving(tmp_path / "server" / "data", **environ) as pinned:
        context, visit = await visit_as(
            browser, pinned, locale="en-US", width=1280, height=800, dark=False
        )
        page = await opened(visit)
        await expect(page.locator("#used")).to_contain_text("The setting NEARSIDE_LOCAL_MODEL")
        await expect(page.get_by_role("button", name="Download tiny")).to_be_visible()
        await expect(page.get_by_role("button", name="Use")).to_have_count(0)
        await picture(page, pictures, "models-pinned")
        await context.close()
