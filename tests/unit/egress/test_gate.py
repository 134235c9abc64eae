"""Nothing private passes the gate, whatever the way."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from services.domain import Message, Role, Route
from services.egress.gate import EgressGate
from services.errors import EgressDenied
from tests.fakes.openai_server import FakeOpenAI
from tests.unit.egress.conftest import CANARY, CanaryCheck, MemoryLedger

PUBLIC = {"model": "m", "messages": [{"role": "user", "content": "What is 2 + 2?"}]}


@pytest.fixture
async def gate(
    check: CanaryCheck, ledger: MemoryLedger, server: FakeOpenAI
) -> AsyncIterator[EgressGate]:
    gate = EgressGate(check, ledger, cloud_url=server.url, check_seconds=5.0)
    yield gate
    await gate.aclose()


def said(content: Any, role: str = "user") -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": role, "content": content}]}


async def post(gate: EgressGate, server: FakeOpenAI, body: Any) -> httpx2.Response:
    return await gate.cloud_client().post(f"{server.url}/chat/completions", json=body)


async def test_a_public_request_passes_and_is_recorded(
    gate: EgressGate, server: FakeOpenAI, ledger: MemoryLedger
) -> None:
    """What is sent is on the ledger with its size and hash, and arrives as it was."""
    response = await post(gate, server, PUBLIC)
    assert response.status_code == 200
    [received] = server.requests
    assert received.body == PUBLIC
    [row] = ledger.rows
    assert row.allowed
    assert not row.released
    assert row.size == len(received.raw)
    assert row.sha256 == hashlib.sha256(received.raw).hexdigest()
    assert f"http://{row.destination}" == server.origin


@pytest.mark.parametrize(
    "body",
    [
        said(f"my key is {CANARY}"),
        said(f"You told me {CANARY}", "assistant"),
        said(f"The user is {CANARY}", "system"),
        said(f"The user is {CANARY}", "developer"),
        said([{"type": "text", "text": "look"}, {"type": "text", "text": CANARY}]),
        said([{"type": "image_url", "image_url": {"url": f"https://x/{CANARY}"}}]),
        {"messages": [{"role": "user", "content": "hi", "name": CANARY}]},
        {"messages": [{"role": CANARY, "content": "hi"}]},
        {**PUBLIC, "model": CANARY},
        {**PUBLIC, "stop": ["a", CANARY]},
        {**PUBLIC, "user": CANARY},
        {**PUBLIC, CANARY: 1},
        {**PUBLIC, "metadata": {"deep": [{"er": {CANARY: None}}]}},
        [CANARY],
        CANARY,
    ],
)
async def test_a_canary_anywhere_in_the_body_is_stopped(
    gate: EgressGate, server: FakeOpenAI, ledger: MemoryLedger, body: Any
) -> None:
    """A private string in any value or key reaches nobody and is on the ledger as stopped."""
    with pytest.raises(EgressDenied) as denied:
        await post(gate, server, body)
    assert denied.value.text_key == "error.egress_denied"
    assert CANARY not in str(denied.value)
    assert server.requests == []
    assert server.connections == 0
    assert [row.allowed for row in ledger.rows] == [False]


async def test_the_hidden_one_of_two_equal_keys_is_stopped(
    gate: EgressGate, server: FakeOpenAI
) -> None:
    """JSON with a key twice is judged by both values."""
    body = json.dumps(PUBLIC)[:-1] + f', "user": "{CANARY}", "user": "x"}}'
    with pytest.raises(EgressDenied):
        await gate.cloud_client().post(f"{server.url}/chat/completions", content=body)
    assert server.requests == []


async def test_escaped_characters_are_read_before_they_are_judged(
    gate: EgressGate, server: FakeOpenAI
) -> None:
    """A canary in JSON escapes is the same canary."""
    escaped = "".join(f"\\u{ord(c):04x}" for c in CANARY)
    with pytest.raises(EgressDenied):
        await gate.cloud_client().post(server.url, content=f'["{escaped}"]')
    assert server.requests == []


@pytest.mark.parametrize(
    "address",
    [f"/chat/{CANARY}", f"/models?{CANARY}=1", f"/models?q={CANARY}", "/models?q=canary%2D7f3a"],
)
async def test_a_canary_in_the_address_is_stopped(
    gate: EgressGate, server: FakeOpenAI, address: str
) -> None:
    """Path and query of the URL are judged too, also without a body."""
    with pytest.raises(EgressDenied):
        await gate.cloud_client().get(server.url + address)
    assert server.requests == []


async def test_headers_beyond_the_wire_format_stay_here(
    gate: EgressGate, server: FakeOpenAI
) -> None:
    """Only the key and the media types travel; nothing that tells about this computer."""
    headers = {
        "Authorization": "Bearer key",
        "X-Canary": CANARY,
        "Cookie": CANARY,
        "User-Agent": CANARY,
        "Accept": CANARY,
        "Content-Type": f"application/json; x={CANARY}",
        "Host": CANARY,
        "X-Stainless-OS": "Linux",
    }
    client = gate.cloud_client()
    await client.post(f"{server.url}/chat/completions", json=PUBLIC, headers=headers)
    sent = server.requests[0].headers
    assert sent["authorization"] == "Bearer key"
    assert set(sent) == {
        *("host", "authorization", "content-type", "accept", "user-agent", "content-length"),
    }
    assert CANARY not in str(sent)


async def test_the_request_line_is_what_was_judged(gate: EgressGate, server: FakeOpenAI) -> None:
    """A client cannot put another target into the request than its URL."""
    target = {"target": f"/v1/{CANARY}".encode()}
    await gate.cloud_client().get(f"{server.url}/models", extensions=target)
    assert server.requests[0].path == "/v1/models"


async def test_the_environments_proxy_is_not_used(
    gate: EgressGate, server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a proxy that the gate was given is used."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert (await post(gate, server, PUBLIC)).status_code == 200


@pytest.mark.parametrize(
    "body", [b"not json", b"\xff\xfe", b"[" * 200_000, b'{"a": NaN}', b"a=b&c=d"]
)
async def test_what_is_not_json_is_denied(
    gate: EgressGate, server: FakeOpenAI, ledger: MemoryLedger, body: bytes
) -> None:
    """A body that cannot be looked through does not leave."""
    with pytest.raises(EgressDenied) as denied:
        await gate.cloud_client().post(f"{server.url}/chat/completions", content=body)
    assert denied.value.text_key == "error.egress_unreadable"
    assert server.requests == []
    assert [row.allowed for row in ledger.rows] == [False]


async def test_a_streamed_body_is_read_and_judged_as_a_whole(
    gate: EgressGate, server: FakeOpenAI
) -> None:
    """A body sent in pieces cannot slip through between them."""

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b'{"a": "', CANARY[:5].encode(), CANARY[5:].encode(), b'"}'):
            yield piece

    with pytest.raises(EgressDenied):
        await gate.cloud_client().post(server.url, content=pieces())
    assert server.requests == []


async def test_another_host_is_refused(
    gate: EgressGate, server: FakeOpenAI, ledger: MemoryLedger
) -> None:
    """Scheme, host and port must be those of the configured cloud."""
    for url in (
        "https://example.com/v1",
        "http://localhost:1/v1",
        server.url.replace("http", "https"),
    ):
        with pytest.raises(EgressDenied) as denied:
            await gate.cloud_client().post(url, json=PUBLIC)
        assert denied.value.text_key == "error.egress_host"
    assert server.requests == []
    assert [row.allowed for row in ledger.rows] == [False] * 3


async def test_a_redirect_is_not_followed(gate: EgressGate, server: FakeOpenAI) -> None:
    """A 307 comes back as it is; the other server never hears of the request."""
    async with FakeOpenAI() as other:
        server.script.behaviour = "redirect"
        server.script.redirect_to = f"{other.url}/chat/completions"
        response = await post(gate, server, PUBLIC)
        assert response.status_code == 307
        assert other.connections == 0


async def test_a_redirect_that_a_caller_wants_followed_is_denied(
    gate: EgressGate, server: FakeOpenAI
) -> None:
    """Even with redirects switched on, the gate holds the second request."""
    async with FakeOpenAI() as other:
        server.script.behaviour = "redirect"
        server.script.redirect_to = f"{other.url}/chat/completions"
        with pytest.raises(EgressDenied):
            await gate.cloud_client().post(
                f"{server.url}/chat/completions", json=PUBLIC, follow_redirects=True
            )
        assert other.connections == 0


async def test_without_the_ledger_nothing_is_sent(
    gate: EgressGate, server: FakeOpenAI, ledger: MemoryLedger
) -> None:
    """When the departure cannot be written down, it does not take place."""
    ledger.full = True
    with pytest.raises(EgressDenied) as denied:
        await post(gate, server, PUBLIC)
    assert denied.value.text_key == "error.egress_unrecorded"
    assert server.connections == 0


async def test_a_denial_stands_without_the_ledger(
    gate: EgressGate, server: FakeOpenAI, ledger: MemoryLedger
) -> None:
    """A private request is denied as private even if that cannot be written down."""
    ledger.full = True
    with pytest.raises(EgressDenied) as denied:
        await post(gate, server, said(CANARY))
    assert denied.value.text_key == "error.egress_denied"
    assert server.connections == 0


@pytest.mark.parametrize("mode", ["breaks", "fails", "hangs", "says nothing"])
async def test_a_check_that_does_not_work_means_private(
    mode: str,
    check: CanaryCheck,
    ledger: MemoryLedger,
    server: FakeOpenAI,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An exception, a failed verdict or silence: nothing leaves, nothing is quoted."""
    check.mode = mode
    gate = EgressGate(check, ledger, cloud_url=server.url, check_seconds=0.05)
    with caplog.at_level(logging.DEBUG), pytest.raises(EgressDenied) as denied:
        await post(gate, server, said("a secret prompt"))
    check.release.set()
    await gate.aclose()
    assert denied.value.text_key == "error.egress_unchecked"
    assert server.connections == 0
    assert [row.allowed for row in ledger.rows] == [False]
    assert "a secret prompt" not in caplog.text


