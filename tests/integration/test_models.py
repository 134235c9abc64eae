"""Managing models through the running program, with the real SDK and a stub catalog."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.backends.local.model_ref import BUILTIN_DIRECTORY
from services.local_choice import LocalChoice, kept_choice
from tests.chat_client import PATIENCE, ChatTab
from tests.conftest import NetworkAttempts
from tests.fakes.foundry_catalog import FoundryStub
from tests.fakes.openai_behaviours import Script
from tests.fakes.openai_server import FakeOpenAI
from tests.serving import serving

Json = dict[str, Any]


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[FoundryStub]:
    """A catalog that offers the built-in model under the name ``tiny``."""
    files = {f"v2/{path.name}": path.read_bytes() for path in BUILTIN_DIRECTORY.iterdir()}
    with FoundryStub(tmp_path, files, size=sum(map(len, files.values()))) as server:
        yield server


class Page:
    """What the page "Models" does, without a browser."""

    def __init__(self, tab: ChatTab) -> None:
        self._http = tab.http

    async def state(self) -> Json:
        state: Json = (await self._http.get("/api/models")).json()
        return state

    async def post(self, name: str, **body: str) -> httpx.Response:
        return await self._http.post(f"/api/models/{name}", json=body)

    async def until(self, reached: Callable[[Json], bool]) -> Json:
        async with asyncio.timeout(PATIENCE):
            while not reached(state := await self.state()):  # noqa: ASYNC110 - as the page does
                await asyncio.sleep(0.02)
        return state

    async def use(self, **wanted: str) -> Json:
        """Use a model and wait for the outcome."""
        answer = await self.post("use", **wanted)
        assert answer.status_code == 200, answer.text
        return await self.until(lambda state: not state["switch"]["running"])


async def used(tab: ChatTab, text: str = "Hello!") -> str:
    """The model that answers a prompt."""
    line = tab.line(await tab.ask(text, "local"))
    assert line is not None
    assert line["status"] == "complete"
    model: str = line["texts"]["en"]["line"].split(" · ")[1]
    return model


async def test_from_the_catalog_to_the_chat_and_back(tmp_path: Path, stub: FoundryStub) -> None:
    """List, fetch, cancel, go on, use now, ask, remove; all without a restart."""
    data = tmp_path / "server" / "data"
    async with serving(data, **stub.environ) as server, ChatTab(server.url) as tab:
        page = Page(tab)
        listed = (await tab.http.get("/api/models/catalog")).json()
        assert [offer["alias"] for offer in listed["offers"]] == ["tiny"]
        assert await used(tab) == "built-in guide"

        stub.hold.clear()
        await page.post("download", model="tiny")
        await page.post("download", model="tiny")
        await page.until(lambda state: state["download"]["percent"] >= 20)
        await page.post("cancel")
        state = await page.until(lambda state: not state["download"]["running"])
        assert "What has come is kept" in state["download"]["error"]
        assert [(model["name"], model["whole"]) for model in state["here"]][1:] == [("tiny", False)]
        assert (await page.post("use", model="tiny")).status_code == 409

        stub.hold.set()
        await page.post("download", model="tiny")
        state = await page.until(lambda state: not state["download"]["running"])
        assert (state["download"]["error"], state["download"]["percent"]) == (None, 100)

        state = await page.use(model="tiny")
        assert state["switch"]["error"] is None
        assert state["used"] == {
            "model": "tiny",
            "label": "tiny",
            "server": None,
            "state": "ready",
        }
        assert await used(tab, "Hello again!") == "tiny"
        assert (await tab.http.get("/api/health")).json()["local"]["model"] == "tiny"
        assert (await page.post("remove", model="tiny")).status_code == 409

        await page.use(model="builtin")
        state = (await page.post("remove", model="tiny")).json()
        assert [model["name"] for model in state["here"]] == ["builtin"]
        assert await used(tab, "And now?") == "built-in guide"


async def test_a_choice_outlives_the_program(tmp_path: Path, stub: FoundryStub) -> None:
    """The next start loads it; a model that is damaged leaves the one before in use."""
    data = tmp_path / "server" / "data"
    own = tmp_path / "mine"
    own.mkdir()
    for path in BUILTIN_DIRECTORY.iterdir():
        (own / path.name).write_bytes(path.read_bytes())
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "genai_config.json").write_text("{}", "utf-8")
    async with serving(data, **stub.environ) as server, ChatTab(server.url) as tab:
        page = Page(tab)
        await page.use(folder=str(own))
        state = await page.use(folder=str(broken))
        assert "cannot be loaded" in state["switch"]["error"]
        assert await used(tab) == "mine"
        assert kept_choice(data) == LocalChoice(str(own))
    async with serving(data, **stub.environ) as server, ChatTab(server.url) as tab:
        assert await used(tab) == "mine"
        state = await Page(tab).state()
        assert [model["name"] for model in state["here"] if model["used"]] == [str(own)]


async def test_a_server_of_ones_own(tmp_path: Path, stub: FoundryStub) -> None:
    """Private prompts go to it at once; a running answer keeps its words when it is left."""
    async with (
        FakeOpenAI() as ollama,
        serving(tmp_path / "server" / "data", **stub.environ) as server,
        ChatTab(server.url) as tab,
    ):
        page = Page(tab)
        ollama.script = Script(pieces=tuple(f"word{number} " for number in range(40)), delay=0.01)
        state = await page.use(url=ollama.url)
        assert state["used"]["server"] == ollama.origin.removeprefix("http://")
        await tab.send("My password is Zitronenfalter77.")
        await tab.until(lambda: any("word3" in answer["output"] for answer in tab.answers()))
        await page.post("use", model="builtin")
        answer = await tab.finished()
        assert answer["output"].endswith("word39 ")
        await page.until(lambda state: not state["switch"]["running"])
        assert await used(tab, "Who are you?") == "built-in guide"
        assert len([one for one in ollama.requests if one.path.endswith("completions")]) == 1


async def test_without_a_network(tmp_path: Path, network_attempts: NetworkAttempts) -> None:
    """What is here comes at once, the catalog's absence is one sentence, and all else works."""
    async with serving(tmp_path / "server" / "data") as server, ChatTab(server.url) as tab:
        page = (await tab.http.get("/models")).text
        assert "builtin" in page
        network_attempts.take()
        listed = (await tab.http.get("/api/models/catalog")).json()
        assert listed["offers"] == []
        assert listed["problem"].startswith("Foundry Local's catalog cannot be reached.")
        network_attempts.take()
        found = (await Page(tab).post("find")).json()
        assert found == {"servers": []}
        assert await used(tab) == "built-in guide"


