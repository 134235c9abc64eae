"""Nothing private leaves, on any path through the program."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from services.categories import CATEGORIES
from services.domain import PrivatePolicy
from tests.canaries import HARMLESS, PRIVATE, bench, case, private_sentence, shows
from tests.chat_client import ChatTab, Json
from tests.documents import pdf
from tests.fakes.openai_server import FakeOpenAI
from tests.serving import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONVERSATIONS = 300
QUOKKA = base64.b64encode(b"Describe a quokka.").decode()
TIDES = "Explain how tides come about, in detail please."


async def test_over_http(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Hundreds of random conversations: no canary in cloud, log, answer, ledger or figures."""
    caplog.set_level("INFO")

    def said() -> str:
        text = caplog.text
        caplog.clear()
        return text

    async with bench(tmp_path / "data") as running:
        for seed in range(CONVERSATIONS):
            await running.run(seed, said)
    assert (dict(running.leaks), running.seeds) == ({}, [])
    assert running.reached > CONVERSATIONS / 10


async def test_the_search_for_canaries_would_find_them(tmp_path: Path) -> None:
    """Every category has canaries, and a harmless word is seen where a canary would be."""
    assert set(PRIVATE) == set(CATEGORIES)
    async with bench(tmp_path / "data") as running:
        body = {"model": "cloud", "messages": [{"role": "user", "content": "Describe a quokka."}]}
        await running.clients[PrivatePolicy.LOCAL].post("/v1/chat/completions", json=body)
        assert shows("Quokka", json.dumps(running.cloud.requests[0].body))
        assert shows("QUO-KKA", await running.newest())
        part = {"type": "file", "file": {"filename": "animals.txt", "file_data": QUOKKA}}
        body["messages"] = [{"role": "user", "content": [part]}]
        await running.clients[PrivatePolicy.LOCAL].post("/v1/chat/completions", json=body)
        assert shows("Quokka", json.dumps(running.cloud.requests[1].body))
    bodies = [json.dumps(case(seed).body) for seed in range(CONVERSATIONS)]
    assert sum('"file_data"' in body for body in bodies) > CONVERSATIONS / 10


def known(tab: ChatTab) -> set[str]:
    return {answer["id"] for answer in tab.answers()}


async def answered(tab: ChatTab, before: set[str]) -> Json:
    """Wait for an answer that was not there before."""
    await tab.until(
        lambda: (
            not tab.busy
            and any(tab.line(a) is not None and a["id"] not in before for a in tab.answers())
        )
    )
    return tab.answers()[-1]


async def ask(tab: ChatTab, text: str, mode: str = "cloud", files: Sequence[str] = ()) -> Json:
    before = known(tab)
    await tab.send(text, mode, files)
    return await answered(tab, before)


async def wander(server: Server, chance: random.Random, policy: str, category: str) -> list[str]:
    """A person says private things, edits, asks again, comes back; the canaries."""
    first, private = private_sentence(chance, category)
    second, edited = private_sentence(chance, category)
    async with ChatTab(server.url) as tab:
        await tab.change_settings(policy=policy)
        before = known(tab)
        opening = await tab.send(TIDES, "cloud")
        await answered(tab, before)
        answer = await ask(tab, private, chance.choice(("auto", "cloud")))
        payload = {"answerId": answer["id"], "site": "cloud"}
        before, shown = known(tab), await tab.act("ask_again", payload)
        if policy != "ask" and "digest" in shown:
            assert not shows(first, json.dumps(shown["preview"], ensure_ascii=False))
            await tab.act("ask_again", {**payload, "digest": shown["digest"]})
            await answered(tab, before)
        third, inside = private_sentence(chance, category)
        fourth, named = private_sentence(chance, category)
        files = [
            await tab.attach("letter.pdf", pdf(inside), "application/pdf"),
            await tab.attach(f"{named.replace('/', ' ')}.txt", b"Ebb follows flood."),
        ]
        refusal = await tab.attach("broken.docx", b"PK\3\4" + inside.encode())
        assert not shows(third, refusal)
        await ask(tab, chance.choice(HARMLESS[:5]), "cloud", files)
        await ask(tab, chance.choice(HARMLESS[:5]))
        async with ChatTab(server.url, thread=tab.thread) as again:
            await again.until(lambda: again.resumed is not None)
            await again.change_settings(policy=policy)
            await ask(again, "And in simpler words?")
            before = known(again)
            await again.edit(opening, f"{edited} {TIDES}", "cloud")
            await answered(again, before)
            await ask(again, chance.choice(HARMLESS[:5]))
            titles = [thread["name"] for thread in await again.threads()]
    assert titles
    return [first, second, third, fourth]


@pytest.mark.parametrize("policy", ["local", "redact", "ask"])
async def test_in_the_chat(shared_server: Server, cloud: FakeOpenAI, policy: str) -> None:
    """Prompt, edit, ask again, resume and titles: no canary leaves without consent."""
    chance = random.Random(policy)
    categories = chance.sample(CATEGORIES, 3)
    found = await asyncio.gather(
        *(wander(shared_server, chance, policy, category) for category in categories)
    )
    async with ChatTab(shared_server.url) as tab:
        places = {
            "metrics": (await tab.http.get("/metrics")).text,
            "health": (await tab.http.get("/api/health")).text,
            "ledger": (await tab.http.get("/api/ledger.jsonl")).text,
        }
    places["log"] = shared_server.said()
    places["cloud"] = "".join(
        json.dumps([request.path, request.body], ensure_ascii=False) for request in cloud.requests
    )
    assert len(cloud.requests) >= len(categories)
    canaries = [canary for pair in found for canary in pair]
    assert [
        (place, canary) for place, text in places.items() for canary in canaries
        if shows(canary, text)
    ] == []  # fmt: skip