async def test_what_the_person_released_passes_as_released(
    gate: EgressGate, server: FakeOpenAI, ledger: MemoryLedger
) -> None:
    """A released request is sent although it is private, and the ledger says so."""
    client = gate.cloud_client(released=True)
    await client.post(f"{server.url}/chat/completions", json=said(CANARY))
    assert server.requests[0].body == said(CANARY)
    assert [(row.allowed, row.released) for row in ledger.rows] == [(True, True)]


async def test_the_ledger_keeps_the_text_that_was_sent(
    check: CanaryCheck, server: FakeOpenAI, ledger: MemoryLedger
) -> None:
    """Route, model and text of a public request are kept; our own instruction is not text."""
    gate = EgressGate(check, ledger, cloud_url=server.url, public=["m", "be brief"])
    turns = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "Write to [EMAIL_1]"},
        {"role": "assistant", "content": "Done."},
    ]
    await post(gate, server, {"model": "m", "messages": turns})
    await post(gate, server, PUBLIC)
    await gate.aclose()
    assert [(row.route, row.model, row.text) for row in ledger.rows] == [
        (Route.CLOUD_REDACTED, "m", "user: Write to [EMAIL_1]\n\nassistant: Done."),
        (Route.CLOUD, "m", "user: What is 2 + 2?"),
    ]


