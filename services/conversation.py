"""One message from the prompt to the stored answer: the only orchestration.

Store the person's turn, ask the router, try the candidates, stream, store the
answer whatever happens. The browser, the HTTP entrance, the notebook and the
desktop window all come in here.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
import traceback
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from weakref import WeakValueDictionary

from services.accounting import Accounts
from services.answer import LiveAnswer
from services.domain import (
    AnswerFacts,
    AnswerStatus,
    Candidate,
    Decision,
    GenerationOptions,
    Message,
    Mode,
    PrivatePolicy,
    Role,
    Route,
    RouteRequest,
    Site,
    StoredMessage,
    Token,
)
from services.errors import InvalidMessage, NearsideError
from services.generation import Outcome, generate
from services.ports import ChatBackend, ConversationStore, Router
from services.turns import model_turns

log = logging.getLogger(__name__)

MAX_PROMPT_CHARACTERS = 1_000_000
"""Longest message that is taken. A million characters is a thick book; beyond
that a paste went wrong, and no model's window comes near it."""

SAVE_SECONDS = 0.8
"""How often a growing answer is stored; the promise is once a second."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A person's turn, and how it may be answered.

    ``released`` is the digest of the messages that the person has seen and
    agreed to send (see :meth:`ConversationService.preview`). A ``temporary``
    prompt is never stored.
    """

    conversation_id: str
    message_id: str
    text: str
    user_id: str
    mode: Mode = Mode.AUTO
    policy: PrivatePolicy = PrivatePolicy.LOCAL
    system: str | None = None
    temporary: bool = False
    released: str | None = None
    options: GenerationOptions = field(default_factory=GenerationOptions)


@dataclass(frozen=True, slots=True)
class Preview:
    """What the cloud would be given: ``candidate`` is ``None`` where it may not."""

    decision: Decision
    candidate: Candidate | None
    digest: str


