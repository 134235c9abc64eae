"""OpenAI's wire format over the conversation service."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from services.accounting import Accounts
from services.api.openai import OpenAIEndpoints
from services.api.routes import v1_routes
from services.conversation import ConversationService
from services.domain import Candidate, Message, PrivatePolicy, Role, Site
from services.endpoints import Secret
from services.errors import BackendBusy, BackendUnavailable
from services.files.reader import FileReader
from services.history.memory import MemoryStore
from services.prices import load_prices
from tests.documents import PICTURE, pdf
from tests.fakes.services import FakeBackend, FakeRouter, FakeSpending

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hi"}]


@asynccontextmanager
async def api(
    folder: Path,
    *backends: FakeBackend,
    key: str | None = None,
    caller: str = "127.0.0.1",
    router: FakeRouter | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the HTTP entrance over scripted backends."""
    service = ConversationService(
        router=router or FakeRouter(),
        backends={backend.site: backend for backend in backends or (FakeBackend(),)},
        store=MemoryStore(),
        temporary=MemoryStore(),
        accounts=Accounts(FakeSpending(), load_prices(folder)),
        title=str,
        answered=lambda facts, status: None,
    )
    files = FileReader()
    endpoints = OpenAIEndpoints(service, PrivatePolicy.LOCAL, files.read)
    app = Starlette(routes=v1_routes(endpoints, Secret(key) if key else None))
    transport = httpx.ASGITransport(app, client=(caller, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client
    await files.aclose()


async def test_a_whole_answer(tmp_path: Path) -> None:
    """Without streaming the answer comes as one object, with usage and headers."""
    async with api(tmp_path) as client:
        response = await client.post("/v1/chat/completions", json={"messages": HELLO})
    body = response.json()
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["message"] == {"role": "assistant", "content": "Hello there"}
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    assert response.headers["x-nearside-route"] == "local"
    assert response.headers["x-nearside-reason"] == "simple"


async def test_a_streamed_answer(tmp_path: Path) -> None:
    """Streaming sends chunks, the usage where it was asked for, and the end mark."""
    request = {"messages": HELLO, "stream": True, "stream_options": {"include_usage": True}}
    async with api(tmp_path) as client:
        response = await client.post("/v1/chat/completions", json=request)
    lines = [line[6:] for line in response.text.split("\n\n") if line]
    chunks = [json.loads(line) for line in lines[:-1]]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    assert "".join(delta.get("content", "") for delta in deltas) == "Hello there"
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["usage"]["total_tokens"] == 3
    assert lines[-1] == "[DONE]"


async def test_failover_shows_in_the_headers(tmp_path: Path) -> None:
    """When the cloud fails the headers tell who answered, and why."""
    cloud = FakeBackend(Site.CLOUD, error=BackendUnavailable())
    router = FakeRouter((Site.CLOUD, Site.LOCAL))
    async with api(tmp_path, cloud, FakeBackend(), router=router) as client:
        response = await client.post("/v1/chat/completions", json={"messages": HELLO})
    assert response.headers["x-nearside-route"] == "local"
    assert response.headers["x-nearside-reason"] == "simple,cloud_failed"


@pytest.mark.parametrize("stream", [False, True])
async def test_an_error_before_the_first_piece_is_a_status(tmp_path: Path, stream: bool) -> None:
    """Nothing was said yet, so the caller gets a plain HTTP error in OpenAI's shape."""
    async with api(tmp_path, FakeBackend(error=BackendBusy())) as client:
        request = {"messages": HELLO, "stream": stream}
        response = await client.post("/v1/chat/completions", json=request)
    assert response.status_code == 429
    assert response.json()["error"]["code"] == "backend_busy"


async def test_an_error_inside_the_stream_is_an_error_chunk(tmp_path: Path) -> None:
    """After the first piece the stream ends with an error, not with the end mark."""
    async with api(tmp_path, FakeBackend(error=BackendUnavailable(), error_after=1)) as client:
        request = {"messages": HELLO, "stream": True}
        response = await client.post("/v1/chat/completions", json=request)
    assert '"content": "Hello"' in response.text
    assert '"error"' in response.text
    assert "[DONE]" not in response.text


async def test_a_refusal(tmp_path: Path) -> None:
    """A prompt that nobody may answer is refused with 403."""
    async with api(tmp_path, router=FakeRouter(())) as client:
        response = await client.post("/v1/chat/completions", json={"messages": HELLO})
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "refused"


async def test_the_decision_alone(tmp_path: Path) -> None:
    """The route endpoint answers with the decision and asks no model."""
    backend = FakeBackend()
    async with api(tmp_path, backend) as client:
        response = await client.post("/v1/route", json={"messages": HELLO})
    body = response.json()
    assert body["route"] == "local"
    assert body["reasons"][0]["code"] == "simple"
    assert body["reasons"][0]["text"]
    assert (body["private"], body["complexity"], body["threshold"]) == (False, 0.2, 0.5)
    assert not backend.asked


async def test_a_batch_of_decisions(tmp_path: Path) -> None:
    """A batch is judged in order."""
    batch = [{"messages": HELLO}, {"messages": HELLO, "model": "local"}]
    async with api(tmp_path) as client:
        response = await client.post("/v1/route", json={"batch": batch})
    assert [result["route"] for result in response.json()["results"]] == ["local", "local"]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"{", "not valid JSON"),
        (b"[]", "body"),
        (b'{"messages": []}', "messages"),
        (b'{"messages": [{"role": "wizard", "content": "x"}]}', "messages.0.role"),
        (
            b'{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}',
            "image_url cannot be used",
        ),
        (b'{"messages": [{"role": "user", "content": "x"}], "temperature": 9}', "temperature"),
        (b'{"messages": [{"role": "user", "content": "x"}], "n": 2}', "n:"),
        (b'{"messages": [{"role": "user", "content": "x"}], "tools": [{}]}', "tools"),
    ],
)
async def test_bad_requests_get_one_sentence(tmp_path: Path, body: bytes, complaint: str) -> None:
    """What is wrong with a request is named, in OpenAI's shape."""
    async with api(tmp_path) as client:
        response = await client.post("/v1/chat/completions", content=body)
    assert response.status_code == 400
    assert complaint in response.json()["error"]["message"]