async def test_a_setting_wins(tmp_path: Path, stub: FoundryStub) -> None:
    """Where the environment names the model, the page says so and the address refuses."""
    data = tmp_path / "server" / "data"
    async with (
        serving(data, NEARSIDE_LOCAL_MODEL="builtin", **stub.environ) as server,
        ChatTab(server.url) as tab,
    ):
        page = Page(tab)
        assert "NEARSIDE_LOCAL_MODEL" in (await page.state())["pinned"]
        assert (await page.post("use", model="builtin")).status_code == 409


async def test_the_end_of_the_program_ends_a_download(tmp_path: Path, stub: FoundryStub) -> None:
    """The program's end is not held up, and the download goes on in the next run."""
    data = tmp_path / "server" / "data"
    stub.hold.clear()
    async with serving(data, **stub.environ) as server, ChatTab(server.url) as tab:
        await Page(tab).post("download", model="tiny")
        await Page(tab).until(lambda state: state["download"]["percent"] >= 20)
    stub.hold.set()
    async with serving(data, **stub.environ) as server, ChatTab(server.url) as tab:
        page = Page(tab)
        assert not (await page.state())["here"][1]["whole"]
        await page.post("download", model="tiny")
        state = await page.until(lambda state: not state["download"]["running"])
        assert state["download"]["error"] is None
