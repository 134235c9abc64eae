"""The fake endpoint can be used by hand and from tests that are not async."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from tests.fakes.openai_behaviours import BEHAVIOURS, Script
from tests.fakes.openai_server import running_in_thread

ROOT = Path(__file__).parents[2]


def plain_client() -> httpx2.Client:
    return httpx2.Client(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False)


def test_it_runs_in_a_thread() -> None:
    """A test without an event loop can ask it, and sees what arrived."""
    with running_in_thread(Script(pieces=("a", "b"))) as server, plain_client() as client:
        body = {"model": "m", "messages": [{"role": "user", "content": "two words"}]}
        answer = client.post(f"{server.url}/chat/completions", json=body).json()
        models = client.get(f"{server.url}/models").json()
        assert [request.method for request in server.requests] == ["POST", "GET"]
        assert server.requests[0].body == body
    assert answer["choices"][0]["message"]["content"] == "ab"
    assert answer["usage"]["prompt_tokens"] == 2
    assert models["data"][0]["id"] == "fake-model"


def test_it_runs_from_the_command_line() -> None:
    """Started as a program it prints its address and streams the tokens asked for."""
    command = [sys.executable, "-m", "tests.fakes.openai_server", "--tokens", "5"]
    with (
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process,
        plain_client() as client,
    ):
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            body = {"model": "m", "messages": [], "stream": True}
            lines = client.post(f"{url}/chat/completions", json=body).text.split("\n\n")
        finally:
            process.terminate()
    events = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    texts = [event["choices"][0]["delta"].get("content") for event in events]
    assert [text for text in texts if text] == [f"token{i} " for i in range(5)]
    assert "data: [DONE]" in lines


@pytest.mark.parametrize("name", sorted(BEHAVIOURS))
def test_every_behaviour_says_what_it_does(name: str) -> None:
    """The names on the command line are explained in the code."""
    assert BEHAVIOURS[name].__doc__