async def test_an_unknown_model(tmp_path: Path) -> None:
    """Only the three choices are models."""
    async with api(tmp_path) as client:
        request = {"messages": HELLO, "model": "gpt-x"}
        response = await client.post("/v1/chat/completions", json=request)
    assert response.status_code == 404
    assert "gpt-x" in response.json()["error"]["message"]


async def test_an_empty_prompt(tmp_path: Path) -> None:
    """A prompt of spaces is the caller's mistake."""
    async with api(tmp_path) as client:
        request = {"messages": [{"role": "user", "content": "  "}]}
        response = await client.post("/v1/chat/completions", json=request)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "message_empty"


async def test_the_models(tmp_path: Path) -> None:
    """The list of models holds the three choices."""
    async with api(tmp_path) as client:
        response = await client.get("/v1/models")
    assert [model["id"] for model in response.json()["data"]] == ["auto", "local", "cloud"]


async def test_the_key(tmp_path: Path) -> None:
    """With a key set, only its bearer is served, from wherever."""
    async with api(tmp_path, key="k-123", caller="10.0.0.9") as client:
        without = await client.get("/v1/models")
        wrong = await client.get("/v1/models", headers={"Authorization": "Bearer other"})
        right = await client.get("/v1/models", headers={"Authorization": "Bearer k-123"})
    assert [r.status_code for r in (without, wrong, right)] == [401, 401, 200]


async def test_without_a_key_only_this_computer(tmp_path: Path) -> None:
    """Without a key other computers are not served."""
    async with api(tmp_path, caller="10.0.0.9") as client:
        assert (await client.get("/v1/models")).status_code == 401


async def test_a_proxy_does_not_make_strangers_local(tmp_path: Path) -> None:
    """Who comes through a proxy on this computer is not on this computer."""
    async with api(tmp_path) as client:
        response = await client.get("/v1/models", headers={"X-Forwarded-For": "203.0.113.9"})
    assert response.status_code == 401


async def test_a_second_look_is_no_failure_in_the_headers(tmp_path: Path) -> None:
    """The local model began, was unsure, and the cloud answered: the codes say just that."""
    said = (Message(Role.USER, "Hi"),)
    router = FakeRouter(
        candidates=[Candidate(Site.LOCAL, said, trial=True), Candidate(Site.CLOUD, said)]
    )
    backends = FakeBackend(confidence=-5.0), FakeBackend(Site.CLOUD)
    async with api(tmp_path, *backends, router=router) as client:
        response = await client.post("/v1/chat/completions", json={"messages": HELLO})
    assert response.headers["x-nearside-route"] == "cloud"
    assert response.headers["x-nearside-reason"] == "simple,second_look_cloud"


def file_part(data: bytes, name: str = "tides.txt", head: str = "data:text/plain;base64,") -> Any:
    """A file as OpenAI's clients send it."""
    encoded = base64.b64encode(data).decode()
    return {"type": "file", "file": {"filename": name, "file_data": head + encoded}}


@pytest.mark.parametrize("head", ["", "data:application/pdf;base64,"])
async def test_files_in_a_request(tmp_path: Path, head: str) -> None:
    """A file's text is given to the model below the words of its message."""
    backend = FakeBackend()
    parts = [{"type": "text", "text": "Sum up."}, file_part(pdf("Ebb and flow"), "a.pdf", head)]
    async with api(tmp_path, backend) as client:
        body = {"messages": [{"role": "user", "content": parts}]}
        response = await client.post("/v1/chat/completions", json=body)
    assert response.status_code == 200
    assert backend.asked[0][0].content == (
        'Sum up.\n\nAttached file "a.pdf":\nEbb and flow\n(End of the file.)'
    )


@pytest.mark.parametrize(
    ("parts", "code", "words"),
    [
        ([file_part(PICTURE, "a.png")], "file_picture", "cannot read pictures"),
        ([file_part(b"x")] * 6, "files_too_many", "At most 5 files"),
        ([{"type": "file", "file": {"file_data": "%%%"}}], "file_encoding", "base64"),
        ([{"type": "file", "file": {"file_id": "x"}}], "bad_request", "file_data"),
        ([{"type": "input_audio", "input_audio": {}}], "part_unknown", "input_audio"),
        ([{"type": "zitronenfalter"}], "part_unknown", "? cannot be used"),
        ([{"type": "text"}], "bad_request", "text"),
        (["Zitronenfalter"], "bad_request", "content"),
    ],
)
async def test_what_cannot_be_used_in_a_message(
    tmp_path: Path, parts: list[Any], code: str, words: str
) -> None:
    """Other pieces, and files that cannot be read, are refused in OpenAI's shape."""
    async with api(tmp_path) as client:
        for address, body in (
            ("/v1/chat/completions", {"messages": [{"role": "user", "content": parts}]}),
            ("/v1/route", {"messages": [{"role": "user", "content": parts}]}),
        ):
            response = await client.post(address, json=body)
            error = response.json()["error"]
            assert (response.status_code, error["code"]) == (400, code)
            assert error["type"] == "invalid_request_error"
            assert words in error["message"]
            assert "zitronenfalter" not in response.text.lower()
