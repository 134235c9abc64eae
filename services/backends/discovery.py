"""Which OpenAI-compatible model servers run on this computer right now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

import httpx2

from services.errors import EgressDenied

SECONDS = 2.0
"""How long a server on this computer may take to list its models."""

MOST_MODELS = 1000
_OURSELVES = "nearside"
"""Nearside's own port is one of the usual ones and speaks the same format."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a kind of server usually listens."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A server that answered, with the names of its models."""

    place: Place
    models: tuple[str, ...]


USUAL = tuple(
    Place(name, f"http://127.0.0.1:{port}/v1")
    for name, port in (
        ("Ollama", 11434),
        ("LM Studio", 1234),
        ("llama.cpp", 8080),
        ("vLLM", 8000),
        ("Foundry Local", 5272),
        ("Foundry Local", 5273),
    )
)
"""The ports in the servers' own documentation. Foundry's service picks another one
when these are taken; then its address has to be written down by hand."""


async def find_servers(
    client: Callable[[str], httpx2.AsyncClient],
    places: Sequence[Place] = USUAL,
    seconds: float = SECONDS,
) -> list[FoundServer]:
    """Ask each of ``places`` for its models; those that answer, in that order.

    ``client`` lends a client of the gate for one address. Nothing but the
    question for the models is sent.
    """
    await asyncio.to_thread(import_module, "openai")  # half a second that would hold up others
    found = await asyncio.gather(*(_ask(client(place.url), place, seconds) for place in places))
    return [server for server in found if server]


async def _ask(client: httpx2.AsyncClient, place: Place, seconds: float) -> FoundServer | None:
    from openai import AsyncOpenAI, OpenAIError

    asking = AsyncOpenAI(
        base_url=place.url, api_key="none", http_client=client, max_retries=0, timeout=seconds
    )
    try:
        async with asyncio.timeout(seconds), asking:
            listed = (await asking.models.list()).data[:MOST_MODELS]
        if any(model.owned_by == _OURSELVES for model in listed):
            return None
        return FoundServer(place, tuple(str(model.id) for model in listed))
    except (OpenAIError, EgressDenied, TimeoutError, ValueError, AttributeError, TypeError):
        # Nobody there, or some other program: either way no model server.
        return None
