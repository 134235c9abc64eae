"""Answers from an OpenAI-compatible server, in the cloud or on this network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx2
import openai

from services.backends.openai_errors import Faults, error_object
from services.backends.openai_reading import Reading, Timeouts
from services.backends.openai_request import Dialect, fitted, half_of, is_too_long
from services.domain import (
    BackendStatus,
    Finish,
    FinishReason,
    GenerationOptions,
    Message,
    Site,
    StreamEvent,
    Token,
    Usage,
)
from services.errors import (
    BackendBusy,
    BackendError,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
)
from services.window import CHARACTERS_PER_TOKEN, estimate_tokens, was_shortened

_MOST_ATTEMPTS = 12
"""Requests for one answer: a parameter or half of the conversation less each time."""
_STALE = (httpx2.RemoteProtocolError, httpx2.ReadError)
"""What asking over a kept connection raises that the server has just closed."""
_ABOUT_THE_REQUEST = frozenset(
    {"error.backend_too_long", "error.backend_content_filter", "error.backend_declined"}
)
"""Refusals that tell nothing about the server's state."""
LOCAL_TIMEOUTS = Timeouts(first_token=300.0)
"""A server on this computer may have to load its model first."""


class HttpClients(Protocol):
    """Where HTTP clients come from: the gate. What differs from the defaults is for
    one request only."""

    def __call__(self, *, released: bool = False, keep_text: bool = True) -> httpx2.AsyncClient: ...


class OpenAICompatibleBackend:
    """A model behind OpenAI's chat API; one instance per server and model.

    ``url`` is the base address, ``kind`` is ``openai`` or ``azure`` (whose
    newer addresses ending in ``/v1`` are asked like any other). What the server
    does not know among our parameters, and how long its window is, is learnt
    from its refusals and remembered. An empty ``api_key`` sends none; with an
    empty ``model`` the first one that the server lists is asked.
    """

    def __init__(
        self,
        site: Site,
        url: str,
        model: str,
        api_key: str,
        clients: HttpClients,
        *,
        kind: str = "openai",
        api_version: str | None = None,
        timeouts: Timeouts | None = None,
        context_window: int | None = None,
    ) -> None:
        self._site = site
        self._model = model
        self._clients = clients
        self._timeouts = timeouts or (LOCAL_TIMEOUTS if site is Site.LOCAL else Timeouts())
        parts = urlsplit(url)
        self._faults = Faults(parts.netloc.rpartition("@")[2], model)
        self._dialect = Dialect(parts.hostname or "", context_window)
        self._headers: dict[str, Any] = {} if api_key else {"Authorization": openai.Omit()}
        self._client = _client(url, model, api_key, kind, api_version, clients(), self._timeouts)
        self._down: tuple[BackendError, datetime] | None = None

    @property
    def site(self) -> Site:
        return self._site

    def status(self) -> BackendStatus:
        """``down`` from a failure until the next success; ``detail`` names it and its time."""
        if self._down is None:
            return BackendStatus("ready", self._model or None)
        error, since = self._down
        detail = f"{error.text_key} since {since.isoformat(timespec='seconds')}"
        return BackendStatus("down", self._model or None, detail)

    async def warm_up(self) -> None:
        """Learn which model to ask, where none was named.

        Raises:
            BackendError: the server does not tell, or has none.
        """
        if not self._model:
            await self._choose_model()

    async def aclose(self) -> None:
        """Close the client; what becomes of its connections is the gate's to say."""
        await self._client.close()

    async def stream(
        self, messages: Sequence[Message], options: GenerationOptions
    ) -> AsyncGenerator[StreamEvent, None]:
        """Answer; see :class:`services.ports.ChatBackend`.

        Raises:
            BackendError: before or between tokens.
            EgressDenied: the gate sent nothing.
        """
        async with AsyncExitStack() as stack:
            length = 0
            try:
                reading, kept, dropped = await self._ask(stack, messages, options)
                async with aclosing(reading.texts()) as texts:
                    async for text in texts:
                        length += len(text)
                        yield Token(text)
            except BackendError as error:
                self._note(error)
                raise
            self._down = None
            answer = reading.answer
            yield Finish(
                reason=answer.finish or FinishReason.STOP,
                model=answer.model or self._model,
                usage=answer.usage or _estimated(kept, length),
                dropped_turns=dropped,
                shortened=was_shortened(messages, kept),
            )

    def _note(self, error: BackendError) -> None:
        """Remember what is wrong with the server, as opposed to the request."""
        if not isinstance(error, BackendBusy) and error.text_key not in _ABOUT_THE_REQUEST:
            self._down = (error, datetime.now(UTC))

    async def _ask(
        self, stack: AsyncExitStack, messages: Sequence[Message], options: GenerationOptions
    ) -> tuple[Reading, Sequence[Message], int]:
        """Send until the server takes it; the response is closed with ``stack``."""
        client = self._client
        released, keep_text = options.released, options.keep_text
        if (released or not keep_text) and self._site is Site.CLOUD:
            # Closed with this answer: a release does not outlive its request.
            own = self._clients(released=released, keep_text=keep_text)
            client = client.with_options(http_client=await stack.enter_async_context(own))
        create: Any = client.chat.completions.with_streaming_response.create
        deadline = asyncio.get_running_loop().time() + self._timeouts.first_token
        budget = self._dialect.budget(options)
        stale = False
        if not self._model:
            await self._choose_model()
        for _ in range(_MOST_ATTEMPTS):
            kept, dropped = fitted(messages, budget, options.context_tokens)
            body = self._dialect.body(self._model, kept, options)
            try:
                async with asyncio.timeout_at(deadline):
                    response = await stack.enter_async_context(
                        create(**body, extra_headers=self._headers)
                    )
            except openai.APIStatusError as error:
                budget = self._less(error, body, kept, options, budget)
            except (TimeoutError, openai.APITimeoutError) as error:
                raise self._slow(error) from None
            except openai.APIConnectionError as error:
                if stale or not isinstance(error.__cause__, _STALE):
                    raise self._faults.connection(error) from None
                # A kept connection that the server had closed just then.
                stale = True
            except UnicodeEncodeError:
                # Headers are ASCII; the one that a person chooses is the key.
                raise self._faults.make(BackendRejected, "wrong_key") from None
            else:
                reading = Reading(response.http_response, self._faults, self._timeouts, deadline)
                return reading, kept, dropped
        raise self._faults.make(BackendRejected, "too_long")

    async def _choose_model(self) -> None:
        """Take the server's first model: most local servers have just one.

        Raises:
            BackendError: it does not tell, or has none.
        """
        try:
            async with asyncio.timeout(self._timeouts.connect):
                listed = await self._client.models.list(extra_headers=self._headers)
            self._model = str(listed.data[0].id)
        except openai.APIStatusError as error:
            headers = error.response.headers
            raise self._faults.status(error.status_code, {}, headers) from None
        except (TimeoutError, openai.APIConnectionError) as error:
            raise self._faults.connection(error) from None
        except (openai.OpenAIError, ValueError, AttributeError, IndexError, TypeError):
            raise self._faults.make(BackendRejected, "no_model") from None
        self._faults = replace(self._faults, model=self._model)

    def _less(
        self,
        error: openai.APIStatusError,
        body: dict[str, Any],
        kept: Sequence[Message],
        options: GenerationOptions,
        budget: int | None,
    ) -> int | None:
        """The budget for another attempt after a refusal that can be met.

        Raises:
            BackendError: it cannot.
        """
        json = "json" in error.response.headers.get("content-type", "")
        refusal = error_object(error.body) if json else {}
        if error.status_code in {400, 413, 422}:
            if error.status_code != 413 and self._dialect.learn(body, refusal):
                return budget
            if error.status_code == 413 or is_too_long(refusal):
                self._dialect.learn_window(refusal)
                window = self._dialect.budget(options)
                half = half_of(kept)
                return half if window is None else min(window, half)
        raise self._faults.status(error.status_code, refusal, error.response.headers) from None

    def _slow(self, error: BaseException) -> BackendError:
        if isinstance(error.__cause__, httpx2.ConnectTimeout | httpx2.PoolTimeout):
            return self._faults.make(BackendUnavailable, "no_connection")
        seconds = f"{self._timeouts.first_token:g}"
        return self._faults.make(BackendTimeout, "silent", seconds=seconds)


