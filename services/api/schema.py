"""What callers may send: OpenAI's chat request, as far as Nearside honours it."""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from services.attachment import Attachment
from services.domain import GenerationOptions, Message, Mode, PrivatePolicy, Role, RouteRequest
from services.errors import FileError
from services.files.joining import joined
from services.files.limits import MAX_FILES
from services.prompts import cleaned

_ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    # What a tool found is data like a person's own: it is checked and sent as such.
    "tool": Role.USER,
    "function": Role.USER,
}
_KNOWN_PARTS = frozenset({"image_url", "input_audio", "refusal"})
"""OpenAI's other kinds of pieces; any other word of a caller is not repeated."""


ReadFile = Callable[[str, str, bytes], Awaitable[Attachment]]
"""Name, media type and bytes of a file in, what was read in it out."""

_DATA_ADDRESS = re.compile(r"data:([^;,]*)[^,]*,", re.ASCII)


class TextPart(BaseModel):
    """A piece of a message."""

    type: Literal["text"]
    text: str


class FileData(BaseModel):
    """A file within a message: base64, or a ``data:`` address."""

    file_data: str
    filename: str = "file"

    async def attached(self, read: ReadFile) -> Attachment:
        """What was read in it.

        Raises:
            FileError: it cannot be read.
        """
        address = _DATA_ADDRESS.match(self.file_data)
        encoded = self.file_data[address.end() :] if address else self.file_data
        try:
            data = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise FileError("error.file_encoding") from None
        return await read(self.filename, address[1] if address else "", data)


class FilePart(BaseModel):
    """A file as a piece of a message."""

    type: Literal["file"]
    file: FileData


class OtherPart(BaseModel):
    """A piece that Nearside does not understand, such as a picture."""

    type: str


def _kind(part: Any) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    return kind if kind in {"text", "file"} else "other"


Part = Annotated[
    Annotated[TextPart, Tag("text")]
    | Annotated[FilePart, Tag("file")]
    | Annotated[OtherPart, Tag("other")],
    Discriminator(_kind),
]


class ChatMessage(BaseModel):
    """One turn in OpenAI's form."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    async def to_domain(self, read: ReadFile) -> Message:
        """The turn as the rest of Nearside knows it, its files below its text.

        Raises:
            FileError: a file cannot be read, or a piece is neither text nor file.
        """
        content = self.content
        if not isinstance(content, list):
            return Message(_ROLES[self.role], content or "")
        text, files = "", []
        for part in content:
            if isinstance(part, TextPart):
                text += part.text
            elif isinstance(part, FilePart):
                files.append(part.file)
            else:
                known = part.type if part.type in _KNOWN_PARTS else "?"
                raise FileError("error.part_unknown", part=known)
        if len(files) > MAX_FILES:
            raise FileError("error.files_too_many", limit=MAX_FILES)
        attached = [await file.attached(read) for file in files]
        return Message(_ROLES[self.role], *joined(cleaned(text), attached))


class Conversation(BaseModel):
    """A whole conversation to be judged."""

    model_config = ConfigDict(extra="ignore")

    messages: list[ChatMessage] = Field(min_length=1)
    model: str = "auto"

    async def to_request(self, policy: PrivatePolicy, read: ReadFile) -> RouteRequest:
        """The router's request.

        Raises:
            KeyError: there is no such model.
            FileError: see :meth:`ChatMessage.to_domain`.
        """
        try:
            mode = Mode(self.model)
        except ValueError:
            raise KeyError(self.model) from None
        turns = [await message.to_domain(read) for message in self.messages]
        return RouteRequest(tuple(turns), mode, policy)


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
    """The first thing that is wrong, without repeating what was sent.

    Where a value may have several forms, the form that fits it best is spoken of.
    """
    wrong: list[Any] = error.errors(include_input=False, include_url=False)
    first = max(wrong, key=lambda one: len(one["loc"]))
    steps = (str(step) for step in first["loc"])
    place = ".".join(step for step in steps if not step.startswith("list[")) or "body"
    return f"{place}: {first['msg']}"
