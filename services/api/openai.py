"""OpenAI's wire format over the conversation service, and the router alone."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from services.api.errors import error_response
from services.api.schema import ChatRequest, Conversation, ReadFile, RouteBatch
from services.conversation import ConversationService
from services.domain import (
    AnswerFacts,
    Candidate,
    Decision,
    FinishReason,
    Mode,
    PrivatePolicy,
    Token,
    Usage,
    Waiting,
)
from services.errors import NearsideError
from services.generation import Outcome, route_of
from services.route_line import reason_sentence

Event = Decision | Candidate | Waiting | Token | Outcome | AnswerFacts


class OpenAIEndpoints:
    """The handlers. ``policy`` is what may happen to private prompts here; ``read``
    reads attached files."""

    def __init__(self, service: ConversationService, policy: PrivatePolicy, read: ReadFile) -> None:
        self._service = service
        self._policy = policy
        self._read = read

    async def models(self, language: str) -> Response:
        """``GET /v1/models``: the three choices, as models."""
        data = [{"id": mode.value, "object": "model", "owned_by": "nearside"} for mode in Mode]
        return JSONResponse({"object": "list", "data": data})

    async def route(self, body: Any, language: str) -> Response:
        """``POST /v1/route``: the decision without an answer, for one or many."""
        if isinstance(body, dict) and "batch" in body:
            batch = RouteBatch.model_validate(body).batch
            results = [await self._judge(item, language) for item in batch]
            return JSONResponse({"results": results})
        return JSONResponse(await self._judge(Conversation.model_validate(body), language))

    async def chat(self, request: Request, body: Any, language: str) -> Response:
        """``POST /v1/chat/completions``, streaming or not.

        The response begins with the first piece of the answer: until then an
        error is an HTTP status, and the headers tell which model really speaks.
        """
        chat = ChatRequest.model_validate(body)
        question = await chat.to_request(self._policy, self._read)
        events = self._service.complete(question, chat.options())
        decision = await anext(events)
        if not isinstance(decision, Decision):
            raise TypeError("the first event of an answer is its decision")
        answer = _Answer(language, decision)
        while not answer.begun:
            answer.take(await anext(events))
        headers = answer.headers()
        if answer.error and not answer.pieces:
            await events.aclose()
            return error_response(answer.error, language, headers)
        if chat.stream:
            usage = bool(chat.stream_options and chat.stream_options.include_usage)
            return StreamingResponse(
                answer.stream(events, usage), media_type="text/event-stream", headers=headers
            )
        async with aclosing(events):
            async for event in events:
                answer.take(event)
        if answer.error:
            return error_response(answer.error, language, headers)
        return JSONResponse(answer.whole(), headers=headers)

    async def _judge(self, conversation: Conversation, language: str) -> dict[str, Any]:
        request = await conversation.to_request(self._policy, self._read)
        decision = await self._service.route(request)
        return {
            "route": decision.route.value,
            "reasons": [
                {"code": reason.code, "text": reason_sentence(reason, language)}
                for reason in decision.reasons
            ],
            "private": decision.private,
            "findings": [
                {"category": f.category, "start": f.start, "end": f.end, "message": f.message}
                for f in decision.findings
            ],
            "complexity": decision.complexity,
            "threshold": min(decision.threshold, 1.0),
        }


@dataclass
class _Answer:
    """One answer on its way out, in OpenAI's words."""

    language: str
    decision: Decision
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))
    pieces: list[str] = field(default_factory=list)
    candidate: Candidate | None = None
    tried: int = 0
    outcome: Outcome | None = None
    facts: AnswerFacts | None = None

    @property
    def begun(self) -> bool:
        return bool(self.pieces) or self.outcome is not None

    @property
    def error(self) -> NearsideError | None:
        return self.outcome.error if self.outcome else None

    def take(self, event: Event) -> None:
        if isinstance(event, Token):
            self.pieces.append(event.text)
        elif isinstance(event, Candidate):
            self.candidate = event
            self.tried += 1
        elif isinstance(event, Outcome):
            self.outcome = event
        elif isinstance(event, AnswerFacts):
            self.facts = event

    def headers(self) -> dict[str, str]:
        """``X-Nearside-Route`` and ``X-Nearside-Reason``."""
        route = route_of(self.candidate) if self.candidate else self.decision.route
        if self.outcome:
            route = self.outcome.route
        codes = [reason.code for reason in self.decision.reasons]
        for tried in self.decision.candidates[: max(0, self.tried - 1)]:
            codes.append("second_look_cloud" if tried.trial else f"{tried.site}_failed")
        return {"X-Nearside-Route": route.value, "X-Nearside-Reason": ",".join(codes)}

    def whole(self) -> dict[str, Any]:
        message = {"role": "assistant", "content": "".join(self.pieces)}
        choice = {"index": 0, "message": message, "finish_reason": self._finish_reason()}
        return self._envelope("chat.completion", [choice], self._usage())

    async def stream(
        self, events: AsyncGenerator[Event, None], with_usage: bool
    ) -> AsyncGenerator[str, None]:
        async with aclosing(events):
            yield self._chunk({"role": "assistant", "content": ""})
            for piece in list(self.pieces):
                yield self._chunk({"content": piece})
            async for event in events:
                self.take(event)
                if isinstance(event, Token):
                    yield self._chunk({"content": event.text})
        if self.error:
            message = self.error.sentence(self.language)
            body = {"message": message, "type": "server_error", "code": self.error.text_key}
            yield _sse({"error": body})
            return
        yield self._chunk({}, self._finish_reason())
        if with_usage:
            yield _sse(self._envelope("chat.completion.chunk", [], self._usage()))
        yield "data: [DONE]\n\n"

    def _chunk(self, delta: dict[str, str], finish_reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return _sse(self._envelope("chat.completion.chunk", [choice], None))

    def _envelope(
        self, kind: str, choices: list[dict[str, Any]], usage: dict[str, int] | None
    ) -> dict[str, Any]:
        envelope: dict[str, Any] = {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": (self.facts.model if self.facts else None) or "nearside",
            "choices": choices,
        }
        if usage is not None:
            envelope["usage"] = usage
        return envelope

    def _finish_reason(self) -> str:
        reason = self.facts.finish_reason if self.facts else None
        return (reason or FinishReason.STOP).value

    def _usage(self) -> dict[str, int]:
        usage = (self.facts.usage if self.facts else None) or Usage(0, 0, True)
        return {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        }


def _sse(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"