@pytest.mark.parametrize("released", [False, True])
async def test_a_text_that_is_not_to_be_kept_is_not(
    gate: EgressGate, server: FakeOpenAI, ledger: MemoryLedger, released: bool
) -> None:
    """A temporary conversation leaves time, size and hash on the ledger, and no text."""
    async with gate.cloud_client(released=released, keep_text=False) as client:
        await client.post(f"{server.url}/chat/completions", json=PUBLIC)
    assert [(row.allowed, row.text) for row in ledger.rows] == [(True, None)]
    with pytest.raises(EgressDenied):
        await gate.cloud_client(keep_text=False).post(server.url, json=said(CANARY))


async def test_nothing_is_kept_of_what_was_stopped(
    gate: EgressGate, server: FakeOpenAI, ledger: MemoryLedger
) -> None:
    """The row of a stopped request holds neither its text nor the name that it asked for."""
    with pytest.raises(EgressDenied):
        await post(gate, server, {**said("harmless"), "model": CANARY})
    assert [(row.route, row.model, row.text) for row in ledger.rows] == [
        (Route.REFUSED, None, None)
    ]


@pytest.mark.parametrize(
    ("replaceable", "kept"),
    [
        ({"secret"}, "user: hello\n\nuser: my key is [SECRET_1]\n\nassistant: Noted."),
        (set(), "user: hello\n\nuser: [SECRET_1]\n\nassistant: [PRIVATE_1]"),
    ],
)
async def test_the_ledger_masks_what_the_person_released(
    check: CanaryCheck,
    server: FakeOpenAI,
    ledger: MemoryLedger,
    replaceable: set[str],
    kept: str,
) -> None:
    """Private passages are masked; where they colour what follows, all of that is."""
    gate = EgressGate(check, ledger, cloud_url=server.url, replaceable=replaceable, public=["m"])
    turns = [("user", "hello"), ("user", f"my key is {CANARY}"), ("assistant", "Noted.")]
    body = {"messages": [{"role": role, "content": content} for role, content in turns]}
    await gate.cloud_client(released=True).post(f"{server.url}/chat/completions", json=body)
    await gate.aclose()
    assert CANARY in str(server.requests[0].body)
    assert [(row.released, row.text) for row in ledger.rows] == [(True, kept)]


