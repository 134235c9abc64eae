"""Every way in which a server can fail is one clear error of ours."""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from email.utils import formatdate
from typing import Any

import httpx2
import pytest

from services.backends.openai_compatible import OpenAICompatibleBackend, fixed
from services.backends.openai_reading import Timeouts
from services.domain import Finish, FinishReason, GenerationOptions, Message, Role, Site, Token
from services.errors import (
    BackendBusy,
    BackendError,
    BackendProtocolError,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
    EgressDenied,
)
from tests.fakes.openai_server import FakeOpenAI
from tests.fakes.openai_wire import DONE, chunk, event

KEY = "sk-made-up-key-0123456789"
PROMPT = "a prompt that nobody may quote"
MESSAGES = (Message(Role.USER, PROMPT),)
QUICK = Timeouts(connect=2.0, first_token=0.3, between_tokens=0.3)
PATIENT = Timeouts(connect=5.0, first_token=20.0, between_tokens=20.0)

MakeBackend = Callable[..., OpenAICompatibleBackend]


def plain_client() -> httpx2.AsyncClient:
    """A client that trusts no certificate, as reading the system's takes 0.1 s."""
    return httpx2.AsyncClient(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False)


@pytest.fixture
async def server() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as fake:
        yield fake


@pytest.fixture
async def make(server: FakeOpenAI) -> AsyncIterator[MakeBackend]:
    """Makes backends on a plain client; the gate has tests of its own."""
    made: list[OpenAICompatibleBackend] = []

    def backend(url: str = "", key: str = KEY, **options: Any) -> OpenAICompatibleBackend:
        options = {"timeouts": PATIENT, **options}
        clients = options.pop("clients", None) or fixed(plain_client())
        made.append(
            OpenAICompatibleBackend(
                Site.CLOUD,
                url or server.url,
                options.pop("model", "fake-model"),
                key,
                clients,
                **options,
            )
        )
        return made[-1]

    yield backend
    for one in made:
        await one.aclose()


class Heard:
    """What came of a prompt, up to an error if there was one."""

    def __init__(self) -> None:
        self.text = ""
        self.finish: Finish | None = None


async def hear(
    heard: Heard,
    backend: OpenAICompatibleBackend,
    messages: Sequence[Message] = MESSAGES,
    **options: Any,
) -> None:
    async with aclosing(backend.stream(messages, GenerationOptions(**options))) as events:
        async for one in events:
            if isinstance(one, Token):
                heard.text += one.text
            elif isinstance(one, Finish):
                heard.finish = one


async def ask(
    backend: OpenAICompatibleBackend, messages: Sequence[Message] = MESSAGES, **options: Any
) -> tuple[str, Finish]:
    heard = Heard()
    await hear(heard, backend, messages, **options)
    assert heard.finish is not None
    return heard.text, heard.finish


JSON = "application/json"
REJECTED, BUSY, DOWN = BackendRejected, BackendBusy, BackendUnavailable


