"""A local server stays in the vicinity."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from services.egress.gate import EgressGate
from services.egress.nearby import NearbyTransport, system_look_up
from services.errors import EgressDenied
from tests.fakes.openai_server import FakeOpenAI
from tests.unit.egress.conftest import CANARY, CanaryCheck, MemoryLedger


class Recorder(httpx2.AsyncBaseTransport):
    """Notes where it would connect to; ``deaf`` addresses refuse."""

    def __init__(self, deaf: tuple[str, ...] = ()) -> None:
        self.requests: list[httpx2.Request] = []
        self._deaf = deaf

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if request.url.host in self._deaf:
            raise httpx2.ConnectError("refused", request=request)
        return httpx2.Response(200)


def client(url: str, inner: Recorder, *addresses: str, trusted: bool = False) -> httpx2.AsyncClient:
    async def look_up(request: httpx2.Request) -> list[str]:
        return list(addresses)

    transport = NearbyTransport(httpx2.URL(url), inner, trusted=trusted, look_up=look_up)
    return httpx2.AsyncClient(transport=transport, trust_env=False)


@pytest.fixture
async def gate(check: CanaryCheck, ledger: MemoryLedger) -> AsyncIterator[EgressGate]:
    gate = EgressGate(check, ledger)
    yield gate
    await gate.aclose()


async def test_a_server_on_this_computer_is_served_unchecked(
    gate: EgressGate, server: FakeOpenAI, check: CanaryCheck, ledger: MemoryLedger
) -> None:
    """What goes to the own computer is neither judged nor recorded as left."""
    url = server.url.replace("127.0.0.1", "localhost")
    await gate.local_client(url).post(f"{url}/chat/completions", json={"private": CANARY})
    assert server.requests[0].body == {"private": CANARY}
    assert server.requests[0].headers["host"].startswith("localhost:")
    assert check.seen == []
    assert ledger.rows == []


async def test_a_public_address_is_refused() -> None:
    """An address outside is not even connected to."""
    inner = Recorder()
    with pytest.raises(EgressDenied) as denied:
        await client("http://8.8.8.8:11434", inner).get("http://8.8.8.8:11434/v1/models")
    assert denied.value.text_key == "error.egress_not_near"
    assert inner.requests == []


async def test_a_name_that_points_outside_is_refused() -> None:
    """What counts is the address behind the name."""
    inner = Recorder()
    with pytest.raises(EgressDenied):
        await client("http://my.server", inner, "93.184.216.34").get("http://my.server/v1")
    assert inner.requests == []


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """A name with one near and one far address leads to the near one, by number."""
    inner = Recorder()
    http = client("https://my.server:8443", inner, "93.184.216.34", "192.168.1.5")
    await http.get("https://my.server:8443/v1/models")
    [sent] = inner.requests
    assert str(sent.url) == "https://192.168.1.5:8443/v1/models"
    assert sent.headers["host"] == "my.server:8443"
    assert sent.extensions["sni_hostname"] == "my.server"


async def test_the_next_address_is_tried() -> None:
    """A server that listens on one of a name's addresses is found."""
    inner = Recorder(deaf=("::1",))
    http = client("http://localhost:1", inner, "::1", "127.0.0.1")
    assert (await http.post("http://localhost:1/v1", json={"a": 1})).status_code == 200
    assert [request.url.host for request in inner.requests] == ["::1", "127.0.0.1"]


async def test_another_server_is_refused() -> None:
    """A local client asks its own server only, trusted or not."""
    inner = Recorder()
    for trusted in (False, True):
        http = client("http://127.0.0.1:1", inner, trusted=trusted)
        with pytest.raises(EgressDenied):
            await http.get("http://127.0.0.1:2/v1")
    assert inner.requests == []


async def test_a_trusted_server_may_stand_anywhere() -> None:
    """The person's word goes before the address check."""
    inner = Recorder()
    http = client("https://gpu.example.com", inner, trusted=True)
    await http.get("https://gpu.example.com/v1")
    assert str(inner.requests[0].url) == "https://gpu.example.com/v1"


async def test_a_redirect_from_a_local_server_is_not_followed(
    gate: EgressGate, server: FakeOpenAI
) -> None:
    """A local server cannot pass a prompt on to somebody else through us."""
    server.script.behaviour = "redirect"
    server.script.redirect_to = "https://example.com/"
    http = gate.local_client(server.url)
    response = await http.post(f"{server.url}/chat/completions", json={})
    assert response.status_code == 307


async def test_a_name_that_does_not_exist_is_a_connection_error() -> None:
    """The system's look-up fails as httpx's own would."""
    request = httpx2.Request("GET", "http://..localhost/")
    with pytest.raises(httpx2.ConnectError):
        await system_look_up(request)
