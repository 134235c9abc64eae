"""What callers may send: OpenAI's chat request, as far as Nearside honours it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.domain import GenerationOptions, Message, Mode, PrivatePolicy, Role, RouteRequest

_ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    # What a tool found is data like a person's own: it is checked and sent as such.
    "tool": Role.USER,
    "function": Role.USER,
}


class TextPart(BaseModel):
    """A piece of a message; only text is understood."""

    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    """One turn in OpenAI's form."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[TextPart] | None = None

    def to_domain(self) -> Message:
        """The turn as the rest of Nearside knows it."""
        content = self.content
        if isinstance(content, list):
            content = "".join(part.text for part in content)
        return Message(_ROLES[self.role], content or "")


class Conversation(BaseModel):
    """A whole conversation to be judged."""

    model_config = ConfigDict(extra="ignore")

    messages: list[ChatMessage] = Field(min_length=1)
    model: str = "auto"

    def to_request(self, policy: PrivatePolicy) -> RouteRequest:
        """The router's request. Raises ``KeyError`` for an unknown model."""
        try:
            mode = Mode(self.model)
        except ValueError:
            raise KeyError(self.model) from None
        return RouteRequest(tuple(m.to_domain() for m in self.messages), mode, policy)


class RouteBatch(BaseModel):
    """Many conversations to be judged one by one."""

    batch: list[Conversation]


class StreamOptions(BaseModel):
    """OpenAI's ``stream_options``."""

    model_config = ConfigDict(extra="ignore")

    include_usage: bool = False


class ChatRequest(Conversation):
    """``POST /v1/chat/completions``."""

    stream: bool | None = False
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    stop: str | list[str] | None = None
    seed: int | None = None
    n: Literal[1] | None = 1
    tools: None = None
    functions: None = None

    def options(self) -> GenerationOptions:
        """How the model should answer."""
        stop = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return GenerationOptions(
            max_tokens=self.max_completion_tokens or self.max_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            stop=tuple(stop),
            seed=self.seed,
        )


def complaint(error: ValidationError) -> str:
    """The first thing that is wrong, without repeating what was sent."""
    first: Any = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(step) for step in first["loc"]) or "body"
    return f"{place}: {first['msg']}"