@pytest.mark.parametrize(
    ("script", "kind", "key"),
    [
        ({"behaviour": "unauthorized"}, REJECTED, "wrong_key"),
        ({"behaviour": "status", "status": 403}, REJECTED, "forbidden"),
        ({"behaviour": "unknown_model"}, REJECTED, "unknown_model"),
        ({"behaviour": "wrong_path"}, REJECTED, "wrong_path"),
        ({"behaviour": "busy"}, BUSY, "busy_for"),
        ({"behaviour": "busy", "retry_after": ""}, BUSY, "busy"),
        ({"behaviour": "busy", "retry_after": "soon"}, BUSY, "busy"),
        (
            {"behaviour": "status", "status": 429, "error_code": "insufficient_quota"},
            REJECTED,
            "no_credit",
        ),
        ({"behaviour": "status", "status": 402}, REJECTED, "no_credit"),
        ({"behaviour": "status", "status": 500}, DOWN, "server_error"),
        ({"behaviour": "status", "status": 503}, DOWN, "server_error"),
        ({"behaviour": "status", "status": 400}, REJECTED, "declined"),
        ({"behaviour": "status", "status": 418}, REJECTED, "declined"),
        (
            {"behaviour": "status", "status": 400, "error_code": "content_filter"},
            REJECTED,
            "content_filter",
        ),
        ({"behaviour": "html"}, BackendProtocolError, "html"),
        ({"behaviour": "redirect", "redirect_to": "/v2"}, BackendProtocolError, "redirect"),
        ({"behaviour": "drop"}, DOWN, "cut_off"),
        (
            {"behaviour": "raw", "events": (b"<html>\n<title>x</title>\n",)},
            BackendProtocolError,
            "html",
        ),
        ({"behaviour": "raw", "events": (b"hello\n",)}, BackendProtocolError, "malformed"),
        ({"behaviour": "raw", "events": ()}, BackendProtocolError, "malformed"),
        ({"behaviour": "raw", "events": (b"data: [1]\n\n",)}, BackendProtocolError, "malformed"),
        (
            {"behaviour": "raw", "content_type": JSON, "events": (b'{"error": "no"}',)},
            DOWN,
            "server_error",
        ),
        (
            {"behaviour": "raw", "content_type": JSON, "events": (b"{}",)},
            BackendProtocolError,
            "malformed",
        ),
        (
            {"behaviour": "raw", "content_type": JSON, "events": (b"{",)},
            BackendProtocolError,
            "malformed",
        ),
        (
            {"behaviour": "error_in_stream", "pieces": (), "error_code": "model_not_found"},
            REJECTED,
            "unknown_model",
        ),
    ],
)
async def test_an_error_before_the_answer(
    make: MakeBackend,
    server: FakeOpenAI,
    caplog: pytest.LogCaptureFixture,
    script: dict[str, Any],
    kind: type[BackendError],
    key: str,
) -> None:
    """Class and sentence fit the fault; key and prompt are quoted nowhere."""
    vars(server.script).update(script)
    heard = Heard()
    with caplog.at_level(logging.DEBUG), pytest.raises(BackendError) as caught:
        await hear(heard, make())
    assert type(caught.value) is kind
    assert caught.value.text_key == f"error.backend_{key}"
    assert heard.text == ""
    said = [caught.value.sentence("en"), caught.value.sentence("de"), repr(caught.value.values)]
    assert all(KEY not in text and PROMPT not in text for text in (*said, caplog.text))


@pytest.mark.parametrize(
    ("behaviour", "error_code", "kind", "key"),
    [
        ("cut", None, DOWN, "cut_off"),
        ("cut_quietly", None, DOWN, "cut_off"),
        ("malformed", None, BackendProtocolError, "malformed"),
        ("error_in_stream", None, DOWN, "server_error"),
        ("error_in_stream", "rate_limit_exceeded", BUSY, "busy"),
    ],
)
async def test_an_error_within_the_answer(
    make: MakeBackend,
    server: FakeOpenAI,
    behaviour: str,
    error_code: str | None,
    kind: type[BackendError],
    key: str,
) -> None:
    """What came before is given out, then the error comes."""
    server.script.behaviour, server.script.error_code = behaviour, error_code
    heard = Heard()
    with pytest.raises(BackendError) as caught:
        await hear(heard, make())
    assert type(caught.value) is kind
    assert caught.value.text_key == f"error.backend_{key}"
    assert heard.text == "Hello world!"
    assert heard.finish is None


@pytest.mark.parametrize(
    ("behaviour", "text", "key"),
    [("hang", "", "silent"), ("hang_in_stream", "Hello world!", "stalled")],
)
async def test_a_silent_server_is_given_up(
    make: MakeBackend, server: FakeOpenAI, behaviour: str, text: str, key: str
) -> None:
    """Silence before or within the answer ends in a time-out, and the connection is closed."""
    server.script.behaviour = behaviour
    heard = Heard()
    with pytest.raises(BackendTimeout) as caught:
        await hear(heard, make(timeouts=QUICK))
    assert caught.value.text_key == f"error.backend_{key}"
    assert "0.3" in str(caught.value)
    assert heard.text == text
    await server.until(lambda: server.abandoned == 1)


