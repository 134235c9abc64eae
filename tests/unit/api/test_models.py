"""The page "Models" and its addresses: who may, what is taken, what is said."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from services.api.guard import Guard
from services.api.models_routes import MAX_BODY_BYTES, models_routes
from services.api.models_view import models_page, overview_json
from services.domain import BackendStatus
from services.errors import ModelError
from services.local_choice import LocalChoice, keep_choice
from services.models.manager import Overview, Switch
from services.texts import catalog
from tests.source import ROOT
from tests.unit.models.test_manager import OLLAMA, Rig, rig

__all__ = ["rig"]

CHANGES = ("find", "download", "cancel", "remove", "use")


@asynccontextmanager
async def visiting(
    rig: Rig, *, user: str | None = "local", language: str = "en", pinned: str | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    async def user_of(request: Request) -> str | None:
        return user

    models = rig.manager(pinned) if pinned else rig.models
    app = Guard(Starlette(routes=models_routes(models, user_of)))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://127.0.0.1:8000",
        headers={"Accept-Language": language},
    ) as client:
        yield client


def embedded(page: str) -> dict[str, Any]:
    """What the page's script is given."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


async def test_the_page_shows_at_once_what_is_here(rig: Rig) -> None:
    """Without asking the catalog, in the reader's language."""
    async with visiting(rig, language="de-AT") as client:
        page = (await client.get("/models")).text
    data = embedded(page)
    assert "<h1>Modelle</h1>" in page
    assert data["words"]["use"] == "Jetzt verwenden"
    assert data["state"]["here"][0]["label"] == "eingebauter Wegweiser"
    assert data["state"]["used"]["state"] == "ready"
    assert rig.catalog.asked == 0


def test_names_cannot_break_out_of_the_page() -> None:
    """Whatever a folder or a server calls its model."""
    page = models_page("en", {"name": "</script><script>alert(1)</script>"})
    assert "<script>alert" not in page
    assert embedded(page)["state"]["name"] == "</script><script>alert(1)</script>"


async def test_every_word_of_the_script_exists(rig: Rig) -> None:
    """The page's script asks for no word that the languages do not have."""
    script = (ROOT / "public" / "models.js").read_text("utf-8")
    asked = set(re.findall(r"say\('(\w+)'", script))
    asked |= set(re.findall(r"(?:button|form)\('(\w+)'", script))
    asked |= set(re.findall(r"field\('\w+', '(\w+)'", script))
    asked |= {f"{name}_label" for name in re.findall(r"button\('(\w+)', (?!null)", script)}
    asked |= {f"{name}_what" for name in re.findall(r"form\('(\w+)'", script)}
    async with visiting(rig) as client:
        words = embedded((await client.get("/models")).text)["words"]
    assert len(asked) > 30
    assert asked - words.keys() == set()
    assert {f"manage.{name}" for name in words} <= catalog("de").keys()


async def test_whoever_is_not_signed_in_finds_nothing(rig: Rig) -> None:
    """The page leads to the chat, which signs in; the rest does not exist."""
    async with visiting(rig, user=None) as client:
        page = await client.get("/models")
        answers = [await client.get(f"/api/models{path}") for path in ("", "/catalog")]
        answers += [await client.post(f"/api/models/{name}", json={}) for name in CHANGES]
    assert (page.status_code, page.headers["location"]) == (303, "/")
    assert {answer.status_code for answer in answers} == {404}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_foreign_page_changes_nothing(rig: Rig, name: str) -> None:
    """Neither with its own origin, nor with a form, nor by a link."""
    body = json.dumps({"model": "tiny"})
    async with visiting(rig) as client:
        path = f"/api/models/{name}"
        answers = [
            await client.post(path, json={}, headers={"Origin": "https://evil.example"}),
            await client.post(path, content=body, headers={"Content-Type": "text/plain"}),
            await client.post(path, data={"model": "tiny"}),
            await client.get(path),
        ]
    assert [answer.status_code for answer in answers] == [403, 415, 415, 405]
    assert rig.catalog.fetched == []
    assert rig.made == [LocalChoice()]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"model": 3}', b'{"model": ""}', b"\xff"])
async def test_bad_bodies_get_one_sentence(rig: Rig, body: bytes) -> None:
    """Status 400, and what was sent is not repeated."""
    async with visiting(rig) as client:
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/api/models/download", content=body, headers=headers)
        long = await client.post(
            "/api/models/use", content=b" " * (MAX_BODY_BYTES + 1), headers=headers
        )
    assert (answer.status_code, long.status_code) == (400, 413)
    assert answer.json()["error"]["code"] == "bad_request"


