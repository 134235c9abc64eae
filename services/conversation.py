"""One message from the prompt to the stored answer: the only orchestration.

Store the person's turn, ask the router, try the candidates, stream, store the
answer whatever happens. The browser, the HTTP entrance, the notebook and the
desktop window all come in here.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from weakref import WeakValueDictionary

from services.accounting import Accounts
from services.answer import LiveAnswer
from services.discretion import log_kind
from services.dispatch import Dispatch
from services.domain import (
    AnswerFacts,
    AnswerStatus,
    Candidate,
    Decision,
    GenerationOptions,
    Mode,
    Role,
    RouteRequest,
    Site,
    StoredMessage,
    Token,
    Waiting,
)
from services.errors import NearsideError
from services.facts import Clock, FactsKeeper, decided
from services.files.joining import readable
from services.generation import Outcome, route_of
from services.ports import ChatBackend, ConversationStore, Router
from services.prompts import Prompt, checked, checked_turns, digest
from services.turns import model_turns

SAVE_SECONDS = 0.8
"""How often a growing answer is stored; the promise is once a second."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What the cloud would be given: ``candidate`` is ``None`` where it may not."""

    decision: Decision
    candidate: Candidate | None
    digest: str


class ConversationService:
    """Answers prompts and keeps the answers that are streaming right now.

    ``title`` makes a conversation's title from its first prompt; ``answered``
    is told of each answer that has ended.
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
        answered: Callable[[AnswerFacts, AnswerStatus], None],
    ) -> None:
        self._dispatch = Dispatch(router, backends, accounts)
        self._store = store
        self._temporary = temporary
        self._keeper = FactsKeeper(backends, accounts, answered)
        self._title = title
        self._live: dict[str, list[LiveAnswer]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def reply(self, prompt: Prompt) -> LiveAnswer:
        """Store the prompt, start to answer it and return the live answer.

        A known ``message_id`` is an edit: what came after it goes, its files
        stay. When this returns, the prompt is stored; the conversation's
        answers run one after the other.

        Raises:
            InvalidMessage: nothing in it, or more than a million characters.
        """
        store = self._store_of(prompt)
        known = await store.messages(prompt.conversation_id)
        edited = next((m for m in known if m.id == prompt.message_id), None)
        files = (*(edited.files if edited else ()), *prompt.files)
        stored = StoredMessage(
            prompt.message_id,
            prompt.conversation_id,
            Role.USER,
            checked(prompt.text, files),
            datetime.now(UTC),
            files=files,
        )
        if edited:
            await self._end(prompt.conversation_id)
            await store.drop_after(prompt.conversation_id, prompt.message_id)
        named = stored.content if stored.content.strip() else readable(files[0].name)
        await store.add_prompt(stored, user_id=prompt.user_id, title=self._title(named))
        return self._start(prompt)

    def answer_again(self, prompt: Prompt) -> LiveAnswer:
        """Answer a stored prompt once more; its earlier answers stay."""
        return self._start(prompt)

    async def prompt_of(self, prompt: Prompt, answer_id: str) -> str | None:
        """The id of the prompt that an answer of ``prompt``'s conversation replied to."""
        for message in await self._store_of(prompt).messages(prompt.conversation_id):
            if message.id == answer_id:
                return message.reply_to
        return None

    async def preview(self, prompt: Prompt) -> Preview:
        """What the cloud would be given for a stored prompt if it were asked now."""
        request = await self._request(replace(prompt, mode=Mode.CLOUD), consent=True)
        decision = await self._dispatch.decide(request)
        candidate = next((c for c in decision.candidates if c.site is Site.CLOUD), None)
        return Preview(decision, candidate, digest(candidate.messages if candidate else ()))

    async def route(self, request: RouteRequest) -> Decision:
        """Where a conversation would be answered as things stand; asks no model."""
        return await self._dispatch.decide(request, hopeful=False)

    async def complete(
        self, request: RouteRequest, options: GenerationOptions
    ) -> AsyncGenerator[Decision | Candidate | Waiting | Token | Outcome | AnswerFacts, None]:
        """Answer a conversation that is not ours to keep (the HTTP entrance).

        Yields the ``Decision``, each ``Candidate`` that is asked, its waits, the
        pieces, the ``Outcome`` and last the facts.

        Raises:
            InvalidMessage: the newest turn is empty or some turn is too long.
        """
        request = replace(request, messages=checked_turns(request.messages))
        clock = Clock()
        decision = await self._dispatch.decide(request)
        yield decision
        pieces: list[str] = []
        async with aclosing(self._dispatch.answer(request, decision, options)) as events:
            async for event in events:
                if isinstance(event, Token):
                    clock.token()
                    pieces.append(event.text)
                yield event
                if isinstance(event, Outcome):
                    yield await self._keeper.facts(
                        decision, event, request.mode, "".join(pieces), clock
                    )

    def live(self, conversation_id: str) -> LiveAnswer | None:
        """The answer that is streaming in a conversation."""
        return next(iter(self._live.get(conversation_id, [])), None)

    def stop(self, conversation_id: str) -> None:
        """End the conversation's answers; what has come stays."""
        for live in self._live.get(conversation_id, []):
            live.stop()

    async def aclose(self) -> None:
        """Stop every answer and wait until each is stored."""
        for conversation_id in self._live:
            self.stop(conversation_id)
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
        self._live.setdefault(prompt.conversation_id, []).append(live)
        task = asyncio.create_task(self._answer(prompt, live, Clock()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return live

    async def _end(self, conversation_id: str) -> None:
        """Stop the conversation's answers and wait until they are stored."""
        running = list(self._live.get(conversation_id, []))
        self.stop(conversation_id)
        for live in running:
            await live.wait()

    async def _answer(self, prompt: Prompt, live: LiveAnswer, clock: Clock) -> None:
        lock = self._turns.setdefault(prompt.conversation_id, asyncio.Lock())
        try:
            async with lock:
                await self._answer_in_turn(prompt, live, clock)
        except Exception as failure:  # a bug of ours must not leave a chat hanging
            log_kind(failure)
            live.finish(replace(live.message, content=live.text, status=AnswerStatus.FAILED))
        finally:
            waiting = self._live[prompt.conversation_id]
            waiting.remove(live)
            if not waiting:
                del self._live[prompt.conversation_id]

    async def _answer_in_turn(self, prompt: Prompt, live: LiveAnswer, clock: Clock) -> None:
        store = self._store_of(prompt)
        request = await self._request(prompt, consent=prompt.released is not None)
        decision = await self._dispatch.decide(request)
        if prompt.released not in {None, *(digest(c.messages) for c in decision.candidates)}:
            # What would be sent is no longer what the person has seen.
            request = replace(request, consent=False)
            decision = await self._dispatch.decide(request)
        facts = decided(decision, prompt.mode)
        begun = replace(live.message, facts=facts)
        begin = asyncio.create_task(store.begin_answer(begun))
        saver = asyncio.create_task(_save_growth(store, live, begin))
        options = replace(
            prompt.options,
            conversation=prompt.conversation_id,
            keep_text=not prompt.temporary,
        )
        events = self._dispatch.answer(request, decision, options)
        outcome = await _fill(live, decision, events, clock)
        facts = await self._keeper.facts(decision, outcome, prompt.mode, live.text, clock)
        saver.cancel()
        await asyncio.gather(saver, return_exceptions=True)
        await begin
        await store.finish_answer(live.message.id, live.text, outcome.status, facts)
        live.finish(replace(begun, content=live.text, status=outcome.status, facts=facts))

    async def _request(self, prompt: Prompt, *, consent: bool) -> RouteRequest:
        stored = await self._store_of(prompt).messages(prompt.conversation_id)
        turns = model_turns(stored, prompt.message_id, prompt.system)
        return RouteRequest(turns, prompt.mode, prompt.policy, consent=consent)


async def _fill(
    live: LiveAnswer,
    decision: Decision,
    events: AsyncGenerator[Candidate | Waiting | Token | Outcome, None],
    clock: Clock,
) -> Outcome:
    """Fill ``live`` until the answer or somebody ends it."""
    asked: list[Candidate] = []
    ended: list[Outcome] = []

    async def run() -> None:
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Token):
                    clock.token()
                    live.add(event.text)
                elif isinstance(event, Outcome):
                    ended.append(event)
                elif isinstance(event, Waiting):
                    live.queue(event.ahead)
                else:
                    asked.append(event)

    running = asyncio.create_task(run())
    stopping = asyncio.create_task(live.stop_requested())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    running.cancel()
    failure, _ = await asyncio.gather(running, stopping, return_exceptions=True)
    if ended:
        return ended[0]
    last = asked[-1] if asked else None
    route = route_of(last) if last else decision.route
    if isinstance(failure, Exception):
        log_kind(failure)
        status = AnswerStatus.INTERRUPTED if live.pieces else AnswerStatus.FAILED
        return Outcome(status, route, decision.reasons, last, error=NearsideError())
    return Outcome(AnswerStatus.INTERRUPTED, route, decision.reasons, last)


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