async def test_signs_of_life_are_no_answer(make: MakeBackend, server: FakeOpenAI) -> None:
    """Comments that keep a connection open do not prolong the wait for the first token."""
    server.script.behaviour = "raw"
    server.script.events = (b": still thinking\n\n",) * 50
    server.script.delay = 0.05
    with pytest.raises(BackendTimeout) as caught:
        await ask(make(timeouts=QUICK))
    assert caught.value.text_key == "error.backend_silent"


async def test_a_slow_answer_is_waited_for(make: MakeBackend, server: FakeOpenAI) -> None:
    """An answer may take longer in all than any single wait."""
    server.script.pieces, server.script.delay = ("x",) * 10, 0.05
    assert (await ask(make(timeouts=QUICK)))[0] == "x" * 10


async def test_nobody_listens(make: MakeBackend) -> None:
    """A refused connection is named as such, and the state remembers it with its time."""
    backend = make("http://127.0.0.1:9")
    assert backend.status().state == "ready"
    with pytest.raises(BackendUnavailable) as caught:
        await ask(backend)
    assert caught.value.text_key == "error.backend_no_connection"
    assert "127.0.0.1:9" in str(caught.value)
    status = backend.status()
    assert status.state == "down"
    assert status.detail is not None
    assert status.detail.startswith("error.backend_no_connection since 20")


async def test_an_unknown_name(make: MakeBackend) -> None:
    """A host that cannot be looked up is named as such."""
    with pytest.raises(BackendUnavailable) as caught:
        await ask(make("http://no..localhost/v1"))
    assert caught.value.text_key == "error.backend_unknown_host"


async def test_no_secure_connection(make: MakeBackend, server: FakeOpenAI) -> None:
    """A server that does not speak TLS where it should is named as such."""
    with pytest.raises(BackendUnavailable) as caught:
        await ask(make(server.url.replace("http", "https")))
    assert caught.value.text_key == "error.backend_tls"


async def test_the_wait_that_a_server_asks_for(make: MakeBackend, server: FakeOpenAI) -> None:
    """Retry-After is read in seconds and as a date."""
    server.script.behaviour = "busy"
    with pytest.raises(BackendBusy) as caught:
        await ask(make())
    assert caught.value.retry_after == 7
    server.script.retry_after = formatdate(4_000_000_000, usegmt=True)
    with pytest.raises(BackendBusy) as caught:
        await ask(make())
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 1_000_000


async def test_a_success_makes_it_ready_again(make: MakeBackend, server: FakeOpenAI) -> None:
    """Down after a fault of the server, not after being busy, ready after an answer."""
    backend = make()
    for behaviour, state in (("status", "down"), ("stream", "ready"), ("busy", "ready")):
        server.script.behaviour = behaviour
        try:
            await ask(backend)
        except BackendError:
            assert behaviour != "stream"
        assert backend.status().state == state


async def test_usage_is_the_servers_where_it_counts(make: MakeBackend, server: FakeOpenAI) -> None:
    """The figures of the last chunk are taken as they are."""
    _, finish = await ask(make())
    assert (finish.usage.prompt_tokens, finish.usage.completion_tokens) == (6, 3)
    assert not finish.usage.estimated
    assert finish.model == "fake-model"
    assert finish.reason is FinishReason.STOP


async def test_usage_is_estimated_where_nobody_counts(
    make: MakeBackend, server: FakeOpenAI
) -> None:
    """About four characters a token, and marked as an estimate."""
    server.script.send_usage = False
    _, finish = await ask(make())
    assert finish.usage.estimated
    assert finish.usage.completion_tokens == 3
    assert finish.usage.prompt_tokens == 12


async def test_a_server_that_does_not_stream(make: MakeBackend, server: FakeOpenAI) -> None:
    """A whole JSON answer is taken too."""
    server.script.behaviour = "ignores_stream"
    text, finish = await ask(make())
    assert text == "Hello world!"
    assert finish.usage.completion_tokens == 3


