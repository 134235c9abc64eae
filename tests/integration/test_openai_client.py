"""The real openai client against the real program."""

from __future__ import annotations

from collections.abc import AsyncIterator

import openai
import pytest
import pytest_asyncio

from tests.fakes.openai_behaviours import Script
from tests.fakes.openai_server import FakeOpenAI
from tests.serving import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def client(shared_server: Server) -> AsyncIterator[openai.AsyncOpenAI]:
    """The client as anybody would make it."""
    url = f"{shared_server.url}/v1"
    async with openai.AsyncOpenAI(base_url=url, api_key="any", max_retries=0) as made:
        yield made


async def test_a_whole_answer(client: openai.AsyncOpenAI, cloud: FakeOpenAI) -> None:
    """The client reads text, usage and finish reason."""
    answer = await client.chat.completions.create(
        model="cloud", messages=[{"role": "user", "content": "Tell me about tides."}]
    )
    assert answer.choices[0].message.content == "Hello world!"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens > 0
    assert len(cloud.requests) == 1


async def test_a_stream(client: openai.AsyncOpenAI, cloud: FakeOpenAI) -> None:
    """The client's stream brings the pieces in order, and the usage at the end."""
    cloud.script = Script(pieces=tuple(f"wörd{i} " for i in range(200)))
    stream = await client.chat.completions.create(
        model="cloud",
        messages=[{"role": "user", "content": "Tell me about tides."}],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == "".join(f"wörd{i} " for i in range(200))
    assert chunks[-1].usage is not None


async def test_the_route_travels_in_the_headers(
    client: openai.AsyncOpenAI, cloud: FakeOpenAI
) -> None:
    """A private prompt is answered here whatever model is named, and the headers say so."""
    response = await client.chat.completions.with_raw_response.create(
        model="cloud",
        messages=[{"role": "user", "content": "My password is Zitronenfalter77, remember it."}],
        max_tokens=5,
    )
    assert response.headers["x-nearside-route"] == "local"
    assert "private_stays" in response.headers["x-nearside-reason"]
    assert response.http_response.is_success
    assert not cloud.requests


async def test_earlier_private_turns_stay(client: openai.AsyncOpenAI, cloud: FakeOpenAI) -> None:
    """Turns that a caller brings along are judged like our own."""
    await client.chat.completions.create(
        model="cloud",
        messages=[
            {"role": "user", "content": "My password is Zitronenfalter77, remember it."},
            {"role": "assistant", "content": "I noted Zitronenfalter77."},
            {"role": "user", "content": "Explain how tides come about, in detail please."},
        ],
    )
    assert "Zitronenfalter77" not in str(cloud.requests[-1].body)


async def test_errors_are_the_clients_own(client: openai.AsyncOpenAI) -> None:
    """What is wrong arrives as the client's exceptions, with our sentence."""
    with pytest.raises(openai.NotFoundError, match="auto, local or cloud"):
        await client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "x"}]
        )
    with pytest.raises(openai.BadRequestError):
        await client.chat.completions.create(
            model="auto", messages=[{"role": "user", "content": " "}]
        )


async def test_leaving_early_stops_the_cloud(client: openai.AsyncOpenAI, cloud: FakeOpenAI) -> None:
    """A caller who closes the stream ends the request to the cloud as well."""
    cloud.script = Script(pieces=tuple(f"word{i} " for i in range(5000)), delay=0.01)
    before = cloud.abandoned
    stream = await client.chat.completions.create(
        model="cloud",
        messages=[{"role": "user", "content": "Tell me about tides."}],
        stream=True,
    )
    async for _ in stream:
        break
    await stream.close()
    await cloud.until(lambda: cloud.abandoned > before)


async def test_the_models(client: openai.AsyncOpenAI) -> None:
    """The client lists the three choices."""
    assert [model.id async for model in client.models.list()] == ["auto", "local", "cloud"]