@pytest.mark.parametrize("mode", ["breaks", "fails", "hangs"])
async def test_a_released_text_that_cannot_be_judged_is_not_kept(
    mode: str, check: CanaryCheck, server: FakeOpenAI, ledger: MemoryLedger
) -> None:
    """It goes, as the person decided, and the ledger notes everything but the text."""
    check.mode = mode
    gate = EgressGate(check, ledger, cloud_url=server.url, check_seconds=0.05)
    client = gate.cloud_client(released=True)
    await client.post(f"{server.url}/chat/completions", json=said("hello"))
    check.release.set()
    await gate.aclose()
    assert len(server.requests) == 1
    assert [(row.allowed, row.released, row.text) for row in ledger.rows] == [(True, True, None)]


async def test_a_release_does_not_outlive_its_client(gate: EgressGate, server: FakeOpenAI) -> None:
    """The next client over the same connections is held to the rules again."""
    await gate.cloud_client(released=True).post(server.url, json=said(CANARY))
    with pytest.raises(EgressDenied):
        await post(gate, server, said(CANARY))
    assert len(server.requests) == 1


async def test_a_release_does_not_open_other_hosts(gate: EgressGate) -> None:
    """Released or not, there is one destination."""
    with pytest.raises(EgressDenied):
        await gate.cloud_client(released=True).post("http://example.com", json=PUBLIC)


async def test_placeholders_are_counted(
    gate: EgressGate, server: FakeOpenAI, ledger: MemoryLedger
) -> None:
    """The ledger tells how many placeholders a payload held."""
    await post(gate, server, said("Write to [EMAIL_1] or [EMAIL_2], not to [1]"))
    assert ledger.rows[0].replaced == 2


async def test_connections_are_shared(gate: EgressGate, server: FakeOpenAI) -> None:
    """Clients made for one request each use one connection after the other."""
    for _ in range(3):
        async with gate.cloud_client() as client:
            await client.post(f"{server.url}/chat/completions", json=PUBLIC)
    assert len(server.requests) == 3
    assert server.connections == 1


async def test_the_check_sees_turns_with_their_speakers(
    gate: EgressGate, server: FakeOpenAI, check: CanaryCheck
) -> None:
    """Answers are judged as answers, system prompts as if the person had written them."""
    body = {
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "two"},
        ]
    }
    await post(gate, server, body)
    assert check.seen == [
        (
            Message(Role.USER, "be brief"),
            Message(Role.USER, "one"),
            Message(Role.ASSISTANT, "two"),
        )
    ]


async def test_public_strings_are_not_judged(
    check: CanaryCheck, ledger: MemoryLedger, server: FakeOpenAI
) -> None:
    """Exactly our own system prompt is exempt, not a text that contains it."""
    gate = EgressGate(check, ledger, cloud_url=server.url, public=[f"system {CANARY}"])
    await post(gate, server, said(f"system {CANARY}", "system"))
    with pytest.raises(EgressDenied):
        await post(gate, server, said(f"system {CANARY}!", "system"))
    await gate.aclose()
    assert len(server.requests) == 1


async def test_without_a_cloud_there_is_no_way_out(
    check: CanaryCheck, ledger: MemoryLedger
) -> None:
    """A gate without a cloud makes no cloud client at all."""
    gate = EgressGate(check, ledger)
    with pytest.raises(EgressDenied):
        gate.cloud_client()
    await gate.aclose()


async def test_long_numbers_are_judged_as_text(
    gate: EgressGate, check: CanaryCheck, server: FakeOpenAI
) -> None:
    """A card number without quotes is seen by the check; a small number is not worth it."""
    await post(gate, server, {"seed": 7, "user": 4111111111111111})
    assert check.seen == [(Message(Role.USER, "4111111111111111"),)]
