"""A person's rules over HTTP, on the real program."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.fakes.openai_server import FakeOpenAI
from tests.serving import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKED = {"model": "auto", "messages": [{"role": "user", "content": "What is a capercaillie?"}]}


def put(server: Server, route: str) -> None:
    """One rule in the file, as an editor would write it."""
    rule = {"route": route, "when": "keyword", "value": "capercaillie"}
    (server.data_dir / "rules.json").write_text(json.dumps({"rules": [rule]}), "utf-8")


async def test_a_change_of_the_file_counts_for_the_next_request(
    shared_server: Server, cloud: FakeOpenAI
) -> None:
    """For ``/v1/route`` and ``/v1/chat/completions``, without a restart."""
    file = shared_server.data_dir / "rules.json"
    async with httpx.AsyncClient(base_url=shared_server.url, trust_env=False, timeout=60) as client:

        async def reasons() -> list[str]:
            answer = await client.post("/v1/route", json=ASKED)
            return [reason["code"] for reason in answer.json()["reasons"]]

        try:
            assert await reasons() == ["simple"]
            put(shared_server, "cloud")
            assert await reasons() == ["rule_cloud"]
            answer = await client.post("/v1/chat/completions", json=ASKED)
            assert answer.headers["x-nearside-route"] == "cloud"
            assert answer.headers["x-nearside-reason"] == "rule_cloud"
            assert len(cloud.requests) == 1
            put(shared_server, "local")
            assert await reasons() == ["rule_local"]
        finally:
            file.unlink(missing_ok=True)
        assert await reasons() == ["simple"]