async def test_the_catalog_in_lay_words(rig: Rig) -> None:
    """Name, size, licence, task and what it runs on; out of reach is one sentence, no error."""
    async with visiting(rig, language="de") as client:
        there = (await client.get("/api/models/catalog")).json()
        rig.models = rig.manager()
    rig.catalog.error = ModelError("error.catalog_offline")
    async with visiting(rig) as client:
        gone = await client.get("/api/models/catalog")
    assert there["problem"] is None
    assert {name: there["offers"][0][name] for name in ("alias", "size", "licence", "task")} == {
        "alias": "tiny",
        "size": "10 MB",
        "licence": "MIT",
        "task": "Gespräche",
    }
    assert gone.status_code == 200
    assert gone.json()["problem"].startswith("Foundry Local's catalog cannot be reached.")


async def test_a_download_from_click_to_cancel(rig: Rig) -> None:
    """The answer to a click is the new state; the end is told in words."""
    async with visiting(rig) as client:
        begun = (await client.post("/api/models/download", json={"model": "tiny"})).json()
        other = await client.post("/api/models/download", json={"model": "phi"})
        await client.post("/api/models/cancel", json={})
        await rig.fetched()
        ended = (await client.get("/api/models")).json()
    assert (begun["download"]["model"], begun["download"]["running"]) == ("tiny", True)
    assert other.status_code == 409
    assert "tiny is being downloaded" in other.json()["error"]["message"]
    assert ended["download"]["percent"] == 40
    assert "was cancelled" in ended["download"]["error"]


async def test_using_a_server(rig: Rig) -> None:
    """Its host is shown, and what a bad address lacks is told."""
    rig.servers = {OLLAMA: ("llama",)}
    async with visiting(rig) as client:
        far = await client.post("/api/models/use", json={"url": "https://api.openai.com/v1"})
        found = (await client.post("/api/models/find", json={})).json()["servers"]
        answer = await client.post("/api/models/use", json={"url": OLLAMA, "model": "llama"})
        await rig.switched()
        state = (await client.get("/api/models")).json()
    assert far.status_code == 409
    assert found == [{"name": "Ollama", "url": OLLAMA, "models": ["llama"]}]
    assert answer.is_success
    assert (state["used"]["label"], state["used"]["server"]) == ("llama", "127.0.0.1:11434")
    assert not any(model["used"] for model in state["here"])


async def test_a_folder_and_its_removal(rig: Rig, tmp_path: Path) -> None:
    """A path is enough to use it, and to take it off the list later."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "genai_config.json").write_text("{}", "utf-8")
    async with visiting(rig) as client:
        await client.post("/api/models/use", json={"folder": str(folder)})
        await rig.switched()
        kept = await client.post("/api/models/remove", json={"model": str(folder)})
        await client.post("/api/models/use", json={"model": "builtin"})
        await rig.switched()
        state = (await client.post("/api/models/remove", json={"model": str(folder)})).json()
    assert kept.status_code == 409
    assert [model["name"] for model in state["here"]] == ["builtin"]


async def test_a_set_variable_is_told_on_the_page(rig: Rig) -> None:
    """The page says that the setting wins, and the address refuses."""
    async with visiting(rig, pinned="NEARSIDE_LOCAL_MODEL") as client:
        state = embedded((await client.get("/models")).text)["state"]
        refused = await client.post("/api/models/use", json={"model": "builtin"})
    assert state["pinned"].startswith("The setting NEARSIDE_LOCAL_MODEL names the local model")
    assert refused.status_code == 409


async def test_a_folder_that_has_gone_is_not_listed(rig: Rig, tmp_path: Path) -> None:
    """The list tells what is there now."""
    keep_choice(rig.data, LocalChoice(str(tmp_path / "gone")))
    async with visiting(rig) as client:
        state = (await client.get("/api/models")).json()
    assert [model["name"] for model in state["here"]] == ["builtin"]


def test_a_password_in_an_address_is_never_shown() -> None:
    """Should one have come in by a setting, it stays there."""
    choice = LocalChoice("m", "http://me:secret@127.0.0.1:1/v1")
    status = BackendStatus("ready", "m")
    overview = Overview(choice, status, [], 0, None, Switch(choice))
    shown = json.dumps(overview_json(overview, "NEARSIDE_LOCAL_URL", "en"))
    assert "127.0.0.1:1" in shown
    assert "secret" not in shown