class ConversationService:
    """Answers prompts and keeps the answers that are streaming right now.

    ``title`` makes a conversation's title from its first prompt.
    """

    def __init__(
        self,
        *,
        router: Router,
        backends: Mapping[Site, ChatBackend],
        store: ConversationStore,
        temporary: ConversationStore,
        accounts: Accounts,
        title: Callable[[str], str],
    ) -> None:
        self._router = router
        self._backends = backends
        self._store = store
        self._temporary = temporary
        self._accounts = accounts
        self._title = title
        self._live: dict[str, LiveAnswer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def reply(self, prompt: Prompt) -> LiveAnswer:
        """Store the prompt, start to answer it and return the live answer.

        A known ``message_id`` is an edit: what came after it goes. When this
        returns, the prompt is stored; the conversation's answers run one after
        the other.

        Raises:
            InvalidMessage: nothing in it, or more than a million characters.
        """
        text = checked(prompt.text)
        store = self._store_of(prompt)
        known = await store.messages(prompt.conversation_id)
        if any(message.id == prompt.message_id for message in known):
            if live := self._live.get(prompt.conversation_id):
                live.stop()
                await live.wait()
            await store.drop_after(prompt.conversation_id, prompt.message_id)
        stored = StoredMessage(
            prompt.message_id, prompt.conversation_id, Role.USER, text, datetime.now(UTC)
        )
        await store.add_prompt(stored, user_id=prompt.user_id, title=self._title(text))
        return self._start(prompt)

    def answer_again(self, prompt: Prompt) -> LiveAnswer:
        """Answer a stored prompt once more; its earlier answers stay."""
        return self._start(prompt)

    async def preview(self, prompt: Prompt) -> Preview:
        """What the cloud would be given for a stored prompt if it were asked now."""
        decision = await self._decide(replace(prompt, mode=Mode.CLOUD), consent=True)
        candidate = next((c for c in decision.candidates if c.site is Site.CLOUD), None)
        return Preview(decision, candidate, digest(candidate.messages if candidate else ()))

    async def route(self, request: RouteRequest) -> Decision:
        """The router's decision, with what it needs to know of the backends."""
        return await self._router.decide(
            replace(
                request,
                local_available=Site.LOCAL in self._backends,
                cloud_available=Site.CLOUD in self._backends,
                cloud_blocked=await self._accounts.cloud_blocked(),
            )
        )

    async def complete(
        self, request: RouteRequest, options: GenerationOptions
    ) -> AsyncGenerator[Decision | Token | Outcome | AnswerFacts, None]:
        """Answer a conversation that is not ours to keep (the HTTP entrance).

        Yields the ``Decision``, the pieces, the ``Outcome`` and the facts.
        """
        clock = _Clock()
        decision = await self.route(request)
        yield decision
        pieces: list[str] = []
        async with aclosing(generate(decision, self._backends, options)) as events:
            async for event in events:
                if isinstance(event, Token):
                    clock.token()
                    pieces.append(event.text)
                    yield event
                elif isinstance(event, Outcome):
                    yield event
                    yield await self._facts(decision, event, request.mode, "".join(pieces), clock)

    def live(self, conversation_id: str) -> LiveAnswer | None:
        """The answer that is streaming in a conversation."""
        return self._live.get(conversation_id)

    def stop(self, conversation_id: str) -> None:
        """End the conversation's streaming answer; what has come stays."""
        if live := self._live.get(conversation_id):
            live.stop()

    async def aclose(self) -> None:
        """Stop every answer and wait until each is stored."""
        for live in list(self._live.values()):
            live.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _store_of(self, prompt: Prompt) -> ConversationStore:
        return self._temporary if prompt.temporary else self._store

    def _start(self, prompt: Prompt) -> LiveAnswer:
        live = LiveAnswer(
            StoredMessage(
                str(uuid.uuid4()),
                prompt.conversation_id,
                Role.ASSISTANT,
                "",
                datetime.now(UTC),
                AnswerStatus.STREAMING,
                reply_to=prompt.message_id,
            )
        )
        task = asyncio.create_task(self._answer(prompt, live, _Clock()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return live

    async def _answer(self, prompt: Prompt, live: LiveAnswer, clock: _Clock) -> None:
        lock = self._turns.setdefault(prompt.conversation_id, asyncio.Lock())
        async with lock:
            self._live[prompt.conversation_id] = live
            try:
                await self._answer_in_turn(prompt, live, clock)
            except Exception as failure:  # a bug of ours must not leave a chat hanging
                _log_kind(failure)
                live.finish(replace(live.message, content=live.text, status=AnswerStatus.FAILED))
            finally:
                del self._live[prompt.conversation_id]

    async def _answer_in_turn(self, prompt: Prompt, live: LiveAnswer, clock: _Clock) -> None:
        store = self._store_of(prompt)
        decision = await self._decide(prompt, consent=False)
        if prompt.released:
            consented = await self._decide(prompt, consent=True)
            if any(digest(c.messages) == prompt.released for c in consented.candidates):
                decision = consented
        facts = _decided(decision, prompt.mode)
        begun = replace(live.message, facts=facts)
        begin = asyncio.create_task(store.begin_answer(begun))
        saver = asyncio.create_task(_save_growth(store, live, begin))
        outcome = await self._stream(decision, prompt, live, clock)
        facts = await self._facts(decision, outcome, prompt.mode, live.text, clock)
        saver.cancel()
        await asyncio.gather(saver, return_exceptions=True)
        await begin
        await store.finish_answer(live.message.id, live.text, outcome.status, facts)
        live.finish(replace(begun, content=live.text, status=outcome.status, facts=facts))

    async def _stream(
        self, decision: Decision, prompt: Prompt, live: LiveAnswer, clock: _Clock
    ) -> Outcome:
        """Fill ``live`` until the answer or somebody ends it."""
        options = replace(prompt.options, conversation=prompt.conversation_id)
        asked: list[Candidate] = []
        ended: list[Outcome] = []

        async def run() -> None:
            async with aclosing(generate(decision, self._backends, options)) as events:
                async for event in events:
                    if isinstance(event, Token):
                        clock.token()
                        live.add(event.text)
                    elif isinstance(event, Outcome):
                        ended.append(event)
                    else:
                        asked.append(event)

        running = asyncio.create_task(run())
        stopping = asyncio.create_task(live.stop_requested())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        running.cancel()
        results = await asyncio.gather(running, stopping, return_exceptions=True)
        if ended:
            return ended[0]
        last = asked[-1] if asked else None
        route = decision.route if last is None or last.site is Site.CLOUD else Route.LOCAL
        failure = results[0]
        if isinstance(failure, Exception):
            _log_kind(failure)
            status = AnswerStatus.INTERRUPTED if live.pieces else AnswerStatus.FAILED
            return Outcome(status, route, decision.reasons, last, error=NearsideError())
        return Outcome(AnswerStatus.INTERRUPTED, route, decision.reasons, last)

    async def _decide(self, prompt: Prompt, *, consent: bool) -> Decision:
        stored = await self._store_of(prompt).messages(prompt.conversation_id)
        turns = model_turns(stored, prompt.message_id, prompt.system)
        return await self.route(RouteRequest(turns, prompt.mode, prompt.policy, consent=consent))

    async def _facts(
        self, decision: Decision, outcome: Outcome, mode: Mode, text: str, clock: _Clock
    ) -> AnswerFacts:
        candidate, finish = outcome.candidate, outcome.finish
        facts = replace(
            _decided(decision, mode),
            route=outcome.route,
            reasons=outcome.reasons,
            first_token_ms=clock.first_token_ms,
            duration_ms=clock.elapsed_ms(),
            finish_reason=finish.reason if finish else None,
            error=outcome.error.text_key if outcome.error else None,
        )
        if candidate is None:
            return facts
        backend = self._backends[candidate.site]
        facts = replace(
            facts,
            model=finish.model if finish else backend.status().model,
            omitted_turns=candidate.omitted + (finish.dropped_turns if finish else 0),
            replaced=len(candidate.placeholders),
        )
        return await self._accounts.book(facts, candidate, finish, text)


class _Clock:
    """Milliseconds from the moment a prompt was taken."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self.first_token_ms: float | None = None

    def elapsed_ms(self) -> float:
        return (time.perf_counter() - self._start) * 1000

    def token(self) -> None:
        if self.first_token_ms is None:
            self.first_token_ms = self.elapsed_ms()


def checked(text: str) -> str:
    """``text`` ready to be stored and sent: no lone surrogates, no NUL.

    Raises:
        InvalidMessage: empty, or longer than ``MAX_PROMPT_CHARACTERS``.
    """
    if len(text) > MAX_PROMPT_CHARACTERS:
        raise InvalidMessage("error.message_too_long", limit=f"{MAX_PROMPT_CHARACTERS:,}")
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")
    if not text.strip():
        raise InvalidMessage()
    return text


def digest(messages: tuple[Message, ...]) -> str:
    """A fingerprint of exactly these messages (SHA-256 of their JSON, hex)."""
    plain = [[message.role, message.content] for message in messages]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


def _log_kind(failure: Exception) -> None:
    """Log where an unexpected error arose, but not its text: it may hold a prompt."""
    frames = traceback.extract_tb(failure.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
    log.error("answering failed: %s at %s", type(failure).__name__, place)


def _decided(decision: Decision, mode: Mode) -> AnswerFacts:
    return AnswerFacts(
        route=decision.route,
        reasons=decision.reasons,
        private=decision.private,
        complexity=decision.complexity,
        threshold=decision.threshold,
        mode=mode,
    )


async def _save_growth(
    store: ConversationStore, live: LiveAnswer, begin: asyncio.Task[None]
) -> None:
    await asyncio.shield(begin)
    saved = 0
    while True:
        await asyncio.sleep(SAVE_SECONDS)
        if live.pieces != saved:
            saved = live.pieces
            await asyncio.shield(store.grow_answer(live.message.id, live.text))
