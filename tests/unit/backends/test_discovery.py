"""Model servers on this computer, found through the gate's local client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.backends.discovery import USUAL, FoundServer, Place, find_servers
from services.bootstrap import nearby_gate
from services.egress.gate import EgressGate
from tests.serving import free_port


@pytest.fixture
async def gate() -> AsyncIterator[EgressGate]:
    """A gate that lets nothing out."""
    opened = nearby_gate()
    yield opened
    await opened.aclose()


@asynccontextmanager
async def answering(body: bytes, *, silent: bool = False) -> AsyncIterator[Place]:
    """A server that gives everybody ``body`` as JSON, or nothing ever."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if silent:
            await reader.read()
        else:
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
            )
            writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode() + body)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Place("Here", f"http://127.0.0.1:{port}/v1")


def listing(*names: str, owner: str = "library") -> bytes:
    """A list of models in OpenAI's format."""
    models = [{"id": n, "object": "model", "created": 1, "owned_by": owner} for n in names]
    return json.dumps({"object": "list", "data": models}).encode()


async def test_a_server_is_found_with_its_models(gate: EgressGate) -> None:
    """Those that answer are told with their models, the others are left out."""
    nobody = Place("Nobody", f"http://127.0.0.1:{free_port()}/v1")
    async with answering(listing("llama3.2", "qwen3")) as place:
        found = await find_servers(gate.local_client, [nobody, place])
    assert found == [FoundServer(place, ("llama3.2", "qwen3"))]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"null",
        b'{"data": 3}',
        b'{"data": [3]}',
        b'{"hello": "world"}',
        listing("auto", "local", "cloud", owner="nearside"),
    ],
)
async def test_other_programs_are_no_model_servers(gate: EgressGate, body: bytes) -> None:
    """A web page, other JSON, and Nearside itself are not offered."""
    async with answering(body) as place:
        assert await find_servers(gate.local_client, [place]) == []


async def test_a_silent_program_holds_nobody_up(gate: EgressGate) -> None:
    """Who does not answer in time is left out."""
    async with answering(b"", silent=True) as place:
        assert await find_servers(gate.local_client, [place], seconds=0.05) == []


async def test_only_this_computer_is_asked(gate: EgressGate) -> None:
    """The usual places are loopback, and the gate holds anything else back."""
    assert all(place.url.startswith("http://127.0.0.1:") for place in USUAL)
    far = Place("Far", "http://93.184.216.34:11434/v1")
    assert await find_servers(gate.local_client, [far]) == []