def fixed(client: httpx2.AsyncClient) -> HttpClients:
    """``client`` for every request: for servers where nothing needs a release."""

    def clients(*, released: bool = False, keep_text: bool = True) -> httpx2.AsyncClient:
        return client

    return clients


def _client(
    url: str,
    model: str,
    api_key: str,
    kind: str,
    api_version: str | None,
    http_client: httpx2.AsyncClient,
    timeouts: Timeouts,
) -> openai.AsyncOpenAI:
    # Empty rather than absent: what is absent is taken from the environment,
    # where it may have been meant for another endpoint.
    common: dict[str, Any] = {
        "api_key": api_key or "none",
        "admin_api_key": "",
        "organization": "",
        "project": "",
        "webhook_secret": "",
        "http_client": http_client,
        "max_retries": 0,
        "timeout": httpx2.Timeout(None, connect=timeouts.connect, pool=timeouts.connect),
    }
    if kind != "azure" or url.rstrip("/").endswith("/v1"):
        return openai.AsyncOpenAI(base_url=url, **common)
    if "/openai/deployments/" in url:
        return openai.AsyncAzureOpenAI(base_url=url, api_version=api_version, **common)
    return openai.AsyncAzureOpenAI(
        azure_endpoint=url, azure_deployment=model, api_version=api_version, **common
    )


def _estimated(messages: Sequence[Message], length: int) -> Usage:
    """Tokens of an exchange by the rule of thumb, for servers that do not count."""
    return Usage(
        sum(map(estimate_tokens, messages)), -(-length // CHARACTERS_PER_TOKEN), estimated=True
    )