@pytest.mark.parametrize(
    "ending", [(), (DONE,), (b"data: {broken\n\n",), (b": ping\n\n", b": ping\n\n")]
)
async def test_after_the_end_nothing_can_go_wrong(
    make: MakeBackend, server: FakeOpenAI, ending: tuple[bytes, ...]
) -> None:
    """Once the model said that it stopped, the answer is complete."""
    server.script.behaviour = "raw"
    server.script.events = (event(chunk({"content": "ok"}, finish="stop")), *ending)
    assert (await ask(make()))[0] == "ok"


async def test_waiting_for_figures_has_an_end(make: MakeBackend, server: FakeOpenAI) -> None:
    """A server that keeps the stream open after the end does not keep the answer open."""
    server.script.behaviour = "raw"
    server.script.events = (event(chunk({"content": "ok"}, finish="length")),)
    server.script.hang_after = True
    text, finish = await ask(make(timeouts=QUICK))
    assert text == "ok"
    assert finish.reason is FinishReason.LENGTH


async def test_the_last_line_needs_no_end(make: MakeBackend, server: FakeOpenAI) -> None:
    """A stream whose last event has no line end is complete."""
    server.script.behaviour = "raw"
    server.script.events = (event(chunk({"content": "o"})), event(chunk({"content": "k"})).strip())
    with pytest.raises(BackendUnavailable):
        await ask(make())
    server.script.events = (event(chunk({"content": "ok"}, finish="stop")).strip(),)
    assert (await ask(make()))[0] == "ok"
    server.script.events = (event(chunk({"content": "ok"})), DONE.strip())
    assert (await ask(make()))[0] == "ok"


async def test_done_without_a_reason_is_an_end(make: MakeBackend, server: FakeOpenAI) -> None:
    """``[DONE]`` alone ends an answer properly."""
    server.script.behaviour = "raw"
    server.script.events = (event(chunk({"content": "ok"})), DONE)
    text, finish = await ask(make())
    assert text == "ok"
    assert finish.reason is FinishReason.STOP


async def test_a_parameter_that_is_refused_is_left_out(
    make: MakeBackend, server: FakeOpenAI
) -> None:
    """One retry without it, and from then on no more."""
    server.script.rejects = ("stream_options",)
    backend = make()
    assert (await ask(backend))[0] == "Hello world!"
    assert (await ask(backend))[0] == "Hello world!"
    assert ["stream_options" in r.body for r in server.requests] == [True, False, False]


async def test_several_parameters_are_refused(make: MakeBackend, server: FakeOpenAI) -> None:
    """Each refusal is met in turn."""
    server.script.rejects = ("stream_options", "max_tokens", "temperature", "max_completion_tokens")
    assert (await ask(make(), max_tokens=9, temperature=0.5))[0] == "Hello world!"
    assert set(server.requests[-1].body) == {"model", "messages", "stream"}


async def test_a_stated_window_is_remembered(make: MakeBackend, server: FakeOpenAI) -> None:
    """After one refusal that states the window, later requests fit at once."""
    server.script.behaviour = "too_long"
    server.script.too_long_message = "This model's maximum context length is 100 tokens."
    server.script.most_messages = 3
    backend = make()
    turns = [Message(Role.USER if i % 2 == 0 else Role.ASSISTANT, "x" * 80) for i in range(13)]
    _, finish = await ask(backend, turns)
    assert finish.dropped_turns == 10
    asked = len(server.requests)
    _, finish = await ask(backend, turns)
    assert finish.dropped_turns == 10
    assert len(server.requests) == asked + 1


async def test_a_known_window_is_kept_from_the_start(make: MakeBackend, server: FakeOpenAI) -> None:
    """With ``context_window`` the first request fits already."""
    turns = [Message(Role.SYSTEM, "s"), *(Message(Role.USER, "x" * 400) for _ in range(20))]
    _, finish = await ask(make(context_window=1000), turns)
    assert len(server.requests) == 1
    assert len(server.requests[0].messages) == 21 - finish.dropped_turns
    assert sum(len(m["content"]) for m in server.requests[0].messages) <= 4 * 750


async def test_a_message_that_never_fits(make: MakeBackend, server: FakeOpenAI) -> None:
    """A server that accepts no length at all is told apart from one that is down."""
    server.script.behaviour, server.script.most_messages = "too_long", 0
    backend = make()
    with pytest.raises(BackendRejected) as caught:
        await ask(backend, [Message(Role.USER, "x" * 1000)])
    assert caught.value.text_key == "error.backend_too_long"
    assert backend.status().state == "ready"


@pytest.mark.parametrize("key", ["schlüssel", "line\nbreak", "…", "tail "])
async def test_a_key_that_cannot_be_sent(make: MakeBackend, server: FakeOpenAI, key: str) -> None:
    """A key with characters that no header can carry is a wrong key, not a crash."""
    with pytest.raises(BackendRejected) as caught:
        await ask(make(key=key))
    assert caught.value.text_key == "error.backend_wrong_key"
    assert key not in str(caught.value)


async def test_no_key_sends_none(
    make: MakeBackend, server: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key there is no Authorization, and none is borrowed from the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", "another")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "another")
    monkeypatch.setenv("OPENAI_ORG_ID", "another")
    await ask(make(key=""))
    assert "authorization" not in server.requests[0].headers
    assert "another" not in server.requests[0].headers.values()


async def test_azure_is_asked_in_its_own_way(make: MakeBackend, server: FakeOpenAI) -> None:
    """Azure has the deployment in the path, a version in the query and a header for the key."""
    backend = make(server.origin, kind="azure", api_version="2024-10-21")
    assert (await ask(backend))[0] == "Hello world!"
    [request] = server.requests
    assert request.path == (
        "/openai/deployments/fake-model/chat/completions?api-version=2024-10-21"
    )
    assert request.headers["api-key"] == KEY
    assert "authorization" not in request.headers


async def test_azures_new_address_is_like_any_other(make: MakeBackend, server: FakeOpenAI) -> None:
    """An address that ends in ``/v1`` needs no version."""
    await ask(make(f"{server.origin}/openai/v1", kind="azure", api_version="2024-10-21"))
    assert server.requests[0].path == "/openai/v1/chat/completions"


async def test_one_connection_serves_many_prompts(make: MakeBackend, server: FakeOpenAI) -> None:
    """After an answer its connection is used again."""
    backend = make()
    for _ in range(3):
        await ask(backend)
    assert server.connections == 1


async def test_a_connection_that_went_stale_is_replaced(
    make: MakeBackend, server: FakeOpenAI
) -> None:
    """A server that closes a kept connection is asked once more, and only once."""
    server.script.behaviour = "drop"
    with pytest.raises(BackendUnavailable):
        await ask(make())
    assert len(server.requests) == 2


class Denying(httpx2.AsyncBaseTransport):
    """A gate that lets nothing through."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        raise EgressDenied()


async def test_the_gates_denial_comes_through(make: MakeBackend) -> None:
    """It is neither wrapped nor taken for a fault of the server."""
    backend = make(clients=fixed(httpx2.AsyncClient(transport=Denying())))
    with pytest.raises(EgressDenied):
        await ask(backend)
    assert backend.status().state == "ready"


async def test_a_release_is_asked_for_one_request(make: MakeBackend, server: FakeOpenAI) -> None:
    """Only the very request that the person released gets a releasing client."""
    asked: list[bool] = []

    def clients(*, released: bool = False, keep_text: bool = True) -> httpx2.AsyncClient:
        asked.append(released)
        return plain_client()

    backend = make(clients=clients)
    await ask(backend)
    await ask(backend, released=True)
    await ask(backend)
    assert asked == [False, True]
    assert len(server.requests) == 3


async def test_without_a_name_the_first_model_is_asked(
    make: MakeBackend, server: FakeOpenAI
) -> None:
    """A server on this computer is asked for the model that it has."""
    server.script.model = "the-only-one"
    backend = make(model="")
    assert backend.status().model is None
    await hear(Heard(), backend)
    assert server.requests[-1].body["model"] == "the-only-one"
    assert backend.status().model == "the-only-one"
